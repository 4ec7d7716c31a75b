//! Sizes in words.

/// `256.00 GB`: powers of 1024 with two digits.
pub fn human(bytes: i64) -> String {
    let units = [("EB", 60), ("PB", 50), ("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10)];
    let unit = units.iter().find(|(_, shift)| bytes >= 1 << shift);
    let (name, shift) = unit.copied().unwrap_or(("Bytes", 0));
    format!("{:.2} {name}", bytes as f64 / (1_i64 << shift) as f64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_units() {
        assert_eq!(super::human(0), "0.00 Bytes");
        assert_eq!(super::human(536_870_912 * 512), "256.00 GB");
        assert_eq!(super::human(1536), "1.50 KB");
    }
}
