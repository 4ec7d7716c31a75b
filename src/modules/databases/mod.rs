//! PostgreSQL: databases, roles, extensions and privileges, by the host's psql.

mod database;
mod extension;
mod privileges;
mod role;
mod scram;
mod server;
mod sql;
#[cfg(test)]
mod tests;

use crate::base::Value;
use crate::spec::{Entry, Failure, Plan};

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::state(&database::PostgresqlDb),
    Entry::state(&extension::PostgresqlExt),
    Entry::state(&privileges::PostgresqlPrivs),
    Entry::state(&role::PostgresqlUser),
];

/// A text of a row; null and what is not there are None.
fn text(row: &Value, key: &str) -> Option<String> {
    row.get(key).filter(|value| !value.is_null()).map(Value::text)
}

/// A flag of a row.
fn flag(row: &Value, key: &str) -> bool {
    row.get(key).is_some_and(Value::is_true)
}

/// Refuses names that PostgreSQL would cut off or cannot hold.
fn check_name(what: &str, name: &str) -> Result<(), Failure> {
    let why = match name {
        "" => "it is empty",
        name if name.contains('\0') => "it has a zero byte",
        name if name.len() > 63 => "PostgreSQL would cut it off after 63 bytes",
        _ => return Ok(()),
    };
    Err(Failure::new(format!("{name:?} is no name of a {what}: {why}")))
}

/// The statements of a plan as a list of the result.
fn statements(plan: &Plan) -> Value {
    let all = plan.changes().flat_map(|change| change.why.lines());
    Value::list(all.map(Value::from).collect())
}
