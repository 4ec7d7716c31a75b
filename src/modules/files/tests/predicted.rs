//! Check mode: each task sees what those before it would have done, and nothing is done.

use crate::modules::tests::desk::Desk;
use crate::spec::{Effect, PathAttrs, PathKind, Text};

/// Names in the scratch directory.
fn names(desk: &Desk) -> usize {
    std::fs::read_dir(desk.path("")).unwrap().count()
}

#[tokio::test]
async fn a_line_in_a_file_in_a_directory_that_would_be_made() {
    let desk = &mut Desk::new("dash").await;
    desk.diff = true;
    let changed = [
        ("file", "{path: @/d/e, state: directory, mode: '0700'}"),
        ("copy", "{content: \"a\\n\", dest: @/d/e/f, mode: '0640'}"),
        ("lineinfile", "{path: @/d/e/f, line: b}"),
        ("blockinfile", "{path: @/d/e/f, block: c, marker: '# {mark}'}"),
        ("replace", "{path: @/d/e/f, regexp: '^b$', replace: bb}"),
        ("file", "{path: @/d/l, src: e/f, state: link}"),
        ("lineinfile", "{path: @/d/l, line: last}"),
        ("copy", "{src: @/d/e/f, dest: @/d/copy, remote_src: true}"),
    ];
    for (module, args) in changed {
        let told = desk.check(module, args).await;
        assert_eq!(
            (told.failed, told.changed, told.uncertain),
            (None, true, None),
            "{module} {args}"
        );
        let again = desk.check(module, args).await;
        assert_eq!((again.failed, again.changed), (None, false), "{module} {args}");
    }
    let text = "a\nbb\n# BEGIN\nc\n# END\nlast\n";
    for name in ["d/e/f", "d/copy", "d/l"] {
        let told = desk.check("slurp", &format!("{{src: @/{name}, armor: false}}")).await;
        if name == "d/l" {
            // It leads to a file that only the predicted world has: the link itself was looked at.
            continue;
        }
        assert_eq!((told.failed.as_deref(), told.text("content").as_str()), (None, text), "{name}");
    }
    let stat = desk.check("stat", "{path: @/d/e/f}").await;
    assert_eq!(stat.fields[&crate::base::Key::from("stat")].get("mode").unwrap().text(), "0640");
    assert_eq!(
        stat.fields[&crate::base::Key::from("stat")].get("size").unwrap().text(),
        text.len().to_string()
    );
    let found = desk.check("find", "{paths: @/d, recurse: true}").await;
    assert_eq!(found.text("matched"), "2");
    desk.check("file", "{path: @/d, state: absent}").await;
    let stat = desk.check("stat", "{path: @/d/e/f}").await;
    assert_eq!(stat.fields[&crate::base::Key::from("stat")].text(), "{'exists': False}");
    let told = desk.check("lineinfile", "{path: @/d/e/f, line: x}").await;
    assert!(told.failed.unwrap().ends_with("does not exist !"));
    assert_eq!(names(desk), 0, "nothing was done");
}

#[tokio::test]
async fn what_is_there_and_would_change() {
    let desk = &mut Desk::new("dash").await;
    desk.write("f", "a\n");
    desk.diff = true;
    desk.check("file", "{path: @/f, mode: '0600'}").await;
    let told = desk.check("file", "{path: @/f, mode: '0600'}").await;
    assert!(!told.changed);
    let told = desk.check("lineinfile", "{path: @/f, regexp: '^a', line: b}").await;
    assert_eq!(told.diff[0].before.as_ref().unwrap().text(), "a\n");
    let told = desk.check("lineinfile", "{path: @/f, regexp: '^b', line: c}").await;
    assert_eq!(told.diff[0].before.as_ref().unwrap().text(), "b\n", "as the task before left it");
    let told = desk.check("copy", "{content: \"c\\n\", dest: @/f}").await;
    assert!(!told.changed);
    desk.check("file", "{path: @/f, state: absent}").await;
    let told = desk.check("copy", "{content: \"c\\n\", dest: @/f}").await;
    assert!(told.changed && told.diff[0].before.as_ref().unwrap().text().is_empty());
    assert_eq!(desk.read("f"), b"a\n", "nothing was done");
}

#[tokio::test]
async fn what_cannot_be_known_is_said() {
    let desk = &mut Desk::new("dash").await;
    let attrs = PathAttrs { content: Some(Text::Unknown), ..PathAttrs::new(PathKind::File) };
    desk.world.add(Effect::Path(desk.path("f"), Some(attrs)));
    let modules = [
        ("lineinfile", "{path: @/f, line: x}", true),
        ("blockinfile", "{path: @/f, block: x}", true),
        ("replace", "{path: @/f, regexp: x}", true),
        ("copy", "{content: x, dest: @/f, backup: true}", true),
    ];
    for (module, args, changed) in modules {
        let mut world = desk.world.clone();
        let told = desk.check(module, args).await;
        assert_eq!((told.failed, told.changed), (None, changed), "{module}");
        assert!(told.uncertain.unwrap().contains("is not known"), "{module}");
        std::mem::swap(&mut desk.world, &mut world);
    }
    let told = desk.check("slurp", "{src: @/f}").await;
    assert!(told.uncertain.is_some() && told.text("content").is_empty());
    let told = desk.check("stat", "{path: @/f}").await;
    assert!(
        told.uncertain.is_some()
            && told.fields[&crate::base::Key::from("stat")].get("checksum").is_none()
    );
}

#[tokio::test]
async fn a_user_that_would_be_made_owns_a_file() {
    let desk = &mut Desk::new("dash").await;
    desk.write("f", "a\n");
    let told = desk.check("file", "{path: @/f, owner: nobody-of-this-name}").await;
    let text = "chown failed: failed to look up user nobody-of-this-name";
    assert_eq!(told.failed.as_deref(), Some(text));
    let user = crate::base::Value::map(crate::base::Map::new());
    desk.world.add(Effect::Thing("user", "nobody-of-this-name".into(), Some(user)));
    let told = desk.check("file", "{path: @/f, owner: nobody-of-this-name}").await;
    assert_eq!((told.failed, told.changed), (None, true));
}
