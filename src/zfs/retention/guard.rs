//! What one run may destroy on all datasets together.

use super::reason::Refusal;
use super::{Decision, Keep};

/// Whether decisions that are each small enough are too much together. Those that are allowed to be, and those that are
/// refused for themselves, do not count.
#[must_use]
pub fn summed(all: &[(&Keep, &Decision<'_>)]) -> Option<Refusal> {
    let counted =
        || all.iter().filter(|(keep, one)| !keep.allow_mass_prune && one.refusal.is_none());
    let destroys: usize = counted().map(|(_, one)| one.going().count()).sum();
    let ours: usize = counted().map(|(_, one)| one.ours).sum();
    let few = counted().map(|(keep, _)| keep.few).max().unwrap_or(0);
    let allowed: usize = counted().map(|(keep, one)| one.ours * usize::from(keep.max_share)).sum();
    let share = allowed.checked_div(ours).unwrap_or(0);
    (destroys > few && destroys * 100 > allowed).then(|| Refusal::Mass {
        destroys,
        ours,
        max_share: u8::try_from(share).unwrap_or(u8::MAX),
    })
}
