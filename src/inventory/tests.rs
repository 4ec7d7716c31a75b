//! Sources, patterns, layers and changes of whole inventories.

use super::*;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::Event;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inventory")
}

fn load_with(sources: &[&str], rules: Rules) -> (Result<Inventory, Diagnostic>, Vec<Event>) {
    let options = LoadOptions { rules: Arc::new(rules), cwd: fixtures(), ..LoadOptions::default() };
    let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
    let mut notices = Notices::default();
    let loaded = load(&sources, &options, &mut notices);
    (loaded, notices.take())
}

fn loaded(sources: &[&str]) -> (Inventory, Vec<String>) {
    let (inventory, events) = load_with(sources, Rules::default());
    (inventory.unwrap(), events.iter().map(text).collect())
}

fn text(event: &Event) -> String {
    match event {
        Event::Warning(notice) | Event::Deprecated(notice) | Event::Error(notice) => notice.chain(),
        other => panic!("{other:?}"),
    }
}

/// An inventory of one file with this content.
fn of_text(name: &str, content: &str) -> (Inventory, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    let (inventory, notices) = loaded(&[path.to_str().unwrap()]);
    let dir = format!("{}/", dir.path().display());
    (inventory, notices.into_iter().map(|notice| notice.replace(&dir, "")).collect())
}

fn names(hosts: &[Arc<str>]) -> String {
    hosts.join(" ")
}

fn vars(inventory: &Inventory, host: &str, files: &VarsFiles) -> Value {
    let layers = inventory.layers(host, files, &mut Notices::default()).unwrap();
    Value::map(inventory.flatten(&layers))
}

fn no_files(inventory: &Inventory) -> VarsFiles {
    VarsFiles::new(inventory.sources(), Vec::new(), Files::default(), Arc::default())
}

#[test]
fn patterns_select_what_ansible_selects() {
    let (inventory, _) = loaded(&["typed.ini"]);
    let recorded = fixtures().join("../../golden/inventory/patterns.out");
    let recorded = std::fs::read_to_string(recorded).unwrap();
    let patterns = std::fs::read_to_string(fixtures().join("patterns")).unwrap();
    let mut printed = String::new();
    for pattern in patterns.lines() {
        let _ = writeln!(printed, "{pattern}");
        let mut notices = Notices::default();
        let selected = inventory.select(pattern, &mut notices);
        notices.take().iter().for_each(|event| {
            let _ = writeln!(printed, "[WARNING]: {}", text(event));
        });
        match selected {
            Err(error) => {
                let _ = writeln!(printed, "[ERROR]: {}\nexit: {}", error.message, error.code);
            }
            Ok(hosts) => {
                if hosts.is_empty() {
                    printed.push_str("[WARNING]: No hosts matched, nothing to do\n");
                }
                let _ = writeln!(printed, "  hosts ({}):", hosts.len());
                hosts.iter().for_each(|host| {
                    let _ = writeln!(printed, "    {host}");
                });
            }
        }
    }
    assert!(patterns.lines().count() > 30);
    let diff = similar::TextDiff::from_lines(&recorded, &printed);
    assert_eq!(recorded, printed, "\n{}", diff.unified_diff().context_radius(3));
}

#[test]
fn subscripts_out_of_range_fail() {
    let (inventory, _) = loaded(&["a,b"]);
    let mut notices = Notices::default();
    let error = inventory.select("all[2]", &mut notices).unwrap_err();
    assert_eq!(error.message, "No hosts matched the subscripted pattern 'all[2]'");
    assert_eq!(names(&inventory.select("all[-2]", &mut notices).unwrap()), "a");
    let error = inventory.select("~(", &mut notices).unwrap_err();
    assert_eq!(error.message, "Invalid host list pattern: ~(");
}

#[test]
fn mismatch_obeys_its_setting() {
    for (mismatch, count, fails) in
        [(Mismatch::Warning, 1, false), (Mismatch::Ignore, 0, false), (Mismatch::Error, 0, true)]
    {
        let rules = Rules { mismatch, ..Rules::default() };
        let (inventory, _) = load_with(&["a,"], rules);
        let mut notices = Notices::default();
        let found = inventory.unwrap().select("nowhere", &mut notices);
        assert_eq!(found.is_err(), fails);
        assert_eq!(notices.take().len(), count);
    }
}

#[test]
fn limits_narrow_and_read_files() {
    let (inventory, _) = loaded(&["a1,a2,b1,b2"]);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("retry"), "b1\n\n  a1  \n").unwrap();
    let mut notices = Notices::default();
    let mut limited = |pattern: &str, limit: &str| {
        let limit = Limit::parse(limit, dir.path()).unwrap();
        names(&inventory.select_limited(pattern, Some(&limit), &mut notices).unwrap())
    };
    assert_eq!(limited("all", "@retry"), "a1 b1");
    assert_eq!(limited("a?", "@retry"), "a1");
    assert_eq!(limited("all", "!a1:b*"), "b1 b2");
    assert_eq!(limited("b2,a1", "a?,b2"), "b2 a1");
    assert_eq!(limited("localhost", "localhost"), "localhost");
    assert_eq!(limited("localhost", "a1"), "");
    let error = Limit::parse("a1,@none", dir.path()).unwrap_err();
    assert_eq!(error.message, "Unable to find limit file b'none'");
    let error = Limit::parse("@.", dir.path()).unwrap_err();
    assert!(error.message.starts_with("Limit starting with \"@\" must be a file"));
}

#[test]
fn ini_errors_are_ansibles() {
    let cases = [
        ("[g\nx", "not enough values to unpack (expected 3, got 2)"),
        ("[g:vars]\nx=1", "Section [g:vars] not valid for undefined group 'g'."),
        ("[p:children]\nx", "Section [p:children] includes undefined group 'x'."),
        ("[g:bogus]", "Section [g:bogus] has unknown type: bogus"),
        (
            "[a b]",
            "Invalid section entry: '[a b]'. Please make sure that there are no spaces in the section entry, and that there are no other invalid characters",
        ),
        ("[g]\n[g:vars]\nnovalue", "Expected key=value, got: novalue"),
        ("h nokv", "Expected key=value host variable assignment, got: nokv"),
        ("[p:children]\na b", "Expected group name, got: a b"),
        ("h x='1", "Error parsing host definition 'h x='1': No closing quotation"),
        (
            "---",
            "Invalid host pattern '---' supplied, '---' is normally a sign this is a YAML file.",
        ),
        (
            "[a]\n[a:children]\nb\n[b:children]\na",
            "Adding group 'a' as child to 'b' creates a recursive dependency loop.",
        ),
        ("[a:children]\na", "can't add group to itself"),
    ];
    for (content, wanted) in cases {
        let (_, notices) = of_text("x.ini", content);
        let wanted = format!(
            "Failed to parse inventory with 'ini' plugin: Failed to parse inventory: {wanted}"
        );
        assert_eq!(notices.first(), Some(&wanted), "{content}");
        assert!(notices[1].ends_with("x.ini as an inventory source"), "{notices:?}");
        let last = "No inventory was parsed, only implicit localhost is available";
        assert_eq!(notices[2], last);
    }
}

#[test]
fn yaml_oddities_are_said() {
    let content = "a: 5\nb: {hosts: {x: }, foo: 1, bar: {q: 1}}\nc-d: {hosts: y, vars: {1: 2}}\n";
    let (inventory, notices) = of_text("x.yml", content);
    assert_eq!(
        notices,
        [
            "Skipping 'a' as this is not a valid group definition",
            "Skipping key (foo) in group (b) as it is not a mapping, it is a <class 'int'>",
            "Skipping unexpected key (bar) in group (b), only \"vars\", \"children\" and \"hosts\" are valid",
            "Invalid characters were found in group names but not replaced, use -vvvv to see details",
            "Accepting inventory variable with invalid name 1. This feature will be removed from ansible-core version 2.23.",
        ]
    );
    assert_eq!(names(&inventory.members("all")), "x y");
    let (_, notices) = of_text("x.yml", "b: {hosts: [x]}\n");
    let wanted = "Failed to parse inventory with 'yaml' plugin: Invalid \"hosts\" entry for \"b\" group, requires a dictionary, found \"<class 'list'>\" instead.";
    assert!(notices.iter().any(|notice| notice == wanted), "{notices:?}");
    let (_, notices) = of_text("x.yml", "plugin: amazon.aws.ec2\n");
    let wanted = "Failed to parse inventory with 'auto' plugin: inventory config 'x.yml' specifies unknown plugin 'amazon.aws.ec2'";
    assert_eq!(notices[0], wanted);
}

#[cfg(unix)]
fn script(content: &str) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("inv.sh");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    loaded(&[path.to_str().unwrap()]).1
}

#[test]
fn scripts_fail_as_in_ansible() {
    let failed = "Failed to parse inventory with 'script' plugin: ";
    let first = |content: &str| script(content).remove(0);
    assert_eq!(
        first("#!/bin/sh\necho oops >&2\nexit 3\n"),
        format!("{failed}Inventory script returned non-zero exit code 3.")
    );
    let text = first("#!/bin/sh\necho notjson\n");
    let wanted = "Unable to get JSON decoder for inventory script result: Value could not be parsed as JSON: ";
    assert!(text.starts_with(&format!("{failed}{wanted}")), "{text}");
    assert_eq!(
        first("#!/bin/sh\necho '[1]'\n"),
        format!(
            "{failed}Unable to get JSON decoder for inventory script result: Value is 'list' instead of 'dict'."
        )
    );
    assert_eq!(
        first("#!/bin/sh\necho '{\"g\": {\"hosts\": 5}, \"_meta\": {\"hostvars\": {}}}'\n"),
        format!("{failed}Value contains 'g.hosts' which is 'int' instead of 'list'.")
    );
    assert_eq!(
        first("#!/bin/sh\necho '{\"_meta\": {}}'\n"),
        format!("{failed}Value contains '_meta.hostvars' which is 'NoneType' instead of 'dict'.")
    );
    let warned = script("#!/bin/sh\necho hey >&2\necho '{\"_meta\": {\"hostvars\": {}}}'\n");
    assert_eq!(warned, ["hey"]);
}

#[test]
fn values_keep_trust_and_place() {
    let (inventory, _) = loaded(&["typed.ini", "nested.yml", "meta.sh"]);
    let value = |host: &str, name: &str| inventory.hosts()[host].vars[&Key::from(name)].clone();
    let s = value("web01.ex", "s");
    assert!(s.is_trusted());
    assert_eq!(
        s.origin().unwrap().to_string(),
        format!("{}:4", fixtures().join("typed.ini").display())
    );
    assert!(value("web01.ex", "n").origin().is_some());
    let front = value("web9", "role");
    assert!(front.is_trusted());
    assert_eq!(front.origin().unwrap().line, 10);
    assert!(value("s1", "tpl").is_trusted());
    let group = inventory.group("grp").unwrap();
    let list = &group.vars[&Key::from("list")];
    assert!(list.as_list().unwrap()[0].is_trusted());
    assert!(!list.as_list().unwrap()[1].is_trusted());
}

#[test]
fn magic_tells_groups_and_sources() {
    let (inventory, _) = loaded(&["groups.ini", "a.b.c,10.0.0.1"]);
    let magic = inventory.magic("w1");
    let get = |name: &str| magic[&Key::from(name)].text();
    assert_eq!(get("group_names"), "['db', 'lone', 'mid', 'top', 'web']");
    assert_eq!(get("inventory_file"), fixtures().join("groups.ini").display().to_string());
    assert_eq!(get("inventory_dir"), fixtures().display().to_string());
    let short = |host: &str| inventory.magic(host)[&Key::from("inventory_hostname_short")].text();
    assert_eq!(short("a.b.c"), "a");
    assert_eq!(short("10.0.0.1"), "10.0.0.1");
    let listed = inventory.magic("a.b.c");
    assert_eq!(listed[&Key::from("inventory_file")].text(), "a.b.c,10.0.0.1");
    assert_eq!(listed[&Key::from("inventory_dir")].text(), "None");
    assert_eq!(listed[&Key::from("group_names")].text(), "['ungrouped']");
    let groups = inventory.groups_value();
    assert_eq!(groups.get("mid").unwrap().text(), "['w1', 'w2', 'd1']");
    assert_eq!(groups.get("ungrouped").unwrap().text(), "['a.b.c', '10.0.0.1']");
}

#[test]
fn localhost_is_implicit_until_defined() {
    let (inventory, _) = loaded(&["a,"]);
    let host = inventory.host("localhost").unwrap();
    assert!(host.implicit);
    assert_eq!(host.vars[&Key::from("ansible_connection")].text(), "local");
    assert_eq!(&*inventory.host("127.0.0.1").unwrap().name, "localhost");
    assert_eq!(names(&inventory.members("all")), "a");
    assert_eq!(inventory.group_names("localhost").len(), 0);
    let (inventory, notices) = loaded(&["local.ini"]);
    assert!(!inventory.host("localhost").unwrap().implicit);
    assert_eq!(
        notices,
        [
            "A duplicate localhost-like entry was found (127.0.0.1). First found localhost was localhost"
        ]
    );
    assert_eq!(&*inventory.host("::1").unwrap().name, "localhost");
}

#[test]
fn levels_stack_in_their_order() {
    let (inventory, _) = loaded(&["gv/hosts.yml"]);
    let play = vec![fixtures().join("pb")];
    let files =
        VarsFiles::new(inventory.sources(), play, Files::default(), Arc::new(Rules::default()));
    let layers = inventory.layers("n1", &files, &mut Notices::default()).unwrap();
    let seen: Vec<String> = layers
        .iter()
        .map(|layer| {
            let source = layer.source.replace(&format!("{}/", fixtures().display()), "");
            format!("{:?} {source}", layer.level)
        })
        .collect();
    assert_eq!(
        seen,
        [
            "AllInventory group all",
            "GroupsInventory group a_group",
            "GroupsInventory group b_group",
            "GroupsInventory group web",
            "GroupsInventory group z_group",
            "GroupsInventory group prio",
            "AllFilesInventory gv/group_vars/all.yml",
            "AllFilesPlay pb/group_vars/all",
            "GroupsFilesInventory gv/group_vars/web/10.yml",
            "GroupsFilesInventory gv/group_vars/web/20.yaml",
            "GroupsFilesInventory gv/group_vars/web/sub/50.json",
            "GroupsFilesInventory gv/group_vars/web/sub/60",
            "GroupsFilesPlay pb/group_vars/web.yml",
            "HostInventory host n1",
            "HostFilesInventory gv/host_vars/n1",
            "HostFilesPlay pb/host_vars/n1.yml",
        ]
    );
    let other = files.beside_playbook(&[fixtures()]);
    let layers = inventory.layers("n1", &other, &mut Notices::default()).unwrap();
    assert_eq!(layers.len(), 13, "only what lies beside the playbook changed");
}

#[test]
fn merge_and_precedence_obey_their_settings() {
    let rules = Rules { merge: true, ..Rules::default() };
    let (inventory, _) = load_with(&["gv/hosts.yml"], rules);
    let inventory = inventory.unwrap();
    let found = vars(&inventory, "n1", &no_files(&inventory));
    assert_eq!(found.get("merge").unwrap().text(), "{'a': 1, 'deep': {'x': 1, 'y': 2}, 'b': 2}");
    let mut precedence = Level::GROUPS.to_vec();
    precedence.rotate_left(2);
    let (inventory, _) = load_with(&["gv/hosts.yml"], Rules { precedence, ..Rules::default() });
    let inventory = inventory.unwrap();
    let found = vars(&inventory, "n1", &no_files(&inventory));
    assert_eq!(found.get("v1").unwrap().text(), "inv-group");
    assert_eq!(found.get("merge").unwrap().text(), "{'a': 1, 'deep': {'x': 1}}");
}

#[test]
fn variable_files_can_come_early_or_never() {
    let with = |file_vars: FileVars| {
        let (inventory, _) = load_with(&["gv/hosts.yml"], Rules { file_vars, ..Rules::default() });
        let inventory = inventory.unwrap();
        let play = vec![fixtures().join("pb")];
        let files = VarsFiles::new(inventory.sources(), play, Files::default(), Arc::default());
        let found = vars(&inventory, "n1", &files);
        ["v0", "v1", "v4", "v5"].map(|name| found.get(name).map_or(String::new(), Value::text))
    };
    assert_eq!(with(FileVars::Never), ["inv-all", "inv-group", "", ""]);
    assert_eq!(
        with(FileVars::Start),
        ["inventory group_vars all", "inventory group_vars web 10", "inventory host_vars", ""]
    );
    assert_eq!(
        with(FileVars::Demand),
        [
            "playbook group_vars all",
            "inventory group_vars web 10",
            "playbook host_vars",
            "playbook all"
        ]
    );
}

#[test]
fn bad_variable_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hosts"), "h\n").unwrap();
    std::fs::create_dir(dir.path().join("group_vars")).unwrap();
    let file = dir.path().join("group_vars/all.yml");
    let failed = |content: &str| {
        std::fs::write(&file, content).unwrap();
        let (inventory, _) = loaded(&[dir.path().join("hosts").to_str().unwrap()]);
        inventory.layers("h", &no_files(&inventory), &mut Notices::default()).unwrap_err()
    };
    let error = failed("- a\n");
    assert_eq!(error.code, 4);
    assert!(error.chain().ends_with(
        "all.yml': failed to combine variables, expected dicts but got a 'dict' and a 'list'."
    ));
    assert_eq!(failed("a: [\n").code, 4);
    let error = failed("$ANSIBLE_VAULT;1.1;AES256\n6162\n");
    assert_eq!(error.message, "Attempting to decrypt but no vault secrets found.");
    assert_eq!(error.code, 4);
}

#[test]
fn whole_vaults_can_be_secret() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hosts"), "h\n").unwrap();
    std::fs::create_dir(dir.path().join("host_vars")).unwrap();
    std::fs::write(dir.path().join("host_vars/h"), "$ANSIBLE_VAULT;1.1;AES256\n00\n").unwrap();
    for vaulted_is_secret in [true, false] {
        let files = Files::new(Arc::new(|bytes, _| {
            assert!(bytes.starts_with(b"$ANSIBLE_VAULT"));
            Ok(b"a: hidden\n".to_vec())
        }));
        let rules = Arc::new(Rules { vaulted_is_secret, ..Rules::default() });
        let (inventory, _) = loaded(&[dir.path().join("hosts").to_str().unwrap()]);
        let files = VarsFiles::new(inventory.sources(), Vec::new(), files, rules);
        let found = vars(&inventory, "h", &files);
        assert_eq!(found.get("a").unwrap().as_str(), Some("hidden"));
        assert_eq!(found.has_secret(), vaulted_is_secret);
    }
}

#[test]
fn failures_obey_their_settings() {
    let failed = |rules: Rules| load_with(&["missing.ini"], rules).0.unwrap_err().message;
    let all = failed(Rules { unparsed_fails: true, ..Rules::default() });
    assert_eq!(all, "No inventory was parsed, please check your configuration and options.");
    let one = failed(Rules { any_unparsed_fails: true, ..Rules::default() });
    let path = fixtures().join("missing.ini");
    assert_eq!(one, format!("Completely failed to parse inventory source {}", path.display()));
    let none = failed(Rules { enabled: vec!["bogus".to_string()], ..Rules::default() });
    assert!(none.starts_with("No inventory plugins available"));
    let (_, events) =
        load_with(&["missing.ini"], Rules { unparsed_warns: false, ..Rules::default() });
    assert_eq!(events.len(), 1);
    let toml = of_text("x.toml", "[g.hosts]\na = {}\n").1;
    assert_eq!(
        toml[0],
        "Failed to parse inventory with 'toml' plugin: TOML inventories are not supported."
    );
}

#[test]
fn group_names_obey_their_setting() {
    let of = |group_chars: GroupChars| {
        let (inventory, events) =
            load_with(&["groups.ini"], Rules { group_chars, ..Rules::default() });
        let group = inventory.unwrap().groups().keys().nth(6).unwrap().to_string();
        (group, events.len())
    };
    assert_eq!(of(GroupChars::Never), ("a-b".to_string(), 1));
    assert_eq!(of(GroupChars::Ignore), ("a-b".to_string(), 0));
    assert_eq!(of(GroupChars::Always), ("a_b".to_string(), 1));
    assert_eq!(of(GroupChars::Silently), ("a_b".to_string(), 0));
}

#[test]
fn directories_pass_over_what_is_ignored() {
    let rules = Rules {
        ignore_patterns: vec![fancy_regex::Regex::new("^10-").unwrap()],
        ignore_extensions: vec![".ini".to_string(), ".txt".to_string(), "~".to_string()],
        ..Rules::default()
    };
    let (inventory, _) = load_with(&["mixed"], rules);
    let inventory = inventory.unwrap();
    assert!(inventory.hosts().contains_key("ignored.example"), "the .cfg counts now");
    assert!(!inventory.hosts().contains_key("extra"));
    assert!(!inventory.hosts().contains_key("s3"));
    assert!(inventory.hosts().contains_key("sub1"));
}

#[test]
fn a_run_adds_hosts_and_groups() {
    let (first, _) = loaded(&["groups.ini"]);
    let mut notices = Notices::default();
    let mut changed = first.clone();
    let mut map = Map::new();
    map.insert(Key::from("color"), Value::from("blue"));
    let groups = ["fresh".to_string(), "web".to_string()];
    assert!(changed.add_host("new", &groups, &map, &mut notices).unwrap());
    assert!(!changed.add_host("new", &groups, &map, &mut notices).unwrap(), "nothing is new");
    assert_eq!(names(&changed.members("web")), "w1 w2 new");
    assert_eq!(names(&changed.members("mid")), "w1 w2 new d1");
    assert_eq!(names(&changed.group_names("new")), "fresh lone mid top web");
    assert_eq!(changed.group("fresh").unwrap().depth, 1);
    assert_eq!(changed.hosts()["new"].source, None);
    assert!(!first.hosts().contains_key("new"), "the first one is as it was");
    assert!(!names(&first.members("web")).contains("new"));

    assert!(changed.add_host("alone", &[], &Map::new(), &mut notices).unwrap());
    assert_eq!(names(&changed.members("ungrouped")), "alone");
    let parents = ["os all".to_string()];
    assert!(changed.group_by("alone", "os-x", &parents, &mut notices).unwrap());
    assert!(!changed.group_by("alone", "os-x", &parents, &mut notices).unwrap());
    assert_eq!(names(&changed.members("ungrouped")), "");
    assert_eq!(names(&changed.members("os all")), "alone");
    assert_eq!(names(&changed.group_names("alone")), "os all os-x");
    assert!(changed.group_by("localhost", "own", &[], &mut notices).unwrap());
    assert_eq!(names(&changed.select("own", &mut notices).unwrap()), "localhost");
    assert!(!names(&changed.members("all")).contains("localhost"));
    let error = changed.group_by("nobody", "g", &[], &mut notices).unwrap_err();
    assert_eq!(error.message, "nobody cannot be matched in inventory");
}

#[test]
fn a_group_and_a_host_of_one_name() {
    let (inventory, notices) = of_text("x.ini", "web\n[web]\nw1\n");
    assert_eq!(notices, ["Found both group and host with same name: web"]);
    let mut notices = Notices::default();
    assert_eq!(names(&inventory.select("web", &mut notices).unwrap()), "web");
    assert_eq!(names(&inventory.select("we*", &mut notices).unwrap()), "w1 web");
}

#[test]
fn ten_thousand_hosts_load_at_once() {
    let mut content =
        String::from("[web]\nweb[00001:09000].example.com a=1 b=\"two words\"\n[db]\n");
    for n in 0..1000 {
        let _ = writeln!(content, "db{n}.example.com n={n} list=\"[1, 2]\"");
    }
    content.push_str("[site:children]\nweb\ndb\n[site:vars]\nx=1\n");
    let start = std::time::Instant::now();
    let (inventory, _) = of_text("x.ini", &content);
    assert_eq!(inventory.members("all").len(), 10_000);
    let files = no_files(&inventory);
    let mut notices = Notices::default();
    for host in inventory.hosts().keys() {
        assert_eq!(inventory.layers(host, &files, &mut notices).unwrap().len(), 2);
    }
    let spent = start.elapsed();
    assert!(spent.as_secs() < 5, "unoptimised: {spent:?}");
}
