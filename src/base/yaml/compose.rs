//! Events to nodes: anchors and aliases resolved, depth and size bounded.

use super::events::{MAX_DEPTH, too_deep};
use super::problem::Problem;
use libyaml_safer::{Event, EventData, Mark};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// So many nodes may stand behind aliases when all of them are written out.
const MAX_ALIASED: u64 = 2_000_000;

/// One node with the position of its first token, anchor and tag included.
#[derive(Debug)]
pub(super) struct Node {
    pub tag: Option<String>,
    pub line: u32,
    pub column: u32,
    /// Whether an alias may stand for it.
    pub shared: bool,
    pub body: Body,
    /// Nodes below and itself, aliases written out.
    weight: u64,
    /// Levels below and its own, aliases written out.
    height: usize,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Body {
    /// Text, and whether its type is found by looking at it.
    Scalar(Arc<str>, bool),
    Seq(Vec<Rc<Node>>),
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

impl Node {
    /// A problem that begins at this node.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::at(self.line, self.column, message)
    }

    /// `PyYAML`'s word for what it is.
    pub(super) fn word(&self) -> &'static str {
        match self.body {
            Body::Scalar(..) => "scalar",
            Body::Seq(_) => "sequence",
            Body::Map(_) => "mapping",
        }
    }
}

/// One document: where it begins and its content.
pub(super) struct Document {
    pub line: u32,
    pub column: u32,
    pub root: Rc<Node>,
}

/// All documents of a stream.
pub(super) fn documents(events: Vec<Event>) -> Result<Vec<Document>, Problem> {
    let mut events = events.into_iter();
    let mut found = Vec::new();
    while let Some(event) = events.next() {
        if matches!(event.data, EventData::DocumentStart { .. }) {
            let (line, column) = position(event.start_mark);
            let mut composer = Composer::new(&mut events);
            let first = composer.next()?;
            found.push(Document { line, column, root: composer.node(first)? });
        }
    }
    Ok(found)
}

fn position(mark: Mark) -> (u32, u32) {
    (mark.line as u32 + 1, mark.column as u32 + 1)
}

struct Composer<'a, I> {
    events: &'a mut I,
    anchors: HashMap<String, Rc<Node>>,
    /// Anchors whose node has begun.
    begun: HashSet<String>,
    aliased: u64,
}

impl<'a, I: Iterator<Item = Event>> Composer<'a, I> {
    fn new(events: &'a mut I) -> Self {
        Self { events, anchors: HashMap::new(), begun: HashSet::new(), aliased: 0 }
    }

    fn next(&mut self) -> Result<Event, Problem> {
        self.events.next().ok_or_else(|| Problem::plain(0, 0, "the text ends too early"))
    }

    fn node(&mut self, event: Event) -> Result<Rc<Node>, Problem> {
        let (line, column) = position(event.start_mark);
        let (anchor, tag, body) = match event.data {
            EventData::Alias { anchor } => return self.alias(&anchor, line, column),
            EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                self.begin(anchor.as_ref(), line, column)?;
                (anchor, tag, Body::Scalar(value.into(), plain_implicit))
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.begin(anchor.as_ref(), line, column)?;
                (anchor, tag, self.sequence()?)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                self.begin(anchor.as_ref(), line, column)?;
                (anchor, tag, self.mapping()?)
            }
            _ => return Err(Problem::plain(line, column, "no value where one is expected")),
        };
        let tag = tag.filter(|tag| tag != "!" && !tag.is_empty());
        let (weight, height) = measure(&body);
        if height > MAX_DEPTH {
            return Err(too_deep(line, column));
        }
        let node =
            Rc::new(Node { tag, line, column, shared: anchor.is_some(), body, weight, height });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn begin(&mut self, anchor: Option<&String>, line: u32, column: u32) -> Result<(), Problem> {
        let Some(anchor) = anchor else { return Ok(()) };
        if self.begun.insert(anchor.clone()) {
            return Ok(());
        }
        Err(Problem::at(line, column, "found duplicate anchor; first occurrence second occurrence"))
    }

    fn alias(&mut self, name: &str, line: u32, column: u32) -> Result<Rc<Node>, Problem> {
        let Some(node) = self.anchors.get(name) else {
            let recursive = self.begun.contains(name);
            let message = if recursive {
                "found unconstructable recursive node"
            } else {
                "found undefined alias"
            };
            return Err(Problem::at(line, column, message));
        };
        self.aliased = self.aliased.saturating_add(node.weight);
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases stand for more than {MAX_ALIASED} values");
            return Err(Problem::plain(line, column, message));
        }
        Ok(Rc::clone(node))
    }

    fn sequence(&mut self) -> Result<Body, Problem> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::SequenceEnd) {
                return Ok(Body::Seq(items));
            }
            items.push(self.node(event)?);
        }
    }

    fn mapping(&mut self) -> Result<Body, Problem> {
        let mut entries = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                return Ok(Body::Map(entries));
            }
            let key = self.node(event)?;
            let event = self.next()?;
            entries.push((key, self.node(event)?));
        }
    }
}

/// Weight and height of a node with this body.
fn measure(body: &Body) -> (u64, usize) {
    let add = |(weight, height): (u64, usize), node: &Rc<Node>| {
        (weight.saturating_add(node.weight), height.max(node.height))
    };
    let (weight, height) = match body {
        Body::Scalar(..) => (0, 0),
        Body::Seq(items) => items.iter().fold((0, 0), add),
        Body::Map(entries) => entries.iter().fold((0, 0), |sum, (k, v)| add(add(sum, k), v)),
    };
    (weight.saturating_add(1), height + 1)
}
