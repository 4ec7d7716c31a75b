use super::super::tests::Bench;
use super::*;

const SETUP: &Bastille = &Bastille;
const RECORDED: &str = "$ zpool list -H -o name\ntank\n--rc 0--\n";

fn host() -> Bench {
    let bench = Bench::new(&["zpool"], RECORDED);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o750);
    std::fs::set_permissions(bench.host.path("b"), mode).unwrap();
    bench
}

const CONF: &str = "write @/bastille.conf";

/// A plan; the configuration's path is that of the scratch directory.
fn todo(host: &Bench, args: &str) -> Result<Vec<String>, String> {
    match host.plan(SETUP, args) {
        Ok(_) => Ok(host.todo(SETUP, args)),
        Err(failure) => Err(failure.msg),
    }
}

#[test]
fn variables_are_compared_and_set() {
    let host = host();
    assert_eq!(todo(&host, "{zfs_enable: false, network_loopback: bastille0}").unwrap(), [""; 0]);
    let set =
        todo(&host, "{zfs_enable: true, zfs_zpool: tank, settings: {bastille_tzdata: Etc/UTC}}")
            .unwrap();
    assert_eq!(set, [CONF]);
    let text = host.text(SETUP, "{settings: {bastille_tzdata: Etc/UTC}}");
    assert!(text.ends_with("bastille_tzdata=\"Etc/UTC\"\n"), "{text}");
    for bad in [
        "settings: {tzdata: x}",
        "settings: {bastille_x: '$(id)'}",
        "zfs_prefix: 'a\"b'",
        "prefix: relative",
    ] {
        assert!(todo(&host, &format!("{{{bad}}}")).is_err(), "{bad}");
    }
}

#[test]
fn f66_an_open_prefix_is_closed() {
    let host = host();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(host.host.path("b"), mode).unwrap();
    assert_eq!(todo(&host, "{}").unwrap(), ["mode 750 @/b"]);
}

#[test]
fn f69_what_bastille_would_stop_at_is_refused() {
    let host = host();
    let refusal = |args: &str| todo(&host, args).unwrap_err();
    assert_eq!(refusal("{zfs_enable: true}"), "zfs_enable needs zfs_zpool");
    assert_eq!(refusal("{zfs_enable: true, zfs_zpool: nosuch}"), "nosuch is not a ZFS pool");
    assert!(refusal("{network_shared: vtnet0}").contains("one must be empty"));
    assert_eq!(todo(&host, "{network_shared: vtnet0, network_loopback: ''}").unwrap(), [CONF]);
    host.jail("web", "10.17.89.10");
    let moved = refusal("{prefix: /jails}");
    assert_eq!(moved, "bastille_prefix cannot be changed while there are jails: web");
    assert!(refusal("{zfs_enable: true, zfs_zpool: tank}").contains("cannot be changed"));
}

#[test]
fn rules_of_devices_are_added_and_others_kept() {
    let text = "[custom=10]\nadd path 'bpf*' unhide\n";
    assert!(RULESET.starts_with("[bastille_vnet=13]\n") && !text.contains("=13]"));
    let told = host().todo(SETUP, "{vnet: true}");
    assert!(
        told.contains(
            &"install -m 0544 /usr/share/examples/jails/jib /usr/local/bin/jib".to_string()
        ),
        "{told:?}"
    );
    assert!(
        told.contains(&"write /etc/devfs.rules".to_string())
            && told.contains(&"service devfs restart".to_string())
    );
}
