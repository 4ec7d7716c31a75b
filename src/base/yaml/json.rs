//! Documents that are JSON: values by JSON's rules, positions as the YAML parser sees them.

use super::{Options, load_yaml};
use crate::base::value::from_json;
use crate::base::{Key, Kind, Map, Meta, Origin, Source, Value};
use std::sync::Arc;

/// Longer texts are not parsed a second time for positions.
const MAX_LOCATED: usize = 1 << 20;

/// The value of a text that is JSON. Where the YAML parser cannot follow, the place is the source.
pub(super) fn load(text: &str, source: &Arc<Source>, options: Options) -> Option<Value> {
    let value = from_json(text).ok()?;
    let located =
        (text.len() <= MAX_LOCATED).then(|| load_yaml(text, source, options).ok()).flatten();
    let whole = Meta { origin: Some(Origin::whole(source)), ..Meta::default() };
    let marker = Marker { whole, trusted: options.trusted };
    Some(marker.mark(&value, located.as_ref().map(|loaded| &loaded.value)))
}

struct Marker {
    /// The mark of what has no known place.
    whole: Meta,
    trusted: bool,
}

impl Marker {
    /// The marks of the same node read as YAML, and trust in texts; Ansible's JSON spelling of
    /// `!vault` and `!unsafe` is understood.
    fn mark(&self, value: &Value, twin: Option<&Value>) -> Value {
        let meta = twin.map_or(&self.whole, Value::meta);
        let meta = Meta { trusted: false, ..meta.clone() };
        let kind = match &value.kind {
            Kind::List(items) => self.list(items, twin),
            Kind::Map(map) => match only_entry(map) {
                Some(("__ansible_vault", text)) => Kind::Vault(text.into()),
                Some(("__ansible_unsafe", text)) => return Value::str(text).with_meta(meta),
                _ => self.map(map, twin),
            },
            other => other.clone(),
        };
        let trusted = self.trusted && matches!(kind, Kind::Str(_));
        Value::new(kind).with_meta(Meta { trusted, ..meta })
    }

    fn list(&self, items: &[Value], twin: Option<&Value>) -> Kind {
        let twins = twin.and_then(Value::as_list).filter(|twins| twins.len() == items.len());
        let twin = |at: usize| twins.and_then(|twins| twins.get(at));
        let marked = items.iter().enumerate().map(|(at, item)| self.mark(item, twin(at)));
        Kind::List(Arc::new(marked.collect()))
    }

    fn map(&self, map: &Map, twin: Option<&Value>) -> Kind {
        let twins = twin.and_then(Value::as_map);
        let twin = |key: &Key| twins.and_then(|twins| twins.get(key));
        let marked = map.iter().map(|(key, item)| (key.clone(), self.mark(item, twin(key))));
        Kind::Map(Arc::new(marked.collect()))
    }
}

fn only_entry(map: &Map) -> Option<(&str, &str)> {
    let (key, value) = map.first().filter(|_| map.len() == 1)?;
    Some((key.as_str()?, value.as_str()?))
}
