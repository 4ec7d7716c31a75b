//! Which collections of a value are one object in several places: `PyYAML`'s dump writes those once,
//! with an anchor, and an alias for it everywhere else.

use super::dump::entries;
use crate::base::{Kind, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How a collection is written.
pub(super) enum Mark {
    /// As it is.
    None,
    /// With this anchor.
    Anchor(String),
    /// As this alias alone.
    Alias(String),
}

/// The collections of a value that are met more than once.
#[derive(Default)]
pub(super) struct Anchors {
    numbers: HashMap<usize, Option<usize>>,
    written: HashSet<usize>,
    count: usize,
}

impl Anchors {
    /// Those of this value, numbered in the order in which they are met again.
    pub fn of(value: &Value, sort_keys: bool) -> Self {
        let mut anchors = Self::default();
        anchors.visit(value, sort_keys);
        anchors
    }

    fn visit(&mut self, value: &Value, sort_keys: bool) {
        let Some(place) = place(value) else { return };
        if let Some(number) = self.numbers.get_mut(&place) {
            if number.is_none() {
                self.count += 1;
                *number = Some(self.count);
            }
            return;
        }
        self.numbers.insert(place, None);
        if let Some(map) = value.as_map() {
            for (_, item) in entries(map, sort_keys) {
                self.visit(item, sort_keys);
            }
        }
        for item in value.as_list().unwrap_or_default() {
            self.visit(item, sort_keys);
        }
    }

    /// How this occurrence is written.
    pub fn mark(&mut self, value: &Value) -> Mark {
        let number = place(value).and_then(|place| Some((place, (*self.numbers.get(&place)?)?)));
        match number {
            None => Mark::None,
            Some((place, number)) if self.written.insert(place) => {
                Mark::Anchor(format!("&id{number:03}"))
            }
            Some((_, number)) => Mark::Alias(format!("*id{number:03}")),
        }
    }
}

/// What tells one collection from an equal one.
fn place(value: &Value) -> Option<usize> {
    match &value.kind {
        Kind::List(items) | Kind::Tuple(items) => Some(Arc::as_ptr(items).addr()),
        Kind::Map(map) => Some(Arc::as_ptr(map).addr()),
        _ => None,
    }
}
