//! What a file must be, by its digest.

use crate::spec::Failure;

/// Algorithms that hosts have a program for.
const KNOWN: [&str; 6] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/// An algorithm and the digest in hex, or a URL where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Its name.
    pub algorithm: String,
    /// The digest.
    pub hex: String,
}

impl Checksum {
    /// Reads `sha256:HEX` and `sha256:URL`; None of an empty text.
    ///
    /// # Errors
    /// Ansible's texts.
    pub fn parse(text: &str) -> Result<Option<Self>, Failure> {
        if text.is_empty() {
            return Ok(None);
        }
        let form = "The checksum parameter has to be in format <algorithm>:<checksum>";
        let (algorithm, hex) = text.split_once(':').ok_or_else(|| Failure::new(form))?;
        if !KNOWN.contains(&algorithm) {
            let text = format!("Could not hash file with algorithm '{algorithm}'");
            return Err(Failure::new(format!("{text}. Available algorithms: {}", KNOWN.join(", "))));
        }
        let checksum = Self { algorithm: algorithm.to_string(), hex: hex.to_string() };
        match checksum.url() {
            Some(_) => Ok(Some(checksum)),
            None => checksum.checked().map(Some),
        }
    }

    /// Where the digest is written.
    pub fn url(&self) -> Option<&str> {
        let schemes = ["http://", "https://", "ftp://", "file://"];
        schemes.iter().any(|scheme| self.hex.starts_with(scheme)).then_some(self.hex.as_str())
    }

    /// The same in plain hex.
    fn checked(mut self) -> Result<Self, Failure> {
        self.hex.retain(|c| c.is_alphanumeric() || c == '_');
        self.hex = self.hex.to_lowercase();
        if self.hex.is_empty() || !self.hex.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(Failure::new("The checksum format is invalid"));
        }
        Ok(self)
    }

    /// The digest of a file of this name in a list that was fetched.
    ///
    /// # Errors
    /// It is not in there.
    pub fn of_list(mut self, text: &str, name: &str, url: &str) -> Result<Self, Failure> {
        let found = in_list(text, name).ok_or_else(|| {
            Failure::new(format!("Unable to find a checksum for file '{name}' in '{url}'"))
        })?;
        self.hex = found.to_string();
        self.checked()
    }
}

fn in_list<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let lines: Vec<&str> = text.lines().collect();
    if let [only] = lines[..]
        && only.split_whitespace().count() == 1
    {
        return Some(only.trim());
    }
    lines.iter().find_map(|line| entry(line).filter(|(path, _)| *path == name)).map(|(_, sum)| sum)
}

/// Path and digest of one line: `SHA256 (path) = hex`, `hex  path`, `hex *path`, `hex  ./path`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
    };
    if let Some((head, sum)) = line.rsplit_once('=')
        && let Some((algorithm, path)) = head.trim_end().split_once('(')
        && let Some(path) = path.strip_suffix(')')
        && word(algorithm.trim_end())
    {
        return Some((path, sum.trim()));
    }
    let (sum, rest) = line.split_once(char::is_whitespace)?;
    let path = rest.trim_start();
    let path = path.strip_prefix('*').unwrap_or(path).trim_start_matches(['.', '/']);
    word(sum).then_some((path, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_checksums() {
        let hex = |text: &str| Checksum::parse(text).map(|sum| sum.unwrap().hex);
        assert_eq!(Checksum::parse("").unwrap(), None);
        assert_eq!(hex("sha256:AB12").unwrap(), "ab12");
        assert_eq!(hex("md5: ab\u{200b}12 ").unwrap(), "ab12", "no invisible characters");
        assert_eq!(hex("sha1:xyz").unwrap_err().msg, "The checksum format is invalid");
        assert!(hex("sha256").unwrap_err().msg.contains("<algorithm>:<checksum>"));
        assert!(hex("crc:12").unwrap_err().msg.contains("Available algorithms"));
        let listed = Checksum::parse("sha256:https://h/SUMS").unwrap().unwrap();
        assert_eq!(listed.url(), Some("https://h/SUMS"));
    }

    #[test]
    fn lists_of_all_kinds() {
        let of = |text: &str| {
            let sum = Checksum { algorithm: "sha256".into(), hex: "http://h/S".into() };
            sum.of_list(text, "a.iso", "http://h/S").map(|sum| sum.hex).map_err(|f| f.msg)
        };
        for text in [
            "00ff\n",
            "11aa  b.iso\n00ff  a.iso\n",
            "00ff *a.iso\n11aa *b.iso\n",
            "00ff  ./a.iso\n11 x\n",
            "SHA256 (b.iso) = 11aa\nSHA256 (a.iso) = 00FF\n",
        ] {
            assert_eq!(of(text).as_deref(), Ok("00ff"), "{text}");
        }
        let none = "Unable to find a checksum for file 'a.iso' in 'http://h/S'";
        assert_eq!(of("11aa  ba.iso\n22  a.iso.asc\n").unwrap_err(), none);
        assert_eq!(of("<html>\n<body>\n").unwrap_err(), none);
    }
}
