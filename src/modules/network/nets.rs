//! Addresses and networks as arguments give them.

use crate::spec::Failure;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, or a network without host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Net {
    /// Its first address.
    pub addr: IpAddr,
    /// Bits of the network.
    pub len: u8,
}

impl Net {
    /// An address.
    pub fn host(addr: IpAddr) -> Self {
        Self { addr, len: bits(addr) }
    }

    /// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`. Bits behind the network's are dropped.
    ///
    /// # Errors
    /// It is neither, or the whole of the internet.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let bad = || Failure::new(format!("'{text}' is no address and no network"));
        let (addr, len) = match text.split_once('/') {
            None => (text, None),
            Some((addr, len)) => (addr, Some(len)),
        };
        let addr: IpAddr = addr.parse().map_err(|_| bad())?;
        let Some(len) = len else { return Ok(Self::host(addr)) };
        let plain = !len.is_empty() && len.bytes().all(|b| b.is_ascii_digit());
        let len: u8 = if plain { len.parse().map_err(|_| bad())? } else { return Err(bad()) };
        if len > bits(addr) {
            return Err(bad());
        }
        if len == 0 {
            return Err(Failure::new(format!("'{text}' is every address: say 'any'")));
        }
        Ok(Self { addr: masked(addr, len), len })
    }

    /// Whether it is of IPv6.
    pub fn is_v6(&self) -> bool {
        self.addr.is_ipv6()
    }

    /// Whether it is one address.
    pub fn is_host(&self) -> bool {
        self.len == bits(self.addr)
    }

    /// Whether an address is in it.
    pub fn has(&self, addr: IpAddr) -> bool {
        addr.is_ipv6() == self.is_v6() && masked(addr, self.len) == self.addr
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_host() {
            return write!(f, "{}", self.addr);
        }
        write!(f, "{}/{}", self.addr, self.len)
    }
}

fn bits(addr: IpAddr) -> u8 {
    if addr.is_ipv4() { 32 } else { 128 }
}

fn masked(addr: IpAddr, len: u8) -> IpAddr {
    match addr {
        IpAddr::V4(addr) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0);
            Ipv4Addr::from_bits(addr.to_bits() & mask).into()
        }
        IpAddr::V6(addr) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
            Ipv6Addr::from_bits(addr.to_bits() & mask).into()
        }
    }
}

/// A MAC address in lower case.
///
/// # Errors
/// It is none, or one of a group.
pub fn mac(text: &str) -> Result<String, Failure> {
    let parts: Vec<&str> = text.split(':').collect();
    let byte = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let first = parts.first().and_then(|part| u8::from_str_radix(part, 16).ok());
    if parts.len() != 6 || !parts.iter().all(byte) || first.is_none_or(|first| first & 1 == 1) {
        return Err(Failure::new(format!("'{text}' is no MAC address of an interface")));
    }
    Ok(text.to_ascii_lowercase())
}

/// The link-local address that an interface makes of its MAC address.
pub fn link_local(mac: &str) -> Option<IpAddr> {
    let bytes: Option<Vec<u8>> =
        mac.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
    let [a, b, c, d, e, f] = <[u8; 6]>::try_from(bytes?).ok()?;
    let tail = [a ^ 2, b, c, 0xff, 0xfe, d, e, f];
    Some(Ipv6Addr::from_bits((0xfe80 << 112) | u128::from(u64::from_be_bytes(tail))).into())
}

/// A name that can be looked up.
///
/// # Errors
/// It is none.
pub fn host_name(text: &str) -> Result<String, Failure> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(letter)
    };
    let numeric = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if name.len() > 253 || numeric || !name.split('.').all(part) {
        return Err(Failure::new(format!("'{text}' is no address, no network and no name")));
    }
    Ok(name.to_ascii_lowercase())
}

/// Name of a network interface.
///
/// # Errors
/// The kernel would not take it, or it is a pattern.
pub fn interface(text: &str) -> Result<(), Failure> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let good = (1..=15).contains(&text.len()) && text.chars().all(letter);
    if !good || text.starts_with('-') || text == "." || text == ".." {
        return Err(Failure::new(format!("invalid name of an interface: '{text}'")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_lose_their_host_bits() {
        let text = |text: &str| Net::parse(text).map(|net| net.to_string());
        assert_eq!(text("10.1.2.3/8").unwrap(), "10.0.0.0/8");
        assert_eq!(text("10.1.2.3").unwrap(), "10.1.2.3");
        assert_eq!(text("2001:DB8::1/32").unwrap(), "2001:db8::/32");
        assert_eq!(text("10.1.2.3/32").unwrap(), "10.1.2.3");
        for bad in
            ["", "10.0.0", "10.0.0.1/33", "::/129", "1.2.3.4/", "1.2.3.4/+8", "x", "0.0.0.0/0"]
        {
            assert!(text(bad).is_err(), "{bad}");
        }
        let net = Net::parse("10.1.0.0/16").unwrap();
        assert!(net.has("10.1.255.1".parse().unwrap()) && !net.has("10.2.0.1".parse().unwrap()));
        assert!(!net.has("::1".parse().unwrap()));
    }

    #[test]
    fn names_and_macs_are_whole() {
        assert_eq!(mac("52:54:00:AB:cd:01").unwrap(), "52:54:00:ab:cd:01");
        for bad in
            ["", "52:54:00:ab:cd", "01:00:5e:00:00:01", "52-54-00-ab-cd-01", "5:54:00:ab:cd:011"]
        {
            assert!(mac(bad).is_err(), "{bad}");
        }
        assert_eq!(link_local("52:54:00:12:34:56").unwrap().to_string(), "fe80::5054:ff:fe12:3456");
        assert_eq!(host_name("Example.ORG.").unwrap(), "example.org");
        for bad in ["", ".", "a..b", "-a.b", "a b", "1.2.3", "x/y", "a;b", &"a".repeat(64)] {
            assert!(host_name(bad).is_err(), "{bad}");
        }
        for bad in ["", "tap*", "a b", "sixteen-letters-x", "..", "-x", "a/b", "a\"b"] {
            assert!(interface(bad).is_err(), "{bad}");
        }
        assert!(interface("fwpr100p0").is_ok() && interface("br-lan.10").is_ok());
    }
}
