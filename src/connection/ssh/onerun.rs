//! A key pair for one run.

use crate::spec::HostError;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use zeroize::Zeroizing;

/// A fresh ed25519 pair.
pub struct OneRunKey {
    /// The private part as OpenSSH writes it.
    pub private: Zeroizing<String>,
    /// The public part: type and base64.
    pub public: String,
}

impl OneRunKey {
    /// Makes one.
    pub fn new() -> Result<Self, HostError> {
        let failed =
            |error: &dyn std::fmt::Display| HostError::Local(format!("a new key: {error}"));
        let mut rng = russh::keys::key::safe_rng();
        let key = PrivateKey::random(&mut rng, Algorithm::Ed25519).map_err(|e| failed(&e))?;
        let private = key.to_openssh(LineEnding::LF).map_err(|e| failed(&e))?;
        let public = key.public_key().to_openssh().map_err(|e| failed(&e))?;
        Ok(Self { private, public: public.trim_end().to_string() })
    }
}
