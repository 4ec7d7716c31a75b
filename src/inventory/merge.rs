//! How dicts of one name come together (S-7).

use crate::base::{Map, Value};

/// `over` laid on `under`: dicts are merged at every depth, anything else of `over` wins.
pub fn merged(under: &Value, over: &Value) -> Value {
    match (under.as_map(), over.as_map()) {
        (Some(low), Some(high)) => Value::map(merged_maps(low, high)).marked_as(over),
        _ => over.clone(),
    }
}

/// The same for whole sets of variables.
pub fn merged_maps(under: &Map, over: &Map) -> Map {
    let mut both = under.clone();
    for (name, value) in over {
        match both.get_mut(name) {
            Some(old) => *old = merged(old, value),
            None => {
                both.insert(name.clone(), value.clone());
            }
        }
    }
    both
}
