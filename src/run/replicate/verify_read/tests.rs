//! The script on scratch directories, in several shells, with the tools of several systems.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SCRIPT: &str = include_str!("../verify.sh");
const SHELLS: [&[&str]; 4] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"], &["mksh"]];

/// A `zfs` whose datasets are directories: `top` is mounted, `top/.zfs/snapshot/s1` its snapshot. What it is told to do is
/// in `log`; `mode` says what goes wrong.
const ZFS: &str = r#"#!/bin/sh
cd "${0%/*}/.." || exit 9
case "$*" in
"get -Hp -o value guid t/gone@"*) echo "cannot open 't/gone@s1': dataset does not exist" >&2; exit 1 ;;
"get -Hp -o value guid t/"[dv]@s1) echo 77 ;;
"get -Hp -o value mounted "*) echo yes ;;
"get -H -o value mountpoint "*) echo "$PWD/top" ;;
"get -Hp -o value volsize "*) cat volsize ;;
"get -H -o value org.tank:verify t/tank_verify_e_1") echo 'e 1' ;;
"get -H -o value org.tank:verify "*) echo 'e 999999999' ;;
"list -H -o name -d 1 -r t") printf '%s\n' t t/d t/tank_verify_e_999999999 t/tank_verify_e_1 t/tank_verify_ee_9 t/tank_verify_e_x ;;
"list -H -o name t/tank"*) exit 1 ;;
clone*volmode*) echo "invalid property 'volmode'" >&2; exit 1 ;;
clone*) [ "$(cat mode)" != refuse ] || { echo 'permission denied' >&2; exit 1; }; echo "$*" >>log
    for last; do :; done
    cp volume "dev/$last" ;;
*) echo "$*" >>log ;;
esac
"#;
const DF: &str = "#!/bin/sh\necho Filesystem; echo 't/d@s1 1 1 1 1% /x'\n";
/// A disk that does not give the file `bad`.
const SUM: &str = r#"#!/bin/sh
case $(readlink /proc/self/fd/0) in */denied) echo 'sha256sum: -: Permission denied' >&2; exit 1 ;; */bad) echo 'sha256sum: -: Input/output error' >&2; exit 1 ;; esac
for one; do
    case $one in */bad | */denied) echo "sha256sum: $one: Input/output error" >&2; shift; continue ;; esac
    set -- "$@" "$one"
    shift
done
exec /usr/bin/sha256sum "$@"
"#;
/// The tools of FreeBSD, as far as they are used.
const BSD: [(&str, &str); 5] = [
    ("sha256sum", "#!/bin/sh\nexit 127\n"),
    (
        "sha256",
        "#!/bin/sh\n[ \"$1\" = -r ] || exit 9\nshift\nif [ $# = 0 ]; then /usr/bin/sha256sum | cut -c 1-64; else /usr/bin/sha256sum \"$@\" | sed 's/  / /'; fi\n",
    ),
    (
        "stat",
        "#!/bin/sh\n[ \"$1\" = -f ] || { echo 'stat: illegal option -- c' >&2; exit 1; }\nf=$(printf %s \"$2\" | sed 's/%N/%n/; s/%Mp%03Lp/%04a/; s/%z/%s/')\nshift 2\nexec /usr/bin/stat -c \"$f\" \"$@\"\n",
    ),
    (
        "find",
        "#!/bin/sh\nfor one; do [ \"$one\" != -printf ] || { echo 'find: -printf: unknown primary or operator' >&2; exit 1; }; done\nexec /usr/bin/find \"$@\"\n",
    ),
    ("shasum", "#!/bin/sh\nexit 127\n"),
];
const TREE: &str = r#"
cd top/.zfs/snapshot/s1 || exit 1
umask 022
echo a >plain; echo b >'sp  ace'; printf nl >"$(printf 'new\nline')"; printf t >"$(printf 'ta\tb')"; echo bs >'back\slash'
echo hb >"$(printf 'h\377igh')"; mkdir d 'o\d' .zfs; echo in >'o\d/f'; echo not >.zfs/shares; ln -s plain l
ln -s "$(printf 'x\ny')" lodd; ln -s plain 'l\odd'; mkfifo p; : >empty; chmod 4755 plain; chmod 0 empty; chmod 1777 d
echo dash >-dash; printf x >'tr '; mkfifo 'p\p'
"#;

struct Scratch {
    dir: TempDir,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["bin", "tmp", "dev/t", "top/.zfs/snapshot/s1"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let scratch = Self { dir };
        scratch.tool("zfs", ZFS);
        scratch.tool("df", DF);
        scratch.put("mode", "");
        let made = Command::new("sh").args(["-c", TREE]).current_dir(scratch.path()).status();
        assert!(made.unwrap().success());
        scratch
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn snapshot(&self) -> PathBuf {
        self.path().join("top/.zfs/snapshot/s1")
    }

    fn put(&self, name: &str, content: &str) {
        fs::write(self.path().join(name), content).unwrap();
    }

    fn tool(&self, name: &str, text: &str) {
        let path = self.path().join("bin").join(name);
        // Files that are being written can't be run.
        fs::write(path.with_extension("new"), text).unwrap();
        fs::set_permissions(path.with_extension("new"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    }

    /// What is said, and what `zfs` was told to do.
    fn run(&self, shell: &[&str], mode: &str, asked: &str) -> (String, String) {
        let _ = fs::remove_file(self.path().join("log"));
        let (bin, dev) = (self.path().join("bin"), self.path().join("dev"));
        let mut command = Command::new("timeout");
        command.arg("60").args(shell).args(["-c", SCRIPT, "sh", "e", mode]).arg(dev);
        command.args(["tag", "t"]).env("TMPDIR", self.path().join("tmp"));
        command.env("PATH", format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", bin.display()));
        self.put("asked", asked);
        command.stdin(fs::File::open(self.path().join("asked")).unwrap()).stderr(Stdio::inherit());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{shell:?}: {:?}", output.status);
        assert_eq!(fs::read_dir(self.path().join("tmp")).unwrap().count(), 0, "nothing is left");
        let log = fs::read_to_string(self.path().join("log")).unwrap_or_default();
        (String::from_utf8_lossy(&output.stdout).into_owned(), log)
    }
}

const READ: &str = "read\t1\tt/d\ts1\t77\tfs\tany\ngo\nlist\t1\n";

#[test]
fn every_shell_and_every_system_says_the_same_of_a_tree() {
    let scratch = Scratch::new();
    let (first, log) = scratch.run(&["dash"], "make", READ);
    assert!(log.contains("hold tag t/d@s1\nrelease tag t/d@s1\n"), "{log}");
    let line =
        first.lines().find(|line| line.starts_with("=is")).unwrap_or_else(|| panic!("{first}"));
    assert!(line.ends_with("\t18\t22\t0\t0\tsnapshot"), "{line}");
    for wanted in [
        ".\td 755 ",
        "./plain\tf 4755 ",
        "./plain\th 87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7\n",
        "./empty\tf 0 ",
        "./d\td 1777 ",
        "\\2e2f6e65770a6c696e65\th 1843653496800edfd0d30326c82f53b0338ed408468cca4a2f1b52f2f6395fc9\n",
        " \\780a79\n",
        "\\2e2f705c70\tp 644 ",
        "./tr \tf 644 ",
        "=listed\t1\n",
    ] {
        assert!(first.contains(wanted), "{wanted}: {first}");
    }
    assert!(!first.contains("shares"), "{first}");
    for shell in SHELLS {
        assert_eq!(scratch.run(shell, "make", READ).0, first, "{shell:?}");
    }
    let busybox = |name: &str| {
        let link = scratch.path().join("bin").join(name);
        std::os::unix::fs::symlink("/usr/bin/busybox", &link).unwrap();
        link
    };
    let names = [
        "find",
        "stat",
        "sha256sum",
        "sort",
        "awk",
        "sed",
        "od",
        "tr",
        "readlink",
        "mktemp",
        "rm",
        "rmdir",
        "grep",
    ];
    let links: Vec<PathBuf> = names.map(busybox).into();
    assert_eq!(scratch.run(&["busybox", "sh"], "make", READ).0, first, "busybox alone");
    links.iter().for_each(|link| fs::remove_file(link).unwrap());
    BSD.iter().for_each(|(name, text)| scratch.tool(name, text));
    assert_eq!(scratch.run(&["dash"], "make", READ).0, first, "FreeBSD's tools");
}

#[test]
fn what_is_not_read_is_told() {
    let scratch = Scratch::new();
    scratch.tool("sha256sum", SUM);
    fs::write(scratch.snapshot().join("bad"), "x").unwrap();
    for shell in SHELLS {
        let (said, _) = scratch.run(shell, "make", READ);
        assert!(said.contains("\t19\t23\t1\t0\tsnapshot\n"), "{shell:?} {said}");
        assert!(said.contains("./bad\th !\n"), "{shell:?} {said}");
    }
    fs::rename(scratch.snapshot().join("bad"), scratch.snapshot().join("denied")).unwrap();
    let (said, _) = scratch.run(&["dash"], "make", READ);
    assert!(
        said.contains("\t19\t23\t0\t1\tsnapshot\n") && said.contains("./denied\th ?\n"),
        "{said}"
    );
    let gone = "read\t4\tt/gone\ts1\t77\tfs\tany\nread\t5\tt/d\ts1\t78\tfs\tany\ngo\n";
    let why = "is gone, or another one has its name\n";
    for shell in SHELLS {
        let (said, log) = scratch.run(shell, "make", gone);
        assert_eq!(said.matches(why).count(), 2, "{shell:?} {said}");
        assert!(said.contains("=cannot\t4\tt/gone@s1 ") && !log.contains("hold"), "{log}");
    }
    for name in ["sha256sum", "sha256", "openssl", "shasum"] {
        scratch.tool(name, "#!/bin/sh\nexit 127\n");
    }
    let (said, _) = scratch.run(&["dash"], "make", READ);
    assert!(said.contains("=cannot\t1\tno program here makes SHA-256 digests\n"), "{said}");
}

#[test]
fn clones_that_cut_runs_left_are_found_and_no_others() {
    let scratch = Scratch::new();
    for shell in SHELLS {
        let (said, log) = scratch.run(shell, "make", "go\n");
        let destroyed: Vec<&str> = log.lines().filter(|line| line.starts_with("destroy")).collect();
        assert_eq!(destroyed, ["destroy t/tank_verify_e_999999999"], "{shell:?}");
        assert!(
            said.contains("=left\tt/tank_verify_e_999999999\tof a run that was cut is destroyed\n")
        );
        assert!(said.contains("=left\tt/tank_verify_e_1\tbelongs to a run"), "{said}");
        let (said, log) = scratch.run(shell, "check", "release\tt/d@old\ngo\n");
        assert!(said.contains("would be destroyed") && log.is_empty(), "{shell:?} {said} {log}");
    }
}

#[test]
fn a_volume_is_read_by_blocks() {
    let scratch = Scratch::new();
    let volume: Vec<u8> = (0..150_000_000_u32).map(|n| (n >> 9) as u8).collect();
    let device = scratch.path().join("dev/t/v@s1");
    fs::write(&device, &volume).unwrap();
    scratch.put("volsize", "150000000");
    let read = "read\t2\tt/v\ts1\t77\tvolume\tany\ngo\nlist\t2\n";
    let (first, _) = scratch.run(&["dash"], "make", read);
    assert!(first.contains("\t3\t150000000\t0\t0\tsnapshot\n"), "{first}");
    assert_eq!(first.matches("\tb ").count(), 3);
    for shell in &SHELLS[1..] {
        assert_eq!(scratch.run(shell, "make", read).0, first, "{shell:?}");
    }
    // One bit of the second block.
    let mut other = volume.clone();
    other[100_000_000] ^= 1;
    fs::write(&device, &other).unwrap();
    let (second, _) = scratch.run(&["dash"], "make", read);
    let wrong = first.lines().zip(second.lines()).filter(|(a, b)| a != b && a.contains("\tb "));
    let wrong: Vec<&str> = wrong.map(|(a, _)| &a[..20]).collect();
    assert_eq!(wrong, ["00000000000067108864"]);
    // No device of the snapshot: that of a clone, which this release has no volmode for.
    fs::rename(&device, scratch.path().join("volume")).unwrap();
    fs::write(scratch.path().join("volume"), &volume).unwrap();
    let (cloned, log) = scratch.run(&["dash"], "make", read);
    assert!(cloned.contains("\t3\t150000000\t0\t0\tclone\n"), "{cloned}");
    assert_eq!(
        cloned.split_once('\n').unwrap().1.replace("clone", "snapshot"),
        first.split_once('\n').unwrap().1
    );
    assert!(log.contains("clone -o readonly=on -o org.tank:verify=e "), "{log}");
    assert!(log.lines().last().unwrap().starts_with("release tag t/v@s1"), "{log}");
    assert!(log.contains("destroy t/tank_verify_e_"), "{log}");
    // Nothing is made by a look.
    let (said, log) = scratch.run(&["dash"], "check", read);
    assert!(
        said.contains("=cannot\t2\ta clone would have to be made\n") && log.is_empty(),
        "{said}"
    );
    scratch.put("mode", "refuse");
    let (said, _) = scratch.run(&["dash"], "make", read);
    assert!(said.contains("=cannot\t2\tpermission denied\n"), "{said}");
    // A disk that ends early.
    scratch.put("mode", "");
    fs::write(&device, &volume[..70_000_000]).unwrap();
    let (short, _) = scratch.run(&["dash"], "make", read);
    assert_ne!(
        short.lines().find(|line| line.starts_with("=is")),
        first.lines().find(|line| line.starts_with("=is"))
    );
    scratch.put("volsize", "-");
    let (said, _) = scratch.run(&["dash"], "make", read);
    assert!(said.contains("=cannot\t2\tits size: -\n"), "{said}");
}
