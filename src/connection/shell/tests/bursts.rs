//! Probes right behind each other are answered by one `stat` and one `sha1sum`.

use super::*;
use crate::spec::{Change, Op};
use std::os::unix::fs::symlink;

const NAMES: [&str; 18] = [
    "plain",
    "nosuch",
    "with space",
    "it's",
    "say \"x\"",
    "{a,b}",
    "a*[b]?",
    "$HOME `id`",
    "-dash",
    "ünï",
    "two\nlines",
    "back\\slash",
    "a|b",
    "dir",
    "good link",
    "dangling",
    "braced",
    "plain.more",
];

fn zoo() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES.iter().filter(|name| **name != "nosuch") {
        let path = dir.path().join(name);
        match *name {
            "dir" => std::fs::create_dir(path).unwrap(),
            "good link" => symlink("plain", path).unwrap(),
            "dangling" => symlink("no where", path).unwrap(),
            "braced" => symlink("{no,where}/*", path).unwrap(),
            _ => std::fs::write(path, format!("content of {name}\n")).unwrap(),
        }
    }
    dir
}

/// What a file module asks.
fn look(path: &str, follow: bool, sum: bool) -> Probe {
    let words = [path, if follow { "follow" } else { "" }, if sum { "sum" } else { "" }];
    Probe::new("look", "tk_stat \"$1\" \"$2\" \"$3\"").words(words).asks(path, follow, sum)
}

async fn texts(host: &ShellHost, probes: Vec<Probe>) -> Vec<String> {
    let mut texts = Vec::new();
    for answer in host.probes(probes) {
        let answer = answer.await.unwrap();
        assert_eq!((answer.rc, answer.error_text().as_str()), (0, ""));
        texts.push(answer.text());
    }
    texts
}

/// Without the access time: a sum may move it.
fn lasting(line: &str) -> String {
    let fields = line.split('|').enumerate().filter(|(at, _)| *at != 8);
    fields.map(|(_, field)| field).collect::<Vec<_>>().join("|")
}

#[tokio::test]
async fn a_burst_answers_as_single_probes_do() {
    let zoo = zoo();
    let mut probes = Vec::new();
    for name in NAMES {
        let path = zoo.path().join(name).display().to_string();
        for (follow, sum) in [(false, false), (true, false), (true, true), (false, true)] {
            probes.push(look(&path, follow, sum));
        }
    }
    for shell in SHELLS {
        let host = &host(shell).await;
        let mut single = Vec::new();
        for probe in &probes {
            single.push(host.probe(probe.clone()).await.unwrap().text());
        }
        let burst = texts(host, probes.clone()).await;
        for ((probe, one), many) in probes.iter().zip(&single).zip(&burst) {
            assert_eq!(lasting(many), lasting(one), "{shell} {:?}", probe.words);
        }
        let left =
            ask(host, "tk_put \"$tk_kept\"; cd /etc; set -- pass?d; tk_put \"$1\"; cd /", &[]);
        assert_eq!(left.await, "passwd", "{shell}: nothing is kept, names are still expanded");
    }
}

#[tokio::test]
async fn what_a_user_may_not_read_has_no_sum() {
    let zoo = zoo();
    let at = |name: &str| zoo.path().join(name).display().to_string();
    std::fs::set_permissions(at("plain"), PermissionsExt::from_mode(0o600)).unwrap();
    for dir in [zoo.path().to_path_buf(), PathBuf::from(at("dir"))] {
        std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
    }
    std::fs::write(at("dir/f"), "x").unwrap();
    for shell in SHELLS {
        let local = Local::new("/bin/sh", env_of(shell));
        let mut who = Identity::login(shell);
        who.shell = Some(shell_path(shell));
        who.user = Some("nobody".into());
        let host = open(local as Arc<dyn Transport>, &who, &limits()).await.unwrap();
        let probes: Vec<Probe> =
            ["plain", "a|b", "dir/f"].map(|name| look(&at(name), true, true)).into();
        let mut single = Vec::new();
        for probe in &probes {
            single.push(lasting(&host.probe(probe.clone()).await.unwrap().text()));
        }
        let burst: Vec<String> =
            texts(&host, probes).await.iter().map(|line| lasting(line)).collect();
        assert_eq!(burst, single, "{shell}");
        assert!(burst[0].ends_with("|-\n") && !burst[1].ends_with("|-\n"), "{shell}: {burst:?}");
    }
}

fn shell_change(text: String) -> Vec<Vec<Change>> {
    vec![vec![Change::new(Op::Run(Command::shell(text)), "a test")]]
}

#[tokio::test]
async fn a_change_is_seen_by_what_was_asked_behind_it() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let host = &host(shell).await;
        let paths = [at("a"), at("b"), at("c")];
        let probes = || paths.iter().map(|path| look(path, true, true)).collect::<Vec<_>>();
        for path in &paths {
            std::fs::write(path, "old").unwrap();
        }
        let before = texts(host, probes()).await;
        std::fs::write(&paths[0], "new!").unwrap();
        let after = texts(host, probes()).await;
        assert!(before[0] != after[0] && lasting(&before[1]) == lasting(&after[1]), "{shell}");
        // All of it is queued at once.
        let first = host.probes(probes());
        let run = host.run(Command::shell(format!("rm {}; printf newer >{}", paths[1], paths[2])));
        let second = host.probes(probes());
        let then = Some(look(&paths[0], true, true));
        let applied =
            host.apply(shell_change(format!("printf newest >{}", paths[0])), Vec::new(), then);
        let third = host.probes(probes());
        let mut sizes = Vec::new();
        for answer in first {
            sizes.push(answer.await.unwrap().text());
        }
        assert_eq!(run.await.unwrap().rc, 0, "{shell}");
        for answer in second {
            sizes.push(answer.await.unwrap().text());
        }
        sizes.push(applied.await.unwrap().look.unwrap().text());
        for answer in third {
            sizes.push(answer.await.unwrap().text());
        }
        let sizes: Vec<&str> =
            sizes.iter().map(|line| line.trim_end().split('|').nth(6).unwrap_or("-")).collect();
        assert_eq!(sizes, ["4", "3", "3", "4", "-", "5", "6", "6", "-", "5"], "{shell}");
    }
}

#[tokio::test]
async fn what_vanishes_disturbs_nobody() {
    let tools = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    // It goes between the look whether it is there and the question what it is.
    let text = format!("#!/bin/sh\nrm -f {}\nexec /usr/bin/stat \"$@\"\n", at("gone"));
    std::fs::write(tools.path().join("stat"), text).unwrap();
    std::fs::set_permissions(tools.path().join("stat"), PermissionsExt::from_mode(0o755)).unwrap();
    for shell in ["dash", "bash", "mksh"] {
        for name in ["one", "gone", "two"] {
            std::fs::write(at(name), name).unwrap();
        }
        let host = host_with_tools(shell, tools.path()).await;
        let probes = ["one", "gone", "two"].map(|name| look(&at(name), true, true));
        let lines = texts(&host, probes.into()).await;
        assert_eq!(lines[1], "-\n", "{shell}");
        for (line, name) in [(&lines[0], "one"), (&lines[2], "two")] {
            let state = crate::spec::PathState::parse(line.trim_end()).unwrap();
            assert_eq!((state.size, state.sha1.is_some()), (3, true), "{shell} {name}");
        }
    }
}

#[tokio::test]
async fn f9_twenty_probes_start_two_programs() {
    let tools = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let log = tools.path().join("log");
    for tool in ["stat", "sha1sum"] {
        let path = tools.path().join(tool);
        let text =
            format!("#!/bin/sh\necho {tool} >>{}\nexec /usr/bin/{tool} \"$@\"\n", log.display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut probes = Vec::new();
    for n in 0..20 {
        let path = dir.path().join(format!("f{n}"));
        std::fs::write(&path, "x").unwrap();
        probes.push(look(path.to_str().unwrap(), true, true));
    }
    for shell in ["dash", "bash", "mksh"] {
        let host = host_with_tools(shell, tools.path()).await;
        let _ = std::fs::remove_file(&log);
        let lines = texts(&host, probes.clone()).await;
        assert!(lines.iter().all(|line| line.starts_with("f|")), "{shell}");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "stat\nsha1sum\n", "{shell}");
    }
}

#[tokio::test]
async fn long_bursts_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(150);
    let mut probes = Vec::new();
    for n in 0..150 {
        let path = dir.path().join(format!("{long}{n}"));
        std::fs::write(&path, "y".repeat(n)).unwrap();
        probes.push(look(path.to_str().unwrap(), n % 2 == 0, n % 3 == 0));
    }
    for shell in SHELLS {
        let host = host(shell).await;
        for (n, line) in texts(&host, probes.clone()).await.iter().enumerate() {
            let state = crate::spec::PathState::parse(line.trim_end()).unwrap();
            assert_eq!((state.size, state.sha1.is_some()), (n as u64, n % 3 == 0), "{shell}");
        }
    }
}
