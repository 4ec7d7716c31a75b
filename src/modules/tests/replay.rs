//! Probes in all shells, on tools that answer what was recorded of them.

use crate::base::{Map, Source, yaml};
use crate::spec::{
    Answer, ArgStruct, Change, Ctx, Failure, Fields, Inputs, Look, Op, Os, Plan, Platform, Probe,
    ServiceManager, State, World,
};
use std::io::Write;
use std::process::{Command, Stdio};

const PRELUDE: &str = include_str!("../../connection/shell/prelude.sh");
/// All of them.
pub const SHELLS: [&str; 4] = ["dash", "bash --posix", "mksh", "busybox sh"];

/// Answers an entry `$ COMMAND` of the file `recorded` beside it: output, `--stderr--`, errors, `--rc N--`.
const REPLAYER: &str = r#"#!/bin/sh
tool=${0##*/} want="$ ${0##*/}${*:+ $*}" on=0
while IFS= read -r line; do
  case $on/$line in
  0/"$want") on=1 ;;
  0/*) ;;
  ?/'--rc '*--)
    line=${line#--rc }
    exit "${line%--}"
    ;;
  1/--stderr--) on=2 ;;
  1/*) printf '%s\n' "$line" ;;
  2/*) printf '%s\n' "$line" >&2 ;;
  esac
done <"${0%/*}/recorded"
echo "$tool: nothing was recorded of: $*" >&2
exit 64
"#;

/// GNU's stat under the words of FreeBSD's.
const STAT: &str = r#"#!/bin/sh
PATH=${PATH#*:}
follow=
if [ "$1" = -L ]; then follow=-L; shift; fi
[ "$1" = -f ] || exit 64
shift 3
exec stat $follow -c '%f|%a|%u|%g|%U|%G|%s|%.Y|%.X|%.Z|%i|%d|%h' -- "$@"
"#;

/// Words: the scratch directory, then what is run in the tree below it.
const ENTER: &str = r#"set -e
dir=$1 tree=$1/tree
shift
/bin/mount --bind /usr "$tree/usr"
/bin/mount --rbind /dev "$tree/dev"
/bin/mount --bind "$dir" "$tree$dir"
exec /usr/sbin/chroot "$tree" "$@"
"#;

/// A host of recorded answers.
pub struct Replay {
    dir: tempfile::TempDir,
    /// Whether probes see a tree of the test's own instead of this machine's files.
    tree: bool,
    /// What the host is.
    pub platform: Platform,
    /// What earlier tasks of a check run would have done.
    pub world: World,
}

impl Replay {
    /// FreeBSD 13.2 with these tools.
    pub fn freebsd(tools: &[&str], recorded: &str) -> Self {
        let platform = Platform {
            os: Os::FreeBsd,
            system: "FreeBSD".into(),
            services: Some(ServiceManager::Rc),
            user: "root".into(),
            umask: 0o22,
            ..Platform::default()
        };
        let replay = Self::new(tools, recorded, platform);
        replay.tool("uname", "#!/bin/sh\necho FreeBSD\n");
        replay.tool("stat", STAT);
        replay
    }

    /// Linux with these tools.
    pub fn linux(tools: &[&str], recorded: &str) -> Self {
        let platform = Platform {
            system: "Linux".into(),
            user: "root".into(),
            umask: 0o22,
            ..Platform::default()
        };
        Self::new(tools, recorded, platform)
    }

    fn new(tools: &[&str], recorded: &str, platform: Platform) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        let replay = Self { dir, tree: false, platform, world: World::default() };
        replay.write("bin/recorded", recorded);
        tools.iter().for_each(|name| replay.tool(name, REPLAYER));
        replay
    }

    /// The same, whose probes and changes see a root of the test's own: nothing but what [`Self::place`] puts there, and
    /// /usr of this machine.
    pub fn in_tree(mut self) -> Self {
        self.tree = true;
        let root = self.path("tree");
        let dirs = ["usr", "dev", "etc", "proc", "sys", "lib", "tmp", "mnt"].map(String::from);
        for dir in dirs.into_iter().chain([self.path("")]) {
            std::fs::create_dir_all(format!("{root}/{dir}")).unwrap();
        }
        for name in ["bin", "sbin", "lib64"] {
            std::os::unix::fs::symlink(format!("usr/{name}"), format!("{root}/{name}")).unwrap();
        }
        // Where programs look for their loader.
        for entry in std::fs::read_dir("/usr/lib").unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with("-linux-gnu") {
                let link = format!("{root}/lib/{name}");
                std::os::unix::fs::symlink(format!("../usr/lib/{name}"), link).unwrap();
            }
        }
        self
    }

    /// Puts a file into the tree, as old as all others.
    pub fn place(&self, path: &str, content: &str) {
        let name = format!("tree{path}");
        std::fs::create_dir_all(std::path::Path::new(&self.path(&name)).parent().unwrap()).unwrap();
        self.write(&name, content);
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        let file = std::fs::File::options().write(true).open(self.path(&name)).unwrap();
        file.set_times(std::fs::FileTimes::new().set_modified(old)).unwrap();
    }

    /// Puts a link into the tree.
    pub fn place_link(&self, path: &str, target: &str) {
        let path = self.path(&format!("tree{path}"));
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    /// What a file of the tree holds.
    pub fn placed(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(&format!("tree{path}"))).unwrap_or_default()
    }

    /// Carries out what a task plans, in one of the shells; all of it must be seen done, and nothing be left to do.
    pub fn settles<M: State>(&self, module: &M, args: &str, shell: &str) -> (Plan, Fields) {
        let (plan, fields) = self.plan(module, args).unwrap();
        assert!(plan.counts(), "{args}: nothing to do");
        for change in plan.changes() {
            let answer = self.carry_out(&change.op, shell);
            assert_eq!(answer.rc, 0, "{shell}: {}: {}", change.why, answer.error_text());
        }
        for change in plan.changes() {
            assert_eq!(self.proves(module, args, change), Ok(()), "{shell}: {}", change.why);
        }
        let (again, _) = self.plan(module, args).unwrap();
        assert!(!again.has_work(), "{shell}: {args}: {:?}", self.todo(module, args));
        (plan, fields)
    }

    /// Does one thing in the tree.
    pub fn carry_out(&self, op: &Op, shell: &str) -> Answer {
        let path = |path: &str| self.path(&format!("tree{path}"));
        match op {
            Op::WriteFile(file) => {
                let crate::spec::Content::Bytes(bytes) = &file.content else { panic!("{file:?}") };
                self.write(&format!("tree{}", file.path), std::str::from_utf8(bytes).unwrap());
                if let Some(mode) = file.mode {
                    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
                    std::fs::set_permissions(path(&file.path), mode).unwrap();
                }
            }
            Op::MakeDir { path: dir, .. } => std::fs::create_dir(path(dir)).unwrap(),
            Op::Remove { path: file, .. } => std::fs::remove_file(path(file)).unwrap(),
            Op::Script(probe) => return self.ask_in(shell, probe),
            Op::Run(command) => {
                let words = match &command.shell {
                    Some(text) => vec!["sh".to_string(), "-c".to_string(), text.clone()],
                    None => command.argv.clone(),
                };
                return self.answer(&words, &command.stdin.clone().unwrap_or_default());
            }
            other => panic!("{other:?}"),
        }
        Answer::ok("")
    }

    /// A tool of the test's own.
    pub fn tool(&self, name: &str, text: &str) {
        let path = self.path(&format!("bin/{name}"));
        std::fs::write(&path, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }

    /// A path in the scratch directory.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Writes a file there.
    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
        // No read changes it: all shells see the same.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
        let times = std::fs::FileTimes::new().set_accessed(later);
        let file = std::fs::File::options().write(true).open(self.path(name)).unwrap();
        file.set_times(times).unwrap();
    }

    /// What a probe answers: the same in all shells.
    pub fn ask(&self, probe: &Probe) -> Answer {
        let answers = SHELLS.map(|shell| self.ask_in(shell, probe));
        for (shell, answer) in SHELLS.iter().zip(&answers) {
            assert_eq!(*answer, answers[0], "{shell}");
        }
        answers[0].clone()
    }

    fn ask_in(&self, shell: &str, probe: &Probe) -> Answer {
        let body = probe.script;
        let text =
            format!("tk_tab='\t' tk_cr='\r' tk_u=t\n{PRELUDE}\nf() {{\n{body}\n}}\nf \"$@\"\n");
        let mut words: Vec<String> = shell.split(' ').map(String::from).collect();
        words.extend(["-c".into(), text, "probe".into()]);
        words.extend(probe.words.iter().cloned());
        self.answer(&words, &probe.input.clone().unwrap_or_default())
    }

    fn answer(&self, words: &[String], input: &[u8]) -> Answer {
        let mut command = Command::new(if self.tree { "/usr/bin/unshare" } else { &words[0] });
        if self.tree {
            command
                .args(["-r", "-m", "/bin/sh", "-c", ENTER, "enter", &self.path("")])
                .arg(&words[0]);
        }
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("bin"));
        command.args(&words[1..]).env_clear().env("LC_ALL", "C").env("PATH", path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that does not listen is no fault.
        drop(child.stdin.take().unwrap().write_all(input));
        let out = child.wait_with_output().unwrap();
        let rc = out.status.code().unwrap();
        Answer { rc, stdout: out.stdout.into(), stderr: out.stderr.into() }
    }

    /// Looks and plans; `@/` in the arguments is the scratch directory.
    pub fn plan<M: State>(&self, module: &M, args: &str) -> Result<(Plan, Fields), Failure> {
        let args = self.args::<M>(args)?;
        let ctx = self.ctx();
        let seen = self.look(module, &args)?;
        let plan = module.plan(&args, &seen, ctx)?;
        let fields = module.result(&args, &seen, None, &plan, &[]);
        Ok((plan, fields))
    }

    /// The changes that a plan has, as one line each.
    pub fn todo<M: State>(&self, module: &M, args: &str) -> Vec<String> {
        let (plan, _) = self.plan(module, args).unwrap();
        plan.changes().map(|change| self.told(change)).collect()
    }

    /// Why a task is refused.
    pub fn refusal<M: State>(&self, module: &M, args: &str) -> String {
        self.plan(module, args).map(|(plan, _)| format!("{plan:?}")).unwrap_err().msg
    }

    /// Whether a change of an earlier look is seen done here.
    pub fn proves<M: State>(&self, module: &M, args: &str, change: &Change) -> Result<(), String> {
        let args = self.args::<M>(args).unwrap();
        let seen = self.look(module, &args).map_err(|failure| failure.msg)?;
        module.verify(&args, change, &seen, self.ctx())
    }

    /// Adds a plan's effects to the predicted world, as a check run does.
    pub fn predict<M: State>(&mut self, module: &M, args: &str) {
        let (plan, _) = self.plan(module, args).unwrap();
        let effects: Vec<_> = plan.changes().flat_map(|change| change.effects.clone()).collect();
        effects.into_iter().for_each(|effect| self.world.add(effect));
    }

    fn ctx(&self) -> Ctx<'_> {
        static NONE: std::sync::LazyLock<Inputs> = std::sync::LazyLock::new(Inputs::default);
        Ctx { platform: &self.platform, inputs: &NONE, world: &self.world, diff: true }
    }

    fn args<M: State>(&self, text: &str) -> Result<M::Args, Failure> {
        let text = text.replace("@/", &self.path(""));
        let loaded = yaml::load(&text, &Source::described("test")).unwrap();
        let map: Map = loaded.value.as_map().unwrap().clone();
        M::Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))
    }

    fn look<M: State>(&self, module: &M, args: &M::Args) -> Result<M::Seen, Failure> {
        let mut answers = vec![self.ask(&module.probe(args, self.ctx())?)];
        loop {
            match module.read(args, &answers, self.ctx())? {
                Look::Seen(seen) => return Ok(seen),
                Look::Ask(probe) if answers.len() < 5 => answers.push(self.ask(&probe)),
                Look::Ask(probe) => panic!("it asks without end: {probe:?}"),
            }
        }
    }

    fn told(&self, change: &Change) -> String {
        let dir = self.dir.path().display().to_string();
        let text = match &change.op {
            Op::Run(command) => command.shell.clone().unwrap_or_else(|| command.argv.join(" ")),
            Op::Script(probe) => format!("{} {}", probe.name, probe.words.join(" ")),
            Op::WriteFile(_) => format!("write: {}", change.why),
            Op::Remove { path, .. } => format!("remove {path}"),
            Op::MakeDir { path, .. } => format!("mkdir {path}"),
            other => panic!("{other:?}"),
        };
        text.replace(&dir, "@")
    }
}
