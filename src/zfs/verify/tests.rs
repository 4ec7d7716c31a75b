use super::*;
use crate::zfs::listing::Listed;
use crate::zfs::replication::tests::dataset;

fn same(text: &str) -> Verdict {
    Verdict::Same(text.to_owned())
}

fn unknown(text: &str) -> Verdict {
    Verdict::Unknown(text.to_owned())
}

fn differs(all: &[&str]) -> Verdict {
    Verdict::Differs(all.iter().map(|text| (*text).to_owned()).collect())
}

fn history(source: &str, target: &str) -> (Verdict, Vec<String>) {
    lineage(&dataset("pa/d", source), &dataset("pb/d", target), None)
}

#[test]
fn histories_are_compared_by_identity() {
    for (source, target, verdict) in [
        ("s1:1 s2:2", "s1:1 s2:2", same("2 of 2 snapshots are common")),
        ("s1:1 s2:2 s3:3", "s2:2", same("1 of 1 snapshots are common")),
        // The source lost it; its bookmark knows it.
        ("s1:1 #b:2", "s1:1 s2:2", same("2 of 2 snapshots are common")),
        ("s1:1", "", unknown("the copy has no snapshots")),
        ("s1:1", "s1:7", differs(&["none of the copy's 1 snapshots is the source's"])),
        (
            "s1:1 s2:3",
            "s1:1 s2:2",
            differs(&["@s2 is another snapshot than the source's of that name"]),
        ),
        (
            "s1:1 s2:9 s3:11",
            "s1:1 s2:2 s3:11",
            differs(&["@s2 is another snapshot than the source's of that name"]),
        ),
        (
            "s1:1",
            "s1:1 own:2",
            differs(&["@own is only on the target, and newer than all that is common"]),
        ),
    ] {
        assert_eq!(history(source, target).0, verdict, "{source} | {target}");
    }
}

#[test]
fn order_and_dates_belong_to_an_identity() {
    let source = dataset("pa/d", "s1:1 s2:2 s3:3");
    let mut target = dataset("pb/d", "s1:1 s2:2 s3:3");
    target.snapshots.swap(0, 1);
    let (verdict, _) = lineage(&source, &target, None);
    assert_eq!(verdict, differs(&["@s1 stands elsewhere in the copy's order"]));
    target.snapshots.swap(0, 1);
    target.snapshots[1].creation += 1;
    let (verdict, _) = lineage(&source, &target, None);
    assert_eq!(verdict, differs(&["@s2 has another date than the source's"]));
}

#[test]
fn what_only_the_target_has_is_told_apart() {
    let source = dataset("pa/d", "s2:2 new:5");
    let mut target = dataset("pb/d", "s0:0 s1:1 old:2 own:3");
    target.snapshots[3].written = Some(0);
    let (verdict, notes) = lineage(&source, &target, None);
    assert_eq!(verdict, same("1 of 4 snapshots are common"));
    assert_eq!(
        notes,
        [
            "@own is the target's own; it is empty",
            "2 older snapshots are only on the target",
            "@old is called @s2 on the source",
        ]
    );
    target.snapshots[3].written = None;
    assert!(matches!(lineage(&source, &target, None).0, Verdict::Differs(_)));
}

#[test]
fn a_named_snapshot_has_to_be_on_both() {
    let (source, target) = (dataset("pa/d", "s1:1 s2:2"), dataset("pb/d", "s1:1"));
    let of = |name| lineage(&source, &target, Some(name)).0;
    assert_eq!(of("s1"), same("1 of 1 snapshots are common"));
    assert_eq!(of("s2"), unknown("the copy has no @s2"));
    assert_eq!(of("s9"), unknown("the source has no @s9"));
    assert_eq!(pick(&source, &target, Some("s2")).unwrap_err(), "@s2 is not on both ends");
    assert_eq!(pick(&source, &target, None).unwrap().source, "s1");
}

fn writes(target: &Listed) -> Verdict {
    written(&dataset("pa/d", "s1:1 s2:2"), target)
}

#[test]
fn what_was_written_since_is_only_well_where_it_was_looked_at() {
    let mut target = dataset("pb/d", "s1:1 s2:2");
    assert_eq!(writes(&target), same("nothing since @s2"));
    let set = |target: &mut Listed, name: &str, value: &str| {
        drop(target.properties.insert(name.to_owned(), value.to_owned()));
    };
    set(&mut target, "written", "12288");
    assert_eq!(writes(&target), differs(&["12288 bytes were written since @s2"]));
    // Releases without the property: what is lost is certain, what is not is not.
    target.properties.remove("written");
    assert_eq!(writes(&target), unknown("this release of ZFS can't tell"));
    target.snapshots[1].used = 512;
    assert_eq!(writes(&target), differs(&["512 bytes of @s2 were overwritten since"]));
    set(&mut target, "receive_resume_token", "1-x");
    assert_eq!(writes(&target), unknown("a receive is unfinished"));
    assert_eq!(writes(&dataset("pb/d", "x:9")), unknown("nothing is common"));
    let mut own = dataset("pb/d", "s1:1 s2:2 own:3");
    own.snapshots[2].written = Some(0);
    assert_eq!(writes(&own), same("nothing since @s2"));
    own.snapshots[2].written = Some(7);
    assert_eq!(writes(&own), differs(&["7 bytes were written since @s2"]));
    own.snapshots[2].written = None;
    assert!(matches!(writes(&own), Verdict::Unknown(_)));
}

#[test]
fn what_can_not_be_read_is_not_picked() {
    let source = dataset("pa/d", "s1:1 s2:2 keystatus=available");
    let target = dataset("pb/d", "s1:1 x2:2 keystatus=unavailable");
    assert_eq!(pick(&source, &target, None).unwrap_err(), "the key of pb/d is not loaded");
    let mut target = dataset("pb/d", "s1:1 x2:2");
    let found = pick(&source, &target, None).unwrap();
    assert_eq!((found.source.as_str(), found.target.as_str()), ("s2", "x2"));
    target.volume = true;
    assert!(pick(&source, &target, None).unwrap_err().contains("volume"));
    // A bookmark has no content.
    let gone = dataset("pa/d", "#b:2");
    assert_eq!(pick(&gone, &target, None).unwrap_err(), "no snapshot is on both ends");
}

fn answers(lines: &[&str]) -> Result<Answers, String> {
    let mut answers = Answers::default();
    lines.iter().try_for_each(|line| answers.take(line)).map(|()| answers)
}

fn is(digest: char, bad: u64, denied: u64) -> Read {
    let digest = digest.to_string().repeat(64);
    let line = format!("=is\t3\t{digest}\t10\t2000\t{bad}\t{denied}\tclone");
    answers(&[&line, "=end"]).unwrap().of(3)
}

#[test]
fn answers_are_read_strictly() {
    let digest = "a".repeat(64);
    let found = answers(&[
        "=left\tpb/tank_verify_e_7\tof a run that was cut is destroyed",
        &format!("=is\t0\t{digest}\t18\t23\t0\t0\tsnapshot"),
        "=cannot\t1\tthe clone could not be mounted",
        "=broken\t2\tfind: ./x: Input/output error",
    ])
    .unwrap();
    assert!(!found.whole);
    assert_eq!(found.left, ["clone pb/tank_verify_e_7 of a run that was cut is destroyed"]);
    assert!(matches!(found.of(0), Read::Is(Totals { entries: 18, bytes: 23, cloned: false, .. })));
    assert_eq!(found.of(1), Read::Cannot("the clone could not be mounted".to_owned()));
    assert_eq!(found.of(9), Read::Cannot("the host did not say".to_owned()));
    for bad in [
        "",
        "motd",
        "=is\t0\tabc\t1\t1\t0\t0\tclone",
        &format!("=is\t0\t{digest}\t-\t1\t0\t0\tclone"),
        &format!("=is\tx\t{digest}\t1\t1\t0\t0\tclone"),
        &format!("=is\t0\t{digest}\t1\t1\t0\tclone"),
    ] {
        assert!(answers(&[bad]).is_err(), "{bad}");
    }
}

#[test]
fn only_equal_digests_of_whole_reads_are_the_same() {
    let cannot = || Read::Cannot("why".to_owned());
    let broken = Read::Broken("I/O".to_owned());
    let of = |a: &Read, b: &Read| compare(a, b, false);
    assert_eq!(of(&is('a', 0, 0), &is('a', 0, 0)), Some(same("10 entries, 2000 bytes")));
    assert_eq!(of(&is('a', 0, 0), &is('b', 0, 0)), None);
    assert_eq!(of(&is('a', 1, 0), &is('a', 1, 0)), None, "neither disk gave it");
    assert_eq!(of(&is('a', 0, 2), &is('a', 0, 2)), Some(unknown("2 files may not be read")));
    assert_eq!(of(&is('a', 0, 0), &cannot()), Some(unknown("target: why")));
    assert_eq!(of(&cannot(), &is('a', 0, 0)), Some(unknown("source: why")));
    assert_eq!(of(&cannot(), &broken), Some(differs(&["the target can't be read: I/O"])));
}

/// Compares two lists, a line each.
fn lists(source: &str, target: &str) -> Verdict {
    let lines = |text: &str| -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
        lines.sort();
        lines
    };
    let (source, target) = (lines(source), lines(target));
    let (mut here, mut there) = (source.iter().peekable(), target.iter().peekable());
    let mut found = Differences::default();
    while here.peek().is_some() || there.peek().is_some() {
        let (own, other) =
            (here.peek().map(|one| one.as_slice()), there.peek().map(|one| one.as_slice()));
        let (first, second) = found.step(own, other);
        assert!(first || second);
        first.then(|| here.next());
        second.then(|| there.next());
    }
    found.verdict()
}

#[test]
fn differences_are_told_by_their_paths() {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let source = format!(
        "./changed\tf 644 0 0 5\n./changed\th {a}\n./gone\tf 644 0 0 1\n./gone\th {a}\n./l\tl 0 0 x\n./mode\tf 644 0 0 1\n./mode\th {a}\n./kind\td 755 0 0\n./grown\tf 644 0 0 1\n./grown\th {a}\n./bad\tf 644 0 0 1\n./bad\th {a}\n./same\th {a}\n"
    );
    let target = format!(
        "./changed\tf 644 0 0 5\n./changed\th {b}\n./l\tl 0 0 \\780a79\n./mode\tf 4755 0 1 1\n./mode\th {a}\n./kind\tl 0 0 y\n./grown\tf 644 0 0 2\n./grown\th {b}\n./bad\tf 644 0 0 1\n./bad\th !\n./same\th {a}\n\\2e2f6e65770a6c696e65\tp 600 7 7\n"
    );
    assert_eq!(
        lists(&source, &target),
        differs(&[
            "./bad: source sha256 aaaaaaaaaaaaaaaa, target can't be read",
            "./changed: source sha256 aaaaaaaaaaaaaaaa, target sha256 bbbbbbbbbbbbbbbb",
            "./gone: only on the source",
            "./grown: source file 644 0:0 of 1 bytes, target file 644 0:0 of 2 bytes; source sha256 aaaaaaaaaaaaaaaa, target sha256 bbbbbbbbbbbbbbbb",
            "./kind: source directory 755 0:0, target link 0:0 to y",
            "./l: source link 0:0 to x, target link 0:0 to x\\ny",
            "./mode: source file 644 0:0 of 1 bytes, target file 4755 0:1 of 1 bytes",
            "./new\\nline: only on the target",
        ])
    );
}

#[test]
fn not_more_than_twenty_are_shown_and_no_unread_one_hides_them() {
    let many: String = (10..60).map(|n| format!("./f{n}\tp 600 0 0\n")).collect();
    let Verdict::Differs(all) = lists(&many, "") else { panic!() };
    assert_eq!((all.len(), all[20].as_str()), (21, "and more"));
    let a = "a".repeat(64);
    let own: String = (10..60).map(|n| format!("./f{n}\th {a}\n")).collect();
    let other: String = (10..60).map(|n| format!("./f{n}\th ?\n")).collect();
    assert_eq!(lists(&own, &other), unknown("50 files may not be read"));
    assert_eq!(
        lists(&format!("{own}./g\th {a}\n"), &format!("{other}./g\th !\n")),
        differs(&["./g: source sha256 aaaaaaaaaaaaaaaa, target can't be read"])
    );
    // Neither end can read it: both lists say the same, and it is not the same.
    assert_eq!(
        lists("./g\th !\n", "./g\th !\n"),
        differs(&["./g: source can't be read, target can't be read"])
    );
}

#[test]
fn blocks_are_told_by_their_bytes() {
    let list = |digest: char| {
        let digest = digest.to_string().repeat(64);
        format!("{:020}\tb {digest}\n{:020}\tb {}\n", 0, 64 << 20, "c".repeat(64))
    };
    assert_eq!(
        lists(&list('a'), &list('b')),
        differs(&[
            "bytes 0 to 67108863: source sha256 aaaaaaaaaaaaaaaa, target sha256 bbbbbbbbbbbbbbbb"
        ])
    );
}

fn copy(levels: &[(Level, Verdict)]) -> Copy {
    let name = |text: &str| Dataset::new(text).unwrap();
    let (source, target) = (name("pa/d"), name("pb/d"));
    Copy { source, target, levels: levels.to_vec(), notes: Vec::new() }
}

#[test]
fn a_mark_goes_by_a_look_as_deep_as_the_one_that_set_it() {
    use Level::{Content, Drill, Guid, Written};
    let good = || same("");
    let bad = || differs(&["x"]);
    let of = |levels: &[(Level, Verdict)], mark: Option<&str>| marking("e", &copy(levels), mark, 0);
    let set = Marking::Set("e content 1970-01-01T00:00:00Z".to_owned());
    assert_eq!(of(&[(Guid, good()), (Content, bad())], None), set);
    assert_eq!(of(&[(Guid, good()), (Content, bad())], Some("e guid 1")), set);
    assert_eq!(of(&[(Guid, bad())], Some("e content 1")), Marking::Keep);
    assert_eq!(of(&[(Guid, good())], None), Marking::Keep);
    assert_eq!(of(&[(Guid, good())], Some("e content 1")), Marking::Keep);
    assert_eq!(
        of(&[(Guid, good()), (Written, good()), (Content, good())], Some("e content 1")),
        Marking::Clear
    );
    assert_eq!(of(&[(Guid, good()), (Content, unknown(""))], Some("e content 1")), Marking::Keep);
    // Where nothing can tell what was written, the content has to.
    assert_eq!(of(&[(Guid, good()), (Written, unknown(""))], Some("e written 1")), Marking::Keep);
    let deeper = [(Guid, good()), (Written, unknown("")), (Content, good())];
    assert_eq!(of(&deeper, Some("e written 1")), Marking::Clear);
    // Another's, and one that was made by hand.
    assert_eq!(of(&[(Guid, good()), (Drill, good())], Some("f guid 1")), Marking::Keep);
    assert_eq!(of(&[(Guid, good()), (Content, good())], Some("e")), Marking::Keep);
    assert_eq!(of(&[(Guid, good()), (Drill, good())], Some("e")), Marking::Clear);
}

fn edge(copies: Vec<Copy>, failed: Option<(State, String)>) -> Verified {
    Verified {
        id: "e".to_owned(),
        source: "a:pa/d".to_owned(),
        target: "b:pb/d".to_owned(),
        level: Level::Content,
        failed,
        copies,
        notes: Vec::new(),
        changed: false,
    }
}

#[test]
fn nothing_looked_at_is_never_well() {
    let good = copy(&[(Level::Guid, same("1 common"))]);
    let odd = copy(&[(Level::Guid, same("")), (Level::Written, unknown("no"))]);
    let bad = copy(&[(Level::Guid, unknown("no")), (Level::Content, differs(&["x"]))]);
    let states = [
        (edge(vec![], None), State::Unknown, 3),
        (edge(vec![copy(&[])], None), State::Unknown, 3),
        (edge(vec![good.clone(), copy(&[])], None), State::Verified, 0),
        (edge(vec![good.clone(), odd.clone()], None), State::Unknown, 3),
        (edge(vec![odd, bad, good], None), State::Differs, 2),
        (edge(vec![], Some((State::Unreachable, "x".to_owned()))), State::Unreachable, 4),
        (edge(vec![], Some((State::Absent, "x".to_owned()))), State::Absent, 0),
    ];
    for (edge, state, rc) in &states {
        assert_eq!((edge.state(), edge.state().rc()), (*state, *rc), "{edge:?}");
    }
    assert_eq!(worst(&[]), State::Unknown);
    let all: Vec<Verified> = states.into_iter().map(|(edge, ..)| edge).collect();
    assert_eq!(worst(&all), State::Differs);
}

#[test]
fn the_report_has_all_levels() {
    let mut one = copy(&[
        (Level::Guid, same("2 of 2 snapshots are common")),
        (Level::Written, unknown("this release of ZFS can't tell")),
        (Level::Content, differs(&["./f: only on the source"])),
    ]);
    one.notes.extend(Marking::Set(String::new()).note(false));
    let edges = [edge(vec![one], None)];
    assert_eq!(
        text(&edges),
        "\
e: a:pa/d -> b:pb/d (content)
  pa/d -> pb/d
    guid     ok: 2 of 2 snapshots are common
    written  not known: this release of ZFS can't tell
    content  DIFFERS
      ./f: only on the source
    it is marked as suspect, and nothing of the edge pruned
  DIFFERS
"
    );
    let found = json(&edges);
    assert_eq!((found["state"].as_str(), found["rc"].as_u64()), (Some("differs"), Some(2)));
    let levels = &found["edges"][0]["datasets"][0]["levels"];
    assert_eq!(levels[1]["verdict"], "unknown");
    assert_eq!(levels[2]["texts"][0], "./f: only on the source");
}

#[test]
fn levels_have_words() {
    for level in Level::ALL {
        assert_eq!(level.word().parse(), Ok(level));
    }
    assert!("hash".parse::<Level>().unwrap_err().contains("guid, written, content or drill"));
    assert!(Level::Drill > Level::Content && Level::Content > Level::Written);
}
