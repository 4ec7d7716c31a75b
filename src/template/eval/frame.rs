//! Variables that a template itself has set.

use crate::base::Value;
use crate::template::syntax::ast::Name;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One level of variables: a template, a loop's turn, a macro's call.
#[derive(Debug)]
pub struct Frame {
    vars: Mutex<HashMap<Name, Value>>,
    parent: Option<Arc<Frame>>,
    /// Whether names that are not found here are looked up in the scope.
    pub reads_scope: bool,
}

impl Frame {
    /// The outermost level of a template.
    pub fn root(reads_scope: bool) -> Arc<Self> {
        Arc::new(Self { vars: Mutex::default(), parent: None, reads_scope })
    }

    /// A level inside of another.
    pub fn child(parent: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self {
            vars: Mutex::default(),
            parent: Some(Arc::clone(parent)),
            reads_scope: parent.reads_scope,
        })
    }

    /// The value of a name here or further out.
    pub fn get(&self, name: &str) -> Option<Value> {
        let mut frame = Some(self);
        while let Some(level) = frame {
            if let Some(value) = level.here(name) {
                return Some(value);
            }
            frame = level.parent.as_deref();
        }
        None
    }

    /// The value of a name on this very level.
    pub fn here(&self, name: &str) -> Option<Value> {
        self.vars.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Sets a name on this level.
    pub fn set(&self, name: &Name, value: Value) {
        let mut vars = self.vars.lock().unwrap_or_else(PoisonError::into_inner);
        vars.insert(Arc::clone(name), value);
    }

    /// Names and values of this level.
    pub fn all(&self) -> Vec<(Name, Value)> {
        let vars = self.vars.lock().unwrap_or_else(PoisonError::into_inner);
        vars.iter().map(|(name, value)| (Arc::clone(name), value.clone())).collect()
    }
}
