//! Lines of rdr.conf, and rules of pf that come of them.

/// `dual INTERFACE SOURCE DESTINATION PROTOCOL PORT PORT [log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Interfaces of the host, with commas.
    pub interface: String,
    /// Who may come in.
    pub source: String,
    /// To which address of the host.
    pub destination: String,
    /// `tcp` or `udp`.
    pub proto: String,
    /// Port of the host.
    pub from: String,
    /// Port of the jail.
    pub to: String,
    /// Whether it is logged.
    pub log: bool,
}

impl Line {
    /// Reads one; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_whitespace();
        let family = fields.next()?;
        if !matches!(family, "dual" | "ipv4" | "ipv6") {
            return None;
        }
        let mut next = || fields.next().map(str::to_string);
        Some(Self {
            interface: next()?,
            source: next()?,
            destination: next()?,
            proto: next()?,
            from: next()?,
            to: next()?,
            log: next().is_some_and(|word| word == "log"),
        })
    }

    /// As Bastille writes it.
    pub fn text(&self) -> String {
        let log = if self.log { " log" } else { "" };
        format!(
            "dual {} {} {} {} {} {}{log}",
            self.interface, self.source, self.destination, self.proto, self.from, self.to
        )
    }
}

/// A rule of pf in the jail's anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Interface of the host.
    pub interface: String,
    /// `tcp` or `udp`.
    pub proto: String,
    /// Port of the host.
    pub from: String,
    /// Port of the jail.
    pub to: String,
    /// Whether it is logged.
    pub log: bool,
    /// The whole rule.
    pub text: String,
}

impl Live {
    /// Reads one as `pfctl -Psn` prints it; None: it is no redirection.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.first() != Some(&"rdr") {
            return None;
        }
        let behind = |word: &str| {
            let at = words.iter().position(|known| *known == word)?;
            words.get(at + 1).map(ToString::to_string)
        };
        let (left, right) = text.split_once(" -> ")?;
        let port = |side: &str| {
            side.rsplit_once(" port ").map(|(_, port)| port.trim_start_matches("= ").to_string())
        };
        Some(Self {
            interface: behind("on")?,
            proto: behind("proto")?,
            from: port(left)?,
            to: port(right)?,
            log: words.get(1) == Some(&"log"),
            text: text.to_string(),
        })
    }
}
