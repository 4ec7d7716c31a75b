//! Every fault of tests/fixtures/play/errors.txt, compared with what ansible-playbook says.

use super::{Project, place, repository};
use std::collections::HashMap;

/// Found when it is read, where Ansible waits until the task runs (or crashes): our code and message.
const EARLIER: &[(&str, u8, &str)] = &[
    ("action_map_unknown", 4, "Cannot resolve 'bogus' to an action or module."),
    ("action_unknown", 4, "Cannot resolve 'bogus' to an action or module."),
    ("local_action_map_unknown", 4, "Cannot resolve 'bogus' to an action or module."),
    (
        "async_bad",
        4,
        "Error processing keyword 'async_val': The value 'x' could not be converted to 'int'.",
    ),
    ("become_bad", 4, "Error processing keyword 'become': The value 'perhaps' could not"),
    ("check_mode_bad", 4, "Error processing keyword 'check_mode': The value 'x' could not"),
    ("debugger_bad", 4, "Error processing keyword 'debugger': 'perhaps' is not a valid value"),
    ("delegate_facts_bad", 4, "Error processing keyword 'delegate_facts': The value 'x' could"),
    ("ignore_errors_bad", 4, "Error processing keyword 'ignore_errors': The value 'perhaps' could"),
    ("port_bad", 4, "Error processing keyword 'port': The value 'perhaps' could"),
    ("retries_bad", 4, "Error processing keyword 'retries': The value 'x' could"),
    ("timeout_bad", 4, "Error processing keyword 'timeout': The value 'perhaps' could"),
    ("run_once_map", 4, "Error processing keyword 'run_once': The value {'a': 'b'} could not"),
    ("loop_control_pause_bad", 4, "Error processing keyword 'pause': The value 'x' could"),
    ("play_become_bad", 4, "Error processing keyword 'become': The value 'perhaps' could"),
    ("play_debugger_bad", 4, "Error processing keyword 'debugger': 'bogus' is not a valid value"),
    ("play_serial_bad", 4, "Error processing keyword 'serial': The value 'x' is neither"),
    ("play_order_bad", 5, "Invalid 'order' specified for inventory hosts: perhaps"),
    ("play_strategy_bad", 1, "Invalid play strategy specified: bogus"),
    ("include_role_public_bad", 4, "Error processing keyword 'public': The value 'perhaps' could"),
    ("changed_when_map", 4, "A 'changed_when' expression failed: Conditional expressions must"),
    ("until_map", 4, "An 'until' expression failed: Conditional expressions must"),
    ("when_map", 4, "A 'when' expression failed: Conditional expressions must"),
    ("command_map_bogus", 4, "Unsupported parameters for (command) module: bogus."),
    ("free_with_args_bad", 4, "Unsupported parameters for (command) module: bogus."),
    ("include_tasks_apply_bad", 4, "'bogus' is not a valid attribute for a Block"),
    ("kv_command_null", 4, "one of the following is required: _raw_params, cmd, argv"),
    ("kv_free", 4, "Action 'ansible.builtin.debug' does not support raw params."),
    ("kv_free_file", 4, "Action 'ansible.builtin.file' does not support raw params."),
    ("raw_params_module", 4, "Action 'ansible.builtin.ping' does not support raw params."),
    ("kv_with_args", 4, "parameters are mutually exclusive: msg|var"),
    ("loop_control_var_bad", 4, "Invalid 'loop_var': Invalid variable name 'a b'."),
    ("loop_map", 4, "The `loop` value must resolve to a 'list', not 'dict'."),
    ("loop_str", 4, "The `loop` value must resolve to a 'list', not 'str'."),
    ("meta_map", 1, "invalid meta action requested: None"),
    ("meta_null", 1, "invalid meta action requested: None"),
    ("meta_template", 1, "invalid meta action requested: {{ x }}"),
    ("meta_unknown", 1, "invalid meta action requested: bogus"),
    ("tags_undefined", 1, "'nope' is undefined"),
    ("with_and_loop", 1, "duplicate loop in task: items"),
    ("vars_prompt_badname", 4, "Invalid variable name 'a b'."),
    // Ansible ends with a Python traceback.
    ("key_int", 4, "conflicting action statements: debug, 5"),
    ("key_null", 4, "conflicting action statements: debug, None"),
    ("role_argspec_bad", 4, "The argument_specs of role argspec_bad must be a dictionary"),
    ("tags_listlist", 1, "tags must be specified as a list"),
    // Only a warning: the module may be one that Ansible has.
    ("module_defaults_badmodule", 0, "-"),
    // Rendered when the play starts.
    ("hosts_undefined", 0, "-"),
];

/// Ansible names the task or play around the fault, or the entry before it; we name the fault's place.
const OTHER_PLACE: &[&str] = &[
    "block_item_str",
    "handlers_item_str",
    "handlers_str",
    "include_role_become",
    "include_tasks_become",
    "include_tasks_delegate",
    "include_tasks_handler_become",
    "include_tasks_handler_notify",
    "include_tasks_listen",
    "include_tasks_notify",
    "role_missing_long",
    "role_rec",
    "roles_map",
    "roles_str",
    "tasks_item_list",
    "tasks_item_str",
    "tasks_map",
    "tasks_str",
    "vars_prompt_badkey",
    "vars_prompt_noname",
];

struct Recorded {
    code: u8,
    place: String,
    message: String,
}

fn recorded() -> HashMap<String, Recorded> {
    let text = std::fs::read_to_string(repository("tests/golden/play-errors.tsv")).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, code, place, message] = fields.as_slice() else { panic!("{line}") };
        let (place, message) = (place.to_string(), message.to_string());
        (name.to_string(), Recorded { code: code.parse().unwrap(), place, message })
    };
    text.lines().map(line).collect()
}

#[test]
fn faults_are_reported_as_ansible_does() {
    let text = std::fs::read_to_string(repository("tests/fixtures/play/errors.txt")).unwrap();
    let project = Project::of_sections(&text);
    std::fs::create_dir_all(project.path("roles/empty_dir")).unwrap();
    let recorded = recorded();
    assert!(recorded.len() > 300, "all cases are recorded");
    let mut wrong = Vec::new();
    let mut names: Vec<&String> = recorded.keys().collect();
    names.sort();
    for name in names {
        let theirs = &recorded[name];
        let ours = match project.load(&format!("{name}.yml")) {
            Ok(_) => (0, "-".to_string(), "-".to_string()),
            Err(error) => {
                let hint = error.hint.as_deref().filter(|hint| hint.contains("remote_src"));
                let message = [error.chain().as_str(), hint.unwrap_or_default()].join(" ");
                let first = message.lines().next().unwrap_or_default();
                let dir = project.dir().display().to_string();
                let message = first.replace(&format!("{dir}/"), "").replace(&dir, ".");
                (error.code, place(&project, &error), message)
            }
        };
        if let Some(fault) = differs(name, theirs, &ours) {
            wrong.push(fault);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn differs(name: &str, theirs: &Recorded, ours: &(u8, String, String)) -> Option<String> {
    let earlier = EARLIER.iter().find(|(case, ..)| *case == name);
    let (code, message) = match earlier {
        Some((_, code, message)) => (*code, (*message).to_string()),
        None => (theirs.code, theirs.message.clone()),
    };
    let exact = earlier.is_none() && theirs.place != "-" && !OTHER_PLACE.contains(&name);
    let same_place = !exact || ours.1 == theirs.place;
    if ours.0 == code && ours.2.starts_with(&message) && same_place {
        return None;
    }
    Some(format!(
        "{name}:\n  theirs {code} {} {message}\n  ours   {} {} {}",
        theirs.place, ours.0, ours.1, ours.2
    ))
}
