//! Networks and pools: both are defined by a document, started, stopped and begun with the host, by commands of virsh
//! that differ in their first word only.

use super::compare::{self, Owned};
use super::xml::Node;
use crate::base::{Key, Map, Value};
use crate::modules::told::Told;
use crate::spec::args::MarkedText;
use crate::spec::{Change, ChangeKind, Ctx, Diff, Effect, Failure, Plan, Probe, Risk};
use std::collections::BTreeMap;

/// What is managed.
#[derive(Debug)]
pub struct Kind {
    /// First word of virsh's commands.
    pub prefix: &'static str,
    /// For people.
    pub noun: &'static str,
    /// The root of its document.
    pub root: &'static str,
    /// What counts also where it was not given.
    pub owned: Owned<'static>,
    /// Its name in the predicted world.
    pub world: &'static str,
    /// How much stopping one breaks.
    pub stop: Risk,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// Whether it runs.
    pub active: bool,
    /// Whether it starts with the host.
    pub autostart: bool,
    /// Whether it is more than a running one that ends with its stop.
    pub persistent: bool,
    /// Its document, as it will be at its next start.
    pub xml: Node,
    /// The document as libvirt wrote it.
    pub text: String,
}

/// What is there.
#[derive(Debug)]
pub struct Seen {
    /// All names.
    pub names: Vec<String>,
    /// Those that were looked at.
    pub things: BTreeMap<String, Thing>,
    /// What else was told of them.
    pub told: Told,
}

/// The question.
pub fn probe(kind: &Kind, uri: &str, name: Option<&str>, all: bool) -> Probe {
    let script =
        concat!(include_str!("../told/ask.sh"), include_str!("ask.sh"), include_str!("things.sh"));
    let name = name.unwrap_or_default();
    let all = if all { "all" } else { "" };
    Probe::new("kvm_things", script).words([uri, kind.prefix, name, all])
}

fn key(uri: &str, name: &str) -> String {
    format!("{uri} {name}")
}

impl Thing {
    fn read(kind: &Kind, told: &Told, name: &str) -> Result<Self, Failure> {
        let info = told.text(&format!("info {name}"));
        let text = told.of(&format!("xml {name}")).filter(|said| said.rc == 0);
        let cannot =
            |why: &str| Failure::new(format!("cannot read the {} {name}: {why}", kind.noun));
        let text = text.ok_or_else(|| cannot(&super::errors(told.text(&format!("xml {name}")))))?;
        let xml = Node::parse(&text.text).map_err(|error| cannot(&error.to_string()))?;
        let is = |field: &str| super::field(info, field) == Some("yes");
        // A network tells `Active: yes`, a pool its state.
        let state = super::field(info, "State").is_some_and(|state| state != "inactive");
        Ok(Self {
            active: is("Active") || state,
            autostart: is("Autostart"),
            persistent: is("Persistent"),
            xml,
            text: text.text.clone(),
        })
    }

    fn value(&self) -> Value {
        let fields = [
            ("active", self.active.into()),
            ("autostart", self.autostart.into()),
            ("persistent", self.persistent.into()),
            ("xml", Value::from(self.text.as_str())),
        ];
        fields.into_iter().collect()
    }

    fn predicted(value: &Value) -> Option<Self> {
        let is = |name: &str| value.get(name).is_some_and(Value::is_true);
        let text = value.get("xml")?.text();
        Some(Self {
            active: is("active"),
            autostart: is("autostart"),
            persistent: is("persistent"),
            xml: Node::parse(&text).ok()?,
            text,
        })
    }
}

impl Seen {
    /// Reads the answer, with the predicted world over it.
    ///
    /// # Errors
    /// virsh is missing, libvirt does not answer, or says what can't be read.
    pub fn read(kind: &Kind, uri: &str, told: Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        super::reached(&told, uri)?;
        let mut names = super::names(&told, "names");
        let mut things = BTreeMap::new();
        for name in &names {
            if told.has(&format!("xml {name}")) {
                things.insert(name.clone(), Thing::read(kind, &told, name)?);
            }
        }
        let prefix = key(uri, "");
        for (key, state) in ctx.world.things(kind.world) {
            let Some(name) = key.strip_prefix(&prefix) else { continue };
            names.retain(|other| other != name);
            things.remove(name);
            if let Some(thing) = state.and_then(Thing::predicted) {
                names.push(name.to_string());
                things.insert(name.to_string(), thing);
            }
        }
        Ok(Self { names, things, told })
    }
}

/// What leads from what is to what is wanted: each step changes what the next one sees.
pub struct Course<'a> {
    /// Of what kind.
    pub kind: &'static Kind,
    /// Where.
    pub uri: &'a str,
    /// Which.
    pub name: &'a str,
    /// What is there, by now.
    pub now: Option<Thing>,
    /// The steps.
    pub plan: Plan,
    changes: Vec<Change>,
}

impl<'a> Course<'a> {
    /// From what was seen.
    pub fn new(kind: &'static Kind, uri: &'a str, name: &'a str, seen: &Seen) -> Self {
        let now = seen.things.get(name).cloned();
        Self { kind, uri, name, now, plan: Plan::ok(), changes: Vec::new() }
    }

    /// The whole plan.
    pub fn done(mut self) -> Plan {
        self.plan.parts = Plan::of(self.changes).parts;
        self.plan
    }

    /// Whether it was there at the beginning or is by now.
    ///
    /// # Errors
    /// It is not.
    pub fn there(&self) -> Result<&Thing, Failure> {
        let text = || format!("{} {} not found", self.kind.noun, self.name);
        self.now.as_ref().ok_or_else(|| Failure::new(text()).missing())
    }

    fn push(&mut self, change: Change) {
        let value = self.now.as_ref().map(Thing::value);
        let effect = Effect::Thing(self.kind.world, key(self.uri, self.name), value);
        self.changes.push(change.effect(effect));
    }

    fn step(&mut self, verb: &str, more: &[&str], risk: Risk) {
        self.other(verb, more, risk, ChangeKind::Plain);
    }

    /// Any other step, such as `build`.
    pub fn other(&mut self, verb: &str, more: &[&str], risk: Risk, kind: ChangeKind) {
        let command = format!("{}-{verb}", self.kind.prefix);
        let why = format!("{verb} the {} {}", self.kind.noun, self.name);
        let words = [command.as_str(), self.name].into_iter().chain(more.iter().copied());
        self.push(super::virsh(self.uri, words, why).risk(risk).kind(kind));
    }

    /// Runs.
    pub fn start(&mut self) {
        if let Some(thing) = self.now.as_mut().filter(|thing| !thing.active) {
            thing.active = true;
            self.step("start", &[], Risk::Low);
        }
    }

    /// Does not run.
    pub fn stop(&mut self) {
        let Some(thing) = self.now.as_mut().filter(|thing| thing.active) else { return };
        thing.active = false;
        if !thing.persistent {
            self.now = None;
        }
        self.step("destroy", &[], self.kind.stop);
    }

    /// Is not there.
    pub fn undefine(&mut self) {
        self.stop();
        if self.now.take().is_some() {
            self.step("undefine", &[], Risk::High);
        }
    }

    /// Starts with the host, or not.
    pub fn autostart(&mut self, wanted: bool) {
        if let Some(thing) = self.now.as_mut().filter(|thing| thing.autostart != wanted) {
            thing.autostart = wanted;
            let more: &[&str] = if wanted { &[] } else { &["--disable"] };
            self.step("autostart", more, Risk::Low);
        }
    }

    /// Is as this document says. The UUID of one that is there is kept.
    ///
    /// # Errors
    /// The document is none, or one of something else.
    pub fn define(&mut self, given: &MarkedText, ctx: Ctx<'_>) -> Result<(), Failure> {
        let mut wanted = document(self.kind, self.name, given)?;
        let mut before = String::new();
        if let Some(thing) = &self.now {
            let lines = compare::differences(&wanted, &thing.xml, self.kind.owned);
            if lines.is_empty() {
                return Ok(());
            }
            keep(&mut wanted, &thing.xml);
            let list = lines.iter().map(|line| Value::from(line.as_str())).collect();
            self.plan.fields.insert("differences".into(), Value::list(list));
            before = thing.xml.write();
            if thing.active {
                let text = format!(
                    "the {} {} is active: what changed counts once it was stopped and started",
                    self.kind.noun, self.name
                );
                self.plan.warnings.push(text);
            }
        } else {
            self.plan.fields.insert("created".into(), self.name.into());
        }
        self.plan.diff.push(diff(before, &wanted, given, self.name, ctx));
        let risk = if before_is_active(self.now.as_ref()) { Risk::Medium } else { Risk::Low };
        let (active, autostart) =
            self.now.as_ref().map_or((false, false), |thing| (thing.active, thing.autostart));
        let text = wanted.write();
        let words = [format!("{}-define", self.kind.prefix), "validate".to_string()];
        let why = format!("define the {} {}", self.kind.noun, self.name);
        let change = super::virsh_with(self.uri, words, &wanted, why).risk(risk);
        self.now = Some(Thing { active, autostart, persistent: true, xml: wanted, text });
        self.push(change);
        Ok(())
    }
}

fn before_is_active(thing: Option<&Thing>) -> bool {
    thing.is_some_and(|thing| thing.active)
}

/// The document that was given, with its name in it.
///
/// # Errors
/// It is none, or one of something else.
pub fn document(kind: &Kind, name: &str, given: &MarkedText) -> Result<Node, Failure> {
    let mut wanted = Node::parse(given.as_str()).map_err(|e| Failure::new(e.to_string()))?;
    if wanted.name != kind.root {
        let text = format!("xml describes a {:?}, not a {}", wanted.name, kind.root);
        return Err(Failure::new(text));
    }
    match wanted.text_at("name") {
        Some(own) if own == name => {}
        Some(own) => {
            let text = format!("given 'name' parameter does not match name in XML: {name}, {own}");
            return Err(Failure::new(text));
        }
        None => wanted.children.insert(0, Node::new("name").text(name)),
    }
    // What only the running one has.
    for live in ["capacity", "allocation", "available"] {
        wanted.remove(live);
    }
    Ok(wanted)
}

/// Keeps what libvirt made up: whoever defines it anew without them would get others.
fn keep(wanted: &mut Node, found: &Node) {
    for (at, name) in ["uuid", "bridge", "mac"].into_iter().enumerate() {
        let Some(old) = found.find(name).filter(|_| wanted.find(name).is_none()) else { continue };
        wanted.children.insert((at + 1).min(wanted.children.len()), old.clone());
    }
}

/// The difference, unless there is a secret in it.
fn diff(before: String, wanted: &Node, given: &MarkedText, name: &str, ctx: Ctx<'_>) -> Diff {
    let side = |text: String| {
        let shown = ctx.diff && !given.is_secret();
        Some(if shown { text.into() } else { String::new().into() })
    };
    Diff {
        before: side(before),
        after: side(wanted.write()),
        before_header: Some(name.to_string()),
        after_header: Some(name.to_string()),
        ..Diff::default()
    }
}

/// Whether the second look shows what a change was to do.
///
/// # Errors
/// It does not.
pub fn verify(
    kind: &Kind,
    name: &str,
    xml: Option<&MarkedText>,
    change: &Change,
    after: &Seen,
) -> Result<(), String> {
    let thing = after.things.get(name);
    let words = super::words(change);
    let verb = words.first().and_then(|word| word.strip_prefix(kind.prefix)).unwrap_or_default();
    let not = |what: &str| Err(format!("the {} {name} {what}", kind.noun));
    match (verb.trim_start_matches('-'), thing) {
        ("start", Some(thing)) if !thing.active => not("is not active"),
        ("destroy", Some(thing)) if thing.active => not("is still active"),
        ("undefine", Some(_)) => not("is still there"),
        ("autostart", Some(thing)) => {
            let wanted = !words.iter().any(|word| word == "--disable");
            if thing.autostart == wanted { Ok(()) } else { not("has another autostart") }
        }
        ("define", Some(thing)) => {
            let Some(given) = xml else { return Ok(()) };
            let wanted = document(kind, name, given).map_err(|failure| failure.msg)?;
            let left = compare::differences(&wanted, &thing.xml, kind.owned);
            if left.is_empty() {
                Ok(())
            } else {
                not(&format!("was not kept as given: {}", left.join("; ")))
            }
        }
        ("start" | "autostart" | "define", None) => not("is not there"),
        _ => Ok(()),
    }
}

/// One key with its value.
pub fn one(key: &str, value: impl Into<Value>) -> Map {
    [(Key::from(key), value.into())].into_iter().collect()
}

/// Texts as a list.
pub fn list<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Value {
    Value::list(texts.into_iter().map(|text| Value::from(text.as_ref())).collect())
}
