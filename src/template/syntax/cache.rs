//! Compiled templates of the whole process: the same task on a thousand hosts is compiled once.

use super::{Compiled, Mode, SyntaxFault, TemplateOptions, build};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How many templates each half of the cache holds.
const HALF: usize = 4096;
/// Longer texts are compiled each time they are met.
const LONGEST: usize = 256 * 1024;

#[derive(PartialEq, Eq, Hash, Clone)]
struct Key {
    source: Arc<str>,
    /// None for the default.
    options: Option<Arc<TemplateOptions>>,
    mode: Mode,
}

/// Two halves: a full new half replaces the old one, so what is in use stays.
#[derive(Default)]
struct Cache {
    new: HashMap<Key, Compiled>,
    old: HashMap<Key, Compiled>,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

impl Cache {
    fn get(&mut self, key: &Key) -> Option<Compiled> {
        if let Some(found) = self.new.get(key) {
            return Some(found.clone());
        }
        let found = self.old.remove(key)?;
        self.put(key.clone(), found.clone());
        Some(found)
    }

    fn put(&mut self, key: Key, compiled: Compiled) {
        if self.new.len() >= HALF {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(key, compiled);
    }
}

/// The compiled form of a text, with its header line applied.
pub fn compile(source: &Arc<str>, options: &TemplateOptions, mode: Mode) -> Compiled {
    if source.len() > LONGEST {
        return fresh(source, options, mode);
    }
    let other = (*options != TemplateOptions::default()).then(|| Arc::new(options.clone()));
    let key = Key { source: Arc::clone(source), options: other, mode };
    if let Some(found) = lock().get(&key) {
        return found;
    }
    let compiled = fresh(source, options, mode);
    lock().put(key, compiled.clone());
    compiled
}

fn lock() -> std::sync::MutexGuard<'static, Cache> {
    CACHE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fresh(source: &str, options: &TemplateOptions, mode: Mode) -> Compiled {
    if mode.expression || mode.no_header {
        return build(source, options, mode).map(Arc::new);
    }
    let header = options.with_header(source);
    let header =
        header.map_err(|error| SyntaxFault { message: error.message, at: 0, hint: error.hint })?;
    let Some((options, start)) = header else {
        return build(source, options, mode).map(Arc::new);
    };
    let behind = |fault: SyntaxFault| SyntaxFault { at: fault.at + start, ..fault };
    let mut template = build(&source[start..], &options, mode).map_err(behind)?;
    template.skipped = start;
    Ok(Arc::new(template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_compiled_once() {
        let source: Arc<str> = "{{ cached_once }}".into();
        let options = TemplateOptions::default();
        let first = compile(&source, &options, Mode::default()).unwrap();
        let second = compile(&source, &options, Mode::default()).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        let mode = Mode { raw_strings: true, ..Mode::default() };
        assert!(!Arc::ptr_eq(&first, &compile(&source, &options, mode).unwrap()));
    }
}
