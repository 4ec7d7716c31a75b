//! Memory of Linux, by /proc/meminfo.

use crate::base::Value;
use crate::facts::Gathered;
use crate::facts::told::Told;

/// `memtotal_mb`, `memfree_mb`, `swaptotal_mb`, `swapfree_mb`, `memory_mb`.
pub fn read(told: &Told, found: &mut Gathered) {
    let lines = told.lines("/proc/meminfo");
    if lines.is_empty() {
        return;
    }
    let mb = |name: &str| -> Option<i64> {
        let line = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(line.split_whitespace().next()?.parse::<i64>().ok()? / 1024)
    };
    let less = |a: Option<i64>, b: Option<i64>| Some(a? - b?);
    let (total, free) = (mb("MemTotal"), mb("MemFree"));
    let (swap, swap_free) = (mb("SwapTotal"), mb("SwapFree"));
    for (name, value) in
        [("memtotal", total), ("memfree", free), ("swaptotal", swap), ("swapfree", swap_free)]
    {
        if let Some(value) = value {
            found.put(&format!("{name}_mb"), value);
        }
    }
    let uncached = || Some(mb("Cached")? + free? + mb("Buffers")?);
    let dict = |entries: Vec<(&str, Option<i64>)>| -> Value {
        entries.into_iter().map(|(name, value)| (name, value.into())).collect()
    };
    let real = dict(vec![("total", total), ("used", less(total, free)), ("free", free)]);
    let nocache = dict(vec![("free", uncached()), ("used", less(total, uncached()))]);
    let swap = dict(vec![
        ("total", swap),
        ("free", swap_free),
        ("used", less(swap, swap_free)),
        ("cached", mb("SwapCached")),
    ]);
    let all = [("real", real), ("nocache", nocache), ("swap", swap)];
    found.put("memory_mb", all.into_iter().collect::<Value>());
}
