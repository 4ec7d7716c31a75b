//! What becomes of plays, roles, imports and tasks.

use super::*;

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::text).collect()
}

fn names(tasks: &[&Arc<Task>]) -> Vec<String> {
    tasks
        .iter()
        .map(|task| task.keywords.name.as_ref().map(Value::text).unwrap_or_default())
        .collect()
}

#[test]
fn keywords_are_placed_where_they_belong() {
    let play = site(
        "- hosts: [a, b]
  name: first
  user: joe
  become: true
  serial: [1, 50%]
  environment: {A: b}
  tags: x,y
  vars: {v: 1}
  vars_prompt: [{name: q, private: no, default: d}]
  tasks:
    - name: t
      command: echo hi chdir=/tmp
      args: {creates: /x}
      when: [a, b]
      register: r
      until: r.rc == 0
      retries: 2
      notify: h
      loop: [1]
      loop_control: {loop_var: i, label: l}
      changed_when: false
      async: 5
      tags: [z, 'k,l']
",
    )
    .play();
    assert_eq!(play.hosts.text(), "['a', 'b']");
    assert_eq!(play.keywords.remote_user.as_ref().unwrap().text(), "joe");
    assert_eq!(texts(&play.keywords.tags), ["x", "y"]);
    assert_eq!((play.vars_prompt[0].name.as_str(), play.vars_prompt[0].private), ("q", false));
    let task = tasks(&play)[0];
    assert_eq!(task.written, "command");
    assert_eq!(task.arg("_raw_params").unwrap().text(), "echo hi");
    assert_eq!(task.arg("chdir").unwrap().text(), "/tmp");
    assert_eq!(task.arg("creates").unwrap().text(), "/x");
    assert_eq!(texts(&task.keywords.when), ["a", "b"]);
    assert_eq!(texts(&task.until), ["r.rc == 0"]);
    assert_eq!(texts(task.changed_when.as_ref().unwrap()), ["False"]);
    assert_eq!(task.failed_when.as_ref().map(Vec::len), None);
    assert_eq!(texts(&task.keywords.tags), ["z", "k,l"]);
    assert!(matches!(&task.register, Some(Register::Name(name)) if name == "r"));
    assert!(matches!(&task.looping, Some(Loop::Items(_))));
    assert_eq!(task.loop_control.loop_var.as_deref(), Some("i"));
    assert_eq!(task.inherited(|k| k.r#become.as_ref()).unwrap().as_bool(), Some(true));
    assert_eq!(tags::effective(task), ["z", "k,l", "x", "y"]);
    assert_eq!(task.origin.as_ref().unwrap().line, 11);
}

#[test]
fn actions_are_read_in_all_their_forms() {
    let play = site(
        "- hosts: a
  tasks:
    - action: debug msg=x
    - local_action: command echo hi
    - local_action: {module: debug, msg: y}
    - action: '{{ x }} msg=z'
    - debug: '{{ all }}'
    - debug: {verbosity: 1}
      args: '{{ all }}'
    - ansible.legacy.debug:
    - debug: {}
      with_items: [1]
    - command: echo
      register: {a: _task.result, b: _task.result.rc}
",
    )
    .play();
    let tasks = tasks(&play);
    assert_eq!(tasks[0].arg("msg").unwrap().text(), "x");
    assert_eq!(tasks[1].keywords.delegate_to.as_ref().unwrap().text(), "localhost");
    assert_eq!(tasks[2].arg("msg").unwrap().text(), "y");
    assert_eq!(tasks[2].written, "debug");
    assert!(matches!(&tasks[3].action, Action::Template(name) if name.text() == "{{ x }}"));
    assert_eq!(tasks[3].arg("msg").unwrap().text(), "z");
    assert_eq!(tasks[4].args_template.as_ref().unwrap().text(), "{{ all }}");
    assert_eq!(tasks[5].args_template.as_ref().unwrap().text(), "{{ all }}");
    assert_eq!(tasks[5].arg("verbosity").unwrap().text(), "1");
    assert!(matches!(tasks[6].action, Action::Module(entry) if entry.doc().name == "debug"));
    assert!(matches!(&tasks[7].looping, Some(Loop::With(name, _)) if name == "items"));
    assert!(matches!(&tasks[8].register, Some(Register::Projections(p)) if p.len() == 2));
}

#[test]
fn blocks_nest_and_hand_down() {
    let play = site(
        "- hosts: a
  tasks:
    - when: outer
      tags: o
      vars: {x: 1}
      block:
        - block: [{debug: , name: deep, when: inner}]
          become: true
      rescue: [{debug: , name: saved}]
      always: [{debug: , name: last}]
",
    )
    .play();
    let all = tasks(&play);
    assert_eq!(names(&all), ["deep", "saved", "last"]);
    let conditions: Vec<String> =
        all[0].inheriting().flat_map(|k| &k.when).map(Value::text).collect();
    assert_eq!(conditions, ["inner", "outer"]);
    assert!(all[0].inherited(|k| k.r#become.as_ref()).is_some());
    assert!(all[1].inherited(|k| k.r#become.as_ref()).is_none());
    assert_eq!(tags::effective(all[2]), ["o"]);
}

#[test]
fn imports_are_expanded_and_includes_are_not() {
    let project = Project::new(&[
        (
            "site.yml",
            "- hosts: a
  vars: {which: one}
  tasks:
    - import_tasks: 'sub/{{ which }}.yml'
      when: gate
      tags: t
      vars: {p: 1}
    - include_tasks: {file: later.yml, apply: {become: true, tags: q}}
      tags: u
",
        ),
        ("sub/one.yml", "- debug: {}\n  name: first\n- import_tasks: two.yml\n"),
        ("sub/two.yml", "- debug: {}\n  name: second\n"),
        ("later.yml", "- debug: {}\n  name: later\n"),
    ]);
    let loader = project.loader();
    let playbook = loader.playbook(&project.path("site.yml")).unwrap();
    let play = &playbook.plays[0];
    let all = tasks(play);
    assert_eq!(names(&all), ["first", "second", ""]);
    assert_eq!(tags::effective(all[1]), ["t"]);
    let step = all[1].parent.chain().nth(1).unwrap();
    assert!(step.params && step.keywords.vars.len() == 1 && step.kind == ParentKind::Import);
    let include = all[2];
    assert!(matches!(include.action, Action::IncludeTasks));
    assert_eq!(include.arg("_raw_params").unwrap().text(), "later.yml");
    assert_eq!(include.apply().unwrap().len(), 2);

    let path = loader.include_path("later.yml", include, play).unwrap();
    let apply = loader.keywords(include.arg("apply").unwrap()).unwrap();
    let step = Arc::new(include.parent.below(ParentKind::Include, Keywords::default()));
    let step = Arc::new(step.below(ParentKind::Import, apply));
    let entries = loader.tasks_file(&path, &step, false).unwrap();
    let later = all_tasks(&entries)[0];
    assert_eq!(tags::effective(later), ["q"]);
    let error = loader.include_path("nope.yml", include, play).unwrap_err();
    assert!(
        error.message.starts_with("Unable to retrieve file contents. Could not find or access")
    );
}

fn roles() -> Project {
    Project::new(&[
        (
            "site.yml",
            "- hosts: a
  roles:
    - {role: top, p1: 1, tags: rtag, when: cond, vars: {p2: 2}}
    - dep
  tasks: [{import_role: {name: other, tasks_from: extra.yml}, tags: itag}]
  handlers: [{name: h, debug: }]
",
        ),
        (
            "roles/top/meta/main.yml",
            "dependencies: [{role: dep, who: t, tags: dtag}]\nallow_duplicates: true\n",
        ),
        ("roles/top/tasks/main.yml", "- debug: {}\n  name: top\n- import_tasks: deep/x.yml\n"),
        ("roles/top/tasks/deep/x.yml", "- debug: {}\n  name: x\n"),
        ("roles/top/handlers/main.yml", "- {name: htop, debug: }\n"),
        ("roles/top/defaults/main.yml", "d: 1\n"),
        ("roles/top/vars/main/b.yml", "v: 2\n"),
        ("roles/top/vars/main/a.yml", "v: 1\nw: 1\n"),
        ("roles/dep/tasks/main.yaml", "- debug: {}\n  name: dep\n"),
        ("roles/other/tasks/extra.yml", "- debug: {}\n  name: extra\n"),
        (
            "roles/other/meta/argument_specs.yml",
            "argument_specs: {extra: {short_description: s, options: {a: {type: int}}}}\n",
        ),
        ("roles/other/handlers/main.yml", "- {name: hother, debug: }\n"),
    ])
}

#[test]
fn roles_run_behind_their_dependencies() {
    let play = roles().play();
    let used: Vec<&str> = play.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(used, ["dep", "top", "dep"]);
    let flat: Vec<Vec<String>> =
        play.role_tasks.iter().map(|list| names(&all_tasks(list))).collect();
    assert_eq!(flat, [vec!["dep"], vec!["top", "x"], vec!["dep"]]);
    let dep = all_tasks(&play.role_tasks[0])[0];
    assert_eq!(tags::effective(dep), ["dtag", "rtag"]);
    assert_eq!(dep.role().unwrap().name, "dep");
    assert!(dep.role().unwrap().parents.is_empty());
    let top = &play.roles[1];
    assert!(top.allow_duplicates && !play.roles[0].allow_duplicates);
    assert_eq!(Value::map((*top.params).clone()).text(), "{'p2': 2, 'p1': 1}");
    assert_eq!(Value::map((*top.vars).clone()).text(), "{'v': 2, 'w': 1}");
    assert_ne!(play.roles[0].identity, play.roles[2].identity);
    assert_eq!(top.dependencies[0].name, "dep");
}

#[test]
fn imported_roles_bring_handlers_and_checks() {
    let play = roles().play();
    let all = tasks(&play);
    assert_eq!(names(&all), ["Validating arguments against arg spec 'extra' - s", "extra"]);
    assert!(matches!(all[0].action, Action::ValidateArgs));
    assert_eq!(tags::effective(all[0]), ["always", "itag"]);
    assert_eq!(play.imported.len(), 1);
    assert_eq!(roles_of(&play.tasks).len(), 1);
    let handlers: Vec<Vec<String>> = play.handler_lists().map(|l| names(&all_tasks(l))).collect();
    let handlers: Vec<String> = handlers.concat();
    assert_eq!(handlers, ["htop", "h", "hother"]);
}

#[test]
fn the_same_use_of_a_role_has_one_identity() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [r, {role: r}, {role: r, x: 1}, {role: r, tags: t}]\n"),
        ("roles/r/tasks/main.yml", "[]"),
    ]);
    let ids: Vec<String> = project.play().roles.iter().map(|r| r.identity.clone()).collect();
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0] != ids[2] && ids[0] != ids[3]);
}

#[test]
fn included_roles_know_who_included_them() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [outer]\n"),
        ("roles/outer/tasks/main.yml", "- import_role: {name: middle}\n"),
        (
            "roles/middle/tasks/main.yml",
            "- include_role: {name: inner, public: true}\n  vars: {p: 1}\n",
        ),
        ("roles/inner/tasks/main.yml", "- debug: {}\n"),
        ("roles/inner/meta/main.yml", "dependencies: [dep]\n"),
        ("roles/dep/tasks/main.yml", "- debug: {}\n"),
    ]);
    let loader = project.loader();
    let play = Arc::clone(&loader.playbook(&project.path("site.yml")).unwrap().plays[0]);
    let include = all_tasks(&play.role_tasks[0])[0];
    let keywords = Keywords { vars: Arc::clone(&include.keywords.vars), ..Keywords::default() };
    let step = Parent { params: true, ..include.parent.below(ParentKind::Include, keywords) };
    let request = RoleRequest {
        name: "inner".to_string(),
        tasks_from: None,
        vars_from: None,
        defaults_from: None,
        handlers_from: None,
        allow_duplicates: true,
        public: true,
        validate: true,
        parent: Arc::new(step),
    };
    let (role, entries) = loader.include_role(&request).unwrap();
    assert_eq!(role.parents, ["middle", "outer"]);
    assert_eq!(roles_of(&entries).len(), 1, "its dependency");
    let task = all_tasks(&entries)[1];
    let paths = relative(&project, &search::search_path(task));
    assert_eq!(paths, ["roles/inner", "roles/middle", "roles/outer", "roles/inner/tasks", ""]);
    assert_eq!(role.params.len(), 1);
}

#[test]
fn collections_have_roles() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  collections: [n.c]\n  roles: [n.c.one, two]\n"),
        ("collections/ansible_collections/n/c/roles/one/tasks/main.yml", "- debug: {}\n"),
        ("collections/ansible_collections/n/c/roles/two/tasks/main.yml", "- debug: {}\n"),
    ]);
    let play = project.play();
    let names: Vec<(&str, &str)> =
        play.roles.iter().map(|r| (r.name.as_str(), r.full_name.as_str())).collect();
    assert_eq!(names, [("one", "n.c.one"), ("two", "n.c.two")]);
}

#[test]
fn imported_playbooks_get_conditions_tags_and_variables() {
    let project = Project::new(&[
        (
            "site.yml",
            "- import_playbook: sub/pb.yml
  vars: {v: import, only: 1}
  when: outer
  tags: imp
  become: true
- hosts: b
",
        ),
        (
            "sub/pb.yml",
            "- hosts: a\n  vars: {v: play, w: 1}\n  tags: own\n  tasks: [{debug: , when: inner}]\n",
        ),
    ]);
    let loader = project.loader();
    let playbook = loader.playbook(&project.path("site.yml")).unwrap();
    assert_eq!(playbook.plays.len(), 2);
    let play = &playbook.plays[0];
    assert_eq!(*play.playbook_dir, project.path("sub"));
    assert_eq!(
        Value::map((*play.keywords.vars).clone()).text(),
        "{'v': 'import', 'w': 1, 'only': 1}"
    );
    let task = tasks(play)[0];
    assert_eq!(tags::effective(task), ["own", "imp"]);
    let conditions: Vec<String> =
        task.inheriting().flat_map(|k| &k.when).map(Value::text).collect();
    assert_eq!(conditions, ["inner", "outer"]);
    let warnings = loader.take_warnings();
    assert_eq!(warnings[0].message, "The keyword 'become' has no effect on import_playbook.");
}

#[test]
fn names_of_imports_see_extra_play_and_file_variables() {
    let files = &[
        (
            "site.yml",
            "- hosts: a
  vars: {dir: from_play}
  vars_files: [v.yml, 'missing.yml']
  tasks: [{import_tasks: '{{ dir }}/{{ file }}.yml', vars: {file: x}, tags: '{{ t }}'}]
",
        ),
        ("v.yml", "dir: from_file\nt: [a, b]\n"),
        ("from_file/x.yml", "- debug: {}\n  name: file\n"),
        ("from_extra/x.yml", "- debug: {}\n  name: extra\n"),
    ];
    let project = Project::new(files);
    assert_eq!(names(&tasks(&project.play())), ["file"]);
    assert_eq!(tags::effective(tasks(&project.play())[0]), ["a", "b"]);
    let loader = Loader::new(project.options(&[("dir", "from_extra")]));
    let playbook = loader.playbook(&project.path("site.yml")).unwrap();
    assert_eq!(names(&tasks(&playbook.plays[0])), ["extra"]);
}

#[test]
fn files_are_searched_in_roles_and_beside() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [fr]\n  tasks: [{debug: }]\n"),
        ("roles/fr/tasks/main.yml", "- debug: {}\n"),
        ("roles/fr/files/f", "role"),
        ("files/f", "play"),
        ("files/g", "play"),
    ]);
    let play = project.play();
    let in_role = all_tasks(&play.role_tasks[0])[0];
    let in_play = tasks(&play)[0];
    let found =
        |task: &Task, name: &str| relative(&project, &[search::find(task, "files", name).unwrap()]);
    assert_eq!(found(in_role, "f"), ["roles/fr/files/f"]);
    assert_eq!(found(in_role, "g"), ["files/g"]);
    assert_eq!(found(in_play, "files/f"), ["files/f"]);
    let text = |task: &Task, name: &str| {
        let error = search::find(task, "files", name).unwrap_err().message;
        error.replace(&project.dir().display().to_string(), "")
    };
    assert_eq!(
        text(in_role, "nope"),
        "Could not find or access 'nope'\nSearched in:\n\t/roles/fr/files/nope\n\t/roles/fr/nope\n\t/roles/fr/tasks/files/nope\n\t/roles/fr/tasks/nope\n\t/files/nope\n\t/nope on the Ansible Controller."
    );
    assert_eq!(
        text(in_play, "files/nope"),
        "Could not find or access 'files/nope'\nSearched in:\n\t/files/nope\n\t/files/nope on the Ansible Controller."
    );
    assert_eq!(
        text(in_play, "/abs/nope"),
        "Could not find or access '/abs/nope' on the Ansible Controller."
    );
}

#[test]
fn warnings_are_told_once() {
    let project = site(
        "- hosts: a
  vars: {port: 1}
  tasks:
    - action: {module: debug, msg: x}
    - debug: msg=x
      args: {verbosity: 1}
    - {debug: , vars: {name: x}}
    - {debug: {msg: a, msg: b}}
    - {debug: , module_defaults: {debgu: {msg: x}, group/x: {}}}
",
    );
    let loader = project.loader();
    loader.playbook(&project.path("site.yml")).unwrap();
    let texts: Vec<String> = loader.take_warnings().into_iter().map(|w| w.message).collect();
    assert_eq!(texts[0], "Found duplicate mapping key 'msg'.");
    assert_eq!(texts[1], "Found variable using reserved name 'port'.");
    assert!(texts[2].starts_with("Using a mapping for `action` is deprecated."));
    assert!(texts[3].starts_with("Merging legacy k=v args ('msg') into task args."));
    assert_eq!(texts[4], "Found variable using reserved name 'name'.");
    assert_eq!(texts[5], "Could not resolve action debgu in module_defaults");
    assert_eq!(texts.len(), 6);
    assert!(loader.take_warnings().is_empty());
}

#[test]
fn circles_have_an_end() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  tasks: [{import_tasks: a.yml}]\n"),
        ("a.yml", "- import_tasks: a.yml\n"),
    ]);
    assert!(project.fault().message.starts_with("Exceeded maximum object depth."));
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [r]\n"),
        ("roles/r/tasks/main.yml", "- import_role: {name: r}\n"),
    ]);
    assert!(project.fault().message.starts_with("Exceeded maximum object depth."));
    let project = Project::new(&[("site.yml", "- import_playbook: site.yml\n")]);
    assert!(project.fault().message.starts_with("Exceeded maximum object depth."));
}

#[test]
fn imports_may_be_deep() {
    let project = site("- hosts: a\n  tasks: [{import_tasks: t0.yml}]\n");
    for level in 0..30 {
        let next = level + 1;
        project.write(
            &format!("t{level}.yml"),
            &format!("- block: [{{import_tasks: t{next}.yml}}]\n"),
        );
    }
    project.write("t30.yml", "- debug: {}\n");
    assert_eq!(tasks(&project.play()).len(), 1);
}

#[test]
fn adhoc_calls_are_plays_of_one_task() {
    let project = Project::new(&[]);
    let loader = project.loader();
    let dir = project.dir();
    let call = |module, args| AdHoc {
        pattern: "all",
        module,
        args,
        seconds: 0,
        poll: 15,
        timeout: 0,
        dir: &dir,
    };
    let task = |module, args| {
        let playbook = loader.adhoc(&call(module, args)).unwrap();
        assert_eq!(playbook.plays[0].keywords.name.as_ref().unwrap().text(), "Ansible Ad-Hoc");
        Arc::clone(tasks(&playbook.plays[0])[0])
    };
    assert_eq!(task("command", "echo a chdir=/x").arg("_raw_params").unwrap().text(), "echo a");
    assert_eq!(task("debug", "msg='a b'").arg("msg").unwrap().text(), "a b");
    assert_eq!(task("debug", "{\"msg\": [1]}").arg("msg").unwrap().text(), "[1]");
    assert!(task("ping", "").args.is_empty());
    let error = loader.adhoc(&call("command", "")).unwrap_err();
    assert_eq!(error.message, "No argument passed to command module");
    // Each host is told of a module that nobody knows.
    assert!(matches!(&task("nope", "").action, Action::Template(name) if name.text() == "nope"));
    let said = task("copy", "content=x dest='/a b'").origin.clone().unwrap();
    assert_eq!(said.source.name, "<adhoc 'copy' task>");
    assert_eq!(
        said.source.text.as_deref(),
        Some(
            "{'action': 'copy', 'args': {'content': 'x', 'dest': '/a b'}, 'timeout': 0, 'async_val': 0, 'poll': 15}"
        )
    );
}

#[test]
fn plays_may_have_their_arguments_checked() {
    let text = "- name: my play\n  hosts: a\n  validate_argspec: true\n  pre_tasks: [{debug: , name: pre}]\n";
    let project = Project::new(&[
        ("site.yml", text),
        ("site.meta.yml", "argument_specs: {my play: {options: {a: {type: int}}}}\n"),
    ]);
    let play = project.play();
    let all = all_tasks(&play.pre_tasks);
    assert_eq!(names(&all), ["Validating arguments against arg spec my play", "pre"]);
    assert_eq!(all[0].arg("argument_spec").unwrap().text(), "{'a': {'type': 'int'}}");
    let context = all[0].arg("validate_args_context").unwrap();
    assert_eq!(context.get("type").unwrap().text(), "play");
    project.write("site.yml", &text.replace("true", "other"));
    let message = project.fault().chain();
    assert!(message.starts_with(
        "Error processing keyword 'validate_argspec': No argument spec named 'other' in"
    ));
    project.write("site.yml", &text.replace("true", "false"));
    assert_eq!(project.play().pre_tasks.len(), 1);
    assert!(site(text).fault().chain().contains("A playbook meta file is required. Considered:"));
}

#[test]
fn a_playbook_must_be_a_file() {
    let project = Project::new(&[("dir/x", "")]);
    let said = |name| project.load(name).unwrap_err();
    assert!(said("none.yml").message.ends_with("could not be found") && said("none.yml").code == 1);
    assert!(said("dir").message.ends_with("does not appear to be a file"));
}

#[test]
fn files_of_variables_are_read_when_a_name_needs_them() {
    let text = "- hosts: a\n  vars_files: [v.yml]\n  tasks: [{debug: }]\n";
    let project = Project::new(&[("site.yml", text), ("v.yml", "[not, variables]\n")]);
    assert_eq!(tasks(&project.play()).len(), 1);
    project.write("site.yml", &text.replace("{debug: }", "{import_tasks: '{{ x }}.yml'}"));
    let error = project.fault();
    assert!(error.chain().ends_with("Invalid variable file contents."), "{error}");
}
