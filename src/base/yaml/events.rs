//! The events of a text, from a port of the libyaml that `PyYAML` uses, with its faults kept away.

use super::problem::Problem;
use libyaml_safer::{Encoding, Error, ErrorKind, Event, EventData, Mark, Parser, ScalarStyle};
use std::ops::Range;

/// Deeper nesting is refused: the parser gets slow, and whatever walks values would exhaust the stack.
pub(super) const MAX_DEPTH: usize = 200;

/// All events of a text. The parser panics in three cases, which are avoided here: the text is given
/// a final newline (a block scalar or an escape at the end), and a tag directly before a comma in a
/// flow collection is set apart by a blank.
pub(super) fn read(text: &str) -> Result<Vec<Event>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let closed = text.is_empty() || text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    let mut whole = text.to_string();
    if !closed {
        whole.push('\n');
    }
    let commas = tagged_commas(&whole);
    let mut events = parse(&spaced(&whole, &commas), text)?;
    let count = commas.len();
    if count > 0 {
        let real = outside_scalars(commas, &events);
        if real.len() < count {
            whole = spaced(&whole, &real);
            events = parse(&whole, text)?;
        }
    }
    if !closed {
        unclose(&mut events, text);
    }
    Ok(events)
}

/// The events of `text`; problems are placed in `written`, which lacks what was added.
fn parse(text: &str, written: &str) -> Result<Vec<Event>, Problem> {
    let mut bytes = text.as_bytes();
    let input = &mut bytes;
    let mut parser = Parser::new();
    // Without this a text whose first letter begins with the byte EF is taken for a broken mark.
    parser.set_encoding(Encoding::Utf8);
    parser.set_input_string(input);
    let mut events = Vec::new();
    let mut depth = 0_usize;
    loop {
        let event = parser.parse().map_err(|error| located(&error, written))?;
        match &event.data {
            EventData::SequenceStart { .. } | EventData::MappingStart { .. } => depth += 1,
            EventData::SequenceEnd | EventData::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let (line, column) = place(event.start_mark, written);
            return Err(too_deep(line, column));
        }
        let last = matches!(event.data, EventData::StreamEnd);
        events.push(event);
        if last {
            return Ok(events);
        }
    }
}

/// The problem of what is nested too deep.
pub(super) fn too_deep(line: u32, column: u32) -> Problem {
    Problem::plain(line, column, format!("nested deeper than {MAX_DEPTH} levels"))
}

/// A `!` and the comma that directly follows its word.
struct Tagged {
    start: usize,
    comma: usize,
}

fn tagged_commas(text: &str) -> Vec<Tagged> {
    let mut found: Vec<Tagged> = Vec::new();
    for (start, _) in text.match_indices('!') {
        let word = &text[start..];
        let end = word.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        let Some(end) = end.filter(|end| word[*end..].starts_with(',')) else { continue };
        let comma = start + end;
        if found.last().is_none_or(|last| last.comma != comma) {
            found.push(Tagged { start, comma });
        }
    }
    found
}

/// The text with a blank before each of these commas.
fn spaced(text: &str, places: &[Tagged]) -> String {
    let mut out = String::with_capacity(text.len() + places.len());
    let mut from = 0;
    for place in places {
        out.push_str(&text[from..place.comma]);
        out.push(' ');
        from = place.comma;
    }
    out.push_str(&text[from..]);
    out
}

/// Those that were not inside of a scalar once all of them had got their blank.
fn outside_scalars(places: Vec<Tagged>, events: &[Event]) -> Vec<Tagged> {
    let scalars: Vec<Range<usize>> = events
        .iter()
        .filter_map(|event| match &event.data {
            EventData::Scalar { value, .. } if !value.is_empty() => {
                Some(event.start_mark.index as usize..event.end_mark.index as usize)
            }
            _ => None,
        })
        .collect();
    let inside = |at: usize| scalars.iter().any(|range| range.contains(&at));
    let moved = places.into_iter().enumerate();
    moved.filter(|(before, place)| !inside(place.start + before)).map(|(_, place)| place).collect()
}

/// Takes back what the added newline changed: the last block scalar, if it reaches the end.
fn unclose(events: &mut [Event], text: &str) {
    let last = events.iter_mut().rev().find(|e| matches!(e.data, EventData::Scalar { .. }));
    let Some(event) = last.filter(|event| event.end_mark.index as usize > text.len()) else {
        return;
    };
    let EventData::Scalar { value, style, .. } = &mut event.data else { return };
    if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) || !value.ends_with('\n') {
        return;
    }
    let line = text.rsplit('\n').next().unwrap_or_default();
    let blank = line.bytes().all(|b| b == b' ');
    let inner = value[..value.len() - 1].rsplit('\n').next().unwrap_or_default();
    let was_content = !blank || (!inner.is_empty() && inner.bytes().all(|b| b == b' '));
    let was_kept = value.ends_with("\n\n") || value.bytes().all(|b| b == b'\n');
    if was_content || was_kept {
        value.pop();
    }
}

fn located(error: &Error, text: &str) -> Problem {
    if error.kind() == ErrorKind::Reader {
        return unreadable(text);
    }
    let mark = error.problem_mark().unwrap_or_default();
    let (line, column) = place(mark, text);
    let context = error.context().unwrap_or_default();
    Problem::at(line, column, format!("{context} {}", error.problem()))
}

/// Line and column of a mark, from 1; behind the end of the text only its last place is true.
fn place(mark: Mark, text: &str) -> (u32, u32) {
    if mark.index as usize <= text.len() || text.ends_with('\n') {
        return (mark.line as u32 + 1, mark.column as u32 + 1);
    }
    let line = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() as u32 + 1, line.chars().count() as u32 + 1)
}

/// The first character that YAML does not allow.
fn unreadable(text: &str) -> Problem {
    let (mut line, mut column) = (1, 1);
    for c in text.chars() {
        let control = c < ' ' && !matches!(c, '\t' | '\n' | '\r');
        let high = matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        if control || high {
            let code = c as u32;
            let message =
                format!("unacceptable character #x{code:04x}: control characters are not allowed");
            return Problem::plain(line, column, message);
        }
        (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    Problem::plain(0, 0, "the text cannot be read".to_string())
}
