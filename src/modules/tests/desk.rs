//! A small engine: looks, plans, applies, looks again. `run` does the same for playbooks.

use crate::base::{Key, Map, Source, Value, yaml};
use crate::connection::shell::ShellHost;
use crate::connection::shell::tests::{host, host_with_tools};
use crate::modules;
use crate::spec::module::{AnyArgs, AnySeen, AnyState};
use crate::spec::{
    ActionContext, Answer, ChangeKind, Ctx, Diff, Failure, Fields, Foretold, Host, Inputs, Look, Plan, Run,
    Then, World,
};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A scratch directory of this machine, seen through one shell.
pub struct Desk {
    /// The shell.
    pub host: Arc<ShellHost>,
    /// What tasks in check mode would have done so far.
    pub world: World,
    /// Controller files of the next task.
    pub inputs: Inputs,
    /// Whether differences are wanted.
    pub diff: bool,
    /// Whether a second look may show that a change did not work; else that ends the test.
    pub lenient: bool,
    dir: tempfile::TempDir,
}

/// What a task told.
#[derive(Debug, Default)]
pub struct Told {
    /// Whether it changed something.
    pub changed: bool,
    /// Why it failed.
    pub failed: Option<String>,
    /// Its result.
    pub fields: Fields,
    /// Differences.
    pub diff: Vec<Diff>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Why it is not certain.
    pub uncertain: Option<String>,
    /// Questions that the first look took.
    pub asked: usize,
}

impl Told {
    /// The text of one key of the result; empty when it is not there.
    pub fn text(&self, name: &str) -> String {
        self.fields.get(&Key::from(name)).map(Value::text).unwrap_or_default()
    }

    fn failure(failure: Failure) -> Self {
        Self { failed: Some(failure.msg), fields: failure.fields, ..Self::default() }
    }
}

impl Desk {
    /// One of the shells of `connection::shell`'s tests.
    pub async fn new(shell: &str) -> Self {
        Self {
            host: host(shell).await,
            world: World::default(),
            inputs: Inputs::default(),
            diff: false,
            lenient: false,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The same with programs of the test's own before all others; they lie in `bin`.
    pub async fn with_tools(shell: &str, tools: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for (name, text) in tools {
            std::fs::write(bin.join(name), text).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(bin.join(name), mode).unwrap();
        }
        let host = host_with_tools(shell, &bin).await;
        let (world, inputs) = (World::default(), Inputs::default());
        Self { host, world, inputs, diff: false, lenient: false, dir }
    }

    /// A path in the scratch directory.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// What a file there holds.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Writes a file there.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Runs a task; `@` in its arguments is the scratch directory.
    pub async fn run(&mut self, module: &str, args: &str) -> Told {
        self.task(module, args, false).await
    }

    /// The same in check mode: it changes the predicted world only.
    pub async fn check(&mut self, module: &str, args: &str) -> Told {
        self.task(module, args, true).await
    }

    /// Runs a task that must change something, and then nothing more; tells of the first time.
    pub async fn settles(&mut self, module: &str, args: &str) -> Told {
        let first = self.run(module, args).await;
        assert_eq!(first.failed, None, "{module} {args}");
        assert!(first.changed, "{module} {args}");
        let second = self.run(module, args).await;
        assert_eq!((second.failed, second.changed), (None, false), "{module} {args}");
        first
    }

    async fn task(&mut self, module: &str, args: &str, check: bool) -> Told {
        let text = args.replace('@', &self.dir.path().display().to_string());
        let loaded = yaml::load(&text, &Source::described("test")).unwrap();
        let args: Map = loaded.value.as_map().unwrap().clone();
        let entry = modules::find(module).unwrap();
        let args = match entry.parse(&args) {
            Ok(args) => args,
            Err(error) => return Told::failure(Failure::new(error.message)),
        };
        match entry.run {
            Run::State(state) => {
                self.state(state, &args, check).await.unwrap_or_else(Told::failure)
            }
            Run::Action(action) => {
                let nothing = World::default();
                let foretold = Mutex::new(Foretold::default());
                let context = ActionContext {
                    host: self.host.as_ref(),
                    inputs: &self.inputs,
                    env: &[],
                    check,
                    diff: self.diff,
                    world: if check { &self.world } else { &nothing },
                    foretold: &foretold,
                    verbosity: 0,
                    base: Path::new(self.dir.path()),
                    inventory_name: "desk",
                };
                let acted = action.act(&args, context).await;
                let Foretold { effects, uncertain } = foretold.into_inner().unwrap();
                effects.into_iter().for_each(|effect| self.world.add(effect));
                match acted {
                    Ok(fields) => {
                        let changed = fields.get(&Key::from("changed")).is_some_and(Value::is_true);
                        Told { changed, fields, uncertain, ..Told::default() }
                    }
                    Err(failure) => Told::failure(failure),
                }
            }
            Run::Control(_) => panic!("{module} needs no host"),
        }
    }

    async fn look(
        &self,
        state: &dyn AnyState,
        args: &AnyArgs,
        mut answers: Vec<Answer>,
        world: &World,
    ) -> Result<(Vec<Answer>, AnySeen), Failure> {
        for _ in 0..5 {
            let platform = self.host.platform();
            match state.read(args, &answers, self.ctx(&platform, world))? {
                Look::Seen(seen) => return Ok((answers, seen)),
                Look::Ask(probe) => answers.push(self.host.probe(probe).await.unwrap()),
            }
        }
        panic!("it asks without end");
    }

    fn ctx<'c>(&'c self, platform: &'c crate::spec::Platform, world: &'c World) -> Ctx<'c> {
        Ctx { platform, inputs: &self.inputs, world, diff: self.diff }
    }

    async fn state(
        &mut self,
        state: &dyn AnyState,
        args: &AnyArgs,
        check: bool,
    ) -> Result<Told, Failure> {
        let mut world = if check { self.world.clone() } else { World::default() };
        let mut changed = false;
        for _ in 0..4 {
            let platform = self.host.platform();
            let probe = state.probe(args, self.ctx(&platform, &world))?;
            let first = self.host.probe(probe.clone()).await.unwrap();
            let (answers, seen) = self.look(state, args, vec![first], &world).await?;
            let plan = state.plan(args, &seen, self.ctx(&platform, &world))?;
            let mut told = Told {
                fields: plan.fields.clone(),
                diff: plan.diff.clone(),
                warnings: plan.warnings.clone(),
                uncertain: plan.uncertain.clone(),
                asked: answers.len(),
                changed,
                ..Told::default()
            };
            if check || !plan.has_work() {
                told.changed |= plan.counts();
                let effects = plan.changes().flat_map(|change| change.effects.clone());
                effects.for_each(|effect| self.world.add(effect));
                if check && plan.has_work() && plan.then == Then::LookAgain {
                    world = self.world.clone();
                    changed = true;
                    continue;
                }
                told.fields.extend(state.result(args, &seen, None, &plan, &[]));
                return Ok(told);
            }
            if self.apply(state, args, (&seen, &answers), &plan, probe, &mut told).await? {
                return Ok(told);
            }
            changed = told.changed;
        }
        panic!("it never settles");
    }

    /// Whether it came to an end; else what it was about moved.
    async fn apply(
        &self,
        state: &dyn AnyState,
        args: &AnyArgs,
        (seen, before): (&AnySeen, &[Answer]),
        plan: &Plan,
        probe: crate::spec::Probe,
        told: &mut Told,
    ) -> Result<bool, Failure> {
        let parts = plan.parts.iter().map(|part| part.changes.clone()).collect();
        let applied = self.host.apply(parts, Vec::new(), Some(probe)).await.unwrap();
        if applied.ran.iter().any(crate::spec::Ran::moved) {
            return Ok(false);
        }
        let nothing = World::default();
        let (after_answers, after) =
            self.look(state, args, vec![applied.look.unwrap()], &nothing).await?;
        let platform = self.host.platform();
        for ran in &applied.ran {
            if ran.answer.rc != 0 {
                let plain = || Failure::new(ran.answer.error_text());
                let failure = state.explain(args, ran).unwrap_or_else(plain);
                told.fields.extend(failure.fields);
                told.failed = Some(failure.msg);
                continue;
            }
            let verified = state.verify(args, &ran.change, &after, self.ctx(&platform, &nothing));
            if let Err(text) = verified {
                assert!(self.lenient, "{}: {text}", ran.change.why);
                told.failed = Some(text);
                continue;
            }
            told.changed |= match ran.change.kind {
                ChangeKind::Prelude | ChangeKind::Quiet => false,
                ChangeKind::May => after_answers.iter().ne(before),
                ChangeKind::Plain | ChangeKind::Act => true,
            };
        }
        told.fields.extend(state.result(args, seen, Some(&after), plan, &applied.ran));
        Ok(told.failed.is_some() || plan.then == Then::Done)
    }
}
