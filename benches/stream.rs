//! `stream PORT KEY KNOWN_HOSTS BYTES`: carries so many zeros between two connections of ours to that server of
//! loopback, and prints how long it took. Run by `stream.sh`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Instant;
use tank::connection::r#become::Identity;
use tank::connection::shell::{self, Limits};
use tank::connection::ssh::{ConnectEnv, ConnectionVars, Target, connect};
use tank::run::stream::{self, relay};
use tank::spec::{Host, Program};

async fn host(words: &[String]) -> Arc<dyn Host> {
    let env = ConnectEnv::of_process(None);
    let vars = ConnectionVars {
        port: words[0].parse().ok(),
        private_key_file: Some(words[1].clone()),
        common_args: Some(format!("-F /dev/null -o UserKnownHostsFile={}", words[2])),
        ..ConnectionVars::new("127.0.0.1")
    };
    let transport = connect(&Target::resolve(&vars, &env).unwrap(), &env).await.unwrap();
    shell::open(transport, &Identity::login("h"), &Limits::default()).await.unwrap()
}

async fn run(words: &[String]) {
    let (a, b) = (host(words).await, host(words).await);
    let script = format!("head -c {} /dev/zero", words[3]);
    let start = Instant::now();
    let from = a.pipe(&Program::producer("from", script)).await.unwrap();
    let to = b.pipe(&Program::consumer("to", "cat >/dev/null")).await.unwrap();
    let never = Box::pin(std::future::pending());
    let relayed = relay(from, to, &stream::Limits::default(), &|_| {}, never).await;
    assert!(relayed.is_ok(), "{relayed:?}");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{:.2} {} bytes {peak}", start.elapsed().as_secs_f64(), relayed.bytes);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    assert!(words.len() == 4, "stream PORT KEY KNOWN_HOSTS BYTES");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(&words));
}
