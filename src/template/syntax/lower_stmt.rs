//! From minijinja's tree to ours: statements.

use super::SyntaxFault;
use super::ast::{Block, For, Macro, Name, Stmt, Target, Uses};
use super::lower::{Lower, Lowered};
use super::scan::DO;
use crate::base::Value;
use minijinja::machinery::{Span, ast};
use std::sync::Arc;

impl Lower<'_> {
    /// The whole template.
    pub fn root(&mut self, node: &ast::Stmt) -> Lowered<Vec<Stmt>> {
        match node {
            ast::Stmt::Template(template) => self.body(&template.children),
            other => Ok(vec![self.stmt(other)?]),
        }
    }

    fn body(&mut self, nodes: &[ast::Stmt]) -> Lowered<Vec<Stmt>> {
        nodes.iter().map(|node| self.stmt(node)).collect()
    }

    fn stmt(&mut self, node: &ast::Stmt) -> Lowered<Stmt> {
        Ok(match node {
            ast::Stmt::Template(template) => Stmt::Scope(self.body(&template.children)?),
            ast::Stmt::EmitRaw(raw) => Stmt::Raw(self.raw(raw.raw)),
            ast::Stmt::EmitExpr(emit) => {
                self.in_variable = true;
                let expr = self.expr(&emit.expr);
                self.in_variable = false;
                Stmt::Emit(expr?, self.scanned.back(emit.span().start_offset as usize))
            }
            ast::Stmt::IfCond(cond) => self.if_cond(cond)?,
            ast::Stmt::ForLoop(node) => self.for_loop(node)?,
            ast::Stmt::WithBlock(with) => self.with(with)?,
            ast::Stmt::Set(set) => self.set(set, set.span())?,
            ast::Stmt::SetBlock(set) => {
                let filter = set.filter.as_ref().map(|f| self.expr(f)).transpose()?;
                Stmt::SetBlock(target_of(&set.target)?, filter, self.body(&set.body)?)
            }
            ast::Stmt::AutoEscape(escape) => Stmt::Scope(self.body(&escape.body)?),
            ast::Stmt::FilterBlock(block) => {
                Stmt::FilterBlock(self.expr(&block.filter)?, self.body(&block.body)?)
            }
            ast::Stmt::Block(block) => self.block(block, block.span())?,
            ast::Stmt::Extends(extends) => Stmt::Extends(self.expr(&extends.name)?),
            ast::Stmt::Include(include) => Stmt::Include {
                name: self.expr(&include.name)?,
                ignore_missing: include.ignore_missing,
                with_context: self.context(include.span()) != Some(false),
            },
            ast::Stmt::Import(import) => Stmt::Import {
                name: self.expr(&import.expr)?,
                target: name_of(&import.name)?,
                with_context: self.context(import.span()) == Some(true),
            },
            ast::Stmt::FromImport(import) => self.names_import(import, import.span())?,
            ast::Stmt::Macro(node) => Stmt::Macro(Arc::new(self.macro_of(node)?)),
            ast::Stmt::CallBlock(block) => {
                let (callee, args) = self.call(&block.call)?;
                Stmt::Call(callee, args, Arc::new(self.macro_of(&block.macro_decl)?))
            }
            ast::Stmt::Continue(node) => self.loop_control("continue", node.span())?,
            ast::Stmt::Break(node) => self.loop_control("break", node.span())?,
            ast::Stmt::Do(node) => return Err(self.unknown_tag("do", node.span())),
        })
    }

    fn with(&mut self, with: &ast::WithBlock) -> Lowered<Stmt> {
        let mut assignments = Vec::with_capacity(with.assignments.len());
        for (target, expr) in &with.assignments {
            assignments.push((target_of(target)?, self.expr(expr)?));
        }
        Ok(Stmt::With(assignments, self.body(&with.body)?))
    }

    fn raw(&self, text: &str) -> Value {
        match self.options.newline_sequence.as_str() {
            "\n" => Value::from(text),
            newline => Value::from(text.replace('\n', newline)),
        }
    }

    fn if_cond(&mut self, node: &ast::IfCond) -> Lowered<Stmt> {
        self.conditional += 1;
        let test = self.expr(&node.expr)?;
        let then = self.body(&node.true_body)?;
        let otherwise = self.body(&node.false_body)?;
        self.conditional -= 1;
        Ok(Stmt::If(test, then, otherwise))
    }

    fn for_loop(&mut self, node: &ast::ForLoop) -> Lowered<Stmt> {
        let target = target_of(&node.target)?;
        let iter = self.expr(&node.iter)?;
        let filter = node.filter_expr.as_ref().map(|f| self.expr(f)).transpose()?;
        self.loops.push(node.recursive);
        let body = self.body(&node.body)?;
        let uses_loop = self.loops.pop().unwrap_or(true);
        let otherwise = self.body(&node.else_body)?;
        let recursive = node.recursive;
        Ok(Stmt::For(Arc::new(For { target, iter, filter, recursive, uses_loop, body, otherwise })))
    }

    fn set(&mut self, node: &ast::Set, span: Span) -> Lowered<Stmt> {
        let target = target_of(&node.target)?;
        if matches!(&target, Target::Name(name) if &**name == DO) {
            if !self.mode.with_do {
                return Err(self.unknown_tag("do", span));
            }
            return Ok(Stmt::Do(self.expr(&node.expr)?));
        }
        Ok(Stmt::Set(target, self.expr(&node.expr)?))
    }

    fn loop_control(&self, word: &str, span: Span) -> Lowered<Stmt> {
        if !self.mode.with_loop_controls {
            return Err(self.unknown_tag(word, span));
        }
        Ok(if word == "break" { Stmt::Break } else { Stmt::Continue })
    }

    fn unknown_tag(&self, word: &str, span: Span) -> SyntaxFault {
        let at = self.scanned.back(span.start_offset as usize);
        let teller = super::fault::Teller {
            source: self.source,
            scanned: self.scanned,
            options: self.options,
            mode: self.mode,
        };
        let extension = if word == "do" { "jinja2.ext.do" } else { "jinja2.ext.loopcontrols" };
        SyntaxFault {
            message: teller.unknown_tag(word, at),
            at,
            hint: Some(format!("The setting jinja2_extensions = {extension} enables this tag.")),
        }
    }

    fn block(&mut self, node: &ast::Block, span: Span) -> Lowered<Stmt> {
        let head = self.written(span);
        let head = head.split(self.options.block_end.as_str()).next().unwrap_or_default();
        let block = Arc::new(Block {
            name: node.name.into(),
            scoped: head.split_whitespace().skip(2).any(|word| word == "scoped"),
            required: node.required,
            body: self.body(&node.body)?,
        });
        self.blocks.insert(Arc::clone(&block.name), Arc::clone(&block));
        Ok(Stmt::Block(block))
    }

    /// Whether an import or include says `with context` or `without context`.
    fn context(&self, span: Span) -> Option<bool> {
        let words: Vec<&str> = self.written(span).split_whitespace().collect();
        if words.ends_with(&["without", "context"]) {
            return Some(false);
        }
        words.ends_with(&["with", "context"]).then_some(true)
    }

    fn names_import(&mut self, node: &ast::FromImport, span: Span) -> Lowered<Stmt> {
        let mut names = Vec::with_capacity(node.names.len());
        for (name, alias) in &node.names {
            let name = name_of(name)?;
            let alias = alias.as_ref().map_or(Ok(Arc::clone(&name)), name_of)?;
            names.push((name, alias));
        }
        Ok(Stmt::FromImport {
            name: self.expr(&node.expr)?,
            names,
            with_context: self.context(span) == Some(true),
        })
    }

    fn macro_of(&mut self, node: &ast::Macro) -> Lowered<Macro> {
        let mut params = Vec::with_capacity(node.args.len());
        let required = node.args.len() - node.defaults.len();
        self.macros.push(Uses::default());
        for (index, arg) in node.args.iter().enumerate() {
            let default = index.checked_sub(required).and_then(|i| node.defaults.get(i));
            let default = default.map(|e| self.expr(e)).transpose()?;
            params.push((name_of(arg)?, default));
        }
        let body = self.body(&node.body)?;
        let uses = self.macros.pop().unwrap_or_default();
        Ok(Macro { name: node.name.into(), params, uses, body })
    }
}

fn name_of(node: &ast::Expr) -> Lowered<Name> {
    match node {
        ast::Expr::Var(var) => Ok(var.id.into()),
        other => {
            let message = format!("can't assign to '{}'", other.description());
            Err(SyntaxFault::new(message, other.span().start_offset as usize))
        }
    }
}

fn target_of(node: &ast::Expr) -> Lowered<Target> {
    Ok(match node {
        ast::Expr::List(list) => {
            Target::List(list.items.iter().map(target_of).collect::<Lowered<_>>()?)
        }
        ast::Expr::GetAttr(get) => Target::Attr(name_of(&get.expr)?, get.name.into()),
        other => Target::Name(name_of(other)?),
    })
}
