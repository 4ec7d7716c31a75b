//! The lookup `sequence`.

use super::options::{Options, pairs, text_term};
use super::plain;
use crate::base::regex::python;
use crate::base::{Map, Value};
use crate::template::filters::printf;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[plain(
    "sequence",
    "ansible.builtin.sequence",
    "Gives numbers as texts: `start=1 end=9 stride=2 format=%02d`, or `[start-]end[/stride][:format]`.",
    sequence,
    &[
        ("query('sequence', '5')", "['1', '2', '3', '4', '5']"),
        ("query('sequence', '2-10/4:host%02d')", "['host02', 'host06', 'host10']"),
        ("query('sequence', 'start=0 count=3 stride=2')", "['0', '2', '4']"),
        ("query('sequence', start=3, end=1, stride=-1)", "['3', '2', '1']"),
    ],
)];

const FIELDS: &[&str] = &["start", "end", "stride", "count", "format"];

fn sequence(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let mut all = Vec::new();
    let only_keywords = [Value::from("")];
    let terms = if terms.is_empty() && !given.is_empty() { &only_keywords } else { terms };
    for term in terms {
        let mut options = Options::of("sequence", given, FIELDS)?;
        read(text_term("sequence", term)?, &mut options)?;
        all.extend(numbers(&options)?);
    }
    Ok(all)
}

/// Takes what a term says into the options.
fn read(term: &str, options: &mut Options) -> Result<(), Stop> {
    const NUMBER: &str = "(0?x?[0-9a-f]+)";
    let shortcut = format!("(?:{NUMBER}-)?{NUMBER}(?:/{NUMBER})?(?::(.+))?$");
    let regex = python(&shortcut, "i").map_err(Stop::fault)?;
    if let Some(found) = regex.match_at_start(term).map_err(Stop::fault)? {
        for (place, name) in [(1, "start"), (2, "end"), (3, "stride"), (4, "format")] {
            if let Some(text) = found.group(place) {
                options.set(name, text);
            }
        }
        return Ok(());
    }
    let (free, pairs) = pairs(term);
    let unknown = pairs.iter().map(|(name, _)| name).find(|name| !FIELDS.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(Stop::fault(format!("unrecognized arguments to with_sequence: ['{name}']")));
    }
    if !free.is_empty() {
        return Err(Stop::fault("unrecognized arguments to with_sequence: ['_raw_params']"));
    }
    for (name, value) in pairs {
        options.set(&name, value);
    }
    Ok(())
}

fn numbers(options: &Options) -> Result<Vec<Value>, Stop> {
    let start = options.int("start")?.unwrap_or(1);
    let stride = options.int("stride")?.unwrap_or(1);
    let end = match (options.int("count")?, options.int("end")?) {
        (None, None) => return Err(Stop::fault("must specify count or end in with_sequence")),
        (Some(_), Some(_)) => {
            return Err(Stop::fault("can't specify both count and end in with_sequence"));
        }
        (Some(0), None) => return Ok(Vec::new()),
        (Some(count), None) => start + count * stride - 1,
        (None, Some(end)) => end,
    };
    if stride > 0 && end < start {
        return Err(Stop::fault("to count backwards make stride negative"));
    }
    if stride < 0 && end > start {
        return Err(Stop::fault("to count forward don't make stride negative"));
    }
    if stride == 0 {
        return Ok(Vec::new());
    }
    let format = options.text("format", "%d");
    if format.matches('%').count() != 1 {
        return Err(Stop::fault(format!("bad formatting string: {format}")));
    }
    let problem = |number: i64| {
        let shown = Value::from(format.as_str()).repr();
        Stop::fault(format!("problem formatting {number} with {shown}"))
    };
    let count = (end - start) / stride + 1;
    let number = |i: i64| {
        let number = start + i * stride;
        printf::format(&format, &Value::from(number)).map(Value::from).map_err(|_| problem(number))
    };
    (0..count).map(number).collect()
}
