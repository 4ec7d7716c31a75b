//! The file `replication.yml`: which datasets are copied where.
//!
//! ```yaml
//! defaults: {encryption: raw, recursive: true}
//! edges:
//!   - id: data
//!     source: tank1:tank/data
//!     target: backup1:backup/tank1/data
//!     exclude: [tmp]
//! ```

pub(in crate::zfs) mod fields;
mod passage;
mod rules;

#[cfg(test)]
mod tests;

use super::freshness::{Limit, LimitError};
use super::name::Dataset;
use super::replication::edge::{Divergence, Edge, Encryption, Place, Policy, Select};
use super::retention::{self, Keep};
use super::span::Span;
use crate::base::{Diagnostic, Map, Value};
use fields::Fields;
pub use passage::{Passage, Path, Transport};

/// An edge with what belongs to its way and not to its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is copied, and how.
    pub edge: Edge,
    /// Which way.
    pub passage: Passage,
    /// Whether the target's pool may be absent: a disk in a drawer.
    pub removable: bool,
    /// Above this age of the newest common snapshot it is a warning.
    pub warn: Option<Span>,
    /// Above this one it is critical.
    pub crit: Option<Span>,
    /// What is kept of the source's snapshots, where `tank replicate prune` prunes them.
    pub keep_source: Option<Keep>,
    /// The same of the target's.
    pub keep_target: Option<Keep>,
}

impl Link {
    /// The limits of its age: its own over general ones.
    ///
    /// # Errors
    /// Together they are in the wrong order.
    pub fn limit(&self, general: Limit<Span>) -> Result<Limit<Span>, LimitError> {
        Limit::new(self.warn.unwrap_or(general.warn()), self.crit.unwrap_or(general.crit()))
    }
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// In the order of the file.
    pub links: Vec<Link>,
}

/// The links of edges that are named; all, if none is.
pub fn chosen<'a>(links: &'a [Link], names: &'a [String]) -> impl Iterator<Item = &'a Link> {
    links.iter().filter(move |link| names.is_empty() || names.contains(&link.edge.id))
}

const EDGE: [&str; 18] = [
    "id",
    "source",
    "target",
    "recursive",
    "exclude",
    "select",
    "encryption",
    "on_divergence",
    "resume",
    "follow_renames",
    "properties",
    "package",
    "removable",
    "prefix",
    "warn",
    "crit",
    "keep_source",
    "keep_target",
];

/// All keys of an edge.
fn known() -> Vec<&'static str> {
    EDGE.into_iter().chain(passage::KEYS).collect()
}

/// Reads what a module's arguments `edges` and `defaults` say; gives it as the file that would say the same.
///
/// # Errors
/// What is wrong with it.
pub fn of_args(edges: &Value, defaults: Option<&Map>) -> Result<Value, Diagnostic> {
    let mut file = Map::new();
    file.insert("edges".into(), edges.clone());
    file.extend(defaults.map(|defaults| ("defaults".into(), Value::map(defaults.clone()))));
    let file = Value::map(file);
    read(&file).map(|_| file)
}

/// Reads the file's content.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn read(file: &Value) -> Result<Topology, Diagnostic> {
    let top = Fields::of(file, "the topology", &["defaults", "edges"])?;
    let empty = Value::map(crate::base::Map::new());
    let defaults = top.value("defaults").unwrap_or(&empty);
    let defaults = Fields::of(defaults, "defaults", &known())?;
    for name in ["id", "source", "target", "address"] {
        if let Some(value) = defaults.value(name) {
            return Err(Diagnostic::new(format!("'{name}' can't be a default")).at(value.origin()));
        }
    }
    let Some(edges) = top.list("edges")? else {
        return Err(Diagnostic::new("the topology has no 'edges'").at(file.origin()));
    };
    let links = edges.iter().map(|one| link(one, &defaults)).collect::<Result<Vec<_>, _>>()?;
    let topology = Topology { links };
    rules::check(&topology, edges)?;
    Ok(topology)
}

fn link(value: &Value, defaults: &Fields<'_>) -> Result<Link, Diagnostic> {
    let own = Fields::of(value, "an edge", &known())?;
    let fields = own.over(defaults);
    let source = place(&fields, "source")?;
    let target = place(&fields, "target")?;
    let id = match fields.text("id")? {
        Some(id) => id.to_owned(),
        None => target.to_string().replace([':', '/', ' ', '.'], "-"),
    };
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        || id.is_empty()
        || id.len() > 64
    {
        let text = format!("'{id}' is no id: up to 64 letters, digits, '-' and '_'");
        return Err(Diagnostic::new(text).at(fields.origin("id")));
    }
    let words =
        |value: Option<&[Value]>| value.unwrap_or_default().iter().map(Value::text).collect();
    let edge = Edge {
        id,
        source,
        target,
        recursive: fields.bool("recursive")?.unwrap_or(false),
        exclude: words(fields.list("exclude")?),
        policy: policy(&fields, words(fields.list("properties")?))?,
    };
    let (warn, crit) = (fields.span("warn")?, fields.span("crit")?);
    if let Some(Err(error)) = warn.zip(crit).map(|(warn, crit)| Limit::new(warn, crit)) {
        return Err(Diagnostic::new(error.to_string()).at(fields.origin("crit")));
    }
    Ok(Link {
        passage: passage::read(&fields, &own, &edge)?,
        edge,
        removable: fields.bool("removable")?.unwrap_or(false),
        warn,
        crit,
        keep_source: keep(&fields, "keep_source")?,
        keep_target: keep(&fields, "keep_target")?,
    })
}

fn keep(fields: &Fields<'_>, name: &str) -> Result<Option<Keep>, Diagnostic> {
    fields.value(name).map(|value| retention::policy(value, name)).transpose()
}

fn policy(fields: &Fields<'_>, properties: Vec<String>) -> Result<Policy, Diagnostic> {
    let plain = Policy::default();
    let encryption = ["raw", "plain_to_encrypted", "plain"];
    let encryption: Vec<(&str, Encryption)> =
        encryption.into_iter().filter_map(|word| Some((word, Encryption::of(word)?))).collect();
    let rungs = ["stop", "rollback_latest", "rollback_common", "set_aside", "recreate"];
    let rungs: Vec<(&str, Divergence)> =
        rungs.into_iter().filter_map(|word| Some((word, Divergence::of(word)?))).collect();
    let Some(encryption) = fields.word("encryption", &encryption)? else {
        let text = "'encryption' has to be said: raw, plain_to_encrypted or plain";
        return Err(Diagnostic::new(text).at(fields.place()));
    };
    let prefix = fields.text("prefix")?.map(str::to_owned);
    let all = fields.word("select", &[("all", Select::All), ("latest", Select::Latest)])?;
    let select = match (prefix, all) {
        (Some(_), Some(_)) => {
            return Err(Diagnostic::new("'select' and 'prefix' exclude each other")
                .at(fields.origin("prefix")));
        }
        (Some(prefix), None) => Select::Prefix(prefix),
        (None, all) => all.unwrap_or(plain.select),
    };
    Ok(Policy {
        select,
        encryption,
        on_divergence: fields.word("on_divergence", &rungs)?.unwrap_or(plain.on_divergence),
        resume: fields.bool("resume")?.unwrap_or(plain.resume),
        follow_renames: fields.bool("follow_renames")?.unwrap_or(plain.follow_renames),
        properties,
        package: fields.count("package")?.unwrap_or(plain.package),
    })
}

fn place(fields: &Fields<'_>, name: &str) -> Result<Place, Diagnostic> {
    let Some(text) = fields.text(name)? else {
        return Err(Diagnostic::new(format!("an edge has no '{name}'")).at(fields.place()));
    };
    let at = fields.origin(name);
    let Some((host, dataset)) = text.split_once(':') else {
        return Err(Diagnostic::new(format!("'{text}' is no place: HOST:POOL/DATASET")).at(at));
    };
    if host.trim().is_empty() {
        return Err(Diagnostic::new(format!("'{text}' names no host")).at(at));
    }
    let dataset = Dataset::new(dataset)
        .map_err(|error| Diagnostic::new(format!("'{dataset}' is no dataset: {error}")).at(at))?;
    Ok(Place { host: host.to_owned(), dataset })
}
