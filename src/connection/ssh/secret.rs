//! A password or passphrase in memory: wiped when dropped, never shown.

use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A secret text; its `Debug` form hides it.
#[derive(Clone)]
pub struct Password(Arc<Zeroizing<String>>);

impl Password {
    /// Takes a secret over. The caller's own copy is the caller's to wipe.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The secret itself: for sending, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<String>> for Password {
    fn from(text: Zeroizing<String>) -> Self {
        Self(Arc::new(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let text = format!("{:?} {:?}", Password::new("hunter2"), Some(Password::new("hunter2")));
        assert!(!text.contains("hunter2"), "{text}");
    }
}
