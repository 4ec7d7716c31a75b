//! Filters that choose by chance.

use super::bind::{Bound, int_of};
use super::iterate::{is_iterable, items};
use super::twister::Random;
use super::{builtin, impure};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    impure(builtin(
        "random",
        "ansible.builtin.random",
        "Gives a number below the piped one, or one of the items; the same one for one seed.",
        random,
        &[
            ("60 | random(seed='abc')", "49"),
            ("1 | random", "0"),
            ("[7] | random", "7"),
            ("101 | random(start=100)", "100"),
        ],
    )),
    impure(builtin(
        "shuffle",
        "ansible.builtin.shuffle",
        "Mixes the items; the same way for one seed.",
        shuffle,
        &[
            ("[3, 1, 2] | shuffle | sort", "[1, 2, 3]"),
            ("[1, 2, 3] | shuffle(seed='x') | length", "3"),
        ],
    )),
];

fn random(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("rand", args, &["start", "step", "seed"], 0)?;
    let mut random = Random::new(bound.get("seed"))?;
    let given = |name| bound.get(name).filter(|value| value.is_true());
    if matches!(value.kind, Kind::Int(_) | Kind::Bool(_)) {
        let start = given("start").map_or(Ok(0), int_of)?;
        let step = given("step").map_or(Ok(1), int_of)?;
        return in_range(&mut random, start, int_of(&value)?, step).map(Value::from);
    }
    if !is_iterable(&value) {
        return Err(Stop::fault("random can only be used on sequences and integers"));
    }
    if given("start").is_some() || given("step").is_some() {
        return Err(Stop::fault("start and step can only be used with integer values"));
    }
    random.choice(&items(&value)?).cloned()
}

fn in_range(random: &mut Random, start: i64, end: i64, step: i64) -> Result<i64, Stop> {
    let width = i128::from(end) - i128::from(start);
    let step = i128::from(step);
    let count = match step {
        1 if width <= 0 => {
            let text = format!("empty range in randrange({start}, {end})");
            return Err(Stop::fault(text));
        }
        1.. => (width + step - 1).div_euclid(step),
        0 => return Err(Stop::fault("zero step for randrange()")),
        _ => (-width - step - 1).div_euclid(-step),
    };
    if count <= 0 {
        return Err(Stop::fault("empty range for randrange()"));
    }
    let chosen = i128::from(random.below(count as u64)?);
    Ok((i128::from(start) + step * chosen) as i64)
}

fn shuffle(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("randomize_list", args, &["seed"], 0)?;
    if !is_iterable(&value) {
        return Ok(value);
    }
    let mut items = items(&value)?.into_owned();
    // A seed that counts as false is none, as in Ansible.
    let mut random = Random::new(bound.get("seed").filter(|seed| seed.is_true()))?;
    random.shuffle(&mut items)?;
    Ok(Value::list(items))
}
