//! Archives of this machine's programs in all shells, and listings that were recorded.

use super::entry::{self, Entry};
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use crate::spec::{Content, Input, PathKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

/// Makes `@/a.tgz` and its kin of a small tree.
fn pack(desk: &Desk) {
    std::fs::create_dir_all(desk.path("t/top/d")).unwrap();
    desk.write("t/top/f x", "hello\n");
    desk.write("t/top/d/run", "#!/bin/sh\n");
    let mode = |name: &str, mode| {
        std::fs::set_permissions(desk.path(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    mode("t/top/d/run", 0o755);
    mode("t/top/f x", 0o640);
    mode("t/top/d", 0o750);
    symlink("f x", desk.path("t/top/l")).unwrap();
    std::fs::hard_link(desk.path("t/top/d/run"), desk.path("t/top/h")).unwrap();
    let dir = desk.path("");
    let make = "cd t && find . -exec touch -h -d '2020-01-02 03:04:05.25 UTC' {} + && tar cf ../a.tar top && tar czf ../a.tgz top && tar cJf ../a.txz top && tar cjf ../a.tbz top && tar --zstd -cf ../a.tzst top && zip -qry ../a.zip top";
    let made = Command::new("sh").args(["-c", make]).current_dir(dir).status().unwrap();
    assert!(made.success());
    std::fs::create_dir(desk.path("o")).unwrap();
}

fn send(desk: &mut Desk, name: &str) {
    let bytes = std::fs::read(desk.path(name)).unwrap();
    let path = desk.path(name).into();
    let input = Input::bytes(bytes);
    desk.inputs.files.insert("src", Input { content: Content::File(path), ..input });
}

#[tokio::test]
async fn what_is_unpacked_stays() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        pack(desk);
        send(desk, "a.tgz");
        let args = "{src: a.tgz, dest: @/o, list_files: true}";
        let told = desk.check("unarchive", args).await;
        assert_eq!((told.failed, told.changed), (None, true), "{shell}");
        assert_eq!(std::fs::read_dir(desk.path("o")).unwrap().count(), 0, "{shell}");
        let later = desk.check("file", "{path: @/o/top/d, state: directory, mode: '0750'}").await;
        assert_eq!((later.failed, later.changed), (None, false), "{shell}: it is foretold");
        desk.world = Default::default();
        let told = desk.settles("unarchive", args).await;
        assert_eq!((told.text("handler"), told.text("state")), ("TgzArchive".into(), "directory".into()));
        assert_eq!(told.text("files").matches("top/").count(), 6, "{shell} {}", told.text("files"));
        let meta = std::fs::metadata(desk.path("o/top/f x")).unwrap();
        assert_eq!((meta.mode() & 0o7777, meta.mtime()), (0o640, 1577934245), "{shell}");
        assert_eq!(std::fs::metadata(desk.path("o/top/h")).unwrap().nlink(), 2, "{shell}");
        let told = desk.check("unarchive", args).await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let length = desk.read("o/top/f x").len();
        desk.write("o/top/f x", "x".repeat(length));
        let old = "touch -d '2020-01-02 03:04:05.25 UTC' 'o/top/f x'";
        assert!(Command::new("sh").args(["-c", old]).current_dir(desk.path("")).status().unwrap().success());
        let told = desk.settles("unarchive", args).await;
        assert_eq!(told.text("differences"), "['top/f x: Contents differ']", "{shell}");
        std::fs::remove_file(desk.path("o/top/l")).unwrap();
        let told = desk.settles("unarchive", args).await;
        assert_eq!(told.text("differences"), "['top/l: missing']", "{shell}");
    }
}

#[tokio::test]
async fn all_kinds_of_archives() {
    let desk = &mut Desk::new("dash").await;
    pack(desk);
    for (name, handler) in [
        ("a.tar", "TarArchive"),
        ("a.txz", "TarXzArchive"),
        ("a.tbz", "TarBzipArchive"),
        ("a.tzst", "TarZstdArchive"),
        ("a.zip", "ZipArchive"),
    ] {
        let args = format!("{{src: @/{name}, dest: @/o, remote_src: true}}");
        let told = desk.check("unarchive", &args).await;
        assert_eq!((told.failed, told.changed), (None, true), "{name}");
        desk.world = Default::default();
        let told = desk.settles("unarchive", &args).await;
        assert_eq!(told.text("handler"), handler);
        assert_eq!(desk.read("o/top/f x"), b"hello\n");
        std::fs::remove_dir_all(desk.path("o/top")).unwrap();
    }
}

#[tokio::test]
async fn zip_archives_are_compared_by_their_sums() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        pack(desk);
        let args = "{src: @/a.zip, dest: @/o, remote_src: true}";
        desk.settles("unarchive", args).await;
        desk.write("o/top/f x", "jello\n");
        let old = "touch -d '2020-01-02 03:04:05 UTC' 'o/top/f x'";
        assert!(Command::new("sh").args(["-c", old]).current_dir(desk.path("")).status().unwrap().success());
        let told = desk.settles("unarchive", args).await;
        assert_eq!(told.text("differences"), "['top/f x: Contents differ']", "{shell}");
        assert_eq!(desk.read("o/top/f x"), b"hello\n");
    }
}

#[tokio::test]
async fn members_are_chosen_and_get_modes() {
    let desk = &mut Desk::new("dash").await;
    pack(desk);
    let base = "src: @/a.tgz, dest: @/o, remote_src: true";
    desk.settles("unarchive", &format!("{{{base}, exclude: [top/d, top/h], extra_opts: [--strip-components=1]}}")).await;
    assert!(desk.read("o/f x") == b"hello\n" && !std::path::Path::new(&desk.path("o/d")).exists());
    desk.settles("unarchive", &format!("{{{base}, include: [top/d]}}")).await;
    assert!(std::path::Path::new(&desk.path("o/top/d/run")).exists());
    assert!(!std::path::Path::new(&desk.path("o/top/l")).exists());
    desk.settles("unarchive", &format!("{{{base}, mode: 'u=rwX,go='}}")).await;
    let mode = |name: &str| std::fs::metadata(desk.path(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode("o/top/f x"), mode("o/top/d/run"), mode("o/top/d")), (0o600, 0o700, 0o700));
    desk.write("o/top/f x", "newer and longer\n");
    let told = desk.run("unarchive", &format!("{{{base}, mode: 'u=rwX,go=', creates: @/o/top}}")).await;
    assert!(told.text("msg").starts_with("skipped, since ") && told.text("skipped") == "True");
    let told = desk.run("unarchive", &format!("{{{base}, creates: @/none, dest: @/none}}")).await;
    assert!(told.failed.is_some());
}

#[tokio::test]
async fn nothing_is_written_outside() {
    let desk = &mut Desk::new("dash").await;
    std::fs::create_dir(desk.path("o")).unwrap();
    std::fs::create_dir(desk.path("out")).unwrap();
    let tar = |name: &str, members: &[(&str, Option<&str>)]| {
        let mut builder = tar::Builder::new(std::fs::File::create(desk.path(name)).unwrap());
        for (path, target) in members {
            let mut header = tar::Header::new_old();
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_mode(0o644);
            header.set_size(if target.is_some() { 0 } else { 1 });
            if let Some(target) = target {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target).unwrap();
            }
            header.set_cksum();
            let data: &[u8] = if target.is_some() { b"" } else { b"x" };
            builder.append(&header, data).unwrap();
        }
        builder.finish().unwrap();
    };
    tar("up.tar", &[("ok", None), ("a/../../evil", None)]);
    let out = desk.path("out");
    tar("link.tar", &[("l", Some(&out)), ("l/evil", None)]);
    for (name, why) in [("up.tar", "would lie outside"), ("link.tar", "lies below a link")] {
        let args = format!("{{src: @/{name}, dest: @/o, remote_src: true}}");
        let told = desk.run("unarchive", &args).await;
        assert!(told.failed.as_deref().is_some_and(|text| text.contains(why)), "{told:?}");
    }
    assert_eq!(std::fs::read_dir(desk.path("o")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(desk.path("out")).unwrap().count(), 0);
    desk.write("empty", "");
    desk.write("text", "no archive at all");
    for (name, why) in [("empty", "the file is 0 bytes"), ("text", "Failed to find handler"), ("none", "does not exist")] {
        let told = desk.run("unarchive", &format!("{{src: @/{name}, dest: @/o, remote_src: true}}")).await;
        assert!(told.failed.as_deref().is_some_and(|text| text.contains(why)), "{told:?}");
    }
    let told = desk.run("unarchive", "{src: @/up.tar, dest: @/none, remote_src: true}").await;
    assert!(told.failed.unwrap().ends_with("must be an existing dir"));
}

/// Recorded: `bsdtar --format=mtree ... -cf - @a.tgz` of libarchive 3.6.2, which FreeBSD 13.2 has as well.
const MTREE: &str = r"#mtree
./a gname=root uname=root time=1795458072.0 mode=755 gid=0 uid=0 type=dir
./a/f\040\303\251 gname=root uname=root time=1795458072.0 mode=644 gid=0 uid=0 type=file size=1 sha1digest=11f6ad8ec52a2984abaafd7c3b516503785c2072
./a/h gname=root uname=root time=1795458072.0 mode=644 gid=0 uid=0 type=file size=2 sha1digest=b2a801fc1f6cdddb5df949c5126817cb5c8562ce
./a/l gname=root uname=root time=1795458072.0 mode=777 gid=0 uid=0 type=link link=f\040\303\251
./a/n\012l gname=root uname=root time=1795458072.0 mode=644 gid=0 uid=0 type=file size=1 sha1digest=22ea1c649c82946aa6e479e1ffd321e4a318b1b0
./a/d gname=root uname=root time=1795458072.0 mode=755 gid=0 uid=0 type=dir
./a/d/g gname=root uname=root time=1795458072.0 mode=644 gid=0 uid=0 type=file size=0
";

/// Recorded: GNU tar 1.34 of the same archive.
const GNU: &str = r"drwxr-xr-x 0/0               0 2026-11-23 18:21:12 a/
-rw-r--r-- 0/0               1 2026-11-23 18:21:12 a/n\nl
-rw-r--r-- 0/0               2 2026-11-23 18:21:12 a/h
lrwxrwxrwx 0/0               0 2026-11-23 18:21:12 a/l -> f \303\251
-rw-r--r-- 0/0               1 2026-11-23 18:21:12 a/f \303\251
drwxr-xr-x 0/0               0 2026-11-23 18:21:12 a/d/
hrw-r--r-- 0/0               0 2026-11-23 18:21:12 a/d/g link to a/h
";

#[test]
fn both_tars_tell_the_same() {
    type Row = (String, Option<PathKind>, u32, u64, Option<String>, bool);
    let rows = |entries: Vec<Entry>| {
        let row = |e: Entry| (e.path, e.kind, e.mode, e.size, e.target, e.hard);
        let mut rows: Vec<Row> = entries.into_iter().map(row).collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows
    };
    let (gnu, bsd) = (rows(entry::gnu(GNU)), rows(entry::mtree(MTREE)));
    assert_eq!(gnu, bsd);
    assert_eq!(gnu.len(), 7);
    assert!(gnu.iter().any(|row| row.0 == "a/n\nl") && gnu.iter().any(|row| row.0 == "a/f \u{e9}"));
    assert_eq!(entry::mtree(MTREE)[1].sha1.as_deref(), Some("11f6ad8ec52a2984abaafd7c3b516503785c2072"));
    assert!(entry::check_names(["a/..", "b"]).is_err() && entry::check_names(["a..b/..c", "/abs"]).is_ok());
}

/// FreeBSD's tar is bsdtar.
#[tokio::test]
async fn bsdtar_does_it_too() {
    let tar = ("tar", "#!/bin/sh\nexec bsdtar \"$@\"\n");
    for shell in SHELLS {
        let desk = &mut Desk::with_tools(shell, &[tar]).await;
        pack(desk);
        for (archive, handler) in [("a.tgz", "TgzArchive"), ("a.txz", "TarXzArchive")] {
            let args = format!("{{src: @/{archive}, dest: @/o, remote_src: true, list_files: true}}");
            let told = desk.check("unarchive", &args).await;
            assert_eq!((told.failed, told.changed), (None, true), "{shell} {archive}");
            desk.world = Default::default();
            let told = desk.settles("unarchive", &args).await;
            assert_eq!(told.text("handler"), handler);
            assert_eq!(std::fs::metadata(desk.path("o/top/f x")).unwrap().mtime(), 1577934245);
            assert_eq!(std::fs::metadata(desk.path("o/top/h")).unwrap().nlink(), 2);
            desk.write("o/top/f x", "jello\n");
            let old = "touch -d '2020-01-02 03:04:05.25 UTC' 'o/top/f x'";
            assert!(Command::new("sh").args(["-c", old]).current_dir(desk.path("")).status().unwrap().success());
            let told = desk.settles("unarchive", &args).await;
            assert_eq!(told.text("differences"), "['top/f x: Contents differ']", "{shell}");
            std::fs::remove_dir_all(desk.path("o/top")).unwrap();
        }
        let args = "{src: @/a.tgz, dest: @/o, remote_src: true, extra_opts: [--strip-components=1], exclude: [top/d, top/h], mode: 'u=rwX,go='}";
        desk.settles("unarchive", args).await;
        assert!(desk.read("o/f x") == b"hello\n" && !std::path::Path::new(&desk.path("o/d")).exists());
        let odd = "{src: @/a.tgz, dest: @/o, remote_src: true, extra_opts: [--transform=s/a/b/]}";
        assert!(desk.run("unarchive", odd).await.failed.unwrap().contains("only --strip-components=N is known"));
    }
}
