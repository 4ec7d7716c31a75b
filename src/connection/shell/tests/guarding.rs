//! Changes that may cut our own way in.

use super::*;
use crate::connection::shell::{Connect, Link, open_on};
use crate::spec::{Change, Op, Ran};
use std::time::Duration;

/// A host that cannot be reached while the file `cut` exists.
async fn host_behind(cut: PathBuf, shell: &str) -> Arc<ShellHost> {
    let name = shell.to_string();
    let connect: Connect = Arc::new(move || {
        let reached = if cut.exists() {
            Err(HostError::Unreachable("cut".into()))
        } else {
            Ok(Local::new("/bin/sh", env_of(&name)) as Arc<dyn Transport>)
        };
        Box::pin(std::future::ready(reached))
    });
    let mut who = Identity::login(shell);
    who.shell = Some(shell_path(shell));
    open_on(Arc::new(Link::new(connect)), &who, &limits()).await.unwrap()
}

fn guarded(dir: &Path, apply: &str, confirm: &str, seconds: u64) -> Change {
    let with =
        |text: &str| Command { chdir: Some(dir.display().to_string()), ..Command::shell(text) };
    let mut rollback = with("cat >undone; rm -f done cut; echo undoing");
    rollback.stdin = Some("it's back".into());
    let op = Op::Guarded {
        apply: with(apply),
        rollback,
        confirm: with(confirm),
        deadline: Duration::from_secs(seconds),
    };
    Change::new(op, "guarded")
}

async fn apply(host: &ShellHost, changes: Vec<Change>) -> Vec<Ran> {
    host.apply(vec![changes], Vec::new(), None).await.unwrap().ran
}

fn guards_left() -> usize {
    let mine =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(".tank-guard.");
    ["/var/run", "/tmp"].iter().flat_map(std::fs::read_dir).flatten().flatten().filter(mine).count()
}

/// One test: they look at the same directory for what is left over.
#[tokio::test]
async fn confirmed_refused_and_cut_off() {
    for shell in ["dash", "alpine", "bash"] {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let host = &host_behind(at("cut"), shell).await;

        let run = |name: &str| {
            Change::new(Op::Run(Command::shell(format!("touch {}", at(name).display()))), "run")
        };
        let good = guarded(dir.path(), "touch done; echo out", "test -e done", 20);
        let ran = apply(host, vec![run("before"), good, run("after")]).await;
        assert_eq!(ran.iter().map(|r| r.answer.rc).collect::<Vec<_>>(), [0, 0, 0], "{shell}");
        assert_eq!(ran[1].answer.text(), "out\n");
        assert!(at("done").exists() && at("after").exists() && !at("undone").exists(), "{shell}");

        let unproved = guarded(dir.path(), "touch done", "echo no >&2; exit 4", 20);
        let ran = apply(host, vec![unproved, run("never")]).await;
        assert_eq!((ran.len(), ran[0].answer.rc), (1, Ran::UNCONFIRMED), "{shell}");
        assert_eq!(ran[0].answer.error_text(), "its proof failed (4): no; it was rolled back");
        assert_eq!(std::fs::read_to_string(at("undone")).unwrap(), "it's back");
        assert!(!at("done").exists() && !at("never").exists());

        std::fs::remove_file(at("undone")).unwrap();
        let failing = guarded(dir.path(), "touch done; echo oops >&2; exit 3", "true", 20);
        let ran = apply(host, vec![failing]).await;
        assert_eq!((ran[0].answer.rc, at("done").exists()), (3, false), "{shell}");
        assert_eq!(ran[0].answer.error_text(), "oops\nit failed; it was rolled back");

        std::fs::remove_file(at("undone")).unwrap();
        let cutting = guarded(dir.path(), "touch done cut; kill -9 $PPID", "true", 3);
        let ran = apply(host, vec![cutting]).await;
        let text = "not confirmed within 3 seconds; it was rolled back";
        assert_eq!(
            (ran[0].answer.rc, ran[0].answer.error_text().as_str()),
            (Ran::UNCONFIRMED, text),
            "{shell}"
        );
        assert!(at("undone").exists() && !at("done").exists());
        assert_eq!(sh(host, "echo back").await, triple(0, "back\n", ""));
        assert_eq!(guards_left(), 0, "{shell}");

        // The old connection says nothing any more; the new one proves it, and takes its place.
        std::fs::remove_file(at("undone")).unwrap();
        let silent = guarded(dir.path(), "touch done; exec sleep 20", "test -e done", 12);
        let ran = apply(host, vec![silent, run("behind")]).await;
        assert_eq!(ran.iter().map(|r| r.answer.rc).collect::<Vec<_>>(), [0, 0], "{shell}");
        assert!(at("behind").exists() && at("done").exists() && !at("undone").exists());

        // Slow, and not proved before it is through.
        let slow = guarded(dir.path(), "rm done; sleep 3; touch slow", "test -e slow", 8);
        let ran = apply(host, vec![slow]).await;
        assert_eq!((ran[0].answer.rc, at("slow").exists()), (0, true), "{shell}");
        assert_eq!(guards_left(), 0, "{shell}");
    }
}

#[tokio::test]
async fn nothing_is_done_where_nothing_can_be_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let host = host("dash").await;
    let change = guarded(dir.path(), "touch done", "true", 5);
    let error = host.apply(vec![vec![change]], Vec::new(), None).await.unwrap_err();
    assert!(error.to_string().contains("needs a second connection"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
