//! Values to YAML text, as `PyYAML`'s dump writes it with libyaml: what the filters `to_yaml` and
//! `to_nice_yaml` give.

use super::analysis::Style;
use super::anchors::{Anchors, Mark};
use super::emit::{Emitter, Node, Scalar};
use super::tag::Tag;
use crate::base::{Key, Kind, Map, Time, Value, value::float_text};
use std::cmp::Ordering;

/// How YAML is laid out.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // the switches of PyYAML's dump
pub struct DumpOptions {
    /// Spaces per level, 2 to 9; anything else counts as 2.
    pub indent: usize,
    /// Lines are folded behind this column; None never folds.
    pub width: Option<usize>,
    /// Whether keys are sorted (only if all of them can be compared).
    pub sort_keys: bool,
    /// Whether collections are `[a, b]`; None: those that hold scalars only.
    pub default_flow_style: Option<bool>,
    /// The style of scalars; None: the plainest that holds the text.
    pub default_style: Option<Style>,
    /// Whether texts of several lines are literal blocks where they can be.
    pub blocks: bool,
    /// Whether letters beyond ASCII are written as they are.
    pub allow_unicode: bool,
    /// Whether the text begins with `---`.
    pub explicit_start: bool,
    /// Whether the text ends with `...`.
    pub explicit_end: bool,
}

impl DumpOptions {
    /// What the filter `to_yaml` does.
    pub const TO_YAML: Self = Self {
        indent: 2,
        width: Some(80),
        sort_keys: true,
        default_flow_style: None,
        default_style: None,
        blocks: false,
        allow_unicode: true,
        explicit_start: false,
        explicit_end: false,
    };
    /// What the filter `to_nice_yaml` does.
    pub const TO_NICE_YAML: Self =
        Self { indent: 4, default_flow_style: Some(false), ..Self::TO_YAML };
}

/// The YAML text of a value, with a final newline. Nothing is shared by anchors. Inline vault text
/// stays encrypted; callers resolve undefined, omit and objects before they write.
pub fn dump(value: &Value, options: DumpOptions) -> String {
    write(value, options, &mut Anchors::default())
}

/// The same with anchors and aliases for collections that are one object in several places.
pub fn dump_shared(value: &Value, options: DumpOptions) -> String {
    write(value, options, &mut Anchors::of(value, options.sort_keys))
}

fn write(value: &Value, options: DumpOptions, anchors: &mut Anchors) -> String {
    let mut emitter = Emitter::new(options);
    emitter.document(&node(value, options, anchors));
    emitter.finish()
}

fn node(value: &Value, options: DumpOptions, anchors: &mut Anchors) -> Node {
    match anchors.mark(value) {
        Mark::None => plain_node(value, options, anchors),
        Mark::Alias(alias) => Node::Alias(alias),
        Mark::Anchor(anchor) => {
            Node::Anchored(anchor, Box::new(plain_node(value, options, anchors)))
        }
    }
}

fn plain_node(value: &Value, options: DumpOptions, anchors: &mut Anchors) -> Node {
    match &value.kind {
        Kind::List(items) | Kind::Tuple(items) => {
            let items: Vec<Node> = items.iter().map(|item| node(item, options, anchors)).collect();
            let simple = items.iter().all(Node::is_unstyled);
            Node::Seq { flow: options.default_flow_style.unwrap_or(simple), items }
        }
        Kind::Map(map) => mapping(map, options, anchors),
        Kind::Str(text) if options.blocks && has_breaks(text) => {
            Node::Scalar(scalar(value, Some(Style::Literal)))
        }
        _ => Node::Scalar(scalar(value, options.default_style)),
    }
}

/// Whether a text has more than one line for YAML.
fn has_breaks(text: &str) -> bool {
    text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
}

/// The entries of a dict in the order in which they are written.
pub(super) fn entries(map: &Map, sort_keys: bool) -> Vec<(&Key, &Value)> {
    let mut entries: Vec<(&Key, &Value)> = map.iter().collect();
    if sort_keys && comparable(map) {
        entries.sort_by(|a, b| compare(a.0, b.0));
    }
    entries
}

fn mapping(map: &Map, options: DumpOptions, anchors: &mut Anchors) -> Node {
    let mut pair = |(key, item): (&Key, &Value)| {
        (scalar(&key.value(), options.default_style), node(item, options, anchors))
    };
    let entries: Vec<(Scalar, Node)> =
        entries(map, options.sort_keys).into_iter().map(&mut pair).collect();
    let simple = entries.iter().all(|(key, item)| key.style.is_none() && item.is_unstyled());
    Node::Map { flow: options.default_flow_style.unwrap_or(simple), entries }
}

/// Whether Python can sort these keys: all texts, or all numbers.
fn comparable(map: &Map) -> bool {
    let text = map.keys().all(|key| matches!(key, Key::Str(_)));
    text || map.keys().all(|key| matches!(key, Key::Int(_) | Key::Bool(_) | Key::Float(_)))
}

fn compare(a: &Key, b: &Key) -> Ordering {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return a.chars().cmp(b.chars());
    }
    number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal)
}

fn number(key: &Key) -> f64 {
    match key {
        Key::Int(n) => *n as f64,
        Key::Bool(b) => f64::from(u8::from(*b)),
        Key::Float(f) => *f,
        Key::Str(_) | Key::Null => f64::NAN,
    }
}

fn scalar(value: &Value, style: Option<Style>) -> Scalar {
    let (text, tag) = match &value.kind {
        Kind::Null | Kind::Undefined(_) | Kind::Omit => ("null".to_string(), Tag::Null),
        Kind::Bool(b) => (b.to_string(), Tag::Bool),
        Kind::Int(_) | Kind::Big(_) => (value.text(), Tag::Int),
        Kind::Float(f) => (float(*f), Tag::Float),
        Kind::Time(Time::Date(_) | Time::DateTime(..)) => (value.text(), Tag::Time),
        Kind::Vault(text) => {
            let (text, style) = (text.to_string(), Some(Style::Literal));
            return Scalar { text, tag: Some("!vault"), plain: false, quoted: false, style };
        }
        _ => (value.text(), Tag::Str),
    };
    let plain = Tag::of_plain(&text) == tag;
    Scalar { plain, quoted: tag == Tag::Str, text, tag: None, style }
}

fn float(f: f64) -> String {
    let text = match float_text(f).as_str() {
        "nan" => ".nan".to_string(),
        "inf" => ".inf".to_string(),
        "-inf" => "-.inf".to_string(),
        text => text.to_string(),
    };
    if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
}
