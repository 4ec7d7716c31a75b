//! The lookup `csvfile`.

use super::impure;
use super::options::{Options, pairs, text_term};
use crate::base::{Map, Value};
use crate::template::filters::csv;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[impure(
    "csvfile",
    "ansible.builtin.csvfile",
    "Gives a column of the row of a CSV file whose key column has the term.",
    csvfile,
    &[],
)];

const NAMES: &[&str] = &["col", "keycol", "default", "delimiter", "file", "encoding"];

fn csvfile(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let missing = || Stop::fault("Search key is required but was not found");
    if terms.is_empty() {
        return Err(missing());
    }
    let mut options = Options::of("csvfile", given, NAMES)?;
    let mut found = Vec::new();
    for term in terms {
        let (key, inline) = pairs(text_term("csvfile", term)?);
        if key.is_empty() {
            return Err(missing());
        }
        for (name, value) in inline {
            if !NAMES.contains(&name.as_str()) {
                return Err(Stop::fault(format!("'{name}' is not a valid option")));
            }
            options.set(&name, value);
        }
        found.extend(lookup(env, &key, &options)?);
    }
    Ok(found)
}

fn lookup(env: &dyn Env, key: &str, options: &Options) -> Result<Option<Value>, Stop> {
    let delimiter = match options.text("delimiter", "TAB").as_str() {
        "TAB" | "\\t" => '\t',
        text => match text.chars().collect::<Vec<_>>().as_slice() {
            [one] => *one,
            _ => return Err(Stop::fault("\"delimiter\" must be a 1-character string")),
        },
    };
    let encoding = options.text("encoding", "utf-8").to_lowercase();
    if !matches!(encoding.as_str(), "utf-8" | "utf8" | "ascii") {
        return Err(Stop::fault(format!("csvfile: the encoding {encoding} is not supported")));
    }
    let path = env.find_file("files", &options.text("file", "ansible.csv"))?;
    let text = super::files::text(env, &path)?;
    let column = |name: &str, default: i64| -> Result<usize, Stop> {
        let place = options.int(name)?.unwrap_or(default);
        usize::try_from(place).map_err(|_| Stop::fault("list index out of range"))
    };
    let (keycol, col) = (column("keycol", 0)?, column("col", 1)?);
    let out_of_range = || Stop::fault("list index out of range");
    for row in csv::rows(&text, csv::Dialect { delimiter, ..csv::Dialect::EXCEL }) {
        let row = row.map_err(Stop::fault)?;
        if row.is_empty() {
            continue;
        }
        if row.get(keycol).ok_or_else(out_of_range)? == key {
            return Ok(Some(Value::from(row.get(col).ok_or_else(out_of_range)?.as_str())));
        }
    }
    Ok(options.get("default").cloned())
}
