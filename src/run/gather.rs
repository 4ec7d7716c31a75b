//! The implicit task that gathers facts.

use super::batch::Batch;
use crate::base::{Diagnostic, Map, Value};
use crate::play::{Action, Keywords, LoopControl, Task};
use crate::template::Templar;
use crate::vars::TaskScope;
use std::sync::Arc;

/// The task that gathers facts at the start of a play; None where the play or the settings do without.
pub fn task(batch: &Batch<'_>) -> Result<Option<Arc<Task>>, Diagnostic> {
    let play = batch.play;
    let wanted = match &play.gather_facts {
        Some(raw) => truth(batch, raw)?,
        None => batch.session.options.gathering != "explicit",
    };
    let all_known = || {
        let batch_hosts = batch.frame().batch.clone();
        batch_hosts.iter().all(|host| !batch.session.store.host(host).facts.is_empty())
    };
    if !wanted || (batch.session.options.gathering == "smart" && all_known()) {
        return Ok(None);
    }
    Ok(of_play(play).map(Arc::new))
}

/// The task that gathers facts for a play.
pub fn of_play(play: &crate::play::Play) -> Option<Task> {
    let entry = crate::modules::find("setup")?;
    let args = gather_args(play);
    let tags = if play.keywords.tags.is_empty() { vec![Value::from("always")] } else { Vec::new() };
    let keywords =
        Keywords { name: Some(Value::from("Gathering Facts")), tags, ..Keywords::default() };
    Some(Task {
        origin: play.origin.clone(),
        keywords,
        action: Action::Module(entry),
        action_origin: None,
        written: "gather_facts".to_string(),
        args: Arc::new(args),
        args_template: None,
        looping: None,
        loop_control: LoopControl::default(),
        register: None,
        until: Vec::new(),
        retries: None,
        delay: None,
        changed_when: None,
        failed_when: None,
        r#async: None,
        poll: None,
        listen: Vec::new(),
        implicit: true,
        parent: Arc::clone(&play.parent),
    })
}

/// The play's own arguments for gathering.
fn gather_args(play: &crate::play::Play) -> Map {
    let mut args = Map::new();
    let given = [
        ("gather_subset", &play.gather_subset),
        ("gather_timeout", &play.gather_timeout),
        ("fact_path", &play.fact_path),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            args.insert(name.into(), value.clone());
        }
    }
    args
}

/// A boolean keyword of the play.
pub fn truth(batch: &Batch<'_>, raw: &Value) -> Result<bool, Diagnostic> {
    let value = keyword(batch, raw)?;
    Ok(match value.as_str() {
        Some(text) => matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1"),
        None => value.is_true(),
    })
}

/// A keyword of the play, rendered: it sees extra and play variables.
pub fn keyword(batch: &Batch<'_>, raw: &Value) -> Result<Value, Diagnostic> {
    let frame = batch.frame();
    let none: Arc<str> = Arc::from("");
    let session = batch.session;
    let mut scope = TaskScope::of_host(&session.store, &frame, &none, &session.warnings);
    scope.middle = vec![Arc::clone(&frame.prompts), Arc::clone(&frame.vars)];
    Templar::new(&scope).render(raw).map_err(|stop| {
        stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("evaluation was suspended"))
    })
}
