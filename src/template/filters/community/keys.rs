//! Keys of dicts in a list: kept, removed, renamed.

use crate::base::regex::{Regex, python};
use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{Bound, class_of, shown, shown_text};
use crate::template::filters::builtin;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "keep_keys",
        "community.general.keep_keys",
        "Keeps some keys of each dict.",
        |_, value, args| filtered("keep_keys", &value, args, true),
        &[("[{'a': 1, 'b': 2}] | community.general.keep_keys(['a'])", "[{'a': 1}]")],
    ),
    builtin(
        "remove_keys",
        "community.general.remove_keys",
        "Removes some keys of each dict.",
        |_, value, args| filtered("remove_keys", &value, args, false),
        &[(
            "[{'a1': 1, 'b': 2}] | community.general.remove_keys(['a'], matching_parameter='starts_with')",
            "[{'b': 2}]",
        )],
    ),
    builtin(
        "replace_keys",
        "community.general.replace_keys",
        "Renames some keys of each dict.",
        replace_keys,
        &[(
            "[{'a': 1}] | community.general.replace_keys([{'before': 'a', 'after': 'x'}])",
            "[{'x': 1}]",
        )],
    ),
];

/// How a key is matched.
enum Pattern {
    Equal(String),
    Start(String),
    End(String),
    Regex(Regex),
}

impl Pattern {
    fn of(way: &str, text: &str, failure: &dyn Fn(&str) -> String) -> Result<Self, Stop> {
        Ok(match way {
            "equal" => Self::Equal(text.into()),
            "starts_with" => Self::Start(text.into()),
            "ends_with" => Self::End(text.into()),
            _ => Self::Regex(python(text, "").map_err(|_| Stop::fault(failure(text)))?),
        })
    }

    fn matches(&self, key: &str) -> Result<bool, Stop> {
        Ok(match self {
            Self::Equal(text) => text == key,
            Self::Start(text) => key.starts_with(text),
            Self::End(text) => key.ends_with(text),
            Self::Regex(regex) => regex.match_at_start(key).map_err(Stop::fault)?.is_some(),
        })
    }
}

/// The dicts of the piped list; all their keys are texts.
fn dicts(value: &Value) -> Result<Vec<&Map>, Stop> {
    let Some(items) = value.as_list() else {
        let (shown, class) = (shown(value), class_of(value));
        return Err(Stop::fault(format!("First argument must be a list. {shown} is {class}")));
    };
    let mut maps = Vec::new();
    for item in items {
        let Some(map) = item.as_map() else {
            let (shown, class) = (shown_text(item), class_of(item));
            return Err(Stop::fault(format!(
                "The data items must be dictionaries. {shown} is {class}"
            )));
        };
        if map.keys().any(|key| key.as_str().is_none()) {
            let keys: Vec<Value> = map.keys().map(Key::value).collect();
            let keys = Value::list(keys).repr();
            return Err(Stop::fault(format!("Top level keys must be strings. keys: {keys}")));
        }
        maps.push(map);
    }
    Ok(maps)
}

fn way(bound: &Bound) -> Result<String, Stop> {
    let way = bound.text("matching_parameter", "equal").into_owned();
    if ["equal", "starts_with", "ends_with", "regex"].contains(&way.as_str()) {
        Ok(way)
    } else {
        Err(Stop::fault(format!(
            "The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. \
             matching_parameter='{way}'"
        )))
    }
}

fn filtered(name: &'static str, value: &Value, args: &Args, kept: bool) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["target", "matching_parameter"], 0)?;
    let dicts = dicts(value)?;
    let way = way(&bound)?;
    let patterns = targets(bound.get("target").unwrap_or(&Value::NULL), &way)?;
    let mut made = Vec::new();
    for map in dicts {
        let mut chosen = Map::new();
        for (key, item) in map {
            let name = key.as_str().unwrap_or_default();
            let mut matched = false;
            for pattern in &patterns {
                matched |= pattern.matches(name)?;
            }
            if matched == kept {
                chosen.insert(key.clone(), item.clone());
            }
        }
        made.push(Value::map(chosen));
    }
    Ok(Value::list(made))
}

fn targets(target: &Value, way: &str) -> Result<Vec<Pattern>, Stop> {
    let texts: Vec<&Value> = match (target.as_str(), target.as_list()) {
        (Some(_), _) => vec![target],
        (_, Some(items)) => items.iter().collect(),
        _ => {
            let class = class_of(target);
            let text = format!("The target must be a string or a list. target is {class}.");
            return Err(Stop::fault(text));
        }
    };
    if texts.is_empty() || target.as_str() == Some("") {
        return Err(Stop::fault("The target can't be empty."));
    }
    if way == "regex" && texts.len() > 1 {
        return Err(Stop::fault(
            "Single item is required in the target list if matching_parameter=regex.",
        ));
    }
    let failure = |text: &str| {
        format!("The target must be a valid regex if matching_parameter=regex. target is {text}")
    };
    let pattern = |item: &Value| {
        let text = item.as_str().ok_or_else(|| {
            let (shown, class) = (shown(item), class_of(item));
            Stop::fault(format!("The target items must be strings. {shown} is {class}"))
        })?;
        Pattern::of(way, text, &failure)
    };
    texts.into_iter().map(pattern).collect()
}

fn replace_keys(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("replace_keys", args, &["target", "matching_parameter"], 0)?;
    let dicts = dicts(&value)?;
    let way = way(&bound)?;
    let renames = renames(bound.get("target").unwrap_or(&Value::NULL), &way)?;
    let mut made = Vec::new();
    for map in dicts {
        let mut renamed = Map::new();
        for (key, item) in map {
            let mut name = key.clone();
            for (pattern, after) in &renames {
                if pattern.matches(key.as_str().unwrap_or_default())? {
                    name = Key::from(after.as_str());
                    break;
                }
            }
            renamed.insert(name, item.clone());
        }
        made.push(Value::map(renamed));
    }
    Ok(Value::list(made))
}

fn renames(target: &Value, way: &str) -> Result<Vec<(Pattern, String)>, Stop> {
    let Some(items) = target.as_list() else {
        let (shown, class) = (shown(target), class_of(target));
        let text = format!("The target must be a list. target is {shown} of type {class}.");
        return Err(Stop::fault(text));
    };
    if items.is_empty() {
        return Err(Stop::fault("The target can't be empty."));
    }
    let failure = |text: &str| {
        format!(
            "The attributes before must be valid regex if matching_parameter=regex. Not all items are \
             valid regex in: ['{text}']"
        )
    };
    let text = |item: &Value, name: &str| -> Result<String, Stop> {
        let found = item.get(name).ok_or_else(|| {
            Stop::fault("All dictionaries in target must include attributes: after, before.")
        })?;
        found.as_str().map(String::from).ok_or_else(|| {
            let (shown, class) = (shown(found), class_of(found));
            Stop::fault(format!("The attributes {name} must be strings. {shown} is {class}"))
        })
    };
    let rename = |item: &Value| {
        let (before, after) = (text(item, "before")?, text(item, "after")?);
        Ok((Pattern::of(way, &before, &failure)?, after))
    };
    items.iter().map(rename).collect()
}
