//! Arguments and files that are refused before anything connects.

use super::*;

fn said(task: &str) -> String {
    let project = site(&format!("- hosts: web\n  tasks:\n    - {task}\n"));
    match project.load("site.yml") {
        Ok(_) => "fine".to_string(),
        Err(error) => {
            assert_eq!(error.code, 4, "{error}");
            format!("{} @{}", error.chain(), place(&project, &error).replace("site.yml:", ""))
        }
    }
}

#[test]
fn literal_arguments_are_checked() {
    assert_eq!(
        said("debug: {mgs: x}"),
        "Unsupported parameters for (debug) module: mgs. Supported parameters include: msg, var, verbosity. @3:15"
    );
    assert_eq!(said("file: {state: absent}"), "missing required arguments: path @3:7");
    assert_eq!(
        said("file: {path: /x, state: bogus}"),
        "value of state must be one of: absent, directory, file, got: bogus @3:31"
    );
    assert!(said("file: {path: /x, recurse: perhaps}").contains("unable to convert to bool"));
    assert!(said("debug: {verbosity: x}").contains("unable to convert to int"));
    assert_eq!(said("debug: {msg: x, var: y}"), "parameters are mutually exclusive: msg|var @3:7");
    assert_eq!(said("command:"), "one of the following is required: _raw_params, cmd, argv @3:7");
    assert!(said("file: {path: /x, mode: bogus}").starts_with("mode must be in octal"));
    assert_eq!(said("set_fact: {anything: 1}"), "fine");
}

#[test]
fn what_templates_may_become_is_left_open() {
    assert_eq!(said("file: {path: '{{ p }}', state: '{{ s }}'}"), "fine");
    assert_eq!(said("debug: {msg: '{{ m }}', var: y}"), "fine");
    assert_eq!(
        said("debug: {args: 1}").split('.').next().unwrap(),
        "Unsupported parameters for (debug) module: args"
    );
    assert!(said("file: {state: '{{ s }}'}").starts_with("missing required arguments: path"));
    assert!(said("file: {path: '{{ p }}', bogus: 1}").starts_with("Unsupported parameters"));
    assert_eq!(said("{file: {state: absent}, args: '{{ more }}'}"), "fine");
}

#[test]
fn defaults_of_modules_count() {
    assert_eq!(said("{file: {state: absent}, module_defaults: {file: {path: /x}}}"), "fine");
    assert_eq!(
        said("{file: {state: absent}, module_defaults: {ansible.builtin.file: {path: /x}}}"),
        "fine"
    );
    assert_eq!(said("{file: {state: absent}, module_defaults: {group/x: {path: /x}}}"), "fine");
    assert!(
        said("{file: {state: absent}, module_defaults: {copy: {dest: /x}}}").starts_with("missing")
    );
}

#[test]
fn failures_that_the_playbook_expects_are_left_to_the_run() {
    assert_eq!(said("{debug: {mgs: x}, ignore_errors: true}"), "fine");
    assert_eq!(said("{debug: {mgs: x}, failed_when: false}"), "fine");
    assert_eq!(said("{debug: {mgs: x}, when: false}"), "fine");
    assert_eq!(said("{block: [{debug: {mgs: x}}], rescue: [{debug: }]}"), "fine");
    assert_eq!(said("{block: [{debug: {mgs: x}}], when: no}"), "fine");
    assert!(said("{block: [{debug: }], rescue: [{debug: {mgs: x}}]}").starts_with("Unsupported"));
    assert!(said("{debug: {mgs: x}, when: maybe}").starts_with("Unsupported"));
}

#[test]
fn checks_can_be_switched_off() {
    let project = site("- hosts: web\n  tasks: [{debug: {mgs: x}}]\n");
    let mut options = project.options(&[]);
    options.check_arguments = false;
    assert!(Loader::new(options).playbook(&project.path("site.yml")).is_ok());
}

fn files_of(project: &Project) -> String {
    let loader = project.loader();
    let playbook = loader.playbook(&project.path("site.yml")).unwrap();
    match crate::play::check::files(&loader, &playbook, &|_| true) {
        Ok(()) => "fine".to_string(),
        Err(error) => {
            let text = error.message.replace(&format!("{}/", project.dir().display()), "");
            let first = text.lines().next().unwrap_or_default().to_string();
            format!("{first} @{}", place(project, &error))
        }
    }
}

fn files_in(task: &str) -> String {
    let text =
        format!("- hosts: web\n  tasks:\n    - {task}\n    - copy: {{src: gone, dest: /x}}\n");
    files_of(&Project::new(&[
        ("site.yml", &text),
        ("files/there", ""),
        ("roles/r/tasks/main.yml", ""),
    ]))
}

#[test]
fn missing_sources_are_found_early() {
    let last = "Could not find or access 'gone' @site.yml:4:19";
    assert_eq!(
        files_in("copy: {src: nope, dest: /x}"),
        "Could not find or access 'nope' @site.yml:3:19"
    );
    assert_eq!(
        files_in("template: {src: nope.j2, dest: /x}"),
        "Could not find or access 'nope.j2' @site.yml:3:23"
    );
    for fine in [
        "copy: {src: there, dest: /x}",
        "copy: {src: '{{ x }}', dest: /x}",
        "copy: {src: /nope, dest: /x, remote_src: true}",
        "{copy: {src: nope, dest: /x}, when: maybe}",
        "{copy: {src: nope, dest: /x}, ignore_errors: true}",
    ] {
        assert_eq!(files_in(fine), last, "{fine}");
    }
}

#[test]
fn missing_task_files_and_roles_are_found_early() {
    assert!(files_in("include_tasks: nope.yml").starts_with("Unable to retrieve file contents."));
    assert!(
        files_in("include_role: {name: ghost}").starts_with("The role 'ghost' was not found in:")
    );
    assert_eq!(files_in("include_role: {name: r}"), "fine");
}

#[test]
fn nothing_is_said_behind_what_may_make_files_here() {
    assert_eq!(files_in("{command: make, delegate_to: localhost}"), "fine");
    assert_eq!(files_in("local_action: command make"), "fine");
    let local = Project::new(&[(
        "site.yml",
        "- hosts: localhost\n  tasks: [{copy: {src: x, dest: /x}}]\n",
    )]);
    assert_eq!(files_of(&local), "fine");
}

#[test]
fn hints_name_what_was_meant() {
    let hint = |text: &str| site(text).fault().hint.unwrap_or_default();
    assert_eq!(hint("- hosts: a\n  tassks: []\n"), "Did you mean 'tasks' or 'tags'?");
    assert_eq!(hint("- hosts: a\n  tasks: [{debgu: {}}]\n"), "Did you mean 'debug'?");
    assert_eq!(hint("- hosts: a\n  tasks: [{debug: {mgs: 1}}]\n"), "Did you mean 'msg'?");
    assert!(hint("- hosts: a\n  tasks: [{debug: , whne: x}]\n").ends_with("Did you mean 'when'?"));
    assert_eq!(
        hint("- hosts: a\n  tasks: [{meta: flush_handler}]\n"),
        "Did you mean 'flush_handlers'?"
    );
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [bsae]\n"),
        ("roles/base/tasks/main.yml", "[]"),
    ]);
    assert_eq!(project.fault().hint.unwrap(), "Did you mean 'base'?");
}
