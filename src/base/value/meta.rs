//! The marks of a value.

use super::{Kind, Time, Value};
use crate::base::Origin;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which part of a text must never be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Secret {
    /// Nothing.
    #[default]
    None,
    /// All of it; on a list or dict: all below it.
    All,
    /// These byte ranges, ascending and apart.
    Spans(Arc<[Range<usize>]>),
}

/// Marks: origin, trust, secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Where it was written, or the result it came from.
    pub origin: Option<Origin>,
    /// Line and column of the key it stands under in a mapping.
    pub key: Option<(u32, u32)>,
    /// Whether its text is a template that the operator wrote.
    pub trusted: bool,
    /// What of it must never be shown.
    pub secret: Secret,
}

pub(super) static EMPTY: Meta =
    Meta { origin: None, key: None, trusted: false, secret: Secret::None };

impl Meta {
    pub(super) fn is_empty(&self) -> bool {
        *self == EMPTY
    }

    /// The place of the key it stands under; its own place when there is none.
    pub fn key_origin(&self) -> Option<Origin> {
        let origin = self.origin.as_ref()?;
        Some(match self.key {
            Some((line, column)) => Origin::new(&origin.source, line, column),
            None => origin.clone(),
        })
    }
}

/// Whether secret parts are masked where text leaves the process. One switch for the process: a part
/// that is masked in one place and not in the other would be no secret.
static MASKING: AtomicBool = AtomicBool::new(true);

/// Switches masking off (`mask=ansible`: only what `no_log` hides is hidden) or on again.
pub fn set_masking(on: bool) {
    MASKING.store(on, Ordering::Relaxed);
}

/// What stands in place of a secret.
pub const MASK: &str = "********";

impl Value {
    /// The name that Python's own errors have for its class: in Ansible what was written somewhere is
    /// of a class of its own.
    pub fn class_name(&self) -> &'static str {
        if self.origin().is_none() {
            return self.type_name();
        }
        match &self.kind {
            Kind::Int(_) | Kind::Big(_) => "_AnsibleTaggedInt",
            Kind::Float(_) => "_AnsibleTaggedFloat",
            Kind::Str(_) => "_AnsibleTaggedStr",
            Kind::List(_) => "_AnsibleLazyTemplateList",
            Kind::Map(_) => "_AnsibleLazyTemplateDict",
            Kind::Time(Time::Date(_)) => "_AnsibleTaggedDate",
            Kind::Time(Time::DateTime(..)) => "_AnsibleTaggedDateTime",
            _ => self.type_name(),
        }
    }

    /// The same value with every secret part replaced by stars: for whatever leaves the process.
    #[must_use]
    pub fn masked(&self) -> Self {
        if !MASKING.load(Ordering::Relaxed) {
            return self.clone();
        }
        let masked = match (&self.kind, &self.meta().secret) {
            (Kind::Vault(_), _) => Self::str(MASK),
            (Kind::List(items), _) => Self::list(items.iter().map(Value::masked).collect()),
            (Kind::Tuple(items), _) => {
                Self::new(Kind::Tuple(Arc::new(items.iter().map(Value::masked).collect())))
            }
            (Kind::Map(map), _) => {
                Self::map(map.iter().map(|(k, v)| (k.clone(), v.masked())).collect())
            }
            (Kind::Null | Kind::Bool(_) | Kind::Undefined(_) | Kind::Omit, _)
            | (_, Secret::None) => return self.clone(),
            (_, Secret::All) => Self::str(MASK),
            (Kind::Str(text), Secret::Spans(spans)) => Self::str(mask_spans(text, spans)),
            (_, Secret::Spans(_)) => Self::str(MASK),
        };
        masked.with_meta(super::Meta { secret: Secret::None, ..self.meta().clone() })
    }
}

fn mask_spans(text: &str, spans: &[Range<usize>]) -> String {
    let mut shown = String::new();
    let mut from = 0;
    for span in spans {
        shown.push_str(text.get(from..span.start).unwrap_or_default());
        shown.push_str(MASK);
        from = span.end;
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_part_is_masked() {
        let spans: Arc<[Range<usize>]> = std::iter::once(3..6).collect::<Vec<_>>().into();
        let meta = Meta { secret: Secret::Spans(spans), ..Meta::default() };
        let value = Value::str("pw=abc;").with_meta(meta);
        assert_eq!(value.masked().as_str(), Some("pw=********;"));
        assert_eq!(Value::str("abc").secret().masked().as_str(), Some(MASK));
    }
}
