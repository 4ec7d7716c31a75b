use super::*;

fn all(pattern: &str, text: &str) -> Vec<String> {
    let regex = python(pattern, "").unwrap();
    regex.all(text).unwrap().iter().map(|f| f.group(0).unwrap_or("-").to_string()).collect()
}

fn sub(pattern: &str, by: &str, text: &str) -> String {
    let regex = python(pattern, "").unwrap();
    let template = Template::of(by, &regex).unwrap();
    let (mut out, mut from) = (String::new(), 0);
    for found in regex.all(text).unwrap() {
        out.push_str(&text[from..found.start()]);
        template.fill(&found, &mut out);
        from = found.end();
    }
    out + &text[from..]
}

#[test]
fn empty_matches_follow_as_in_python() {
    assert_eq!(sub("x*", "-", "abxd"), "-a-b--d-");
    assert_eq!(sub("", "-", "ab"), "-a-b-");
    assert_eq!(all("a|", "ba"), ["", "a", ""]);
}

#[test]
fn the_end_is_also_before_a_last_newline() {
    assert_eq!(sub("a$", "b", "a\n"), "b\n");
    assert_eq!(sub(r"a\Z", "b", "a\n"), "a\n");
    assert_eq!(all("(?m)a$", "a\na"), ["a", "a"]);
}

#[test]
fn pythons_syntax_is_understood() {
    assert_eq!(all(r"(?P<q>['x]).*?(?P=q)", "'a' xbx"), ["'a'", "xbx"]);
    assert_eq!(all("[[]a[]]", "[a]"), ["[a]"]);
    assert_eq!(all("[a&&b]+", "a&b"), ["a&b"]);
    assert_eq!(all("{{ x }}", "{{ x }}"), ["{{ x }}"]);
    assert_eq!(all("a{2}", "aaa"), ["aa"]);
    assert_eq!(all("a{,2}b", "aab"), ["aab"]);
    assert_eq!(all(r"\<b\>", "<b>"), ["<b>"]);
    assert_eq!(all(r"[\w-]+", "a-b"), ["a-b"]);
    assert_eq!(all(r"[a\-z]+", "a-z"), ["a-z"]);
    assert_eq!(all(r"(a)\1", "aa"), ["aa"]);
    assert_eq!(all(r"(?<=x)y(?!z)", "xy xyz"), ["y"]);
    assert_eq!(all(r"\x41\101", "AA"), ["AA"]);
    assert_eq!(all("(?i)ä", "Ä"), ["Ä"]);
    assert_eq!(all("a (?#comment)b", "a b"), ["a b"]);
}

#[test]
fn bad_escapes_are_named() {
    assert_eq!(python(r"\y", "").err().unwrap(), "bad escape \\y at position 0");
    assert_eq!(python("[a", "").err().unwrap(), "unterminated character set at position 0");
    let problem = |pattern| python(pattern, "").err().unwrap();
    assert_eq!(problem("a(b"), "missing ), unterminated subpattern at position 1");
    assert_eq!(problem("a)"), "unbalanced parenthesis at position 1");
    assert_eq!(problem("*a"), "nothing to repeat at position 0");
    assert_eq!(all(r"\((?P<n>a)\)|x\*", "(a) x*"), ["(a)", "x*"]);
    let regex = python("(a)", "").unwrap();
    let error = Template::of(r"\2", &regex).err().unwrap();
    assert_eq!(error, "invalid group reference 2 at position 1");
    assert_eq!(Template::of(r"\y", &regex).err().unwrap(), "bad escape \\y at position 0");
}

#[test]
fn templates_take_groups_and_escapes() {
    assert_eq!(sub("(a)(b)?", r"\g<2>[\1]\n", "a"), "[a]\n");
    assert_eq!(sub("(?P<n>a)", r"\g<n>\g<0>", "a"), "aa");
}

#[test]
fn flags_and_ranges_are_told() {
    assert!(python("(?m)a", "").unwrap().is_multiline());
    assert!(python("(?im)a", "").unwrap().is_multiline());
    assert!(python("a", "m").unwrap().is_multiline());
    assert!(!python("(?m:a)", "").unwrap().is_multiline());
    let regex = python("b(?P<s>.*?)d", "s").unwrap();
    let found = regex.search("ab\ncd").unwrap().unwrap();
    assert_eq!(found.named_range("s"), Some(2..4));
}
