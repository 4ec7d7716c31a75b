//! Nodes to values.

use super::compose::{Body, Node};
use super::problem::Problem;
use super::scalar;
use super::tag::Tag;
use super::{Duplicates, Options};
use crate::base::{Diagnostic, Key, Kind, Map, Meta, Origin, Source, Value};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The place of a key.
type Place = Option<(u32, u32)>;

/// Builds the values of one document.
pub(super) struct Builder<'a> {
    source: &'a Arc<Source>,
    options: Options,
    /// Values of nodes that aliases may ask for again.
    made: HashMap<*const Node, Value>,
    /// How many `!unsafe` are around.
    unsafe_depth: usize,
    pub(super) warnings: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Arc<Source>, options: Options) -> Self {
        Self { source, options, made: HashMap::new(), unsafe_depth: 0, warnings: Vec::new() }
    }

    /// The value of a node that stands under the key at this place.
    pub(super) fn value(&mut self, node: &Rc<Node>, key: Place) -> Result<Value, Problem> {
        if let Some(made) = self.made.get(&Rc::as_ptr(node)) {
            let meta = Meta { key, ..made.meta().clone() };
            return Ok(made.clone().with_meta(meta));
        }
        let value = self.tagged(node, self.tag(node), key)?;
        if node.shared {
            self.made.insert(Rc::as_ptr(node), value.clone());
        }
        Ok(value)
    }

    fn tag<'n>(&self, node: &'n Node) -> Tag<'n> {
        match (&node.tag, &node.body) {
            (Some(name), _) => Tag::named(name, self.options.ansible_tags),
            (None, _) => implicit(node, false),
        }
    }

    fn tagged(&mut self, node: &Rc<Node>, tag: Tag<'_>, key: Place) -> Result<Value, Problem> {
        match tag {
            Tag::Seq => self.sequence(node, key),
            Tag::Map => self.mapping(node, key),
            Tag::Set => self.set(node, key),
            Tag::Pairs => self.pairs(node, key),
            Tag::Unsafe => self.untrusted(node, key),
            Tag::Vault(name) => self.vault(node, name, key),
            Tag::Merge => Err(unknown(node, "tag:yaml.org,2002:merge")),
            Tag::Default => Err(unknown(node, "tag:yaml.org,2002:value")),
            Tag::Other(name) => Err(unknown(node, name)),
            _ => self.scalar(node, tag, key),
        }
    }

    fn mark(&self, value: Value, node: &Node, key: Place) -> Value {
        let origin = Some(Origin::new(self.source, node.line, node.column));
        value.with_meta(Meta { origin, key, ..Meta::default() })
    }

    fn scalar(&self, node: &Node, tag: Tag<'_>, key: Place) -> Result<Value, Problem> {
        let Body::Scalar(text, _) = &node.body else { return Err(expected(node, "scalar")) };
        let value = scalar::construct(tag, text)
            .map_err(|message| Problem::plain(node.line, node.column, message))?;
        let origin = Some(Origin::new(self.source, node.line, node.column));
        let trusted = tag == Tag::Str && self.options.trusted && self.unsafe_depth == 0;
        Ok(value.with_meta(Meta { origin, key, trusted, ..Meta::default() }))
    }

    fn sequence(&mut self, node: &Node, key: Place) -> Result<Value, Problem> {
        let Body::Seq(items) = &node.body else { return Err(expected(node, "sequence")) };
        let items: Result<Vec<Value>, Problem> =
            items.iter().map(|item| self.value(item, None)).collect();
        Ok(self.mark(Value::list(items?), node, key))
    }

    fn mapping(&mut self, node: &Node, key: Place) -> Result<Value, Problem> {
        let map = self.entries(node)?;
        Ok(self.mark(Value::map(map), node, key))
    }

    /// A set is a list here, as Ansible prints it.
    fn set(&mut self, node: &Node, key: Place) -> Result<Value, Problem> {
        let Body::Map(entries) = &node.body else { return Err(expected(node, "mapping")) };
        let mut seen = Map::new();
        for (item, _) in entries {
            let value = self.value(item, None)?;
            let name = Key::of(&value).ok_or_else(|| unhashable(item))?;
            seen.entry(name).or_insert(value);
        }
        Ok(self.mark(Value::list(seen.into_values().collect()), node, key))
    }

    /// A list of two-item lists; `!!omap` is a sequence of one-entry mappings.
    fn pairs(&mut self, node: &Node, key: Place) -> Result<Value, Problem> {
        let wrong = |node: &Node, what: &str, found: &str| {
            let context = "while constructing an ordered map";
            node.problem(format!("{context} expected {what}, but found {found}"))
        };
        let Body::Seq(items) = &node.body else {
            return Err(wrong(node, "a sequence", node.word()));
        };
        let mut pairs = Vec::new();
        for item in items {
            let Body::Map(entries) = &item.body else {
                return Err(wrong(item, "a mapping of length 1", item.word()));
            };
            let [(name, value)] = entries.as_slice() else {
                let found = format!("{} items", entries.len());
                return Err(wrong(item, "a single mapping item", &found));
            };
            let pair = vec![self.value(name, None)?, self.value(value, None)?];
            pairs.push(self.mark(Value::list(pair), item, None));
        }
        let message = "Use of the YAML `!!omap` tag is deprecated.";
        let hint = "Use a standard mapping instead, as key order is always preserved.";
        self.deprecated(node, message, hint);
        Ok(self.mark(Value::list(pairs), node, key))
    }

    /// What it would be without the tag; quotes do not count. Its texts are no templates.
    fn untrusted(&mut self, node: &Rc<Node>, key: Place) -> Result<Value, Problem> {
        self.unsafe_depth += 1;
        let value = self.tagged(node, implicit(node, true), key);
        self.unsafe_depth -= 1;
        value
    }

    fn vault(&mut self, node: &Node, name: &str, key: Place) -> Result<Value, Problem> {
        let text = match &node.body {
            Body::Scalar(text, _) if implicit(node, true) == Tag::Str => text,
            _ => {
                let message = format!("the '{name}' tag requires a string value");
                return Err(Problem::plain(node.line, node.column, message));
            }
        };
        if name != "!vault" {
            self.deprecated(
                node,
                "Use of the YAML `!vault-encrypted` tag is deprecated.",
                "Use the `!vault` tag instead.",
            );
        }
        Ok(self.mark(Value::new(Kind::Vault(Arc::clone(text))), node, key))
    }

    fn deprecated(&mut self, node: &Node, message: &str, hint: &str) {
        let origin = Origin::new(self.source, node.line, node.column);
        self.warnings.push(Diagnostic::new(message).at(Some(&origin)).hint(hint));
    }

    /// The entries of a mapping: what `<<` brings first, then its own.
    fn entries(&mut self, node: &Node) -> Result<Map, Problem> {
        let Body::Map(written) = &node.body else { return Err(expected(node, "mapping")) };
        let is_merge = |key: &Rc<Node>| self.tag(key) == Tag::Merge;
        let (merges, own): (Vec<_>, Vec<_>) = written.iter().partition(|(key, _)| is_merge(key));
        let mut map = Map::new();
        for (_, value) in merges {
            self.merge(&mut map, value)?;
        }
        for (key, value) in own {
            let name = self.key(key)?;
            let value = self.value(value, Some((key.line, key.column)))?;
            self.insert(&mut map, name, value)?;
        }
        Ok(map)
    }

    fn key(&mut self, node: &Rc<Node>) -> Result<Key, Problem> {
        if let (Tag::Default, Body::Scalar(text, _)) = (self.tag(node), &node.body) {
            return Ok(Key::Str(Arc::clone(text)));
        }
        let value = self.value(node, None)?;
        Key::of(&value).ok_or_else(|| unhashable(node))
    }

    /// One mapping, or several of which the first wins.
    fn merge(&mut self, map: &mut Map, node: &Rc<Node>) -> Result<(), Problem> {
        let parts: Vec<Rc<Node>> = match &node.body {
            Body::Map(_) => vec![Rc::clone(node)],
            Body::Seq(items) => items.iter().rev().cloned().collect(),
            Body::Scalar(..) => return Err(unmergeable(node, "a mapping or list of mappings")),
        };
        for part in parts {
            if !matches!(part.body, Body::Map(_)) {
                return Err(unmergeable(&part, "a mapping"));
            }
            for (key, value) in self.entries(&part)? {
                self.insert(map, key, value)?;
            }
        }
        Ok(())
    }

    /// Adds an entry; the last of several wins, at the place of the first.
    fn insert(&mut self, map: &mut Map, key: Key, value: Value) -> Result<(), Problem> {
        if self.options.duplicates != Duplicates::Ignore && map.contains_key(&key) {
            let message = format!("Found duplicate mapping key {}.", key.value().repr());
            let (line, column) = value.meta().key.unwrap_or_default();
            if self.options.duplicates == Duplicates::Error {
                return Err(Problem::plain(line, column, message));
            }
            let origin = Origin::new(self.source, line, column);
            let warning = Diagnostic::new(message).at(Some(&origin));
            self.warnings.push(warning.hint("Using last defined value only."));
        }
        map.insert(key, value);
        Ok(())
    }
}

/// The type a node has without a tag; `any` looks into quoted text too.
fn implicit(node: &Node, any: bool) -> Tag<'static> {
    match &node.body {
        Body::Scalar(text, plain) if *plain || any => match Tag::of_plain(text) {
            Tag::Null => Tag::Null,
            Tag::Bool => Tag::Bool,
            Tag::Int => Tag::Int,
            Tag::Float => Tag::Float,
            Tag::Time => Tag::Time,
            Tag::Merge => Tag::Merge,
            Tag::Default => Tag::Default,
            _ => Tag::Str,
        },
        Body::Scalar(..) => Tag::Str,
        Body::Seq(_) => Tag::Seq,
        Body::Map(_) => Tag::Map,
    }
}

fn expected(node: &Node, what: &str) -> Problem {
    node.problem(format!("expected a {what} node, but found {}", node.word()))
}

fn unknown(node: &Node, tag: &str) -> Problem {
    node.problem(format!("could not determine a constructor for the tag '{tag}'"))
}

fn unhashable(node: &Node) -> Problem {
    node.problem("while constructing a mapping found unhashable key")
}

fn unmergeable(node: &Node, what: &str) -> Problem {
    let found = node.word();
    node.problem(format!(
        "while constructing a mapping expected {what} for merging, but found {found}"
    ))
}
