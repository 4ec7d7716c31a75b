//! Lists and dicts that a template has changed (`append`, `update`).
//!
//! Values are immutable and shared. In Python two names for one list see each other's changes; here
//! the allocation a container lives in is its identity. The first change of a container notes what
//! has become of it, and whoever looks into a container asks here first. Most templates change
//! nothing: then nothing is looked up.

use crate::base::{Kind, Map, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lists inside of themselves end here.
const DEEPEST: usize = 100;

/// What changed containers have become.
#[derive(Default)]
pub struct Cells {
    used: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Identity to cell.
    ids: HashMap<usize, usize>,
    cells: Vec<Cell>,
}

struct Cell {
    now: Kind,
    /// Every form it had: an identity must not be given to another container meanwhile.
    was: Vec<Kind>,
}

fn identity(kind: &Kind) -> Option<usize> {
    match kind {
        Kind::List(items) => Some(Arc::as_ptr(items) as usize),
        Kind::Map(map) => Some(Arc::as_ptr(map) as usize),
        _ => None,
    }
}

impl Inner {
    fn find(&self, kind: &Kind) -> Option<usize> {
        self.ids.get(&identity(kind)?).copied()
    }

    fn find_or_make(&mut self, kind: &Kind) -> usize {
        if let Some(index) = self.find(kind) {
            return index;
        }
        let index = self.cells.len();
        self.cells.push(Cell { now: kind.clone(), was: Vec::new() });
        self.note(index, kind.clone());
        index
    }

    /// From now on this form is the cell too.
    fn note(&mut self, index: usize, form: Kind) {
        if let Some(id) = identity(&form) {
            self.ids.insert(id, index);
            self.cells[index].was.push(form);
        }
    }

    /// The cell's content, ours alone.
    fn own(&mut self, index: usize) -> &mut Kind {
        let cell = &mut self.cells[index];
        let shared = match &mut cell.now {
            Kind::List(items) => Arc::get_mut(items).is_none(),
            Kind::Map(map) => Arc::get_mut(map).is_none(),
            _ => false,
        };
        if shared {
            let fresh = match &cell.now {
                Kind::List(items) => Kind::List(Arc::new(items.to_vec())),
                Kind::Map(map) => Kind::Map(Arc::new((**map).clone())),
                other => other.clone(),
            };
            if let Some(id) = identity(&fresh) {
                self.ids.insert(id, index);
            }
            let old = std::mem::replace(&mut self.cells[index].now, fresh);
            self.cells[index].was.push(old);
        }
        &mut self.cells[index].now
    }
}

impl Cells {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// A container as it is now; what is in it may still be stale.
    pub fn now(&self, value: Value) -> Value {
        if !self.is_used() || identity(&value.kind).is_none() {
            return value;
        }
        let inner = self.lock();
        match inner.find(&value.kind) {
            Some(index) => Value::new(inner.cells[index].now.clone()).marked_as(&value),
            None => value,
        }
    }

    /// A value as it is now, through and through.
    pub fn deep(&self, value: &Value) -> Value {
        if !self.is_used() {
            return value.clone();
        }
        self.renew(value, 0)
    }

    fn renew(&self, value: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return value.clone();
        }
        let now = self.now(value.clone());
        let kind = match &now.kind {
            Kind::List(items) => self.renew_items(items, depth).map(Kind::List),
            Kind::Tuple(items) => self.renew_items(items, depth).map(Kind::Tuple),
            Kind::Map(map) => self.renew_map(map, depth).map(Kind::Map),
            _ => None,
        };
        let Some(kind) = kind else { return now };
        let mut inner = self.lock();
        if identity(&now.kind).is_some() {
            let index = inner.find_or_make(&now.kind);
            inner.note(index, kind.clone());
        }
        Value::new(kind).marked_as(&now)
    }

    fn renew_items(&self, items: &[Value], depth: usize) -> Option<Arc<Vec<Value>>> {
        let fresh: Vec<Value> = items.iter().map(|item| self.renew(item, depth + 1)).collect();
        let same = items.iter().zip(&fresh).all(|(a, b)| same_thing(a, b));
        (!same).then(|| Arc::new(fresh))
    }

    fn renew_map(&self, map: &Map, depth: usize) -> Option<Arc<Map>> {
        let fresh: Map = map.iter().map(|(k, v)| (k.clone(), self.renew(v, depth + 1))).collect();
        let same = map.values().zip(fresh.values()).all(|(a, b)| same_thing(a, b));
        (!same).then(|| Arc::new(fresh))
    }

    /// Changes a list; None when the value is none.
    pub fn change_list<R>(
        &self,
        list: &Value,
        with: impl FnOnce(&mut Vec<Value>) -> R,
    ) -> Option<R> {
        self.used.store(true, Ordering::Relaxed);
        let mut inner = self.lock();
        let index = inner.find_or_make(&list.kind);
        match inner.own(index) {
            Kind::List(items) => Arc::get_mut(items).map(with),
            _ => None,
        }
    }

    /// Changes a dict; None when the value is none.
    pub fn change_map<R>(&self, map: &Value, with: impl FnOnce(&mut Map) -> R) -> Option<R> {
        self.used.store(true, Ordering::Relaxed);
        let mut inner = self.lock();
        let index = inner.find_or_make(&map.kind);
        match inner.own(index) {
            Kind::Map(map) => Arc::get_mut(map).map(with),
            _ => None,
        }
    }
}

/// Whether two values are one container, or no containers.
fn same_thing(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Tuple(a), Kind::Tuple(b)) => Arc::ptr_eq(a, b),
        (a, b) => identity(a) == identity(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_through_every_name() {
        let cells = Cells::default();
        let inner = Value::list(vec![]);
        let outer: Value = [("l", inner.clone())].into_iter().collect();
        cells.change_list(&inner, |items| items.push(Value::from(1))).unwrap();
        assert_eq!(cells.deep(&outer).repr(), "{'l': [1]}");
        assert_eq!(outer.repr(), "{'l': []}");
        let seen = cells.now(inner.clone());
        cells.change_list(&seen, |items| items.push(Value::from(2))).unwrap();
        assert_eq!(cells.now(inner).repr(), "[1, 2]");
        assert_eq!(cells.deep(&outer).repr(), "{'l': [1, 2]}");
    }

    #[test]
    fn a_list_within_itself_ends() {
        let cells = Cells::default();
        let list = Value::list(vec![]);
        cells.change_list(&list, |items| items.push(list.clone())).unwrap();
        assert!(cells.deep(&list).as_list().is_some());
    }
}
