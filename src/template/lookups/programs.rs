//! Lookups that run a program on the controller.

use super::impure;
use super::options::{Options, text_term};
use crate::base::{Map, Value};
use crate::template::filters::bind::{shown_text, text_of};
use crate::template::filters::text::{is_space, lines as split_lines};
use crate::template::table::{Env, LookupPlugin, Stop};
use std::process::{Command, Stdio};

pub(super) const LOOKUPS: &[LookupPlugin] = &[
    impure(
        "pipe",
        "ansible.builtin.pipe",
        "Runs a shell command on the controller and gives what it prints.",
        pipe,
        &[("query('pipe', 'echo a; echo b')", r"['a\nb']")],
    ),
    impure(
        "lines",
        "ansible.builtin.lines",
        "Runs a shell command on the controller and gives the lines it prints.",
        lines,
        &[("query('lines', 'echo a; echo b')", "['a', 'b']")],
    ),
];

/// What a shell command prints; a failure names the command, as Ansible does.
fn output(env: &dyn Env, name: &str, term: &Value, command: &str) -> Result<String, Stop> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stderr(Stdio::inherit());
    if let Some(directory) = env.scope().search_path().last().filter(|dir| dir.is_dir()) {
        shell.current_dir(directory);
    }
    let done = shell.stdout(Stdio::piped()).output();
    let done = done.map_err(|e| Stop::fault(format!("lookup_plugin.{name}: {e}")))?;
    if !done.status.success() {
        let code = done.status.code().map_or_else(|| "a signal".into(), |code| code.to_string());
        let shown = shown_text(term);
        return Err(Stop::fault(format!("lookup_plugin.{name}({shown}) returned {code}")));
    }
    String::from_utf8(done.stdout).map_err(|_| {
        let shown = shown_text(term);
        Stop::fault(format!("lookup_plugin.{name}({shown}): the output is no text"))
    })
}

fn pipe(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("pipe", given, &[])?;
    let run = |term: &Value| {
        let output = output(env, "pipe", term, &text_of(term))?;
        Ok(Value::from(output.trim_end_matches(is_space)))
    };
    terms.iter().map(run).collect()
}

fn lines(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("lines", given, &[])?;
    let mut all = Vec::new();
    for term in terms {
        let output = output(env, "lines", term, text_term("lines", term)?)?;
        all.extend(split_lines(&output).into_iter().map(Value::from));
    }
    Ok(all)
}
