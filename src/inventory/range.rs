//! Ranges in host names: `web[01:20:2]`, `db-[a:c]` (S-146).

use super::address;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The names that one entry of an inventory stands for, and their port.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u32>), String> {
    let (name, port) = address::parse(pattern).unwrap_or((pattern, None));
    if !name.contains('[') {
        return Ok((vec![name.to_string()], port));
    }
    let mut names = Vec::new();
    expand_first(name, &mut names)?;
    Ok((names, port))
}

/// Expands the leftmost range, then what is left in each name.
fn expand_first(name: &str, names: &mut Vec<String>) -> Result<(), String> {
    let marked = name.replacen('[', "|", 1).replacen(']', "|", 1);
    let parts: Vec<&str> = marked.split('|').collect();
    let [head, range, tail] = parts[..] else {
        return Err(match parts.len() {
            0..3 => format!("not enough values to unpack (expected 3, got {})", parts.len()),
            _ => "too many values to unpack (expected 3)".to_string(),
        });
    };
    for part in sequence(range)? {
        let name = format!("{head}{part}{tail}");
        if name.contains('[') {
            expand_first(&name, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn sequence(range: &str) -> Result<Vec<String>, String> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds[..] {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => return Err("host range must be begin:end or begin:end:step".to_string()),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err("host range must specify end value".to_string());
    }
    let width = if begin.starts_with('0') && begin.len() > 1 { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err("host range must specify equal-length begin and end formats".to_string());
    }
    if let Some(letters) = letters(begin, end, step)? {
        return Ok(letters);
    }
    let (begin, end, step) = (number(begin)?, number(end)?, number(step)?);
    let step = usize::try_from(step).ok().filter(|step| *step > 0);
    let step = step.ok_or("range() arg 3 must not be zero")?;
    Ok((begin..=end).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

/// A range of letters; None when it is one of numbers.
fn letters(begin: &str, end: &str, step: &str) -> Result<Option<Vec<String>>, String> {
    let (Some(from), Some(to)) = (LETTERS.find(begin), LETTERS.find(end)) else { return Ok(None) };
    if from > to {
        return Err("host range must have begin <= end".to_string());
    }
    let Some(step) = step.parse().ok().filter(|step| *step > 0) else { return Ok(None) };
    Ok(Some(LETTERS[from..=to].chars().step_by(step).map(String::from).collect()))
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("invalid literal for int() with base 10: '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn names(pattern: &str) -> String {
        expand(pattern).map_or_else(|error| error, |(names, _)| names.join(" "))
    }

    #[test]
    fn ranges_expand() {
        let cases = [
            ("web[1:3]", "web1 web2 web3"),
            ("web[01:20:6].ex", "web01.ex web07.ex web13.ex web19.ex"),
            ("[a:c]", "a b c"),
            ("db-[a:e:2]", "db-a db-c db-e"),
            ("[y:B]", "y z A B"),
            ("r[1:2]n[a:b]", "r1na r1nb r2na r2nb"),
            ("x[:2]", "x0 x1 x2"),
            ("x[8:10]", "x8 x9 x10"),
            ("x[3:1]", ""),
            ("x[008:010]", "x008 x009 x010"),
            ("fe80::[1:2]", "fe80::1 fe80::2"),
        ];
        for (pattern, wanted) in cases {
            assert_eq!(names(pattern), wanted, "{pattern}");
        }
    }

    #[test]
    fn bad_ranges_say_why() {
        let cases = [
            ("x[c:a]", "host range must have begin <= end"),
            ("x[1:]", "host range must specify end value"),
            ("x[01:100]", "host range must specify equal-length begin and end formats"),
            ("x[1]", "host range must be begin:end or begin:end:step"),
            ("[g", "not enough values to unpack (expected 3, got 2)"),
            ("x[a:1]", "invalid literal for int() with base 10: 'a'"),
            ("x[1:2:0]", "range() arg 3 must not be zero"),
        ];
        for (pattern, wanted) in cases {
            assert_eq!(names(pattern), wanted, "{pattern}");
        }
    }
}
