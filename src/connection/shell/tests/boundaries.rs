//! Memory, streams, files both ways, hosts without a writable directory.

use super::*;
use crate::connection::shell::{Budget, Connect, Link, open_on};
use crate::spec::Content;
use std::time::Duration;

#[tokio::test]
async fn files_come_streamed_and_checked() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let bytes: Vec<u8> = (0..9_000_000u32).map(|i| (i ^ (i >> 11)) as u8).collect();
        std::fs::write(at("it's big"), &bytes).unwrap();
        let fetched = host.fetch(at("it's big").to_str().unwrap(), at("here"));
        let after = host.probe(Probe::new("after", "tk_put after"));
        // Nobody needs to poll the one for the other to come.
        assert_eq!(after.await.unwrap().text(), "after", "{shell}");
        let digest = fetched.await.unwrap();
        assert_eq!(digest.len(), 40);
        assert!(std::fs::read(at("here")).unwrap() == bytes, "{shell}");
        for (path, words) in [("/nosuch", "not a regular file"), ("/etc", "not a regular file")] {
            let error = host.fetch(path, at("never")).await.unwrap_err();
            assert!(error.to_string().contains(words), "{shell}: {error}");
        }
        assert!(matches!(
            host.fetch("/etc/passwd", "/nosuch/dir/x".into()).await,
            Err(HostError::Local(_))
        ));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "{shell}");
        assert_eq!(host.counts().shells(), 1);
    }
}

#[tokio::test]
async fn files_go_to_the_temp_directory() {
    for shell in SHELLS {
        let host = &host(shell).await;
        let bytes: Vec<u8> = (0..2_100_000u32).map(|i| (i * 31) as u8).collect();
        let one = host.put_temp("script.sh", Content::Bytes(bytes.clone().into()));
        let two = host.put_temp("../x y", Content::Bytes("".into()));
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert!(
            one.ends_with("script.sh") && two.ends_with("_x_y") && one != two,
            "{shell} {one} {two}"
        );
        assert!(std::fs::read(&one).unwrap() == bytes, "{shell}");
        assert_eq!(std::fs::metadata(&one).unwrap().permissions().mode() & 0o7777, 0o600);
        // They stay through the batches in which output files are removed.
        for _ in 0..60 {
            sh(host, "echo x").await;
        }
        assert!(Path::new(&one).exists() && Path::new(&two).exists(), "{shell}");
        assert!(
            std::fs::read_dir(Path::new(&one).parent().unwrap()).unwrap().count() < 40,
            "{shell}"
        );
        let error = host.put_temp("x", Content::File("/nosuch".into())).await.unwrap_err();
        assert!(error.to_string().starts_with("/nosuch: "), "{error}");
    }
}

#[tokio::test]
async fn untaken_answers_are_capped() {
    let local = Local::new("/bin/sh", env_of("dash"));
    let limits = Limits { budget: Arc::new(Budget::new(300_000)), answer: 1_000_000, ..limits() };
    let host = open(local as Arc<dyn Transport>, &Identity::login("h"), &limits).await.unwrap();
    let big = |n: &str| host.probe(Probe::new("big", "head -c \"$1\" /dev/zero").words([n]));
    let answers: Vec<_> = (0..10).map(|_| big("200000")).collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let held = limits.budget.held();
    assert!((200_000..=600_000).contains(&held), "{held}");
    for answer in answers {
        assert_eq!(answer.await.unwrap().stdout.len(), 200_000);
    }
    assert_eq!(limits.budget.held(), 0);
    let error = big("1000001").await.unwrap_err();
    assert_eq!(error.to_string(), "the answer of the probe big is over 1000000 bytes");
    assert_eq!(big("1000000").await.unwrap().stdout.len(), 1_000_000);
}

#[tokio::test]
async fn ports_are_tried_from_the_host() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_secs(2);
    for shell in SHELLS {
        let host = &host(shell).await;
        assert_eq!(host.reaches("127.0.0.1", port, limit).await, Ok(true), "{shell}");
        assert_eq!(host.reaches("127.0.0.1", 1, limit).await, Ok(false), "{shell}");
    }
    let tcp = super::super::host::through_connection;
    let link = || Arc::new(Link::fixed(Local::new("/bin/sh", Vec::new()) as Arc<dyn Transport>));
    assert_eq!(tcp(link(), "127.0.0.1".into(), port, limit).await, Ok(true));
    assert_eq!(tcp(link(), "127.0.0.1".into(), 1, limit).await, Ok(false));
}

#[tokio::test]
async fn without_a_writable_directory() {
    for shell in SHELLS {
        // Everything is read-only in a mount namespace of its own.
        let local = ReadOnly(Local::new("/bin/sh", env_of(shell)));
        let mut who = Identity::login(shell);
        who.shell = Some(shell_path(shell));
        let host = &open(Arc::new(local), &who, &limits()).await.unwrap();
        assert_eq!(
            ask(host, "tk_sha1 /etc/hostname | wc -c | tr -d ' '", &[]).await,
            "41\n",
            "{shell}"
        );
        let input = Probe::new("in", "wc -c | tr -d ' '").input(vec![b'x'; 70_000]);
        assert_eq!(host.probe(input).await.unwrap().text(), "70000\n", "{shell}");
        assert_eq!(ask(host, "tk_tmp || tk_put none", &[]).await, "none", "{shell}");
        assert_eq!(
            sh(host, "echo out; echo err >&2; exit 3").await,
            triple(3, "out\n", "err\n"),
            "{shell}"
        );
        let mut command = Command::shell("cat");
        command.stdin = Some("x".into());
        let error = host.run(command).await.unwrap_err();
        assert!(error.to_string().contains("no room for the data"), "{shell}: {error}");
        let error = host.put_temp("x", Content::Bytes("x".into())).await.unwrap_err();
        assert!(error.to_string().contains("no writable directory"), "{shell}: {error}");
        assert_eq!(sh(host, "echo fine").await, triple(0, "fine\n", ""), "{shell}");
    }
}

/// A login where no directory for temporary files can be written.
struct ReadOnly(Arc<Local>);

impl Transport for ReadOnly {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let inner = crate::base::quote::sh(&command);
        let script = format!(
            "for d in /tmp /var/tmp /dev/shm /root; do mount --bind $d $d && mount -o remount,bind,ro $d || exit 1; done; exec sh -c {inner}"
        );
        let script = crate::base::quote::sh(&script);
        self.0.open(format!("exec unshare -m /bin/sh -c {script}"), pty)
    }
    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        self.0.tcp(host, port)
    }
    fn is_open(&self) -> bool {
        self.0.is_open()
    }
    fn close(&self) -> BoxFuture<'static, ()> {
        self.0.close()
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_anew() {
    let made = Arc::new(std::sync::Mutex::new(Vec::<Arc<Local>>::new()));
    let all = Arc::clone(&made);
    let connect: Connect = Arc::new(move || {
        let local = Local::new("/bin/sh", env_of("dash"));
        all.lock().unwrap().push(Arc::clone(&local));
        Box::pin(std::future::ready(Ok(local as Arc<dyn Transport>)))
    });
    let link = Arc::new(Link::new(connect));
    let one = open_on(Arc::clone(&link), &Identity::login("h"), &limits()).await.unwrap();
    let two = open_on(Arc::clone(&link), &Identity::login("h"), &limits()).await.unwrap();
    assert_eq!(made.lock().unwrap().len(), 1, "shells share their connection");
    one.reconnect().await.unwrap();
    assert_eq!(made.lock().unwrap().len(), 2);
    assert!(!made.lock().unwrap()[0].is_open());
    assert_eq!(sh(&one, "echo 1").await, triple(0, "1\n", ""));
    // The other one's shell still lives here; on a real connection it is lost and opened again.
    let killed = two.run(Command::shell("kill -9 $PPID; sleep 5")).await;
    assert!(matches!(killed, Err(HostError::Lost(_))));
    assert_eq!(sh(&two, "echo 2").await, triple(0, "2\n", ""));
    assert_eq!(made.lock().unwrap()[1].started.load(Ordering::SeqCst), 2);
}
