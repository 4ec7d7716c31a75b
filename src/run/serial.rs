//! Batches of a play (`serial`, S-85).

use crate::base::{Diagnostic, Value};
use std::sync::Arc;

/// Splits a play's hosts by `serial` (S-85).
pub fn batches(
    hosts: &[Arc<str>],
    serial: Option<&Value>,
) -> Result<Vec<Vec<Arc<str>>>, Diagnostic> {
    let Some(serial) = serial else { return Ok(vec![hosts.to_vec()]) };
    let sizes: Vec<Value> = match serial.as_list() {
        Some([]) => return Ok(vec![hosts.to_vec()]),
        Some(items) => items.to_vec(),
        None => vec![serial.clone()],
    };
    let mut rest = hosts;
    let mut all = Vec::new();
    let mut turn = 0;
    while !rest.is_empty() {
        let size = batch_size(&sizes[turn.min(sizes.len() - 1)], hosts.len())?;
        let size = if size == 0 { rest.len() } else { size.min(rest.len()) };
        all.push(rest[..size].to_vec());
        rest = &rest[size..];
        turn += 1;
    }
    Ok(all)
}

/// The number of hosts that one entry of `serial` means; 0 means all.
fn batch_size(entry: &Value, total: usize) -> Result<usize, Diagnostic> {
    let text = entry.text();
    let wrong = || Diagnostic::new(format!("Invalid 'serial' value: {text}")).at(entry.origin());
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
        return Ok(((total as f64 * percent / 100.0) as usize).max(1));
    }
    let size: i64 = text.trim().parse().map_err(|_| wrong())?;
    Ok(usize::try_from(size).unwrap_or(0))
}
