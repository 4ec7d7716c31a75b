//! Inventories in INI form (S-145 to S-147).

use super::build::Build;
use super::{literal, range, words};
use crate::base::{Diagnostic, Key, Origin, Source, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// A group that was used before it was defined.
struct Pending {
    line: u32,
    /// Groups it is to be put under; None when it only has variables so far.
    parents: Option<Vec<String>>,
}

struct Parser<'a, 'b> {
    build: &'a mut Build<'b>,
    source: Arc<Source>,
    line: u32,
    group: String,
    kind: Kind,
    pending: IndexMap<String, Pending>,
}

/// Reads an INI inventory. What stands before an error stays in the inventory.
pub(super) fn parse(
    build: &mut Build<'_>,
    text: &str,
    source: &Arc<Source>,
) -> Result<(), Diagnostic> {
    let mut parser = Parser {
        build,
        source: Arc::clone(source),
        line: 0,
        group: "ungrouped".to_string(),
        kind: Kind::Hosts,
        pending: IndexMap::new(),
    };
    parser.lines(text).map_err(|cause| {
        let place = Origin::new(source, parser.line, 0);
        Diagnostic::new("Failed to parse inventory.").at(Some(&place)).caused_by(cause)
    })
}

/// Lines as Python splits them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let breaks =
        ['\n', '\r', '\x0b', '\x0c', '\x1c', '\x1d', '\x1e', '\u{85}', '\u{2028}', '\u{2029}'];
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(breaks) else {
            rest = None;
            return Some(text);
        };
        let (line, tail) = text.split_at(at);
        let width = if tail.starts_with("\r\n") {
            2
        } else {
            tail.chars().next().map_or(0, char::len_utf8)
        };
        rest = Some(&tail[width..]).filter(|tail| !tail.is_empty());
        Some(line)
    })
}

impl Parser<'_, '_> {
    fn lines(&mut self, text: &str) -> Result<(), Diagnostic> {
        for line in lines(text) {
            self.line += 1;
            let line = line.trim();
            if !line.is_empty() && !line.starts_with([';', '#']) {
                self.line(line)?;
            }
        }
        self.nothing_pending()
    }

    fn line(&mut self, line: &str) -> Result<(), Diagnostic> {
        if let Some((group, kind)) = section(line) {
            return self.section(group, kind);
        }
        if line.starts_with('[') && line.ends_with(']') {
            return Err(Diagnostic::new(format!(
                "Invalid section entry: '{line}'. Please make sure that there are no spaces in the section entry, and that there are no other invalid characters"
            )));
        }
        match self.kind {
            Kind::Hosts => self.hosts(line),
            Kind::Vars => self.variable(line),
            Kind::Children => self.child(line),
        }
    }

    fn section(&mut self, written: &str, kind: Option<&str>) -> Result<(), Diagnostic> {
        let group = self.build.safe_group_name(written);
        let kind = match kind.unwrap_or("hosts") {
            "hosts" => Kind::Hosts,
            "children" => Kind::Children,
            "vars" => Kind::Vars,
            other => {
                let text = format!("Section [{written}:{other}] has unknown type: {other}");
                return Err(Diagnostic::new(text));
            }
        };
        (self.group, self.kind) = (group.clone(), kind);
        if !self.build.has_group(&group) {
            if kind == Kind::Vars && !self.pending.contains_key(&group) {
                let pending = Pending { line: self.line, parents: None };
                self.pending.insert(group.clone(), pending);
            }
            self.build.add_group(&group)?;
        }
        if kind == Kind::Vars {
            return Ok(());
        }
        match self.pending.get(&group).map(|pending| pending.parents.is_some()) {
            Some(true) => self.link_pending(&group),
            Some(false) => {
                self.pending.shift_remove(&group);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Puts a group that is defined at last under those that named it, and these likewise.
    fn link_pending(&mut self, group: &str) -> Result<(), Diagnostic> {
        let Some(pending) = self.pending.shift_remove(group) else { return Ok(()) };
        for parent in pending.parents.unwrap_or_default() {
            self.build.add_child(&parent, group)?;
            if self.pending.get(&parent).is_some_and(|pending| pending.parents.is_some()) {
                self.link_pending(&parent)?;
            }
        }
        Ok(())
    }

    fn nothing_pending(&mut self) -> Result<(), Diagnostic> {
        let Some((group, pending)) = self.pending.first() else { return Ok(()) };
        self.line = pending.line;
        let parent = pending.parents.as_ref().and_then(|parents| parents.last());
        Err(Diagnostic::new(match parent {
            None => format!("Section [{group}:vars] not valid for undefined group '{group}'."),
            Some(parent) => {
                format!("Section [{parent}:children] includes undefined group '{group}'.")
            }
        }))
    }

    fn child(&mut self, line: &str) -> Result<(), Diagnostic> {
        let Some(child) = group_name(line) else {
            return Err(Diagnostic::new(format!("Expected group name, got: {line}")));
        };
        if self.build.has_group(child) {
            return self.build.add_child(&self.group, child).map(|_| ());
        }
        let line = self.line;
        let pending = self
            .pending
            .entry(child.to_string())
            .or_insert_with(|| Pending { line, parents: None });
        pending.parents.get_or_insert_default().push(self.group.clone());
        Ok(())
    }

    fn variable(&mut self, line: &str) -> Result<(), Diagnostic> {
        let Some((name, value)) = line.split_once('=') else {
            return Err(Diagnostic::new(format!("Expected key=value, got: {line}")));
        };
        let value = self.value(value.trim());
        self.build.set(&self.group, &Key::from(name.trim()), value)
    }

    fn hosts(&mut self, line: &str) -> Result<(), Diagnostic> {
        let words = words::split(line).map_err(|reason| {
            Diagnostic::new(format!("Error parsing host definition '{line}': {reason}"))
        })?;
        let Some((pattern, rest)) = words.split_first() else {
            return Err(Diagnostic::new("list index out of range"));
        };
        let (hosts, port) = host_names(pattern)?;
        let mut vars: IndexMap<Key, Value> = IndexMap::new();
        for word in rest {
            let Some((name, value)) = word.split_once('=') else {
                let text = format!("Expected key=value host variable assignment, got: {word}");
                return Err(Diagnostic::new(text));
            };
            vars.insert(Key::from(name), self.value(value));
        }
        for host in &hosts {
            self.build.add_host(host, Some(&self.group), port)?;
            for (name, value) in &vars {
                self.build.set(host, name, value.clone())?;
            }
        }
        Ok(())
    }

    /// A Python literal as what it is, anything else as text.
    fn value(&self, text: &str) -> Value {
        let origin = Origin::new(&self.source, self.line, 0);
        literal::read(text, &origin).unwrap_or_else(|| Value::template(text, Some(origin)))
    }
}

fn host_names(pattern: &str) -> Result<(Vec<String>, Option<u32>), Diagnostic> {
    let (hosts, port) = range::expand(pattern).map_err(Diagnostic::new)?;
    if pattern.trim().ends_with(':') && port.is_none() {
        return Err(Diagnostic::new(format!(
            "Invalid host pattern '{pattern}' supplied, ending in ':' is not allowed, this character is reserved to provide a port."
        )));
    }
    if hosts.iter().any(|host| host.trim() == "---") {
        return Err(Diagnostic::new(format!(
            "Invalid host pattern '{pattern}' supplied, '---' is normally a sign this is a YAML file."
        )));
    }
    Ok((hosts, port))
}

/// Group and kind of a section's first line.
fn section(line: &str) -> Option<(&str, Option<&str>)> {
    let (name, rest) = split_name(line.strip_prefix('[')?)?;
    let (kind, rest) = match rest.strip_prefix(':') {
        None => (None, rest),
        Some(rest) => {
            let end =
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').filter(|end| *end > 0)?;
            (Some(&rest[..end]), &rest[end..])
        }
    };
    is_end(rest.strip_prefix(']')?).then_some((name, kind))
}

fn group_name(line: &str) -> Option<&str> {
    let (name, rest) = split_name(line)?;
    is_end(rest).then_some(name)
}

fn split_name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| c == ':' || c == ']' || c.is_whitespace()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Whether nothing but a comment follows. The name takes a `#` that touches it.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// The text of an INI file; a line that is no UTF-8 must be a comment, and becomes an empty one.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Diagnostic> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_string());
    }
    let mut text = String::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.starts_with(b"#") && !line.starts_with(b";") {
            let line = std::str::from_utf8(line).map_err(|error| {
                let cause = format!("'utf-8' codec can't decode: {error}");
                Diagnostic::new("Failed to parse inventory.").caused_by(Diagnostic::new(cause))
            })?;
            text.push_str(line);
        }
        text.push('\n');
    }
    Ok(text)
}
