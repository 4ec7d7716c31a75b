//! Control-side modules: they touch no host.

mod add_host;
mod assert;
mod debug;
mod fail;
mod group_by;
mod include_vars;
mod pause;
mod set_fact;
mod set_stats;

use crate::spec::{Entry, Traits};

const PURE: Traits = Traits { pure: true, ..Traits::NONE };
const ONCE: Traits = Traits { once: true, ..Traits::NONE };

/// The family's part of the table.
pub static FAMILY: &[Entry] = &[
    Entry::control(&add_host::AddHost).with(ONCE),
    Entry::control(&assert::Assert).with(PURE),
    Entry::control(&debug::Debug).with(PURE),
    Entry::control(&fail::Fail).with(PURE),
    Entry::control(&group_by::GroupBy),
    Entry::control(&include_vars::IncludeVars).with(PURE),
    Entry::control(&pause::Pause).with(ONCE),
    Entry::control(&set_fact::SetFact).with(PURE),
    Entry::control(&set_stats::SetStats),
];
