//! Which report shows the run.

use super::options::text;
use crate::report::{JsonLines, Layout, Line, Minimal, Out, Report, Shape, Terminal};
use crate::settings::Settings;
use clap::ArgMatches;

/// The report of a playbook run.
pub fn of_playbook(matches: &ArgMatches, settings: &Settings) -> Box<dyn Report> {
    if text(matches, "output") == Some("json") {
        return Box::new(JsonLines::new(out(settings)));
    }
    match settings.text("DEFAULT_STDOUT_CALLBACK").unwrap_or_default() {
        "minimal" | "ansible.builtin.minimal" => of_adhoc(matches, settings),
        "oneline" | "ansible.builtin.oneline" => {
            Box::new(Minimal::new(out(settings), super::options::verbosity(matches), true))
        }
        _ => Box::new(Terminal::new(out(settings), layout(matches, settings))),
    }
}

/// The report of an ad-hoc command.
pub fn of_adhoc(matches: &ArgMatches, settings: &Settings) -> Box<dyn Report> {
    if text(matches, "output") == Some("json") {
        return Box::new(JsonLines::new(out(settings)));
    }
    let one_line = super::options::is_set(matches, "one_line");
    Box::new(Minimal::new(out(settings), super::options::verbosity(matches), one_line))
}

fn out(settings: &Settings) -> Out {
    Out::process(settings.bool("ANSIBLE_FORCE_COLOR"), settings.bool("ANSIBLE_NOCOLOR"))
}

fn layout(matches: &ArgMatches, settings: &Settings) -> Layout {
    let shown = |name: &str| settings.value(name).is_none_or(crate::base::Value::is_true);
    let on = |name: &str| settings.value(name).is_some_and(crate::base::Value::is_true);
    Layout {
        verbosity: super::options::verbosity(matches),
        skipped: shown("callback.default.display_skipped_hosts"),
        ok: shown("callback.default.display_ok_hosts"),
        failed_stderr: on("callback.default.display_failed_stderr"),
        custom_stats: on("callback.default.show_custom_stats"),
        check_markers: on("callback.default.check_mode_markers"),
        check: super::options::is_set(matches, "check"),
        per_host_start: on("callback.default.show_per_host_start"),
        deprecations: shown("DEPRECATION_WARNINGS"),
        uncertain: shown("TANK_CHECK_OVERLAY"),
        shape: shape(settings),
    }
}

/// The language of results.
fn shape(settings: &Settings) -> Shape {
    let default = Shape::default();
    let indentation = settings.int("callback.default.result_indentation");
    Shape {
        yaml: settings.text("callback.default.result_format") == Some("yaml"),
        pretty: settings
            .value("callback.default.pretty_results")
            .and_then(crate::base::Value::as_bool),
        indentation: indentation.and_then(|n| usize::try_from(n).ok()).unwrap_or(4),
        width: match settings.text("callback.default.result_yaml_line_width") {
            Some("no-break") => None,
            Some("terminal-width") => Some(out(settings).width),
            _ => default.width,
        },
    }
}

/// The live line of a run; machines that read events want none.
pub fn line(matches: &ArgMatches) -> Line {
    if text(matches, "output") == Some("json") { Line::off() } else { Line::of_process() }
}
