//! The order in which Python goes through a set of numbers: that of CPython's hash table.
//!
//! Texts have another order in each run of Python, so nothing can be told of them; sets with anything
//! but numbers in them keep the order of first appearance.

use crate::base::{Kind, Value};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

/// Entries looked at one after the other before the next jump.
const PROBES: usize = 9;
/// Bits of the hash that go at each jump.
const SHIFT: u32 = 5;
/// Slots of the smallest table.
const SMALLEST: usize = 8;
/// Hashes of whole numbers are remainders of this prime.
const MODULUS: i64 = (1 << 61) - 1;

/// Python's hash of a whole number, a boolean or None; nothing for others.
fn hash_of(value: &Value) -> Option<i64> {
    const NONE: i64 = 0xfca8_6420;
    let hash = match &value.kind {
        Kind::Bool(b) => i64::from(*b),
        Kind::Int(n) => n % MODULUS,
        Kind::Big(n) => big(n)?,
        Kind::Float(f) if f.fract() == 0.0 && f.abs() < MODULUS as f64 => *f as i64,
        Kind::Null => NONE,
        _ => return None,
    };
    Some(if hash == -1 { -2 } else { hash })
}

fn big(n: &BigInt) -> Option<i64> {
    let rest = (n.abs() % MODULUS).to_i64()?;
    Some(if n.is_negative() { -rest } else { rest })
}

#[derive(Clone, Default)]
enum Slot {
    #[default]
    Free,
    Gone,
    Full(i64, Value),
}

/// A set as CPython keeps it.
#[derive(Clone)]
pub(super) struct Set {
    table: Vec<Slot>,
    /// Slots that are not free.
    fill: usize,
    used: usize,
}

impl Set {
    fn new() -> Self {
        Self { table: vec![Slot::Free; SMALLEST], fill: 0, used: 0 }
    }

    /// The set of these items; None when their order can't be told.
    pub(super) fn of(items: &[Value]) -> Option<Self> {
        let mut set = Self::new();
        for item in items {
            set.add(hash_of(item)?, item);
        }
        Some(set)
    }

    /// Its items in Python's order.
    pub(super) fn items(&self) -> Vec<Value> {
        self.entries().map(|(_, value)| value.clone()).collect()
    }

    fn entries(&self) -> impl Iterator<Item = (i64, &Value)> {
        self.table.iter().filter_map(|slot| match slot {
            Slot::Full(hash, value) => Some((*hash, value)),
            _ => None,
        })
    }

    /// Slots in the order in which a hash tries them.
    fn path(&self, hash: i64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.table.len() - 1;
        let mut perturb = hash as u64;
        let mut at = (hash as u64 as usize) & mask;
        let mut step = 0;
        std::iter::from_fn(move || {
            let run = if at + PROBES <= mask { PROBES } else { 0 };
            if step > run {
                perturb >>= SHIFT;
                at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
                step = 0;
            }
            step += 1;
            Some(at + step - 1)
        })
    }

    /// Where an item is, or where it would be put.
    fn find(&self, hash: i64, value: &Value) -> (usize, bool) {
        for at in self.path(hash) {
            match &self.table[at] {
                Slot::Free => return (at, false),
                Slot::Full(other, known) if *other == hash && known == value => return (at, true),
                _ => {}
            }
        }
        (0, false)
    }

    fn add(&mut self, hash: i64, value: &Value) {
        let (at, known) = self.find(hash, value);
        if known {
            return;
        }
        self.used += 1;
        let full = Slot::Full(hash, value.clone());
        let before = self.path(hash).take_while(|other| *other != at);
        let gone = before.into_iter().find(|at| matches!(self.table[*at], Slot::Gone));
        if let Some(gone) = gone {
            self.table[gone] = full;
            return;
        }
        self.table[at] = full;
        self.fill += 1;
        if self.fill * 5 >= (self.table.len() - 1) * 3 {
            self.resize(if self.used > 50_000 { self.used * 2 } else { self.used * 4 });
        }
    }

    fn remove(&mut self, hash: i64, value: &Value) -> bool {
        let (at, known) = self.find(hash, value);
        if known {
            self.table[at] = Slot::Gone;
            self.used -= 1;
        }
        known
    }

    fn has(&self, hash: i64, value: &Value) -> bool {
        self.find(hash, value).1
    }

    fn resize(&mut self, least: usize) {
        let mut size = SMALLEST;
        while size <= least {
            size <<= 1;
        }
        let old = std::mem::replace(&mut self.table, vec![Slot::Free; size]);
        self.fill = self.used;
        for slot in old {
            let Slot::Full(hash, value) = slot else { continue };
            let free = self.path(hash).find(|at| matches!(self.table[*at], Slot::Free));
            if let Some(at) = free {
                self.table[at] = Slot::Full(hash, value);
            }
        }
    }

    /// Takes in all of another set.
    fn merge(&mut self, other: &Self) {
        if other.used == 0 {
            return;
        }
        if (self.fill + other.used) * 5 >= (self.table.len() - 1) * 3 {
            self.resize((self.used + other.used) * 2);
        }
        if self.fill == 0 && self.table.len() == other.table.len() && other.fill == other.used {
            self.clone_from(other);
            return;
        }
        for (hash, value) in other.entries() {
            self.add(hash, value);
        }
    }

    fn copy(&self) -> Self {
        let mut copy = Self::new();
        copy.merge(self);
        copy
    }

    /// `self | other`
    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.copy();
        all.merge(other);
        all
    }

    /// `self & other`
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (kept, walked) = if other.used > self.used { (other, self) } else { (self, other) };
        walked.chosen(|hash, value| kept.has(hash, value))
    }

    /// `self - other`
    pub(super) fn difference(&self, other: &Self) -> Self {
        if self.used >> 2 <= other.used {
            return self.chosen(|hash, value| !other.has(hash, value));
        }
        let mut left = self.copy();
        for (hash, value) in other.entries() {
            left.remove(hash, value);
        }
        left
    }

    /// `self ^ other`
    pub(super) fn symmetric_difference(&self, other: &Self) -> Self {
        let mut all = other.copy();
        for (hash, value) in self.entries() {
            if !all.remove(hash, value) {
                all.add(hash, value);
            }
        }
        all
    }

    fn chosen(&self, wanted: impl Fn(i64, &Value) -> bool) -> Self {
        let mut set = Self::new();
        for (hash, value) in self.entries().filter(|(hash, value)| wanted(*hash, value)) {
            set.add(hash, value);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[i64]) -> Set {
        Set::of(&items.iter().map(|n| Value::from(*n)).collect::<Vec<_>>()).unwrap()
    }

    fn listed(set: &Set) -> Vec<i64> {
        set.items().iter().filter_map(Value::as_int).collect()
    }

    /// Two lists, and what CPython 3.13 makes of them by `|`, `&`, `-` and `^`.
    type Case = [&'static [i64]; 6];
    #[rustfmt::skip]
    const CASES: &[Case] = &[
        [&[3, 1, 2, 3], &[9], &[1, 2, 3, 9], &[], &[1, 2, 3], &[9, 2, 3, 1]],
        [&[3, 1, 2, 3], &[3, 4], &[1, 2, 3, 4], &[3], &[1, 2], &[1, 2, 4]],
        [&[3, 1, 2, 3], &[1, 7], &[1, 2, 3, 7], &[1], &[2, 3], &[2, 3, 7]],
        [&[-1, -2, 100, 8, 16], &[16, 0, -2, 24], &[0, 100, 8, 16, -2, 24, -1], &[16, -2], &[8, 100, -1], &[0, 100, 8, 24, -1]],
        [&[40, 37, 34, 31, 28, 25, 22, 19, 16, 13, 10, 7, 4, 1], &[1, 4, 500, 2305843009213693952, 2305843009213693951], &[2305843009213693951, 1, 2305843009213693952, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40, 500], &[1, 4], &[34, 37, 7, 40, 10, 13, 16, 19, 22, 25, 28, 31], &[2305843009213693951, 2305843009213693952, 34, 37, 7, 40, 10, 13, 16, 19, 500, 22, 25, 28, 31]],
        [&[33, 65, 1, 97, 129], &[161, 33, 1], &[65, 33, 129, 1, 97, 161], &[1, 33], &[65, 129, 97], &[65, 161, 129, 97]],
        [&[152, -4, 175741278729, -20, 483341360238, 51995661326, -983859000567, 83, 49, -719955089549], &[293, 148, 209, 77, 41, 76], &[293, 175741278729, -983859000567, 41, -20, 76, 483341360238, 51995661326, 77, 49, 209, 83, -719955089549, 148, 152, -4], &[], &[175741278729, -983859000567, -20, 483341360238, 51995661326, 49, 83, -719955089549, 152, -4], &[-983859000567, 175741278729, 76, 77, 51995661326, 209, 83, 148, 152, 293, 41, -20, 483341360238, 49, -719955089549, -4]],
        [&[222653091830, 718097594659, 97, 32, -907108299128, 137428095729, 281, 125, -237624310620, -206529808200, 175, 817572067686, 114, 51, 1, 67, -52131887624, -318108553426], &[185, -37, -29, 132, -8], &[1, 67, 132, -907108299128, -8, 281, -37, -206529808200, 32, 97, 718097594659, -237624310620, -29, 817572067686, -318108553426, 175, 137428095729, 114, 51, 222653091830, -52131887624, 185, 125], &[], &[32, 97, 1, 718097594659, -237624310620, 67, 817572067686, -907108299128, -318108553426, 175, 137428095729, 114, 51, 222653091830, -52131887624, 281, 125, -206529808200], &[1, 67, 132, -907108299128, -52131887624, 281, -37, -206529808200, 32, 97, -29, 718097594659, -237624310620, 817572067686, -318108553426, 175, 137428095729, 114, 51, 222653091830, -8, 185, 125]],
        [&[117, 314773842998, 283, 267, -11, 186591170119, -399595967773, -46, 182, 829345738945, 167, 8], &[-19], &[829345738945, -399595967773, 186591170119, 167, 8, 267, -19, -46, -11, 117, 314773842998, 182, 283], &[], &[829345738945, -399595967773, 186591170119, 167, 8, 267, -46, -11, 117, 314773842998, 182, 283], &[829345738945, -399595967773, 167, 186591170119, 8, 267, -19, -46, -11, 117, 314773842998, 182, 283]],
        [&[254, 26, 229, 77], &[-32, 12, 220, 99, 159, 283], &[-32, 99, 229, 12, 77, 26, 283, 220, 254, 159], &[], &[229, 26, 77, 254], &[12, 77, 26, 283, 220, 159, -32, 99, 229, 254]],
    ];

    #[test]
    fn numbers_come_as_cpython_gives_them() {
        for [a, b, union, both, left, either] in CASES {
            let (first, second) = (set(a), set(b));
            assert_eq!(listed(&first.union(&second)), *union, "{a:?} | {b:?}");
            assert_eq!(listed(&first.intersection(&second)), *both, "{a:?} & {b:?}");
            assert_eq!(listed(&first.difference(&second)), *left, "{a:?} - {b:?}");
            assert_eq!(listed(&first.symmetric_difference(&second)), *either, "{a:?} ^ {b:?}");
        }
    }

    #[test]
    fn texts_have_no_order_to_be_told() {
        assert!(Set::of(&[Value::from("a")]).is_none());
        assert_eq!(hash_of(&Value::NULL), Some(0xfca8_6420));
    }
}
