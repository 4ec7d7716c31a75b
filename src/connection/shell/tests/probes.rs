//! The prelude's functions.

use super::*;
use crate::spec::path::unescape;
use crate::spec::{PathKind, PathState};
use bytes::Bytes;
use std::os::unix::fs::{MetadataExt, symlink};

/// A directory with odd names in it.
fn zoo() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for name in ["plain", "with space", "it's", "-dash", "ünï", "two\nlines", "back\\slash", "a|b"]
    {
        std::fs::write(at(name), format!("content of {name}\n")).unwrap();
    }
    std::fs::create_dir(at("dir")).unwrap();
    std::fs::set_permissions(at("plain"), PermissionsExt::from_mode(0o4751)).unwrap();
    symlink("a|b\nc\\d\te", at("odd link")).unwrap();
    symlink("plain", at("good link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    dir
}

fn sha1_of(path: &Path) -> String {
    use sha1::{Digest, Sha1};
    crate::spec::input::hex(&Sha1::digest(std::fs::read(path).unwrap()))
}

fn same(state: &PathState, path: &Path, follow: bool) {
    let meta = if follow { path.metadata() } else { path.symlink_metadata() }.unwrap();
    assert_eq!(state.mode, meta.mode() & 0o7777, "{path:?}");
    assert_eq!(
        (state.uid, state.gid, state.size),
        (meta.uid(), meta.gid(), meta.size()),
        "{path:?}"
    );
    assert_eq!((state.inode, state.links, state.device), (meta.ino(), meta.nlink(), meta.dev()));
    assert!((state.mtime - meta.mtime() as f64).abs() < 1.0, "{path:?}");
    assert_eq!(state.owner, "root");
}

#[tokio::test]
async fn stat_lines_are_what_spec_reads() {
    let zoo = zoo();
    for shell in SHELLS {
        let host = &host(shell).await;
        for name in [
            "plain",
            "with space",
            "it's",
            "-dash",
            "ünï",
            "two\nlines",
            "back\\slash",
            "a|b",
            "dir",
            "pipe",
            "odd link",
        ] {
            let path = zoo.path().join(name);
            let line = ask(host, "tk_stat \"$1\"", &[path.to_str().unwrap()]).await;
            let state = PathState::parse(line.trim_end_matches('\n'))
                .unwrap_or_else(|| panic!("{shell} {name}: {line}"));
            same(&state, &path, false);
            assert_eq!(state.sha1, None);
        }
        let link = zoo.path().join("odd link");
        let line = ask(host, "tk_stat \"$1\"", &[link.to_str().unwrap()]).await;
        let state = PathState::parse(line.trim_end_matches('\n')).unwrap();
        assert_eq!(
            (state.kind, state.target.as_str()),
            (PathKind::Link, "a|b\nc\\d\te"),
            "{shell}"
        );
        // Followed, it dangles: nothing is there.
        assert_eq!(ask(host, "tk_stat \"$1\" follow sum", &[link.to_str().unwrap()]).await, "-\n");
        assert_eq!(ask(host, "tk_stat /nosuch/x", &[]).await, "-\n");
        let good = zoo.path().join("good link");
        let line = ask(host, "tk_stat \"$1\" follow sum", &[good.to_str().unwrap()]).await;
        let state = PathState::parse(line.trim_end_matches('\n')).unwrap();
        same(&state, &good, true);
        assert_eq!(state.sha1, Some(sha1_of(&good)), "{shell}");
        let line =
            ask(host, "cd \"$1\"; tk_stat -dash sum; cd /", &[zoo.path().to_str().unwrap()]).await;
        let state = PathState::parse(line.trim_end_matches('\n')).unwrap();
        assert_eq!(state.sha1, Some(sha1_of(&zoo.path().join("-dash"))), "{shell}");
    }
}

#[tokio::test]
async fn many_paths_are_one_call() {
    let zoo = zoo();
    let at = |name: &str| zoo.path().join(name).display().to_string();
    for shell in SHELLS {
        let host = &host(shell).await;
        let names =
            ["plain", "nosuch", "dir", "with space", "odd link", "nosuch2", "a|b", "back\\slash"];
        for extra in [None, Some("two\nlines")] {
            let paths: Vec<String> = names.iter().copied().chain(extra).map(at).collect();
            let words: Vec<&str> = paths.iter().map(String::as_str).collect();
            let text = ask(host, "tk_stat_many -sum -- \"$@\"", &words).await;
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), paths.len(), "{shell}: {text}");
            for (line, path) in lines.iter().zip(&paths) {
                let path = Path::new(path);
                let Some(state) = PathState::parse(line) else {
                    assert!(path.symlink_metadata().is_err() && *line == "-", "{shell}: {line}");
                    continue;
                };
                same(&state, path, false);
                let sum = (state.kind == PathKind::File).then(|| sha1_of(path));
                assert_eq!(state.sha1, sum, "{shell} {path:?}");
            }
        }
        let none = ask(host, "tk_stat_many -- /nosuch /nosuch2", &[]).await;
        assert_eq!(none, "-\n-\n", "{shell}");
    }
}

#[tokio::test]
async fn texts_and_names_survive() {
    let zoo = zoo();
    for shell in SHELLS {
        let host = &host(shell).await;
        let odd = "a\\b\nc\td\re'\"$x`*";
        assert_eq!(
            unescape(ask(host, "tk_esc \"$1\"", &[odd]).await.trim_end_matches('\n')),
            odd,
            "{shell}"
        );
        assert_eq!(ask(host, "tk_put \"$1\"", &["-n"]).await, "-n");
        let listed = ask(host, "tk_list \"$1\"", &[zoo.path().to_str().unwrap()]).await;
        let mut names: Vec<String> = listed.lines().map(unescape).collect();
        let mut real: Vec<String> = std::fs::read_dir(zoo.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        real.sort();
        assert_eq!(names, real, "{shell}");
        let script =
            "tk_swap \"$1\" ab X; tk_line \"$tk_out\"; tk_parent \"$2\"; tk_line \"$tk_out\"";
        assert_eq!(ask(host, script, &["abcabab", "/a/b//"]).await, "XcXX\n/a\n", "{shell}");
        let script = "for p in / /a a a/b /a/b; do tk_parent $p; tk_line \"$tk_out\"; done";
        assert_eq!(ask(host, script, &[]).await, "/\n/\n.\na\n/a\n", "{shell}");
    }
}

#[tokio::test]
async fn content_comes_with_its_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 7) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    std::fs::write(dir.path().join("empty"), "").unwrap();
    for shell in SHELLS {
        let host = host(shell).await;
        let script = "tk_read \"$1/f\"; tk_read \"$1/empty\"; tk_read \"$1\"; tk_text 'a\nü'; tk_read /nosuch || :";
        let probe = Probe::new("read", script).words([dir.path().to_str().unwrap()]);
        let answer = host.probe(probe).await.unwrap();
        let blocks = answer.blocks().unwrap_or_else(|| panic!("{shell}"));
        let wanted =
            [Some(Bytes::from(bytes.clone())), Some(Bytes::new()), None, Some("a\nü".into()), None];
        assert_eq!(blocks, wanted, "{shell}");
    }
}

#[tokio::test]
async fn sums_of_all_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("h\\x");
    std::fs::write(&path, "hello\n").unwrap();
    for shell in SHELLS {
        let host = host(shell).await;
        let script = "for a in md5 sha1 sha256 sha512; do tk_sum $a \"$1\"; done; tk_sha1 /nosuch";
        let text = ask(&host, script, &[path.to_str().unwrap()]).await;
        let sums: Vec<&str> = text.lines().collect();
        assert_eq!(sums[0], "b1946ac92492d2347c6235b4d2611184", "{shell}");
        assert_eq!(sums[1], "f572d396fae9206628714fb2ce00f72e94f2258f");
        assert_eq!(sums[2].len(), 64);
        assert!(sums[3].starts_with("e7c22b994c59d9cf"));
        assert_eq!(sums[4], "-");
    }
}

#[tokio::test]
async fn links_are_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir(at("d")).unwrap();
    symlink("d/b", at("a")).unwrap();
    symlink("../c\n", at("d/b")).unwrap();
    symlink("loop", at("loop")).unwrap();
    for shell in SHELLS {
        let host = host(shell).await;
        let script = "tk_resolve \"$1\"; tk_put \"$tk_out\"";
        let text = ask(&host, script, &[at("a").to_str().unwrap()]).await;
        assert_eq!(text, format!("{}/d/../c\n", dir.path().display()), "{shell}");
        let probe = Probe::new("loop", "tk_resolve \"$1\"").words([at("loop").to_str().unwrap()]);
        assert_eq!(host.probe(probe).await.unwrap().rc, 1, "{shell}");
    }
}

#[tokio::test]
async fn a_probe_gets_its_input_and_may_leave_it() {
    for shell in SHELLS {
        let host = host(shell).await;
        let big: Vec<u8> = (0..2_500_000u32).map(|i| (i / 3) as u8).collect();
        let count = Probe::new("count", "wc -c | tr -d ' '").input(big.clone());
        assert_eq!(host.probe(count.clone()).await.unwrap().text(), "2500000\n", "{shell}");
        assert_eq!(
            host.probe(count.clone().isolated()).await.unwrap().text(),
            "2500000\n",
            "{shell}"
        );
        let lazy = Probe::new("lazy", "read -r a; tk_put \"$a\"; return 4")
            .input(format!("first\n{}", "x".repeat(3_000_000)));
        let answer = host.probe(lazy).await.unwrap();
        assert_eq!((answer.rc, answer.text().as_str()), (4, "first"), "{shell}");
        assert_eq!(ask(&host, "tk_put next", &[]).await, "next", "{shell}");
        let none = Probe::new("none", "cat; echo end");
        assert_eq!(host.probe(none).await.unwrap().text(), "end\n");
    }
}

#[tokio::test]
async fn foreign_scripts_run_apart() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let script = "cd /usr; x=1; (sleep 1; echo late) & echo here; exit 5";
        let probe = Probe::new("apart", script).isolated();
        let answer = host.probe(probe).await.unwrap();
        assert_eq!((answer.rc, answer.text().as_str()), (5, "here\n"), "{shell}");
        assert_eq!(ask(host, "pwd; tk_put \"${x-unset}\"", &[]).await, "/\nunset", "{shell}");
    }
}

#[tokio::test]
async fn a_broken_script_is_named_and_harms_nobody() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let error = host.probe(Probe::new("bad", "if then fi )")).await.unwrap_err();
        assert!(error.to_string().starts_with("script bad is broken: "), "{shell}: {error}");
        assert_eq!(ask(host, "tk_put fine", &[]).await, "fine");
        assert_eq!(host.counts().shells(), 1, "{shell}");
    }
}

#[tokio::test]
async fn the_platform_is_seen_and_seen_again() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let mut env = env_of(shell);
        env[0].1 = format!("{}:{}", dir.path().display(), env[0].1);
        let local = Local::new("/bin/sh", env);
        let mut who = Identity::login(shell);
        who.shell = Some(shell_path(shell));
        let host = open(local as Arc<dyn Transport>, &who, &limits()).await.unwrap();
        let platform = host.platform();
        assert_eq!(
            (platform.uid, platform.user.as_str(), platform.umask),
            (0, "root", 0o22),
            "{shell}"
        );
        assert_eq!((platform.home.as_str(), platform.distribution.as_str()), ("/root", "debian"));
        assert!(platform.has("apt-get") && platform.has("tar") && !platform.has("bastille"));
        let text =
            format!("echo '#!/bin/sh' >{0}/bastille; chmod +x {0}/bastille", dir.path().display());
        let trips = host.counts().trips();
        sh(&host, &text).await;
        assert!(host.platform().has("bastille"), "{shell}");
        assert_eq!(host.counts().trips() - trips, 1, "{shell}");
    }
}

#[tokio::test]
async fn a_probe_of_builtins_forks_nothing() {
    let count = |pid: &str| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        text.rsplit(')').next().unwrap().split_whitespace().nth(8).unwrap().parse::<u64>().unwrap()
    };
    for shell in ["dash", "bash", "busybox"] {
        let host = &host(shell).await;
        let pid = ask(host, "tk_put $$", &[]).await;
        // Children leave their page faults with their parent once they were waited for.
        let script = "[ -e /etc/passwd ] && tk_exists /etc && tk_have tar && tk_esc \"$1\" && tk_parent /a/b && tk_list /etc >/dev/null";
        ask(host, script, &["a\nb"]).await;
        let before = count(&pid);
        for _ in 0..20 {
            ask(host, script, &["a\nb"]).await;
        }
        assert_eq!(count(&pid), before, "{shell}");
    }
}
