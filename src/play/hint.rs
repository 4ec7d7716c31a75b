//! "Did you mean".

use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;

/// The error with the names nearest to what was written, if any is near.
pub(super) fn near<'a>(
    error: Diagnostic,
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match said(word, names) {
        Some(text) => error.hint(text),
        None => error,
    }
}

/// The sentence alone.
pub(super) fn said<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near: Vec<String> = nearest(word, names).iter().map(|name| format!("'{name}'")).collect();
    (!near.is_empty()).then(|| format!("Did you mean {}?", near.join(" or ")))
}
