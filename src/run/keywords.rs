//! A task's keywords as they hold on one host: inherited, rendered, converted.

use crate::base::{Diagnostic, Kind, Value};
use crate::play::{Keywords, Task};
use crate::spec::FromArg;
use crate::spec::args::{Arg, ArgType};
use crate::template::Templar;
use crate::template::table::Stop;

/// Reads keywords of one task with one scope's templates.
pub struct Reader<'a> {
    /// Whose keywords.
    pub task: &'a Task,
    /// With which variables.
    pub templar: &'a Templar<'a>,
}

impl<'a> Reader<'a> {
    /// The rendered value of the nearest definition; omitted ones fall back to the next (S-35).
    pub fn value(
        &self,
        name: &str,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Result<Option<Value>, Stop> {
        let Some(raw) = self.task.inherited(pick) else { return Ok(None) };
        let value = self.templar.render(raw).map_err(|stop| in_keyword(stop, name, raw))?;
        Ok(match value.kind {
            Kind::Omit | Kind::Null => None,
            _ => Some(value),
        })
    }

    /// A boolean keyword.
    pub fn flag(
        &self,
        name: &str,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Result<Option<bool>, Stop> {
        self.value(name, pick)?.map(|value| convert::<bool>(name, "bool", &value)).transpose()
    }

    /// A keyword that is an integer.
    pub fn int(
        &self,
        name: &str,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Result<Option<i64>, Stop> {
        self.value(name, pick)?.map(|value| convert::<i64>(name, "int", &value)).transpose()
    }

    /// A text keyword.
    pub fn text(
        &self,
        name: &str,
        pick: impl Fn(&'a Keywords) -> Option<&'a Value>,
    ) -> Result<Option<String>, Stop> {
        Ok(self.value(name, pick)?.map(|value| value.text()))
    }

    /// A keyword of the task itself that is an integer.
    pub fn own_int(&self, name: &str, raw: Option<&Value>) -> Result<Option<i64>, Stop> {
        self.own(name, raw)?.map(|value| convert::<i64>(name, "int", &value)).transpose()
    }

    /// A keyword of the task itself that is a number.
    pub fn own_float(&self, name: &str, raw: Option<&Value>) -> Result<Option<f64>, Stop> {
        self.own(name, raw)?.map(|value| convert::<f64>(name, "float", &value)).transpose()
    }

    fn own(&self, name: &str, raw: Option<&Value>) -> Result<Option<Value>, Stop> {
        let Some(raw) = raw else { return Ok(None) };
        let value = self.templar.render(raw).map_err(|stop| in_keyword(stop, name, raw))?;
        Ok(match value.kind {
            Kind::Omit | Kind::Null => None,
            _ => Some(value),
        })
    }

    /// `environment:` of all levels, parents first (S-169).
    pub fn environment(&self) -> Result<Vec<(String, String)>, Stop> {
        let chain: Vec<&Keywords> = self.task.keyword_chain().collect();
        let mut all: Vec<(String, String)> = Vec::new();
        for raw in chain.iter().rev().flat_map(|keywords| &keywords.environment) {
            let value =
                self.templar.render(raw).map_err(|stop| in_keyword(stop, "environment", raw))?;
            for (name, value) in value.as_map().into_iter().flatten() {
                all.retain(|(known, _)| known != &name.to_string());
                all.push((name.to_string(), value.text()));
            }
        }
        Ok(all)
    }
}

fn in_keyword(stop: Stop, name: &str, raw: &Value) -> Stop {
    match stop {
        Stop::Suspended => Stop::Suspended,
        Stop::Fault(cause) | Stop::Undefined(cause) => {
            let text = format!("Error processing keyword '{name}'");
            Stop::Fault(Diagnostic::new(text).at(raw.origin()).caused_by(cause))
        }
    }
}

fn convert<T: FromArg>(name: &str, wanted: &str, value: &Value) -> Result<T, Stop> {
    const ARG: Arg = Arg {
        name: "",
        aliases: &[],
        kind: ArgType::Raw,
        elements: None,
        choices: &[],
        default: None,
        required: false,
        no_log: false,
        doc: "",
    };
    T::from_value(&ARG, value).map_err(|_| {
        let shown = value.masked().text();
        let text = format!("The value '{shown}' could not be converted to '{wanted}'.");
        let error = Diagnostic::new(format!("Error processing keyword '{name}'"));
        Stop::Fault(error.at(value.origin()).caused_by(Diagnostic::new(text)))
    })
}
