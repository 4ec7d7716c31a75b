//! Against repositories of this machine, in all shells.

use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use std::process::Command;

/// Runs git in a directory of the desk's and returns what it prints.
fn git(desk: &Desk, dir: &str, words: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(words)
        .current_dir(desk.path(dir))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{words:?} {error}");
    String::from_utf8_lossy(&out.stdout).trim().to_string()
}

fn commit(desk: &Desk, text: &str) -> String {
    desk.write("up/f", text);
    git(desk, "up", &["add", "f"]);
    git(desk, "up", &["commit", "-q", "-m", text]);
    git(desk, "up", &["rev-parse", "HEAD"])
}

/// A repository with two commits, a tag on the first, an annotated one on the second, and a branch.
fn upstream(desk: &Desk) -> (String, String) {
    std::fs::create_dir(desk.path("up")).unwrap();
    git(desk, "up", &["init", "-q", "-b", "main"]);
    let one = commit(desk, "one");
    git(desk, "up", &["tag", "v1"]);
    git(desk, "up", &["branch", "side"]);
    let two = commit(desk, "two");
    git(desk, "up", &["tag", "-a", "-m", "second", "v2"]);
    (one, two)
}

#[tokio::test]
async fn a_copy_follows_its_branch() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let (_, two) = upstream(desk);
        let args = "{repo: @/up, dest: @/deep/down/copy}";
        let told = desk.check("git", args).await;
        assert_eq!((told.failed.as_deref(), told.changed), (None, true), "{shell}");
        assert_eq!((told.text("before"), told.text("after")), ("None".into(), two.clone()));
        assert!(!std::path::Path::new(&desk.path("deep")).exists(), "{shell}");
        let again = desk.check("git", args).await;
        assert_eq!((again.failed.as_deref(), again.changed), (None, false), "{shell}: it is foretold");
        desk.world = Default::default();
        let told = desk.settles("git", args).await;
        assert_eq!((told.text("before"), told.text("after")), ("None".into(), two.clone()), "{shell}");
        assert_eq!(desk.read("deep/down/copy/f"), b"two", "{shell}");
        let three = commit(desk, "three");
        let told = desk.check("git", args).await;
        assert_eq!((told.changed, told.text("before"), told.text("after")), (true, two.clone(), three.clone()));
        assert_eq!(desk.read("deep/down/copy/f"), b"two", "{shell}: check mode");
        desk.world = Default::default();
        let told = desk.settles("git", args).await;
        assert_eq!((told.text("before"), told.text("after")), (two.clone(), three), "{shell}");
        assert_eq!(told.text("remote_url_changed"), "False");
        assert_eq!(desk.read("deep/down/copy/f"), b"three", "{shell}");
    }
}

#[tokio::test]
async fn branches_tags_and_commits() {
    let desk = &mut Desk::new("dash").await;
    let (one, two) = upstream(desk);
    for (version, sha) in [("v1", &one), ("v2", &two), ("side", &one), ("main", &two), (&one[..9], &one), (&two, &two)] {
        let args = format!("{{repo: @/up, dest: @/copy, version: '{version}'}}");
        let told = desk.settles("git", &args).await;
        assert_eq!(told.text("after"), *sha, "{version}");
        std::fs::remove_dir_all(desk.path("copy")).unwrap();
    }
    for version in ["main", "v1", "v2", "side", "main"] {
        let args = format!("{{repo: @/up, dest: @/copy, version: '{version}'}}");
        desk.settles("git", &args).await;
    }
    desk.run("git", "{repo: @/up, dest: @/copy, version: v2}").await;
    let told = desk.run("git", "{repo: @/up, dest: @/copy, version: main}").await;
    assert_eq!((told.failed, told.changed), (None, false), "the same commit");
    assert_eq!(git(desk, "copy", &["symbolic-ref", "--short", "HEAD"]), "main", "and yet it is on its branch");
    let told = desk.run("git", "{repo: @/up, dest: @/copy, version: nosuch}").await;
    assert_eq!(told.failed.unwrap(), "Could not determine remote revision for nosuch");
    let told = desk.run("git", "{repo: @/nosuch, dest: @/copy}").await;
    assert!(told.failed.unwrap().contains("nosuch"));
    let told = desk.run("git", "{repo: @/up, dest: @/copy, version: '--upload-pack=x'}").await;
    assert!(told.failed.is_some());
}

#[tokio::test]
async fn local_modifications_stay_unless_forced() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        upstream(desk);
        let args = "{repo: @/up, dest: @/copy}";
        desk.settles("git", args).await;
        desk.write("copy/untracked", "x");
        let told = desk.run("git", args).await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}: untracked files are none");
        desk.write("copy/f", "mine");
        for check in [true, false] {
            let told = if check { desk.check("git", args).await } else { desk.run("git", args).await };
            let text = format!("Local modifications exist in the destination: {} (force=no).", desk.path("copy"));
            assert_eq!(told.failed, Some(text), "{shell}");
        }
        assert_eq!(desk.read("copy/f"), b"mine");
        desk.settles("git", "{repo: @/up, dest: @/copy, force: true}").await;
        assert_eq!((desk.read("copy/f"), desk.read("copy/untracked")), (b"two".to_vec(), b"x".to_vec()));
    }
}

#[tokio::test]
async fn shallow_bare_and_moved() {
    let desk = &mut Desk::new("dash").await;
    let (one, two) = upstream(desk);
    desk.settles("git", "{repo: @/up, dest: @/a, depth: 1, version: main}").await;
    assert_eq!(git(desk, "a", &["rev-list", "--count", "HEAD"]), "1");
    desk.settles("git", "{repo: @/up, dest: @/a, depth: 1, version: v1}").await;
    assert_eq!(git(desk, "a", &["rev-parse", "HEAD"]), one);
    let told = desk.settles("git", "{repo: @/up, dest: @/bare.git, bare: true}").await;
    assert_eq!(told.text("after"), two);
    let three = commit(desk, "three");
    let told = desk.settles("git", "{repo: @/up, dest: @/bare.git, bare: true}").await;
    assert_eq!(told.text("after"), three);
    desk.settles("git", "{repo: @/up, dest: @/b}").await;
    std::fs::rename(desk.path("up"), desk.path("moved")).unwrap();
    let told = desk.settles("git", "{repo: @/moved, dest: @/b}").await;
    assert_eq!(told.text("remote_url_changed"), "True");
    let url = format!("file://{}", desk.path("moved"));
    assert_eq!(git(desk, "b", &["remote", "get-url", "origin"]), url);
    let told = desk.run("git", "{repo: @/moved, dest: @/c, clone: false}").await;
    assert_eq!((told.changed, told.text("after")), (false, three.clone()));
    desk.write("b/f", "mine");
    let told = desk.run("git", "{repo: @/moved, dest: @/b, update: false}").await;
    assert_eq!((told.failed.as_deref(), told.changed, told.text("after")), (None, false, three));
    std::fs::create_dir(desk.path("full")).unwrap();
    desk.write("full/x", "");
    let told = desk.run("git", "{repo: @/moved, dest: @/full}").await;
    assert!(told.failed.unwrap().ends_with("already exists and is not an empty directory."));
}

#[tokio::test]
async fn submodules_come_along() {
    let desk = &mut Desk::new("dash").await;
    upstream(desk);
    std::fs::create_dir(desk.path("outer")).unwrap();
    git(desk, "outer", &["init", "-q", "-b", "main"]);
    let inner = desk.path("up");
    git(desk, "outer", &["submodule", "add", "-q", &inner, "part"]);
    git(desk, "outer", &["commit", "-q", "-m", "part"]);
    let wrapper = desk.path("git-allowing");
    desk.write("git-allowing", "#!/bin/sh\nexec git -c protocol.file.allow=always \"$@\"\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&wrapper, mode).unwrap();
    let args = "{repo: @/outer, dest: @/copy, executable: @/git-allowing}";
    desk.settles("git", args).await;
    assert_eq!(desk.read("copy/part/f"), b"two");
    commit(desk, "three");
    git(desk, "outer/part", &["pull", "-q", "origin", "main"]);
    git(desk, "outer", &["commit", "-q", "-a", "-m", "newer part"]);
    desk.settles("git", args).await;
    assert_eq!(desk.read("copy/part/f"), b"three");
    git(desk, "copy", &["submodule", "deinit", "-q", "-f", "part"]);
    let told = desk.settles("git", args).await;
    assert_eq!((told.text("submodules_changed"), desk.read("copy/part/f")), ("True".into(), b"three".to_vec()));
    let plain = "{repo: @/outer, dest: @/plain, recursive: false}";
    desk.settles("git", plain).await;
    assert!(!std::path::Path::new(&desk.path("plain/part/f")).exists());
}
