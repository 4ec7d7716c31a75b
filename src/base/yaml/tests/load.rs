use super::super::*;
use crate::base::{Key, Kind};
use std::fmt::Write as _;

fn source() -> Arc<Source> {
    Source::file("/p/x.yml")
}

fn loaded(text: &str) -> Loaded {
    load(text, &source()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn value(text: &str) -> Value {
    loaded(text).value
}

fn error(text: &str) -> Diagnostic {
    load(text, &source()).expect_err(text)
}

/// Message without its prefix, and `line:column`.
fn problem(text: &str) -> (String, String) {
    let error = error(text);
    let message = error.message.strip_prefix("YAML parsing failed: ").unwrap().to_string();
    let origin = error.origin.unwrap();
    (message, format!("{}:{}", origin.line, origin.column))
}

fn check(text: &str, message: &str, place: &str) {
    assert_eq!(problem(text), (message.to_string(), place.to_string()), "{text:?}");
}

#[test]
fn every_node_has_its_place() {
    let value = value("- name: x\n  vars:\n    a: [1, {b: yes}]\n");
    let play = &value.as_list().unwrap()[0];
    assert_eq!(value.origin().unwrap().to_string(), "/p/x.yml:1:1");
    assert_eq!(play.origin().unwrap().to_string(), "/p/x.yml:1:3");
    assert_eq!(play.get("name").unwrap().origin().unwrap().to_string(), "/p/x.yml:1:9");
    let vars = play.get("vars").unwrap();
    assert_eq!(vars.meta().key, Some((2, 3)));
    assert_eq!(vars.key_origin(), "/p/x.yml:2:3");
    let flag = vars.get("a").unwrap().as_list().unwrap()[1].get("b").unwrap();
    assert_eq!(flag.origin().unwrap().to_string(), "/p/x.yml:3:16");
    assert_eq!(flag.as_bool(), Some(true));
}

trait KeyOrigin {
    fn key_origin(&self) -> String;
}

impl KeyOrigin for Value {
    fn key_origin(&self) -> String {
        self.meta().key_origin().unwrap().to_string()
    }
}

#[test]
fn texts_are_templates_only_where_the_operator_wrote_them() {
    let text = "a: '{{ x }}'\nb: !unsafe '{{ x }}'\nc: !unsafe [x, {k: v}]\nd: 1\n";
    let map = value(text);
    assert!(map.get("a").unwrap().is_trusted());
    assert!(!map.get("b").unwrap().is_trusted());
    assert!(!map.get("c").unwrap().as_list().unwrap()[1].get("k").unwrap().is_trusted());
    assert!(!map.get("d").unwrap().is_trusted());
    let data = load_with("a: x", &source(), Options::DATA).unwrap().value;
    assert!(!data.get("a").unwrap().is_trusted());
    assert!(load_with("a: !vault x", &source(), Options::DATA).is_err());
}

#[test]
fn values_are_pyyamls() {
    let cases = [
        ("[yes, No, on, y, 'yes']", "[True, False, True, 'y', 'yes']"),
        ("[0644, 0x1f, 0b11, 1_000, 12:30, 0o7]", "[420, 31, 3, 1000, 750, '0o7']"),
        ("[1.5, 1e3, 1.0e+3, -.inf, 1:30.5]", "[1.5, '1e3', 1000.0, -inf, 90.5]"),
        ("{1: a, yes: b, ~: c, 1.5: d}", "{1: 'b', None: 'c', 1.5: 'd'}"),
        ("!!set {b, a, b}", "['b', 'a']"),
        ("!!omap [x: 1, y: 2]", "[['x', 1], ['y', 2]]"),
        (
            "[!!str 1, !!int '0x10', !!float 2, !!bool 'off', !!null x]",
            "['1', 16, 2.0, False, None]",
        ),
        ("[! 12, ! '12']", "[12, 12]"),
        ("!unsafe '1'", "1"),
        ("!!binary aGVsbG8=", "'hello'"),
        ("{=: 1}", "{'=': 1}"),
        ("a: !!str", "{'a': ''}"),
        ("2001-12-15 2:59:43.10", "2001-12-15 02:59:43.100000"),
        ("a: >\n  x\n  y\n\n  z\n", "{'a': 'x y\\nz\\n'}"),
        ("", "None"),
        ("# nothing\n", "None"),
        ("%YAML 1.1\n---\na\n", "'a'"),
        ("\u{feff}a: 1", "{'a': 1}"),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", "{'a': 1, 'b': 'x\\ny\\n'}"),
        ("\u{fb01}x", "'\u{fb01}x'"),
    ];
    for (text, repr) in cases {
        assert_eq!(value(text).repr(), repr, "{text}");
    }
}

#[test]
fn json_is_read_as_json() {
    let value = value("{\"a\": 1e5, \"b\": \"{{ x }}\", \"c\": {\"__ansible_vault\": \"t\"}}");
    assert!(matches!(value.get("a").unwrap().kind, Kind::Float(_)));
    assert!(value.get("b").unwrap().is_trusted());
    assert!(matches!(value.get("c").unwrap().kind, Kind::Vault(_)));
    let vault = value.get("c").unwrap();
    assert_eq!(
        (vault.origin().unwrap().to_string(), vault.key_origin()),
        ("/p/x.yml:1:33".into(), "/p/x.yml:1:28".into())
    );
    let tabbed = load("{\n\t\"a\": \"\\ud83d\\ude00\"}", &source()).unwrap().value;
    assert_eq!(tabbed.get("a").unwrap().text(), "\u{1f600}");
    assert_eq!(tabbed.get("a").unwrap().origin().unwrap().to_string(), "/p/x.yml");
}

#[test]
fn merge_keys_come_first_and_lose() {
    let value = value("a: &a {k: 1, l: 2}\nb: &b {l: 3, m: 4}\nc:\n  n: 5\n  <<: [*a, *b]\n");
    assert_eq!(value.get("c").unwrap().repr(), "{'l': 2, 'm': 4, 'k': 1, 'n': 5}");
}

#[test]
fn a_key_written_twice_is_told_and_the_last_wins() {
    let loaded = loaded("a: 1\nb: 2\na: 3\n");
    assert_eq!(loaded.value.repr(), "{'a': 3, 'b': 2}");
    let [warning] = loaded.warnings.as_slice() else { panic!("{:?}", loaded.warnings) };
    assert_eq!(warning.message, "Found duplicate mapping key 'a'.");
    assert_eq!(warning.hint.as_deref(), Some("Using last defined value only."));
    assert_eq!(warning.origin.as_ref().unwrap().to_string(), "/p/x.yml:3:1");
    let strict = Options { duplicates: Duplicates::Error, ..Options::FILE };
    let error = load_with("a: 1\na: 3\n", &source(), strict).unwrap_err();
    assert_eq!(error.message, "YAML parsing failed: Found duplicate mapping key 'a'.");
    let silent = Options { duplicates: Duplicates::Ignore, ..Options::FILE };
    assert!(load_with("a: 1\na: 3\n", &source(), silent).unwrap().warnings.is_empty());
}

#[test]
fn vault_text_waits() {
    let value = value("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nb: !vault-encrypted x\n");
    let Kind::Vault(text) = &value.get("a").unwrap().kind else { panic!() };
    assert_eq!(&**text, "$ANSIBLE_VAULT;1.1;AES256\n3132\n");
    assert!(value.get("a").unwrap().has_secret());
    assert!(matches!(value.get("b").unwrap().kind, Kind::Vault(_)));
}

#[test]
fn aliases_share_and_keep_their_own_key() {
    let value = value("a: &x [1]\nb: *x\n");
    assert_eq!(value.get("b").unwrap().origin().unwrap().line, 1);
    assert_eq!(value.get("b").unwrap().meta().key, Some((2, 1)));
}

#[test]
fn bombs_are_refused() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for i in 1..10 {
        let before = format!("*a{},", i - 1).repeat(10);
        writeln!(laughs, "a{i}: &a{i} [{before}]").unwrap();
    }
    assert_eq!(problem(&laughs).0, "Aliases stand for more than 2000000 values.");
    assert_eq!(problem(&"[".repeat(100_000)).0, "Nested deeper than 200 levels.");
    let mut towers = "a0: &a0 x\n".to_string();
    for i in 1..4 {
        writeln!(towers, "a{i}: &a{i} {}*a{}{}", "[".repeat(90), i - 1, "]".repeat(90)).unwrap();
    }
    assert_eq!(problem(&towers).0, "Nested deeper than 200 levels.");
    check("a: &x [*x]\n", "Found unconstructable recursive node.", "1:8");
}

#[test]
fn several_documents() {
    let all = load_all("a: 1\n---\n- b\n---\n", &source()).unwrap();
    let texts: Vec<String> = all.iter().map(|loaded| loaded.value.repr()).collect();
    assert_eq!(texts, ["{'a': 1}", "['b']", "None"]);
    let message = "Expected a single document in the stream but found another document.";
    check("a: 1\n---\nb: 2\n", message, "2:1");
}

/// The parser underneath panics on the first of these without our newline, and on tags before commas.
#[test]
fn block_scalars_at_the_end_need_no_newline() {
    let cases = [
        ("a: |\n  x", "x"),
        ("a: |\n  x\n", "x\n"),
        ("a: |-\n  x", "x"),
        ("a: |+\n  x", "x"),
        ("a: |+\n  x\n", "x\n"),
        ("a: >\n  x\n  y", "x y"),
        ("a: |\n  x\n  ", "x\n"),
        ("a: |+\n  x\n  ", "x\n"),
        ("a: |\n  x\n    ", "x\n  "),
        ("a: |\n  x\n# c", "x\n"),
        ("a: |", ""),
        ("a: |+\n  ", ""),
        ("a: 'x'", "x"),
        ("a: x", "x"),
    ];
    for (text, content) in cases {
        assert_eq!(value(text).get("a").unwrap().as_str(), Some(content), "{text:?}");
    }
}

#[test]
fn tags_before_commas_and_escapes_at_the_end_do_no_harm() {
    assert_eq!(value("[!!str, 'a!b,c', d]  # !x,y").repr(), "['', 'a!b,c', 'd']");
    assert_eq!(value("{a: !unsafe, b: 1}").repr(), "{'a': None, 'b': 1}");
    assert_eq!(value("a: Hello !you, b\n").repr(), "{'a': 'Hello !you, b'}");
    let patterns = value("['!a', \"!b\", c]");
    assert_eq!(patterns.as_list().unwrap()[2].origin().unwrap().column, 14);
    assert!(load("a: \"x\\", &source()).is_err());
}

#[test]
fn errors_have_ansibles_words_and_places() {
    let colon = "Colons in unquoted values must be followed by a non-space character.";
    let template = "This may be an issue with missing quotes around a template block.";
    let tabs = "Tabs are usually invalid in YAML.";
    let token = "While scanning for the next token found character that cannot start any token.";
    check("a: \"x\n", "While scanning a quoted scalar found unexpected end of stream.", "2:1");
    check("a: 'x'\n\tb: 1\n", tabs, "2:1");
    check("a: |\n\tb\n", tabs, "2:1");
    check("a: b\n c: d\n", "Mapping values are not allowed in this context.", "2:3");
    check("a: {{ x }}\n", template, "1:4");
    check("- debug: {msg: {{ x }}}\n", colon, "1:14");
    check(
        "- foo: bar\n  - baz\n",
        "While parsing a block mapping did not find expected key.",
        "2:3",
    );
    check("a: x: y\n", colon, "1:5");
    check("a: 'x' y\n", "Values starting with a quote must end with the same quote.", "1:4");
    let twice =
        "Values starting with a quote must end with the same quote, and not contain that quote.";
    check("a: 'x' and 'y'\n", twice, "1:4");
    check(
        "a: [1,2\nb: 3\n",
        "While parsing a flow sequence did not find expected ',' or ']'.",
        "2:2",
    );
    check("a: %foo\n", token, "1:4");
    check("a: `x`\n", token, "1:4");
    check("? [1]\n: 2\n", "While constructing a mapping found unhashable key.", "1:3");
    check(
        "- a\nb: 1\n",
        "While parsing a block collection did not find expected '-' indicator.",
        "2:1",
    );
    check("a: \"\\q\"\n", "While parsing a quoted scalar found unknown escape character.", "1:5");
    check("a: *x\n", "Found undefined alias.", "1:4");
    check(
        "a: &x 1\nb: &x 2\n",
        "Found duplicate anchor; first occurrence second occurrence.",
        "2:4",
    );
    check("a: !foo 1\n", "Could not determine a constructor for the tag '!foo'.", "1:4");
    check("a: !vault 1\n", "The '!vault' tag requires a string value.", "1:4");
    check(
        "a: =\n",
        "Could not determine a constructor for the tag 'tag:yaml.org,2002:value'.",
        "1:4",
    );
    check("a: !!str [1]\n", "Expected a scalar node, but found sequence.", "1:4");
    check("a: !!map [1]\n", "Expected a mapping node, but found sequence.", "1:4");
    check("a: 2020-13-45\n", "Month must be in 1..12.", "1:4");
    let control = "Unacceptable character #x0001: control characters are not allowed.";
    check("a: \u{1}\n", control, "1:4");
}

#[test]
fn errors_have_code_and_example() {
    let error = error("a: {{ x }}\n");
    assert_eq!(error.code, 4);
    let example =
        "For example:\n\n    raw: {{ some_var }}\n\nShould be:\n\n    raw: \"{{ some_var }}\"";
    assert_eq!(error.hint.as_deref(), Some(example));
}

#[test]
fn keys_of_other_types_stay_what_they_are() {
    let value = value("{1: a, 2002-01-01: b}");
    assert!(value.as_map().unwrap().contains_key(&Key::Int(1)));
    assert!(value.get("2002-01-01").is_some());
}
