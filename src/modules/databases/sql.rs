//! Names and texts as SQL has them.

/// A name between quotes.
pub fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text between quotes; `server::PREFIX` sees to it that backslashes mean nothing.
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An array of texts.
pub fn texts<S: AsRef<str>>(all: impl IntoIterator<Item = S>) -> String {
    let all: Vec<String> = all.into_iter().map(|item| text(item.as_ref())).collect();
    format!("ARRAY[{}]::text[]", all.join(","))
}

/// A role; some names of roles are words.
pub fn role(text: &str) -> String {
    let upper = text.to_uppercase();
    match upper.as_str() {
        "PUBLIC" | "CURRENT_USER" | "SESSION_USER" | "CURRENT_ROLE" => upper,
        _ => name(text),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn nothing_ends_a_quote() {
        assert_eq!(name("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
        assert_eq!(text("it's \\'"), "'it''s \\'''");
        assert_eq!(texts(["a", "b'c"]), "ARRAY['a','b''c']::text[]");
        assert_eq!((role("public").as_str(), role("Bob").as_str()), ("PUBLIC", "\"Bob\""));
    }
}
