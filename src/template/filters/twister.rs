//! Random numbers: Python's generator for seeded ones (so that `random(seed=...)` gives what Ansible
//! gives), the system's for all others.

use crate::base::{Kind, Value};
use crate::template::table::Stop;
use num_bigint::{BigInt, Sign};
use sha2::{Digest, Sha512};

const N: usize = 624;
const M: usize = 397;

/// A source of random numbers.
pub enum Random {
    /// MT19937, as Python's `random.Random`.
    Seeded(Box<Twister>),
    /// The operating system.
    System,
}

/// The state of MT19937.
pub struct Twister {
    state: [u32; N],
    next: usize,
}

impl Random {
    /// A seeded generator, or the system's for None.
    pub fn new(seed: Option<&Value>) -> Result<Self, Stop> {
        let Some(seed) = seed.filter(|seed| !seed.is_null()) else { return Ok(Self::System) };
        let words = match &seed.kind {
            Kind::Str(text) => text_words(text),
            Kind::Bool(b) => vec![u32::from(*b)],
            Kind::Int(n) => words(&BigInt::from(*n)),
            Kind::Big(n) => words(n),
            Kind::Float(f) if f.fract() == 0.0 && f.abs() < 2e18 => words(&BigInt::from(*f as i64)),
            _ => {
                return Err(Stop::fault(
                    "The only supported seed types are: None,\nint, float, str, bytes, and bytearray.",
                ));
            }
        };
        Ok(Self::Seeded(Box::new(Twister::new(&words))))
    }

    /// The next `count` bits, 1 to 64.
    fn bits(&mut self, count: u32) -> Result<u64, Stop> {
        match self {
            Self::Seeded(twister) if count <= 32 => Ok(u64::from(twister.word() >> (32 - count))),
            Self::Seeded(twister) => {
                let low = u64::from(twister.word());
                Ok(low | u64::from(twister.word() >> (64 - count)) << 32)
            }
            Self::System => {
                let mut bytes = [0; 8];
                getrandom::fill(&mut bytes)
                    .map_err(|e| Stop::fault(format!("no random numbers: {e}")))?;
                Ok(u64::from_le_bytes(bytes) >> (64 - count))
            }
        }
    }

    /// A number from 0 to `limit` - 1; `limit` is at least 1.
    pub fn below(&mut self, limit: u64) -> Result<u64, Stop> {
        let bits = 64 - limit.leading_zeros();
        loop {
            let number = self.bits(bits)?;
            if number < limit {
                return Ok(number);
            }
        }
    }

    /// One of the items; there is at least one.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> Result<&'a T, Stop> {
        let place = match items.len() {
            0 => None,
            length => items.get(self.below(length as u64)? as usize),
        };
        place.ok_or_else(|| Stop::fault("Cannot choose from an empty sequence"))
    }

    /// Mixes the items.
    pub fn shuffle<T>(&mut self, items: &mut [T]) -> Result<(), Stop> {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1)? as usize;
            items.swap(i, j);
        }
        Ok(())
    }
}

/// A text and its digest as one large number.
fn text_words(text: &str) -> Vec<u32> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.extend_from_slice(&Sha512::digest(text.as_bytes()));
    words(&BigInt::from_bytes_be(Sign::Plus, &bytes))
}

/// The size of a number in words of 32 bits, lowest first; at least one.
fn words(number: &BigInt) -> Vec<u32> {
    let words = number.magnitude().to_u32_digits();
    if words.is_empty() { vec![0] } else { words }
}

impl Twister {
    fn new(key: &[u32]) -> Self {
        let mut state = [0_u32; N];
        state[0] = 19_650_218;
        for i in 1..N {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = before.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_664_525);
            state[i] = (state[i] ^ mixed).wrapping_add(key[j]).wrapping_add(j as u32);
            advance(&mut state, &mut i);
            j = (j + 1) % key.len();
        }
        for _ in 1..N {
            let mixed = (state[i - 1] ^ (state[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            state[i] = (state[i] ^ mixed).wrapping_sub(i as u32);
            advance(&mut state, &mut i);
        }
        state[0] = 0x8000_0000;
        Self { state, next: N }
    }

    fn word(&mut self) -> u32 {
        if self.next == N {
            self.turn();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn turn(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }
}

fn advance(state: &mut [u32; N], i: &mut usize) {
    *i += 1;
    if *i >= N {
        state[0] = state[N - 1];
        *i = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_numbers_are_pythons() {
        let mut random = Random::new(Some(&Value::from("abc"))).unwrap();
        let first: Vec<u64> = (0..3).map(|_| random.bits(32).unwrap()).collect();
        assert_eq!(first, [3_315_820_543, 4_246_262_336, 2_397_318_194]);
        let mut random = Random::new(Some(&Value::from(5))).unwrap();
        assert_eq!(random.below(100).unwrap(), 79);
        assert_eq!(*random.choice(&[1, 2, 3]).unwrap(), 2);
    }

    #[test]
    fn the_system_gives_numbers_in_range() {
        let mut random = Random::new(None).unwrap();
        assert!((0..100).all(|_| random.below(7).unwrap() < 7));
    }
}
