//! What the kernel was started with.

use super::Gathered;
use super::told::Told;
use crate::base::{Key, Map, Value};

/// `cmdline` has the last value of each word, `proc_cmdline` all of them.
pub fn read(told: &Told, found: &mut Gathered) {
    let Some(text) = told.text("/proc/cmdline") else { return };
    let pieces = split(&text).unwrap_or_default();
    let (mut last, mut all) = (Map::new(), Map::new());
    for piece in &pieces {
        let Some((name, value)) = piece.split_once('=') else {
            last.insert(Key::from(piece.as_str()), true.into());
            all.insert(Key::from(piece.as_str()), true.into());
            continue;
        };
        last.insert(name.into(), value.into());
        let joined = match all.get(&Key::from(name)) {
            None => Value::from(value),
            Some(before) => {
                let mut items =
                    before.as_list().map_or_else(|| vec![before.clone()], <[Value]>::to_vec);
                items.push(value.into());
                Value::list(items)
            }
        };
        all.insert(name.into(), joined);
    }
    found.put("cmdline", Value::map(last));
    found.put("proc_cmdline", Value::map(all));
}

/// Words between spaces; quotes hold words together and stay. None when one is not closed.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    words.extend((!word.is_empty()).then_some(word));
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_repeat_and_quotes_hold() {
        let told = Told::parse("/proc/cmdline:ro console=tty0 a=\"x y\" console=ttyS0 console=b\n");
        let mut found = Gathered::default();
        read(&told, &mut found);
        let last = found.facts.get(&Key::from("ansible_cmdline")).unwrap();
        assert_eq!(last.get("console"), Some(&Value::from("b")));
        assert_eq!(last.get("a"), Some(&Value::from("\"x y\"")));
        let all = found.facts.get(&Key::from("ansible_proc_cmdline")).unwrap();
        assert_eq!(all.get("console"), Some(&Value::from(vec!["tty0", "ttyS0", "b"])));
        assert_eq!(all.get("ro"), Some(&Value::from(true)));
    }
}
