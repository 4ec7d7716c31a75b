//! Processors of Linux, by /proc/cpuinfo.

use crate::facts::Gathered;
use crate::facts::told::Told;
use indexmap::IndexMap;

/// What /proc/cpuinfo adds up to.
#[derive(Default)]
struct Count {
    words: Vec<String>,
    vendors: i64,
    models: i64,
    processors: i64,
    /// Of what has neither socket nor core: entries, or what the architecture counts.
    plain: i64,
    sockets: IndexMap<String, i64>,
    cores: IndexMap<String, i64>,
    flags: Option<Vec<String>>,
    /// IBM Z: processors, threads of a core.
    zed: (i64, i64),
}

/// `processor`, `processor_*`, `flags`, `uptime_seconds`.
pub fn read(told: &Told, found: &mut Gathered) {
    if let Some(seconds) =
        told.first("/proc/uptime").and_then(|line| line.split('.').next()?.parse::<i64>().ok())
    {
        found.put("uptime_seconds", seconds);
    }
    let lines = told.lines("/proc/cpuinfo");
    if lines.is_empty() {
        return;
    }
    let architecture = found.text("architecture").to_string();
    let count = counted(lines, &architecture);
    let threads = put_counts(told, &count, &architecture, found);
    found.put("processor_threads_per_core", threads);
    if let Some(flags) = count.flags {
        found.put("flags", flags);
    }
    found.put("processor", count.words);
}

fn counted(lines: &[&str], architecture: &str) -> Count {
    let mut count = Count::default();
    let (mut socket, mut core) = (String::from("0"), String::from("0"));
    for line in lines {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let number = value.parse::<i64>().unwrap_or_default();
        match key {
            "flags" => count.flags = Some(value.split_whitespace().map(str::to_string).collect()),
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                count.words.push(value.to_string());
                count.plain += 1;
                count.vendors += i64::from(key == "vendor_id");
                count.models += i64::from(key == "model name");
                count.processors += i64::from(key == "processor");
            }
            "physical id" => {
                socket = value.to_string();
                count.sockets.entry(socket.clone()).or_insert(1);
            }
            "core id" => {
                core = value.to_string();
                if !count.sockets.contains_key(&core) {
                    count.cores.insert(core.clone(), 1);
                }
            }
            "cpu cores" => {
                count.sockets.insert(socket.clone(), number);
            }
            "siblings" => {
                count.cores.insert(core.clone(), number);
            }
            "# processors" => count.zed.0 = number,
            "max thread id" => count.zed.1 = number + 1,
            "ncpus active" => count.plain = number,
            _ => {}
        }
    }
    if count.vendors > 0 && count.vendors == count.models {
        count.plain = count.vendors;
    }
    if ["armv", "aarch", "ppc"].iter().any(|start| architecture.starts_with(start)) {
        count.plain = count.processors;
    }
    count
}

/// Puts the numbers but the threads of a core, which it returns.
fn put_counts(told: &Told, count: &Count, architecture: &str, found: &mut Gathered) -> i64 {
    let mut put = |sockets: i64, cores: i64, vcpus: i64| {
        found.put("processor_count", sockets);
        found.put("processor_cores", cores);
        found.put("processor_vcpus", vcpus);
        let own = told
            .lines("/proc/self/status")
            .iter()
            .find_map(|line| Some(listed(line.strip_prefix("Cpus_allowed_list:")?.trim())));
        found.put("processor_nproc", own.unwrap_or(count.processors));
    };
    let (processors, threads) = count.zed;
    if architecture == "s390x" && threads > 0 {
        put(1, processors / threads, processors);
        return threads;
    }
    let xen = told.there("/proc/xen") || told.first("/sys/hypervisor/type") == Some("xen");
    let vme = count.flags.as_ref().is_none_or(|flags| flags.iter().any(|flag| flag == "vme"));
    if xen && !vme {
        put(count.plain, count.plain, count.plain);
        return 1;
    }
    let sockets = if count.sockets.is_empty() { count.plain } else { count.sockets.len() as i64 };
    let cores = count.sockets.values().next().copied().filter(|n| *n > 0).unwrap_or(1);
    let siblings = count.cores.values().next().copied().unwrap_or(1);
    let threads = rounded(siblings, cores);
    put(sockets, cores, threads * sockets * cores);
    threads
}

/// Rounds to the nearest integer, halves to the even one.
fn rounded(a: i64, b: i64) -> i64 {
    (a as f64 / b as f64).round_ties_even() as i64
}

/// How many numbers a list such as `0-3,6` has.
fn listed(list: &str) -> i64 {
    let parts = list.split(',').filter_map(|part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        Some(to.parse::<i64>().ok()? - from.parse::<i64>().ok()? + 1)
    });
    parts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Value;

    fn facts(text: &str) -> Value {
        let mut found = Gathered::default();
        found.put("architecture", "aarch64");
        let answer: String = text.lines().map(|line| format!("/proc/cpuinfo:{line}\n")).collect();
        read(&Told::parse(&(answer + "/proc/self/status:Cpus_allowed_list:\t0-2,5\n")), &mut found);
        Value::map(found.facts)
    }

    #[test]
    fn arm_counts_processors() {
        let facts = facts("processor\t: 0\nBogoMIPS : 50.00\n\nprocessor : 1\nFeatures : fp\n");
        assert_eq!(facts.get("ansible_processor"), Some(&Value::from(vec!["0", "1"])));
        assert_eq!(facts.get("ansible_processor_count"), Some(&Value::from(2)));
        assert_eq!(facts.get("ansible_processor_vcpus"), Some(&Value::from(2)));
        assert_eq!(facts.get("ansible_processor_nproc"), Some(&Value::from(4)));
    }

    #[test]
    fn threads_of_a_core_are_told_apart() {
        let one = "processor : 0\nvendor_id : X\nmodel name : Y\nphysical id : 0\nsiblings : 4\ncore id : 0\ncpu cores : 2\nflags : a b\n";
        let facts = facts(one);
        assert_eq!(facts.get("ansible_processor_cores"), Some(&Value::from(2)));
        assert_eq!(facts.get("ansible_processor_threads_per_core"), Some(&Value::from(2)));
        assert_eq!(facts.get("ansible_processor_vcpus"), Some(&Value::from(4)));
        assert_eq!(facts.get("ansible_flags"), Some(&Value::from(vec!["a", "b"])));
    }
}
