//! Sizes of volumes, as LVM's own tools take them.

use super::seen::Vg;
use crate::spec::Failure;

/// What a percentage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The group.
    Vg,
    /// The physical volumes.
    Pvs,
    /// What is free.
    Free,
    /// What a snapshot is of.
    Origin,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Much {
    /// Bytes.
    Bytes(u64),
    /// Percent of something.
    Percent(u64, Whole),
}

/// A size, with its sign: more, less, or exactly so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// `+` or `-`.
    pub sign: Option<char>,
    /// How much.
    pub much: Much,
}

/// Bytes of a size with a unit; none is megabytes.
///
/// # Errors
/// It is no size.
pub fn bytes(text: &str) -> Result<u64, Failure> {
    let wrong = || Failure::new(format!("Bad size specification of '{text}'"));
    let text = text.trim();
    let (number, unit) = match text.chars().last().filter(char::is_ascii_alphabetic) {
        Some(unit) => (&text[..text.len() - 1], unit.to_ascii_lowercase()),
        None => (text, 'm'),
    };
    let factor: f64 = match unit {
        'b' => 1.0,
        's' => 512.0,
        _ => {
            let power = "kmgtpe".find(unit).ok_or_else(wrong)?;
            1024f64.powi(i32::try_from(power).unwrap_or(0) + 1)
        }
    };
    let digits = number.starts_with(|c: char| c.is_ascii_digit());
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = number.parse().ok().filter(|_| digits && plain).ok_or_else(wrong)?;
    let all = number * factor;
    // Within what LVM itself can count.
    if !(1.0..=9.0e18).contains(&all) {
        return Err(wrong());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // in range, see above
    Ok(all as u64)
}

impl Size {
    /// Reads `10g`, `+5G`, `80%VG`, `100%FREE`.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'));
        let rest = &text[sign.map_or(0, char::len_utf8)..];
        let Some((percent, whole)) = rest.split_once('%') else {
            return Ok(Self { sign, much: Much::Bytes(bytes(rest)?) });
        };
        let wrong = || Failure::new(format!("Bad size specification of '{text}'"));
        let percent: u64 = percent.parse().map_err(|_| wrong())?;
        if percent > 100 {
            return Err(Failure::new("Size percentage cannot be larger than 100%"));
        }
        let whole = match whole {
            "VG" => Whole::Vg,
            "PVS" => Whole::Pvs,
            "FREE" => Whole::Free,
            "ORIGIN" => Whole::Origin,
            _ => return Err(Failure::new("Specify extents as a percentage of VG|PVS|FREE|ORIGIN")),
        };
        Ok(Self { sign, much: Much::Percent(percent, whole) })
    }

    /// The words that LVM takes it by.
    pub fn words(&self, text: &str) -> [String; 2] {
        match self.much {
            Much::Bytes(bytes) => [
                "-L".to_string(),
                format!("{}{bytes}b", self.sign.map(String::from).unwrap_or_default()),
            ],
            Much::Percent(..) => ["-l".to_string(), text.to_string()],
        }
    }

    /// What a volume of so many bytes would have.
    pub fn of(&self, now: u64, vg: &Vg) -> u64 {
        let much = match self.much {
            Much::Bytes(bytes) => bytes,
            Much::Percent(percent, Whole::Free) => vg.free / 100 * percent,
            Much::Percent(percent, _) => vg.size / 100 * percent,
        };
        let all = match self.sign {
            Some('+') => now.saturating_add(much),
            Some(_) => now.saturating_sub(much),
            None => much,
        };
        match self.much {
            // The tools round bytes up to extents, and percentages down.
            Much::Bytes(_) => all.div_ceil(vg.extent).saturating_mul(vg.extent),
            Much::Percent(..) => all / vg.extent * vg.extent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_lvm_does() {
        let of = |text: &str| bytes(text).ok();
        assert_eq!(of("100g"), of("102400m"));
        assert_eq!(
            (of("1"), of("1K"), of("2s"), of("512b"), of("1.5G")),
            (Some(1 << 20), Some(1024), Some(1024), Some(512), Some(3 << 29))
        );
        for bad in ["", "g", "-1g", "1x", ".5g", "1e9", "0", "99999e", "1 g", "NaN"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        let vg = Vg { size: 1000 << 20, free: 100 << 20, extent: 4 << 20, ..Vg::default() };
        let size = |text: &str, now: u64| Size::parse(text).unwrap().of(now << 20, &vg) >> 20;
        assert_eq!(
            (
                size("10m", 0),
                size("+10m", 8),
                size("50%VG", 0),
                size("100%FREE", 0),
                size("+50%FREE", 8)
            ),
            (12, 20, 500, 100, 56)
        );
        assert_eq!(
            Size::parse("101%VG").unwrap_err().msg,
            "Size percentage cannot be larger than 100%"
        );
        assert_eq!(
            Size::parse("10%DISK").unwrap_err().msg,
            "Specify extents as a percentage of VG|PVS|FREE|ORIGIN"
        );
    }
}
