//! Lists of tasks and blocks.

use super::keywords;
use super::literal::{class, fault};
use super::loader::{Loader, Place};
use super::model::{Block, Entry, ParentKind};
use super::table::Object;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use std::sync::Arc;

const PARTS: [&str; 3] = ["block", "rescue", "always"];

impl Loader {
    /// The list under an attribute of a play (`tasks`, `handlers`...); None is an empty one.
    pub(super) fn entries(
        &self,
        attribute: &str,
        value: &Value,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        self.each(keywords::list(attribute, value)?, "block", place)
    }

    /// The tasks of a file; `what` is the error's text for one that is no list.
    pub(super) fn file_entries(
        &self,
        value: &Value,
        what: &str,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        match &value.kind {
            Kind::Null => Ok(Vec::new()),
            Kind::List(items) => self.each(items, "block", place),
            _ => Err(fault(what, value)),
        }
    }

    fn each(
        &self,
        items: &[Value],
        attribute: &str,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let mut entries = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            let map = item.as_map().ok_or_else(|| no_dict(attribute, item))?;
            if PARTS.iter().any(|part| map.contains_key(&Key::from(*part))) {
                entries.push(Entry::Block(Arc::new(self.block(item, map, place)?)));
            } else {
                entries.extend(self.task(item, map, place)?);
            }
        }
        Ok(entries)
    }

    fn block(&self, value: &Value, map: &Map, place: &Place<'_>) -> Result<Block, Diagnostic> {
        keywords::refuse_unknown(Object::Block, map)?;
        let has = |part: &str| map.contains_key(&Key::from(part));
        if let Some(part) = ["rescue", "always"].into_iter().find(|part| has(part) && !has("block"))
        {
            return Err(fault(format!("'{part}' keyword cannot be used without 'block'"), value));
        }
        let mut keywords = keywords::read(Object::Block, map)?;
        self.settle(&mut keywords, place)?;
        let parent = Arc::new(place.parent.below(ParentKind::Block, keywords));
        let inner = place.under(Arc::clone(&parent));
        let rescues = map.get(&Key::from("rescue")).is_some_and(Value::is_true);
        let first = Place { rescued: place.rescued || rescues, ..inner.clone() };
        Ok(Block {
            origin: value.origin().cloned(),
            block: self.part(value, map, "block", &first)?,
            rescue: self.part(value, map, "rescue", &inner)?,
            always: self.part(value, map, "always", &inner)?,
            parent,
        })
    }

    fn part(
        &self,
        block: &Value,
        map: &Map,
        part: &str,
        place: &Place<'_>,
    ) -> Result<Vec<Entry>, Diagnostic> {
        let Some(value) = map.get(&Key::from(part)) else { return Ok(Vec::new()) };
        match value.as_list() {
            Some(items) => self.each(items, part, place),
            None => {
                let class = class(value);
                let cause = format!("The ds ({}) should be a list but was a {class}", value.text());
                Err(malformed(part, block).caused_by(fault(cause, value)))
            }
        }
    }
}

fn malformed(part: &str, at: &Value) -> Diagnostic {
    fault(format!("A malformed block was encountered while loading {part}."), at)
}

fn no_dict(part: &str, item: &Value) -> Diagnostic {
    let cause = format!("The ds ([{}]) should be a dict but was a <class 'list'>", item.repr());
    malformed(part, item).caused_by(fault(cause, item))
}
