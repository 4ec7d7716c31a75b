//! Names, and the questions in all shells, asked of virsh's own test driver.

use super::*;
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;

#[test]
fn names_that_virsh_could_mistake_are_refused() {
    for good in ["web", "code-worker.1", "_x", "a+b@c:d", "7a"] {
        assert!(check_name("x", good).is_ok(), "{good}");
    }
    let long = "a".repeat(129);
    for bad in [
        "",
        "-a",
        ".a",
        "a b",
        "a/b",
        "a;id",
        "a\nb",
        "ä",
        "7",
        "0042",
        "$x",
        "a'b",
        &long,
        "6695eb01-f6a4-8304-79aa-97f2502e193f",
        "6695eb01f6a4830479aa97f2502e193f",
    ] {
        assert!(check_name("x", bad).is_err(), "{bad}");
    }
    for bad in ["", "qemu", "qemu:///system x", "-c x:", "a:\n"] {
        assert!(check_uri(bad).is_err(), "{bad}");
    }
}

#[test]
fn errors_are_one_line() {
    // Recorded: virsh define of a torn document, libvirt 9.0.0.
    let text = "error: Failed to define domain from d.xml\nerror: (domain_definition):2: Premature end of data in tag domain line 1\n(null)\n^\n";
    assert_eq!(
        errors(text),
        "Failed to define domain from d.xml: (domain_definition):2: Premature end of data in tag domain line 1"
    );
}

const TEST: &str = "uri: 'test:///default'";

#[tokio::test]
async fn what_the_test_driver_tells() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let mut text = async |module: &str, args: &str, key: &str| {
            let told = desk.run(module, &format!("{{{TEST}, {args}}}")).await;
            assert_eq!(
                (told.failed.as_deref(), told.changed),
                (None, false),
                "{shell} {module} {args}"
            );
            told.text(key)
        };
        assert_eq!(text("virt", "command: list_vms", "list_vms").await, "['test']", "{shell}");
        assert_eq!(text("virt", "command: list_vms, state: running", "list_vms").await, "['test']");
        assert_eq!(text("virt", "command: list_vms, state: paused", "list_vms").await, "[]");
        assert_eq!(text("virt", "command: status, name: test", "status").await, "running");
        let uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f";
        assert_eq!(text("virt", "command: uuid, name: test", "uuid").await, uuid);
        assert!(text("virt", "command: get_xml, name: test", "get_xml").await.contains("<domain"));
        assert_eq!(text("virt", "command: virttype", "virttype").await, "TEST");
        assert_eq!(text("virt", "command: freemem", "freemem").await, (3072 * 1024).to_string());
        assert_eq!(text("virt", "command: nodeinfo", "phymemory").await, "3072");
        assert_eq!(text("virt", "command: nodeinfo", "cpus").await, "16");
        let info = text("virt", "command: info", "test").await;
        assert!(info.contains("'maxMem': '8388608'") && info.contains("'nrVirtCpu': 2"), "{info}");
        let all = text("virt", "command: get_interfaces, name: test", "network_interfaces").await;
        assert!(all.contains("'mac': 'aa:bb:cc:dd:ee:ff'") && all.contains("'source': 'default'"));
        assert_eq!(text("virt", "name: test, state: running", "msg").await, "");
        assert_eq!(text("virt", "name: test, autostart: false", "msg").await, "");
        assert_eq!(
            text("virt_net", "command: list_nets, name: x", "list_nets").await,
            "['default']"
        );
        assert_eq!(text("virt_net", "command: status, name: default", "status").await, "active");
        let info = text("virt_net", "command: info, name: default", "networks").await;
        assert!(
            info.contains("'forward_mode': 'nat'") && info.contains("'bridge': 'virbr0'"),
            "{info}"
        );
        assert_eq!(
            text("virt_net", "name: default, state: active, autostart: false", "x").await,
            ""
        );
        assert_eq!(text("virt_net", "name: none, state: inactive", "x").await, "");
        assert_eq!(
            text("virt_pool", "command: list_pools", "list_pools").await,
            "['default-pool']"
        );
        let info = text("virt_pool", "command: info", "pools").await;
        assert!(
            info.contains("'size_total': '107374182400'") && info.contains("'volume_count': 0"),
            "{info}"
        );
        assert_eq!(text("virt_pool", "name: default-pool, state: active", "x").await, "");
        assert_eq!(text("virt_pool", "name: none, state: deleted", "x").await, "");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_done() {
    let desk = &mut Desk::new("dash").await;
    for (module, args, wanted) in [
        ("virt", "name: test", "expected state or command parameter to be specified"),
        ("virt", "state: running", "state change requires a guest specified"),
        ("virt", "command: start", "start requires 1 argument: guest"),
        ("virt", "name: none, state: running", "virtual machine none not found"),
        ("virt", "name: 'a;b', state: running", "invalid name of a virtual machine"),
        ("virt", "name: test, command: undefine", "the machine test runs: it is stopped first"),
        ("virt", "name: test, command: undefine, flags: [nvram, keep_nvram]", "mutually exclusive"),
        ("virt", "name: test, command: stop", "value of command must be one of"),
        ("virt", "name: test, command: define, xml: '<domain>'", "given XML is invalid"),
        ("virt", "name: test, command: define, xml: '<network/>'", "not a domain"),
        (
            "virt",
            "name: test, command: define, xml: '<domain><name>b</name></domain>'",
            "given 'name' parameter does not match name in XML",
        ),
        (
            "virt",
            "command: define, xml: '<domain><name>test</name><uuid>1</uuid></domain>'",
            "attempting to re-define domain test/6695eb01",
        ),
        ("virt", "uri: 'test:///nosuch.xml', name: a, state: running", "cannot reach libvirt"),
        ("virt_net", "name: default, command: undefine", "is active: it is stopped first"),
        (
            "virt_net",
            "name: none, state: present",
            "network 'none' not present, but xml not specified",
        ),
        ("virt_net", "name: none, state: active", "network none not found"),
        ("virt_net", "name: a, command: define, xml: '<pool/>'", "not a network"),
        (
            "virt_net",
            "name: default, command: modify, xml: '<ip/>'",
            "updating this is not supported yet",
        ),
        ("virt_pool", "name: default-pool, command: delete", "is active: it is stopped first"),
        ("virt_pool", "name: none, state: present", "storage pool 'none' not present"),
        ("virt_pool", "name: a, state: present, mode: overwrite", "mode is for build"),
        ("virt_pool", "name: a, command: build, mode: repair", "value of mode must be one of"),
    ] {
        let uri = if args.starts_with("uri") { "" } else { "uri: 'test:///default', " };
        let told = desk.run(module, &format!("{{{uri}{args}}}")).await;
        let text = told.failed.unwrap_or_else(|| panic!("{module} {args} did not fail"));
        assert!(text.contains(wanted), "{module} {args}: {text}");
    }
}

#[tokio::test]
async fn check_mode_goes_on_from_what_it_foretold() {
    let desk = &mut Desk::new("dash").await;
    let xml = "<domain type=\"test\"><memory>1024</memory><os><type>hvm</type></os></domain>";
    let define = format!("{{{TEST}, name: new, command: define, autostart: true, xml: '{xml}'}}");
    let told = desk.check("virt", &define).await;
    assert_eq!((told.failed.as_deref(), told.changed), (None, true));
    assert_eq!(told.text("created"), "new");
    assert!(!desk.check("virt", &define).await.changed);
    let run = format!("{{{TEST}, name: new, state: running}}");
    assert!(desk.check("virt", &run).await.changed);
    assert!(!desk.check("virt", &run).await.changed);
    let gone = format!("{{{TEST}, name: new, command: undefine}}");
    assert!(desk.check("virt", &gone).await.failed.unwrap().contains("runs"));
    for args in ["state: paused", "state: destroyed", "command: undefine"] {
        let args = format!("{{{TEST}, name: new, {args}}}");
        assert!(desk.check("virt", &args).await.changed, "{args}");
        assert!(!desk.check("virt", &args).await.changed || args.contains("paused"), "{args}");
    }
    let net = format!(
        "{{{TEST}, name: n, state: present, xml: '<network><bridge name=\"b7\"/></network>'}}"
    );
    assert!(desk.check("virt_net", &net).await.changed);
    assert!(!desk.check("virt_net", &net).await.changed);
    let absent = format!("{{{TEST}, name: default, state: absent}}");
    let told = desk.check("virt_net", &absent).await;
    assert_eq!((told.failed.as_deref(), told.changed), (None, true));
    assert!(!desk.check("virt_net", &absent).await.changed);
}
