//! The table of lookups (stand-in until the real one is merged).

use super::table::{LookupPlugin, Stop};
use crate::base::Value;

static ALL: &[LookupPlugin] = &[
    LookupPlugin {
        name: "items",
        full_name: "ansible.builtin.items",
        doc: "",
        pure: true,
        apply: |_, terms, _| {
            Ok(terms
                .iter()
                .flat_map(|t| t.as_list().map_or_else(|| vec![t.clone()], <[Value]>::to_vec))
                .collect())
        },
        examples: &[],
    },
    LookupPlugin {
        name: "file",
        full_name: "ansible.builtin.file",
        doc: "",
        pure: false,
        apply: |_, terms, _| Err(Stop::fault(format!("no file {}", terms[0].text()))),
        examples: &[],
    },
];

pub fn find(name: &str) -> Option<&'static LookupPlugin> {
    ALL.iter().find(|t| t.name == name)
}
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|t| t.name).collect()
}
