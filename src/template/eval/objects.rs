//! Values that only live while a template runs: ranges, namespaces, macros, bound methods.

use super::frame::Frame;
use super::raise;
use crate::base::{Diagnostic, Key, Kind, Map, Object, Origin, Value};
use crate::template::syntax::ast::{Block, For, Macro, Name, Template};
use crate::template::table::Stop;
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Ranges longer than this are not made into lists.
const LONGEST: i64 = 10_000_000;

/// Implements what the objects of this file have in common.
macro_rules! object {
    ($type:ty, $name:expr $(, $get:expr)?) => {
        impl Object for $type {
            fn type_name(&self) -> &'static str {
                $name
            }
            #[allow(unused_variables)]
            fn get(&self, key: &Key) -> Result<Option<Value>, Diagnostic> {
                $(
                    let get: fn(&Self, &str) -> Option<Value> = $get;
                    if let Some(name) = key.as_str() {
                        return Ok(get(self, name));
                    }
                )?
                Ok(None)
            }
            fn keys(&self) -> Option<Vec<Key>> {
                None
            }
            fn as_any(&self) -> &dyn Any {
                self
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("<", stringify!($type), ">"))
            }
        }
    };
}

/// A value of an object.
pub fn value(object: impl Object + 'static) -> Value {
    Value::new(Kind::Object(Arc::new(object)))
}

/// The object of a value if it is of this type.
pub fn as_object<T: 'static>(value: &Value) -> Option<&T> {
    match &value.kind {
        Kind::Object(object) => object.as_any().downcast_ref::<T>(),
        _ => None,
    }
}

/// Whether an object is one of these and not one of the scope's.
pub fn is_ours(object: &dyn Object) -> bool {
    let any = object.as_any();
    any.is::<NoElse>() || any.is::<RangeObject>() || any.is::<Namespace>()
}

/// Python's text of an object.
pub fn text(object: &dyn Object) -> String {
    let any = object.as_any();
    if let Some(range) = any.downcast_ref::<RangeObject>() {
        return range.text();
    }
    if let Some(namespace) = any.downcast_ref::<Namespace>() {
        return format!("<Namespace {}>", Value::map(namespace.lock().clone()).repr());
    }
    if let Some(module) = any.downcast_ref::<Module>() {
        return module.body.text();
    }
    if any.is::<NoElse>() {
        return String::new();
    }
    format!("<{}>", object.type_name())
}

/// `a if b` without `else`, when b does not hold: empty text, but no value to store (S-26).
pub struct NoElse {
    /// Jinja2's text for whoever uses it.
    pub message: String,
}

impl Object for NoElse {
    fn type_name(&self) -> &'static str {
        "Undefined"
    }
    fn get(&self, _: &Key) -> Result<Option<Value>, Diagnostic> {
        Err(Diagnostic::new(self.message.clone()))
    }
    fn keys(&self) -> Option<Vec<Key>> {
        Some(Vec::new())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for NoElse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<NoElse>")
    }
}

/// What a call or template failed with, until it is needed.
pub struct Failed {
    /// The error.
    pub error: Diagnostic,
}
object!(Failed, "Failed");

/// `range(...)`: listed only when it is looked into.
#[derive(Clone, Copy)]
pub struct RangeObject {
    /// First number.
    pub start: i64,
    /// Where it ends, exclusive.
    pub stop: i64,
    /// From one to the next; never 0.
    pub step: i64,
}
object!(RangeObject, "range", |range, name| Some(Value::from(match name {
    "start" => range.start,
    "stop" => range.stop,
    "step" => range.step,
    _ => return None,
})));

impl RangeObject {
    /// How many numbers it has.
    pub fn length(&self) -> i64 {
        let (start, stop, step) =
            (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let length = if step > 0 {
            (stop - start + step - 1).div_euclid(step)
        } else {
            (start - stop - step - 1).div_euclid(-step)
        };
        i64::try_from(length.max(0)).unwrap_or(i64::MAX)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.length() == 0
    }

    /// The number at a place.
    pub fn at(&self, index: i64) -> i64 {
        self.start.wrapping_add(index.wrapping_mul(self.step))
    }

    /// All numbers.
    pub fn items(&self) -> Result<Vec<Value>, Stop> {
        if self.length() > LONGEST {
            return raise(format!("{} is too long to be listed", self.text()));
        }
        Ok((0..self.length()).map(|i| Value::from(self.at(i))).collect())
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: i64) -> bool {
        let offset = i128::from(number) - i128::from(self.start);
        let step = i128::from(self.step);
        offset % step == 0 && (0..i128::from(self.length())).contains(&(offset / step))
    }

    fn text(&self) -> String {
        if self.step == 1 {
            return format!("range({}, {})", self.start, self.stop);
        }
        format!("range({}, {}, {})", self.start, self.stop, self.step)
    }
}

/// `namespace(...)`: attributes that inner levels may set.
#[derive(Default)]
pub struct Namespace {
    attributes: Mutex<Map>,
}
object!(Namespace, "Namespace", |namespace, name| namespace.lock().get(&Key::from(name)).cloned());

impl Namespace {
    /// With these attributes.
    pub fn new(attributes: Map) -> Self {
        Self { attributes: Mutex::new(attributes) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Map> {
        self.attributes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets an attribute.
    pub fn set(&self, name: &Name, value: Value) {
        self.lock().insert(Key::Str(Arc::clone(name)), value);
    }
}

/// A function of the language, such as `range`.
pub struct Global {
    /// Its name.
    pub name: &'static str,
    /// Python's name of its type.
    pub type_name: &'static str,
}

impl Object for Global {
    fn type_name(&self) -> &'static str {
        self.type_name
    }
    fn get(&self, _: &Key) -> Result<Option<Value>, Diagnostic> {
        Ok(None)
    }
    fn keys(&self) -> Option<Vec<Key>> {
        None
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

/// A method and what it is called on.
pub struct Bound {
    /// What it is called on.
    pub receiver: Value,
    /// Which one.
    pub name: Name,
}
object!(Bound, "builtin_function_or_method");

/// What the templates of an inheritance know of each other.
pub struct Unit {
    /// The template.
    pub template: Arc<Template>,
    /// Where it was written.
    pub origin: Option<Origin>,
    /// Blocks by name: the outermost child's first.
    pub blocks: Arc<Mutex<HashMap<Name, Vec<BlockOf>>>>,
    /// The top level.
    pub top: Arc<Frame>,
    /// The template that this one extends, once that is known.
    pub parent: OnceLock<(Arc<Template>, Option<Origin>)>,
    /// Where the last expression stands that was printed; `usize::MAX` when elsewhere.
    pub at: AtomicUsize,
}

/// A block and the template it is from.
#[derive(Clone)]
pub struct BlockOf {
    /// The block.
    pub block: Arc<Block>,
    /// Where its template was written.
    pub origin: Option<Origin>,
}

/// A macro and the place it was defined in.
pub struct MacroObject {
    /// What it does.
    pub definition: Arc<Macro>,
    /// The level it was defined on.
    pub frame: Arc<Frame>,
    /// The template it was defined in.
    pub unit: Arc<Unit>,
}
object!(MacroObject, "Macro", |macro_, name| {
    let definition = &macro_.definition;
    Some(match name {
        "name" => Value::str(Arc::clone(&definition.name)),
        "arguments" => {
            let names = definition.params.iter().map(|(name, _)| Value::str(Arc::clone(name)));
            Value::new(Kind::Tuple(Arc::new(names.collect())))
        }
        "catch_kwargs" => Value::from(definition.uses.kwargs),
        "catch_varargs" => Value::from(definition.uses.varargs),
        "caller" => Value::from(definition.uses.caller),
        _ => return None,
    })
});

/// An imported template: its names and its text.
pub struct Module {
    /// What it printed.
    pub body: Value,
    /// Its top-level names.
    pub names: Map,
    /// Its file.
    pub file: String,
}
object!(Module, "TemplateModule", |module, name| module.names.get(&Key::from(name)).cloned());

/// `self`: the blocks of this template.
pub struct SelfObject {
    /// The template.
    pub unit: Arc<Unit>,
}
object!(SelfObject, "TemplateReference");

/// `super` or `self.name`: one block of the chain.
pub struct BlockObject {
    /// The template.
    pub unit: Arc<Unit>,
    /// The block.
    pub name: Name,
    /// Which of the chain.
    pub depth: usize,
}
object!(BlockObject, "BlockReference");

/// `cycler(...)`
pub struct Cycler {
    /// What it goes through.
    pub items: Vec<Value>,
    /// Where it is.
    pub at: Mutex<usize>,
}
object!(Cycler, "Cycler", |cycler, name| (name == "current").then(|| cycler.current()));

impl Cycler {
    /// The item it stands at.
    pub fn current(&self) -> Value {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        self.items.get(at).cloned().unwrap_or(Value::NULL)
    }

    /// Steps on, or back to the first.
    pub fn step(&self, reset: bool) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        *at = if reset { 0 } else { (*at + 1) % self.items.len().max(1) };
    }
}

/// `joiner(sep)`
pub struct Joiner {
    /// What it gives from the second call on.
    pub separator: Value,
    /// Whether it was called.
    pub used: Mutex<bool>,
}
object!(Joiner, "Joiner");

/// `loop`
pub struct LoopObject {
    /// All items.
    pub items: Arc<Vec<Value>>,
    /// Which one is on, from 0.
    pub index: usize,
    /// How deep a recursive loop is, from 0.
    pub depth: usize,
    /// The loop, to be called again when it is recursive.
    pub definition: Arc<For>,
    /// The level around it.
    pub frame: Arc<Frame>,
    /// What `loop.changed` saw last.
    pub last: Arc<Mutex<Option<Vec<Value>>>>,
}
object!(LoopObject, "LoopContext", |this, name| {
    let (index, length) = (this.index, this.items.len());
    let number = |n: usize| Value::from(n as u64);
    Some(match name {
        "index" => number(index + 1),
        "index0" => number(index),
        "revindex" => number(length - index),
        "revindex0" => number(length - index - 1),
        "first" => Value::from(index == 0),
        "last" => Value::from(index + 1 == length),
        "length" => number(length),
        "depth" => number(this.depth + 1),
        "depth0" => number(this.depth),
        "previtem" => match index.checked_sub(1).and_then(|i| this.items.get(i)) {
            Some(item) => item.clone(),
            None => Value::undefined("there is no previous item"),
        },
        "nextitem" => match this.items.get(index + 1) {
            Some(item) => item.clone(),
            None => Value::undefined("there is no next item"),
        },
        _ => return None,
    })
});
