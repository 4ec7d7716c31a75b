//! Probes in all shells, on tools that answer what was recorded of them.

use crate::base::{Map, Source, yaml};
use crate::spec::{
    Answer, ArgStruct, Change, Ctx, Failure, Fields, Inputs, Look, Op, Os, Plan, Platform, Probe,
    ServiceManager, State, World,
};
use std::io::Write;
use std::process::{Command, Stdio};

const PRELUDE: &str = include_str!("../../connection/shell/prelude.sh");
const SHELLS: [&str; 4] = ["dash", "bash --posix", "mksh", "busybox sh"];

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

/// A host of recorded answers.
pub struct Replay {
    dir: tempfile::TempDir,
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
        let replay = Self { dir, platform, world: World::default() };
        replay.write("bin/recorded", recorded);
        tools.iter().for_each(|name| replay.tool(name, REPLAYER));
        replay
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
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("bin"));
        command.args(words).args(["-c", &text, "probe"]).args(&probe.words);
        command.env_clear().env("LC_ALL", "C").env("PATH", path);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = probe.input.clone().unwrap_or_default();
        child.stdin.take().unwrap().write_all(&input).unwrap();
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
            other => panic!("{other:?}"),
        };
        text.replace(&dir, "@")
    }
}
