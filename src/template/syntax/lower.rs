//! From minijinja's tree to ours: expressions.

use super::ast::{Arg, Asked, Block, Comparison, Expr, Inline, Name, Operator, Piped, Uses};
use super::scan::{BIG, Scanned};
use super::{Mode, SyntaxFault, TemplateOptions, literal};
use crate::base::Value;
use crate::base::diagnostic::nearest;
use crate::template::{filters, tests};
use indexmap::IndexMap;
use minijinja::machinery::{Span, ast};
use num_bigint::BigInt;
use std::sync::Arc;

pub(super) type Lowered<T> = Result<T, SyntaxFault>;

/// Deeper expressions are refused: the evaluator follows them on the stack.
const DEEPEST: usize = 250;

/// Turns the borrowed tree into an owned one.
pub(super) struct Lower<'s> {
    /// The text as it was written.
    pub source: &'s str,
    pub scanned: &'s Scanned,
    pub mode: Mode,
    pub options: &'s TemplateOptions,
    /// Blocks met so far.
    pub blocks: IndexMap<Name, Arc<Block>>,
    /// Whether we are between `{{` and `}}`.
    pub in_variable: bool,
    /// How many conditions are around us: unknown filters in there fail when they are reached.
    pub conditional: usize,
    /// Special names used by the macros around us, innermost last.
    pub macros: Vec<Uses>,
    /// For each loop around us whether it uses `loop`.
    pub loops: Vec<bool>,
    /// How deep the expression is.
    depth: usize,
    /// Whether strings are terms of a lookup (S-34).
    pub in_lookup: bool,
}

impl<'s> Lower<'s> {
    pub fn new(
        source: &'s str,
        scanned: &'s Scanned,
        mode: Mode,
        options: &'s TemplateOptions,
    ) -> Self {
        Self {
            source,
            scanned,
            mode,
            options,
            blocks: IndexMap::new(),
            in_variable: false,
            conditional: 0,
            macros: Vec::new(),
            loops: Vec::new(),
            depth: 0,
            in_lookup: false,
        }
    }

    /// The written text of a stretch of the tree.
    pub fn written(&self, span: Span) -> &'s str {
        let start = self.scanned.back(span.start_offset as usize);
        let end = self.scanned.back(span.end_offset as usize);
        self.source.get(start..end).unwrap_or_default()
    }

    pub fn expr(&mut self, node: &ast::Expr) -> Lowered<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let at = self.scanned.back(node.span().start_offset as usize);
            return Err(SyntaxFault::new("the expression is nested too deeply", at));
        }
        let lowered = self.one(node);
        self.depth -= 1;
        lowered
    }

    fn one(&mut self, node: &ast::Expr) -> Lowered<Expr> {
        Ok(match node {
            ast::Expr::Var(var) => self.var(var.id, var.span()),
            ast::Expr::Const(node) => self.constant(&node.value, node.span())?,
            ast::Expr::List(list) => Expr::List(self.exprs(&list.items)?),
            ast::Expr::Tuple(tuple) => Expr::Tuple(self.exprs(&tuple.items)?),
            ast::Expr::Map(map) => {
                let keys = self.exprs(&map.keys)?;
                Expr::Dict(keys.into_iter().zip(self.exprs(&map.values)?).collect())
            }
            ast::Expr::GetAttr(get) => Expr::Attr(self.boxed(&get.expr)?, get.name.into()),
            ast::Expr::GetItem(get) => {
                Expr::Item(self.boxed(&get.expr)?, self.boxed(&get.subscript_expr)?)
            }
            ast::Expr::Slice(slice) => Expr::Slice(
                self.boxed(&slice.expr)?,
                [
                    self.optional(slice.start.as_ref())?,
                    self.optional(slice.stop.as_ref())?,
                    self.optional(slice.step.as_ref())?,
                ],
            ),
            ast::Expr::UnaryOp(unary) => {
                let inner = self.boxed(&unary.expr)?;
                match unary.op {
                    ast::UnaryOpKind::Neg => Expr::Neg(inner),
                    ast::UnaryOpKind::Not => negated(*inner),
                }
            }
            ast::Expr::BinOp(binary) => self.binary(binary)?,
            ast::Expr::Compare(compare) => self.compare(compare)?,
            ast::Expr::IfExpr(inline) => self.inline(inline, inline.span())?,
            ast::Expr::Filter(filter) => self.filter(filter, filter.span())?,
            ast::Expr::Test(test) => self.test(test, test.span())?,
            ast::Expr::Call(call) => {
                let (callee, args) = self.call(call)?;
                Expr::Call(Box::new(callee), args)
            }
        })
    }

    fn boxed(&mut self, node: &ast::Expr) -> Lowered<Box<Expr>> {
        self.expr(node).map(Box::new)
    }

    fn optional(&mut self, node: Option<&ast::Expr>) -> Lowered<Option<Box<Expr>>> {
        node.map(|node| self.boxed(node)).transpose()
    }

    fn exprs(&mut self, nodes: &[ast::Expr]) -> Lowered<Vec<Expr>> {
        nodes.iter().map(|node| self.expr(node)).collect()
    }

    fn var(&mut self, id: &str, span: Span) -> Expr {
        if id.starts_with(BIG) {
            let digits = self.written(span).replace('_', "");
            if let Ok(number) = digits.parse::<BigInt>() {
                return Expr::Const(Value::big(number));
            }
        }
        if id == "loop" {
            self.loops.iter_mut().for_each(|uses| *uses = true);
        }
        for uses in &mut self.macros {
            uses.varargs |= id == "varargs";
            uses.kwargs |= id == "kwargs";
            uses.caller |= id == "caller";
        }
        Expr::Var(id.into())
    }

    fn constant(&self, value: &minijinja::Value, span: Span) -> Lowered<Expr> {
        use minijinja::value::ValueKind;
        let constant = match value.kind() {
            ValueKind::Bool => Value::from(value.is_true()),
            ValueKind::Number if value.is_integer() => {
                value.to_string().parse::<BigInt>().map_or(Value::NULL, Value::big)
            }
            ValueKind::Number => Value::from(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
            ValueKind::String => return self.string(span),
            _ => Value::NULL,
        };
        Ok(Expr::Const(constant))
    }

    fn string(&self, span: Span) -> Lowered<Expr> {
        let raw = self.in_variable && self.mode.raw_strings;
        let text = literal::decode(self.written(span), raw).map_err(|message| {
            SyntaxFault::new(message, self.scanned.back(span.start_offset as usize))
        })?;
        let embedded = (self.in_lookup || self.mode.condition)
            && TemplateOptions::default().is_template(&text);
        let value = Value::from(text);
        Ok(if embedded { Expr::Embedded(value) } else { Expr::Const(value) })
    }

    fn binary(&mut self, node: &ast::BinOp) -> Lowered<Expr> {
        let left = self.boxed(&node.left)?;
        let right = self.boxed(&node.right)?;
        let operator = match node.op {
            ast::BinOpKind::Add => Some(Operator::Add),
            ast::BinOpKind::Sub => Some(Operator::Sub),
            ast::BinOpKind::Mul => Some(Operator::Mul),
            ast::BinOpKind::Div => Some(Operator::Div),
            ast::BinOpKind::FloorDiv => Some(Operator::FloorDiv),
            ast::BinOpKind::Rem => Some(Operator::Rem),
            ast::BinOpKind::Pow => Some(Operator::Pow),
            _ => None,
        };
        if let Some(operator) = operator {
            return Ok(Expr::Binary(operator, left, right));
        }
        let op = match node.op {
            ast::BinOpKind::ScAnd => return Ok(Expr::And(left, right)),
            ast::BinOpKind::ScOr => return Ok(Expr::Or(left, right)),
            ast::BinOpKind::Ne => Comparison::Ne,
            ast::BinOpKind::Lt => Comparison::Lt,
            ast::BinOpKind::Lte => Comparison::Le,
            ast::BinOpKind::Gt => Comparison::Gt,
            ast::BinOpKind::Gte => Comparison::Ge,
            ast::BinOpKind::In => Comparison::In,
            ast::BinOpKind::Eq => Comparison::Eq,
            _ => return Ok(concat(*left, *right)),
        };
        Ok(Expr::Compare(left, vec![(op, *right)]))
    }

    fn compare(&mut self, node: &ast::Compare) -> Lowered<Expr> {
        let first = self.boxed(&node.expr)?;
        let mut rest = Vec::with_capacity(node.ops.len());
        for op in &node.ops {
            let comparison = match op.op {
                ast::CompareOpKind::Eq => Comparison::Eq,
                ast::CompareOpKind::Ne => Comparison::Ne,
                ast::CompareOpKind::Lt => Comparison::Lt,
                ast::CompareOpKind::Lte => Comparison::Le,
                ast::CompareOpKind::Gt => Comparison::Gt,
                ast::CompareOpKind::Gte => Comparison::Ge,
                ast::CompareOpKind::In => Comparison::In,
                ast::CompareOpKind::NotIn => Comparison::NotIn,
            };
            rest.push((comparison, self.expr(&op.expr)?));
        }
        Ok(Expr::Compare(first, rest))
    }

    fn inline(&mut self, node: &ast::IfExpr, span: Span) -> Lowered<Expr> {
        let start = self.scanned.back(span.start_offset as usize);
        let line = 1 + self.source[..start.min(self.source.len())].matches('\n').count();
        self.conditional += 1;
        let test = self.expr(&node.test_expr)?;
        let then = self.expr(&node.true_expr)?;
        let otherwise = node.false_expr.as_ref().map(|e| self.expr(e)).transpose()?;
        self.conditional -= 1;
        Ok(Expr::If(Box::new(Inline { test, then, otherwise, line })))
    }

    fn filter(&mut self, node: &ast::Filter, span: Span) -> Lowered<Expr> {
        let filter = filters::find(node.name);
        if filter.is_none() && self.conditional == 0 {
            return Err(self.unknown("filter", node.name, filters::names(), span));
        }
        let input = node.expr.as_ref().map(|e| self.expr(e)).transpose()?;
        let args = self.args(&node.args)?;
        Ok(Expr::Filter(Box::new(Piped { name: node.name.into(), filter, input, args })))
    }

    fn test(&mut self, node: &ast::Test, span: Span) -> Lowered<Expr> {
        let test = tests::find(node.name);
        if test.is_none() && self.conditional == 0 {
            return Err(self.unknown("test", node.name, tests::names(), span));
        }
        let input = self.expr(&node.expr)?;
        let args = self.args(&node.args)?;
        Ok(Expr::Test(Box::new(Asked { name: node.name.into(), test, input, args })))
    }

    fn unknown(&self, kind: &str, name: &str, names: Vec<&'static str>, span: Span) -> SyntaxFault {
        let at = self.scanned.back(span.start_offset as usize);
        let near = nearest(name, names);
        let hint = (!near.is_empty()).then(|| format!("Did you mean: {}?", near.join(", ")));
        SyntaxFault { hint, ..SyntaxFault::new(format!("No {kind} named '{name}'."), at) }
    }

    /// The callee and its arguments.
    pub fn call(&mut self, call: &ast::Call) -> Lowered<(Expr, Vec<Arg>)> {
        let callee = self.expr(&call.expr)?;
        let lookup =
            matches!(&callee, Expr::Var(name) if matches!(&**name, "lookup" | "query" | "q"));
        let before = std::mem::replace(&mut self.in_lookup, lookup);
        let args = self.args(&call.args);
        self.in_lookup = before;
        Ok((callee, args?))
    }

    pub fn args(&mut self, args: &[ast::CallArg]) -> Lowered<Vec<Arg>> {
        let mut lowered = Vec::with_capacity(args.len());
        for arg in args {
            lowered.push(match arg {
                ast::CallArg::Pos(expr) => Arg::Position(self.expr(expr)?),
                ast::CallArg::Kwarg(name, expr) => Arg::Keyword((*name).into(), self.expr(expr)?),
                ast::CallArg::PosSplat(expr) => Arg::Spread(self.expr(expr)?),
                ast::CallArg::KwargSplat(expr) => Arg::SpreadKeywords(self.expr(expr)?),
            });
        }
        Ok(lowered)
    }
}

/// `not (a in b)` as the parser gives it is `a not in b`.
fn negated(inner: Expr) -> Expr {
    match inner {
        Expr::Compare(left, mut ops) if ops.len() == 1 && ops[0].0 == Comparison::In => {
            ops[0].0 = Comparison::NotIn;
            Expr::Compare(left, ops)
        }
        other => Expr::Not(Box::new(other)),
    }
}

fn concat(left: Expr, right: Expr) -> Expr {
    match left {
        Expr::Concat(mut parts) => {
            parts.push(right);
            Expr::Concat(parts)
        }
        left => Expr::Concat(vec![left, right]),
    }
}
