//! Implicit tasks that check arguments: of roles (S-121) and of plays (`validate_argspec:`).

use super::literal::{self, fault};
use super::loader::{Loader, Place};
use super::model::{Action, Entry, Keywords, LoopControl, Parent, Task};
use crate::base::{Diagnostic, Key, Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose arguments are checked.
pub(super) struct Owner<'a> {
    /// `role` or `play`.
    pub kind: &'static str,
    /// Its full name.
    pub name: &'a str,
    /// Its directory, or the file of the specification.
    pub path: &'a Path,
    /// Name of the entry point.
    pub entry: &'a str,
    /// Params that are given to it.
    pub params: &'a Arc<Map>,
}

/// The task that checks a specification; always selected.
pub(super) fn task(owner: &Owner<'_>, name: &str, spec: &Value, parent: &Arc<Parent>) -> Task {
    let context: Value = [
        ("type", Value::from(owner.kind)),
        ("name", Value::from(owner.name)),
        ("argument_spec_name", Value::from(owner.entry)),
        ("path", Value::from(owner.path.to_string_lossy().as_ref())),
    ]
    .into_iter()
    .collect();
    let options = spec.get("options").cloned().unwrap_or_else(|| Value::map(Map::new()));
    let args = Map::from_iter([
        (Key::from("argument_spec"), options),
        (Key::from("provided_arguments"), Value::map((**owner.params).clone())),
        (Key::from("validate_args_context"), context),
    ]);
    Task {
        origin: None,
        keywords: Keywords {
            name: Some(Value::from(name)),
            tags: vec![Value::from("always")],
            ..Keywords::default()
        },
        action: Action::ValidateArgs,
        action_origin: None,
        written: "ansible.builtin.validate_argument_spec".to_string(),
        args: Arc::new(args),
        args_template: None,
        looping: None,
        loop_control: LoopControl::default(),
        register: None,
        until: Vec::new(),
        retries: None,
        delay: None,
        changed_when: None,
        failed_when: None,
        r#async: None,
        poll: None,
        listen: Vec::new(),
        implicit: false,
        parent: Arc::clone(parent),
    }
}

impl Loader {
    /// The first task of a play with `validate_argspec`; the specification stands in the file beside the
    /// playbook that has `.meta` in its name.
    pub(super) fn play_argspec(
        &self,
        value: &Value,
        name: &str,
        file: &Path,
        place: &Place<'_>,
    ) -> Result<Option<Entry>, Diagnostic> {
        let wanted = self.render(value, place, &Arc::default())?;
        let entry = match (wanted.as_bool(), wanted.as_str()) {
            (Some(false), _) => return Ok(None),
            (Some(true), _) => name.to_string(),
            (None, Some(text)) => match literal::truth(&wanted) {
                Some(false) => return Ok(None),
                Some(true) => name.to_string(),
                None => text.to_string(),
            },
            _ => {
                let kind = wanted.type_name();
                let text = format!("validate_argspec must be a boolean or string, not {kind}");
                return Err(processing(value, fault(text, value)));
            }
        };
        let path = meta_file(file).map_err(|cause| processing(value, cause))?;
        let meta = self.read(&path)?;
        let spec = meta.get("argument_specs").and_then(|specs| specs.get(&entry));
        let Some(spec) = spec else {
            let path = path.display();
            let text = format!(
                "No argument spec named '{entry}' in {path}. Minimally expected:\nargument_specs:\n  {entry}:\n    options: {{}}\n"
            );
            return Err(processing(value, fault(text, &meta)));
        };
        let params = Arc::default();
        let owner =
            Owner { kind: "play", name: &entry, path: &path, entry: &entry, params: &params };
        let shown = format!("Validating arguments against arg spec {entry}");
        Ok(Some(Entry::Task(Arc::new(task(&owner, &shown, spec, &place.parent)))))
    }
}

fn processing(value: &Value, cause: Diagnostic) -> Diagnostic {
    fault("Error processing keyword 'validate_argspec'.", value).caused_by(cause)
}

fn meta_file(playbook: &Path) -> Result<PathBuf, Diagnostic> {
    let stem = playbook.with_extension("");
    let candidate = |end: &str| PathBuf::from(format!("{}.meta{end}", stem.display()));
    let candidates: Vec<PathBuf> = [".yml", ".yaml", ".json", ""].map(candidate).to_vec();
    if let Some(found) = candidates.iter().find(|path| path.is_file()) {
        return Ok(found.clone());
    }
    let list: Vec<String> = candidates.iter().map(|p| format!("  - {}", p.display())).collect();
    let text = format!("A playbook meta file is required. Considered:\n{}", list.join("\n"));
    Err(Diagnostic::new(text).code(4))
}
