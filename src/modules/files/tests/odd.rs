//! Names and contents that break careless programs.

use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;

const NAMES: [&str; 9] =
    ["a b", "it's", "\"q\"", "$HOME `id`", "-rf", "back\\slash", "new\nline\n", "ünï", "*?[a]"];

fn quoted(name: &str) -> String {
    crate::base::value::to_json(&crate::base::Value::from(name), crate::base::value::Layout::DUMPS)
}

#[tokio::test]
async fn names_are_only_names() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        for name in NAMES {
            let dir = quoted(&desk.path(name));
            let file = quoted(&desk.path(&format!("{name}/{name}")));
            let link = quoted(&desk.path(&format!("{name}/l")));
            desk.settles("file", &format!("{{path: {dir}, state: directory, mode: '0711'}}")).await;
            desk.settles("copy", &format!("{{content: \"a\\n\", dest: {file}}}")).await;
            desk.settles("lineinfile", &format!("{{path: {file}, line: b}}")).await;
            let target = quoted(name);
            desk.settles("file", &format!("{{path: {link}, src: {target}, state: link}}")).await;
            desk.settles("lineinfile", &format!("{{path: {link}, line: c}}")).await;
            let told = desk.run("slurp", &format!("{{src: {file}, armor: false}}")).await;
            assert_eq!(told.text("content"), "a\nb\nc\n", "{shell} {name:?}");
            let told = desk.run("stat", &format!("{{path: {link}, get_mime: false}}")).await;
            let stat = &told.fields[&crate::base::Key::from("stat")];
            assert_eq!(stat.get("lnk_target").unwrap().text(), name, "{shell}");
            assert_eq!(
                stat.get("lnk_source").unwrap().text(),
                desk.path(&format!("{name}/{name}"))
            );
            let told = desk.run("find", &format!("{{paths: [{dir}], contains: '[abc]'}}")).await;
            // A name with a newline cannot be asked for its content.
            let wanted = if name.contains('\n') { "0" } else { "1" };
            assert_eq!(told.text("matched"), wanted, "{shell} {name:?}");
            let told = desk.run("find", &format!("{{paths: [{dir}]}}")).await;
            let files = told.fields[&crate::base::Key::from("files")].as_list().unwrap();
            assert!(!files.is_empty(), "{shell} {name:?}: {told:?}");
            assert_eq!(files[0].get("path").unwrap().text(), desk.path(&format!("{name}/{name}")));
            desk.settles("file", &format!("{{path: {dir}, recurse: true, mode: 'o-rwx'}}")).await;
        }
        for name in NAMES {
            let dir = quoted(&desk.path(name));
            desk.settles("file", &format!("{{path: {dir}, state: absent}}")).await;
        }
        assert_eq!(std::fs::read_dir(desk.path("")).unwrap().count(), 0, "{shell}");
    }
}

#[tokio::test]
async fn contents_are_only_bytes() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let mut odd: Vec<u8> = (0..=255).filter(|byte| *byte != b'\r').collect();
        odd.extend(b"\nfour\xf4\x8f\xbe\x80\n");
        desk.write("f", &odd);
        desk.settles("lineinfile", "{path: @/f, line: last}").await;
        odd.extend(b"last\n");
        assert_eq!(desk.read("f"), odd, "{shell}");
        desk.settles("replace", "{path: @/f, regexp: '^last$', replace: ''}").await;
        desk.settles("lineinfile", "{path: @/f, regexp: '^four', state: absent}").await;
        let told = desk.run("slurp", "{src: @/f, armor: false}").await;
        assert!(told.failed.unwrap().ends_with("is no UTF-8 text"), "{shell}");
        desk.write("empty", "");
        desk.settles("lineinfile", "{path: @/empty, line: x}").await;
        let long = "x".repeat(300_000);
        desk.write("long", format!("{long}\nshort\n"));
        desk.settles("lineinfile", "{path: @/long, regexp: '^short', line: shorter}").await;
        assert_eq!(desk.read("long").len(), 300_009, "{shell}");
    }
}

#[tokio::test]
async fn the_empty_path_is_never_the_home_directory() {
    let desk = &mut Desk::new("dash").await;
    for (module, args) in [
        ("file", "{path: '', state: absent}"),
        ("lineinfile", "{path: '', line: x}"),
        ("stat", "{path: ''}"),
        ("find", "{paths: ['']}"),
    ] {
        let told = desk.run(module, args).await;
        assert_eq!(told.failed.as_deref(), Some("the path is empty"), "{module}");
    }
    let told = desk.run("copy", "{content: x, dest: ''}").await;
    assert_eq!(told.failed.as_deref(), Some("dest is required"));
}
