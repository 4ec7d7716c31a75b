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

#[test]
fn what_is_kept_has_its_place_too() {
    let one = |keep: &str| {
        format!(
            "edges:\n  - id: e\n    source: a:pa/x\n    target: b:pb/x\n    encryption: raw\n    keep_source: {keep}\n"
        )
    };
    let topology =
        load(&one("{prefix: auto_, last: 3, daily: 7, within: 2d, zone: Europe/Berlin}"));
    let link = &topology.unwrap().links[0];
    let keep = link.keep_source.as_ref().unwrap();
    assert_eq!((keep.last, keep.daily, keep.max_share), (3, 7, 50));
    assert!(keep.within.is_some() && link.keep_target.is_none());
    for (keep, error) in [
        ("{last: 3}", "6:18 'keep_source' has no 'prefix': which snapshots are ours?"),
        ("{prefix: a}", "6:18 'keep_source': no rule keeps anything: all but the newest would go"),
        ("{prefix: a, last: many}", "6:36 'last' is 'many', wanted a number from 0"),
        ("{prefix: a, dayly: 1}", "6:30 keep_source has no 'dayly'"),
        ("{prefix: a, within: 3}", "6:38 'within': 3 of what? Say 3m, 3h or 3d"),
        ("{prefix: a, last: 1, zone: Mars}", "6:45 'zone': "),
        ("{prefix: a, last: 1, max_share: 101}", "6:18 'keep_source': max_share is in per cent"),
        ("{prefix: a, regex: '('}", "6:37 'regex': \"(\" is no regular expression"),
        ("[last]", "6:18 keep_source must be a mapping"),
    ] {
        assert!(told(&one(keep)).starts_with(error), "{keep}: {}", told(&one(keep)));
    }
}

#[test]
fn a_dataset_has_one_policy() {
    let two = |first: &str, second: &str| {
        format!(
            "defaults: {{encryption: raw, recursive: yes}}\nedges:\n  - {{id: e, source: 'a:pa', target: 'b:pb/x', exclude: [tmp], {first}}}\n  - {{id: f, source: 'a:pa/y', target: 'c:pc/x', {second}}}\n"
        )
    };
    let (three, four) = ("{prefix: a, last: 3}", "{prefix: a, last: 4}");
    let same = two(&format!("keep_source: {three}"), &format!("keep_source: {three}"));
    assert!(load(&same).is_ok());
    let other = two(&format!("keep_source: {three}"), &format!("keep_source: {four}"));
    assert_eq!(
        told(&other),
        "4:5 'keep_source' is another than 'keep_source' of 'e', and both prune a:pa/y"
    );
    assert!(load(&other.replace("a:pa/y", "a:pa/tmp")).is_ok());
    assert!(load(&two(&format!("keep_source: {three}"), &format!("keep_target: {four}"))).is_ok());
}

/// The way of an edge with more said about it.
fn way(ends: &str, more: &str) -> Result<Path, String> {
    let text = format!("edges:\n  - {{{ends}, encryption: raw{more}}}\n");
    match load(&text) {
        Ok(topology) => Ok(topology.links[0].passage.path(&topology.links[0].edge)),
        Err(error) => Err(error.message.to_string()),
    }
}

#[test]
fn ways_of_the_bytes() {
    let (one, two) = ("source: 'a:pa/x', target: 'a:pb/x'", "source: 'a:pa/x', target: 'b:pb/x'");
    for (ends, more, path) in [
        (one, "", Path::Within),
        (one, ", rate: unlimited", Path::Within),
        (one, ", rate: 20M", Path::Operator),
        (one, ", rate: 'mon-fri 08:00-18:00=2M, else unlimited'", Path::Operator),
        (one, ", transport: operator, compress: zstd", Path::Operator),
        (two, "", Path::Operator),
        (two, ", transport: push, address: '[fe80::1]:2222', agent: yes", Path::Push),
        (two, ", transport: pull, buffer: mbuffer, compress: none", Path::Pull),
    ] {
        assert_eq!(way(ends, more), Ok(path), "{ends}{more}");
    }
    for (ends, more, error) in [
        (one, ", transport: push", "both ends are on a: nobody has to be called"),
        (two, ", rate: 0", "'rate': '0': a stream that may not flow never ends"),
        (two, ", rate: fast", "'rate': 'fast' is no rate: write it as 2M, 500K or unlimited"),
        (
            two,
            ", transport: pull, rate: 2M",
            "a rate is kept where the bytes pass here: not by push and pull, but by operator",
        ),
        (two, ", address: h", "'address' is for 'transport: push' and 'pull'"),
        (two, ", agent: yes", "'agent' is for 'transport: push' and 'pull'"),
        (
            two,
            ", transport: push, address: 'me@h'",
            "'address': 'me@h' is no address: HOST, HOST:PORT or [ADDRESS]:PORT",
        ),
        (one, ", compress: zstd", "the bytes don't leave the host"),
        (two, ", compress: gzip", "'compress' is 'gzip', wanted one of auto, zstd, none"),
        (
            two,
            ", transport: pigeon",
            "'transport' is 'pigeon', wanted one of auto, operator, push, pull",
        ),
    ] {
        assert_eq!(way(ends, more), Err(error.to_owned()), "{ends}{more}");
    }
    // What stands in the defaults is for those that can use it.
    let text = TWO.replace("recursive: yes}", "recursive: yes, compress: zstd, agent: yes}");
    assert!(load(&text.replace("c:pc/vm", "a:pc/vm")).is_ok());
    let text = TWO.replace("recursive: yes}", "recursive: yes, address: h}");
    assert_eq!(told(&text), "1:54 'address' can't be a default");
}
