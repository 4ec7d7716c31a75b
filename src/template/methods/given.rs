//! Arguments of a method by position or name.

use super::super::eval::raise;
use super::super::table::{Args, Stop};
use crate::base::{Kind, Value};
use num_traits::ToPrimitive;

/// Arguments matched with the names of the parameters.
pub struct Given {
    name: String,
    values: Vec<Option<Value>>,
}

impl Given {
    /// Matches; too many and unknown ones are errors in Python's words.
    pub fn new(name: &str, args: &Args, params: &[&str]) -> Result<Self, Stop> {
        let count = args.positional.len() + args.keyword.len();
        if args.positional.len() > params.len() {
            return raise(match params.len() {
                0 => format!("{name}() takes no arguments ({count} given)"),
                1 => format!("{name}() takes at most 1 argument ({count} given)"),
                most => format!("{name}() takes at most {most} arguments ({count} given)"),
            });
        }
        let mut values: Vec<Option<Value>> = args.positional.iter().cloned().map(Some).collect();
        values.resize(params.len(), None);
        for (key, value) in &args.keyword {
            let key = key.value().text();
            let Some(at) = params.iter().position(|param| *param == key) else {
                return raise(format!("{name}() got an unexpected keyword argument '{key}'"));
            };
            if values[at].is_some() {
                return raise(format!("{name}() got multiple values for argument '{key}'"));
            }
            values[at] = Some(value.clone());
        }
        Ok(Self { name: name.to_string(), values })
    }

    /// A parameter's value; None when it was not given.
    pub fn get(&self, at: usize) -> Option<&Value> {
        self.values.get(at).and_then(Option::as_ref)
    }

    /// A parameter that has no default.
    pub fn required(&self, at: usize) -> Result<&Value, Stop> {
        if let Some(value) = self.get(at) {
            return Ok(value);
        }
        let given = self.values.iter().flatten().count();
        let name = &self.name;
        raise(match (self.values.len(), at) {
            (1, _) => format!("{name}() takes exactly one argument ({given} given)"),
            (_, 0) => format!("{name}() takes at least 1 positional argument ({given} given)"),
            _ => {
                let least = at + 1;
                format!("{name}() takes at least {least} positional arguments ({given} given)")
            }
        })
    }

    /// A text; None when it was not given.
    pub fn text(&self, at: usize) -> Result<Option<&str>, Stop> {
        let Some(value) = self.get(at) else { return Ok(None) };
        if let Some(text) = value.as_str() {
            return Ok(Some(text));
        }
        let (name, given) = (&self.name, value.type_name());
        let place = at + 1;
        raise(format!("{name}() argument {place} must be str, not {given}"))
    }

    /// A text that must be there.
    pub fn required_text(&self, at: usize) -> Result<&str, Stop> {
        self.required(at)?;
        Ok(self.text(at)?.unwrap_or_default())
    }

    /// An integer; None when it was not given or is None.
    pub fn integer(&self, at: usize) -> Result<Option<i64>, Stop> {
        match self.get(at).map(|value| &value.kind) {
            None | Some(Kind::Null) => Ok(None),
            Some(Kind::Int(n)) => Ok(Some(*n)),
            Some(Kind::Bool(b)) => Ok(Some(i64::from(*b))),
            Some(Kind::Big(n)) => Ok(Some(n.to_i64().unwrap_or(i64::MAX))),
            Some(_) => {
                let given = self.get(at).map_or("NoneType", Value::type_name);
                raise(format!("'{given}' object cannot be interpreted as an integer"))
            }
        }
    }

    /// A truth value.
    pub fn flag(&self, at: usize) -> bool {
        self.get(at).is_some_and(Value::is_true)
    }
}
