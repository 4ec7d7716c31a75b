//! The filters with regular expressions.

use crate::base::Value;
use crate::base::regex::{Found, Regex, Template, python};
use crate::template::filters::bind::{Bound, shown_text, text_of};
use crate::template::filters::{builtin, tuple};
use crate::template::table::{Args, Env, Filter, Stop};

/// The entries.
pub const FILTERS: &[Filter] = &[
    builtin(
        "regex_replace",
        "ansible.builtin.regex_replace",
        "Replaces the matches of an expression; `\\1` and `\\g<name>` stand for groups.",
        regex_replace,
        &[
            (r"'foo.bar' | regex_replace('^(\\w+)\\.(\\w+)$', '\\2-\\1')", "'bar-foo'"),
            ("'abAB' | regex_replace('b', 'x', ignorecase=true)", "'axAx'"),
            (r"'a\nb' | regex_replace('^', '> ', multiline=true)", r"'> a\n> b'"),
            ("'aaa' | regex_replace('a', 'b', count=2)", "'bba'"),
        ],
    ),
    builtin(
        "regex_search",
        "ansible.builtin.regex_search",
        "Gives the first match, or the groups that are asked for; none when nothing matches.",
        regex_search,
        &[
            ("'foo42bar' | regex_search('[0-9]+')", "'42'"),
            (r"'foo42' | regex_search('([a-z]+)(\\d+)', '\\2', '\\1')", "['42', 'foo']"),
            ("'foo' | regex_search('x')", "none"),
        ],
    ),
    builtin(
        "regex_findall",
        "ansible.builtin.regex_findall",
        "Gives all matches, or the groups of all matches.",
        regex_findall,
        &[
            ("'a1b22' | regex_findall('[0-9]+')", "['1', '22']"),
            (r"'a1b2' | regex_findall('([a-z])(\\d)')", "[('a', '1'), ('b', '2')]"),
        ],
    ),
    builtin(
        "regex_escape",
        "ansible.builtin.regex_escape",
        "Escapes what is special in expressions of Python, or of POSIX (basic).",
        regex_escape,
        &[
            ("'a.b*' | regex_escape", r"'a\\.b\\*'"),
            ("'a.b(c)' | regex_escape('posix_basic')", r"'a\\.b(c)'"),
        ],
    ),
];

/// The expression of a call: `ignorecase` and `multiline` as Ansible names them.
pub fn pattern_of(bound: &Bound, name: &str) -> Result<Regex, Stop> {
    let pattern = bound.text(name, "");
    let mut flags = String::new();
    flags.push_str(if bound.flag("ignorecase", false) { "i" } else { "" });
    flags.push_str(if bound.flag("multiline", false) { "m" } else { "" });
    python(&pattern, &flags).map_err(Stop::fault)
}

fn regex_replace(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const NAMES: &[&str] =
        &["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"];
    let bound = Bound::of("regex_replace", args, NAMES, 0)?;
    let regex = pattern_of(&bound, "pattern")?;
    let template = Template::of(&bound.text("replacement", ""), &regex).map_err(Stop::fault)?;
    let most = match bound.int("count", 0)? {
        0 => usize::MAX,
        count => count.max(0) as usize,
    };
    let text = text_of(&value);
    let all = regex.all(&text).map_err(Stop::fault)?;
    let (mut out, mut from, mut done) = (String::new(), 0, 0);
    for found in all.iter().take(most) {
        out.push_str(&text[from..found.start()]);
        template.fill(found, &mut out);
        from = found.end();
        done += 1;
    }
    out.push_str(&text[from..]);
    let mandatory = bound.int("mandatory_count", 0)?;
    if mandatory != 0 && mandatory != done {
        return Err(Stop::fault(format!(
            "'{}' should match {mandatory} times, but matches {} times in '{}'",
            bound.text("pattern", ""),
            bound.int("count", 0)?,
            shown_text(&value)
        )));
    }
    Ok(Value::from(out))
}

fn regex_search(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let Some((pattern, groups)) = args.positional.split_first() else {
        return Err(Stop::fault("regex_search() missing 1 required positional argument: 'regex'"));
    };
    let only = Args { positional: vec![pattern.clone()], keyword: args.keyword.clone() };
    let bound = Bound::of("regex_search", &only, &["regex", "ignorecase", "multiline"], 1)?;
    let regex = pattern_of(&bound, "regex")?;
    let text = text_of(&value);
    let groups: Result<Vec<String>, Stop> = groups.iter().map(group_name).collect();
    let groups = groups?;
    let Some(found) = regex.search(&text).map_err(Stop::fault)? else { return Ok(Value::NULL) };
    if groups.is_empty() {
        return Ok(Value::from(found.group(0)));
    }
    let mut given = Vec::new();
    for group in &groups {
        let text = match group.parse::<usize>() {
            Ok(index) if index <= regex.groups() => found.group(index),
            Err(_) if regex.has_group(group) => found.named(group),
            _ => return Err(Stop::fault("no such group")),
        };
        given.push(Value::from(text));
    }
    Ok(Value::list(given))
}

/// The group that `\1` or `\g<name>` asks for.
fn group_name(argument: &Value) -> Result<String, Stop> {
    let unknown = || Stop::fault("Unknown argument");
    let text = text_of(argument);
    let named = text.strip_prefix(r"\g<").and_then(|rest| rest.strip_suffix('>'));
    if let Some(name) = named {
        return Ok(name.to_string());
    }
    let digits = text.strip_prefix('\\').ok_or_else(unknown)?;
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() { Err(unknown()) } else { Ok(digits) }
}

fn regex_findall(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("regex_findall", args, &["regex", "multiline", "ignorecase"], 1)?;
    let regex = pattern_of(&bound, "regex")?;
    let text = text_of(&value);
    let group = |found: &Found, index| Value::from(found.group(index).unwrap_or_default());
    let all = regex.all(&text).map_err(Stop::fault)?;
    let given = all.iter().map(|found| match found.len() {
        1 => group(found, 0),
        2 => group(found, 1),
        count => tuple((1..count).map(|index| group(found, index)).collect()),
    });
    Ok(Value::list(given.collect()))
}

fn regex_escape(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("regex_escape", args, &["re_type"], 0)?;
    let text = text_of(&value);
    let kind = bound.text("re_type", "python");
    match &*kind {
        "python" => Ok(Value::from(escape(&text))),
        "posix_basic" => Ok(Value::from(escape_set(&text, r"].[^$*\"))),
        // Ansible's own answer, to its letter: it has no such escaping either.
        "posix_extended" => Err(Stop::fault("Regex type (posix_extended) not yet implemented")),
        kind => Err(Stop::fault(format!("Invalid regex type ({kind})"))),
    }
}

/// `re.escape`.
pub fn escape(text: &str) -> String {
    escape_set(text, "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c")
}

fn escape_set(text: &str, set: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if set.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
