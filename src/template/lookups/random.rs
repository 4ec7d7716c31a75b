//! Lookups of chance.

use super::impure;
use super::options::Options;
use crate::base::{Map, Value};
use crate::template::filters::twister::Random;
use crate::template::table::{Env, LookupPlugin, Stop};
use base64::Engine as _;

pub(super) const LOOKUPS: &[LookupPlugin] = &[
    impure(
        "random_choice",
        "ansible.builtin.random_choice",
        "Gives one of the terms by chance.",
        random_choice,
        &[("query('random_choice', 'a')", "['a']")],
    ),
    impure(
        "random_string",
        "community.general.random_string",
        "Gives a text of random characters.",
        random_string,
        &[
            ("query('community.general.random_string', length=12) | first | length", "12"),
            ("query('community.general.random_string', length=3, override_all='x')", "['xxx']"),
        ],
    ),
];

fn random_choice(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("random_choice", given, &[])?;
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Random::new(None)?.choice(terms)?.clone()])
}

const NAMES: &[&str] = &[
    "base64",
    "ignore_similar_chars",
    "length",
    "lower",
    "min_lower",
    "min_numeric",
    "min_special",
    "min_upper",
    "numbers",
    "override_all",
    "override_special",
    "seed",
    "similar_chars",
    "special",
    "upper",
];

/// ASCII characters that are neither letters, digits nor blanks, in order.
pub const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

fn random_string(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let options = Options::of("random_string", given, NAMES)?;
    if !terms.is_empty() {
        return Err(Stop::fault("the lookup random_string takes no terms"));
    }
    let mut random = Random::new(options.get("seed"))?;
    let similar = if options.flag("ignore_similar_chars", false)? {
        options.text("similar_chars", "il1LoO0")
    } else {
        String::new()
    };
    let distinct = |chars: &mut dyn Iterator<Item = char>| -> Vec<char> {
        chars.filter(|c| !similar.contains(*c)).collect()
    };
    let mut special = distinct(&mut PUNCTUATION.chars());
    if let Some(own) = options.get("override_special") {
        special = own.text().chars().collect();
    }
    let kinds = [
        ("upper", "min_upper", distinct(&mut ('A'..='Z'))),
        ("lower", "min_lower", distinct(&mut ('a'..='z'))),
        ("numbers", "min_numeric", distinct(&mut ('0'..='9'))),
        ("special", "min_special", special),
    ];
    let length = options.int("length")?.unwrap_or(8).max(0) as usize;
    let mut made: Vec<char> = Vec::new();
    let mut set: Vec<char> = options.text("override_all", "").chars().collect();
    if set.is_empty() {
        for (name, _, chars) in &kinds {
            set.extend(options.flag(name, true)?.then_some(chars).into_iter().flatten());
        }
        // The order in which Ansible draws the least of each kind.
        for place in [2, 1, 0, 3] {
            let (_, least, chars) = &kinds[place];
            let count = options.int(least)?.unwrap_or(0).max(0) as usize;
            draw(&mut random, chars, count, &mut made)?;
        }
    }
    draw(&mut random, &set, length.saturating_sub(made.len()), &mut made)?;
    if options.get("seed").is_none() {
        random.shuffle(&mut made)?;
    }
    let text: String = made.into_iter().collect();
    Ok(vec![Value::from(if options.flag("base64", false)? {
        base64::engine::general_purpose::STANDARD.encode(text)
    } else {
        text
    })])
}

fn draw(random: &mut Random, set: &[char], count: usize, made: &mut Vec<char>) -> Result<(), Stop> {
    if set.is_empty() && count > 0 {
        return Err(Stop::fault("Available characters cannot be None, please change constraints"));
    }
    for _ in 0..count {
        made.push(*random.choice(set)?);
    }
    Ok(())
}
