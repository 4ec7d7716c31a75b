//! Files of the loader: `name="value"` in each line, the last of a name counts.

/// Longest value that the kernel's environment takes.
pub const LONGEST: usize = 128;

/// One line that sets something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting<'a> {
    name: &'a str,
    value: &'a str,
    /// What stands behind the value: blanks and a comment.
    rest: &'a str,
}

/// Whether a name is one that the loader takes.
pub fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '%');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(letter)
}

/// Why a value cannot stand between quotes, if so: the loader has no way to escape what means something to it.
pub fn refuse(value: &str) -> Option<String> {
    let odd =
        |c: &char| !(*c == ' ' || c.is_ascii_graphic()) || matches!(c, '"' | '\\' | '$' | '`');
    if let Some(c) = value.chars().find(odd) {
        return Some(format!("the loader cannot read {c:?} in a value"));
    }
    let long = value.len() > LONGEST;
    long.then(|| format!("the loader takes {LONGEST} characters, the value has {}", value.len()))
}

/// Reads a line; None: it sets nothing. Err: the loader cannot read it either.
fn setting(line: &str) -> Result<Option<Setting<'_>>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, behind) = line.split_once('=').ok_or(())?;
    let (name, behind) = (name.trim_end(), behind.trim_start());
    let (value, rest) = match behind.strip_prefix('"') {
        Some(inside) => inside.split_once('"').ok_or(())?,
        None => {
            let end = behind.find([' ', '\t', '#']).unwrap_or(behind.len());
            behind.split_at(end)
        }
    };
    let clean = rest.trim_start().is_empty() || rest.trim_start().starts_with('#');
    if !clean || !is_name(name) {
        return Err(());
    }
    Ok(Some(Setting { name, value, rest }))
}

fn of<'a>(line: &'a str, name: &str) -> Option<Setting<'a>> {
    setting(line).ok().flatten().filter(|setting| setting.name == name)
}

/// All values of a name, in their order.
pub fn values(text: &str, name: &str) -> Vec<String> {
    text.lines().filter_map(|line| of(line, name)).map(|found| found.value.to_string()).collect()
}

/// Numbers of lines that the loader cannot read.
pub fn broken(text: &str) -> Vec<usize> {
    let lines = text.lines().enumerate();
    lines.filter(|(_, line)| setting(line).is_err()).map(|(at, _)| at + 1).collect()
}

/// The text with this value: the last line of the name is rewritten, or one is added.
pub fn with(text: &str, name: &str, value: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(last) = lines.iter().rposition(|line| of(line, name).is_some()) else {
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{newline}{name}=\"{value}\"\n");
    };
    let old = lines[last];
    let indent = &old[..old.len() - old.trim_start().len()];
    let rest = of(old, name).map_or("", |setting| setting.rest);
    let end = if old.ends_with("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{indent}{name}=\"{value}\"{rest}{end}");
    [&lines[..last].concat(), line.as_str(), &lines[last + 1..].concat()].concat()
}

/// The text without any line of this name.
pub fn without(text: &str, name: &str) -> String {
    text.split_inclusive('\n').filter(|line| of(line, name).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded, but for the last two lines.
    const TEXT: &str = "autoboot_delay=\"1\"\nconsole=\"comconsole\"\nboot_serial=\"YES\"\n\
        kern.racct.enable=1\nzfs_load=\"YES\"  # root\nbeastie_disable=\"YES\"\n# vmm_load=\"YES\"\nboot_serial = NO";

    #[test]
    fn f25_dotted_and_unquoted_names_are_read() {
        assert_eq!(values(TEXT, "kern.racct.enable"), ["1"]);
        assert_eq!(values(TEXT, "boot_serial"), ["YES", "NO"], "the last one counts");
        assert_eq!(values(TEXT, "vmm_load"), [""; 0]);
        assert_eq!(broken(TEXT), [0; 0]);
        assert_eq!(broken("a=\"b\nnonsense\n\n# c\nx=1 2\nok=\"1\"\n"), [1, 2, 5]);
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        let new = with(TEXT, "zfs_load", "NO");
        assert_eq!(new, TEXT.replace("zfs_load=\"YES\"  # root", "zfs_load=\"NO\"  # root"));
        let new = with(TEXT, "boot_serial", "YES");
        assert_eq!(new, TEXT.replace("boot_serial = NO", "boot_serial=\"YES\"\n"));
        assert_eq!(with(TEXT, "vmm_load", "YES"), format!("{TEXT}\nvmm_load=\"YES\"\n"));
        assert_eq!(without(TEXT, "boot_serial").matches("boot_serial").count(), 0);
        assert_eq!(with("", "a", "b c"), "a=\"b c\"\n");
    }

    #[test]
    fn values_that_the_loader_would_read_otherwise_are_refused() {
        for bad in ["a\"b", "$x", "`x`", "a\\b", "a\nb", "\u{e9}", &"x".repeat(129)] {
            assert!(refuse(bad).is_some(), "{bad}");
        }
        for good in ["", "1/0/0 1/0/1", "/boot/efi;x", "it's", "#x"] {
            assert_eq!(refuse(good), None, "{good}");
        }
        assert!(is_name("kern.geom.label.gptid.enable") && is_name("hint.uart.0.at"));
        assert!(
            !is_name("") && !is_name("a b") && !is_name("a=b") && !is_name("-x") && !is_name("a\n")
        );
    }
}
