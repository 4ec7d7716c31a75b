use super::super::tests::Bench;
use super::*;

const MOUNT: &BastilleMount = &BastilleMount;

fn host() -> Bench {
    let bench = Bench::new(&[], "");
    bench.jail("web", "10.17.89.10");
    bench.jail("web2", "10.17.89.12");
    bench.run(&[(2, "web", "10.17.89.10", false)]);
    std::fs::create_dir_all(bench.host.path("data/one")).unwrap();
    bench
}

/// A line of `mount -p` as recorded (bastille.txt).
fn mounted(bench: &Bench, opts: &str) {
    let at = bench.host.path("");
    bench.host.write(
        "bin/mounts",
        &format!("{at}data/one\t\t{at}b/jails/web/root/mnt nullfs\t{opts}\t\t0 0\n"),
    );
}

const ARGS: &str = "name: web, src: @data/one, path: /mnt";

#[test]
fn file_and_mount_are_compared_apart_and_with_their_options() {
    let host = host();
    let args = format!("{{{ARGS}}}");
    let mount = "bastille_mount_act 2 @/b/jails/web/root /mnt directory  nullfs ro @/data/one";
    assert_eq!(host.todo(MOUNT, &args), [mount, "write @/b/jails/web/fstab"]);
    let line = format!("{0}data/one {0}b/jails/web/root/mnt nullfs ro 0 0\n", host.host.path(""));
    let text = host.text(MOUNT, &args);
    assert!(text.ends_with(&line) && text.lines().count() == 2, "{text}");
    host.write("web", "fstab", &text.replace(' ', "\t"));
    assert_eq!(host.todo(MOUNT, &args), [mount], "other blanks are no difference");
    std::fs::create_dir(host.host.path("b/jails/web/root/mnt")).unwrap();
    mounted(&host, "ro");
    assert_eq!(host.todo(MOUNT, &args), [""; 0]);
    // bastille says `Mountpoint already present`, whatever the options are.
    let writable = host.todo(MOUNT, &format!("{{{ARGS}, opts: rw}}"));
    let anew = "bastille_mount_act 2 @/b/jails/web/root /mnt directory anew nullfs rw @/data/one";
    assert_eq!(writable, [anew, "write @/b/jails/web/fstab"]);
    let gone = host.todo(MOUNT, "{name: web, path: /mnt, state: absent}");
    assert_eq!(
        gone,
        ["bastille_mount_act 2 @/b/jails/web/root /mnt missing anew", "write @/b/jails/web/fstab"]
    );
    assert_eq!(host.todo(MOUNT, "{name: web, path: /mnt2, state: absent}"), [""; 0]);
}

#[test]
fn a_stopped_jail_gets_its_place_and_its_line() {
    let host = host();
    let todo = host.todo(MOUNT, "{name: web2, src: @data/one, path: /srv/x}");
    assert_eq!(
        todo[0],
        "bastille_mount_act  @/b/jails/web2/root /srv/x directory  nullfs ro @/data/one"
    );
    assert_eq!(todo[1], "write @/b/jails/web2/fstab");
}

#[test]
fn what_is_not_there_is_not_made() {
    let host = host();
    // bastille makes a missing directory of the host (bastille.txt).
    assert_eq!(
        host.refusal(MOUNT, "{name: web, src: @data/nosuch, path: /mnt}"),
        "@/data/nosuch is not there"
    );
    let near = host.refusal(MOUNT, "{name: we, src: @data/one, path: /mnt}");
    assert_eq!(near, "there is no jail we in @/b/jails; web, web2 is another one");
    for path in ["mnt", "/a/../b", "/a//b", "/", "\"/a\\nb\""] {
        assert!(
            host.plan(MOUNT, &format!("{{name: web, src: @data/one, path: {path}}}")).is_err(),
            "{path}"
        );
    }
    assert!(host.plan(MOUNT, &format!("{{{ARGS}, opts: 'ro 0 0'}}")).is_err());
}

#[test]
fn fields_of_fstab_hold_any_path() {
    assert_eq!(escaped("/a b\\c#d"), "/a\\040b\\134c\\043d");
    assert_eq!(plain("/a\\040b\\134c\\043d"), "/a b\\c#d");
    assert_eq!(plain("/a\\x"), "/a\\x");
    let text = "# c\n/x /y nullfs ro 0 0\n/x2 /y nullfs ro 0 0";
    assert_eq!(with(text, "/y", Some("/z /y nullfs rw 0 0")), "# c\n/z /y nullfs rw 0 0\n");
    assert_eq!(with(text, "/y", None), "# c\n");
    assert_eq!(with("a b", "/y", Some("/z /y t o 0 0")), "a b\n/z /y t o 0 0\n");
}
