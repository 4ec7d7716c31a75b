//! From text to a compiled template: the pass before, minijinja's lexer and parser, and our own
//! tree with resolved filters and tests.

pub mod ast;
mod cache;
mod fault;
mod literal;
mod lower;
mod lower_stmt;
mod markers;
mod options;
mod scan;

pub use cache::compile;
pub use fault::SyntaxFault;
pub use options::TemplateOptions;

use ast::{Expr, Stmt, Template};
use minijinja::machinery;
use std::sync::Arc;

/// How a text is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct Mode {
    /// A bare expression instead of a template.
    pub expression: bool,
    /// Whether backslashes in strings of `{{ }}` are kept: for texts that came through YAML.
    pub raw_strings: bool,
    /// Whether it is a conditional: its strings may be templates (S-34).
    pub condition: bool,
    /// Whether a first line `#jinja2:` is text like any other: in included templates.
    pub no_header: bool,
    /// Whether `do` is a tag.
    pub with_do: bool,
    /// Whether `break` and `continue` are tags.
    pub with_loop_controls: bool,
}

/// Compiles without looking at the cache.
fn build(source: &str, options: &TemplateOptions, mode: Mode) -> Result<Template, SyntaxFault> {
    let source = normal_newlines(source);
    let source = source.as_str();
    if mode.expression {
        return build_expression(source, options, mode);
    }
    let config = options.config().map_err(|error| {
        SyntaxFault::new(error.detail().unwrap_or("invalid delimiters").to_string(), 0)
    })?;
    let scanned = scan::template(source, options);
    let teller = fault::Teller { source, scanned: &scanned, options, mode };
    refuse_long(&scanned)?;
    let tree = machinery::parse(&scanned.text, "<template>", config);
    let tree = tree.map_err(|error| teller.tell(&error))?;
    let mut lower = lower::Lower::new(source, &scanned, mode, options);
    let body = lower.root(&tree)?;
    Ok(Template { source: source.into(), body, blocks: lower.blocks, skipped: 0 })
}

fn build_expression(
    source: &str,
    options: &TemplateOptions,
    mode: Mode,
) -> Result<Template, SyntaxFault> {
    let scanned = scan::expression(source, options);
    let teller = fault::Teller { source, scanned: &scanned, options, mode };
    refuse_long(&scanned)?;
    let tree = machinery::parse_expr(&scanned.text);
    let tree = tree.map_err(|error| teller.tell(&error))?;
    let mut lower = lower::Lower::new(source, &scanned, mode, options);
    let expr: Expr = lower.expr(&tree)?;
    let blocks = lower.blocks;
    Ok(Template { source: source.into(), body: vec![Stmt::Emit(expr, 0)], blocks, skipped: 0 })
}

fn refuse_long(scanned: &scan::Scanned) -> Result<(), SyntaxFault> {
    match scanned.too_long {
        Some(at) => Err(SyntaxFault::new("the expression is too long", at)),
        None => Ok(()),
    }
}

/// Jinja2 reads every kind of newline as `\n`.
fn normal_newlines(source: &str) -> String {
    if source.contains('\r') {
        source.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        source.to_string()
    }
}

/// A compiled template that is shared.
pub type Compiled = Result<Arc<Template>, SyntaxFault>;
