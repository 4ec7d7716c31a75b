//! Runs a playbook in a scratch directory and keeps what it told, asked and left behind.

use super::slow::{Log, Question, Slow};
use crate::base::Value;
use crate::cli::prepare::Ground;
use crate::cli::{options, prepare};
use crate::report::Report;
use crate::run::{AheadRules, Pool};
use crate::settings::{Settings, Surroundings};
use crate::spec::Event;
use crate::spec::event::TaskResult;
use clap::ArgMatches;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// What a run told, asked and left behind. Paths of the scratch directory are written as `@`.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    /// Exit code.
    pub code: u8,
    /// Results in the order of each host.
    pub results: BTreeMap<String, Vec<String>>,
    /// Banners, counters and warnings.
    pub lines: Vec<String>,
    /// Files below the directory, with their content.
    pub files: BTreeMap<String, String>,
    /// Questions, sorted.
    pub asked: Vec<Question>,
    /// Round trips.
    pub trips: usize,
}

/// How a playbook is run.
#[derive(Clone, Copy)]
pub struct Way {
    /// Rules of look-ahead; None: without it.
    pub rules: Option<AheadRules>,
    /// Chooses the delays; 0: none.
    pub seed: u64,
    /// `--check`.
    pub check: bool,
}

/// What these words of a command line mean.
pub fn matches(words: &[&str]) -> ArgMatches {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    options::parse(options::playbook("tank playbook"), &words).unwrap()
}

/// The ground of a run in a directory that has no settings.
pub fn ground(dir: &Path, matches: &ArgMatches, report: Box<dyn Report>) -> Ground {
    let settings = Settings::load(Surroundings {
        env: BTreeMap::new(),
        cwd: dir.to_path_buf(),
        home: dir.to_path_buf(),
        system: dir.join("none"),
    });
    prepare::ground(matches, settings.unwrap(), report).unwrap()
}

/// A report that shows nothing.
pub struct Silent;

impl Report for Silent {
    fn event(&mut self, _: &Event) {}
}

/// What happens in the world when a task of this name begins.
pub type Hook = fn(name: &str, dir: &Path);

/// Runs a playbook on the hosts `a` and `b`, which share the directory `d`.
pub fn run(playbook: &str, way: Way, hook: Hook) -> Told {
    let dir = tempfile::tempdir().unwrap();
    let told = run_in(dir.path(), playbook, way, hook);
    drop(dir);
    told
}

/// The same in a directory that was there before.
pub fn run_in(dir: &Path, playbook: &str, way: Way, hook: Hook) -> Told {
    let project = tempfile::tempdir().unwrap();
    let path = project.path().join("site.yml");
    fs::write(&path, playbook).unwrap();
    let told = Arc::new(Mutex::new(Told::default()));
    let report = Recorder { told: Arc::clone(&told), dir: dir.to_path_buf(), hook };
    let log = Arc::new(Log::default());
    let extra = format!("d={}", dir.display());
    let mut words = vec!["-i", "a,b,", "-e", &extra];
    words.extend(way.check.then_some("--check"));
    let matches = matches(&words);
    let ground = ground(project.path(), &matches, Box::new(report));
    let loader = ground.loader(false);
    let playbooks = vec![loader.playbook(&path).unwrap()];
    let landscape = ground.landscape(project.path());
    let mut session = ground.session(&matches, loader, landscape).unwrap();
    session.options.look_ahead = way.rules;
    session.pool = Arc::new(Pool::new(Arc::new(Slow { log: Arc::clone(&log), seed: way.seed })));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = runtime.block_on(crate::run::run(&session, &playbooks));
    drop(runtime);
    let mut told = std::mem::take(&mut *told.lock().unwrap());
    told.code = code;
    told.trips = log.trips.load(Ordering::SeqCst);
    told.asked = log
        .asked
        .lock()
        .unwrap()
        .drain(..)
        .map(|(who, what, heavy)| (who, short(dir, &what), heavy))
        .collect();
    told.asked.sort();
    tree(dir, dir, &mut told.files);
    told
}

fn short(dir: &Path, text: &str) -> String {
    text.replace(&dir.display().to_string(), "@")
}

fn tree(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if path.is_dir() && !path.is_symlink() {
            files.insert(name, "a directory".to_string());
            tree(root, &path, files);
        } else {
            files.insert(
                name,
                String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned(),
            );
        }
    }
}

struct Recorder {
    told: Arc<Mutex<Told>>,
    dir: PathBuf,
    hook: Hook,
}

impl Recorder {
    fn result(&self, result: &TaskResult) {
        let field = |name: &str| result.result.get(name).map(Value::text).unwrap_or_default();
        let line = format!(
            "{}{} {:?} msg={} stdout={} attempts={}",
            result.task.name,
            result.item.as_ref().map(|item| format!(" ({item})")).unwrap_or_default(),
            result.status,
            field("msg"),
            field("stdout"),
            field("attempts"),
        );
        let mut told = self.told.lock().unwrap();
        told.results.entry(result.host.to_string()).or_default().push(short(&self.dir, &line));
    }
}

impl Report for Recorder {
    fn event(&mut self, event: &Event) {
        let line = match event {
            Event::Result(result) | Event::Item(result) => return self.result(result),
            Event::Task(task) => {
                (self.hook)(&task.name, &self.dir);
                format!("task {}", task.name)
            }
            Event::Retry { task, host, left, .. } => format!("retry {} {host} {left}", task.name),
            Event::Recap(counts) => format!("{counts:?}"),
            Event::Warning(warning) | Event::Error(warning) => short(&self.dir, &warning.chain()),
            _ => return,
        };
        self.told.lock().unwrap().lines.push(line);
    }
}
