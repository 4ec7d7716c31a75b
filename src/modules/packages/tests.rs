//! What the tests of this family share, and the probes in all shells.

use crate::base::{Map, Source, yaml};

/// Arguments as a playbook has them.
pub fn arguments(text: &str) -> Map {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    loaded.value.as_map().unwrap().clone()
}

const PRELUDE: &str = include_str!("../../connection/shell/prelude.sh");
const SHELLS: [&str; 4] = ["dash", "bash --posix", "mksh", "busybox sh"];

/// A directory of commands that stand in for a system's own, each a shell text.
struct Tools(tempfile::TempDir);

impl Tools {
    fn new(tools: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in tools {
            let path = dir.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .unwrap();
        }
        Self(dir)
    }

    /// What a probe answers in one shell, its code and its stderr in front.
    fn ask(&self, shell: &str, script: &str, words: &[&str]) -> String {
        let text =
            format!("tk_tab='\t' tk_cr='\r' tk_u=t\n{PRELUDE}\nf() {{\n{script}\n}}\nf \"$@\"\n");
        let mut parts = shell.split(' ');
        let mut command = std::process::Command::new(parts.next().unwrap());
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.0.path().display());
        command
            .args(parts)
            .args(["-c", &text, "probe"])
            .args(words)
            .env("LC_ALL", "C")
            .env("PATH", path);
        let out = command.output().unwrap();
        let (code, err) =
            (out.status.code().unwrap(), String::from_utf8_lossy(&out.stderr).into_owned());
        format!("{code}{err}|{}", String::from_utf8(out.stdout).unwrap())
    }
}

/// A pkg that has only curl, and says what it was asked.
const PKG: &str = r#"
case "$*" in
-N) exit 0 ;;
*"query -F /tmp/new.pkg %n") echo newpkg ;;
*"query -F"*) echo "pkg: cannot open" >&2; exit 1 ;;
*%At*) echo "curl|team|web" ;;
*query*) echo "asked|$*||0"; echo "curl|8.17.0|ftp/curl|0" ;;
*upgrade*) echo "$BATCH $IGNORE_OSVERSION $*"; echo oops >&2; exit 3 ;;
esac"#;

#[test]
fn freebsds_probes_answer_alike_in_all_shells() {
    let tools = Tools::new(&[("pkg", PKG)]);
    let none = Tools::new(&[("pkg", "echo 'pkg: pkg is not installed' >&2; exit 1")]);
    let (look, dry) = (include_str!("pkgng/look.sh"), include_str!("pkgng/dry.sh"));
    for shell in SHELLS {
        let words =
            ["globs annotations", "--jail=web", "/tmp/new.pkg", "/tmp/x y.pkg", "--", "cu*", "a b"];
        let wanted = "0|ready\n@files\nnewpkg\n\n@packages\n\
                      asked|--jail=web query -g %n|%v|%o|%k cu* a b newpkg||0\ncurl|8.17.0|ftp/curl|0\n\
                      @annotations\ncurl|team|web\n";
        assert_eq!(tools.ask(shell, look, &words), wanted, "{shell}");
        let plain =
            "0|ready\n@files\n@packages\nasked|query %n|%v|%o|%k curl||0\ncurl|8.17.0|ftp/curl|0\n";
        assert_eq!(tools.ask(shell, look, &["", "", "--", "curl"]), plain, "{shell}");
        assert_eq!(
            tools.ask(shell, look, &["", "", "--"]),
            "0|ready\n@files\n@packages\n",
            "{shell}"
        );
        assert_eq!(none.ask(shell, look, &["globs", "", "--", "curl"]), "0|missing\n", "{shell}");
        let asked = tools.ask(shell, dry, &["", "upgrade", "-n", "curl"]);
        assert_eq!(asked, "0oops\n|yes  upgrade -n curl\n", "{shell}");
        let asked = tools.ask(shell, dry, &["1", "upgrade", "-n"]);
        assert_eq!(asked, "0oops\n|yes yes upgrade -n\n", "{shell}");
    }
}

/// A dpkg-query that knows a, has no b, and knows v by name only.
const DPKG_QUERY: &str = r#"
case "$*" in
*Provides*) printf 'ii |\nii |v, w (= 2)\nrc |gone\n' ;;
*) shift 3; printf 'ii |dpkg|amd64|1\n'
  for name; do
    case $name in a) echo 'ii |a|amd64|1.0' ;; v) echo 'un |v||' ;; b) code=1; echo 'no packages found' >&2 ;; esac
  done
  exit ${code:-0} ;;
esac"#;

#[test]
fn debians_probes_answer_alike_in_all_shells() {
    let tools = Tools::new(&[
        ("dpkg-query", DPKG_QUERY),
        (
            "dpkg-deb",
            "case $2 in /x/a.deb) printf 'Package: a\\nVersion: 2\\nArchitecture: all\\n' ;; *) echo bad >&2; exit 2 ;; esac",
        ),
        ("apt-cache", "echo \"$*\" | sed 's/.*pkgnames *//; s/$/-known/'"),
        ("apt-get", "echo \"$DEBIAN_FRONTEND $*\"; echo oops >&2; exit 100"),
    ]);
    let (look, simulate) = (include_str!("apt/look.sh"), include_str!("apt/simulate.sh"));
    let ask = |shell: &str, words: &[&str]| {
        let told = tools.ask(shell, look, words);
        // What is this machine's own stands in front of the names.
        told.split_once("@names\n").unwrap().1.to_string()
    };
    for shell in SHELLS {
        let all = ask(shell, &["provides", "li", "", "--", "/x/a.deb", "/x/b c", "--", "a", "b"]);
        let wanted = "li-known\n-known\n@debs\nfile /x/a.deb\nPackage: a\nVersion: 2\nArchitecture: all\n\
                      file /x/b c\nerror bad\n@packages\nii |dpkg|amd64|1\nii |a|amd64|1.0\nii |a|amd64|1.0\n\
                      @provides\nii |v, w (= 2)\n";
        assert_eq!(all, wanted, "{shell}");
        let plain = ask(shell, &["provides", "--", "--", "a"]);
        assert_eq!(
            plain, "@debs\n@packages\nii |dpkg|amd64|1\nii |a|amd64|1.0\n",
            "{shell}: all is there"
        );
        let by_name = ask(shell, &["provides", "--", "--", "v"]);
        assert!(by_name.ends_with("un |v||\n@provides\nii |v, w (= 2)\n"), "{shell}: {by_name}");
        let unasked = ask(shell, &["", "--", "--", "b"]);
        assert_eq!(unasked, "@debs\n@packages\nii |dpkg|amd64|1\n", "{shell}");
        let said = tools.ask(shell, simulate, &["-y", "install", "--", "a b"]);
        let words = "-s -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -y install -- a b";
        assert_eq!(said, format!("100oops\n|noninteractive {words}\n"), "{shell}");
    }
}

/// Runs one of the scripts that change a host, with these tools first in PATH.
fn script(tools: &Tools, shell: &str, text: &str, words: &[&str]) -> (i32, String) {
    let mut parts = shell.split(' ');
    let mut command = std::process::Command::new(parts.next().unwrap());
    let path = format!("{}:/usr/bin:/bin", tools.0.path().display());
    command.args(parts).args(["-c", text, "sh"]).args(words).env("PATH", path);
    let out = command.output().unwrap();
    (out.status.code().unwrap(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn lists_are_fetched_with_patience() {
    let update = include_str!("apt/update.sh");
    for shell in SHELLS {
        // The third try succeeds; pauses are told instead of taken.
        let tools = Tools::new(&[
            (
                "apt-get",
                "echo \"try $*\"; n=\"${0%/*}/n\"; echo x >>\"$n\"; [ $(wc -l <\"$n\") -ge 3 ] || exit 100",
            ),
            ("sleep", "echo \"pause $1\""),
        ]);
        let wanted = "try -q update\npause 1\ntry -q update\npause 2\ntry -q update\n";
        assert_eq!(
            script(&tools, shell, update, &["5", "12", "-q"]),
            (0, wanted.to_string()),
            "{shell}"
        );
        let broken = Tools::new(&[("apt-get", "exit 100"), ("sleep", "echo \"pause $1\"")]);
        let (code, said) = script(&broken, shell, update, &["5", "3"]);
        assert_eq!((code, said.as_str()), (100, "pause 1\npause 2\npause 3\npause 3\n"), "{shell}");
    }
}

#[test]
fn the_policy_comes_and_goes() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("policy-rc.d");
        let text = include_str!("apt/policy.sh")
            .replace("/usr/sbin/policy-rc.d", &file.display().to_string());
        let tools = Tools::new(&[("show", "cat \"$1\"; exit 7")]);
        let path = file.display().to_string();
        let words = ["101", "show", path.as_str()];
        let wanted = (7, "#!/bin/sh\nexit 101\n".to_string());
        assert_eq!(script(&tools, shell, &text, &words), wanted, "{shell}");
        assert!(!file.exists(), "{shell}: nothing was there before");
        std::fs::write(&file, "before").unwrap();
        assert_eq!(script(&tools, shell, &text, &words), wanted, "{shell}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before", "{shell}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "{shell}");
    }
}
