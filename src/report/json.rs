//! `--output json`: one JSON event a line.

use super::Report;
use super::out::{Out, Palette};
use crate::base::value::{Layout, to_json};
use crate::base::{Diagnostic, Value};
use crate::spec::Event;
use crate::spec::event::{HostCounts, Status, TaskInfo, TaskResult};
use std::collections::BTreeMap;

/// Writes events as JSON lines to standard output.
pub struct JsonLines {
    out: Out,
}

impl JsonLines {
    /// A report on these streams.
    pub fn new(out: Out) -> Self {
        Self { out }
    }

    fn custom_stats(&mut self, stats: &BTreeMap<String, Value>) {
        let hosts = stats.iter().filter(|(host, _)| !host.is_empty());
        let hosts: Value = hosts.map(|(host, value)| (host.as_str(), value.clone())).collect();
        let run = stats.get("").cloned().unwrap_or_default();
        self.write("custom_stats", vec![("hosts", hosts), ("run", run)]);
    }

    fn write(&mut self, kind: &str, fields: Vec<(&str, Value)>) {
        let mut all = vec![("event", Value::from(kind))];
        all.extend(fields);
        let value: Value = all.into_iter().collect();
        let layout = Layout { sort_keys: false, ..Layout::RESULT };
        self.out.line(&to_json(&value.masked(), layout), Palette::Plain);
    }
}

fn names(hosts: &[std::sync::Arc<str>]) -> Value {
    Value::list(hosts.iter().map(|host| Value::from(host.as_ref())).collect())
}

fn task(info: &TaskInfo) -> Value {
    [
        ("id", Value::from(info.id)),
        ("name", Value::from(info.name.as_str())),
        ("action", Value::from(info.action.as_str())),
        ("path", Value::from(info.origin.as_ref().map(ToString::to_string))),
        ("handler", Value::from(info.handler)),
    ]
    .into_iter()
    .collect()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Changed => "changed",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
        Status::Unreachable => "unreachable",
    }
}

fn result(one: &TaskResult) -> Vec<(&'static str, Value)> {
    let shown =
        if one.task.no_log { super::dump::censored(&one.result) } else { one.result.clone() };
    let mut fields = vec![
        ("host", Value::from(one.host.as_ref())),
        ("task", Value::from(one.task.id)),
        ("status", Value::from(status(one.status))),
        ("ignored", Value::from(one.ignored)),
        ("check", Value::from(one.check)),
        ("result", shown),
    ];
    fields.extend(one.item.as_ref().map(|item| ("item", Value::from(item.as_str()))));
    fields.extend(one.delegated.as_ref().map(|name| ("delegated_to", Value::from(name.as_str()))));
    fields.extend(one.uncertain.as_ref().map(|why| ("uncertain", Value::from(why.as_str()))));
    fields
}

fn message(error: &Diagnostic) -> Vec<(&'static str, Value)> {
    vec![
        ("message", Value::from(error.chain())),
        ("path", Value::from(error.origin.as_ref().map(ToString::to_string))),
        ("hint", Value::from(error.hint.clone())),
    ]
}

fn counts(counts: &HostCounts) -> Value {
    [
        ("ok", counts.ok),
        ("changed", counts.changed),
        ("unreachable", counts.unreachable),
        ("failed", counts.failed),
        ("skipped", counts.skipped),
        ("rescued", counts.rescued),
        ("ignored", counts.ignored),
        ("uncertain", counts.uncertain),
    ]
    .into_iter()
    .map(|(name, count)| (name, Value::from(count)))
    .collect()
}

impl Report for JsonLines {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Playbook { path, plays } => self.write(
                "playbook",
                vec![("path", Value::from(path.as_str())), ("plays", Value::from(*plays as u64))],
            ),
            Event::Play { name, hosts } => {
                let name = Value::from(name.as_str());
                self.write("play", vec![("name", name), ("hosts", names(hosts))]);
            }
            Event::NoHostsMatched => self.write("no_hosts_matched", Vec::new()),
            Event::NoHostsRemaining => self.write("no_hosts_remaining", Vec::new()),
            Event::Task(info) => self.write("task", vec![("task", task(info))]),
            Event::HostStart { .. } | Event::Progress { .. } | Event::Stream { .. } => {}
            Event::Item(one) => self.write("item", result(one)),
            Event::Result(one) => self.write("result", result(one)),
            Event::Retry { task, host, left, .. } => self.write(
                "retry",
                vec![
                    ("host", Value::from(host.as_ref())),
                    ("task", Value::from(task.id)),
                    ("left", Value::from(*left)),
                ],
            ),
            Event::Included { file, hosts, .. } => {
                let file = Value::from(file.as_str());
                self.write("included", vec![("file", file), ("hosts", names(hosts))]);
            }
            Event::Notified { handler, host } => {
                let host = Value::from(host.as_ref());
                let handler = Value::from(handler.as_str());
                self.write("notified", vec![("handler", handler), ("host", host)]);
            }
            Event::Meta { text, .. } => {
                self.write("meta", vec![("text", Value::from(text.as_str()))]);
            }
            Event::Warning(error) => self.write("warning", message(error)),
            Event::Deprecated(error) => self.write("deprecated", message(error)),
            Event::Error(error) => self.write("error", message(error)),
            Event::CustomStats(stats) => self.custom_stats(stats),
            Event::RetryFile(path) => {
                self.write("retry_file", vec![("path", Value::from(path.as_str()))]);
            }
            Event::Recap(all) => {
                let hosts = all.iter().map(|(host, c)| (host.as_str(), counts(c))).collect();
                self.write("recap", vec![("hosts", hosts)]);
            }
        }
    }
}
