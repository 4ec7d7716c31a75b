use super::*;
use crate::base::{Source, yaml};

fn load(text: &str) -> Result<Topology, Diagnostic> {
    read(&yaml::load(text, &Source::file("replication.yml")).unwrap().value)
}

fn told(text: &str) -> String {
    let error = load(text).unwrap_err();
    let at =
        error.origin.as_ref().map(|at| format!("{}:{} ", at.line, at.column)).unwrap_or_default();
    format!("{at}{}", error.message)
}

const TWO: &str = "defaults: {encryption: raw, recursive: yes}
edges:
  - id: data
    source: a:pa/data
    target: b:pb/a/data
    exclude: [tmp]
  - {source: 'a:pa/vm', target: 'c:pc/vm', recursive: no, select: latest, on_divergence: set_aside, removable: yes}
";

#[test]
fn edges_over_defaults() {
    let topology = load(TWO).unwrap();
    let [data, vm] = topology.links.as_slice() else { panic!() };
    assert_eq!(data.edge.source.to_string(), "a:pa/data");
    assert!(data.edge.recursive && !data.removable);
    assert_eq!(data.edge.policy.encryption, Encryption::Raw);
    assert_eq!(vm.edge.id, "c-pc-vm");
    assert!(!vm.edge.recursive && vm.removable);
    assert_eq!(
        (&vm.edge.policy.select, vm.edge.policy.on_divergence),
        (&Select::Latest, Divergence::SetAside)
    );
}

#[test]
fn faults_have_their_place() {
    let one = |line: &str| format!("edges:\n  - {{{line}}}\n");
    for (text, error) in [
        (
            one("source: 'a:pa/x', target: 'b:pb/x'"),
            "2:5 'encryption' has to be said: raw, plain_to_encrypted or plain",
        ),
        (
            one("source: a, target: 'b:pb/x', encryption: raw"),
            "2:14 'a' is no place: HOST:POOL/DATASET",
        ),
        (
            one("source: 'a:pa/x@s', target: 'b:pb/x', encryption: raw"),
            "2:14 'pa/x@s' is no dataset: '@' can't stand in a name",
        ),
        (one("source: 'a:pa/x', targt: 'b:pb/x'"), "2:24 an edge has no 'targt'"),
        (
            one("source: 'a:pa/x', target: 'b:pb/x', encryption: rot13"),
            "2:54 'encryption' is 'rot13', wanted one of raw, plain_to_encrypted, plain",
        ),
        (
            one("source: 'a:pa/x', target: 'a:pa/x', encryption: raw"),
            "2:5 a:pa/x would be copied onto itself",
        ),
        (
            one("source: 'a:pa/x', target: 'a:pa/x/copy', recursive: yes, encryption: raw"),
            "2:5 the target a:pa/x/copy and its source a:pa/x lie in each other",
        ),
        (
            one("source: 'a:pa/x', target: 'b:pb/x', encryption: raw, warn: 1y"),
            "2:65 'warn': \"y\" is no unit; there are s, m, min, h, d and w (months and years have no fixed length: say days)",
        ),
        (
            one("source: 'a:pa/x', target: 'b:pb/x', encryption: raw, crit: 7"),
            "2:65 'crit': 7 of what? Say 7m, 7h or 7d",
        ),
        (
            one("source: 'a:pa/x', target: 'b:pb/x', encryption: raw, warn: 2d, crit: 36h"),
            "2:75 critical above 1d12h comes before the warning above 2d",
        ),
        ("edges: 5".to_owned(), "1:8 'edges' is '5', wanted a list"),
        ("links: []".to_owned(), "1:1 the topology has no 'links'"),
        (
            one("source: 'a:pa/x', target: 'b:pb/x', encryption: raw, package: 0"),
            "2:68 'package' is '0', wanted a number from 1",
        ),
    ] {
        assert_eq!(told(&text), error, "{text}");
    }
}

#[test]
fn ages_of_an_edge_go_over_general_ones() {
    let text = TWO.replace("recursive: yes}", "recursive: yes, warn: 3h}");
    let text = text.replace("    exclude: [tmp]", "    crit: 5h");
    let topology = load(&text).unwrap();
    let span = |text: &str| text.parse::<Span>().unwrap();
    let [data, vm] = topology.links.as_slice() else { panic!() };
    assert_eq!((data.warn, data.crit), (Some(span("3h")), Some(span("5h"))));
    assert_eq!((vm.warn, vm.crit), (Some(span("3h")), None));
    let general = Limit::new(span("1h"), span("2h")).unwrap();
    assert_eq!(data.limit(general), Limit::new(span("3h"), span("5h")));
    let error = vm.limit(general).unwrap_err().to_string();
    assert_eq!(error, "critical above 2h comes before the warning above 3h");
}

#[test]
fn the_same_edge_twice_and_circles() {
    let many = |edges: &[(&str, &str, &str)]| {
        let lines = edges
            .iter()
            .map(|(id, from, to)| format!("  - {{id: {id}, source: '{from}', target: '{to}'}}\n"));
        format!(
            "defaults: {{encryption: raw, recursive: yes}}\nedges:\n{}",
            lines.collect::<String>()
        )
    };
    let twice = many(&[("e", "a:pa/x", "b:pb/x"), ("f", "a:pa/x", "b:pb/x")]);
    assert_eq!(told(&twice), "4:5 a:pa/x to b:pb/x is there already, as 'e'");
    let name = many(&[("e", "a:pa/x", "b:pb/x"), ("E", "a:pa/y", "b:pb/y")]);
    assert!(told(&name).contains("there is an edge 'e' already"));
    let target = many(&[("e", "a:pa/x", "b:pb/x"), ("f", "a:pa/y", "b:pb/x/y")]);
    assert_eq!(told(&target), "4:5 b:pb/x/y is the target of 'e' already");
    let circle = many(&[
        ("e", "a:pa/x", "b:pb/x"),
        ("f", "b:pb/x", "c:pc/x"),
        ("g", "c:pc/x/y", "a:pa/x/z"),
    ]);
    assert_eq!(told(&circle), "3:5 the edges run in a circle: e -> f -> g");
    let chain =
        many(&[("e", "a:pa/x", "b:pb/x"), ("f", "b:pb/x", "c:pc/x"), ("g", "a:pa/x", "d:pd/x")]);
    assert_eq!(load(&chain).unwrap().links.len(), 3);
}
