//! Ways to a host: jump hosts, proxy commands, addresses, failures of the network.

use super::*;
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn know_all(scratch: &Scratch, servers: &[&Sshd]) {
    let key = fs::read_to_string(scratch.path("host_ed25519.pub")).unwrap();
    let lines: Vec<String> =
        servers.iter().map(|server| format!("{} {key}", server.name())).collect();
    fs::write(scratch.path(".ssh/known_hosts"), lines.concat()).unwrap();
}

#[tokio::test]
async fn jump_hosts_are_gone_through_in_order_and_shared() {
    let scratch = Scratch::new();
    let (first, second, end) = (
        Sshd::start(&scratch, "LogLevel VERBOSE"),
        Sshd::start(&scratch, "LogLevel VERBOSE"),
        Sshd::start(&scratch, ""),
    );
    let vars = end.vars(&scratch);
    know_all(&scratch, &[&first, &second, &end]);
    scratch.config(&format!(
        "Host one\n  HostName 127.0.0.1\n  Port {}\nHost two\n  HostName 127.0.0.1\n  Port {}\n\
         Host *\n  IdentityFile {}\n",
        first.port,
        second.port,
        scratch.path("key").display()
    ));
    let vars = ConnectionVars { common_args: Some("-o ProxyJump=one,two".to_owned()), ..vars };
    let env = scratch.env();
    let (a, b) = (works(&vars, &env).await, works(&vars, &env).await);
    drop((a, b));
    for server in [&first, &second] {
        let log = fs::read_to_string(scratch.path(&format!("sshd_{}.log", server.port))).unwrap();
        assert_eq!(log.matches("Accepted publickey").count(), 1, "{log}");
    }
}

#[tokio::test]
async fn a_way_that_ends_is_named() {
    let scratch = Scratch::new();
    let hop = Sshd::start(&scratch, "");
    let vars = hop.vars(&scratch);
    scratch.config(&format!("IdentityFile {}\n", scratch.path("key").display()));
    let args = format!("-J 127.0.0.1:{}", hop.port);
    let vars = ConnectionVars { port: Some(1), common_args: Some(args), ..vars };
    let text = fails(&vars, &scratch.env()).await;
    assert!(
        text.contains("open failed: connect failed") && text.contains("stdio forwarding failed"),
        "{text}"
    );
    scratch.config("Host loop\n  ProxyJump loop\n");
    let text = fails(&ConnectionVars::new("loop"), &scratch.env()).await;
    assert!(text.contains("jumphost loop via loop"), "{text}");
}

#[tokio::test]
async fn a_proxy_command_carries_the_connection() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let key = scratch.path("key").display().to_string();
    let known = scratch.path(".ssh/known_hosts").display().to_string();
    let proxy =
        format!("ssh -F none -i {key} -o UserKnownHostsFile={known} -p %p -W %h:%p 127.0.0.1");
    let vars = ConnectionVars {
        common_args: Some(format!("-o 'ProxyCommand={proxy}'")),
        ..sshd.vars(&scratch)
    };
    works(&vars, &scratch.env()).await;
    let failing = "-o 'ProxyCommand=echo no way through >&2; exit 1'".to_owned();
    let text = fails(&ConnectionVars { common_args: Some(failing), ..vars }, &scratch.env()).await;
    assert!(text.contains("no way through"), "{text}");
}

#[tokio::test]
async fn a_refused_connection_says_what_ssh_says() {
    let scratch = Scratch::new();
    let vars = ConnectionVars { port: Some(1), ..ConnectionVars::new("127.0.0.1") };
    let text = fails(&vars, &scratch.env()).await;
    let wanted = "Failed to connect to the host via ssh: ssh: connect to host 127.0.0.1 port 1: Connection refused";
    assert_eq!(text, wanted);
}

#[tokio::test]
async fn an_unknown_name_says_what_ssh_says() {
    let scratch = Scratch::new();
    let text = fails(&ConnectionVars::new("no-such-host.invalid"), &scratch.env()).await;
    let output =
        Command::new("ssh").args(["-T", "-F", "none", "no-such-host.invalid"]).output().unwrap();
    let real = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    assert_eq!(text, format!("Failed to connect to the host via ssh: {real}"));
}

#[tokio::test]
async fn a_silent_host_is_given_up_in_time() {
    let scratch = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let vars = ConnectionVars {
        port: Some(port),
        timeout: Some(Duration::from_secs(1)),
        ..ConnectionVars::new("127.0.0.1")
    };
    let start = Instant::now();
    let text = fails(&vars, &scratch.env()).await;
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let said = "Connection timed out during banner exchange\nConnection to 127.0.0.1 port";
    assert!(text.contains(said), "{text}");
}

#[tokio::test]
async fn a_host_that_hangs_up_is_named() {
    let scratch = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().take(3).for_each(drop));
    let vars = ConnectionVars { port: Some(port), ..ConnectionVars::new("127.0.0.1") };
    let text = fails(&vars, &scratch.env()).await;
    assert!(text.contains("kex_exchange_identification: "), "{text}");
    assert!(text.contains("127.0.0.1 port"), "{text}");
    let tries = ConnectionVars { retries: 1, ..vars };
    let start = Instant::now();
    fails(&tries, &scratch.env()).await;
    assert!(start.elapsed() > Duration::from_secs(1), "no second try");
}

#[tokio::test]
async fn without_a_common_cipher_the_offer_is_shown() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "Ciphers aes256-gcm@openssh.com");
    let with =
        |args: &str| ConnectionVars { common_args: Some(args.to_owned()), ..sshd.vars(&scratch) };
    works(&with("-c aes128-ctr,aes256-gcm@openssh.com"), &scratch.env()).await;
    let text = fails(&with("-o Ciphers=aes128-ctr"), &scratch.env()).await;
    assert!(
        text.contains("no matching cipher found. Their offer: aes256-gcm@openssh.com"),
        "{text}"
    );
    let text = fails(&with("-c nonsense"), &scratch.env()).await;
    assert!(text.contains("none of the ciphers"), "{text}");
}

#[tokio::test]
async fn many_hosts_connect_at_once_under_max_startups() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "MaxStartups 10:100:10");
    let vars = sshd.vars(&scratch);
    let env = scratch.env();
    let target = Target::resolve(&vars, &env).unwrap();
    let all = futures_util::future::join_all((0..30).map(|_| connect(&target, &env))).await;
    let failed: Vec<_> = all.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn families_and_source_addresses_are_heeded() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let with =
        |args: &str| ConnectionVars { common_args: Some(args.to_owned()), ..sshd.vars(&scratch) };
    let from = works(&with("-4 -b 127.0.0.9"), &scratch.env()).await;
    let (out, ..) = output(&*from, "echo $SSH_CLIENT").await;
    assert!(out.starts_with(b"127.0.0.9 "), "{}", String::from_utf8_lossy(&out));
    assert!(fails(&with("-6"), &scratch.env()).await.contains("port"));
}
