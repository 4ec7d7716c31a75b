//! A table as `nft -s list table` shows it: what it is made of, and what its sets hold.

use std::collections::{BTreeMap, BTreeSet};

/// Elements of sets by name.
pub type Sets = BTreeMap<String, BTreeSet<String>>;

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// All of it, as it was shown; nft reads it again.
    pub text: String,
    /// The same without elements of sets.
    pub frame: String,
    /// The elements.
    pub sets: Sets,
}

impl Listing {
    /// Of what nft showed.
    pub fn of(text: &str) -> Self {
        let mut listing = Self { text: text.to_string(), ..Self::default() };
        let mut set = String::new();
        let mut open = false;
        for line in text.lines() {
            let plain = line.trim();
            let part = match plain.strip_prefix("elements = {") {
                Some(rest) => Some(rest),
                None if open => Some(plain),
                None => None,
            };
            let Some(part) = part else {
                if let Some(name) = plain.strip_prefix("set ").and_then(|r| r.strip_suffix(" {")) {
                    set = name.to_string();
                    listing.sets.entry(set.clone()).or_default();
                }
                if !plain.is_empty() {
                    listing.frame += plain;
                    listing.frame.push('\n');
                }
                continue;
            };
            open = !part.ends_with('}');
            let items = part.trim_end_matches('}').split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty()).map(str::to_string);
            listing.sets.entry(set.clone()).or_default().extend(items);
        }
        listing
    }

    /// What a set holds.
    pub fn holds(&self, set: &str, element: &str) -> bool {
        self.sets.get(set).is_some_and(|held| held.contains(element))
    }

    /// Sets whose elements differ from those of the wanted table, with the wanted ones.
    pub fn differing<'a>(
        &self,
        wanted: &'a Self,
        skip: impl Fn(&str) -> bool,
    ) -> Vec<(&'a str, &'a BTreeSet<String>)> {
        let sets = wanted.sets.iter().filter(|(name, _)| !skip(name));
        let other = sets.filter(|(name, elements)| self.sets.get(*name) != Some(elements));
        other.map(|(name, elements)| (name.as_str(), elements)).collect()
    }
}
