//! Scenarios of replication, by the numbers of the specification.

use super::*;
use crate::zfs::replication::edge::{Divergence, Encryption, Select};
use crate::zfs::replication::plan::Preparation;
use crate::zfs::replication::token::{Token, TokenAnswer};

fn token(to: u64, name: &str, from: Option<u64>, raw: bool) -> TokenAnswer {
    TokenAnswer::Known(Token {
        toname: name.to_owned(),
        toguid: Some(Guid(to)),
        fromguid: from.map(Guid),
        bytes: 5,
        raw,
        remaining: Some(10),
    })
}

#[test]
fn s01_s02_first_copies_and_s04_nothing_new() {
    assert_eq!(Case::new("a:1 b:2 c:3", "-").words(), "full a; @a..b; @b..c");
    let latest = Case::new("a:1 b:2 c:3", "-").policy(|policy| policy.select = Select::Latest);
    assert_eq!(latest.words(), "full c");
    let later =
        Case::new("a:1 b:2 c:3 d:4 e:5", "c:3").policy(|policy| policy.select = Select::Latest);
    assert_eq!(later.words(), "@c..e");
    assert_eq!(Case::new("a:1 b:2", "a:1 b:2").words(), "");
    assert_eq!(
        Case::new("", "-").words(),
        "refused: the source has no snapshot that is to be copied"
    );
    let ours = Case::new("x:1 tank-a:2 y:3 tank-b:4", "-");
    let ours = ours.policy(|policy| policy.select = Select::Prefix("tank-".to_owned()));
    assert_eq!(ours.words(), "full tank-a; @tank-a..tank-b");
}

#[test]
fn s01_first_copies_are_not_written_to_and_not_mounted() {
    let copying = Case::new("a:1 guid=77", "-").plan().unwrap();
    let set: Vec<String> = copying.flags.set.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        set,
        ["readonly=on", "canmount=noauto", "org.tank:source=77", "org.tank:mode=plain"]
    );
    assert_eq!((copying.flags.send.as_str(), copying.flags.receive.as_str()), ("ce", "us"));
    assert!(Case::new("a:1 b:2", "a:1").plan().unwrap().flags.set.is_empty());
}

#[test]
fn s05_a_renamed_snapshot_is_the_same_and_s07_one_taken_again_is_not() {
    let case = Case::new("new:1 b:2", "old:1");
    assert_eq!(case.words(), "@new..b");
    assert_eq!(
        case.plan().unwrap().warnings,
        ["@new of the source is @old on the target: it was renamed"]
    );
    let again = Case::new("a:1 b:9 c:10", "a:1 b:2");
    assert_eq!(again.words(), "refused: the target has diverged: behind the common @a it has @b");
    assert_eq!(
        Case::new("b:9", "b:2").words(),
        "refused: no common snapshot: the target has 1 of its own, a full copy would be needed"
    );
}

#[test]
fn s08_s10_divergence_climbs_as_far_as_it_may() {
    let at =
        |rung| Case::new("a:1 d:4", "a:1 b:2 c:3").policy(|policy| policy.on_divergence = rung);
    let refused = "refused: the target has diverged: behind the common @a it has @b, @c";
    assert_eq!(at(Divergence::Stop).words(), refused);
    assert_eq!(at(Divergence::RollbackLatest).words(), refused);
    assert_eq!(at(Divergence::RollbackCommon).words(), "rollback to a -[b,c] losing 2000; @a..d");
    assert_eq!(at(Divergence::SetAside).words(), "rollback to a -[b,c] losing 2000; @a..d");

    let mut held = at(Divergence::RollbackCommon);
    held.target.as_mut().unwrap().snapshots[1].holds = 1;
    assert_eq!(
        held.words(),
        "refused: rollback_common is allowed, but would destroy what is kept: @b (held)"
    );
    held.edge.policy.on_divergence = Divergence::SetAside;
    assert_eq!(held.words(), "aside pb/d.conflict-20261123; full a; @a..d");
    held.edge.policy.on_divergence = Divergence::Recreate;
    assert_eq!(
        held.words(),
        "refused: recreate is allowed, but would destroy what is kept: @b (held)"
    );

    let mut cloned = at(Divergence::RollbackCommon);
    cloned.target.as_mut().unwrap().snapshots[2].clones.push("pb/x".to_owned());
    assert!(cloned.words().ends_with("@c (cloned as pb/x)"));
    let mut needed = at(Divergence::RollbackCommon);
    needed.needed.insert(Guid(2));
    assert!(needed.words().ends_with("@b (another edge starts from it)"));
}

#[test]
fn no_rollback_goes_past_a_bookmark() {
    let at = |target: &str, rung| {
        Case::new("a:1 d:4", target).policy(|policy| policy.on_divergence = rung)
    };
    let kept = |rung: &str| {
        format!("refused: {rung} is allowed, but would destroy what is kept: #m (a bookmark)")
    };
    let behind = "a:1 b:2 #l:1 #m:2";
    assert_eq!(at(behind, Divergence::RollbackCommon).words(), kept("rollback_common"));
    assert!(at(behind, Divergence::SetAside).words().starts_with("aside "));
    let latest = at("a:1 #m:2 written=5", Divergence::RollbackLatest);
    assert_eq!(latest.words(), kept("rollback_latest"));
    let mut needed = at("x:8 #m:9", Divergence::Recreate);
    assert!(needed.words().starts_with("recreate -[x]"));
    needed.needed.insert(Guid(9));
    assert!(needed.words().ends_with("#m (another edge starts from it)"));
}

#[test]
fn s43_what_a_copy_lost_is_set_again() {
    let set = |target: &str| {
        let case = Case::new("a:1 guid=77 recordsize=8192", target)
            .policy(|policy| policy.properties = vec!["recordsize".to_owned()]);
        let copying = case.plan().unwrap();
        assert!(copying.steps.is_empty() && copying.flags.set.is_empty());
        let set = copying.flags.set_later.iter().map(|(name, value)| format!("{name}={value}"));
        (set.collect::<Vec<_>>().join(" "), copying.warnings.join(" "))
    };
    let whole = "a:1 readonly=on canmount=noauto org.tank:source=77 org.tank:mode=plain";
    assert_eq!(set(&format!("{whole} recordsize=8K")), Default::default());
    let lost = format!("{} recordsize=8192", whole.replace("readonly=on", "readonly=off"));
    assert_eq!(set(&lost), ("readonly=on".to_owned(), String::new()));
    // What is mounted may have been put into service.
    let (set, told) = set(&format!("{lost} mounted=yes").replace("8192", "131072"));
    assert_eq!(set, "recordsize=8192");
    assert_eq!(told, "readonly is off, wanted on: it may be in service, so it stays");
}

#[test]
fn s09_an_empty_snapshot_of_the_target_is_kept() {
    let mut case = Case::new("a:1 b:2", "a:1 own:9");
    case.target.as_mut().unwrap().snapshots[1].written = Some(0);
    assert_eq!(case.words(), "@a..b");
    // A host that cannot say counts as written.
    case.target.as_mut().unwrap().snapshots[1].written = None;
    assert!(case.words().starts_with("refused: the target has diverged"));
}

#[test]
fn s11_a_modified_target() {
    let case = Case::new("a:1 b:2", "a:1 written=12288");
    assert_eq!(
        case.words(),
        "refused: the target was modified behind its newest snapshot (12288 bytes)"
    );
    assert!(case.plan().unwrap_err().hint().unwrap().contains("readonly=on"));
    let case = case.policy(|policy| policy.on_divergence = Divergence::RollbackLatest);
    assert_eq!(case.words(), "rollback to a -[] losing 12288; @a..b");
}

#[test]
fn s12_s13_what_nobody_sent_is_not_overwritten() {
    let at =
        |target: &str, rung| Case::new("a:1", target).policy(|policy| policy.on_divergence = rung);
    assert_eq!(
        at("", Divergence::RollbackCommon).words(),
        "refused: the target is there without any snapshot: it is no copy"
    );
    assert_eq!(at("", Divergence::SetAside).words(), "aside pb/d.conflict-20261123; full a");
    assert!(
        at("x:8 y:9", Divergence::RollbackCommon)
            .words()
            .starts_with("refused: no common snapshot: the target has 2")
    );
    assert_eq!(at("x:8 y:9", Divergence::Recreate).words(), "recreate -[x,y]; full a");
    assert!(at("x:8", Divergence::Stop).plan().unwrap_err().hint().unwrap().contains("set_aside"));
}

#[test]
fn s14_s15_s16_bookmarks() {
    let case = Case::new("#m:1 b:2 c:3", "a:1");
    assert_eq!(case.words(), "#m..b; @b..c");
    assert_eq!(
        case.plan().unwrap().warnings,
        ["@a is gone from the source; its bookmark #m is the base"]
    );
    // No package starts at a bookmark.
    let case = case.policy(|policy| policy.package = 1);
    assert_eq!(case.words(), "#m..b; @b..c");
    // The snapshot is preferred to its bookmark.
    assert_eq!(Case::new("a:1 #m:1 b:2", "a:1").words(), "@a..b");
    assert!(Case::new("#m:1 b:2", "-").words().starts_with("full b"));
    assert!(Case::new("#m:1 b:2", "x:7").words().starts_with("refused: no common"));
    assert!(Case::new("#a:9 b:10", "a:1").words().starts_with("refused: no common"));
}

#[test]
fn s17_s18_an_interrupted_receive_goes_on() {
    let mut first = Case::new("a:1 b:2", "receive_resume_token=1-x");
    first.token = Some(token(1, "pa/d@a", None, false));
    assert_eq!(first.words(), "resume pa/d@a; @a..b");
    let mut second = Case::new("a:1 b:2 c:3", "a:1 receive_resume_token=1-x");
    second.token = Some(token(2, "pa/d@b", Some(1), false));
    assert_eq!(second.words(), "resume pa/d@b; @b..c");
}

#[test]
fn s20_s21_s22_tokens_that_are_of_no_use() {
    let with = |answer| Case {
        token: Some(answer),
        ..Case::new("a:1 c:3", "a:1 receive_resume_token=1-x")
    };
    let gone = with(token(2, "pa/d@b", Some(1), false));
    assert_eq!(gone.words(), "abort (pa/d@b is gone from the source or not selected); @a..c");
    let other_base = with(token(3, "pa/d@c", Some(9), false));
    assert_eq!(
        other_base.words(),
        "abort (it starts from another snapshot than the target has now); @a..c"
    );
    let other = with(token(3, "pa/x@c", Some(1), false));
    assert_eq!(other.words(), "abort (it belongs to pa/x); @a..c");
    let garbage = with(TokenAnswer::Refused("resume token is corrupt".to_owned()));
    assert_eq!(garbage.words(), "abort (the source refuses it: resume token is corrupt); @a..c");

    let mut raw = with(token(3, "pa/d@c", Some(1), true));
    assert_eq!(raw.words(), "resume pa/d@c", "an unencrypted source does not mind");
    for (name, value) in [("encryption", "aes-256-gcm"), ("keystatus", "available")] {
        raw.source.properties.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(raw.words(), "abort (it was sent with another encryption policy); @a..c");
    let unwanted = with(token(3, "pa/d@c", Some(1), false)).policy(|policy| policy.resume = false);
    assert_eq!(unwanted.words(), "abort (the policy does not resume); @a..c");

    // What is left of a first copy goes with the token: there is nothing to conflict with.
    let mut first = Case::new("b:2", "receive_resume_token=1-x");
    first.token = Some(token(1, "pa/d@a", None, false));
    assert_eq!(first.words(), "abort (pa/d@a is gone from the source or not selected); full b");
}

#[test]
fn s28_s29_large_blocks() {
    let mut case = Case::new("a:1 recordsize=1048576", "-");
    assert_eq!(case.plan().unwrap().flags.send, "Lce");
    assert!(
        case.plan().unwrap().flags.set.contains(&("org.tank:flags".to_owned(), "L".to_owned()))
    );
    case.to.features.retain(|feature| feature != "large_blocks");
    assert_eq!(case.plan().unwrap().flags.send, "ce");
    case.target = Some(dataset("pb/d", "a:1 org.tank:flags=L"));
    assert!(case.words().contains("begun with -L"));
    let begun_without = Case::new("a:1 b:2 recordsize=1048576", "a:1");
    assert_eq!(begun_without.plan().unwrap().flags.send, "ce");
    let mut raw = Case::new("a:1 recordsize=1048576 encryption=aes-256-gcm", "-");
    raw.edge.policy.encryption = Encryption::Raw;
    raw.to.features.retain(|feature| feature != "large_blocks");
    assert!(raw.words().contains("large_blocks"));
}

#[test]
fn s30_to_s35_encryption() {
    let with = |source: &str, target: &str, above: &str, encryption| {
        let mut case = Case::new(source, target).policy(|policy| policy.encryption = encryption);
        case.above = Some(dataset("pb", above));
        case
    };
    let locked = "a:1 b:2 encryption=aes-256-gcm keystatus=unavailable";
    let open = "a:1 b:2 encryption=aes-256-gcm keystatus=available";
    assert!(
        with(locked, "-", "", Encryption::Plain).words().contains("the key of pa/d is not loaded")
    );
    let raw = with(locked, "-", "", Encryption::Raw);
    assert_eq!(raw.words(), "full a; @a..b");
    assert_eq!(raw.plan().unwrap().flags.send, "wc");
    // The copy of a raw stream has a key of its own that is not loaded.
    let copy =
        "a:1 encryption=aes-256-gcm encryptionroot=pb/d keystatus=unavailable org.tank:mode=raw";
    assert_eq!(with(open, copy, "", Encryption::Raw).words(), "@a..b");
    assert!(
        with(open, copy, "", Encryption::Plain)
            .words()
            .contains("begun as raw and cannot go on as plain")
    );
    assert!(
        with(open, "a:1 encryption=off", "", Encryption::Raw)
            .words()
            .contains("cannot go on with a raw stream")
    );

    let parent = "encryption=aes-256-gcm encryptionroot=pb keystatus=";
    let into =
        |key: &str| with("a:1", "-", &format!("{parent}{key}"), Encryption::PlainToEncrypted);
    assert_eq!(into("available").words(), "full a");
    assert_eq!(into("available").plan().unwrap().flags.send, "c", "-e cannot be received there");
    assert!(into("unavailable").words().contains("the key of pb is not loaded on the target"));
    assert!(
        with("a:1", "-", "encryption=off", Encryption::PlainToEncrypted)
            .words()
            .contains("plain text")
    );
    assert!(
        with("a:1", "-", &format!("{parent}available"), Encryption::Plain)
            .words()
            .contains("plain_to_encrypted")
    );
}

#[test]
fn s36_s37_properties_fit_the_kind() {
    let mut case = Case::new(
        "a:1 recordsize=1048576 compression=lz4 mountpoint=/ volblocksize=8192 readonly=off",
        "-",
    );
    let names =
        ["recordsize", "compression", "volblocksize", "readonly"].map(str::to_owned).to_vec();
    case.edge.policy.properties = names;
    let set = |case: &Case| {
        case.plan().unwrap().flags.set.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>()
    };
    assert!(set(&case).contains(&"recordsize=1048576".to_owned()));
    assert!(
        !set(&case)
            .iter()
            .any(|one| one.starts_with("volblocksize") || one.starts_with("mountpoint"))
    );
    assert!(set(&case).contains(&"readonly=on".to_owned()), "{:?}", set(&case));
    case.source.volume = true;
    assert!(
        !set(&case).iter().any(|one| one.starts_with("recordsize") || one.starts_with("canmount"))
    );
    assert!(set(&case).contains(&"compression=lz4".to_owned()));
}

#[test]
fn s39_a_clone_keeps_its_origin_where_that_is_copied() {
    let mut case = Case::new("a:5 b:6 origin=pa/o@x", "-");
    assert_eq!(case.words(), "full a; @a..b");
    case.origin = Some("pb/o@x".to_owned());
    assert_eq!(case.words(), "clone pa/o@x as pb/o@x a; @a..b");
    case.to.receive = "su".to_owned();
    assert_eq!(case.words(), "full a; @a..b");
    assert_eq!(
        case.plan().unwrap().warnings,
        ["a clone of pa/o@x, sent in full: the target's receive can't be told its origin"]
    );
}

#[test]
fn s51_f58a_old_programs_and_pools() {
    let mut case = Case::new("a:1 b:2", "-");
    case.to = ancient();
    case.from = ancient();
    let copying = case.plan().unwrap();
    assert_eq!((copying.flags.send.as_str(), copying.flags.receive.as_str()), ("", "u"));
    assert!(copying.flags.set.is_empty());
    assert_eq!(copying.flags.set_later[0], ("readonly".to_owned(), "on".to_owned()));
    case.edge.policy.encryption = Encryption::Raw;
    case.source.properties.insert("encryption".to_owned(), "aes-256-gcm".to_owned());
    assert!(case.words().contains("OpenZFS 0.8"));
}

#[test]
fn packages_are_for_long_unfiltered_runs() {
    let words: Vec<String> = (1..=40).map(|n| format!("s{n}:{n}")).collect();
    let case = Case::new(&words.join(" "), "s1:1");
    assert_eq!(case.words(), "@s1..s40 (39)");
    let filtered = case.policy(|policy| policy.select = Select::Prefix("s3".to_owned()));
    assert_eq!(filtered.words().split("; ").count(), 11);
}

#[test]
fn a_name_that_grows_too_long_is_refused() {
    let mut case =
        Case::new("a:1", "x:9").policy(|policy| policy.on_divergence = Divergence::SetAside);
    let long = format!("pb/{}", "x".repeat(240));
    case.target.as_mut().unwrap().name = Dataset::new(&long).unwrap();
    assert!(case.words().contains("too long"));
}

#[test]
fn rollback_never_names_the_base() {
    let case = Case::new("a:1 d:4", "a:1 b:2")
        .policy(|policy| policy.on_divergence = Divergence::Recreate);
    let copying = case.plan().unwrap();
    let [Preparation::Rollback { to, destroys, .. }] = copying.before.as_slice() else { panic!() };
    assert!(!destroys.iter().any(|one| one.guid == to.guid));
}
