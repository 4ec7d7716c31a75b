//! Conditions: bare expressions that must give a boolean (S-45 to S-51).

use super::table::Stop;
use super::{Templar, TemplateOptions};
use crate::base::{Diagnostic, Kind, Value};

const HELP: &str = "Broken conditionals can be temporarily allowed with the \
                    `ALLOW_BROKEN_CONDITIONALS` configuration option.";
const REMOVED: &str = "This feature will be removed from ansible-core version 2.23.";

/// Whether a condition holds.
pub(super) fn holds(templar: &Templar, condition: &Value) -> Result<bool, Stop> {
    let result = match evaluate(templar, condition) {
        Err(Stop::Undefined(cause)) => {
            let error = Diagnostic::new("Error while evaluating conditional.");
            return Err(Stop::Undefined(error.at(condition.origin()).caused_by(cause)));
        }
        other => other?,
    };
    if let Some(answer) = result.as_bool() {
        return Ok(answer);
    }
    let truth = result.is_true();
    let origin = result.origin().map_or_else(|| "<unknown>".to_string(), ToString::to_string);
    let message = format!(
        "Conditional result ({}) was derived from value of type '{}' at '{origin}'. Conditionals \
         must have a boolean result.",
        Value::from(truth).text(),
        result.type_name(),
    );
    if !templar.settings().broken_conditionals {
        return Err(broken(message, condition));
    }
    let warning = Diagnostic::new(format!("{message} {REMOVED}")).at(condition.origin());
    templar.scope().warn(warning);
    Ok(truth)
}

fn broken(message: impl Into<String>, condition: &Value) -> Stop {
    Stop::Fault(Diagnostic::new(message).at(condition.origin()).hint(HELP))
}

fn evaluate(templar: &Templar, condition: &Value) -> Result<Value, Stop> {
    let Some(condition) = stripped(templar, condition)? else { return Ok(Value::from(true)) };
    if condition.as_bool().is_some() {
        return Ok(condition);
    }
    let Some(text) = condition.as_str() else {
        if templar.settings().broken_conditionals {
            return templar.render(&condition);
        }
        return Err(broken("Conditional expressions must be strings.", &condition));
    };
    if !TemplateOptions::default().is_all_template(text) {
        let lenient = templar.settings().lenient.then(|| without_delimiters(templar, &condition));
        return templar.evaluate(&lenient.flatten().unwrap_or(condition), true);
    }
    let rendered = templar.render(&condition)?;
    let Some(rendered) = stripped(templar, &rendered)? else { return Ok(Value::from(true)) };
    if matches!(rendered.kind, Kind::Str(_)) {
        return templar.evaluate(&rendered, true);
    }
    let message = format!(
        "Conditionals should not be surrounded by templating delimiters such as {{{{ }}}} or {{% \
         %}}. {REMOVED}"
    );
    templar.scope().warn(Diagnostic::new(message).at(condition.origin()));
    Ok(rendered)
}

/// A condition without blanks around it; None when it is empty and that is allowed.
fn stripped(templar: &Templar, condition: &Value) -> Result<Option<Value>, Stop> {
    let empty = match &condition.kind {
        Kind::Null => true,
        Kind::Str(text) => text.trim().is_empty(),
        _ => return Ok(Some(condition.clone())),
    };
    if !empty {
        let text = condition.as_str().unwrap_or_default();
        let trimmed = text.trim();
        return Ok(Some(if trimmed.len() == text.len() {
            condition.clone()
        } else {
            Value::from(trimmed).marked_as(condition)
        }));
    }
    if !templar.settings().broken_conditionals {
        return Err(broken("Empty conditional expressions are not allowed.", condition));
    }
    let message = format!("Empty conditional expression was evaluated as True. {REMOVED}");
    templar.scope().warn(Diagnostic::new(message).at(condition.origin()));
    Ok(None)
}

/// A condition of before 2.19, where `x == {{ y }}` was common, as an expression: delimiters outside
/// of strings become parentheses. None when there are none.
fn without_delimiters(templar: &Templar, condition: &Value) -> Option<Value> {
    let text = condition.as_str().filter(|text| text.contains("{{"))?;
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let open = quote.is_none() && rest.starts_with("{{");
        let close = quote.is_none() && rest.starts_with("}}");
        if open || close {
            out.push(if open { '(' } else { ')' });
            rest = &rest[2..];
            continue;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    if out == text {
        return None;
    }
    let message = "Template delimiters are not supported in expressions: the condition was read \
                   without them, as the lenient dialect allows.";
    templar.scope().warn(Diagnostic::new(message).at(condition.origin()));
    Some(Value::from(out).marked_as(condition))
}
