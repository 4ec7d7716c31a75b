//! Virtual machines on a host that `tank` takes for FreeBSD 13.2.

use crate::freebsd::FreeBsd;
use crate::project::Project;
use crate::shipped;
use std::path::Path;

fn project(host: &FreeBsd) -> Project {
    let project = Project::new()
        .file("hosts", &format!("{}\n", host.inventory_line("target")))
        .file("ansible.cfg", "[defaults]\ninventory = hosts\n");
    let plays = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/freebsd/plays");
    for name in ["guests.yml", "guests-gone.yml"] {
        std::fs::copy(plays.join(name), project.path().join(name)).unwrap();
    }
    project
}

#[test]
fn machines_converge_and_go() {
    let host = FreeBsd::start();
    let project = project(&host);
    let ran = shipped::converges(&project, &["guests.yml"], || host.listing());
    for name in ["bhyve_vm", "bhyve_passthru"] {
        assert_eq!(ran[&format!("target: {name}")].status, "changed", "{ran:?}");
    }
    let conf = host.sh("cat /vm/t1/t1.conf").expect_code(0).stdout;
    assert!(
        conf.contains("cpu=\"2\"\n") && conf.contains("network0_mac=\"58:9c:fc:0c:7b:57\"\n"),
        "{conf}"
    );
    assert_eq!(host.sh("sysrc -n vm_list").stdout, "t1\n");
    host.sh("pgrep -fx 'bhyve: t1( .bhyve.)?'").expect_code(0);
    let loader = host.sh("cat /boot/loader.conf").stdout;
    assert!(loader.contains("pptdevs=\"0/31/3\"\nvmm_load=\"YES\"\n"), "{loader}");
    project.playbook(&["guests-gone.yml"]).expect_code(0);
    assert_eq!(host.sh("ls /vm").stdout, "t10\n");
    assert_eq!(host.sh("sysrc -n vm_list").stdout, "\n");
    assert_eq!(
        host.sh("ls /usr/local/etc/rc.d /usr/local/etc/bhyve").stdout.matches("plain").count(),
        0
    );
}
