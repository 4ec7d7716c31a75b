//! Filters on lists: parts, groups, combinations.

use super::attribute::{Path, folded};
use super::bind::{Bound, int_of};
use super::iterate::{is_sequence, items, lazy_items};
use super::order::compare_as;
use super::sum::add;
use super::{builtin, jinja, tuple};
use crate::base::{Key, Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use std::cmp::Ordering;

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "list",
        "Gives the items as a list: characters of a text, keys of a dict.",
        list,
        &[("'ab' | list", "['a', 'b']"), ("{'a': 1} | list", "['a']")],
    ),
    jinja("first", "Gives the first item.", first, &[("[1, 2] | first", "1")]),
    jinja("last", "Gives the last item.", last, &[("[1, 2] | last", "2"), ("'ab' | last", "'b'")]),
    jinja(
        "sum",
        "Adds the items, or an attribute of each, to a start.",
        sum,
        &[
            ("[1, 2.5] | sum", "3.5"),
            ("[{'n': 1}, {'n': 2}] | sum(attribute='n', start=10)", "13"),
            ("[[1], [2]] | sum(start=[])", "[1, 2]"),
        ],
    ),
    jinja(
        "min",
        "Gives the smallest item; capitals count as small letters.",
        min,
        &[("[3, 1] | min", "1"), ("['b', 'A'] | min", "'A'")],
    ),
    jinja(
        "max",
        "Gives the largest item; capitals count as small letters.",
        max,
        &[("[3, 1] | max", "3"), ("[{'n': 1}, {'n': 2}] | max(attribute='n')", "{'n': 2}")],
    ),
    jinja(
        "batch",
        "Cuts into lists of one length; the last may be filled up.",
        batch,
        &[("[1, 2, 3] | batch(2)", "[[1, 2], [3]]"), ("[1] | batch(2, 0)", "[[1, 0]]")],
    ),
    jinja(
        "slice",
        "Cuts into a number of lists of nearly one length.",
        slice,
        &[
            ("[1, 2, 3] | slice(2)", "[[1, 2], [3]]"),
            ("[1, 2, 3] | slice(2, 0)", "[[1, 2], [3, 0]]"),
        ],
    ),
    builtin(
        "flatten",
        "ansible.builtin.flatten",
        "Puts the items of inner lists in place of the lists; drops nulls.",
        flatten,
        &[
            ("[1, [2, [none, 3]]] | flatten", "[1, 2, 3]"),
            ("[1, [2, [3]]] | flatten(levels=1)", "[1, 2, [3]]"),
            ("[[none]] | flatten(skip_nulls=false)", "[none]"),
        ],
    ),
    builtin(
        "zip",
        "ansible.builtin.zip",
        "Pairs items by place until the shortest list ends.",
        zip,
        &[("[1, 2, 3] | zip(['a', 'b'])", "[(1, 'a'), (2, 'b')]")],
    ),
    builtin(
        "zip_longest",
        "ansible.builtin.zip_longest",
        "Pairs items by place until the longest list ends.",
        zip_longest,
        &[("[1, 2] | zip_longest(['a'], fillvalue='-')", "[(1, 'a'), (2, '-')]")],
    ),
    builtin(
        "product",
        "ansible.builtin.product",
        "Gives all tuples with one item of each list.",
        product,
        &[
            ("[1, 2] | product('ab')", "[(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]"),
            ("[0, 1] | product(repeat=2) | length", "4"),
        ],
    ),
    builtin(
        "permutations",
        "ansible.builtin.permutations",
        "Gives all orders of the items, or of so many of them.",
        permutations,
        &[
            ("[1, 2] | permutations", "[(1, 2), (2, 1)]"),
            ("[1, 2] | permutations(1)", "[(1,), (2,)]"),
        ],
    ),
    builtin(
        "combinations",
        "ansible.builtin.combinations",
        "Gives all selections of so many items.",
        combinations,
        &[("[1, 2, 3] | combinations(2)", "[(1, 2), (1, 3), (2, 3)]")],
    ),
];

fn list(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("list", args, &[], 0)?;
    match value.kind {
        Kind::List(_) => Ok(value),
        _ => Ok(Value::list(lazy_items(&value)?.into_owned())),
    }
}

fn first(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_first", args, &[], 0)?;
    let none = || Value::undefined("No first item, sequence was empty.");
    Ok(lazy_items(&value)?.first().cloned().unwrap_or_else(none))
}

fn last(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_last", args, &[], 0)?;
    let none = || Value::undefined("No last item, sequence was empty.");
    Ok(lazy_items(&value)?.last().cloned().unwrap_or_else(none))
}

fn sum(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_sum", args, &["attribute", "start"], 0)?;
    let path = Path::of(bound.get("attribute"));
    let mut total = bound.get("start").cloned().unwrap_or_else(|| Value::from(0));
    if matches!(total.kind, Kind::Str(_)) {
        return Err(Stop::fault("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    for item in lazy_items(&value)?.iter() {
        total = add(&total, &path.get(env, item, None)?)?;
    }
    Ok(total)
}

fn min(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    extreme(env, &value, args, Ordering::Less)
}

fn max(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    extreme(env, &value, args, Ordering::Greater)
}

fn extreme(env: &dyn Env, value: &Value, args: &Args, side: Ordering) -> Result<Value, Stop> {
    let bound = Bound::of("min_or_max", args, &["case_sensitive", "attribute"], 0)?;
    let path = Path::of(bound.get("attribute"));
    let sensitive = bound.flag("case_sensitive", false);
    let operator = if side == Ordering::Less { "<" } else { ">" };
    let mut best: Option<(Value, Value)> = None;
    for item in lazy_items(value)?.iter() {
        let key = path.get(env, item, None)?;
        let key = if sensitive { key } else { folded(&key) };
        let better = match &best {
            Some((_, so_far)) => compare_as(operator, &key, so_far)? == side,
            None => true,
        };
        if better {
            best = Some((item.clone(), key));
        }
    }
    let none = || Value::undefined("No aggregated item, sequence was empty.");
    Ok(best.map_or_else(none, |(item, _)| item))
}

fn batch(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_batch", args, &["linecount", "fill_with"], 1)?;
    let size = int_of(bound.need("linecount")?)?;
    let mut batches = Vec::new();
    let mut batch: Vec<Value> = Vec::new();
    for item in lazy_items(&value)?.iter() {
        if batch.len() as i64 == size {
            batches.push(Value::list(std::mem::take(&mut batch)));
        }
        batch.push(item.clone());
    }
    if !batch.is_empty() {
        if let Some(fill) = bound.some("fill_with") {
            batch.resize(batch.len().max(size.max(0) as usize), fill.clone());
        }
        batches.push(Value::list(batch));
    }
    Ok(Value::list(batches))
}

fn slice(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_slice", args, &["slices", "fill_with"], 1)?;
    let slices = int_of(bound.need("slices")?)?;
    if slices == 0 {
        return Err(Stop::fault("integer division or modulo by zero"));
    }
    let items = lazy_items(&value)?;
    let slices = slices.max(0) as usize;
    let (each, extra) = (items.len() / slices.max(1), items.len() % slices.max(1));
    let mut rest = &*items;
    let mut cut = Vec::new();
    for n in 0..slices {
        let (head, tail) = rest.split_at(each + usize::from(n < extra));
        rest = tail;
        let mut part = head.to_vec();
        if let (Some(fill), true) = (bound.some("fill_with"), n >= extra) {
            part.push(fill.clone());
        }
        cut.push(Value::list(part));
    }
    Ok(Value::list(cut))
}

fn flatten(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("flatten", args, &["levels", "skip_nulls"], 0)?;
    let levels = bound.some_int("levels")?;
    let skip = bound.flag("skip_nulls", true);
    flattened(&items(&value)?, levels, skip).map(Value::list)
}

/// Items with those of inner lists in place of the lists, so many levels deep; None: all the way.
pub fn flattened(items: &[Value], levels: Option<i64>, skip: bool) -> Result<Vec<Value>, Stop> {
    let mut flat = Vec::new();
    for item in items {
        let null = item.is_null() || matches!(item.as_str(), Some("None" | "null"));
        if skip && null {
            continue;
        }
        if is_sequence(item) && levels.is_none_or(|n| n >= 1) {
            let inner = super::iterate::items(item)?;
            flat.extend(flattened(&inner, levels.map(|n| n - 1), skip)?);
        } else {
            flat.push(item.clone());
        }
    }
    Ok(flat)
}

/// The piped list and the positional arguments as rows; keywords other than `keyword` are refused.
fn rows(call: &str, value: &Value, args: &Args, keyword: &str) -> Result<Vec<Vec<Value>>, Stop> {
    if let Some(key) = args.keyword.keys().find(|key| key.as_str() != Some(keyword)) {
        return Err(Stop::fault(format!("{call}() got an unexpected keyword argument '{key}'")));
    }
    let lists = std::iter::once(value).chain(&args.positional);
    lists.map(|list| items(list).map(std::borrow::Cow::into_owned)).collect()
}

fn zip(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let rows = rows("zip", &value, args, "strict")?;
    let shortest = rows.iter().map(Vec::len).min().unwrap_or(0);
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let strict = args.keyword.get(&Key::from("strict")).is_some_and(Value::is_true);
    if strict && shortest != longest {
        return Err(Stop::fault("zip() arguments have different lengths"));
    }
    let row = |i: usize| tuple(rows.iter().map(|row| row[i].clone()).collect());
    Ok(Value::list((0..shortest).map(row).collect()))
}

fn zip_longest(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let rows = rows("zip_longest", &value, args, "fillvalue")?;
    let fill = args.keyword.get(&Key::from("fillvalue")).cloned().unwrap_or_default();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<Value>, i: usize| row.get(i).unwrap_or(&fill).clone();
    let row = |i: usize| tuple(rows.iter().map(|row| cell(row, i)).collect());
    Ok(Value::list((0..longest).map(row).collect()))
}

fn product(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let rows = rows("product", &value, args, "repeat")?;
    let repeat = args.keyword.get(&Key::from("repeat")).map_or(Ok(1), int_of)?;
    let repeat =
        usize::try_from(repeat).map_err(|_| Stop::fault("repeat argument cannot be negative"))?;
    let mut all: Vec<Vec<Value>> = vec![Vec::new()];
    for row in std::iter::repeat_n(&rows, repeat).flatten() {
        let longer = |begun: &Vec<Value>| {
            let begun = begun.clone();
            row.iter()
                .map(move |item| begun.iter().chain([item]).cloned().collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    Ok(Value::list(all.into_iter().map(tuple).collect()))
}

fn permutations(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("permutations", args, &["r"], 0)?;
    let items = items(&value)?;
    let size = bound.some_int("r")?.unwrap_or(items.len() as i64);
    let size = usize::try_from(size).map_err(|_| Stop::fault("r must be non-negative"))?;
    let mut all = Vec::new();
    if size <= items.len() {
        permute(&items, size, &mut Vec::new(), &mut all);
    }
    Ok(Value::list(all))
}

fn permute(items: &[Value], size: usize, chosen: &mut Vec<usize>, all: &mut Vec<Value>) {
    if chosen.len() == size {
        all.push(tuple(chosen.iter().map(|&i| items[i].clone()).collect()));
        return;
    }
    for i in 0..items.len() {
        if chosen.contains(&i) {
            continue;
        }
        chosen.push(i);
        permute(items, size, chosen, all);
        chosen.pop();
    }
}

fn combinations(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("combinations", args, &["r"], 1)?;
    let items = items(&value)?;
    let size = int_of(bound.need("r")?)?;
    let size = usize::try_from(size).map_err(|_| Stop::fault("r must be non-negative"))?;
    let mut all = Vec::new();
    combine(&items, size, 0, &mut Vec::new(), &mut all);
    Ok(Value::list(all))
}

fn combine(
    items: &[Value],
    size: usize,
    from: usize,
    chosen: &mut Vec<Value>,
    all: &mut Vec<Value>,
) {
    if chosen.len() == size {
        all.push(tuple(chosen.clone()));
        return;
    }
    for i in from..items.len() {
        chosen.push(items[i].clone());
        combine(items, size, i + 1, chosen, all);
        chosen.pop();
    }
}
