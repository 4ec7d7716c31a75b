//! `ansible-inventory`: shows what was read from inventory sources.

mod args;
mod show;

use crate::base::{Diagnostic, Map};
use crate::cli::extra_vars;
use crate::cli::library::open;
use crate::cli::passwords::Passwords;
use crate::cli::reach::Reacher;
use crate::inventory::{Files, Inventory, Limit, LoadOptions, Notices, Rules, VarsFiles, load};
use crate::report::{Line, render_diagnostic};
use crate::settings::{Settings, Surroundings};
use crate::spec::Event;
use crate::vault::{self, Vault};
use args::{Options, Request};
use show::Show;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the command in this process with the words behind its name; the answer is its exit code.
pub fn main(words: &[String]) -> u8 {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    match Surroundings::of_process() {
        Ok(place) => run(words, place, &mut out, &mut err),
        Err(error) => {
            print(&mut err, &format!("[ERROR]: no working directory: {error}\n"));
            1
        }
    }
}

/// Runs the command with the words behind its name; the answer is its exit code.
pub fn run(words: &[String], place: Surroundings, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let options = match args::parse(words) {
        Ok(Request::Run(options)) => options,
        Ok(Request::Help) => return print(out, &args::help()),
        Ok(Request::Version) => return version(place, out, err),
        Err(refusal) => {
            let text = format!("{}ansible-inventory: error: {refusal}\n", args::USAGE);
            print(err, &text);
            return 2;
        }
    };
    let settings = match Settings::load(place) {
        Ok(settings) => settings,
        Err(error) => return fail(err, &error),
    };
    let mut notices = Notices::default();
    let done = show(&options, &settings, &mut notices, out);
    let shows_deprecations = settings.bool("DEPRECATION_WARNINGS");
    print(err, &paragraphs(&notices.take(), shows_deprecations));
    done.unwrap_or_else(|error| fail(err, &error))
}

fn fail(err: &mut dyn Write, error: &Diagnostic) -> u8 {
    print(err, &paragraph("[ERROR]: ", error));
    error.code
}

fn print(to: &mut dyn Write, text: &str) -> u8 {
    u8::from(to.write_all(text.as_bytes()).and_then(|()| to.flush()).is_err())
}

fn version(place: Surroundings, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match Settings::load(place) {
        Ok(settings) => {
            let file = settings.config_file().map(|path| path.display().to_string());
            let text = format!(
                "ansible-inventory [tank {}]\n  config file = {}\n",
                env!("CARGO_PKG_VERSION"),
                file.as_deref().unwrap_or("None")
            );
            print(out, &text)
        }
        Err(error) => fail(err, &error),
    }
}

/// Notices, each as its own paragraph; before the first deprecation, how to silence them.
fn paragraphs(events: &[Event], shows_deprecations: bool) -> String {
    const SILENCE: &str = "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.";
    let mut text = String::new();
    let mut first = true;
    for event in events {
        match event {
            Event::Warning(notice) => text.push_str(&paragraph("[WARNING]: ", notice)),
            Event::Error(notice) => text.push_str(&paragraph("[ERROR]: ", notice)),
            Event::Deprecated(notice) if shows_deprecations => {
                if std::mem::take(&mut first) {
                    text.push_str(&paragraph("[WARNING]: ", &Diagnostic::new(SILENCE)));
                }
                text.push_str(&paragraph("[DEPRECATION WARNING]: ", notice));
            }
            _ => {}
        }
    }
    text
}

fn paragraph(label: &str, notice: &Diagnostic) -> String {
    let mut text = render_diagnostic(label, notice);
    text.push('\n');
    text
}

fn show(
    options: &Options,
    settings: &Settings,
    notices: &mut Notices,
    out: &mut dyn Write,
) -> Result<u8, Diagnostic> {
    check(options, settings)?;
    settings.warnings().iter().for_each(|warning| notices.warning(warning.clone()));
    if options.verbosity > 0 {
        let text = match settings.config_file() {
            Some(path) => format!("Using {} as config file\n", path.display()),
            None => "No config file found; using defaults\n".to_string(),
        };
        print(out, &text);
    }
    let read = read(options, settings, notices)?;
    let text = render(options, settings, &read, notices)?;
    deliver(options, settings, text, out)
}

fn check(options: &Options, settings: &Settings) -> Result<(), Diagnostic> {
    let actions = [options.list, options.host.is_some(), options.graph];
    let refusal = match actions.into_iter().filter(|asked| *asked).count() {
        0 => "No action selected, at least one of --host, --graph or --list needs to be specified.",
        1 if options.toml && options.list => "TOML output is not supported; --yaml and JSON are.",
        1 if options.flush_cache && settings.text("CACHE_PLUGIN") != Some("memory") => {
            "--flush-cache: only the fact cache 'memory' is there, and it needs no flushing."
        }
        1 => return Ok(()),
        _ => {
            "Conflicting options used, only one of --host, --graph or --list can be used at the same time."
        }
    };
    Err(Diagnostic::new(refusal).code(5))
}

/// Everything that was read.
struct Read {
    inventory: Inventory,
    extra_vars: Map,
    files: VarsFiles,
    named_files: VarsFiles,
    limit: Option<Limit>,
}

fn read(options: &Options, settings: &Settings, notices: &mut Notices) -> Result<Read, Diagnostic> {
    let cwd = settings.surroundings().cwd.clone();
    let vault = vault_of(options, settings)?;
    let files = files(&vault);
    let rules = Arc::new(Rules::of_settings(settings)?);
    let extra_vars = {
        let vault = Arc::clone(&vault);
        let cwd = cwd.clone();
        extra_vars::parse(&options.extra_vars, &move |path: &Path| {
            contents(&vault, &cwd.join(path))
        })?
    };
    let sources: Vec<String> = if options.inventory.is_empty() {
        settings.list("DEFAULT_HOST_LIST").into_iter().map(str::to_string).collect()
    } else {
        options.inventory.clone()
    };
    let loading = LoadOptions {
        rules: Arc::clone(&rules),
        files: files.clone(),
        cwd: cwd.clone(),
        extra_vars: Arc::new(extra_vars.clone()),
        python: None,
        // This command has no options for connections: they come from settings and variables.
        reach: Reacher::of(settings, None, &Passwords::default(), &Line::off()),
    };
    let inventory = load(&sources, &loading, notices)?;
    let named: Vec<PathBuf> = options.playbook_dir.iter().map(|dir| cwd.join(dir)).collect();
    let named_files = VarsFiles::new(inventory.sources(), named.clone(), files, rules);
    let near = if named.is_empty() { vec![cwd.clone()] } else { named };
    let limit = match &options.limit {
        Some(limit) if options.host.is_none() => Some(Limit::parse(limit, &cwd)?),
        _ => None,
    };
    Ok(Read {
        inventory,
        extra_vars,
        files: named_files.beside_playbook(&near),
        named_files,
        limit,
    })
}

fn vault_of(options: &Options, settings: &Settings) -> Result<Arc<Vault>, Diagnostic> {
    let options = vault::Options {
        ids: options.vault_ids.clone(),
        password_files: options.vault_password_files.clone(),
        ask: options.ask_vault_password,
        new_password: false,
        auto_prompt: false,
    };
    let vault = Vault::new(settings, &options, Arc::new(vault::Terminal));
    vault.ask().map_err(Diagnostic::from)?;
    Ok(Arc::new(vault))
}

fn files(vault: &Arc<Vault>) -> Files {
    let vault = Arc::clone(vault);
    Files::new(Arc::new(move |bytes: Vec<u8>, path: &Path| open(&vault, bytes, path)))
}

fn contents(vault: &Vault, path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|error| {
        let path = path.display();
        Diagnostic::new(format!(
            "Unable to retrieve file contents. Could not find or access '{path}': {error}"
        ))
    })?;
    open(vault, bytes, path)
}

fn render(
    options: &Options,
    settings: &Settings,
    read: &Read,
    notices: &mut Notices,
) -> Result<String, Diagnostic> {
    let show = Show {
        inventory: &read.inventory,
        files: &read.files,
        named_files: &read.named_files,
        extra_vars: &read.extra_vars,
        export: options.export || settings.bool("INVENTORY_EXPORT"),
        yaml: options.yaml,
        vars: options.vars,
        limit: read.limit.as_ref(),
    };
    if let Some(pattern) = &options.host {
        let hosts = read.inventory.select(pattern, notices)?;
        let [host] = &hosts[..] else {
            let text = "You must pass a single valid host to --host parameter";
            return Err(Diagnostic::new(text).code(5));
        };
        return show.host(host, notices);
    }
    if options.graph {
        return show.graph(options.group.as_deref().unwrap_or("all"), notices);
    }
    show.list(notices)
}

fn deliver(
    options: &Options,
    settings: &Settings,
    mut text: String,
    out: &mut dyn Write,
) -> Result<u8, Diagnostic> {
    let Some(file) = &options.output else {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        return Ok(print(out, &text));
    };
    std::fs::write(settings.surroundings().cwd.join(file), text).map_err(|error| {
        Diagnostic::new(format!("Unable to write to destination file '{file}': {error}"))
    })?;
    Ok(0)
}

#[cfg(test)]
mod tests;
