//! Controller files and rendered templates that a task's arguments name.

use super::batch::Batch;
use super::module::is_controller_file;
use super::sources::Source;
use super::task::TaskRun;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::play::Task;
use crate::spec::input::hex;
use crate::spec::{ArgTable, ArgType, Content, Entry, Failure, FromArg, Input, Inputs, Scope};
use crate::template::table::Stop;
use crate::vars::TaskScope;
use sha1::{Digest, Sha1};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Files above this size are read when they are sent, not kept.
const KEPT: u64 = 1 << 20;

/// A source that can't be had.
pub struct Missing {
    /// The result's part of it.
    pub failure: Failure,
    /// What Ansible's action raises, where it does not return that.
    pub raised: Option<Diagnostic>,
}

impl From<Diagnostic> for Missing {
    fn from(error: Diagnostic) -> Self {
        Self { failure: Failure::new(error.chain()), raised: None }
    }
}

/// Resolves all controller files of a running task.
pub fn resolve(
    run: &TaskRun<'_>,
    entry: &'static Entry,
    args: &Map,
    scope: &TaskScope,
) -> Result<Result<Inputs, Missing>, Stop> {
    resolve_for(run.batch, run.task, entry, args, scope)
}

/// Resolves all controller files of a task. The inner error is the module's failure, the outer one the
/// evaluation's.
pub fn resolve_for(
    _: &Batch<'_>,
    task: &Task,
    entry: &'static Entry,
    args: &Map,
    scope: &TaskScope,
) -> Result<Result<Inputs, Missing>, Stop> {
    let mut inputs = Inputs::default();
    let table = entry.doc().args;
    if flag(table, args, "remote_src", false) {
        return Ok(Ok(inputs));
    }
    let source = Source {
        scope,
        follow: flag(table, args, "local_follow", true),
        decrypt: flag(table, args, "decrypt", true),
    };
    for arg in table.args.iter().filter(|arg| is_controller_file(arg.kind)) {
        let names = std::iter::once(arg.name).chain(arg.aliases.iter().copied());
        let given = names.filter_map(|name| args.get(&Key::from(name))).find(|v| !v.is_null());
        let Some(given) = given else { continue };
        let name = source_name(entry, given);
        let kind = if arg.kind == ArgType::Template { "templates" } else { "files" };
        let path = match crate::play::search::find(task, kind, &name) {
            Ok(path) => path,
            Err(error) => return Ok(Err(not_found(entry.doc().name, error))),
        };
        if arg.kind == ArgType::Template {
            let input = super::rendering::render(scope, &path, args)?;
            inputs.files.insert(arg.name, input);
        } else if path.is_dir() {
            let contents_only = name.ends_with('/');
            match source.tree(&path, contents_only) {
                Ok(tree) => drop(inputs.trees.insert(arg.name, tree)),
                Err(error) => return Ok(Err(error.into())),
            }
        } else {
            match source.file(&path) {
                Ok(input) => drop(inputs.files.insert(arg.name, input)),
                Err(error) => return Ok(Err(error.into())),
            }
        }
    }
    Ok(Ok(inputs))
}

/// The name of a source; the text of `script` goes on with the script's own words.
fn source_name(entry: &Entry, given: &Value) -> String {
    if entry.doc().name != "script" {
        return given.text();
    }
    let words = shlex::split(&given.text()).unwrap_or_default();
    words.into_iter().next().unwrap_or_default()
}

/// A source that is not there. Ansible's `copy` names the error's kind and keeps its advice; others
/// raise its text anew.
fn not_found(module: &str, error: Diagnostic) -> Missing {
    if module != "copy" {
        let raised = Diagnostic::new(error.message.as_str()).apart();
        return Missing { failure: Failure::new(error.message), raised: Some(raised) };
    }
    let raised = Diagnostic::new("Unexpected AnsibleActionFail error.").caused_by(error);
    Missing { failure: Failure::new(raised.chain()), raised: Some(raised) }
}

/// A flag of a module that says where and how its source is read: as given, else its default, else `other`.
fn flag(table: &ArgTable, args: &Map, name: &str, other: bool) -> bool {
    let Some(arg) = table.find(name) else { return other };
    let given = args.get(&Key::from(name)).filter(|value| !value.is_null());
    let default = arg.default.map(Value::from);
    let value = given.or(default.as_ref());
    value.and_then(|value| bool::from_value(arg, value).ok()).unwrap_or(other)
}

/// A controller file by the search path (S-197); the error is Ansible's text.
pub fn find(dirs: &[PathBuf], kind: &str, name: &str) -> Result<PathBuf, String> {
    let wanted = Path::new(name);
    let expanded = match name.strip_prefix("~/") {
        Some(rest) => {
            std::env::var_os("HOME").map_or(wanted.to_path_buf(), |h| Path::new(&h).join(rest))
        }
        None => wanted.to_path_buf(),
    };
    let candidates: Vec<PathBuf> = if expanded.is_absolute() {
        vec![expanded]
    } else {
        let each = |dir: &PathBuf| {
            [dir.join(kind).join(name), dir.join("tasks").join(kind).join(name), dir.join(name)]
        };
        dirs.iter().flat_map(each).collect()
    };
    if let Some(found) = candidates.iter().find(|path| path.exists()) {
        return Ok(found.clone());
    }
    let searched: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(format!(
        "Could not find or access '{name}'\nSearched in:\n\t{} on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option",
        searched.join("\n\t")
    ))
}

/// A controller file that could not be read.
pub fn io_error(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(format!("could not read '{}': {error}", path.display()))
}

/// One file; a vaulted one is decrypted with a scope's secrets if there is one.
pub fn read(path: &Path, scope: Option<&dyn Scope>) -> Result<Input, Diagnostic> {
    let meta = fs::metadata(path).map_err(|e| io_error(path, &e))?;
    let mode = meta.permissions().mode() & 0o7777;
    let small = meta.len() <= KEPT;
    if small || starts_like_vault(path)? {
        let raw = fs::read(path).map_err(|e| io_error(path, &e))?;
        let scope = scope.filter(|_| raw.starts_with(b"$ANSIBLE_VAULT;"));
        let vaulted = scope.is_some();
        let bytes = scope.map_or(Ok(raw), |scope| scope.read_file(path))?;
        let input = Input::bytes(bytes);
        return Ok(Input { path: path.to_path_buf(), mode, secret: vaulted, ..input });
    }
    let (sha1, size) = digest(path)?;
    let content = Content::File(path.to_path_buf());
    Ok(Input { path: path.to_path_buf(), content, size, sha1, mode, secret: false })
}

fn starts_like_vault(path: &Path) -> Result<bool, Diagnostic> {
    let mut head = [0_u8; 15];
    let mut file = fs::File::open(path).map_err(|e| io_error(path, &e))?;
    let read = file.read(&mut head).map_err(|e| io_error(path, &e))?;
    Ok(&head[..read] == b"$ANSIBLE_VAULT;")
}

fn digest(path: &Path) -> Result<(String, u64), Diagnostic> {
    let mut file = fs::File::open(path).map_err(|e| io_error(path, &e))?;
    let mut hash = Sha1::new();
    let mut buffer = vec![0_u8; 1 << 20];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer).map_err(|e| io_error(path, &e))?;
        if read == 0 {
            return Ok((hex(&hash.finalize()), size));
        }
        size += read as u64;
        hash.update(&buffer[..read]);
    }
}

/// A text as what a task sends.
pub fn of_text(path: &Path, text: &Value) -> Input {
    let input = Input::bytes(text.text().into_bytes());
    Input { path: path.to_path_buf(), secret: text.has_secret(), ..input }
}
