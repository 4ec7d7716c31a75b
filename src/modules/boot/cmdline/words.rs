//! Words of a kernel's command line, and what is wished of them.

use crate::spec::Failure;

/// Keys that may stand there several times, each time with a value of its own.
const MANY: [&str; 12] = [
    "console",
    "earlycon",
    "hugepages",
    "hugepagesz",
    "ip",
    "memmap",
    "pci",
    "rd.driver.blacklist",
    "rd.driver.pre",
    "systemd.mask",
    "systemd.wants",
    "dyndbg",
];

/// Keys whose value is a list with commas.
const LISTS: [&str; 4] =
    ["vfio_pci.ids", "modprobe.blacklist", "module_blacklist", "initcall_blacklist"];

/// Keys that say what is booted, and from where: a host may not come back without them.
const GUARDED: [&str; 11] = [
    "root",
    "boot",
    "zfs",
    "rootfstype",
    "rootflags",
    "cryptdevice",
    "cryptopts",
    "init",
    "rdinit",
    "initrd",
    "BOOT_IMAGE",
];

/// Such keys by their beginning.
const GUARDED_BELOW: [&str; 4] = ["luks.", "rd.luks.", "rd.lvm.", "rd.md."];

crate::choices! {
    /// What becomes of values that a key has already.
    pub enum Multi { Replace = "replace", Append = "append" }
}

/// Words as the kernel splits them: blanks in double quotes do not part them.
pub fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        quoted ^= c == '"';
        if !c.is_whitespace() || quoted {
            word.push(c);
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The key of a word; the kernel takes `-` and `_` for one.
pub fn key(word: &str) -> String {
    word.split('=').next().unwrap_or_default().replace('-', "_")
}

fn value(word: &str) -> &str {
    word.split_once('=').map_or("", |(_, value)| value)
}

fn is_list(key: &str) -> bool {
    LISTS.contains(&key)
}

/// Keys that belong together: a count of pages is of the size in front of it.
fn family(word: &str) -> String {
    let key = key(word);
    if key == "hugepagesz" { "hugepages".to_string() } else { key }
}

fn same(one: &str, other: &str) -> bool {
    key(one) == key(other) && value(one) == value(other) && one.contains('=') == other.contains('=')
}

/// Values of one key.
#[derive(Clone, Debug)]
struct Group {
    family: String,
    words: Vec<String>,
    multi: Option<Multi>,
}

/// What is wished of a command line.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    groups: Vec<Group>,
    absent: Vec<String>,
}

impl Wish {
    /// What the arguments say.
    ///
    /// # Errors
    /// A word that none is, that decides what is booted, that is wanted and not, or whose key needs `multi`.
    pub fn new(args: &[String], absent: &[String], multi: Option<Multi>) -> Result<Self, Failure> {
        for word in args.iter().chain(absent) {
            check(word)?;
        }
        let mut groups: Vec<Group> = Vec::new();
        for word in args {
            let family = family(word);
            match groups.iter_mut().find(|group| group.family == family) {
                Some(group) => group.words.push(word.clone()),
                None => groups.push(Group { family, words: vec![word.clone()], multi }),
            }
        }
        for group in &mut groups {
            let many = MANY.contains(&group.family.as_str()) || is_list(&group.family);
            if multi.is_none() && (many || group.words.len() > 1) {
                return Err(needs_multi(&group.words[0]));
            }
            // A key with one value is set, whatever the others need.
            if !many && group.words.len() == 1 {
                group.multi = None;
            }
        }
        let both = absent.iter().find(|gone| args.iter().any(|word| matches(word, gone)));
        if let Some(word) = both {
            return Err(Failure::new(format!("{word} is in args and in absent")));
        }
        if args.is_empty() && absent.is_empty() {
            return Err(Failure::new("one of the following is required: args, absent"));
        }
        Ok(Self { groups, absent: absent.to_vec() })
    }

    /// The words as they shall be.
    pub fn apply(&self, words: &[String]) -> Vec<String> {
        let mut words: Vec<String> = words
            .iter()
            .filter(|word| !self.absent.iter().any(|gone| matches(word, gone)))
            .cloned()
            .collect();
        self.groups.iter().for_each(|group| group.apply(&mut words));
        words
    }

    /// Whether they are so.
    pub fn holds(&self, words: &[String]) -> bool {
        self.apply(words) == words
    }

    /// Refuses a line in which a key that gets one value has several.
    ///
    /// # Errors
    /// Which one.
    pub fn check(&self, words: &[String]) -> Result<(), Failure> {
        for group in self.groups.iter().filter(|group| group.multi.is_none()) {
            let mut found: Vec<&String> =
                words.iter().filter(|word| family(word) == group.family).collect();
            found.dedup();
            if found.len() > 1 {
                return Err(needs_multi(found[0]));
            }
        }
        Ok(())
    }

    /// Whether a word is one of those that it speaks of.
    pub fn concerns(&self, word: &str) -> bool {
        self.groups.iter().any(|group| group.family == family(word))
            || self.absent.iter().any(|gone| matches(word, gone))
    }

    /// What is wrong with a line: words that are missing, and those that are too much.
    pub fn faults(&self, words: &[String]) -> (Vec<String>, Vec<String>) {
        let wanted = self.apply(words);
        let less = |all: &[String], known: &[String]| -> Vec<String> {
            all.iter().filter(|word| !known.contains(word)).cloned().collect()
        };
        (less(&wanted, words), less(words, &wanted))
    }
}

impl Group {
    fn apply(&self, words: &mut Vec<String>) {
        match self.multi {
            Some(Multi::Append) if self.family == "hugepages" => self.pages(words),
            Some(Multi::Append) if is_list(&self.family) => self.join(words),
            Some(Multi::Append) => {
                for word in &self.words {
                    if !words.iter().any(|other| same(other, word)) {
                        words.push(word.clone());
                    }
                }
            }
            Some(Multi::Replace) => self.replace(words, &self.listed()),
            None => self.replace(words, &self.words),
        }
    }

    /// Several words of a list are one.
    fn listed(&self) -> Vec<String> {
        if !is_list(&self.family) || self.words.len() == 1 {
            return self.words.clone();
        }
        let all: Vec<&str> = self.words.iter().map(|word| value(word)).collect();
        vec![format!("{}={}", name(&self.words[0]), all.join(","))]
    }

    fn replace(&self, words: &mut Vec<String>, new: &[String]) {
        let mine = |word: &String| family(word) == self.family;
        let now: Vec<&String> = words.iter().filter(|word| mine(word)).collect();
        if now.len() == new.len() && now.iter().zip(new).all(|(one, other)| same(one, other)) {
            return;
        }
        // The same value twice is no harm.
        if self.multi.is_none() && !now.is_empty() && now.iter().all(|word| same(word, &new[0])) {
            return;
        }
        let at = words.iter().position(mine).unwrap_or(words.len());
        words.retain(|word| !mine(word));
        words.splice(at..at, new.iter().cloned());
    }

    /// One word with all items; the kernel takes the last one alone.
    fn join(&self, words: &mut Vec<String>) {
        let items = |word: &str| -> Vec<String> {
            value(word).split(',').filter(|item| !item.is_empty()).map(String::from).collect()
        };
        let now: Vec<&String> = words.iter().filter(|word| family(word) == self.family).collect();
        let mut all: Vec<String> = now.iter().flat_map(|word| items(word)).collect();
        let wanted: Vec<String> = self.words.iter().flat_map(|word| items(word)).collect();
        if now.len() == 1 && wanted.iter().all(|item| all.contains(item)) {
            return;
        }
        for item in wanted {
            if !all.contains(&item) {
                all.push(item);
            }
        }
        let joined = format!("{}={}", name(&self.words[0]), all.join(","));
        self.replace(words, &[joined]);
    }

    /// Sizes and counts of pages: a size that is there gets the new count.
    fn pages(&self, words: &mut Vec<String>) {
        let now: Vec<String> =
            words.iter().filter(|word| family(word) == self.family).cloned().collect();
        let mut sizes = by_size(&now);
        for (size, wanted) in by_size(&self.words) {
            match sizes.iter_mut().find(|(known, _)| *known == size) {
                Some((_, words)) => *words = wanted,
                None => sizes.push((size, wanted)),
            }
        }
        let all: Vec<String> = sizes.into_iter().flat_map(|(_, words)| words).collect();
        self.replace(words, &all);
    }
}

/// Words of huge pages by the size that they speak of; none before the first size is named.
fn by_size(words: &[String]) -> Vec<(String, Vec<String>)> {
    let mut sizes: Vec<(String, Vec<String>)> = Vec::new();
    for word in words {
        if key(word) == "hugepagesz" || sizes.is_empty() {
            let size = if key(word) == "hugepagesz" { value(word) } else { "" };
            sizes.push((size.to_string(), Vec::new()));
        }
        if let Some((_, words)) = sizes.last_mut() {
            words.push(word.clone());
        }
    }
    sizes
}

fn name(word: &str) -> &str {
    word.split('=').next().unwrap_or_default()
}

/// Whether a word is one that shall be absent: `key` is all of that key.
fn matches(word: &str, gone: &str) -> bool {
    if gone.contains('=') { same(word, gone) } else { key(word) == key(gone) }
}

fn needs_multi(word: &str) -> Failure {
    Failure::new(format!(
        "{} may stand there several times: multi says whether what is there is replaced or added to",
        name(word)
    ))
}

/// Refuses what is no word of ours to set.
fn check(word: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // These mean something to the shell that reads GRUB's defaults, or to GRUB's own.
    let odd = |c: char| !c.is_ascii_graphic() || "\"'`$\\;&|<>(){}*?[]#!~".contains(c);
    let name = name(word);
    if name.is_empty() || name.starts_with('-') || !name.chars().all(plain) || word.contains(odd) {
        return Err(Failure::new(format!("{word:?} is no word of a kernel's command line")));
    }
    let key = key(word);
    let below = GUARDED_BELOW.iter().any(|start| key.starts_with(start));
    if below || GUARDED.contains(&key.as_str()) {
        return Err(Failure::new(format!(
            "{name} decides what the host boots, and from where: it is not touched"
        )));
    }
    Ok(())
}

/// Whether the words name the root file system.
pub fn has_root(words: &[String]) -> bool {
    words.iter().any(|word| key(word) == "root")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(wish: (&[&str], &[&str], Option<Multi>), words: &str) -> String {
        let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let wish = Wish::new(&texts(wish.0), &texts(wish.1), wish.2).unwrap();
        let new = wish.apply(&split(words));
        assert!(wish.holds(&new), "{new:?} is not settled");
        new.join(" ")
    }

    #[test]
    fn a_key_with_one_value_is_set_once() {
        let set = |words: &str| line((&["iommu=pt", "intel_iommu=on"], &[], None), words);
        assert_eq!(
            set("root=/dev/sda1 ro quiet"),
            "root=/dev/sda1 ro quiet iommu=pt intel_iommu=on"
        );
        assert_eq!(set("iommu=off intel-iommu=on quiet"), "iommu=pt intel-iommu=on quiet");
        assert_eq!(set("iommu=pt intel_iommu=on iommu=pt"), "iommu=pt intel_iommu=on iommu=pt");
        let quoted = "dyndbg=\"file a.c +p; file b.c +p\" quiet";
        assert_eq!(split(quoted), ["dyndbg=\"file a.c +p; file b.c +p\"", "quiet"]);
    }

    #[test]
    fn words_go_by_key_or_by_value() {
        let gone = |which: &[&str], words: &str| line((&[], which, None), words);
        assert_eq!(gone(&["quiet"], "ro quiet splash quiet"), "ro splash");
        assert_eq!(gone(&["console"], "console=tty0 x console=ttyS0,115200"), "x");
        assert_eq!(gone(&["console=tty0"], "console=tty0 x console=ttyS0"), "x console=ttyS0");
        assert_eq!(gone(&["vfio_pci.ids"], "vfio-pci.ids=1:2 a"), "a");
    }

    #[test]
    fn a_key_with_many_values_needs_a_word_for_it() {
        let refused = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            Wish::new(&args, &[], None).unwrap_err().msg
        };
        for args in [&["console=tty0"][..], &["vfio-pci.ids=1:2"], &["x=1", "x=2"]] {
            assert!(refused(args).contains("multi says whether"), "{args:?}");
        }
        let (all, more) = (Some(Multi::Replace), Some(Multi::Append));
        let consoles = ["console=tty0", "console=ttyS0"];
        assert_eq!(
            line((&consoles, &[], all), "a console=hvc0 b"),
            "a console=tty0 console=ttyS0 b"
        );
        assert_eq!(
            line((&consoles, &[], more), "console=ttyS0 console=hvc0"),
            "console=ttyS0 console=hvc0 console=tty0"
        );
        let ids = ["vfio-pci.ids=10de:2204,10de:1aef"];
        assert_eq!(
            line((&ids, &[], more), "vfio-pci.ids=8086:10d3 a"),
            "vfio-pci.ids=8086:10d3,10de:2204,10de:1aef a"
        );
        assert_eq!(
            line((&ids, &[], more), "vfio-pci.ids=10de:1aef vfio_pci.ids=10de:2204"),
            "vfio-pci.ids=10de:1aef,10de:2204"
        );
        assert_eq!(
            line((&ids, &[], all), "vfio-pci.ids=8086:10d3"),
            "vfio-pci.ids=10de:2204,10de:1aef"
        );
        let pages = ["hugepagesz=1G", "hugepages=16"];
        assert_eq!(
            line((&pages, &[], more), "hugepagesz=2M hugepages=512 hugepagesz=1G hugepages=4"),
            "hugepagesz=2M hugepages=512 hugepagesz=1G hugepages=16"
        );
        assert_eq!(
            line((&pages, &[], more), "hugepages=8 a"),
            "hugepages=8 hugepagesz=1G hugepages=16 a"
        );
        assert_eq!(line((&pages, &[], all), "hugepages=8 a"), "hugepagesz=1G hugepages=16 a");
        let one = Wish::new(&["iommu=pt".to_string()], &[], None).unwrap();
        assert!(one.check(&split("iommu=a iommu=b")).is_err());
        assert!(one.check(&split("iommu=a iommu=a")).is_ok());
    }

    #[test]
    fn what_decides_the_boot_is_not_touched() {
        for word in [
            "root=/dev/sda2",
            "boot=zfs",
            "rd.luks.uuid=1",
            "init=/bin/sh",
            "BOOT_IMAGE=/x",
            "rootflags=subvol=a",
            "zfs=a/b",
        ] {
            let text = Wish::new(&[word.to_string()], &[], None).unwrap_err().msg;
            assert!(text.contains("decides what the host boots"), "{word}: {text}");
            assert!(Wish::new(&[], &[word.to_string()], None).is_err(), "{word}");
        }
        for word in
            ["", "=x", "a b", "a=\"b\"", "a=$(x)", "a=`x`", "-a", "a=b;c", "ä=1", "a/b=1", "a=\n"]
        {
            let text = Wish::new(&[word.to_string()], &[], None).unwrap_err().msg;
            assert!(text.contains("is no word of"), "{word}: {text}");
        }
        let both = Wish::new(&["iommu=pt".to_string()], &["iommu".to_string()], None);
        assert_eq!(both.unwrap_err().msg, "iommu is in args and in absent");
        assert!(Wish::new(&[], &[], None).is_err());
    }
}
