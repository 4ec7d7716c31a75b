//! What a boot loader would boot: its generated entries.

use super::words::split;
use crate::modules::told::Told;

/// One kernel that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its title, or the file it is in.
    pub name: String,
    /// Its command line.
    pub words: Vec<String>,
}

/// A title in quotes, as GRUB writes them.
fn title(line: &str) -> String {
    let quote = line.find(['\'', '"']);
    let Some((at, quote)) = quote.and_then(|at| Some((at, line[at..].chars().next()?))) else {
        return String::new();
    };
    line[at + 1..].split(quote).next().unwrap_or_default().to_string()
}

/// Normal entries of lines of a grub.cfg: neither those for repairs, nor other systems, nor what is no Linux.
pub fn grub(text: &str) -> Vec<Entry> {
    let (mut entries, mut name, mut ours) = (Vec::new(), String::new(), true);
    for line in text.lines() {
        if let Some(section) = line.strip_prefix("### BEGIN ") {
            let section = section.trim_end_matches(" ###");
            ours = section.contains("linux");
            continue;
        }
        let mut words = line.split_whitespace();
        match words.next() {
            Some("menuentry") => name = title(line),
            Some("linux" | "linux16" | "linuxefi") if ours => {
                let rest = line.trim_start().split_once(char::is_whitespace);
                let words: Vec<String> =
                    split(rest.map_or("", |(_, rest)| rest)).into_iter().skip(1).collect();
                let repair = |word: &String| word == "recovery" || word == "single";
                if !words.iter().any(repair) && !name.contains("recovery mode") {
                    entries.push(Entry { name: name.clone(), words });
                }
            }
            _ => {}
        }
    }
    entries
}

/// An entry of the boot loader specification; None: it boots no kernel.
pub fn specified(file: &str, text: &str) -> Option<Entry> {
    let of = |key: &str| {
        text.lines().find_map(|line| {
            let (name, rest) = line.trim().split_once(char::is_whitespace)?;
            (name == key).then(|| rest.trim().to_string())
        })
    };
    of("linux")?;
    let name = of("title").map_or_else(|| file.to_string(), |title| format!("{title} ({file})"));
    Some(Entry { name, words: split(&of("options").unwrap_or_default()) })
}

/// Files of a partition, each behind a line with its name.
pub fn partition(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in text.split("== ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        if name.ends_with(".conf") {
            entries.extend(specified(name, text));
        } else {
            entries.extend(grub(text));
        }
    }
    entries
}

/// What `grubby --info=ALL` tells; the root file system stands apart there.
pub fn grubby(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        match (key, entries.last_mut()) {
            ("index", _) => {
                entries.push(Entry { name: format!("entry {value}"), words: Vec::new() });
            }
            ("title", Some(entry)) => entry.name = value.to_string(),
            ("args", Some(entry)) => entry.words.extend(split(value)),
            ("root", Some(entry)) => entry.words.insert(0, format!("root={value}")),
            _ => {}
        }
    }
    entries.retain(|entry| !entry.words.is_empty());
    entries
}

/// All entries in files that were told as `entry PATH`.
pub fn told(told: &Told) -> Vec<Entry> {
    let files = told.all().filter(|said| said.rc == 0);
    let entry = |said: &crate::modules::told::Said| {
        let path = said.what.strip_prefix("entry ")?;
        specified(path.rsplit('/').next().unwrap_or(path), &said.text)
    };
    files.filter_map(entry).collect()
}
