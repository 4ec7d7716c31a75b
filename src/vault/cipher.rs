//! AES256 as ansible-vault uses it: keys by PBKDF2, counter mode, an HMAC over the ciphertext.

use super::Error;
use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// 32 bytes for the cipher, 32 for the HMAC, 16 for the first counter.
struct Keys(Zeroizing<[u8; 80]>);

impl Keys {
    fn derive(password: &[u8], salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, bytes.as_mut_slice());
        Self(bytes)
    }

    fn apply(&self, data: &mut [u8]) -> Result<(), Error> {
        let (key, counter) = (&self.0[..32], &self.0[64..]);
        let mut cipher =
            ctr::Ctr128BE::<aes::Aes256>::new_from_slices(key, counter).map_err(|_| Error::Text)?;
        cipher.apply_keystream(data);
        Ok(())
    }

    fn mac(&self, ciphertext: &[u8]) -> Result<Hmac<Sha256>, Error> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[32..64]).map_err(|_| Error::Text)?;
        mac.update(ciphertext);
        Ok(mac)
    }
}

/// Salt, HMAC and ciphertext of a vault.
pub(super) struct Sealed {
    pub salt: Vec<u8>,
    pub mac: Vec<u8>,
    pub ciphertext: Vec<u8>,
}

/// The plain data; None when the password is another one.
pub(super) fn open(sealed: &Sealed, password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let keys = Keys::derive(password, &sealed.salt);
    if keys.mac(&sealed.ciphertext)?.verify_slice(&sealed.mac).is_err() {
        return Ok(None);
    }
    let mut data = Zeroizing::new(sealed.ciphertext.clone());
    keys.apply(&mut data)?;
    let padding = usize::from(*data.last().ok_or(Error::Text)?);
    let length = data.len().checked_sub(padding).ok_or(Error::Text)?;
    let right = (1..=BLOCK).contains(&padding)
        && data.len().is_multiple_of(BLOCK)
        && data[length..].iter().all(|byte| usize::from(*byte) == padding);
    if !right {
        return Err(Error::Text);
    }
    data.truncate(length);
    Ok(Some(data))
}

/// Data encrypted by a password.
pub(super) fn seal(plain: &[u8], password: &[u8], salt: &[u8]) -> Result<Sealed, Error> {
    let keys = Keys::derive(password, salt);
    let padding = BLOCK - plain.len() % BLOCK;
    let mut data = Zeroizing::new(Vec::with_capacity(plain.len() + padding));
    data.extend_from_slice(plain);
    data.resize(plain.len() + padding, padding as u8);
    keys.apply(&mut data)?;
    let ciphertext = data.to_vec();
    let mac = keys.mac(&ciphertext)?.finalize().into_bytes().to_vec();
    Ok(Sealed { salt: salt.to_vec(), mac, ciphertext })
}
