//! Results with the keys of Ansible's modules.

use super::{ZfsFacts, ZpoolFacts};
use crate::base::{Key, Value};
use crate::modules::zfs::tests::{answer, plan};
use crate::spec::World;

const TABLE: &str = include_str!("../../../../tests/fixtures/probe/zfs/fuse/zpool-get");

#[test]
fn datasets_come_as_dicts() {
    let get = "tank\tused\t1K\ntank\ta:b\tone\ttwo\nthree\ntank/a\tused\t2K\n";
    let told = answer(&[("list", 0, "tank\n", ""), ("get", 0, get, "")]);
    let yaml = "{ds: tank, recurse: true, properties: used}";
    let (plan, fields) = plan(&ZfsFacts, yaml, &[told], &World::default()).unwrap();
    assert!(!plan.has_work());
    let text = Value::map(fields).repr();
    let wanted = "{'ansible_facts': {'ansible_zfs_datasets': [{'used': '1K', 'a:b': 'one\\ttwo\\nthree', 'name': 'tank'}, \
                  {'used': '2K', 'name': 'tank/a'}]}, 'name': 'tank', 'recurse': True}";
    assert_eq!(text, wanted);
}

#[test]
fn pools_of_old_hosts_come_from_a_table() {
    let told = answer(&[
        ("list", 0, "tk1\n", ""),
        ("get", 2, "", "bad property list: invalid property '-H'\n"),
        ("name", 0, "tk1", ""),
        ("table", 0, TABLE, ""),
    ]);
    let (plan, fields) = plan(&ZpoolFacts, "{parsable: true}", &[told], &World::default()).unwrap();
    assert!(plan.warnings[0].contains("no numbers in full"));
    let facts = fields.get(&Key::from("ansible_facts")).unwrap();
    let pool = &facts.get("ansible_zfs_pools").unwrap().as_list().unwrap()[0];
    assert_eq!(pool.get("guid").unwrap().text(), "7659472362258227765");
    assert_eq!(fields.get(&Key::from("name")), Some(&Value::NULL));
}

#[test]
fn what_is_not_there_is_said_as_ansible_says_it() {
    let gone = |name: &str| format!("cannot open '{name}': no such pool\n");
    let told = answer(&[("list", 1, "", &gone("x")), ("get", 1, "", &gone("x"))]);
    let error = plan(&ZpoolFacts, "{name: x}", &[told], &World::default()).unwrap_err();
    assert_eq!(error.msg, "ZFS pool x does not exist!");
    let both = plan(&ZfsFacts, "{name: x, type: [all, volume]}", &[], &World::default());
    assert!(both.unwrap_err().msg.contains("mutually exclusive"));
}
