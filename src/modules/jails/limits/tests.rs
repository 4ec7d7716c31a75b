use super::super::tests::Bench;
use super::*;

const LIMITS: &BastilleLimits = &BastilleLimits;
/// Recorded (bastille.txt): the file keeps what was first, the kernel has what was last.
const RECORDED: &str = "$ sysctl -n kern.racct.enable\n1\n--rc 0--\n\n$ rctl jail:web\n\
    jail:web:memoryuse:deny=314572800\n--rc 0--\n\n$ rctl jail:web2\n--rc 0--\n";

fn host(recorded: &str) -> Bench {
    let bench = Bench::new(&["sysctl", "rctl"], recorded);
    bench.jail("web", "10.17.89.10");
    bench.jail("web2", "10.17.89.12");
    bench.run(&[(2, "web", "10.17.89.10", false)]);
    bench.write("web", "rctl.conf", "jail:web:memoryuse:deny=256M/jail\n");
    bench
}

const FILE: &str = "write @/b/jails/web/rctl.conf";

#[test]
fn f65_file_and_kernel_are_compared_apart() {
    let host = host(RECORDED);
    let args = |amount: &str| format!("{{name: web, resource: memoryuse, amount: {amount}}}");
    let live = "rctl_act jail:web:memoryuse:deny=314572800 jail:web:memoryuse:deny=";
    assert_eq!(host.todo(LIMITS, &args("256M")), [format!("{live}268435456")]);
    assert_eq!(host.todo(LIMITS, &args("300M")), [FILE]);
    assert_eq!(host.todo(LIMITS, &args("1G")), [format!("{live}1073741824"), FILE.to_string()]);
    assert_eq!(host.text(LIMITS, &args("1G")), "jail:web:memoryuse:deny=1G/jail\n");
    let gone = host.todo(LIMITS, "{name: web, resource: memoryuse, state: absent}");
    assert_eq!(gone, ["rctl_act jail:web:memoryuse:deny=314572800 ", FILE]);
    host.write("web", "rctl.conf", "jail:web:memoryuse:deny=300m/jail\n");
    assert_eq!(host.todo(LIMITS, &args("300M")), [""; 0]);
    // A jail that does not run has its file only.
    let stopped = host.todo(LIMITS, "{name: web2, resource: maxproc, amount: 50}");
    assert_eq!(stopped, ["write @/b/jails/web2/rctl.conf"]);
}

#[test]
fn a_kernel_that_does_not_count_is_told() {
    let off = RECORDED.replace("racct.enable\n1", "racct.enable\n0");
    let failure = host(&off).plan(LIMITS, "{name: web, resource: pcpu, amount: 50}").unwrap_err();
    assert!(failure.msg.contains("kern.racct.enable=1"), "{}", failure.msg);
    assert_eq!(failure.fields[&Key::from("reboot_required")], Value::from(true));
    let host = host(RECORDED);
    // Recorded: `rctl: failed to add rule ... Invalid argument`, with the rule left in the file.
    assert!(
        host.refusal(LIMITS, "{name: web, resource: nosuch, amount: 1}").contains("is no resource")
    );
    assert!(
        host.refusal(LIMITS, "{name: web, resource: pcpu, amount: junk}")
            .contains("invalid amount")
    );
    // F-65: rules of jails that are not there are taken by the kernel.
    assert!(
        host.refusal(LIMITS, "{name: we, resource: pcpu, amount: 1}")
            .contains("there is no jail we")
    );
}
