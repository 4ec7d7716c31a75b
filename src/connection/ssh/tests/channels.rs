//! Channels: streams, exit codes, limits, back-pressure, loss.

use super::demo::{server, vars};
use super::*;
use crate::demo::Options;
use std::time::{Duration, Instant};

#[tokio::test]
async fn streams_and_exit_codes_are_kept_apart() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let (out, err, code) = output(&*transport, "printf 'a\\0b'; echo err >&2; exit 42").await;
    assert_eq!((out.as_slice(), err.as_slice(), code), (&b"a\0b"[..], &b"err\n"[..], Some(42)));
    assert_eq!(output(&*transport, "kill -9 $$").await.2, None);
    let mut process = transport.open("cat".to_owned(), false).await.unwrap();
    process.input.write_all(b"one").await.unwrap();
    let mut three = [0; 3];
    process.output.read_exact(&mut three).await.unwrap();
    assert_eq!(&three, b"one");
    process.input.shutdown().await.unwrap();
    assert_eq!(process.exit.await, Some(0));
}

#[tokio::test]
async fn a_background_child_does_not_hold_up_the_end() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let start = Instant::now();
    let (out, _, code) = output(&*transport, "echo now; (sleep 20; echo late) & exit 5").await;
    assert_eq!((out.as_slice(), code), (&b"now\n"[..], Some(5)));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

/// Bytes that repeat with no power of two.
fn pattern(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n % 251) as u8).collect()
}

/// Carries bytes there and back by `cat`.
async fn back_and_forth(transport: &dyn Transport, size: usize) {
    let mut process = transport.open("cat".to_owned(), false).await.unwrap();
    let (mut input, mut out) = (process.input, process.output);
    let write = async move {
        input.write_all(&pattern(size)).await.unwrap();
        input.shutdown().await.unwrap();
    };
    let read = async {
        let mut all = Vec::with_capacity(size);
        out.read_to_end(&mut all).await.unwrap();
        all
    };
    let ((), all) = tokio::join!(write, read);
    assert!(all == pattern(size), "{} bytes came back", all.len());
    assert_eq!(process.exit.await, Some(0));
    process.errors.read_to_end(&mut Vec::new()).await.unwrap();
}

#[tokio::test]
async fn fifty_megabytes_go_both_ways_with_sshd() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    back_and_forth(&*transport, 50 << 20).await;
    let compressed = ConnectionVars { common_args: Some("-C".to_owned()), ..sshd.vars(&scratch) };
    back_and_forth(&*works(&compressed, &scratch.env()).await, 2 << 20).await;
}

#[tokio::test]
async fn fifty_megabytes_go_both_ways_with_the_demo() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options::default()).await;
    back_and_forth(&*works(&vars(&server), &scratch.env()).await, 50 << 20).await;
}

#[tokio::test]
async fn an_unread_channel_stalls_no_other_and_loses_nothing() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let size = 60_000_000;
    let mut unread = transport.open(format!("head -c {size} /dev/zero"), false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(output(&*transport, "echo alive").await.0, b"alive\n");
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    let mut all = Vec::new();
    unread.output.read_to_end(&mut all).await.unwrap();
    assert!(all.len() == size && all.iter().all(|byte| *byte == 0));
    assert_eq!(unread.exit.await, Some(0));
}

#[tokio::test]
async fn a_program_that_reads_nothing_stalls_no_other() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let mut deaf = transport.open("sleep 60".to_owned(), false).await.unwrap();
    let writer =
        tokio::spawn(async move { (deaf.input.write_all(&pattern(20 << 20)).await, deaf.exit).0 });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(output(&*transport, "echo alive").await.0, b"alive\n");
    transport.close().await;
    let written = tokio::time::timeout(Duration::from_secs(10), writer).await.unwrap().unwrap();
    assert!(written.is_err(), "a lost connection must end a write");
}

#[tokio::test]
async fn a_bulk_stream_waits_for_its_reader() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let marker = scratch.path("done");
    let command = format!("head -c 80000000 /dev/zero; touch {}", marker.display());
    let mut stream = transport.open_bulk(command).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!marker.exists(), "80 MB were taken although nobody read them");
    let mut all = Vec::new();
    stream.output.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.len(), 80_000_000);
    assert_eq!(stream.exit.await, Some(0));
}

#[tokio::test]
async fn few_sessions_per_connection_are_enough() {
    for most in [1, 2] {
        let scratch = Scratch::new();
        let sshd = Sshd::start(&scratch, &format!("MaxSessions {most}"));
        let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(transport.open("cat".to_owned(), false).await.unwrap());
        }
        let (a, b, c) = tokio::join!(
            output(&*transport, "echo a"),
            output(&*transport, "echo b"),
            output(&*transport, "echo c")
        );
        assert_eq!(
            (a.0.as_slice(), b.0.as_slice(), c.0.as_slice()),
            (&b"a\n"[..], &b"b\n"[..], &b"c\n"[..])
        );
        for process in &mut held {
            process.input.write_all(b"x").await.unwrap();
            process.output.read_exact(&mut [0]).await.unwrap();
        }
    }
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "MaxSessions 0");
    let env = scratch.env();
    let transport =
        connect(&Target::resolve(&sshd.vars(&scratch), &env).unwrap(), &env).await.unwrap();
    let error = transport.open("true".to_owned(), false).await.err().unwrap();
    assert!(error.to_string().contains("refuses to open a session"), "{error}");
}

#[tokio::test]
async fn f8_sixty_programs_at_once_all_run() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let all = (0..60).map(|n| {
        let transport = &transport;
        async move {
            let (out, _, code) = output(&**transport, &format!("echo {n}")).await;
            assert_eq!((String::from_utf8(out).unwrap(), code), (format!("{n}\n"), Some(0)));
        }
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test]
async fn a_killed_connection_is_seen_by_all_streams() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options::default()).await;
    let transport = works(&vars(&server), &scratch.env()).await;
    let mut process = transport.open("echo up; exec sleep 60".to_owned(), false).await.unwrap();
    process.output.read_exact(&mut [0; 3]).await.unwrap();
    assert!(transport.is_open());
    server.stop();
    let limit = Duration::from_secs(10);
    let ended = tokio::time::timeout(limit, process.output.read(&mut [0])).await.unwrap();
    assert!(ended.is_err(), "a lost connection is no clean end");
    assert_eq!(tokio::time::timeout(limit, process.exit).await.unwrap(), None);
    assert!(!transport.is_open());
    let error = transport.open("true".to_owned(), false).await.err().unwrap();
    assert!(matches!(error, HostError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_host_that_falls_silent_is_given_up() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let args = "-o ServerAliveInterval=1 -o ServerAliveCountMax=2".to_owned();
    let vars = ConnectionVars { common_args: Some(args), ..sshd.vars(&scratch) };
    let transport = works(&vars, &scratch.env()).await;
    let mut process = transport
        .open("echo $PPID; sleep 1; kill -STOP $PPID; sleep 5".to_owned(), false)
        .await
        .unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\n") {
        text.push(process.output.read_u8().await.unwrap());
    }
    let pid = String::from_utf8(text).unwrap().trim().to_owned();
    let limit = Duration::from_mins(1);
    let ended = tokio::time::timeout(limit, process.output.read(&mut [0])).await;
    run("kill", &["-CONT", &pid]);
    assert!(ended.unwrap().is_err());
    assert!(!transport.is_open());
    let error = transport.open("true".to_owned(), false).await.err().unwrap();
    assert!(error.to_string().contains("Timeout, server not responding."), "{error}");
}

#[tokio::test]
async fn dropped_streams_end_the_program_and_free_its_place() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options { max_sessions: 1, ..Options::default() }).await;
    let transport = works(&vars(&server), &scratch.env()).await;
    for _ in 0..3 {
        drop(transport.open("exec sleep 60".to_owned(), false).await.unwrap());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(output(&*transport, "echo free").await.0, b"free\n");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_terminal_is_raw_and_silent() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let mut process = transport.open("[ -t 0 ] && exec cat".to_owned(), true).await.unwrap();
    process.input.write_all(b"a\x03\r\nb\x04").await.unwrap();
    let mut echo = [0; 6];
    process.output.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"a\x03\r\nb\x04");
    drop(process);
}

#[tokio::test]
async fn a_refused_terminal_is_an_error() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "PermitTTY no");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let error = transport.open("true".to_owned(), true).await.err().unwrap();
    assert!(error.to_string().contains("PTY allocation request failed"), "{error}");
    assert_eq!(output(&*transport, "echo still").await.0, b"still\n");
}

#[tokio::test]
async fn ports_are_reached_from_the_hosts_side() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let transport = works(&sshd.vars(&scratch), &scratch.env()).await;
    let mut stream = transport.tcp("127.0.0.1".to_owned(), sshd.port).await.unwrap();
    let mut banner = [0; 8];
    stream.read_exact(&mut banner).await.unwrap();
    assert_eq!(&banner, b"SSH-2.0-");
    let error = transport.tcp("127.0.0.1".to_owned(), 1).await.err().unwrap();
    assert!(
        matches!(&error, HostError::Unreachable(why) if why.contains("connect failed")),
        "{error:?}"
    );
}
