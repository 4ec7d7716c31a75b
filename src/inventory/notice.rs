//! What loading has to say that is no error.

use crate::base::{Diagnostic, Origin};
use crate::spec::Event;
use std::collections::HashSet;

/// Warnings and deprecations in order, each distinct one once.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    events: Vec<Event>,
    seen: HashSet<String>,
    unmatched: Vec<String>,
}

impl Notices {
    /// A warning without a place.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.warning(Diagnostic::new(text));
    }

    /// A warning.
    pub fn warning(&mut self, warning: Diagnostic) {
        if self.is_new('w', &warning) {
            self.events.push(Event::Warning(warning));
        }
    }

    /// A deprecation of `owner` (the program, or a part of it) with the version that ends it.
    pub fn deprecated(&mut self, notice: Diagnostic) {
        if self.is_new('d', &notice) {
            self.events.push(Event::Deprecated(notice));
        }
    }

    /// An error that does not end anything.
    pub fn error(&mut self, error: Diagnostic) {
        if self.is_new('e', &error) {
            self.events.push(Event::Error(error));
        }
    }

    /// A term of a host pattern that matches nobody, whether or not there is a warning of it.
    pub fn unmatched(&mut self, term: &str) {
        self.unmatched.push(term.to_string());
    }

    /// The terms that matched nobody, in order.
    pub fn take_unmatched(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unmatched)
    }

    /// Notices from elsewhere.
    pub fn append(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Warning(notice) => self.warning(notice),
                Event::Deprecated(notice) => self.deprecated(notice),
                Event::Error(notice) => self.error(notice),
                _ => {}
            }
        }
    }

    /// Everything so far; later equal ones are still dropped.
    pub fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn is_new(&mut self, kind: char, notice: &Diagnostic) -> bool {
        let place = notice.origin.as_ref().map(Origin::to_string).unwrap_or_default();
        self.seen.insert(format!("{kind}{place}\n{}", notice.chain()))
    }
}
