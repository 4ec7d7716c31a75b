use super::super::tests::Bench;
use super::*;

const RELEASE: &BastilleRelease = &BastilleRelease;

fn host() -> Bench {
    let mut bench = Bench::new(&[], "");
    bench.host.platform.release = "14.1-RELEASE-p5".into();
    bench
}

const DIR: &str = "bastille_release_act @/b/releases";

#[test]
fn what_is_there_is_not_fetched_again() {
    // `bootstrap` of a release that is there asks the network first, and fails without it.
    let host = host();
    assert_eq!(host.todo(RELEASE, "{release: 13.2-RELEASE}"), [""; 0]);
    let (_, fields) = host.plan(RELEASE, "{release: 13.2-RELEASE}").unwrap();
    assert_eq!(fields[&Key::from("version")].text(), "13.2-RELEASE-p2");
    let fetch = format!("{DIR} 14.1-RELEASE there  bootstrap 14.1-RELEASE");
    assert_eq!(host.todo(RELEASE, "{release: 14.1-RELEASE}"), [fetch]);
    let from = host.todo(RELEASE, "{release: 13.1-RELEASE, url: 'https://archive.example.org/'}");
    assert_eq!(
        from,
        [format!("{DIR} 13.1-RELEASE there https://archive.example.org/ bootstrap 13.1-RELEASE")]
    );
    let update = host.plan(RELEASE, "{release: 13.2-RELEASE, state: latest}").unwrap().0;
    assert_eq!(update.changes().next().unwrap().kind, ChangeKind::May);
    // One that was cut off has no COPYRIGHT.
    std::fs::create_dir(host.host.path("b/releases/13.1-RELEASE")).unwrap();
    assert_eq!(host.todo(RELEASE, "{release: 13.1-RELEASE}").len(), 1);
}

#[test]
fn one_that_jails_are_made_of_stays() {
    let host = host();
    host.jail("web", "10.17.89.10");
    // `destroy` says no and exits with 0 (bastille.txt).
    let refusal = host.refusal(RELEASE, "{release: 13.2-RELEASE, state: absent}");
    assert_eq!(refusal, "jails are made of 13.2-RELEASE: web");
    std::fs::remove_dir_all(host.host.path("b/jails/web")).unwrap();
    let gone = format!("{DIR} 13.2-RELEASE gone  destroy -y 13.2-RELEASE");
    assert_eq!(host.todo(RELEASE, "{release: 13.2-RELEASE, state: absent}"), [gone]);
    assert_eq!(host.todo(RELEASE, "{release: 13.1-RELEASE, state: absent}"), [""; 0]);
}

#[test]
fn names_are_releases_that_the_kernel_can_run() {
    let host = host();
    for name in [
        "nonsense",
        "13.2-RELEASE-p1",
        "14.10-RELEASE",
        "'14.3'",
        "web",
        "'-y'",
        "../x",
        "14.3-release",
    ] {
        let refusal = host.refusal(RELEASE, &format!("{{release: {name}}}"));
        assert!(refusal.contains("is no release"), "{refusal}");
    }
    let newer = host.refusal(RELEASE, "{release: 15.0-RELEASE}");
    assert_eq!(newer, "15.0-RELEASE is newer than the host's kernel, 14.1-RELEASE-p5");
    assert!(host.refusal(RELEASE, "{release: 14.1-RELEASE, pkgbase: true}").contains("15.0"));
    assert!(host.refusal(RELEASE, "{release: 14.1-RELEASE, url: 'x; id'}").contains("invalid url"));
}
