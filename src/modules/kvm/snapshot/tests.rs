//! What is refused; the rest is in the whole program's tests, with a real libvirt.

use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;

const TEST: &str = "uri: 'test:///default', name: test";

#[tokio::test]
async fn what_cannot_be_kept_is_refused_in_all_shells() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        for (args, wanted) in [
            ("snapshot: one", "the disk vda is no qcow2"),
            ("snapshot: one, state: reverted", "it needs discard_current"),
            ("snapshot: one, state: reverted, discard_current: true", "has no snapshot one"),
            ("snapshot: 'a b'", "invalid name of a snapshot"),
            ("snapshot: one, quiesce: true", "quiesce is for disk_only"),
            ("snapshot: one, description: \"a\\nb\"", "description is one line"),
        ] {
            let told = desk.run("vm_snapshot", &format!("{{{TEST}, {args}}}")).await;
            let text = told.failed.unwrap_or_else(|| panic!("{shell} {args} did not fail"));
            assert!(text.contains(wanted), "{shell} {args}: {text}");
        }
        let told =
            desk.run("vm_snapshot", &format!("{{{TEST}, snapshot: one, state: absent}}")).await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let args = format!("{{{TEST}, snapshot: one, disk_only: true}}");
        let told = desk.check("vm_snapshot", &args).await;
        assert_eq!((told.failed, told.changed), (None, true), "{shell}");
        assert!(!desk.check("vm_snapshot", &args).await.changed, "{shell}");
        let gone = args.replace("disk_only: true", "state: absent");
        assert!(desk.check("vm_snapshot", &gone).await.changed, "{shell}");
    }
}
