//! All examples of the tables, and expressions whose results were recorded from ansible-core
//! (`tests/golden/values`, made by `record.py` there).

use crate::base::value::{Layout, from_json, to_json};
use crate::base::{Diagnostic, Value};
use crate::spec::{Lookup, Scope};
use crate::template::recorded::{Fixed, trusted};
use crate::template::table::{Example, Stop};
use crate::template::{Templar, filters, lookups, tests};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Plain variables, and the directory of the recorded values as search path.
struct Here(Fixed);

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/values")
}

impl Scope for Here {
    fn variable(&self, name: &str) -> Lookup {
        self.0.variable(name)
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.names()
    }
    fn search_path(&self) -> Vec<PathBuf> {
        vec![here()]
    }
    fn setting(&self, name: &str) -> Option<Value> {
        self.0.setting(name)
    }
    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        self.0.decrypt(text)
    }
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        self.0.read_file(path)
    }
    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.0.select(pattern)
    }
    fn warn(&self, warning: Diagnostic) {
        self.0.warn(warning);
    }
}

fn evaluate(scope: &Here, expression: &str) -> Result<Value, String> {
    let text = Value::template(expression, None);
    Templar::new(scope).expression(&text).map_err(|stop: Stop| {
        let error = stop.into_diagnostic().map_or("suspended".into(), |error| error.chain());
        error.replace(&here().display().to_string(), "HERE")
    })
}

fn examples() -> Vec<(String, &'static [Example])> {
    let filters = filters::all().map(|f| (format!("{} {}", f.full_name, f.name), f.examples));
    let tests = tests::all().map(|t| (format!("is {}", t.name), t.examples));
    let lookups = lookups::all().map(|l| (format!("lookup {}", l.name), l.examples));
    filters.chain(tests).chain(lookups).collect()
}

#[test]
fn every_example_gives_what_it_says() {
    let scope = Here(Fixed::of("{}"));
    let mut wrong = Vec::new();
    for (name, examples) in examples() {
        for (expression, expected) in examples {
            let got = evaluate(&scope, expression);
            let wanted = evaluate(&scope, expected);
            let same = matches!((&got, &wanted), (Ok(a), Ok(b)) if a.repr() == b.repr());
            if !same {
                wrong
                    .push(format!("{name}: {expression}\n   wanted {wanted:?}\n   got    {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Lookups that read files beside the play cannot be shown without them; `lookups.json` has them.
const SHOWN_ELSEWHERE: [&str; 8] = [
    "lookup csvfile",
    "lookup file",
    "lookup filetree",
    "lookup ini",
    "lookup inventory_hostnames",
    "lookup template",
    "lookup unvault",
    "",
];

#[test]
fn every_entry_has_a_sentence_and_an_example() {
    for (name, examples) in examples() {
        let excused = SHOWN_ELSEWHERE.contains(&name.as_str());
        assert!(excused || !examples.is_empty(), "{name} has no example");
    }
    let docs = filters::all().map(|f| f.doc).chain(tests::all().map(|t| t.doc));
    for doc in docs.chain(lookups::all().map(|l| l.doc)) {
        assert!(doc.ends_with('.') && doc.len() > 10, "{doc}");
    }
}

#[test]
fn names_are_found_short_and_full() {
    let full = |name| filters::find(name).map(|filter| filter.full_name);
    assert_eq!(full("combine"), Some("ansible.builtin.combine"));
    assert_eq!(full("ansible.builtin.combine"), Some("ansible.builtin.combine"));
    assert_eq!(full("ansible.builtin.upper"), Some(""));
    assert_eq!(full("ipaddr"), Some("ansible.utils.ipaddr"));
    assert_eq!(full("ansible.netcommon.ipaddr"), Some("ansible.utils.ipaddr"));
    assert_eq!(full("json_query"), Some("community.general.json_query"));
    assert_eq!(full("counter"), None, "collections need their full names");
    assert_eq!(full("to_yaml"), Some("ansible.builtin.to_yaml"));
    assert!(tests::find("ansible.builtin.version").is_some());
    assert!(tests::find("ansible.utils.ipv4").is_some());
    assert!(tests::find("ipv4").is_none());
    assert!(lookups::find("cartesian").is_some());
    assert!(lookups::find("random_string").is_none());
    let (all, names) = (filters::all().count(), filters::names().len());
    assert_eq!(all, names, "no two filters share a name");
    assert_eq!(tests::all().count(), tests::names().len());
    assert_eq!(lookups::all().count(), lookups::names().len());
}

#[test]
fn what_is_made_of_a_vault_is_secret_and_no_error_quotes_it() {
    let vault = Value::new(crate::base::Kind::Vault("hidden".into()));
    let vars = [("v".into(), vault)].into_iter().collect();
    let scope = Here(Fixed { vars, ..Fixed::default() });
    let upper = evaluate(&scope, "v | upper").unwrap();
    assert!(upper.has_secret() && upper.as_str() == Some("HIDDEN"));
    let error = evaluate(&scope, "v | to_datetime").unwrap_err();
    assert!(!error.contains("hidden") && error.contains("does not match"), "{error}");
}

/// One recorded case; `ours` stands for ours where it differs on purpose.
fn differs(scope: &Here, case: &Value) -> Option<String> {
    let expression = case.get("expr")?.text();
    let expected = case.get("ours").unwrap_or(case);
    let got = evaluate(scope, &expression);
    let same = match (&got, expected.get("error"), expected.get("value")) {
        (Err(error), Some(wanted), _) => *error == wanted.text(),
        (Ok(value), None, Some(wanted)) => {
            to_json(value, Layout::RESULT) == to_json(wanted, Layout::RESULT)
        }
        _ => false,
    };
    let wanted = expected.get("error").or(expected.get("value"));
    let shown = got.map(|value| to_json(&value, Layout::RESULT));
    let wanted = wanted.map(|value| to_json(value, Layout::RESULT));
    (!same).then(|| format!("{expression}\n   wanted {wanted:?}\n   got    {shown:?}"))
}

fn check(name: &str) {
    let text = std::fs::read_to_string(here().join(name).with_extension("json")).unwrap();
    let data = from_json(&text).unwrap();
    let variables = trusted(data.get("variables").unwrap());
    let cases = data.get("cases").unwrap().as_list().unwrap();
    let scope = Here(Fixed { vars: variables.as_map().unwrap().clone(), ..Fixed::default() });
    let wrong: Vec<String> = cases.iter().filter_map(|case| differs(&scope, case)).collect();
    let count = cases.len();
    assert!(wrong.is_empty(), "{name}: {} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! recorded {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name));
        }
    )*};
}

mod values {
    use super::check;
    recorded! { dicts lists lookups network numbers paths query tests text }
}
