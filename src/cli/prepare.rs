//! Everything a run needs, from words, settings and files.

use super::connector::Connections;
use super::library::{EarlyScope, Library, ask, open, read_file};
use super::options::{self, is_set, text, texts};
use super::passwords::{self, Passwords};
use super::reach::Reacher;
use super::{extra_vars, reports, ways};
use crate::base::{Diagnostic, Map, Value};
use crate::inventory::{Files, Inventory, Limit, LoadOptions, Notices, Rules, VarsFiles};
use crate::play::{Loader, LoaderOptions};
use crate::report::{Line, Report};
use crate::run::{AheadRules, Interrupt, Options, Pool, Session};
use crate::settings::{Settings, Surroundings};
use crate::spec::Event;
use crate::vars::{Landscape, Reload, RunFrame, Store};
use crate::vault::{self, Vault};
use clap::ArgMatches;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// What all commands start with.
pub struct Ground {
    /// Settings, with the command line's over them.
    pub settings: Arc<Settings>,
    /// Vault passwords.
    pub vault: Arc<Vault>,
    /// Hosts and groups.
    pub inventory: Inventory,
    /// Extra variables.
    pub extra: Arc<Map>,
    /// Where events go.
    pub events: Sink,
    /// Passwords the operator gave.
    pub passwords: Passwords,
    /// The live line below the report.
    pub line: Line,
    /// `--limit`.
    pub limit: Option<Limit>,
    /// Reads the inventory again.
    reload: Reload,
    /// Rules of the inventory.
    rules: Arc<Rules>,
    /// Reads variable files.
    files: Files,
}

/// Shows an error that ends the program, and gives its code.
pub fn fail(error: &Diagnostic) -> u8 {
    super::options::complain(&crate::report::render_diagnostic("[ERROR]: ", error));
    error.code
}

/// The settings of this process.
pub fn settings() -> Result<Settings, Diagnostic> {
    let place = Surroundings::of_process()
        .map_err(|error| Diagnostic::new(format!("no working directory: {error}")))?;
    Settings::load(place)
}

/// Reads settings, passwords, vault, extra variables and inventory.
pub fn ground(
    matches: &ArgMatches,
    settings: Settings,
    report: Box<dyn Report>,
) -> Result<Ground, Diagnostic> {
    let line = reports::line(matches);
    let events = sink(line.above(report), &settings);
    super::process::apply(&settings);
    super::library::greet(matches, &settings);
    let settings = Arc::new(settings);
    let vault = Arc::new(vault_of(matches, &settings)?);
    let passwords = passwords::ask(matches)?;
    let files = files(&vault);
    let read = {
        let vault = Arc::clone(&vault);
        move |path: &Path| read_file(&vault, path)
    };
    let extra = Arc::new(extra_vars::parse(&texts(matches, "extra_vars"), &read)?);
    let mut notices = Notices::default();
    let rules = Arc::new(Rules::of_settings(&settings)?);
    let sources = sources(matches, &settings);
    let options = LoadOptions {
        rules: Arc::clone(&rules),
        files: files.clone(),
        cwd: settings.surroundings().cwd.clone(),
        extra_vars: Arc::clone(&extra),
        python: None,
        reach: Reacher::of(&settings, Some(matches), &passwords, &line),
    };
    let inventory = crate::inventory::load(&sources, &options, &mut notices);
    notices.take().into_iter().for_each(|event| events(event));
    let cwd = &settings.surroundings().cwd;
    let limit = text(matches, "limit").map(|limit| Limit::parse(limit, cwd)).transpose()?;
    Ok(Ground {
        settings,
        vault,
        inventory: inventory?,
        extra,
        events,
        passwords,
        line,
        limit,
        reload: Arc::new(move |notices: &mut Notices| {
            crate::inventory::load(&sources, &options, notices)
        }),
        rules,
        files,
    })
}

/// Where events go; the settings' own warnings are the first.
fn sink(report: Box<dyn Report>, settings: &Settings) -> Sink {
    let report = Mutex::new(report);
    let events: Sink = Arc::new(move |event| {
        report.lock().unwrap_or_else(PoisonError::into_inner).event(&event);
    });
    for warning in settings.warnings() {
        events(Event::Warning(warning.clone()));
    }
    events
}

fn vault_of(matches: &ArgMatches, settings: &Settings) -> Result<Vault, Diagnostic> {
    let options = vault::Options {
        ids: texts(matches, "vault_id"),
        password_files: texts(matches, "vault_file"),
        ask: is_set(matches, "ask_vault"),
        new_password: false,
        auto_prompt: false,
    };
    let vault = Vault::new(settings, &options, Arc::new(vault::Terminal));
    vault.ask().map_err(Diagnostic::from)?;
    Ok(vault)
}

fn files(vault: &Arc<Vault>) -> Files {
    let vault = Arc::clone(vault);
    Files::new(Arc::new(move |bytes: Vec<u8>, path: &Path| open(&vault, bytes, path)))
}

fn sources(matches: &ArgMatches, settings: &Settings) -> Vec<String> {
    let given = texts(matches, "inventory");
    if given.is_empty() {
        let paths = settings.paths("DEFAULT_HOST_LIST");
        return paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    }
    given
}

impl Ground {
    /// The hosts of `--limit`; an error when it leaves none.
    pub fn limited(&self, landscape: &Landscape) -> Result<Option<Vec<Arc<str>>>, Diagnostic> {
        let Some(limit) = &self.limit else { return Ok(None) };
        let hosts = landscape.select_limited("all", Some(limit))?;
        let implicit = landscape.select_limited("localhost", Some(limit)).unwrap_or_default();
        if hosts.is_empty() && implicit.is_empty() {
            let text = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
            return Err(Diagnostic::new(text));
        }
        Ok(Some(hosts.into_iter().chain(implicit).collect()))
    }

    /// Hosts, groups and the variable files beside inventory and playbook.
    pub fn landscape(&self, playbook_dir: &Path) -> Landscape {
        let sources = self.inventory.sources().to_vec();
        let files = VarsFiles::new(
            &sources,
            vec![playbook_dir.to_path_buf()],
            self.files.clone(),
            Arc::clone(&self.rules),
        );
        let (reload, events) = (Arc::clone(&self.reload), Arc::clone(&self.events));
        Landscape::new(self.inventory.clone(), files, playbook_dir, reload, events)
    }

    /// A loader of playbooks. `strict`: broken templates are refused when they are read.
    pub fn loader(&self, strict: bool) -> Loader {
        let (vault, reading) = (Arc::clone(&self.vault), Arc::clone(&self.vault));
        Loader::new(LoaderOptions {
            roles_path: self.settings.paths("DEFAULT_ROLES_PATH"),
            collections_paths: self.settings.paths("COLLECTIONS_PATHS"),
            extra_vars: Arc::clone(&self.extra),
            read_file: Arc::new(move |path: &Path| read_file(&reading, path)),
            decrypt: Arc::new(move |text: &str| vault.decrypt_value(text, None)),
            render: Arc::new(|value, scope| {
                crate::template::Templar::new(scope).render(value).map_err(|stop| {
                    stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("suspended"))
                })
            }),
            module: crate::modules::find,
            module_names: || crate::modules::all().map(|entry| entry.doc().name).collect(),
            is_lookup: |name| crate::template::lookups::find(name).is_some(),
            check_arguments: true,
            check_templates: strict,
        })
    }

    /// The session of a run.
    pub fn session(
        self,
        matches: &ArgMatches,
        loader: Loader,
        landscape: Landscape,
    ) -> Result<Session, Diagnostic> {
        let limit = self.limited(&landscape)?;
        let options = self.options(matches, limit)?;
        let run = self.frame(matches, &options);
        let reader = Arc::new(Library {
            vault: Arc::clone(&self.vault),
            settings: Arc::clone(&self.settings),
        });
        let store = Store::new(Arc::new(landscape), reader, (*self.extra).clone(), run);
        let connections = Connections::new(Arc::clone(&self.events), self.line.clone());
        let (line, interrupt) = (self.line.clone(), Arc::new(Interrupt::default()));
        let heard = Arc::clone(&interrupt);
        let forks = options.forks.max(1);
        Ok(Session {
            store: Arc::new(store),
            loader: Arc::new(loader),
            pool: Arc::new(Pool::new(Arc::new(connections))),
            events: self.events,
            options,
            warnings: crate::vars::Warnings::default(),
            forks: tokio::sync::Semaphore::new(forks),
            locks: crate::run::Locks::default(),
            changes: crate::run::Changes::default(),
            interrupt,
            ledger: Mutex::default(),
            stats: Mutex::default(),
            prompt: Arc::new(move |question| {
                let _aside = line.aside();
                ask(question, &heard)
            }),
            started: Mutex::default(),
            next_id: std::sync::atomic::AtomicU64::new(1),
        })
    }

    fn frame(&self, matches: &ArgMatches, options: &Options) -> RunFrame {
        RunFrame {
            check: options.check,
            diff: options.diff,
            verbosity: options::verbosity(matches),
            forks: options.forks as u32,
            limit: text(matches, "limit").map(str::to_string),
            tags: options.tags.clone(),
            skip_tags: options.skip_tags.clone(),
            inventory_sources: self.inventory.sources().iter().map(ToString::to_string).collect(),
            config_file: self.settings.config_file().map(|p| p.to_string_lossy().into_owned()),
            inject_facts: self.settings.bool("INJECT_FACTS_AS_VARS"),
            merge_hashes: self.settings.text("DEFAULT_HASH_BEHAVIOUR") == Some("merge"),
        }
    }

    fn options(
        &self,
        matches: &ArgMatches,
        limit: Option<Vec<Arc<str>>>,
    ) -> Result<Options, Diagnostic> {
        let settings = &self.settings;
        let forks = number(matches, "forks")?.or(settings.int("DEFAULT_FORKS")).unwrap_or(5);
        Ok(Options {
            forks: usize::try_from(forks).unwrap_or(5),
            check: is_set(matches, "check"),
            diff: is_set(matches, "diff") || settings.bool("DIFF_ALWAYS"),
            tags: options::tags(matches),
            skip_tags: options::skip_tags(matches),
            limit,
            start_at: text(matches, "start_at_task").map(str::to_string),
            force_handlers: is_set(matches, "force_handlers")
                || settings.bool("DEFAULT_FORCE_HANDLERS"),
            overlay: settings.value("TANK_CHECK_OVERLAY").is_none_or(Value::is_true),
            look_ahead: (!is_set(matches, "no_look_ahead")
                && settings.value("TANK_LOOK_AHEAD").is_none_or(Value::is_true))
            .then_some(AheadRules::ALL),
            gathering: settings.text("DEFAULT_GATHERING").unwrap_or("implicit").to_string(),
            strategy: settings.text("DEFAULT_STRATEGY").unwrap_or("linear").to_string(),
            retry: settings.bool("RETRY_FILES_ENABLED").then(|| {
                settings.text("RETRY_FILES_SAVE_PATH").filter(|p| !p.is_empty()).map(PathBuf::from)
            }),
            missing_handler_fails: settings.bool("ERROR_ON_MISSING_HANDLER"),
            connection: ways::connection(settings, Some(matches), &self.passwords),
            r#become: ways::become_defaults(settings, Some(matches), &self.passwords),
        })
    }

    /// A value with what a play knows before it runs: extra and play variables.
    pub fn render_early(&self, play: &crate::play::Play, value: &Value) -> Value {
        let scope = EarlyScope {
            extra: Arc::clone(&self.extra),
            play: Arc::clone(&play.keywords.vars),
            settings: Arc::clone(&self.settings),
        };
        crate::template::Templar::new(&scope).render(value).unwrap_or_else(|_| value.clone())
    }
}

fn number(matches: &ArgMatches, name: &str) -> Result<Option<i64>, Diagnostic> {
    let Some(text) = text(matches, name) else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| Diagnostic::new(format!("--{name}: '{text}' is not a whole number")).code(5))
}

/// The directory of a playbook, absolute.
pub fn dir_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The report that a command has.
pub fn report(matches: &ArgMatches, settings: &Settings, adhoc: bool) -> Box<dyn Report> {
    if adhoc {
        reports::of_adhoc(matches, settings)
    } else {
        reports::of_playbook(matches, settings)
    }
}
