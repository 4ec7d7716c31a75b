//! INI texts as a fact file holds them: sections of options, `%(name)s` filled in.

use crate::base::{Key, Map, Value};
use indexmap::IndexMap;

type Options = IndexMap<String, String>;

/// The sections as a dict of dicts; None for what is no INI. Options of `DEFAULT` belong to each section.
pub fn read(text: &str) -> Option<Value> {
    let sections = sections(text)?;
    let defaults = sections.get("DEFAULT").cloned().unwrap_or_default();
    let mut all = Map::new();
    for (name, own) in sections.iter().filter(|(name, _)| *name != "DEFAULT") {
        let mut options = own.clone();
        for (key, value) in &defaults {
            options.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let mut filled = Map::new();
        for (key, value) in &options {
            filled.insert(Key::from(key.as_str()), fill(value, &options, 0)?.into());
        }
        all.insert(Key::from(name.as_str()), Value::map(filled));
    }
    Some(Value::map(all))
}

fn sections(text: &str) -> Option<IndexMap<String, Options>> {
    let mut sections: IndexMap<String, Options> = IndexMap::new();
    let mut deep = 0;
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with(['#', ';']) || bare.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let last = sections.values_mut().last().and_then(|options| options.values_mut().last());
        if let (Some(value), true) = (last, indent > deep) {
            value.push('\n');
            value.push_str(bare);
            continue;
        }
        deep = indent;
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| Some(&rest[..rest.rfind(']')?]))
        {
            if name != "DEFAULT" && sections.contains_key(name) {
                return None;
            }
            // Last of the map, so that options go there.
            let kept = sections.shift_remove(name).unwrap_or_default();
            sections.insert(name.to_string(), kept);
            continue;
        }
        let at = bare.find(['=', ':'])?;
        let (name, value) = (bare[..at].trim().to_lowercase(), bare[at + 1..].trim().to_string());
        let options = sections.values_mut().last()?;
        if options.insert(name, value).is_some() {
            return None;
        }
    }
    Some(sections)
}

/// `%(name)s` and `%%` in a value; None when a name is missing or the nesting has no end.
fn fill(value: &str, options: &Options, depth: usize) -> Option<String> {
    if depth > 10 {
        return None;
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (name, after) = rest.strip_prefix('(')?.split_once(")s")?;
        out.push_str(&fill(options.get(&name.to_lowercase())?, options, depth + 1)?);
        rest = after;
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::from_json;

    #[test]
    fn sections_defaults_and_references() {
        let text = "[DEFAULT]\nbase=/x\n# c\n[a]\nDir: %(base)s/y\nlong = 1\n  2\np = 5%%\n[b]\n";
        let expected = r#"{"a": {"dir": "/x/y", "long": "1\n2", "p": "5%", "base": "/x"}, "b": {"base": "/x"}}"#;
        assert_eq!(read(text), from_json(expected).ok());
        assert_eq!(read("[a]\nk=%(no)s"), None);
        assert_eq!(read("k=v"), None);
        assert_eq!(read("[a]\nk"), None);
        assert_eq!(read("[a]\n[a]"), None);
        assert_eq!(read(""), from_json("{}").ok());
    }
}
