//! The two unit files of a timer.

use super::Args;
use crate::base::Value;
use crate::spec::Failure;

/// What both files begin with: others are not ours to overwrite.
pub const HEAD: &str = "# Kept by tank's systemd_timer.\n";

/// Refuses what would become more than one line.
pub fn line(name: &str, text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() || text.contains(char::is_control) || text.ends_with('\\') {
        return Err(Failure::new(format!("{name} is one line, and not empty: {text:?}")));
    }
    Ok(())
}

/// The service.
pub fn service(name: &str, args: &Args) -> Result<String, Failure> {
    let mut text =
        format!("{HEAD}[Unit]\nDescription={}\n\n[Service]\nType=oneshot\n", describe(name, args));
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            text += &format!("{key}={value}\n");
        }
    };
    set("User", args.user.as_deref());
    set("WorkingDirectory", args.chdir.as_deref());
    set("TimeoutStartSec", args.timeout.as_deref());
    for (key, value) in &args.environment.0 {
        text += &environment(&key.value().text(), value)?;
    }
    text += &format!("ExecStart={}\n", args.command.as_deref().unwrap_or_default());
    Ok(text)
}

fn describe<'a>(name: &'a str, args: &'a Args) -> &'a str {
    args.description.as_deref().unwrap_or(name)
}

/// A line that sets one variable; systemd reads quotes, backslashes and its own specifiers there.
fn environment(name: &str, value: &Value) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain)
    {
        return Err(Failure::new(format!("environment: {name:?} is no name of a variable")));
    }
    if value.has_secret() {
        let text = format!(
            "environment: {name} is secret, and everyone may read a unit's file: have the command read it from a file"
        );
        return Err(Failure::new(text));
    }
    let value = value.text();
    if value.contains(char::is_control) {
        return Err(Failure::new(format!("environment: {name} is one line")));
    }
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Ok(format!("Environment=\"{name}={value}\"\n"))
}

/// The timer.
pub fn timer(name: &str, args: &Args) -> String {
    let mut text = format!("{HEAD}[Unit]\nDescription={}\n\n[Timer]\n", describe(name, args));
    for spec in &args.on_calendar {
        text += &format!("OnCalendar={spec}\n");
    }
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            text += &format!("{key}={value}\n");
        }
    };
    set("OnBootSec", args.on_boot.as_deref());
    set("OnUnitActiveSec", args.on_unit_active.as_deref());
    set("RandomizedDelaySec", args.randomized_delay.as_deref());
    set("AccuracySec", args.accuracy.as_deref());
    set("Persistent", args.persistent.then_some("true"));
    text + "\n[Install]\nWantedBy=timers.target\n"
}
