//! The edits of texts against what the real modules did to the same texts.

use super::lines::{self, Edited};
use super::{blocks, places};
use crate::base::Value;
use crate::base::value::from_json;
use crate::modules::tests::desk::Desk;

/// One recorded case.
struct Case {
    value: Value,
}

impl Case {
    fn all(recorded: &str) -> Vec<Self> {
        recorded.lines().map(|line| Self { value: from_json(line).unwrap() }).collect()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name).and_then(Value::as_str)
    }

    fn arg(&self, name: &str) -> Option<&str> {
        self.value.get("args").and_then(|args| args.get(name)).and_then(Value::as_str)
    }

    fn flag(&self, name: &str) -> bool {
        self.value.get("args").and_then(|args| args.get(name)).is_some_and(Value::is_true)
    }

    fn result(&self, name: &str) -> Option<&Value> {
        self.value.get("result").and_then(|result| result.get(name))
    }

    /// What the module would not even begin with: that is checked where the arguments are.
    fn is_refused(&self) -> bool {
        self.result("failed").is_some_and(Value::is_true)
    }

    /// Whether an edit has the recorded outcome.
    fn check(&self, edited: &Edited) {
        let case = self.value.text();
        let after = if edited.changed { Some(edited.text.as_str()) } else { self.text("before") };
        assert_eq!(after.unwrap_or_default(), self.text("after").unwrap_or_default(), "{case}");
        assert_eq!(Some(edited.changed), self.result("changed").and_then(Value::as_bool), "{case}");
        assert_eq!(Some(edited.msg.as_str()), self.result("msg").and_then(Value::as_str), "{case}");
        if let Some(shown) = self.value.get("shown").and_then(Value::as_list) {
            assert_eq!(Some(edited.text.as_str()), shown[1].as_str(), "{case}");
            let before = lines::universal(self.text("before").unwrap_or_default());
            assert_eq!(Some(before.as_str()), shown[0].as_str(), "{case}");
        }
    }
}

fn line_wish(case: &Case) -> lines::Wish<'_> {
    let (after, before) = (case.arg("insertafter"), case.arg("insertbefore"));
    lines::Wish {
        line: case.arg("line"),
        regexp: case.arg("regexp"),
        search: case.arg("search_string"),
        after: after.or(if before.is_none() { Some("EOF") } else { None }),
        before,
        backrefs: case.flag("backrefs"),
        first: case.flag("firstmatch"),
    }
}

#[test]
fn lines_are_edited_as_lineinfile_does() {
    let cases = Case::all(include_str!("../../../../tests/golden/modules/lineinfile.jsonl"));
    let (mut seen, mut departures) = (0, 0);
    for case in cases.iter().filter(|case| !case.is_refused()) {
        let wish = line_wish(case);
        let text = case.text("before").unwrap_or_default();
        let absent = case.arg("state") == Some("absent");
        if absent && case.text("before").is_none() {
            continue;
        }
        let edited = if absent { lines::absent(text, &wish) } else { lines::present(text, &wish) };
        let edited = edited.unwrap();
        seen += 1;
        // A line behind a last line that has no newline is one of its own here: there it is glued on.
        let text = lines::universal(text);
        let glued = format!("{text}{}\n", wish.line.unwrap_or_default());
        if !text.is_empty() && !text.ends_with('\n') && case.text("after") == Some(&glued) {
            let apart = format!("{text}\n{}\n", wish.line.unwrap_or_default());
            assert_eq!(edited.text, apart, "{}", case.value.text());
            departures += 1;
            continue;
        }
        if absent {
            let found = edited.found.map(|found| found as i64);
            assert_eq!(found, case.result("found").and_then(Value::as_int));
        }
        case.check(&edited);
    }
    assert!(seen > 800, "{seen}");
    assert!((1..=20).contains(&departures), "{departures}");
}

#[test]
fn blocks_are_edited_as_blockinfile_does() {
    let cases = Case::all(include_str!("../../../../tests/golden/modules/blockinfile.jsonl"));
    let mut seen = 0;
    for case in &cases {
        let present = case.arg("state") != Some("absent");
        // There is no text to look in: the module itself falls over (None is no text).
        if case.result("fault").is_some() || (!present && case.text("before").is_none()) {
            continue;
        }
        let (after, before) = (case.arg("insertafter"), case.arg("insertbefore"));
        let edited = blocks::edit(
            case.text("before"),
            &blocks::Wish {
                block: case.arg("block"),
                marker: case.arg("marker").unwrap_or("# {mark} ANSIBLE MANAGED BLOCK"),
                begin: case.arg("marker_begin").unwrap_or("BEGIN"),
                end: case.arg("marker_end").unwrap_or("END"),
                after: after.or(if before.is_none() { Some("EOF") } else { None }),
                before,
                prepend_newline: case.flag("prepend_newline"),
                append_newline: case.flag("append_newline"),
                present,
            },
        );
        case.check(&edited.unwrap());
        seen += 1;
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn places_are_edited_as_replace_does() {
    let cases = Case::all(include_str!("../../../../tests/golden/modules/replace.jsonl"));
    let mut seen = 0;
    for case in cases.iter().filter(|case| case.text("before").is_some()) {
        let wish = places::Wish {
            regexp: case.arg("regexp").unwrap(),
            replace: case.arg("replace").unwrap_or_default(),
            after: case.arg("after"),
            before: case.arg("before"),
        };
        let edited = places::edit(case.text("before").unwrap(), &wish);
        seen += 1;
        if case.result("fault").is_some() {
            assert!(matches!(edited, Err(places::Fault::Expression(_))), "{}", case.value.text());
            continue;
        }
        if case.is_refused() {
            let Err(places::Fault::Replacement(text)) = edited else { panic!("{edited:?}") };
            let told = format!("Unable to process replace due to error: {text}");
            assert_eq!(case.result("msg").and_then(Value::as_str), Some(told.as_str()));
            continue;
        }
        case.check(&edited.unwrap());
    }
    assert!(seen > 400, "{seen}");
}

#[tokio::test]
async fn a_block_of_hosts_settles() {
    for shell in crate::connection::shell::tests::SHELLS {
        let mut desk = Desk::new(shell).await;
        desk.write("hosts", "127.0.0.1 localhost\r\n192.0.2.1 other");
        let entries = "[{ip: 10.0.0.10, names: b}, {ip: 10.0.0.3, names: [a-db, a-db.internal]}]";
        desk.settles("hosts_block", &format!("{{path: @/hosts, entries: {entries}}}")).await;
        let block = "# BEGIN TANK MANAGED HOSTS\n10.0.0.3\ta-db a-db.internal\n10.0.0.10\tb\n# END TANK MANAGED HOSTS\n";
        let text = String::from_utf8(desk.read("hosts")).unwrap();
        assert_eq!(text, format!("127.0.0.1 localhost\r\n192.0.2.1 other\n{block}"), "{shell}");
        let one = "{path: @/hosts, entries: [{ip: 10.0.0.4, names: [a-db]}]}";
        desk.settles("hosts_block", one).await;
        let told = desk.run("hosts_block", &one.replace("a-db", "other")).await;
        assert!(told.failed.unwrap().ends_with("line 2 has other with 192.0.2.1, not 10.0.0.4"));
        desk.settles("hosts_block", "{path: @/hosts, state: absent}").await;
        assert_eq!(desk.read("hosts"), b"127.0.0.1 localhost\r\n192.0.2.1 other\n");
        desk.write("hosts", "# BEGIN TANK MANAGED HOSTS\n10.0.0.3 x\n");
        let told = desk.run("hosts_block", one).await;
        assert!(told.failed.unwrap().ends_with("the marks of the block are broken"));
        for bad in [
            "[{ip: fe80::1%em0, names: a}]",
            "[{ip: 10.0.0.1}]",
            "[{ip: 10.0.0.1, names: []}]",
            "[{ip: 10.0.0.1, names: [a b]}]",
            "[{ip: 10.0.0.1, name: a}]",
            "[x]",
            "x",
            "[{ip: 10.0.0.1, names: a}, {ip: 10.0.0.2, names: a}]",
        ] {
            let told = desk.run("hosts_block", &format!("{{path: @/hosts, entries: {bad}}}")).await;
            assert!(told.failed.is_some(), "{bad}");
        }
    }
}
