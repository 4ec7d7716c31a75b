//! The table of filters (stand-in until the real one is merged).

use super::table::{Args, Env, Filter, Stop};
use crate::base::{Key, Kind, Value};
use std::sync::Arc;

type Apply = fn(&dyn Env, Value, &Args) -> Result<Value, Stop>;

const fn filter(name: &'static str, takes_undefined: bool, apply: Apply) -> Filter {
    Filter { name, full_name: "", doc: "", pure: true, takes_undefined, apply, examples: &[] }
}

static ALL: &[Filter] = &[
    filter("default", true, |_, v, a| {
        let default = a.positional.first().cloned().unwrap_or_else(|| Value::from(""));
        let falsy =
            a.positional.get(1).is_some_and(Value::is_true) && !v.is_undefined() && !v.is_true();
        Ok(if v.is_undefined() || falsy { default } else { v })
    }),
    filter("upper", false, |_, v, _| Ok(Value::from(v.text().to_uppercase()))),
    filter("lower", false, |_, v, _| Ok(Value::from(v.text().to_lowercase()))),
    filter("string", false, |_, v, _| Ok(Value::from(v.text()))),
    filter("list", false, |_, v, _| {
        Ok(match &v.kind {
            Kind::Map(m) => Value::list(m.keys().map(Key::value).collect()),
            _ => Value::list(v.as_list().unwrap_or_default().to_vec()),
        })
    }),
    filter("length", false, |_, v, _| {
        Ok(Value::from(match &v.kind {
            Kind::Map(m) => m.len() as u64,
            Kind::Str(s) => s.chars().count() as u64,
            _ => v.as_list().unwrap_or_default().len() as u64,
        }))
    }),
    filter("first", false, |_, v, _| {
        Ok(v.as_list()
            .unwrap_or_default()
            .first()
            .cloned()
            .unwrap_or_else(|| Value::undefined("empty")))
    }),
    filter("bool", false, |_, v, _| {
        Ok(Value::from(matches!(v.text().as_str(), "yes" | "on" | "1" | "true" | "True")))
    }),
    filter("int", false, |_, v, _| Ok(v.text().parse::<i64>().map_or(Value::from(0), Value::from))),
    filter("select", false, |env, v, a| {
        let mut kept = Vec::new();
        for item in v.as_list().unwrap_or_default() {
            if env.test(&a.positional[0].text(), item, &Args::default())? {
                kept.push(item.clone());
            }
        }
        Ok(Value::list(kept))
    }),
    filter("map", false, |env, v, a| {
        let mut kept = Vec::new();
        for item in v.as_list().unwrap_or_default() {
            kept.push(match a.keyword.get(&Key::from("attribute")) {
                Some(name) => env.attribute(item, name)?,
                None => env.filter(&a.positional[0].text(), item.clone(), &Args::default())?,
            });
        }
        Ok(Value::list(kept))
    }),
    filter("dict2items", false, |_, v, _| {
        Ok(Value::list(
            v.as_map()
                .cloned()
                .unwrap_or_default()
                .iter()
                .map(|(k, v)| [("key", k.value()), ("value", v.clone())].into_iter().collect())
                .collect(),
        ))
    }),
    filter("combine", false, |_, v, a| {
        let mut map = v.as_map().cloned().unwrap_or_default();
        map.extend(a.positional[0].as_map().cloned().unwrap_or_default());
        Ok(Value::map(map))
    }),
    filter("ternary", true, |_, v, a| Ok(a.positional[usize::from(!v.is_true())].clone())),
    filter("mandatory", true, |_, v, _| {
        if v.is_undefined() { Err(Stop::fault("Mandatory variable not defined.")) } else { Ok(v) }
    }),
    filter("type_debug", true, |_, v, _| Ok(Value::from(v.type_name()))),
    filter("from_json", false, |_, v, _| {
        crate::base::value::from_json(&v.text()).map_err(|e| Stop::fault(e.to_string()))
    }),
    filter("to_datetime", false, |_, v, a| {
        let format = a.positional.first().map_or("%Y-%m-%d %H:%M:%S".to_string(), Value::text);
        let at = jiff::civil::DateTime::strptime(&format, v.text())
            .or_else(|_| {
                jiff::civil::Date::strptime(&format, v.text())
                    .map(|d| d.to_datetime(jiff::civil::Time::midnight()))
            })
            .map_err(|e| Stop::fault(e.to_string()))?;
        Ok(Value::new(Kind::Time(crate::base::Time::DateTime(at, None))))
    }),
    filter("dictsort", false, |_, v, _| {
        Ok(Value::list(
            v.as_map()
                .cloned()
                .unwrap_or_default()
                .iter()
                .map(|(k, v)| Value::new(Kind::Tuple(Arc::new(vec![k.value(), v.clone()]))))
                .collect(),
        ))
    }),
];

pub fn find(name: &str) -> Option<&'static Filter> {
    ALL.iter().find(|f| f.name == name)
}
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|f| f.name).collect()
}
