//! `cargo bench --bench plan [-- DATASETS SNAPSHOTS]`: reads what two hosts would answer about so many datasets with so many
//! snapshots in all (300 and 5,000 unless told), plans an edge of them, and prints seconds and peak memory. The listings are
//! made up, in the form of OpenZFS 2.3's; each copy lacks its newest snapshot.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::time::Instant;

use tank::base::{Source, yaml};
use tank::zfs::replication::whole::{Known, plan_edge};
use tank::zfs::survey;
use tank::zfs::topology;

const EDGE: &str =
    "edges: [{id: e, source: 'a:pa/d', target: 'b:pb/d', recursive: true, encryption: plain}]";
const OURS: &str = "org.tank:source,org.tank:mode,org.tank:flags,org.tank:placeholder,org.tank:suspect,org.tank:role,\
org.tank:fenced,org.tank:lock.e";
const HEAD: &str = "=host 1795440602 0\n=zone +0000\n=user root\n=groups root\n=version\nzfs-2.3.2-2\nzfs-kmod-2.3.2-2\n\
=send\nusage:\n\tsend [-DLPbcehnpsVvw] [-i|-I snapshot] <snapshot>\n=receive\nusage:\n\treceive [-vMnsFhu] [-o <property>=<value>] [-x <property>] <dataset>\n\
=bookmark\nmissing source argument\n";
const TAIL: &str = "=pool POOL\nfeature@extensible_dataset\tactive\nfeature@bookmarks\tactive\nfeature@lz4_compress\tactive\n\
feature@large_blocks\tenabled\nfeature@embedded_data\tactive\n=done\n";

/// A dataset or a snapshot: the values that it has, `-` for all else that is asked for.
fn rows(text: &mut String, name: &str, has: &[(&str, String)]) {
    for property in survey::NEW.split(',').chain(OURS.split(',')) {
        let value = has.iter().find(|(name, _)| *name == property);
        let source = if property.starts_with("org.") && value.is_some() { "local" } else { "-" };
        let value = value.map_or("-", |(_, value)| value);
        writeln!(text, "{name}\t{property}\t{value}\t{source}").unwrap();
    }
}

/// One host's answer. `behind`: how many of the newest snapshots are not there.
fn answer(pool: &str, datasets: usize, snapshots: usize, behind: usize) -> String {
    let top = format!("{pool}/d");
    let mut text = format!("{HEAD}=root {top}\n");
    let mut held = String::new();
    for at in 0..datasets {
        let name = if at == 0 { top.clone() } else { format!("{top}/dataset-{at:04}") };
        let mut own: Vec<(&str, String)> = vec![("type", "filesystem".into())];
        own.extend([("written", "0".into()), ("readonly", "on".into())]);
        own.extend([("guid", (at + 1).to_string()), ("createtxg", "5".into())]);
        own.extend([("creation", "1700000000".into()), ("used", "1000000".into())]);
        if behind > 0 {
            own.push(("org.tank:source", (at + 1).to_string()));
        }
        rows(&mut text, &name, &own);
        let count = snapshots / datasets + usize::from(at < snapshots % datasets);
        for number in 0..count.saturating_sub(behind) {
            let guid = 1_000_000_000_000 + at * 100_000 + number;
            let taken = 1_700_000_000 + number * 3600;
            let short = format!("{name}@auto_2026-11-23T{number:05}Z_hourly");
            let mut own: Vec<(&str, String)> = vec![("type", "snapshot".into())];
            own.extend([("guid", guid.to_string()), ("createtxg", (number + 10).to_string())]);
            own.extend([("creation", taken.to_string()), ("used", "65536".into())]);
            own.extend([("userrefs", "0".into()), ("written", "65536".into())]);
            rows(&mut text, &short, &own);
            if number + 1 == count.saturating_sub(1) {
                writeln!(held, "{short}\ttank_e\t1700000000").unwrap();
            }
        }
    }
    text + "=end 0 \n=holds " + &top + "\n" + &held + &TAIL.replace("POOL", pool)
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |at: usize, usual| words.get(at).map_or(usual, |word| word.parse().unwrap());
    let (datasets, snapshots) = (number(0, 300), number(1, 5000));
    let (here, there) =
        (answer("pa", datasets, snapshots, 0), answer("pb", datasets, snapshots, 1));
    let file = yaml::load(EDGE, &Source::file("replication.yml")).unwrap();
    let edge = topology::read(&file.value).unwrap().links.remove(0).edge;
    let bytes = here.len() + there.len();
    let start = Instant::now();
    let (source, target) = (survey::read(&here).unwrap(), survey::read(&there).unwrap());
    let plan = plan_edge(&edge, &source, &target, &Known::default());
    let seconds = start.elapsed().as_secs_f64();
    let steps: usize =
        plan.parts.iter().map(|part| part.copying.as_ref().unwrap().steps.len()).sum();
    assert_eq!((plan.parts.len(), steps), (datasets, datasets), "one stream each");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    let listed = source.listing.datasets.values().map(|one| one.snapshots.len()).sum::<usize>();
    println!(
        "{seconds:.2} s, {peak}; {datasets} datasets, {listed} snapshots, {bytes} bytes of listings"
    );
}
