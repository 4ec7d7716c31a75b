//! Tests of the room as a whole: small projects in a scratch directory.

mod check;
mod errors;
mod listing;
mod load;
mod table;
mod unbuilt;

use super::*;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::{Lookup, Scope};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A scratch directory with files.
pub struct Project(tempfile::TempDir);

impl Project {
    /// Files from pairs of name and content.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for (name, content) in files {
            project.write(name, content);
        }
        project
    }

    /// Files from a text in which `=== name` begins each.
    pub fn of_sections(text: &str) -> Self {
        let project = Self::new(&[]);
        for section in format!("\n{text}").split("\n=== ").skip(1) {
            let (name, content) = section.split_once('\n').unwrap_or((section, ""));
            let content = if content.is_empty() { String::new() } else { format!("{content}\n") };
            project.write(name.trim(), &content);
        }
        project
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub fn dir(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    pub fn loader(&self) -> Loader {
        Loader::new(self.options(&[]))
    }

    pub fn options(&self, extra: &[(&str, &str)]) -> LoaderOptions {
        let extra: Map = extra.iter().map(|(k, v)| (Key::from(*k), Value::from(*v))).collect();
        LoaderOptions {
            roles_path: vec![PathBuf::from("/nowhere/roles")],
            collections_paths: vec![self.path("collections")],
            extra_vars: Arc::new(extra),
            read_file: Arc::new(|path| {
                std::fs::read(path).map_err(|error| Diagnostic::new(error.to_string()))
            }),
            decrypt: Arc::new(|_| Err(Diagnostic::new("no vault"))),
            render: Arc::new(render),
            module: table::find,
            module_names: table::names,
            is_lookup: |name| matches!(name, "items" | "list" | "dict" | "ansible.builtin.items"),
            check_arguments: true,
            check_templates: false,
        }
    }

    /// The playbook of this name.
    pub fn load(&self, name: &str) -> Result<Playbook, Diagnostic> {
        self.loader().playbook(&self.path(name))
    }

    /// The first play of `site.yml`.
    pub fn play(&self) -> Arc<Play> {
        Arc::clone(&self.load("site.yml").unwrap().plays[0])
    }

    /// The error of `site.yml`.
    pub fn fault(&self) -> Diagnostic {
        self.load("site.yml").unwrap_err()
    }
}

/// One playbook with this text.
pub fn site(text: &str) -> Project {
    Project::new(&[("site.yml", text)])
}

/// Renders `{{ name }}` anywhere in a text; a text that is nothing else becomes the variable's value.
fn render(value: &Value, scope: &dyn Scope) -> Result<Value, Diagnostic> {
    let text = value.text();
    let Some((before, rest)) = text.split_once("{{") else { return Ok(value.clone()) };
    let (name, after) = rest.split_once("}}").unwrap_or((rest, ""));
    let name = name.trim();
    let found = match scope.variable(name) {
        Lookup::Found(found) => render(&found, scope)?,
        _ => return Err(Diagnostic::new(format!("'{name}' is undefined")).at(value.origin())),
    };
    if before.is_empty() && after.is_empty() {
        return Ok(found);
    }
    let whole =
        Value::template(format!("{before}{}{after}", found.text()), value.origin().cloned());
    render(&whole, scope)
}

/// The tasks of the first play's `tasks`.
pub fn tasks(play: &Play) -> Vec<&Arc<Task>> {
    all_tasks(&play.tasks)
}

/// `file:line:column` of an error, the file relative to the project.
pub fn place(project: &Project, error: &Diagnostic) -> String {
    let Some(origin) = &error.origin else { return "-".to_string() };
    let text = origin.to_string();
    let dir = format!("{}/", project.dir().display());
    text.strip_prefix(&dir).map(str::to_string).unwrap_or(text)
}

/// The names in a list of paths, relative to the project.
pub fn relative(project: &Project, paths: &[PathBuf]) -> Vec<String> {
    let dir = project.dir();
    let short = |path: &PathBuf| path.strip_prefix(&dir).unwrap_or(path).display().to_string();
    paths.iter().map(short).collect()
}

/// A path of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
