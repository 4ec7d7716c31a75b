//! `vars_prompt` of a play (S-17).

use super::play::{Session, render};
use crate::base::{Diagnostic, Map, Meta, Value};
use crate::play::{Play, VarsPrompt};
use crate::spec::context::Pause;
use crate::template::Templar;
use crate::vars::TaskScope;
use std::sync::Arc;

/// Asks the play's questions; extra variables answer them unasked.
pub fn ask(session: &Session, play: &Play, templar: &Templar<'_>) -> Result<Arc<Map>, Diagnostic> {
    let mut answers = Map::new();
    for question in &play.vars_prompt {
        let key = question.name.as_str().into();
        if session.store.extra.contains_key(&key) {
            continue;
        }
        let answer = answer(session, question, templar)?;
        let answer = encrypted(session, question, answer)?;
        answers.insert(key, marked(question, answer));
    }
    Ok(Arc::new(answers))
}

/// What the operator says, else the default, else Ansible's text for nothing.
fn answer(
    session: &Session,
    question: &VarsPrompt,
    templar: &Templar<'_>,
) -> Result<Value, Diagnostic> {
    let prompt = render(templar, Some(&question.prompt))?.unwrap_or_default().text();
    let default = render(templar, question.default.as_ref())?;
    let text = match &default {
        Some(default) => format!("{prompt} [{}]: ", default.masked().text()),
        None => format!("{prompt}: "),
    };
    let said = match said(session, question, &text) {
        Some(said) => said,
        None => {
            let text = "Not prompting as we are not in interactive mode";
            session.warnings.push(Diagnostic::new(text));
            return Ok(default.unwrap_or_else(|| Value::from("None")));
        }
    };
    Ok(match default {
        Some(default) if said.is_empty() => default,
        _ => Value::from(said),
    })
}

/// One line, asked twice with `confirm` until both are the same; None without a terminal.
fn said(session: &Session, question: &VarsPrompt, text: &str) -> Option<String> {
    let ask = |text: String| {
        (session.prompt)(&Pause { prompt: Some(text), seconds: None, echo: !question.private })
    };
    let mut before = "";
    loop {
        let first = ask(format!("{before}{text}"))?;
        if !question.confirm || ask(format!("confirm {text}"))? == first {
            return Some(first);
        }
        before = "***** VALUES ENTERED DO NOT MATCH ****\n";
    }
}

/// The answer as `password_hash` makes it, with `encrypt`.
fn encrypted(session: &Session, question: &VarsPrompt, answer: Value) -> Result<Value, Diagnostic> {
    let Some(scheme) = &question.encrypt else { return Ok(answer) };
    let scheme = match scheme.as_str() {
        "bcrypt" => "blowfish",
        other => other.trim_end_matches("_crypt"),
    };
    let mut text = format!("answer | password_hash({}", Value::from(scheme).repr());
    if let Some(salt) = &question.salt {
        text += &format!(", {}", Value::from(salt.as_str()).repr());
    }
    if let Some(size) = question.salt_size {
        text += &format!(", salt_size={size}");
    }
    let frame = Arc::default();
    let scope = TaskScope::of_host(&session.store, &frame, &Arc::from(""), &session.warnings);
    let scope = scope.with_local("answer", Value::str(answer.text()).secret());
    let expression = Value::template(format!("{text})"), None);
    Templar::new(&scope).expression(&expression).map_err(|stop| {
        stop.into_diagnostic().unwrap_or_else(|| Diagnostic::new("evaluation was suspended"))
    })
}

/// A text that the operator typed is a template unless `unsafe`; what is private is secret.
fn marked(question: &VarsPrompt, answer: Value) -> Value {
    let text = answer.text();
    let value = match question.r#unsafe {
        true => Value::str(text),
        false => Value::str(text).with_meta(Meta { trusted: true, ..Meta::default() }),
    };
    if question.private { value.secret() } else { value }
}
