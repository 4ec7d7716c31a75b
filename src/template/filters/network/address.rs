//! Addresses and networks of both versions, with host bits kept.

use num_bigint::BigInt;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

impl Version {
    /// Bits of an address.
    pub const fn width(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// 4 or 6.
    pub const fn number(self) -> i64 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    /// The largest address.
    pub const fn max(self) -> u128 {
        match self {
            Self::V4 => u32::MAX as u128,
            Self::V6 => u128::MAX,
        }
    }
}

/// One address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Its version.
    pub version: Version,
    /// Its number.
    pub value: u128,
}

impl Address {
    /// Reads an address, strictly.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(v4) = text.parse::<Ipv4Addr>() {
            return Some(Self { version: Version::V4, value: u128::from(u32::from(v4)) });
        }
        let v6: Ipv6Addr = text.parse().ok()?;
        Some(Self { version: Version::V6, value: u128::from(v6) })
    }

    /// The address of a number; None when it is too large.
    pub fn of(version: Version, value: u128) -> Option<Self> {
        (value <= version.max()).then_some(Self { version, value })
    }

    /// The address so much further on; None outside of the address space.
    pub fn plus(self, amount: i128) -> Option<Self> {
        let value = if amount >= 0 {
            self.value.checked_add(amount.unsigned_abs())?
        } else {
            self.value.checked_sub(amount.unsigned_abs())?
        };
        Self::of(self.version, value)
    }

    /// Whether its bits are ones followed by zeros.
    pub fn is_netmask(self) -> bool {
        let inverted = self.value ^ self.version.max();
        inverted & inverted.wrapping_add(1) == 0
    }

    /// Whether its bits are zeros followed by ones.
    pub fn is_hostmask(self) -> bool {
        self.value & self.value.wrapping_add(1) == 0
    }

    /// Whether it is in one of the networks.
    pub fn is_in(self, networks: &[&str]) -> bool {
        networks.iter().filter_map(|text| Net::parse(text)).any(|net| net.contains(self))
    }

    /// Whether it may be reached from everywhere, by IANA's registries of special addresses.
    pub fn is_global(self) -> bool {
        match self.version {
            Version::V4 => !self.is_in(SPECIAL_V4) || self.is_in(EXCEPTIONS_V4),
            Version::V6 => !self.is_in(SPECIAL_V6) || self.is_in(EXCEPTIONS_V6),
        }
    }

    /// Whether it is a loopback address.
    pub fn is_loopback(self) -> bool {
        self.is_in(&["127.0.0.0/8", "::1/128"])
    }

    /// Whether it is a multicast address.
    pub fn is_multicast(self) -> bool {
        self.is_in(&["224.0.0.0/4", "ff00::/8"])
    }

    /// The name of its PTR record, with a final dot.
    pub fn reverse_name(self) -> String {
        match self.version {
            Version::V4 => {
                let [a, b, c, d] = (self.value as u32).to_be_bytes();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
            }
            Version::V6 => {
                let digits: Vec<String> =
                    format!("{:032x}", self.value).chars().rev().map(String::from).collect();
                format!("{}.ip6.arpa.", digits.join("."))
            }
        }
    }

    /// All eight groups of an IPv6 address with their zeros.
    pub fn expanded(self) -> String {
        if self.version == Version::V4 {
            return self.to_string();
        }
        let digits = format!("{:032x}", self.value);
        let groups: Vec<&str> = (0..8).map(|i| &digits[4 * i..4 * i + 4]).collect();
        groups.join(":")
    }
}

const SPECIAL_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
];
const EXCEPTIONS_V4: &[&str] = &["192.0.0.9/32", "192.0.0.10/32"];
const SPECIAL_V6: &[&str] = &[
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];
const EXCEPTIONS_V6: &[&str] = &[
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.version == Version::V4 {
            return Ipv4Addr::from(self.value as u32).fmt(f);
        }
        // The system's inet_ntop ends addresses of the old IPv4-compatible form in four numbers.
        if self.value >> 32 == 0 && self.value > 0xffff {
            return write!(f, "::{}", Ipv4Addr::from(self.value as u32));
        }
        Ipv6Addr::from(self.value).fmt(f)
    }
}

/// An address with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The address, with its host bits.
    pub ip: Address,
    /// Bits of the network, up to the width of the version.
    pub prefix: u8,
}

impl Net {
    /// Reads an address with a prefix length, netmask or hostmask; without one it is a single address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let ip = Address::parse(address)?;
        let width = ip.version.width();
        let prefix = match prefix {
            None => width,
            Some(digits) => match digits.trim().parse::<u8>() {
                Ok(prefix) => prefix,
                Err(_) => prefix_of_mask(Address::parse(digits)?, ip.version)?,
            },
        };
        (prefix <= width).then_some(Self { ip, prefix })
    }

    /// A single address.
    pub const fn host(ip: Address) -> Self {
        Self { ip, prefix: ip.version.width() }
    }

    fn host_bits(self) -> u128 {
        let bits = u32::from(self.ip.version.width() - self.prefix);
        if bits == 128 { u128::MAX } else { (1 << bits) - 1 }
    }

    fn with(self, value: u128) -> Address {
        Address { value, ..self.ip }
    }

    /// The first address.
    pub fn network(self) -> Address {
        self.with(self.ip.value & !self.host_bits())
    }

    /// The last address.
    pub fn last(self) -> Address {
        self.with(self.ip.value | self.host_bits())
    }

    /// The last address where it is one of broadcast: not in IPv4 networks of one or two addresses.
    pub fn broadcast(self) -> Option<Address> {
        let small = self.ip.version == Version::V4 && self.prefix >= 31;
        (!small).then(|| self.last())
    }

    /// The ones of the prefix.
    pub fn netmask(self) -> Address {
        self.with(self.ip.version.max() & !self.host_bits())
    }

    /// The ones of the hosts.
    pub fn hostmask(self) -> Address {
        self.with(self.host_bits())
    }

    /// How many addresses there are.
    pub fn size(self) -> BigInt {
        BigInt::from(self.host_bits()) + 1
    }

    /// Whether there is just one address.
    pub const fn is_single(self) -> bool {
        self.prefix == self.ip.version.width()
    }

    /// Whether there are more than two addresses.
    pub const fn is_wide(self) -> bool {
        self.prefix + 1 < self.ip.version.width()
    }

    /// The same without host bits.
    #[must_use]
    pub fn cidr(self) -> Self {
        Self { ip: self.network(), ..self }
    }

    /// First and last address that hosts may have; None for a single address.
    pub fn usable(self) -> Option<(u128, u128)> {
        if self.is_single() {
            return None;
        }
        let (first, last) = (self.network().value, self.last().value);
        if self.is_wide() { Some((first + 1, last - 1)) } else { Some((first, last)) }
    }

    /// Whether the address is in it.
    pub fn contains(self, address: Address) -> bool {
        self.ip.version == address.version
            && (self.network().value..=self.last().value).contains(&address.value)
    }

    /// Whether all addresses of `other` are in it.
    pub fn contains_net(self, other: Self) -> bool {
        self.contains(other.network()) && self.contains(other.last())
    }

    /// The address of this number within it; negative ones count from the end.
    pub fn nth(self, index: i128) -> Option<Address> {
        let found = if index >= 0 {
            self.network().plus(index)?
        } else {
            self.last().plus(index.checked_add(1)?)?
        };
        self.contains(found).then_some(found)
    }
}

fn prefix_of_mask(mask: Address, version: Version) -> Option<u8> {
    if mask.version != version {
        return None;
    }
    let ones = mask.value.count_ones() as u8;
    if mask.is_netmask() {
        return Some(ones);
    }
    mask.is_hostmask().then(|| version.width() - ones)
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_their_parts() {
        let net = Net::parse("192.168.1.5/255.255.255.0").unwrap();
        assert_eq!(net.to_string(), "192.168.1.5/24");
        assert_eq!(net.network().to_string(), "192.168.1.0");
        assert_eq!(net.broadcast().unwrap().to_string(), "192.168.1.255");
        assert_eq!(net.hostmask().to_string(), "0.0.0.255");
        assert_eq!(net.size(), BigInt::from(256));
        assert_eq!(net.nth(-1).unwrap().to_string(), "192.168.1.255");
        assert!(Net::parse("::/0").unwrap().nth(1).is_some());
        assert_eq!(Net::parse("::/0").unwrap().size(), BigInt::from(u128::MAX) + 1);
        assert!(Net::parse("1.2.3.4/33").is_none());
        assert!(Net::parse("1.2.3").is_none());
    }

    #[test]
    fn texts_are_those_of_the_system() {
        for text in ["::1", "::1.2.3.4", "::ffff:1.2.3.4", "fe80::1:0:0:1", "2001:db8::"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
    }
}
