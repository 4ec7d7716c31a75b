//! The examples of modules are tasks that a playbook may have.

use super::stage;
use crate::modules;
use std::fs;

#[test]
fn every_module_has_examples_that_are_tasks() {
    let dir = tempfile::tempdir().unwrap();
    let matches = stage::matches(&["-i", "a,"]);
    let ground = stage::ground(dir.path(), &matches, Box::new(stage::Silent));
    let loader = ground.loader(true);
    for entry in modules::all() {
        let doc = entry.doc();
        assert!(!doc.examples.is_empty(), "{} has no example", doc.name);
        for (number, example) in doc.examples.iter().enumerate() {
            let task = example.yaml.replace('\n', "\n      ");
            let text = format!("- hosts: all\n  tasks:\n    - {task}\n");
            let path = dir.path().join(format!("{}{number}.yml", doc.name));
            fs::write(&path, text).unwrap();
            let loaded = loader.playbook(&path);
            assert!(loaded.is_ok(), "{}: {}: {loaded:?}", doc.name, example.title);
            assert!(!example.title.is_empty(), "{}", doc.name);
        }
    }
}
