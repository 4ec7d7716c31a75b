//! A compiled template. It owns its texts, so it can be cached and shared.

use crate::base::Value;
use crate::template::table;
use indexmap::IndexMap;
use std::sync::Arc;

/// A name or text that many nodes share.
pub type Name = Arc<str>;

/// A compiled template or expression.
pub struct Template {
    /// Its text without the header line.
    pub source: Name,
    /// What it does.
    pub body: Vec<Stmt>,
    /// Its blocks by name, those inside of others too.
    pub blocks: IndexMap<Name, Arc<Block>>,
    /// Bytes of the header line that `source` lacks.
    pub skipped: usize,
}

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Rem,
    /// `**`
    Pow,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// An argument of a call.
pub enum Arg {
    /// By position.
    Position(Expr),
    /// By name.
    Keyword(Name, Expr),
    /// `*list`
    Spread(Expr),
    /// `**dict`
    SpreadKeywords(Expr),
}

/// An expression.
pub enum Expr {
    /// A literal.
    Const(Value),
    /// A literal that itself looks like a template (S-34).
    Embedded(Value),
    /// A variable.
    Var(Name),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `{a: b}`
    Dict(Vec<(Expr, Expr)>),
    /// `a.b`
    Attr(Box<Expr>, Name),
    /// `a[b]`
    Item(Box<Expr>, Box<Expr>),
    /// `a[b:c:d]`
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    /// `-a`
    Neg(Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `a + b`
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a ~ b ~ c`
    Concat(Vec<Expr>),
    /// `a < b < c`
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    /// `a if b else c`
    If(Box<Inline>),
    /// `a | b(c)`
    Filter(Box<Piped>),
    /// `a is b(c)`
    Test(Box<Asked>),
    /// `a(b)`
    Call(Box<Expr>, Vec<Arg>),
}

/// `then if test else otherwise`
pub struct Inline {
    /// The condition.
    pub test: Expr,
    /// When it holds.
    pub then: Expr,
    /// When it does not.
    pub otherwise: Option<Expr>,
    /// Its line in the template, from 1.
    pub line: usize,
}

/// A filter in a pipe.
pub struct Piped {
    /// As it was written.
    pub name: Name,
    /// What it is; None when unknown, which is an error once it is reached.
    pub filter: Option<&'static table::Filter>,
    /// What is piped; None at the head of a filter block.
    pub input: Option<Expr>,
    /// Arguments.
    pub args: Vec<Arg>,
}

/// A test.
pub struct Asked {
    /// As it was written.
    pub name: Name,
    /// What it is; None when unknown, which is an error once it is reached.
    pub test: Option<&'static table::Test>,
    /// What is asked about.
    pub input: Expr,
    /// Arguments.
    pub args: Vec<Arg>,
}

/// Where a value is put.
pub enum Target {
    /// A name.
    Name(Name),
    /// An attribute of a namespace.
    Attr(Name, Name),
    /// Several, by unpacking.
    List(Vec<Target>),
}

/// A statement.
pub enum Stmt {
    /// Text.
    Raw(Value),
    /// `{{ e }}` and where it stands in the source.
    Emit(Expr, usize),
    /// `{% if %}`
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `{% for %}`
    For(Arc<For>),
    /// `{% with %}`
    With(Vec<(Target, Expr)>, Vec<Stmt>),
    /// `{% set a = b %}`
    Set(Target, Expr),
    /// `{% set a %}...{% endset %}`
    SetBlock(Target, Option<Expr>, Vec<Stmt>),
    /// `{% filter %}`
    FilterBlock(Expr, Vec<Stmt>),
    /// `{% autoescape %}`: its body.
    Scope(Vec<Stmt>),
    /// `{% block %}`
    Block(Arc<Block>),
    /// `{% extends %}`
    Extends(Expr),
    /// `{% include %}`
    Include {
        /// A name or a list of names.
        name: Expr,
        /// Whether it may be missing.
        ignore_missing: bool,
        /// Whether it sees our variables.
        with_context: bool,
    },
    /// `{% import a as b %}`
    Import {
        /// A name.
        name: Expr,
        /// The variable that holds the module.
        target: Name,
        /// Whether it sees our variables.
        with_context: bool,
    },
    /// `{% from a import b as c %}`
    FromImport {
        /// A name.
        name: Expr,
        /// Name there and here.
        names: Vec<(Name, Name)>,
        /// Whether it sees our variables.
        with_context: bool,
    },
    /// `{% macro %}`
    Macro(Arc<Macro>),
    /// `{% call %}`: the call and its body.
    Call(Expr, Vec<Arg>, Arc<Macro>),
    /// `{% do %}`
    Do(Expr),
    /// `{% continue %}`
    Continue,
    /// `{% break %}`
    Break,
}

/// A loop.
pub struct For {
    /// What each item is put in.
    pub target: Target,
    /// What is looped over.
    pub iter: Expr,
    /// The condition behind `if`.
    pub filter: Option<Expr>,
    /// Whether `loop()` may be called.
    pub recursive: bool,
    /// Whether the body has the name `loop`.
    pub uses_loop: bool,
    /// For each item.
    pub body: Vec<Stmt>,
    /// When there was no item.
    pub otherwise: Vec<Stmt>,
}

/// A block of inheritance.
pub struct Block {
    /// Its name.
    pub name: Name,
    /// Whether it sees the variables around it.
    pub scoped: bool,
    /// Whether a child must have it.
    pub required: bool,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// A macro, or the body of a call block.
pub struct Macro {
    /// Its name; `caller` for a call block.
    pub name: Name,
    /// Parameters, each with its default.
    pub params: Vec<(Name, Option<Expr>)>,
    /// Whether it uses `varargs`, `kwargs`, `caller`.
    pub uses: Uses,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// Which of the special names a macro's body has.
#[derive(Clone, Copy, Default)]
pub struct Uses {
    /// `varargs`
    pub varargs: bool,
    /// `kwargs`
    pub kwargs: bool,
    /// `caller`
    pub caller: bool,
}
