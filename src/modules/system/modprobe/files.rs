//! Files that say which modules are loaded at boot, and with which parameters.

/// A line without its comment.
fn plain(line: &str) -> &str {
    line.split(['#', ';']).next().unwrap_or_default().trim()
}

/// Whether a line of modules-load.d has a module loaded.
fn loads(line: &str, name: &str) -> bool {
    plain(line) == name
}

/// The parameters that a line of modprobe.d gives a module.
fn parameters<'a>(line: &'a str, name: &str) -> Vec<&'a str> {
    let mut words = plain(line).split_whitespace();
    if words.next() != Some("options") || words.next() != Some(name) {
        return Vec::new();
    }
    words.collect()
}

/// Whether a text has the module loaded.
pub fn has(text: &str, name: &str) -> bool {
    text.lines().any(|line| loads(line, name))
}

/// All parameters that a text gives it.
pub fn options(text: &str, name: &str) -> Vec<String> {
    text.lines().flat_map(|line| parameters(line, name)).map(str::to_string).collect()
}

/// The text with the lines that load the module as comments.
pub fn unload(text: &str, name: &str) -> String {
    commented(text, |line| loads(line, name))
}

/// The text with the lines that give it parameters as comments.
pub fn forget(text: &str, name: &str) -> String {
    commented(text, |line| !parameters(line, name).is_empty())
}

fn commented(text: &str, which: impl Fn(&str) -> bool) -> String {
    let line = |line: &str| format!("{}{line}", if which(line) { "#" } else { "" });
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_module_are_found_and_commented() {
        let text = "# dummy\ndummy # of ours\n dummy2\n";
        assert!(has(text, "dummy") && has(text, "dummy2") && !has(text, "dum"));
        assert_eq!(unload(text, "dummy"), "# dummy\n#dummy # of ours\n dummy2\n");
        let text = "options dummy numdummies=2\noptions other a=1\n#options dummy x=1\noptions dummy a=1 b=2";
        assert_eq!(options(text, "dummy"), ["numdummies=2", "a=1", "b=2"]);
        let gone = "#options dummy numdummies=2\noptions other a=1\n#options dummy x=1\n#options dummy a=1 b=2";
        assert_eq!(forget(text, "dummy"), gone);
    }
}
