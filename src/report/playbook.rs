//! Ansible's default layout, byte for byte.

use super::banner::banner;
use super::dump::Shape;
use super::out::{Out, Palette};
use super::{Report, diagnostics, dump, recap};
use crate::base::{Diagnostic, Value};
use crate::spec::Event;
use crate::spec::event::{Status, TaskInfo, TaskResult};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What of the layout the settings change (S-182).
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Number of `-v`.
    pub verbosity: u8,
    /// `display_skipped_hosts`.
    pub skipped: bool,
    /// `display_ok_hosts`.
    pub ok: bool,
    /// `display_failed_stderr`.
    pub failed_stderr: bool,
    /// `show_custom_stats`.
    pub custom_stats: bool,
    /// `check_mode_markers`.
    pub check_markers: bool,
    /// Whether this is a check run.
    pub check: bool,
    /// `show_per_host_start`.
    pub per_host_start: bool,
    /// `deprecation_warnings`.
    pub deprecations: bool,
    /// Whether uncertain predictions are listed at the end of a check run.
    pub uncertain: bool,
    /// The language of results.
    pub shape: Shape,
}

/// The default report.
pub struct Terminal {
    out: Out,
    layout: Layout,
    shown: HashSet<String>,
    deprecated_before: bool,
    /// A task whose banner waits for the first line under it.
    waiting: Option<Arc<TaskInfo>>,
    uncertain: Vec<String>,
    stats: BTreeMap<String, Value>,
}

impl Terminal {
    /// A report on these streams.
    pub fn new(out: Out, layout: Layout) -> Self {
        Self {
            out,
            layout,
            shown: HashSet::new(),
            deprecated_before: false,
            waiting: None,
            uncertain: Vec::new(),
            stats: BTreeMap::new(),
        }
    }

    fn banner(&mut self, text: &str) {
        let text = banner(text, self.out.width);
        self.out.line(&text, Palette::Plain);
    }

    fn task(&mut self, info: &Arc<TaskInfo>) {
        if self.layout.skipped && self.layout.ok {
            return self.task_banner(info);
        }
        self.waiting = Some(Arc::clone(info));
    }

    fn task_banner(&mut self, info: &TaskInfo) {
        let kind = if info.handler { "RUNNING HANDLER" } else { "TASK" };
        let marker =
            if self.layout.check && self.layout.check_markers { " [CHECK MODE]" } else { "" };
        self.banner(&format!("{kind} [{}]{marker}", info.name));
        if self.layout.verbosity >= 2
            && let Some(origin) = &info.origin
        {
            let text = format!("task path: {}:{}", origin.source.name, origin.line);
            self.out.line(&text, Palette::Debug);
        }
    }

    fn settle_banner(&mut self) {
        if let Some(info) = self.waiting.take() {
            self.task_banner(&info);
        }
    }

    fn is_hidden(&self, one: &TaskResult) -> bool {
        match one.status {
            Status::Skipped => !self.layout.skipped,
            Status::Ok => !self.layout.ok,
            _ => false,
        }
    }

    fn host(one: &TaskResult) -> String {
        match &one.delegated {
            Some(target) => format!("{} -> {target}", one.host),
            None => one.host.to_string(),
        }
    }

    fn dump(&self, one: &TaskResult) -> String {
        let indent = self.layout.verbosity >= 3 || one.verbose_always;
        if one.task.no_log {
            let censored = dump::censored(&one.result);
            return dump::result(&censored, "", self.layout.verbosity, false, self.layout.shape);
        }
        let (verbosity, shape) = (self.layout.verbosity, self.layout.shape);
        dump::result(&one.result, &one.task.action, verbosity, indent, shape)
    }

    /// ` => {...}` where results are shown.
    fn detail(&self, one: &TaskResult) -> String {
        if self.layout.verbosity > 0 || one.verbose_always {
            return format!(" => {}", self.dump(one));
        }
        String::new()
    }

    fn diff(&mut self, one: &TaskResult) {
        let changed = one.result.get("changed").is_some_and(Value::is_true);
        if !one.show_diff || !changed || one.task.no_log {
            return;
        }
        let Some(diff) = one.result.get("diff") else { return };
        let text = crate::base::diff::render(&diff.masked(), crate::base::diff::CONTEXT).concat();
        if text.is_empty() {
            return;
        }
        self.settle_banner();
        let painted = self.paint_diff(text.strip_suffix('\n').unwrap_or(&text));
        self.out.line(&painted, Palette::Plain);
    }

    fn paint_diff(&self, text: &str) -> String {
        if !self.out.color {
            return text.to_string();
        }
        let paint = |line: &str| {
            let color = match line.chars().next() {
                Some('+') => Palette::DiffAdd,
                Some('-') => Palette::DiffRemove,
                Some('@') => Palette::DiffLines,
                _ => Palette::Plain,
            };
            self.out.paint(line, color)
        };
        text.split('\n').map(paint).collect::<Vec<_>>().join("\n")
    }

    fn item(&mut self, one: &TaskResult) {
        if self.is_hidden(one) {
            return;
        }
        self.settle_banner();
        self.diff(one);
        self.error(one.error.as_ref());
        let (host, item) = (Self::host(one), one.item.as_deref().unwrap_or_default());
        let (word, color) = match one.status {
            Status::Ok => ("ok", Palette::Ok),
            Status::Changed => ("changed", Palette::Changed),
            Status::Skipped => ("skipping", Palette::Skip),
            Status::Failed => {
                let text = format!("failed: [{host}] (item={item}) => {}", self.dump(one));
                return self.failed_line(&text, Palette::Error);
            }
            Status::Unreachable => {
                let text = format!("fatal: [{host}]: UNREACHABLE! => {}", self.dump(one));
                return self.failed_line(&text, Palette::Unreachable);
            }
        };
        let tail = match (one.status, self.detail(one)) {
            (Status::Skipped, detail) if detail.is_empty() => " ".to_string(),
            (_, detail) => detail,
        };
        self.out.line(&format!("{word}: [{host}] => (item={item}){tail}"), color);
    }

    fn result(&mut self, one: &TaskResult) {
        self.note_uncertain(one);
        if one.looped && one.status != Status::Skipped {
            return self.loop_end(one);
        }
        if self.is_hidden(one) {
            return;
        }
        self.settle_banner();
        self.diff(one);
        self.error(one.error.as_ref());
        let host = Self::host(one);
        let detail = self.detail(one);
        match one.status {
            Status::Ok => self.out.line(&format!("ok: [{host}]{detail}"), Palette::Ok),
            Status::Changed => {
                self.out.line(&format!("changed: [{host}]{detail}"), Palette::Changed)
            }
            Status::Skipped => {
                let detail = if self.layout.verbosity > 0 { detail } else { String::new() };
                self.out.line(&format!("skipping: [{host}]{detail}"), Palette::Skip);
            }
            Status::Failed => {
                let text = format!("fatal: [{host}]: FAILED! => {}", self.dump(one));
                self.failed_line(&text, Palette::Error);
            }
            Status::Unreachable => {
                let text = format!("fatal: [{host}]: UNREACHABLE! => {}", self.dump(one));
                self.failed_line(&text, Palette::Unreachable);
            }
        }
        self.ignoring(one);
    }

    fn play(&mut self, name: &str) {
        let marker = self.layout.check && self.layout.check_markers;
        let marker = if marker { " [CHECK MODE]" } else { "" };
        let text = match name {
            "" => "PLAY".to_string(),
            name => format!("PLAY [{name}]{marker}"),
        };
        self.banner(&text);
    }

    /// What stands behind the items: of a failed `debug` its message, the others have said it all.
    fn loop_end(&mut self, one: &TaskResult) {
        if one.status == Status::Failed && dump::is_debug(&one.task.action) {
            let text = format!("fatal: [{}]: FAILED! => {}", Self::host(one), self.dump(one));
            self.failed_line(&text, Palette::Error);
        }
        self.ignoring(one);
    }

    fn ignoring(&mut self, one: &TaskResult) {
        if one.ignored {
            self.out.line("...ignoring", Palette::Skip);
        }
    }

    fn failed_line(&mut self, text: &str, color: Palette) {
        if self.layout.failed_stderr {
            self.out.error_line(text, color);
        } else {
            self.out.line(text, color);
        }
    }

    /// The error behind a failed result; it stands where the result's own line does.
    fn error(&mut self, error: Option<&Diagnostic>) {
        if let Some(error) = error {
            let text = diagnostics::render("[ERROR]: ", error);
            if self.shown.insert(text.clone()) {
                self.failed_line(&text, Palette::Error);
            }
        }
    }

    /// An error that belongs to no result.
    fn fatal(&mut self, error: &Diagnostic) {
        let text = diagnostics::render("[ERROR]: ", error);
        if self.shown.insert(text.clone()) {
            self.out.error_line(&text, Palette::Error);
        }
    }

    fn note_uncertain(&mut self, one: &TaskResult) {
        if let Some(why) = &one.uncertain {
            self.uncertain.push(format!("{}: {}: {why}", one.host, one.task.name));
        }
    }

    fn warning(&mut self, warning: &Diagnostic) {
        let text = diagnostics::render("[WARNING]: ", warning);
        if self.shown.insert(text.clone()) {
            self.out.error_line(&text, Palette::Warn);
        }
    }

    fn deprecated(&mut self, warning: &Diagnostic) {
        if !self.layout.deprecations {
            return;
        }
        if !std::mem::replace(&mut self.deprecated_before, true) {
            let text = "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.";
            self.warning(&Diagnostic::new(text));
        }
        let text = diagnostics::render("[DEPRECATION WARNING]: ", warning);
        if self.shown.insert(text.clone()) {
            self.out.error_line(&text, Palette::Deprecate);
        }
    }

    fn recap(&mut self, counts: &BTreeMap<String, crate::spec::event::HostCounts>) {
        self.banner("PLAY RECAP");
        recap::print(&mut self.out, counts);
        self.out.line("", Palette::Plain);
        if self.layout.custom_stats && !self.stats.is_empty() {
            let stats = std::mem::take(&mut self.stats);
            self.custom_stats(&stats);
        }
        if self.layout.uncertain && !self.uncertain.is_empty() {
            let list = std::mem::take(&mut self.uncertain);
            let text =
                format!("{} prediction(s) not certain:\n  {}\n", list.len(), list.join("\n  "));
            self.out.line(&text, Palette::Warn);
        }
    }

    /// Hosts' statistics, then the run's, each in one line.
    fn custom_stats(&mut self, stats: &BTreeMap<String, Value>) {
        let shape = Shape { pretty: Some(true), indentation: 1, ..self.layout.shape };
        let line = |name: &str, one: &Value| {
            let text = dump::result(one, "", 0, true, shape);
            format!("\t{name}: {}", text.replace('\n', ""))
        };
        self.banner("CUSTOM STATS:");
        for (host, one) in stats.iter().filter(|(host, _)| !host.is_empty()) {
            self.out.line(&line(host, one), Palette::Plain);
        }
        if let Some(run) = stats.get("") {
            self.out.line("", Palette::Plain);
            self.out.line(&line("RUN", run), Palette::Plain);
        }
        self.out.line("", Palette::Plain);
    }

    fn host_start(&mut self, task: &TaskInfo, host: &str) {
        let kind = if task.handler { "HANDLER" } else { "TASK" };
        let text = format!(" [started {kind}: {} on {host}]", task.name);
        self.out.line(&text, Palette::Ok);
    }

    fn included(&mut self, file: &str, hosts: &[Arc<str>], item: Option<&str>) {
        self.settle_banner();
        let item = item.map(|item| format!(" => (item={item})")).unwrap_or_default();
        let text = format!("included: {file} for {}{item}", hosts.join(", "));
        self.out.line(&text, Palette::Skip);
    }
}

impl Report for Terminal {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Playbook { path, plays } if self.layout.verbosity >= 2 => {
                let name = path.rsplit('/').next().unwrap_or(path).to_string();
                self.banner(&format!("PLAYBOOK: {name}"));
                self.out.line(&format!("{plays} plays in {path}"), Palette::Plain);
            }
            Event::HostStart { task, host } if self.layout.per_host_start => {
                self.host_start(task, host);
            }
            Event::Playbook { .. }
            | Event::HostStart { .. }
            | Event::Progress { .. }
            | Event::Stream { .. } => {}
            Event::Play { name, .. } => self.play(name),
            Event::NoHostsMatched => self.out.line("skipping: no hosts matched", Palette::Skip),
            Event::NoHostsRemaining => self.banner("NO MORE HOSTS LEFT"),
            Event::Task(info) => self.task(info),
            Event::Item(one) => self.item(one),
            Event::Result(one) => self.result(one),
            Event::Retry { task, host, left, .. } => {
                self.settle_banner();
                let text =
                    format!("FAILED - RETRYING: [{host}]: {} ({left} retries left).", task.name);
                self.out.line(&text, Palette::Debug);
            }
            Event::Included { file, hosts, item } => self.included(file, hosts, item.as_deref()),
            Event::Notified { handler, host } if self.layout.verbosity >= 2 => {
                self.out.line(&format!("NOTIFIED HANDLER {handler} for {host}"), Palette::Verbose);
            }
            Event::Notified { .. } => {}
            Event::Meta { text, .. } if self.layout.verbosity >= 2 => {
                self.out.line(text, Palette::Verbose);
            }
            Event::Meta { .. } => {}
            Event::Warning(warning) => self.warning(warning),
            Event::Deprecated(warning) => self.deprecated(warning),
            Event::Error(error) => self.fatal(error),
            Event::CustomStats(stats) => self.stats.clone_from(stats),
            Event::RetryFile(path) => {
                let text = format!("\tto retry, use: --limit @{path}");
                self.out.line(&text, Palette::Plain);
            }
            Event::Recap(counts) => self.recap(counts),
        }
    }
}
