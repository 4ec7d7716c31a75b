use super::*;
use crate::connection::r#become::Identity;
use crate::connection::local::LocalTransport;
use crate::connection::shell::{self, Limits as ShellLimits};
use crate::spec::{Host, Program};
use std::sync::{Arc, Mutex};

async fn host() -> Arc<dyn Host> {
    let who = Identity::login("here");
    shell::open(LocalTransport::new(), &who, &ShellLimits::default()).await.unwrap()
}

fn never() -> BoxFuture<'static, ()> {
    Box::pin(std::future::pending())
}

async fn carry(from: &str, to: &str) -> Relayed {
    let host = host().await;
    let from = host.pipe(&Program::producer("from", from)).await.unwrap();
    let to = host.pipe(&Program::consumer("to", to)).await.unwrap();
    relay(from, to, &Limits::default(), &|_| {}, never()).await
}

/// Whether a process with this word in its command line is there.
fn runs(word: &str) -> bool {
    let own = std::process::id().to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let others = entries.filter(|entry| entry.file_name().to_string_lossy() != own);
    others.into_iter().any(|entry| {
        let text = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&text).contains(word)
    })
}

async fn gone(word: &str) {
    let start = Instant::now();
    while runs(word) {
        assert!(start.elapsed() < Duration::from_secs(12), "{word} goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn words_environment_and_streams_reach_the_program() {
    let host = host().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let script = "cat; printf '%s|' \"$@\" \"$LC_ALL\"; command -v ls >&2; echo 'two' >&2; exit 3";
    let program = Program::consumer("test", script)
        .words(["a b", "", "it's \\n $HOME", "ü"])
        .lines(Arc::new(move |line| sink.lock().unwrap().push(line.to_string())));
    let mut pipe = host.pipe(&program).await.unwrap();
    pipe.input.write(bytes::Bytes::from_static(b"in\0\xff|")).await.unwrap();
    pipe.input.close().await;
    let mut all = Vec::new();
    loop {
        let bytes = pipe.output.read().await.unwrap();
        if bytes.is_empty() {
            break;
        }
        all.extend_from_slice(&bytes);
    }
    assert_eq!(all, [&b"in\0\xff|"[..], "a b||it's \\n $HOME|ü|C|".as_bytes()].concat());
    let ended = pipe.running.wait().await;
    assert_eq!((ended.end, ended.stderr.lines().last()), (End::Code(3), Some("two")));
    assert_eq!(heard.lock().unwrap().len(), 2);
    assert_eq!(pipe.running.wait().await, ended);
}

#[tokio::test]
async fn all_bytes_go_over_and_both_codes_are_known() {
    let relayed = carry("head -c 30000000 /dev/zero", "[ \"$(wc -c)\" -eq 30000000 ]").await;
    assert!(relayed.is_ok() && relayed.bytes == 30_000_000, "{relayed:?}");
    let relayed = carry("echo a; echo no such dataset >&2; exit 2", "cat >/dev/null").await;
    assert_eq!(relayed.cause().unwrap(), "no such dataset");
    assert_eq!((relayed.from.end, relayed.to.end), (End::Code(2), End::Code(0)));
    let relayed = carry("exit 1", "cat >/dev/null").await;
    assert_eq!((relayed.bytes, relayed.cause().unwrap().as_str()), (0, "exit code 1"));
    let relayed = carry("echo all", "cat >/dev/null; echo late >&2; exit 9").await;
    assert_eq!(relayed.cause().unwrap(), "late");
}

#[tokio::test]
async fn a_consumer_that_fails_ends_the_producer() {
    let relayed =
        carry("exec cat /dev/zero", "head -c 5000000 >/dev/null; echo out of space >&2; exit 1")
            .await;
    assert_eq!((relayed.cut, relayed.to.end), (Cut::Consumer, End::Code(1)));
    assert_eq!(relayed.cause().unwrap(), "out of space");
    assert!(!relayed.from.is_ok());
    let relayed = carry("sleep 4567", "exit 0").await;
    assert_eq!(relayed.cause().unwrap(), "the receiver ended before the stream did");
    gone("4567").await;
}

#[tokio::test]
async fn a_consumer_that_knows_its_end_may_be_first() {
    let relayed = carry("printf 12345; sleep 1", "head -c 5 >/dev/null").await;
    assert!(relayed.is_ok() && relayed.bytes == 5, "{relayed:?}");
}

#[tokio::test]
async fn a_stop_ends_both_with_all_they_started() {
    let host = host().await;
    let from = host.pipe(&Program::producer("from", "sleep 7771 & sleep 7771")).await.unwrap();
    let to = "(trap '' TERM; sleep 7772 & while :; do sleep 7772; done) & sleep 7772";
    let to = host.pipe(&Program::consumer("to", to)).await.unwrap();
    let start = Instant::now();
    let stop = Box::pin(tokio::time::sleep(Duration::from_millis(300)));
    let relayed = relay(from, to, &Limits::default(), &|_| {}, stop).await;
    assert_eq!(relayed.cause().unwrap(), "interrupted");
    assert_eq!(relayed.from.end, End::Signal(15));
    gone("7771").await;
    gone("7772").await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test]
async fn dropped_pipes_leave_nothing() {
    let host = host().await;
    let programs = [
        Program::producer("from", "sleep 6661"),
        Program::consumer("to", "sleep 6661"),
        Program::producer("full", "cat /dev/zero; sleep 6661"),
    ];
    for program in programs {
        drop(host.pipe(&program).await.unwrap());
    }
    gone("6661").await;
}

#[tokio::test]
async fn a_rate_is_kept() {
    let host = host().await;
    let from = host.pipe(&Program::producer("from", "head -c 6000000 /dev/zero")).await.unwrap();
    let to = host.pipe(&Program::consumer("to", "cat >/dev/null")).await.unwrap();
    let limits = Limits { rate: Schedule::always(Some(2_000_000)) };
    let (start, told) = (Instant::now(), Mutex::new(Vec::new()));
    let relayed = relay(from, to, &limits, &|done| told.lock().unwrap().push(done), never()).await;
    let took = start.elapsed().as_secs_f64();
    assert!(relayed.is_ok() && (2.7..3.6).contains(&took), "{took} {relayed:?}");
    let told = told.into_inner().unwrap();
    assert!(told.len() >= 5 && told.is_sorted() && told.last() == Some(&6_000_000), "{told:?}");
}

#[tokio::test]
async fn a_pair_within_a_host_tells_both_ends() {
    let host = host().await;
    let heard = Mutex::new(0);
    let count = |_: &crate::zfs::legs::Said| *heard.lock().unwrap() += 1;
    let run = |parts, stop| super::super::pair(&host, parts, true, &count, stop);
    let texts =
        ["head -c 9000000 /dev/zero; echo sent >&2", "wc -c | tr -d ' '; echo 'had it' >&2"];
    let relayed = run(texts, never()).await.unwrap();
    assert!(relayed.is_ok() && relayed.bytes == 9_000_000, "{relayed:?}");
    assert_eq!((relayed.from.stderr.as_str(), relayed.to.stderr.lines().count()), ("sent\n", 2));
    assert_eq!(*heard.lock().unwrap(), 6);
    let relayed = run(["cat /dev/zero", "echo full >&2; exit 1"], never()).await.unwrap();
    assert_eq!((relayed.to.end, relayed.cause().unwrap().as_str()), (End::Code(1), "full"));
    let relayed = run(["echo gone >&2; exit 2", "cat >/dev/null"], never()).await.unwrap();
    assert_eq!(relayed.cause().unwrap(), "gone");
    let stop = Box::pin(tokio::time::sleep(Duration::from_millis(200)));
    let relayed = run(["sleep 5551", "sleep 5551"], stop).await.unwrap();
    assert_eq!(relayed.cause().unwrap(), "interrupted");
    gone("5551").await;
}
