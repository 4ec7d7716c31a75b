//! Groups and variables made from the variables of hosts that are already there (S-151).

use super::build::Build;
use super::load::LoadOptions;
use crate::base::{Diagnostic, Value};
use std::sync::Arc;

/// Applies a `plugin: constructed` file to the hosts of earlier sources.
pub(super) fn parse(
    _build: &mut Build<'_>,
    _config: &Value,
    path: &str,
    _parsed: &[Arc<str>],
    _options: &LoadOptions,
) -> Result<(), Diagnostic> {
    Err(Diagnostic::new(format!("Failed to parse '{path}'.")))
}
