//! What a result inherits from secret inputs.

use crate::base::value::MASK;
use crate::base::{Diagnostic, Kind, Meta, Secret, Value};
use crate::template::table::Stop;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

/// `part` is as secret as `whole`.
pub fn same(whole: &Value, part: Value) -> Value {
    if matches!(whole.meta().secret, Secret::None) { part } else { part.secret() }
}

/// A result made from `inputs`: when any of them has a secret, every text and number in the result
/// that is not one of the inputs' own is secret.
pub fn taint<'v>(inputs: impl IntoIterator<Item = &'v Value>, result: Value) -> Value {
    let inputs: Vec<&Value> = inputs.into_iter().collect();
    if !inputs.iter().any(|input| input.has_secret()) {
        return result;
    }
    let mut own = HashSet::new();
    for input in inputs {
        texts(input, &mut own);
    }
    stain(&result, &own)
}

fn texts(value: &Value, own: &mut HashSet<usize>) {
    match &value.kind {
        Kind::Str(text) => {
            own.insert(address(text));
        }
        Kind::List(items) | Kind::Tuple(items) => items.iter().for_each(|item| texts(item, own)),
        Kind::Map(map) => map.iter().for_each(|(key, item)| {
            if let crate::base::Key::Str(text) = key {
                own.insert(address(text));
            }
            texts(item, own);
        }),
        _ => {}
    }
}

fn address(text: &Arc<str>) -> usize {
    Arc::as_ptr(text).cast::<u8>() as usize
}

fn stain(value: &Value, own: &HashSet<usize>) -> Value {
    let kind = match &value.kind {
        Kind::Str(text) if own.contains(&address(text)) => return value.clone(),
        Kind::Str(_) | Kind::Int(_) | Kind::Big(_) | Kind::Float(_) => return value.secret(),
        Kind::List(items) => Kind::List(Arc::new(items.iter().map(|v| stain(v, own)).collect())),
        Kind::Tuple(items) => Kind::Tuple(Arc::new(items.iter().map(|v| stain(v, own)).collect())),
        Kind::Map(map) => {
            Kind::Map(Arc::new(map.iter().map(|(k, v)| (k.clone(), stain(v, own))).collect()))
        }
        _ => return value.clone(),
    };
    Value::new(kind).marked_as(value)
}

/// An error without the secret texts of `inputs`, in all of its messages.
pub fn scrub<'v>(inputs: impl IntoIterator<Item = &'v Value>, stop: Stop) -> Stop {
    let mut hidden = Vec::new();
    for input in inputs {
        if input.has_secret() {
            hidden_texts(input, false, &mut hidden);
        }
    }
    if hidden.is_empty() {
        return stop;
    }
    match stop {
        Stop::Fault(error) => Stop::Fault(scrubbed(error, &hidden)),
        Stop::Undefined(error) => Stop::Undefined(scrubbed(error, &hidden)),
        Stop::Suspended => Stop::Suspended,
    }
}

fn hidden_texts(value: &Value, within: bool, hidden: &mut Vec<String>) {
    let all = within || matches!(value.meta().secret, Secret::All);
    match (&value.kind, &value.meta().secret) {
        (Kind::List(items) | Kind::Tuple(items), _) => {
            items.iter().for_each(|item| hidden_texts(item, all, hidden));
        }
        (Kind::Map(map), _) => map.values().for_each(|item| hidden_texts(item, all, hidden)),
        (Kind::Str(text), Secret::Spans(spans)) if !all => {
            hidden.extend(spans.iter().filter_map(|span| text.get(span.clone())).map(String::from));
        }
        _ if all => hidden.push(value.text()),
        _ => {}
    }
}

fn scrubbed(error: Diagnostic, hidden: &[String]) -> Diagnostic {
    let clean = |text: String| {
        let known = hidden.iter().filter(|text| !text.is_empty());
        known.fold(text, |text, secret| text.replace(secret.as_str(), MASK))
    };
    Diagnostic {
        message: clean(error.message),
        hint: error.hint.map(clean),
        cause: error.cause.map(|cause| Box::new(scrubbed(*cause, hidden))),
        ..error
    }
}

/// Text put together from pieces, whose secret parts stay secret where they come to stand.
#[derive(Default)]
pub struct Pieces {
    text: String,
    spans: Vec<Range<usize>>,
}

impl Pieces {
    /// Adds the text of a value.
    pub fn push(&mut self, value: &Value, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        if text.is_empty() {
            return;
        }
        match (&value.kind, &value.meta().secret) {
            (Kind::Str(_), Secret::Spans(spans)) => {
                self.spans.extend(spans.iter().map(|s| start + s.start..start + s.end));
            }
            _ if value.has_secret() => self.spans.push(start..self.text.len()),
            _ => {}
        }
    }

    /// The whole.
    pub fn finish(self) -> Value {
        let value = Value::from(self.text);
        if self.spans.is_empty() {
            return value;
        }
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(self.spans.len());
        for span in self.spans {
            match joined.last_mut() {
                Some(last) if last.end >= span.start => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        let whole = value.as_str().map_or(0, str::len);
        let secret = match joined.as_slice() {
            [only] if *only == (0..whole) => Secret::All,
            _ => Secret::Spans(joined.into()),
        };
        value.with_meta(Meta { secret, ..Meta::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_move_with_their_text() {
        let mut pieces = Pieces::default();
        pieces.push(&Value::from("user="), "user=");
        let secret = Value::from("pw").secret();
        pieces.push(&secret, "pw");
        pieces.push(&secret, "pw");
        pieces.push(&Value::from(";"), ";");
        let whole = pieces.finish();
        assert_eq!(whole.masked().as_str(), Some("user=********;"));
    }

    #[test]
    fn what_was_not_secret_stays_open() {
        let open = Value::from("name");
        let inputs = Value::list(vec![open.clone(), Value::from("pw").secret()]);
        let result = taint([&inputs], Value::list(vec![open, Value::from("NEW")]));
        assert_eq!(result.masked().repr(), "['name', '********']");
    }
}
