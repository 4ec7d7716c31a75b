//! Names that say that their value is secret.

use crate::base::{Kind, Map, Value};

/// Last words of names whose values are secret.
const WORDS: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "token", "api_key", "private_key"];

/// Whether a name's last word says that its value is secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        name.strip_suffix(word)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', '.']))
    })
}

/// The same variables, those with secret names marked, at any depth. Templates are not marked: what
/// they render to carries the marks of what went in, and a template's own text is no secret.
pub fn mark_secrets(map: &Map) -> Map {
    map.iter()
        .map(|(key, value)| {
            let secret = key.as_str().is_some_and(is_secret);
            (key.clone(), mark(value, secret))
        })
        .collect()
}

fn mark(value: &Value, secret: bool) -> Value {
    match &value.kind {
        Kind::Map(map) if !secret => Value::map(mark_secrets(map)).marked_as(value),
        Kind::List(items) if !secret => {
            Value::list(items.iter().map(|item| mark(item, false)).collect()).marked_as(value)
        }
        Kind::Str(text) if secret && !text.contains("{{") && !text.is_empty() => value.secret(),
        Kind::Int(_) | Kind::Float(_) | Kind::List(_) | Kind::Map(_) if secret => value.secret(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_decide() {
        for name in ["password", "db_password", "API_KEY", "x-token"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["password_file", "secretary", "tokens", "key"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn nested_values_are_marked() {
        let db: Value =
            [("password", Value::from("x")), ("user", Value::from("y"))].into_iter().collect();
        let map: Map = [("db".into(), db)].into_iter().collect();
        let marked = mark_secrets(&map);
        let db = marked.get(&crate::base::Key::from("db")).unwrap();
        assert!(db.get("password").unwrap().has_secret());
        assert!(!db.get("user").unwrap().has_secret());
    }
}
