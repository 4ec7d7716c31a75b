//! Banners: a text and stars up to the width (S-172).

/// A blank line, the text, and at least three stars.
pub fn banner(text: &str, width: usize) -> String {
    let taken = console::measure_text_width(text);
    let stars = width.saturating_sub(taken).max(3);
    format!("\n{text} {}", "*".repeat(stars))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_to_eighty_columns() {
        assert_eq!(banner("PLAY RECAP", 79).len(), 81);
        assert!(banner(&"x".repeat(100), 79).ends_with("x ***"));
    }
}
