//! Networks of addresses.

use crate::spec::Failure;
use std::net::IpAddr;

/// An address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u32,
}

/// An address as a number, with the number of its bits.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)), 32),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => (u128::from(u32::from(four)), 32),
            None => (u128::from(six), 128),
        },
    }
}

impl Net {
    /// Reads `10.0.0.0/8` or `10.1.2.3`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::new(format!("{text:?} is no address, nor a network"));
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (_, whole) = number(address);
        let bits = bits.map_or(Ok(whole), str::parse).map_err(|_| wrong())?;
        if bits > whole { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    /// Whether an address is in it.
    pub fn has(&self, address: IpAddr) -> bool {
        let ((net, whole), (one, length)) = (number(self.address), number(address));
        let shift = whole - self.bits;
        whole == length && (shift >= 128 || (net >> shift) == (one >> shift))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_networks() {
        let has = |net: &str, one: &str| Net::parse(net).unwrap().has(one.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.255.1.1") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("fe80::/10", "fe80::1") && !has("fe80::/10", "2001:db8::1"));
        assert!(has("10.0.0.0/8", "::ffff:10.1.1.1") && !has("0.0.0.0/0", "::1"));
        assert!(has("::/0", "2001:db8::1") && has("192.0.2.7", "192.0.2.7"));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "a"] {
            assert!(Net::parse(bad).is_err(), "{bad}");
        }
    }
}
