//! Against texts recorded from `PyYAML` 6.0.3's `CSafeDumper`, which Ansible uses.

use super::super::*;
use crate::base::value::from_json;
use crate::base::{Key, Kind};

const RECORDED: &str = include_str!("../../../../tests/golden/yaml-dump.jsonl");

/// `{"l": [...]}` is a list, `{"m": [[key, value], ...]}` a dict; all else is itself.
fn decoded(value: &Value) -> Value {
    if let Some(items) = value.get("l").and_then(Value::as_list) {
        return Value::list(items.iter().map(decoded).collect());
    }
    let Some(entries) = value.get("m").and_then(Value::as_list) else { return value.clone() };
    let pair = |entry: &Value| {
        let entry = entry.as_list().unwrap();
        (Key::of(&decoded(&entry[0])).unwrap(), decoded(&entry[1]))
    };
    entries.iter().map(pair).collect()
}

fn options(given: &Value) -> DumpOptions {
    let mut options = DumpOptions::TO_YAML;
    for (name, value) in given.as_map().unwrap() {
        let flag = value.as_bool();
        match name.as_str().unwrap() {
            "indent" => options.indent = value.as_int().unwrap() as usize,
            "width" => options.width = Some(value.as_int().unwrap() as usize),
            "default_flow_style" => options.default_flow_style = flag,
            "sort_keys" => options.sort_keys = flag.unwrap(),
            "explicit_start" => options.explicit_start = flag.unwrap(),
            "explicit_end" => options.explicit_end = flag.unwrap(),
            "allow_unicode" => options.allow_unicode = flag.unwrap(),
            "default_style" => {
                options.default_style = Some(match value.as_str().unwrap() {
                    "\"" => Style::Double,
                    "'" => Style::Single,
                    "|" => Style::Literal,
                    _ => Style::Folded,
                });
            }
            other => panic!("unknown option {other}"),
        }
    }
    options
}

#[test]
fn text_is_pyyamls() {
    let source = Source::described("<test>");
    let mut count = 0;
    for line in RECORDED.lines() {
        let case = from_json(line).unwrap();
        let value = decoded(case.get("v").unwrap());
        let options = options(case.get("o").unwrap());
        let text = dump(&value, options);
        assert_eq!(text, case.get("t").unwrap().as_str().unwrap(), "{options:?}");
        if options.default_style.is_none() {
            let read = load_with(&text, &source, Options::DATA).unwrap().value;
            assert_eq!(read, value, "{text}");
        }
        count += 1;
    }
    assert_eq!(count, 250);
}

#[test]
fn vault_text_stays_encrypted() {
    let vault = Value::new(Kind::Vault("$ANSIBLE_VAULT;1.1;AES256\n3132\n".into()));
    let value: Value = [("a", vault)].into_iter().collect();
    let text = "a: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3132\n";
    assert_eq!(dump(&value, DumpOptions::TO_NICE_YAML), text);
}

/// In `[...]` a colon needs quotes, and quotes need the tag.
#[test]
fn times_are_written_as_they_are_read() {
    let source = Source::described("<test>");
    for text in [
        "- 2001-12-14\n- 2001-12-14 21:59:43.100000+00:00\n",
        "[2001-12-14, ! '2001-12-14 21:59:43.100000+00:00']\n",
    ] {
        let value = load(text, &source).unwrap().value;
        let flow = Some(text.starts_with('['));
        let options = DumpOptions { default_flow_style: flow, ..DumpOptions::TO_YAML };
        assert_eq!(dump(&value, options), text);
    }
}

#[test]
fn what_is_shared_has_an_anchor() {
    let list = Value::from(vec![1_i64]);
    let empty = Value::list(Vec::new());
    let one: Value =
        [("a", list.clone()), ("b", list.clone()), ("z", empty.clone())].into_iter().collect();
    let all: Value =
        [("x", one.clone()), ("y", Value::list(vec![empty, one, list]))].into_iter().collect();
    let options = DumpOptions { indent: 2, ..DumpOptions::TO_NICE_YAML };
    // Recorded from PyYAML 6 with the C dumper.
    let expected = "x: &id003\n  a: &id001\n  - 1\n  b: *id001\n  z: &id002 []\ny:\n- *id002\n- *id003\n- *id001\n";
    assert_eq!(dump_shared(&all, options), expected);
}
