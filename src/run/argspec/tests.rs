use super::check;
use crate::base::{Source, Value, yaml};

fn load(text: &str) -> Value {
    yaml::load(text, &Source::described("<test>")).unwrap().value
}

fn errors(spec: &str, given: &str) -> Vec<String> {
    let (spec, given) = (load(spec), load(given));
    check::errors(spec.as_map().unwrap(), given.as_map().unwrap().clone())
}

const SPEC: &str = "
name: {required: true}
port: {type: int, default: 80}
state: {choices: [present, absent]}
flags: {type: list, elements: int}
open: {type: bool, aliases: [active]}
secret: {type: int, no_log: true}
opts:
  type: dict
  mutually_exclusive: [[size, auto]]
  required_if: [[kind, big, [size]]]
  required_by: {name: [kind]}
  required_together: [[x, y]]
  options: {size: {type: int}, auto: {type: bool}, kind: {}, name: {}, x: {}, y: {}}
rows:
  type: list
  elements: dict
  options: {id: {type: int, required: true}}
";

#[test]
fn what_fits_has_no_errors() {
    let given = "{name: [1], port: '8080', state: absent, flags: '1,2', active: 'yes', opts: {size: 5.0}, rows: [{id: 1}]}";
    assert_eq!(errors(SPEC, given), Vec::<String>::new());
}

#[test]
fn every_kind_of_error_is_told() {
    let given = "{port: x, state: maybe, flags: [1, x], active: perhaps, secret: s3cret, other: 1}";
    let found = errors(SPEC, given);
    let wanted = [
        "missing required arguments: name",
        "argument 'port' is of type str and we were unable to convert to int: \"'x'\" cannot be converted to an int",
        "Elements value for option 'flags' is of type str and we were unable to convert to int: \"'x'\" cannot be converted to an int",
        "argument 'open' is of type str and we were unable to convert to bool: The value 'perhaps' is not a valid boolean.",
        "argument 'secret' is of type str and we were unable to convert to int: the value is secret",
        "value of state must be one of: present, absent, got: maybe",
        "other. Supported parameters include: flags, name, open, opts, port, rows, secret, state (active).",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found}");
    }
}

#[test]
fn options_of_options_have_rules_of_their_own() {
    let opts = |text: &str| errors(SPEC, &format!("{{name: n, {text}}}"));
    for (given, wanted) in [
        ("opts: {size: 1, auto: no}", "parameters are mutually exclusive: size|auto found in opts"),
        (
            "opts: {kind: big}",
            "kind is big but all of the following are missing: size found in opts",
        ),
        ("opts: {name: n}", "missing parameter(s) required by 'name': kind found in opts"),
        ("opts: {x: 1}", "parameters are required together: x, y found in opts"),
        (
            "opts: {sise: 1}",
            "opts.sise. Supported parameters include: auto, kind, name, size, x, y.",
        ),
        ("rows: [{}]", "missing required arguments: id found in rows"),
        (
            "rows: [5]",
            "Elements value for option 'rows' is of type int and we were unable to convert to dict: <class 'int'> cannot be converted to a dict",
        ),
        (
            "opts: {size: x}",
            "argument 'size' is of type str found in 'opts'. and we were unable to convert to int: \"'x'\" cannot be converted to an int",
        ),
    ] {
        assert_eq!(opts(given), [wanted], "{given}");
    }
}
