//! INI texts as a fact file holds them: sections of options, `%(name)s` filled in.

use crate::base::{Key, Map, Value};
use indexmap::IndexMap;

type Options = IndexMap<String, String>;

/// Why a text cannot be read.
#[derive(Debug, PartialEq)]
pub enum Problem {
    /// It is no INI.
    Form,
    /// A value refers to what is not there, in configparser's words.
    Reference(String),
}

/// The sections as a dict of dicts. Options of `DEFAULT` belong to each section.
pub fn read(text: &str) -> Result<Value, Problem> {
    let sections = sections(text).ok_or(Problem::Form)?;
    let defaults = sections.get("DEFAULT").cloned().unwrap_or_default();
    let mut all = Map::new();
    for (name, own) in sections.iter().filter(|(name, _)| *name != "DEFAULT") {
        let mut options = own.clone();
        for (key, value) in &defaults {
            options.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let mut filled = Map::new();
        for (key, value) in &options {
            filled.insert(Key::from(key.as_str()), filled_in(name, key, value, &options)?.into());
        }
        all.insert(Key::from(name.as_str()), Value::map(filled));
    }
    Ok(Value::map(all))
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

fn filled_in(
    section: &str,
    option: &str,
    value: &str,
    options: &Options,
) -> Result<String, Problem> {
    let place = format!("option '{option}' in section '{section}'");
    fill(value, options, 0).map_err(|fault| {
        Problem::Reference(match fault {
            Fault::Missing(key) => format!(
                "Bad value substitution: {place} contains an interpolation key '{key}' which is not a valid option \
                 name. Raw value: '{value}'"
            ),
            Fault::Stray(rest) => format!("'%' must be followed by '%' or '(', found: '%{rest}'"),
            Fault::Deep => format!("Recursion limit exceeded in value substitution: {place}. Raw value: '{value}'"),
        })
    })
}

enum Fault {
    Missing(String),
    Stray(String),
    Deep,
}

/// A value with its `%(name)s` and `%%`.
fn fill(value: &str, options: &Options, depth: usize) -> Result<String, Fault> {
    if depth > 10 {
        return Err(Fault::Deep);
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
        let reference = rest.strip_prefix('(').and_then(|r| r.split_once(")s"));
        let (name, after) = reference.ok_or_else(|| Fault::Stray(rest.to_string()))?;
        let name = name.to_lowercase();
        let value = options.get(&name).ok_or(Fault::Missing(name))?;
        out.push_str(&fill(value, options, depth + 1)?);
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::from_json;

    #[test]
    fn sections_defaults_and_references() {
        let text = "[DEFAULT]\nbase=/x\n# c\n[a]\nDir: %(base)s/y\nlong = 1\n  2\np = 5%%\n[b]\n";
        let expected = r#"{"a": {"dir": "/x/y", "long": "1\n2", "p": "5%", "base": "/x"}, "b": {"base": "/x"}}"#;
        assert_eq!(read(text), Ok(from_json(expected).unwrap()));
        let missing = "Bad value substitution: option 'k' in section 'a' contains an interpolation key 'no' \
            which is not a valid option name. Raw value: '%(no)s'";
        assert_eq!(read("[a]\nk=%(no)s"), Err(Problem::Reference(missing.into())));
        assert_eq!(read("k=v"), Err(Problem::Form));
        assert_eq!(read("[a]\nk"), Err(Problem::Form));
        assert_eq!(read("[a]\n[a]"), Err(Problem::Form));
        assert_eq!(read(""), Ok(from_json("{}").unwrap()));
    }
}
