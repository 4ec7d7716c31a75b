//! Whether a host certificate is valid for a host: kind, time, names, options, signature.

use russh::keys::ssh_key::Algorithm;
use russh::keys::{Certificate, HashAlg};
use std::time::{SystemTime, UNIX_EPOCH};

/// None: valid. The authority itself is for the caller to trust. Names stand for themselves and have
/// no port, as with OpenSSH; the sentence is OpenSSH's.
pub fn fault(certificate: &Certificate, host: &str) -> Option<String> {
    if !certificate.cert_type().is_host() {
        return Some("Certificate invalid: not a host certificate".to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    if now < certificate.valid_after() {
        return Some("Certificate invalid: not yet valid".to_owned());
    }
    if now >= certificate.valid_before() {
        return Some("Certificate invalid: expired".to_owned());
    }
    let names = certificate.valid_principals();
    if !names.is_empty() && !names.iter().any(|name| *name == host.to_lowercase()) {
        return Some("Certificate invalid: name is not a listed principal".to_owned());
    }
    if certificate.critical_options().iter().next().is_some() {
        return Some("Certificate invalid: unsupported critical option".to_owned());
    }
    let weak = matches!(
        certificate.signature().algorithm(),
        Algorithm::Rsa { hash: None } | Algorithm::Dsa
    );
    if weak {
        return Some("Certificate invalid: signature algorithm not allowed".to_owned());
    }
    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
    if certificate.validate_at(now, [&authority]).is_err() {
        return Some("Certificate invalid: bad signature".to_owned());
    }
    None
}
