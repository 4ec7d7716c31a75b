//! `include_vars`: variables from files of the operator's machine.

use crate::base::{Diagnostic, Map, Value};
use crate::spec::{
    BoxFuture, Control, ControlOutcome, Doc, Example, Failure, PlayContext, PlayEffect, Rule,
    Support,
};
use fancy_regex::Regex;
use std::path::{Path, PathBuf};

crate::args! {
    /// Which files.
    pub struct Args {
        /// One file, searched as `vars/NAME`, then `NAME`.
        file: Option<String> => [aliases(&["_raw_params"])],
        /// A directory; its files are read in name order.
        dir: Option<String> => [],
        /// Name of a variable that gets them all as a dict.
        name: Option<String> => [],
        /// How deep below `dir`; 0: all the way.
        depth: i64 => [default("0")],
        /// Only files whose name matches this regular expression.
        files_matching: Option<String> => [],
        /// Names (regular expressions) that are left out.
        ignore_files: Vec<String> => [],
        /// Endings that are read.
        extensions: Vec<String> => [default("yaml,yml,json")],
        /// Whether other endings are passed over in silence.
        ignore_unknown_extensions: bool => [default("no")],
        /// What happens with dicts that are there already: merge or replace.
        hash_behaviour: Option<String> => [choices(&["merge", "replace"])],
    }
    rules [Rule::MutuallyExclusive(&["file", "dir"])]
}

static DOC: Doc = Doc {
    name: "include_vars",
    full_names: &["ansible.builtin.include_vars", "ansible.legacy.include_vars"],
    short: "Read variables from files while running.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "What differs between systems",
        yaml: "include_vars: \"{{ ansible_facts.os_family }}.yml\"",
    }],
    returns: &[
        ("ansible_facts", "the variables that were read"),
        ("ansible_included_var_files", "the files they came from"),
    ],
};

/// The module.
pub struct IncludeVars;

impl Control for IncludeVars {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(std::future::ready(run(args, context)))
    }
}

fn run(args: &Args, context: &dyn PlayContext) -> Result<ControlOutcome, Failure> {
    match read(args, context) {
        Ok(outcome) => Ok(outcome),
        Err(failure) => Ok(refused(&failure.msg)),
    }
}

/// The result of a failure: Ansible's has its text under `message`, and no `msg` of its own.
fn refused(text: &str) -> ControlOutcome {
    let mut fields = Map::new();
    fields.insert("ansible_facts".into(), Value::map(Map::new()));
    fields.insert("ansible_included_var_files".into(), Value::list(Vec::new()));
    fields.insert("changed".into(), Value::from(false));
    fields.insert("failed".into(), Value::from(true));
    fields.insert("message".into(), Value::from(text));
    ControlOutcome { fields, ..ControlOutcome::default() }
}

fn read(args: &Args, context: &dyn PlayContext) -> Result<ControlOutcome, Failure> {
    let fail = |error: Diagnostic| Failure::new(error.chain());
    let files = match (&args.file, &args.dir) {
        (Some(file), _) => vec![context.find_file("vars", file).map_err(fail)?],
        (None, Some(dir)) => {
            let beside = context.scope().search_path().pop().unwrap_or_default().join(dir);
            directory(args, &context.find_file("vars", dir).unwrap_or(beside))?
        }
        (None, None) => return Err(Failure::new("either file or dir is required")),
    };
    let mut vars = Map::new();
    for path in &files {
        let read = context.load_vars(path).map_err(fail)?;
        if args.hash_behaviour.as_deref() == Some("merge") {
            merge(&mut vars, read);
        } else {
            vars.extend(read);
        }
    }
    if let Some(name) = &args.name {
        vars = [(name.as_str().into(), Value::map(vars))].into_iter().collect();
    }
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let mut fields = Map::new();
    fields.insert("ansible_facts".into(), Value::map(vars.clone()));
    fields.insert("ansible_included_var_files".into(), Value::from(names));
    fields.insert("changed".into(), Value::from(false));
    Ok(ControlOutcome {
        fields,
        effects: vec![PlayEffect::IncludeVars(vars)],
        verbose_always: false,
    })
}

fn merge(into: &mut Map, more: Map) {
    for (key, value) in more {
        let both = into.get(&key).and_then(Value::as_map).zip(value.as_map());
        let merged = both.map(|(old, new)| {
            let mut old = old.clone();
            merge(&mut old, new.clone());
            Value::map(old)
        });
        into.insert(key, merged.unwrap_or(value));
    }
}

/// The files of a directory, in name order, as far down as asked for.
fn directory(args: &Args, dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !dir.is_dir() {
        return Err(Failure::new(format!("{} directory does not exist", dir.display())));
    }
    let compile = |text: &String| {
        Regex::new(text)
            .map_err(|e| Failure::new(format!("Invalid regular expression: {text} {e}")))
    };
    let wanted = args.files_matching.as_ref().map(compile).transpose()?;
    let ignored = args.ignore_files.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    walk(args, dir, 1, &mut found)?;
    let name = |path: &Path| {
        path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let matches = |regex: &Regex, text: &str| regex.is_match(text).unwrap_or(false);
    found.retain(|path| {
        let name = name(path);
        wanted.as_ref().is_none_or(|regex| matches(regex, &name))
            && !ignored.iter().any(|regex| matches(regex, &name))
    });
    for path in &found {
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        let known = args.extensions.iter().any(|e| e.trim_start_matches('.') == ending);
        if !known && !args.ignore_unknown_extensions {
            let valid = args.extensions.join(", ");
            return Err(Failure::new(format!(
                "'{}' does not have a valid extension: {valid}",
                path.display()
            )));
        }
    }
    found.retain(|path| {
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        args.extensions.iter().any(|e| e.trim_start_matches('.') == ending)
    });
    Ok(found)
}

fn walk(args: &Args, dir: &Path, depth: i64, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable =
        |e: std::io::Error| Failure::new(format!("could not read {}: {e}", dir.display()));
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    found.extend(entries.iter().filter(|path| path.is_file()).cloned());
    if args.depth == 0 || depth < args.depth {
        for below in entries.iter().filter(|path| path.is_dir()) {
            walk(args, below, depth + 1, found)?;
        }
    }
    Ok(())
}
