//! How often: `15min`, `hourly`, `6h`, `daily`, `weekly`, `monthly`, `yearly`.

use std::fmt;
use std::str::FromStr;

/// The distance of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Every {
    /// So many minutes, a part of an hour: counted from the full hour.
    Minutes(u8),
    /// So many hours, a part of a day: counted from midnight.
    Hours(u8),
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month from its first.
    Month,
    /// A year from its first.
    Year,
}

/// Why a text is no such distance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EveryError {
    /// Not a word or number of ours.
    Unknown(String),
    /// Minutes that do not divide an hour.
    Minutes(u32),
    /// Hours that do not divide a day.
    Hours(u32),
}

impl fmt::Display for EveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text) => write!(
                f,
                "{text:?} is no schedule; there are 15min, 6h, hourly, daily, weekly, monthly and yearly"
            ),
            Self::Minutes(count) => write!(f, "{count} minutes do not divide an hour"),
            Self::Hours(count) => write!(f, "{count} hours do not divide a day"),
        }
    }
}

impl std::error::Error for EveryError {}

impl Every {
    /// The minutes of slots that are counted in real time.
    pub(super) fn real_minutes(self) -> Option<i64> {
        match self {
            Self::Minutes(minutes) => Some(i64::from(minutes)),
            Self::Hours(1) => Some(60),
            _ => None,
        }
    }

    fn minutes(count: u32) -> Result<Self, EveryError> {
        match u8::try_from(count) {
            Ok(60) => Ok(Self::Hours(1)),
            Ok(minutes) if minutes > 0 && 60 % minutes == 0 => Ok(Self::Minutes(minutes)),
            _ if count > 0 && count.is_multiple_of(60) => Self::hours(count / 60),
            _ => Err(EveryError::Minutes(count)),
        }
    }

    fn hours(count: u32) -> Result<Self, EveryError> {
        match u8::try_from(count) {
            Ok(24) => Ok(Self::Day),
            Ok(hours) if hours > 0 && 24 % hours == 0 => Ok(Self::Hours(hours)),
            _ => Err(EveryError::Hours(count)),
        }
    }
}

/// The word in names: `15min`, `hourly`, `6h`, `daily`.
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => write!(f, "{minutes}min"),
            Self::Hours(1) => write!(f, "hourly"),
            Self::Hours(hours) => write!(f, "{hours}h"),
            Self::Day => write!(f, "daily"),
            Self::Week => write!(f, "weekly"),
            Self::Month => write!(f, "monthly"),
            Self::Year => write!(f, "yearly"),
        }
    }
}

impl FromStr for Every {
    type Err = EveryError;

    fn from_str(text: &str) -> Result<Self, EveryError> {
        let text = text.trim();
        let word = match text {
            "hourly" => Some(Self::Hours(1)),
            "daily" => Some(Self::Day),
            "weekly" => Some(Self::Week),
            "monthly" => Some(Self::Month),
            "yearly" => Some(Self::Year),
            _ => None,
        };
        if let Some(word) = word {
            return Ok(word);
        }
        let unknown = || EveryError::Unknown(text.to_owned());
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(unknown)?;
        let (number, unit) = text.split_at(digits);
        let number = number.parse().map_err(|_| unknown())?;
        match unit.trim_start() {
            "m" | "min" => Self::minutes(number),
            "h" => Self::hours(number),
            _ => Err(unknown()),
        }
    }
}
