//! Hosts named on the command line: `web1,web2,` (S-143).

use super::build::Build;
use super::{address, range};
use crate::base::Diagnostic;

/// Adds the names of a list as they are; `ranges` expands them (`advanced_host_list`).
pub(super) fn parse(build: &mut Build<'_>, list: &str, ranges: bool) -> Result<(), Diagnostic> {
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (hosts, port) = if ranges { expanded(entry) } else { literal(entry) };
        for host in &hosts {
            if !build.has_host(host) {
                build.add_host(host, Some("ungrouped"), port).map_err(invalid)?;
            }
        }
    }
    Ok(())
}

fn literal(entry: &str) -> (Vec<String>, Option<u32>) {
    let (host, port) =
        address::parse(entry).filter(|(host, _)| !host.contains('[')).unwrap_or((entry, None));
    (vec![host.to_string()], port)
}

fn expanded(entry: &str) -> (Vec<String>, Option<u32>) {
    range::expand(entry).unwrap_or_else(|_| (vec![entry.to_string()], None))
}

fn invalid(cause: Diagnostic) -> Diagnostic {
    Diagnostic::new(format!("Invalid data from string, could not parse: {cause}"))
}
