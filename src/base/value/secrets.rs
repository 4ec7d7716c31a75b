//! Which variables are secret: by a name that says so, or as part of a wholly vaulted file.

use super::{Kind, Map, Value};
use std::collections::HashSet;
use std::path::Path;
use std::sync::{OnceLock, PoisonError, RwLock};

/// Wholly vaulted files that were opened; only kept where their values are secret (`mask=all-vault`).
static VAULTED: OnceLock<RwLock<HashSet<String>>> = OnceLock::new();

/// From now on everything in a wholly vaulted file is secret.
pub fn hide_vaulted_files() {
    VAULTED.get_or_init(RwLock::default);
}

/// Says that a file was a vault as a whole.
pub fn note_vaulted_file(path: &Path) {
    if let Some(files) = VAULTED.get() {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut files = files.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(path.to_string_lossy().into_owned());
    }
}

/// Whether a value was written in such a file.
fn is_vaulted(value: &Value) -> bool {
    let (Some(files), Some(origin)) = (VAULTED.get(), value.origin()) else { return false };
    files.read().unwrap_or_else(PoisonError::into_inner).contains(&origin.source.name)
}

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

/// The same variables, those with secret names and those of hidden files marked, at any depth. Templates are not marked: what
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
    if is_vaulted(value) {
        return value.secret();
    }
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
    fn a_hidden_file_is_secret_as_a_whole() {
        let place = |path: &str| crate::base::Origin::new(&crate::base::Source::file(path), 1, 1);
        let (path, other) = ("/hidden/vault.yml", "/hidden/open.yml");
        hide_vaulted_files();
        note_vaulted_file(Path::new(path));
        let map: Map = [
            ("a".into(), Value::from("x").at(place(path))),
            ("b".into(), Value::from("x").at(place(other))),
        ]
        .into_iter()
        .collect();
        let marked = mark_secrets(&map);
        assert!(marked[&crate::base::Key::from("a")].has_secret());
        assert!(!marked[&crate::base::Key::from("b")].has_secret());
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
