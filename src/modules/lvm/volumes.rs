//! What changes of volumes leave, and whether it is there.

use super::run;
use super::seen::{KIND, Lv, Lvm};
use crate::base::Value;
use crate::spec::{Change, Effect, Op};

/// A change of size, seen done when the volume has it within an extent.
pub fn resized(words: Vec<String>, lv: &Lv, wanted: u64) -> Change {
    let new = Lv { size: wanted, ..lv.clone() };
    let why = format!("{} {}: {} to {wanted} bytes", words[0], lv.path(), lv.size);
    Change::new(run(words), why).effect(Effect::Thing(KIND, lv.path(), Some(new.to_value())))
}

/// Whether what a change leaves of a volume is there.
///
/// # Errors
/// What is wrong.
pub fn done(lvm: &Lvm, change: &Change) -> Result<(), String> {
    for effect in &change.effects {
        let Effect::Thing(KIND, path, state) = effect else { continue };
        let Some((vg, name)) = path.split_once('/') else { continue };
        let there = lvm.lv(vg, name);
        match (state, there) {
            (None, Some(_)) => return Err(format!("{path} is still there")),
            (Some(_), None) => return Err(format!("{path} is not there")),
            (None, None) => {}
            (Some(state), Some(lv)) => {
                let of = |key: &str| state.get(key).map(Value::text).unwrap_or_default();
                let wanted: u64 = of("size").parse().unwrap_or(0);
                let extent = lvm.vg(vg).map_or(4 << 20, |vg| vg.extent);
                // A percentage is rounded by the tool.
                if wanted > 0
                    && lv.size.abs_diff(wanted) > extent.saturating_mul(2)
                    && !is_percent(change)
                {
                    return Err(format!("{path} has {} bytes", lv.size));
                }
                let active = of("attr").chars().nth(4) == Some('a');
                let asked = matches!(&change.op, Op::Run(command) if command.argv.first().is_some_and(|tool| tool == "lvchange"));
                if asked && lv.is_active() != active {
                    return Err(format!("{path} is {}active", if active { "not " } else { "" }));
                }
            }
        }
    }
    Ok(())
}

fn is_percent(change: &Change) -> bool {
    matches!(&change.op, Op::Run(command) if command.argv.iter().any(|word| word == "-l"))
}

/// Warnings of pools that are nearly full.
pub fn full(lvm: &Lvm, vg: &str) -> Vec<String> {
    let pools = lvm.lvs.iter().filter(|lv| lv.vg == vg && lv.is_pool());
    let mut all = Vec::new();
    for pool in pools {
        for (what, used) in [("data", pool.used.0), ("metadata", pool.used.1)] {
            if used > 80.0 {
                all.push(format!("the {what} of the thin pool {} is {used:.1} % full: at 100 % what is on it breaks", pool.path()));
            }
        }
    }
    all
}
