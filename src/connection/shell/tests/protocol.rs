//! The traps of a shell that lives on between requests.

use super::*;
use std::time::{Duration, Instant};

#[tokio::test]
async fn user_commands_are_exact() {
    for shell in SHELLS {
        let host = &host(shell).await;
        assert_eq!(sh(host, "echo hi").await, triple(0, "hi\n", ""), "{shell}");
        assert_eq!(sh(host, ":").await, triple(0, "", ""));
        assert_eq!(
            sh(host, "echo hello; echo err >&2; exit 3").await,
            triple(3, "hello\n", "err\n")
        );
        assert_eq!(sh(host, "set -e; false; echo no").await, triple(1, "", ""));
        assert_eq!(sh(host, "exec false").await, triple(1, "", ""));
        assert_eq!(sh(host, "exit 7").await, triple(7, "", ""));
        let syntax = sh(host, "if then").await;
        assert_eq!(syntax.0, 2, "{syntax:?}");
        assert!(syntax.2.contains("yntax error"), "{syntax:?}");
        assert_eq!(sh(host, "echo 'unterminated").await.0, 2);
        assert_eq!(sh(host, "cat <<'E'\na $b\nE").await, triple(0, "a $b\n", ""));
        assert_eq!(sh(host, "wc -c | tr -d ' '").await, triple(0, "0\n", ""));
        assert_eq!(sh(host, "kill -9 $$").await.0, 137, "{shell}");
        assert_eq!(sh(host, "echo ok").await, triple(0, "ok\n", ""));
        assert_eq!(host.counts().shells(), 1, "{shell}");
    }
}

#[tokio::test]
async fn nothing_leaks_from_one_command_to_the_next() {
    for shell in SHELLS {
        let host = &host(shell).await;
        sh(host, "cd /usr; A=1; export A; umask 077; trap 'echo t' EXIT; ulimit -n 50").await;
        let seen = sh(host, "pwd; echo \"[$A]\"; umask; ulimit -n").await;
        let lines: Vec<&str> = seen.1.lines().collect();
        assert_eq!(
            (lines[0], lines[1], lines[2].trim_start_matches('0')),
            ("/", "[]", "22"),
            "{shell}"
        );
        assert_ne!(lines[3], "50");
    }
}

#[tokio::test]
async fn commands_get_what_the_login_gave_and_probes_a_plain_world() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let path = env_of(shell)[0].1.clone();
        let seen = sh(host, "echo \"$PATH|$LANG|${LC_ALL-none}|$LOGIN_GAVE|$HOME\"").await;
        assert_eq!(seen.1, format!("{path}|C.UTF-8|none|it's|/root\n"), "{shell}");
        let env = sh(host, "env").await.1;
        assert!(!env.contains("tk_"), "{shell}: {env}");
        let probe = ask(host, "echo \"$LC_ALL:$PATH\"; umask", &[]).await;
        for dir in ["/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"] {
            assert!(probe.lines().next().unwrap().split(':').any(|d| d == dir), "{shell} {probe}");
        }
        assert!(probe.starts_with("C:") && probe.ends_with("077\n"), "{shell} {probe}");
    }
}

#[tokio::test]
async fn directory_variables_stdin_and_executable() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let mut command = Command::shell("pwd; echo \"$A|$B\"; cat");
        command.chdir = Some("/usr/lib".into());
        command.env = vec![("A".into(), "it's $x\n\"two\"".into()), ("B".into(), "ä".into())];
        command.stdin = Some(bytes::Bytes::from_static(b"\0\x01\xff in"));
        let answer = host.run(command.clone()).await.unwrap();
        let wanted = b"/usr/lib\nit's $x\n\"two\"|\xc3\xa4\n\0\x01\xff in";
        assert_eq!(&answer.stdout[..], wanted, "{shell}");
        command.chdir = Some("/nosuch dir".into());
        let answer = host.run(command).await.unwrap();
        assert_eq!(
            told(answer),
            triple(901, "", "[Errno 2] No such file or directory\n"),
            "{shell}"
        );
        let mut command = Command::new(["printf", "%s|", "a b", "", "$x"]);
        command.env = vec![("odd.name".into(), "1".into())];
        assert_eq!(host.run(command).await.unwrap().text(), "a b||$x|", "{shell}");
        let bash = Command {
            executable: Some("/bin/bash".into()),
            ..Command::shell("echo ${BASH_VERSION:+yes}")
        };
        assert_eq!(host.run(bash).await.unwrap().text(), "yes\n");
    }
}

#[tokio::test]
async fn programs_that_cannot_be_started_are_told_apart() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let run = async |word: &str| host.run(Command::new([word])).await.unwrap().rc;
        assert_eq!(run("nosuch-program").await, Answer::NO_PROGRAM, "{shell}");
        assert_eq!(run("/nosuch/program").await, Answer::NO_PROGRAM);
        assert_eq!(run("/etc/passwd").await, Answer::NOT_EXECUTABLE);
        assert_eq!(run("/etc").await, Answer::NOT_EXECUTABLE);
        // The user's own 127 stays what it is.
        assert_eq!(sh(host, "nosuch-program").await.0, 127);
        let mut odd = Command::new(["cd"]);
        odd.env = vec![("PATH".into(), "/nosuch".into())];
        assert_eq!(host.run(odd).await.unwrap().rc, Answer::NO_PROGRAM);
    }
}

#[tokio::test]
async fn f6_a_child_in_the_background_disturbs_nobody() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let start = Instant::now();
        let text = "(sleep 1; echo late; echo late >&2) & echo started";
        assert_eq!(sh(host, text).await, triple(0, "started\n", ""), "{shell}");
        assert!(start.elapsed() < Duration::from_millis(900));
        assert_eq!(sh(host, "echo next").await, triple(0, "next\n", ""));
        assert_eq!(sh(host, "sleep 1.2; echo clean").await, triple(0, "clean\n", ""));
        assert_eq!(sh(host, "echo and after").await, triple(0, "and after\n", ""));
    }
}

#[tokio::test]
async fn f2_f5_any_bytes_and_any_length_come_back() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let octal = (0..256).map(|b| format!("\\{b:03o}")).collect::<Vec<_>>().concat();
        let answer = host.run(Command::shell(format!("printf '{octal}'"))).await.unwrap();
        assert_eq!(&answer.stdout[..], (0..=255).collect::<Vec<u8>>(), "{shell}");
        let both = "head -c 3000000 /dev/zero | tr '\\000' x; head -c 300000 /dev/zero >&2";
        let answer = host.run(Command::shell(both)).await.unwrap();
        assert_eq!((answer.rc, answer.stdout.len(), answer.stderr.len()), (0, 3_000_000, 300_000));
        let long = format!("echo {} | wc -c | tr -d ' '", "x".repeat(60_000));
        assert_eq!(sh(host, &long).await, triple(0, "60001\n", ""), "{shell}");
        let lines = format!("{}echo end", "A=1 # a line\n".repeat(500));
        assert_eq!(sh(host, &lines).await, triple(0, "end\n", ""));
        let all: String = (1..=255u8).filter(|b| *b != b'\'').map(char::from).collect();
        let answer = host.run(Command::new(["printf", "%s", &all])).await.unwrap();
        assert_eq!(answer.text(), all, "{shell}");
    }
}

#[tokio::test]
async fn marks_cannot_be_imitated_and_are_not_seen() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let spoof = "printf '\\03601234567 1 0 1 \\n\\036'; printf '\\036' >&2";
        let wanted = triple(0, "\u{1e}01234567 1 0 1 \n\u{1e}", "\u{1e}");
        assert_eq!(sh(host, spoof).await, wanted, "{shell}");
        let seen = sh(host, "set; env; cat /proc/self/cmdline").await.1;
        assert!(!seen.contains("tk_m"), "{shell}");
        // Neither the marks' nonce nor the requests' key is an argument or a variable of any process.
        let all =
            sh(host, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'")
                .await
                .1;
        assert!(!all.contains("tk_m=") && !all.contains("tk_k="), "{shell}");
    }
}

#[tokio::test]
async fn requests_are_pipelined_and_answered_in_order() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let before = host.counts().trips();
        let script = "tk_put \"$1\"; [ \"$1\" != 7 ] || tk_line oops >&2";
        let probes: Vec<_> = (0..200)
            .map(|i| host.probe(Probe::new("echo", script).words([i.to_string()])))
            .collect();
        let run = host.run(Command::shell("echo between"));
        let last = host.probe(Probe::new("echo", script).words(["last"]));
        for (i, probe) in probes.into_iter().enumerate() {
            let answer = probe.await.unwrap();
            assert_eq!(answer.text(), i.to_string(), "{shell}");
            assert_eq!(answer.error_text(), if i == 7 { "oops\n" } else { "" });
        }
        assert_eq!(run.await.unwrap().text(), "between\n");
        assert_eq!(last.await.unwrap().text(), "last");
        assert!(host.counts().trips() - before <= 2, "{shell}: {:?}", host.counts());
        assert_eq!(host.counts().requests(), 203);
    }
}

#[tokio::test]
async fn f3_a_killed_shell_is_opened_again_for_probes_only() {
    for shell in SHELLS {
        let (host, local) = host_and_line(shell).await;
        let kill = Probe::new("kill", "kill -9 $$");
        let before = host.probe(Probe::new("one", "tk_put one"));
        // A probe that always kills its shell is sent twice, then given up.
        let killer = host.probe(kill);
        let change = host.run(Command::shell("echo change"));
        let after = host.probe(Probe::new("two", "tk_put two"));
        assert_eq!(before.await.unwrap().text(), "one", "{shell}");
        assert_eq!(killer.await, Err(HostError::Lost("the probe kill".into())), "{shell}");
        assert_eq!(change.await, Err(HostError::Lost("echo change".into())), "{shell}");
        assert_eq!(after.await.unwrap().text(), "two", "{shell}");
        assert!(local.started.load(Ordering::SeqCst) >= 3);
        // `$PPID` of a user's shell is ours.
        let lost = host.run(Command::shell("kill -9 $PPID; sleep 5")).await;
        assert_eq!(lost.unwrap_err().to_string(), "connection lost during kill -9 $PPID; sleep 5");
        assert_eq!(sh(&host, "echo back").await, triple(0, "back\n", ""));
        let pid = sh(&host, "echo $PPID").await.1;
        local.cut();
        std::process::Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
        let gone = host.probe(Probe::new("one", "tk_put one")).await.unwrap_err();
        assert_eq!(gone, HostError::Unreachable("the connection is closed".into()), "{shell}");
    }
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_stopped_with_its_children() {
    for shell in ["dash", "alpine", "bash"] {
        let host = &host(shell).await;
        let mark = format!("29{}", std::process::id());
        let mut command =
            Command::shell(format!("sh -c 'sleep {mark}; true' & sleep {mark}; true"));
        command.timeout = Some(Duration::from_millis(400));
        let start = Instant::now();
        let error = host.run(command).await.unwrap_err();
        assert!(matches!(error, HostError::Timeout(..)), "{error}");
        assert!(start.elapsed() < Duration::from_secs(6));
        assert_eq!(sh(host, "echo alive").await, triple(0, "alive\n", ""));
        let left = sh(
            host,
            &format!(
                "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[s]leep {mark} '"
            ),
        )
        .await;
        assert_eq!(left.1.trim(), "0", "{shell}");
        assert_eq!(host.counts().shells(), 2, "one more to stop it");
    }
}

#[tokio::test]
async fn a_command_nobody_waits_for_is_stopped() {
    let host = &host("dash").await;
    let run = host.run(Command::shell("sleep 60"));
    assert!(tokio::time::timeout(Duration::from_millis(300), run).await.is_err());
    let start = Instant::now();
    assert_eq!(sh(host, "echo next").await, triple(0, "next\n", ""));
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn a_stuck_probe_ends_with_its_limit_and_others_go_on() {
    let local = Local::new("/bin/sh", env_of("dash"));
    let limits = Limits { probe: Duration::from_millis(400), ..limits() };
    let host = open(local as Arc<dyn Transport>, &Identity::login("h"), &limits).await.unwrap();
    // Its clock starts when the answer before it has come.
    let slow = host.run(Command::shell("sleep 1; echo slow"));
    let stuck = host.probe(Probe::new("stuck", "sleep 30"));
    let after = host.probe(Probe::new("fine", "tk_put fine"));
    assert_eq!(slow.await.unwrap().text(), "slow\n");
    let error = stuck.await.unwrap_err();
    assert_eq!(error, HostError::Timeout(Duration::from_millis(400), "the probe stuck".into()));
    assert_eq!(after.await.unwrap().text(), "fine");
}

#[tokio::test]
async fn f10_the_temp_directory_is_made_late_private_and_removed() {
    for shell in SHELLS {
        let scratch = tempfile::tempdir().unwrap();
        let mut env = env_of(shell);
        env.push(("TMPDIR".into(), scratch.path().display().to_string()));
        let local = Local::new("/bin/sh", env);
        let mut who = Identity::login(shell);
        who.shell = Some(shell_path(shell));
        let host = open(local as Arc<dyn Transport>, &who, &limits()).await.unwrap();
        ask(&host, "tk_put 1", &[]).await;
        let entries = || std::fs::read_dir(scratch.path()).unwrap().map(|e| e.unwrap().path());
        assert_eq!(entries().count(), 0, "{shell}");
        sh(&host, "echo x").await;
        let dir = entries().next().unwrap();
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o7777, 0o700, "{shell}");
        // A play may clean /tmp.
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(sh(&host, "echo y").await, triple(0, "y\n", ""), "{shell}");
        drop(host);
        for _ in 0..50 {
            if entries().count() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(entries().count(), 0, "{shell}");
    }
}

#[tokio::test]
async fn f1_csh_as_login_shell() {
    let local = Local::new("/bin/csh", env_of("dash"));
    let host = open(local as Arc<dyn Transport>, &Identity::login("h"), &limits()).await.unwrap();
    assert_eq!(sh(&host, "echo hi; echo e >&2; exit 3").await, triple(3, "hi\n", "e\n"));
    let who = Identity::user("h", "nobody", crate::connection::r#become::Method::Su);
    let local = Local::new("/bin/csh", env_of("dash"));
    let host = open(local as Arc<dyn Transport>, &who, &limits()).await.unwrap();
    assert_eq!(sh(&host, "id -un").await, triple(0, "nobody\n", ""));
}

#[tokio::test]
async fn a_reconnection_opens_the_shell_again() {
    let (host, local) = host_and_line("dash").await;
    let first = sh(&host, "echo $PPID").await;
    host.reconnect().await.unwrap();
    assert_ne!(sh(&host, "echo $PPID").await, first);
    assert_eq!(local.started.load(Ordering::SeqCst), 2);
}

/// Run it with --nocapture for the numbers.
#[tokio::test]
async fn pace() {
    for shell in SHELLS {
        let start = Instant::now();
        let host = &host(shell).await;
        let opened = start.elapsed();
        let script = "[ -e /etc/passwd ] && tk_put yes";
        ask(host, script, &[]).await;
        let start = Instant::now();
        let probes: Vec<_> = (0..200).map(|_| host.probe(Probe::new("test", script))).collect();
        for probe in probes {
            assert_eq!(probe.await.unwrap().text(), "yes");
        }
        let probed = start.elapsed();
        let start = Instant::now();
        let runs: Vec<_> = (0..20).map(|_| host.run(Command::new(["true"]))).collect();
        for run in runs {
            assert_eq!(run.await.unwrap().rc, 0);
        }
        let ran = start.elapsed();
        let start = Instant::now();
        for _ in 0..20 {
            ask(host, "tk_platform >/dev/null", &[]).await;
        }
        let platform = start.elapsed() / 20;
        let start = Instant::now();
        let up = host.put_temp("x", crate::spec::Content::Bytes(vec![7; 8 << 20].into()));
        up.await.unwrap();
        let up = 8.0 / start.elapsed().as_secs_f64();
        println!(
            "{shell}: open {opened:?}, 200 probes {probed:?}, 20 runs {ran:?}, platform {platform:?}, up {up:.0} MB/s"
        );
    }
}
