//! Nodes to text, with the layout rules of libyaml 0.2.5.

use super::analysis::{Analysis, Style, analyze};
use super::dump::DumpOptions;

/// Keys longer than this get a `?`.
const MAX_SIMPLE_KEY: usize = 128;

/// A scalar ready to be written.
#[derive(Debug)]
pub(super) struct Scalar {
    pub text: String,
    /// A tag that must be written.
    pub tag: Option<&'static str>,
    /// Whether plain text means the right type.
    pub plain: bool,
    /// Whether quoted text means the right type.
    pub quoted: bool,
    pub style: Option<Style>,
}

/// What is written: keys are scalars always.
#[derive(Debug)]
pub(super) enum Node {
    Scalar(Scalar),
    Seq {
        items: Vec<Node>,
        flow: bool,
    },
    Map {
        entries: Vec<(Scalar, Node)>,
        flow: bool,
    },
    /// A collection with an anchor.
    Anchored(String, Box<Node>),
    /// What stands for a collection that was written before.
    Alias(String),
}

impl Node {
    /// Whether it is a scalar that nobody gave a style.
    pub(super) fn is_unstyled(&self) -> bool {
        matches!(self, Self::Scalar(scalar) if scalar.style.is_none())
    }
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Value,
}

/// The text so far and what libyaml keeps about its end.
pub(super) struct Emitter {
    pub(super) out: String,
    pub(super) options: DumpOptions,
    pub(super) width: usize,
    pub(super) step: isize,
    pub(super) column: usize,
    pub(super) indent: isize,
    flow: usize,
    /// Whether the last character was a blank.
    pub(super) whitespace: bool,
    /// Whether only indentation is on the line so far.
    pub(super) indention: bool,
    /// Whether the last block scalar ended with kept newlines.
    pub(super) open_ended: bool,
}

impl Emitter {
    pub(super) fn new(options: DumpOptions) -> Self {
        let step = if (2..=9).contains(&options.indent) { options.indent } else { 2 };
        let width = options.width.map_or(usize::MAX, |w| if w <= step * 2 { 80 } else { w });
        Self {
            out: String::new(),
            options,
            width,
            step: step as isize,
            column: 0,
            indent: -1,
            flow: 0,
            whitespace: true,
            indention: true,
            open_ended: false,
        }
    }

    /// One document.
    pub(super) fn document(&mut self, root: &Node) {
        if self.options.explicit_start {
            self.write_indent();
            self.indicator("---", true, false, false);
        }
        self.node(root, Place::Root);
        self.write_indent();
        if self.options.explicit_end || self.open_ended {
            self.indicator("...", true, false, false);
            self.write_indent();
        }
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.out
    }

    fn node(&mut self, node: &Node, place: Place) {
        match node {
            Node::Scalar(scalar) => self.scalar(scalar, false),
            Node::Alias(alias) => self.indicator(alias, true, false, false),
            Node::Anchored(anchor, inner) => {
                self.indicator(anchor, true, false, false);
                self.node(inner, place);
            }
            Node::Seq { items, flow } if self.flow > 0 || *flow || items.is_empty() => {
                self.flow_sequence(items);
            }
            Node::Seq { items, .. } => self.block_sequence(items, place),
            Node::Map { entries, flow } if self.flow > 0 || *flow || entries.is_empty() => {
                self.flow_mapping(entries);
            }
            Node::Map { entries, .. } => self.block_mapping(entries),
        }
    }

    fn increase(&mut self, flow: bool, indentless: bool) {
        if self.indent < 0 {
            self.indent = if flow { self.step } else { 0 };
        } else if !indentless {
            self.indent += self.step;
        }
    }

    fn flow_sequence(&mut self, items: &[Node]) {
        let indent = self.open_flow("[");
        for (i, item) in items.iter().enumerate() {
            self.separate(i);
            self.node(item, Place::Item);
        }
        self.close_flow("]", indent);
    }

    fn flow_mapping(&mut self, entries: &[(Scalar, Node)]) {
        let indent = self.open_flow("{");
        for (i, (key, value)) in entries.iter().enumerate() {
            self.separate(i);
            if self.is_simple(key) {
                self.scalar(key, true);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, false);
                self.scalar(key, false);
                if self.column > self.width {
                    self.write_indent();
                }
                self.indicator(":", true, false, false);
            }
            self.node(value, Place::Value);
        }
        self.close_flow("}", indent);
    }

    /// Begins a flow collection; the answer is the indentation to go back to.
    fn open_flow(&mut self, bracket: &str) -> isize {
        self.indicator(bracket, true, true, false);
        let indent = self.indent;
        self.increase(true, false);
        self.flow += 1;
        indent
    }

    fn close_flow(&mut self, bracket: &str, indent: isize) {
        self.flow -= 1;
        self.indent = indent;
        self.indicator(bracket, false, false, false);
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.indicator(",", false, false, false);
        }
        if self.column > self.width {
            self.write_indent();
        }
    }

    fn block_sequence(&mut self, items: &[Node], place: Place) {
        let indent = self.indent;
        self.increase(false, place == Place::Value && !self.indention);
        for item in items {
            self.write_indent();
            self.indicator("-", true, false, true);
            self.node(item, Place::Item);
        }
        self.indent = indent;
    }

    fn block_mapping(&mut self, entries: &[(Scalar, Node)]) {
        let indent = self.indent;
        self.increase(false, false);
        for (key, value) in entries {
            self.write_indent();
            if self.is_simple(key) {
                self.scalar(key, true);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.scalar(key, false);
                self.write_indent();
                self.indicator(":", true, false, true);
            }
            self.node(value, Place::Value);
        }
        self.indent = indent;
    }

    fn is_simple(&self, key: &Scalar) -> bool {
        let length = key.text.len() + key.tag.map_or(0, str::len);
        length <= MAX_SIMPLE_KEY && !analyze(&key.text, self.options.allow_unicode).multiline
    }

    fn scalar(&mut self, scalar: &Scalar, simple_key: bool) {
        let analysis = analyze(&scalar.text, self.options.allow_unicode);
        let style = self.style(scalar, &analysis, simple_key);
        let untagged = scalar.tag.is_none() && !scalar.quoted && style != Style::Plain;
        if let Some(tag) = scalar.tag.or(untagged.then_some("!")) {
            self.indicator(tag, true, false, false);
        }
        let indent = self.indent;
        self.increase(true, false);
        let text = scalar.text.as_str();
        match style {
            Style::Plain => self.plain(text, !simple_key, self.flow > 0),
            Style::Single => self.single_quoted(text, !simple_key),
            Style::Double => self.double_quoted(text, !simple_key),
            Style::Literal => self.literal(text),
            Style::Folded => self.folded(text),
        }
        self.indent = indent;
    }

    /// The style that was asked for, or the next one that can hold the text.
    fn style(&self, scalar: &Scalar, analysis: &Analysis, simple_key: bool) -> Style {
        let mut style = scalar.style.unwrap_or(Style::Plain);
        if simple_key && analysis.multiline {
            style = Style::Double;
        }
        if style == Style::Plain {
            let allowed = if self.flow > 0 { analysis.flow_plain } else { analysis.block_plain };
            let empty = scalar.text.is_empty() && (self.flow > 0 || simple_key);
            if !allowed || empty || !scalar.plain {
                style = Style::Single;
            }
        }
        let block = matches!(style, Style::Literal | Style::Folded);
        let impossible = match style {
            Style::Single => !analysis.single,
            _ => block && (!analysis.block || self.flow > 0 || simple_key),
        };
        if impossible { Style::Double } else { style }
    }
}
