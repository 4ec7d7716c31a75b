//! Every module through every shell that a host may have.

use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use crate::spec::{Content, Input};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

fn mode(desk: &Desk, name: &str) -> u32 {
    std::fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn files_directories_and_links() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        desk.settles("file", "{path: @/a/b/c, state: directory, mode: '0750'}").await;
        assert_eq!((mode(desk, "a"), mode(desk, "a/b/c")), (0o750, 0o750), "{shell}");
        desk.settles("file", "{path: @/a/f, state: touch, modification_time: '202001020304.05', access_time: preserve}").await;
        assert_eq!(std::fs::metadata(desk.path("a/f")).unwrap().mtime() % 60, 5, "{shell}");
        desk.settles("file", "{path: @/a/f, mode: 'u=rw,g=r,o='}").await;
        assert_eq!(mode(desk, "a/f"), 0o640);
        desk.settles("file", "{path: @/a/l, src: f, state: link}").await;
        desk.settles("file", "{path: @/a/l, src: b, state: link}").await;
        assert_eq!(std::fs::read_link(desk.path("a/l")).unwrap().to_str(), Some("b"), "{shell}");
        desk.settles("file", "{path: @/a/h, src: @/a/f, state: hard}").await;
        assert_eq!(std::fs::metadata(desk.path("a/f")).unwrap().nlink(), 2, "{shell}");
        std::fs::set_permissions(desk.path("a/b"), PermissionsExt::from_mode(0o2777)).unwrap();
        let told = desk.settles("file", "{path: @/a, recurse: true, mode: 'u=rwX,g=rX,o='}").await;
        assert_eq!((mode(desk, "a/b"), mode(desk, "a/f")), (0o750, 0o640), "{shell}");
        assert_eq!(told.text("state"), "directory");
        desk.settles("file", "{path: @/a, state: absent}").await;
        let told = desk.run("file", "{path: @/a, mode: '0600'}").await;
        assert!(told.failed.unwrap().ends_with("is absent, cannot continue"), "{shell}");
    }
}

#[tokio::test]
async fn a_directory_gets_exactly_its_bits() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        std::fs::create_dir(desk.path("d")).unwrap();
        std::fs::set_permissions(desk.path("d"), PermissionsExt::from_mode(0o2775)).unwrap();
        desk.settles("file", "{path: @/d, state: directory, mode: '0755'}").await;
        assert_eq!(mode(desk, "d"), 0o755, "{shell}");
        desk.settles("file", "{path: @/d/new, state: directory, mode: '1777'}").await;
        assert_eq!(mode(desk, "d/new"), 0o1777, "{shell}");
    }
}

#[tokio::test]
async fn content_arrives_as_it_is() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let told = desk.settles("copy", "{content: \"a\\n\", dest: @/f, mode: '0640'}").await;
        assert_eq!(told.text("checksum"), "3f786850e387550fdab836ed7e6dc881de23001b");
        assert_eq!((told.text("mode"), told.text("state")), ("0640".into(), "file".into()));
        let told = desk.settles("copy", "{content: b, dest: @/f, backup: true}").await;
        let kept = told.text("backup_file");
        assert_eq!(std::fs::read(&kept).unwrap(), b"a\n", "{shell} {kept}");
        assert_eq!(mode(desk, "f"), 0o640, "{shell}: the mode is kept");
        let refused = desk.run("copy", "{content: c, dest: @/f, validate: 'grep -q b %s'}").await;
        assert_eq!(refused.failed.as_deref(), Some("failed to validate"), "{shell}");
        assert_eq!((refused.text("exit_status"), desk.read("f")), ("1".into(), b"b".to_vec()));
        desk.settles("copy", "{content: bb, dest: @/f, validate: 'grep -q b %s'}").await;
        let kept = desk.run("copy", "{content: x, dest: @/f, force: false}").await;
        assert_eq!((kept.failed, kept.changed, desk.read("f")), (None, false, b"bb".to_vec()));
        let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let file = desk.path("source");
        std::fs::write(&file, &all).unwrap();
        let input = Input::bytes(all.clone());
        desk.inputs.files.insert("src", Input { content: Content::File(file.into()), ..input });
        desk.settles("copy", "{src: source, dest: @/new/deeper/}").await;
        assert_eq!(desk.read("new/deeper/source"), all, "{shell}");
        let failed = desk.run("copy", "{content: x, dest: @/no/where}").await;
        assert!(failed.failed.unwrap().ends_with("/no does not exist"), "{shell}");
        let failed = desk.run("copy", "{content: x, dest: @/new}").await;
        assert_eq!(failed.failed.as_deref(), Some("can not use content with a dir as dest"));
    }
}

#[tokio::test]
async fn links_are_followed_or_replaced() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        desk.write("f", "one\n");
        symlink("f", desk.path("l")).unwrap();
        desk.settles("copy", "{content: two, dest: @/l, follow: true}").await;
        assert_eq!(desk.read("f"), b"two", "{shell}");
        desk.settles("lineinfile", "{path: @/l, line: three}").await;
        assert_eq!(desk.read("f"), b"two\nthree\n", "{shell}");
        assert!(std::fs::symlink_metadata(desk.path("l")).unwrap().is_symlink(), "{shell}");
        desk.settles("copy", "{content: four, dest: @/l}").await;
        assert!(std::fs::symlink_metadata(desk.path("l")).unwrap().is_file(), "{shell}");
        assert_eq!(desk.read("f"), b"two\nthree\n", "{shell}");
        desk.settles("copy", "{src: @/f, dest: @/g, remote_src: true}").await;
        assert_eq!(desk.read("g"), b"two\nthree\n", "{shell}");
    }
}

#[tokio::test]
async fn texts_are_edited() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let told = desk
            .settles("lineinfile", "{path: @/n/f, line: a=1, create: true, mode: '0600'}")
            .await;
        assert_eq!(told.text("msg"), "line added and ownership, perms or SE linux context changed");
        assert_eq!(mode(desk, "n/f"), 0o600, "{shell}");
        desk.settles("lineinfile", "{path: @/n/f, regexp: '^(a)=', line: '\\1=2', backrefs: true}")
            .await;
        desk.settles(
            "blockinfile",
            "{path: @/n/f, block: \"b\\nc\", insertbefore: BOF, marker: '# {mark}'}",
        )
        .await;
        assert_eq!(desk.read("n/f"), b"# BEGIN\nb\nc\n# END\na=2\n", "{shell}");
        desk.settles("replace", "{path: @/n/f, regexp: '^([bc])$', replace: '<\\1>'}").await;
        assert_eq!(desk.read("n/f"), b"# BEGIN\n<b>\n<c>\n# END\na=2\n", "{shell}");
        let told = desk
            .run(
                "lineinfile",
                "{path: @/n/f, line: x, validate: 'sh -c \"echo no >&2; exit 3\" %s'}",
            )
            .await;
        assert_eq!(told.failed.as_deref(), Some("failed to validate: rc:3 error:no\n"), "{shell}");
        let told = desk
            .settles("lineinfile", "{path: @/n/f, regexp: '^<', state: absent, backup: true}")
            .await;
        assert_eq!(
            (told.text("found"), told.text("msg")),
            ("2".into(), "2 line(s) removed".into())
        );
        assert!(std::path::Path::new(&told.text("backup")).exists(), "{shell}");
        let told = desk.run("lineinfile", "{path: @/none, line: x}").await;
        assert!(told.failed.unwrap().ends_with("/none does not exist !"), "{shell}");
        assert_eq!(told.fields[&crate::base::Key::from("rc")].text(), "257");
    }
}

#[tokio::test]
async fn what_is_there_is_told() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        desk.write("a b", "hello\n");
        symlink("a b", desk.path("l")).unwrap();
        std::fs::create_dir_all(desk.path("d/e")).unwrap();
        desk.write("d/x.log", "x\n");
        desk.write("d/e/y.log", "y\n");
        desk.write("d/e/.hid", "");
        let told = desk.run("stat", "{path: '@/a b', checksum_algorithm: md5}").await;
        let stat = &told.fields[&crate::base::Key::from("stat")];
        let text = |name: &str| stat.get(name).map(crate::base::Value::text).unwrap_or_default();
        assert_eq!(
            (text("exists"), text("size"), text("isreg")),
            ("True".into(), "6".into(), "True".into())
        );
        assert_eq!(text("checksum"), "b1946ac92492d2347c6235b4d2611184", "{shell}");
        assert_eq!(
            (text("readable"), text("executable")),
            ("True".into(), "False".into()),
            "{shell}"
        );
        let told = desk.run("stat", "{path: @/l}").await;
        assert_eq!(
            told.fields[&crate::base::Key::from("stat")].get("lnk_target").unwrap().text(),
            "a b",
            "{shell}"
        );
        assert_eq!(
            told.fields[&crate::base::Key::from("stat")].get("lnk_source").unwrap().text(),
            desk.path("a b")
        );
        let told = desk.run("stat", "{path: @/none}").await;
        assert_eq!(
            told.fields[&crate::base::Key::from("stat")].text(),
            "{'exists': False}",
            "{shell}"
        );
        let told = desk.run("slurp", "{src: @/l}").await;
        assert_eq!(told.text("content"), "aGVsbG8K", "{shell}");
        let told = desk
            .run(
                "find",
                "{paths: @, patterns: '*.log', recurse: true, contains: y, get_checksum: true}",
            )
            .await;
        assert_eq!(
            (told.text("matched"), told.text("examined")),
            ("1".into(), "7".into()),
            "{shell}"
        );
        let file = &told.fields[&crate::base::Key::from("files")].as_list().unwrap()[0];
        assert_eq!(file.get("path").unwrap().text(), desk.path("d/e/y.log"));
        assert_eq!(file.get("checksum").unwrap().text(), sha1(b"y\n"), "{shell}");
        let told = desk.run("find", "{paths: [@/d, @/none], file_type: any}").await;
        assert_eq!((told.text("matched"), told.warnings.len()), ("2".into(), 1), "{shell}");
    }
}

fn sha1(bytes: &[u8]) -> String {
    Input::bytes(bytes.to_vec()).sha1
}

#[tokio::test]
async fn files_are_made_of_fragments_and_fetched() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        std::fs::create_dir(desk.path("parts")).unwrap();
        desk.write("parts/2", "two");
        desk.write("parts/1", "one\n");
        desk.write("parts/.3", "three\n");
        desk.settles(
            "assemble",
            "{src: @/parts, dest: @/whole, delimiter: '--', ignore_hidden: true}",
        )
        .await;
        assert_eq!(desk.read("whole"), b"one\n--\ntwo", "{shell}");
        let told = desk.settles("fetch", "{src: @/whole, dest: got/, flat: true}").await;
        assert_eq!(
            (told.text("dest"), desk.read("got/whole")),
            (desk.path("got/whole"), b"one\n--\ntwo".to_vec())
        );
        let told = desk.settles("fetch", "{src: @/whole, dest: got}").await;
        assert_eq!(told.text("dest"), format!("{}/desk{}", desk.path("got"), desk.path("whole")));
        let told = desk
            .run("fetch", "{src: @/none, dest: got/, flat: true, fail_on_missing: false}")
            .await;
        assert_eq!((told.failed.as_deref(), told.changed), (None, false), "{shell}");
        let told = desk.run("fetch", "{src: @/none, dest: got/, flat: true}").await;
        assert_eq!(
            told.failed.as_deref(),
            Some("the remote file does not exist, not transferring, ignored")
        );
        let told = desk.run("tempfile", "{state: directory, path: @, suffix: .work}").await;
        assert!(told.changed && told.text("path").ends_with(".work"), "{shell}");
        assert_eq!((told.text("mode"), told.text("state")), ("0700".into(), "directory".into()));
        let told = desk.run("tempfile", "{path: @/none}").await;
        assert!(told.failed.unwrap().starts_with("[Errno 2] No such file or directory"), "{shell}");
    }
}

#[tokio::test]
async fn what_moved_meanwhile_is_looked_at_again() {
    let desk = &mut Desk::new("dash").await;
    desk.write("f", "a\n");
    // The command that checks the new file is the moment between look and rename.
    let racing = format!("sh -c 'echo b >>{0}; exit 1' %s", desk.path("f"));
    let told =
        desk.run("copy", &format!("{{content: c, dest: @/f, validate: \"{racing}\"}}")).await;
    assert_eq!(told.failed.as_deref(), Some("failed to validate"));
    assert_eq!(desk.read("f"), b"a\nb\n");
    desk.settles("lineinfile", "{path: @/f, line: c}").await;
    assert_eq!(desk.read("f"), b"a\nb\nc\n");
}

#[tokio::test]
async fn a_look_at_what_is_as_wanted_is_one_question() {
    let desk = &mut Desk::new("dash").await;
    desk.write("f", "a\n");
    let all = [
        ("file", "{path: @/f, mode: '0644', owner: root}"),
        ("copy", "{content: \"a\\n\", dest: @/f, mode: '0644', owner: root}"),
        ("lineinfile", "{path: @/f, line: a}"),
        ("replace", "{path: @/f, regexp: z}"),
        ("stat", "{path: @/f}"),
        ("slurp", "{src: @/f}"),
    ];
    std::fs::set_permissions(desk.path("f"), PermissionsExt::from_mode(0o644)).unwrap();
    for (module, args) in all {
        let told = desk.run(module, args).await;
        assert_eq!((told.failed, told.changed, told.asked), (None, false, 1), "{module}");
    }
}
