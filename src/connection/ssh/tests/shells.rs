//! The shell runtime over every transport.

use super::demo::{server, vars};
use super::*;
use crate::connection::r#become::Identity;
use crate::connection::shell::{Limits, Link, ShellHost, open, open_on};
use crate::connection::{local::LocalTransport, openssh};
use crate::demo::Options;
use crate::spec::{Command, Content, Host, Probe};

async fn shell(transport: Arc<dyn Transport>) -> Arc<ShellHost> {
    open(transport, &Identity::login("host"), &Limits::default()).await.unwrap()
}

/// A command, a probe and a file there and back.
async fn serves(host: &ShellHost, scratch: &Scratch) {
    let answer = host.run(Command::shell("echo out; echo err >&2; exit 3")).await.unwrap();
    assert_eq!(
        (answer.rc, answer.text().as_str(), answer.error_text().as_str()),
        (3, "out\n", "err\n")
    );
    let asked =
        (0..20).map(|n| host.probe(Probe::new("n", "echo $1\n").words([n.to_string().as_str()])));
    for (n, answer) in futures_util::future::join_all(asked).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().text(), format!("{n}\n"));
    }
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let path = host.put_temp("data", Content::Bytes(bytes.clone().into())).await.unwrap();
    let back = scratch.path("back");
    host.fetch(&path, back.clone()).await.unwrap();
    assert!(fs::read(back).unwrap() == bytes);
}

#[tokio::test]
async fn the_shell_runs_over_every_transport() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "MaxSessions 2");
    let vars = sshd.vars(&scratch);
    let ssh = works(&vars, &scratch.env()).await;
    serves(&*shell(ssh).await, &scratch).await;
    let known =
        format!("-F none -o UserKnownHostsFile={}", scratch.path(".ssh/known_hosts").display());
    let sealed = ConnectionVars { common_args: Some(known), ..vars };
    let system = openssh::connect(&sealed, &scratch.env()).await.unwrap();
    serves(&*shell(system).await, &scratch).await;
    serves(&*shell(LocalTransport::new()).await, &scratch).await;
}

#[tokio::test]
async fn the_shell_runs_over_the_demo() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options::default()).await;
    let ssh = works(&vars(&server), &scratch.env()).await;
    serves(&*shell(ssh).await, &scratch).await;
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_for_the_next_probe() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let env = scratch.env();
    let target = Arc::new(Target::resolve(&sshd.vars(&scratch), &env).unwrap());
    let link = Link::new(Arc::new(move || {
        let (target, env) = (Arc::clone(&target), env.clone());
        Box::pin(async move { connect(&target, &env).await.map(|ssh| ssh as Arc<dyn Transport>) })
    }));
    let host = open_on(Arc::new(link), &Identity::login("host"), &Limits::default()).await.unwrap();
    let parent = host.run(Command::shell("ps -o ppid= -p $PPID")).await.unwrap().text();
    run("kill", &["-9", parent.trim()]);
    let answer = host.probe(Probe::new("alive", "echo alive\n")).await.unwrap();
    assert_eq!(answer.text(), "alive\n");
}
