use super::*;
use crate::modules::tests::replay::Replay;

/// Recorded (system.txt, "rctl and racct").
const RECORDED: &str = "$ sysctl -n kern.racct.enable\n1\n--rc 0--\n\n$ rctl\nuser:operator:maxproc:deny=50\n--rc 0--\n";

#[test]
fn file_and_kernel_are_compared_apart() {
    let host = Replay::freebsd(&["sysctl", "rctl"], RECORDED);
    let args = |rest: &str| {
        format!("{{subject: user, id: operator, resource: maxproc, path: @/rctl.conf{rest}}}")
    };
    let file = "write: change @/rctl.conf"
        .replace('@', &host.path(""))
        .replace("//", "/")
        .replace(&host.path(""), "@/");
    assert_eq!(host.todo(&Rctl, &args(", amount: 50")), [file.as_str()]);
    assert_eq!(host.todo(&Rctl, &args(", amount: 50, persistent: false")), [""; 0]);
    host.write("rctl.conf", "# c\nuser:operator:maxproc:deny=50\n");
    assert_eq!(host.todo(&Rctl, &args(", amount: 50")), [""; 0]);
    let live = "rctl_act user:operator:maxproc:deny=50 user:operator:maxproc:deny=60";
    assert_eq!(host.todo(&Rctl, &args(", amount: 60")), [live, file.as_str()]);
    let gone = host.todo(&Rctl, &args(", state: absent"));
    assert_eq!(gone, ["rctl_act user:operator:maxproc:deny=50 ", file.as_str()]);
}

#[test]
fn what_rctl_refuses_is_refused() {
    let host = Replay::freebsd(&["sysctl", "rctl"], RECORDED);
    for args in [
        "{subject: user, id: operator, resource: nosuch, amount: 1}",
        "{subject: user, id: operator, resource: maxproc, action: nosuch, amount: 1}",
        "{subject: user, id: operator, resource: maxproc, amount: junk}",
        "{subject: user, id: operator, resource: maxproc}",
        "{subject: user, id: 'a:b', resource: maxproc, amount: 1}",
        "{subject: nosuch, id: a, resource: maxproc, amount: 1}",
        "{subject: process, id: '703', resource: pcpu, amount: 10}",
    ] {
        assert!(host.plan(&Rctl, args).is_err(), "{args}");
    }
}
