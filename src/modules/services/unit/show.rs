//! What `systemctl show` prints.

use crate::base::{Key, Map, Value};

/// Properties of a unit in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Show(Vec<(String, String)>);

impl Show {
    /// Reads `Key=value` lines. Only values of `Exec...` keys that begin with a brace go on over lines,
    /// up to one that ends with a brace.
    pub fn parse(text: &str) -> Self {
        let mut found = Vec::new();
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let mut value = value.to_string();
            let many = key.starts_with("Exec") && value.trim_start().starts_with('{');
            while many && !value.trim_end().ends_with('}') {
                let Some(next) = lines.next() else { break };
                value = format!("{value}\n{next}");
            }
            found.push((key.to_string(), value.trim().to_string()));
        }
        Self(found)
    }

    /// A property; empty when it is not there.
    pub fn get(&self, key: &str) -> &str {
        self.find(key).unwrap_or_default()
    }

    /// A property; None when it is not there.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The dict that a result holds.
    pub fn to_value(&self) -> Value {
        let entry = |(key, value): &(String, String)| {
            (Key::from(key.as_str()), Value::from(value.as_str()))
        };
        Value::map(self.0.iter().map(entry).collect::<Map>())
    }

    /// Whether the unit runs, or is about to.
    pub fn runs(&self) -> bool {
        matches!(self.get("ActiveState"), "active" | "activating" | "reloading" | "refreshing")
    }

    /// Whether it is on its way down.
    pub fn ends(&self) -> bool {
        self.get("ActiveState") == "deactivating"
    }

    /// What every new start of the unit changes: its invocation, and the moment it left *inactive*. Both
    /// hold for units without a process as well; the process tells where systemd is too old for them.
    pub fn proof(&self) -> String {
        let keys = ["InvocationID", "InactiveExitTimestampMonotonic"];
        let known: Vec<&str> = keys.iter().map(|key| self.get(key)).collect();
        if known.iter().any(|value| !value.is_empty() && *value != "0") {
            return known.join(" ");
        }
        match self.get("MainPID") {
            "" | "0" => String::new(),
            pid => format!("process {pid}"),
        }
    }

    /// Why a unit that was started does not run; None: it does, or has done all its work.
    pub fn fault(&self) -> Option<String> {
        let (active, sub) = (self.get("ActiveState"), self.get("SubState"));
        let result = self.get("Result");
        let told = || format!("it is {active} ({sub}), Result={result}");
        match active {
            "activating" if sub.starts_with("auto-restart") => Some(told()),
            _ if self.runs() => None,
            // One whose work is a program that ends is inactive again when all went well.
            "inactive" if self.get("Type") == "oneshot" && result == "success" => None,
            _ => Some(told()),
        }
    }
}
