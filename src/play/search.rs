//! Where relative controller files of a task are searched (S-197).

use super::file::expand_home;
use super::model::{Parent, Task};
use crate::base::{Diagnostic, Origin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The value of `ansible_search_path` for a task: its role and the roles that brought it in, the
/// directory of its file, the playbook's directory.
pub fn search_path(task: &Task) -> Vec<PathBuf> {
    path_of(&task.parent, task.origin.as_ref())
}

/// The same for whatever stands below a step of the chain.
pub fn path_of(parent: &Arc<Parent>, origin: Option<&Origin>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in stack(parent, origin) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The same as Ansible's messages list it: the playbook's directory may stand there twice.
fn stack(parent: &Arc<Parent>, origin: Option<&Origin>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for role in parent.chain().filter_map(|step| step.role.as_ref()) {
        if !paths.contains(&role.path) {
            paths.push(role.path.to_path_buf());
        }
    }
    let written = origin.filter(|o| o.source.is_file).map(|o| PathBuf::from(&o.source.name));
    let file = written.or_else(|| {
        parent.chain().find_map(|step| step.file.as_ref()).map(|file| file.to_path_buf())
    });
    if let Some(dir) = file.as_deref().and_then(Path::parent)
        && !paths.iter().any(|path| path == dir)
    {
        paths.push(dir.to_path_buf());
    }
    paths.extend(parent.playbook_dir().map(Path::to_path_buf));
    paths
}

/// A controller file by its kind (`files`, `templates`, `vars`, `tasks`): the first one that exists.
/// A directory is found too.
pub fn find(task: &Task, kind: &str, name: &str) -> Result<PathBuf, Diagnostic> {
    find_below(&task.parent, task.origin.as_ref(), kind, name)
}

/// The same for whatever stands below a step of the chain.
pub fn find_below(
    parent: &Arc<Parent>,
    origin: Option<&Origin>,
    kind: &str,
    name: &str,
) -> Result<PathBuf, Diagnostic> {
    let direct = expand_home(Path::new(name));
    if direct.is_absolute() {
        let missing = || missing(name, &[]);
        return if direct.exists() { Ok(direct) } else { Err(missing()) };
    }
    let candidates = candidates(&stack(parent, origin), kind, name);
    match candidates.iter().find(|path| path.exists()) {
        Some(found) => Ok(super::file::absolute(found)),
        None => Err(missing(name, &candidates)),
    }
}

fn candidates(dirs: &[PathBuf], kind: &str, name: &str) -> Vec<PathBuf> {
    let inside = Path::new(name).components().next().is_some_and(|part| part.as_os_str() == kind);
    let join = |dir: PathBuf| PathBuf::from(format!("{}/{name}", dir.display()));
    dirs.iter()
        .flat_map(|dir| {
            let deep = (!inside).then(|| join(dir.join(kind)));
            deep.into_iter().chain([join(dir.clone())])
        })
        .collect()
}

fn missing(name: &str, searched: &[PathBuf]) -> Diagnostic {
    let list: Vec<String> = searched.iter().map(|path| format!("\n\t{}", path.display())).collect();
    let list = match list.as_slice() {
        [] => String::new(),
        list => format!("\nSearched in:{}", list.concat()),
    };
    Diagnostic::new(format!("Could not find or access '{name}'{list} on the Ansible Controller.")).hint(
        "If you are using a module and expect the file to exist on the remote, see the remote_src option.",
    )
}
