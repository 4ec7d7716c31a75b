//! The live status line: which task runs on how many hosts, for how long, and how far transfers are. It is drawn
//! on stderr and only if stdout is a terminal, too; what is printed goes above it.

use super::Report;
use super::gauge::Gauges;
use crate::spec::Event;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two drawings.
const TICK: Duration = Duration::from_millis(100);
/// Hosts that are named; more are counted.
const NAMED: usize = 3;

/// A handle of the line; clones are the same line.
#[derive(Clone)]
pub struct Line(Arc<Mutex<State>>);

struct State {
    on: bool,
    bar: Option<ProgressBar>,
    /// How many want it out of the way.
    aside: usize,
    task: String,
    hosts: usize,
    running: BTreeMap<Arc<str>, Option<(u64, Option<u64>)>>,
    since: Instant,
    streams: Gauges,
    start: Instant,
}

/// Keeps the line away until it is dropped.
pub struct Aside(Line);

impl Drop for Aside {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.aside -= 1;
        state.draw();
    }
}

impl Line {
    /// A line where one can be drawn: both streams are a terminal that can move its cursor.
    pub fn of_process() -> Self {
        let term = std::env::var("TERM").unwrap_or_default();
        let able = !term.is_empty() && term != "dumb";
        Self::new(able && std::io::stdout().is_terminal() && std::io::stderr().is_terminal())
    }

    /// A line that is never drawn.
    pub fn off() -> Self {
        Self::new(false)
    }

    fn new(on: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            on,
            bar: None,
            aside: 0,
            task: String::new(),
            hosts: 0,
            running: BTreeMap::new(),
            since: Instant::now(),
            streams: Gauges::default(),
            start: Instant::now(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the line away, for questions and texts that are no events.
    #[must_use]
    pub fn aside(&self) -> Aside {
        let mut state = self.state();
        state.aside += 1;
        state.wipe();
        drop(state);
        Aside(self.clone())
    }

    /// A report that prints above this line. Where none can be drawn, long streams get a line a minute on stderr.
    pub fn above(&self, report: Box<dyn Report>) -> Box<dyn Report> {
        if !self.state().on {
            return Box::new(Minutely {
                start: Instant::now(),
                streams: Gauges::default(),
                report,
            });
        }
        Box::new(Live { line: self.clone(), report })
    }
}

impl State {
    fn wipe(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Draws what is known. Between two tasks the line stays as it is.
    fn draw(&mut self) {
        let idle = self.running.is_empty() && !self.streams.any();
        if !self.on || self.aside > 0 || idle {
            return;
        }
        let text = self.text();
        let since = self.since.elapsed();
        self.bar.get_or_insert_with(|| bar(since)).set_message(text);
    }

    fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.running.is_empty() {
            parts.push(self.hosts_text());
        }
        parts.extend(self.streams.lines(self.start.elapsed()));
        parts.join(" | ").replace(char::is_control, " ")
    }

    fn hosts_text(&self) -> String {
        let mut text = format!("{} | {} of {} hosts: ", self.task, self.running.len(), self.hosts);
        let mut names = Vec::new();
        for (host, bytes) in self.running.iter().take(NAMED) {
            names.push(match bytes {
                None => host.to_string(),
                Some((done, None)) => format!("{host} {}", HumanBytes(*done)),
                Some((done, Some(total))) => {
                    format!("{host} {}/{}", HumanBytes(*done), HumanBytes(*total))
                }
            });
        }
        text.push_str(&names.join(", "));
        if self.running.len() > NAMED {
            text.push_str(", ...");
        }
        text
    }

    /// What an event means for the line; whether its text is another now.
    fn learn(&mut self, event: &Event) -> bool {
        match event {
            Event::Task(info) => {
                self.running.clear();
                self.hosts = 0;
                self.task.clone_from(&info.name);
                self.since = Instant::now();
                if let Some(bar) = &self.bar {
                    bar.reset_elapsed();
                }
            }
            Event::HostStart { host, .. } => {
                self.hosts += 1;
                self.running.insert(Arc::clone(host), None);
            }
            Event::Progress { host, done, total } => {
                if let Some(bytes) = self.running.get_mut(host) {
                    *bytes = Some((*done, *total));
                }
            }
            Event::Stream { .. } => {
                self.streams.learn(self.start.elapsed(), event);
                if self.running.is_empty() && !self.streams.any() {
                    self.wipe();
                }
            }
            Event::Result(one) => drop(self.running.remove(&one.host)),
            Event::Item(one) => {
                if let Some(bytes) = self.running.get_mut(&one.host) {
                    *bytes = None;
                }
            }
            Event::Recap(_) | Event::Error(_) => {
                self.running.clear();
                self.wipe();
            }
            _ => return false,
        }
        true
    }
}

fn bar(since: Duration) -> ProgressBar {
    let target = ProgressDrawTarget::term(console::Term::stderr(), 10);
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("|/-\\ ");
    let bar = ProgressBar::with_draw_target(None, target)
        .with_style(style)
        .with_elapsed(since)
        .with_finish(ProgressFinish::AndClear);
    bar.enable_steady_tick(TICK);
    bar
}

/// A report with the line below what it prints.
struct Live {
    line: Line,
    report: Box<dyn Report>,
}

impl Report for Live {
    fn event(&mut self, event: &Event) {
        let mut state = self.line.state();
        let learnt = state.learn(event);
        match (event, state.bar.clone()) {
            (Event::Progress { .. } | Event::Stream { .. }, _) | (_, None) => {
                self.report.event(event)
            }
            (_, Some(bar)) => bar.suspend(|| self.report.event(event)),
        }
        if learnt {
            state.draw();
        }
    }
}

/// A report without a line, with words on stderr about streams that take long.
struct Minutely {
    start: Instant,
    streams: Gauges,
    report: Box<dyn Report>,
}

impl Report for Minutely {
    fn event(&mut self, event: &Event) {
        self.report.event(event);
        let now = self.start.elapsed();
        if !self.streams.learn(now, event) {
            return;
        }
        for line in self.streams.due(now) {
            // Nobody may read it.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_a_line_of_their_own_until_they_are_over() {
        let line = Line::new(false);
        let mut state = line.state();
        let stream = |edge: &str, over: bool| Event::Stream {
            edge: edge.into(),
            done: 3 << 20,
            estimate: Some(4 << 20),
            over,
        };
        assert!(state.learn(&stream("e: pb/x", false)));
        assert_eq!(state.text(), "e: pb/x 3.00 MiB/4.00 MiB 75%");
        state.bar = Some(ProgressBar::hidden());
        state.learn(&stream("f: pb/y", false));
        state.learn(&stream("f: pb/y", true));
        assert!(state.bar.is_some());
        state.learn(&stream("e: pb/x", true));
        assert!(state.bar.is_none() && !state.streams.any());
        state.task = "copy".to_owned();
        state.hosts = 2;
        state.running.insert("a".into(), None);
        state.learn(&stream("e: pb/x", false));
        assert_eq!(state.text(), "copy | 1 of 2 hosts: a | e: pb/x 3.00 MiB/4.00 MiB 75%");
    }
}
