//! Files of the operator, vaulted or not.

use crate::base::yaml::{self, Loaded};
use crate::base::{Diagnostic, Source, Value};
use std::path::Path;
use std::sync::Arc;

/// How a vaulted file is opened: bytes and path in, plain bytes out.
pub type Decrypt = Arc<dyn Fn(Vec<u8>, &Path) -> Result<Vec<u8>, Diagnostic> + Send + Sync>;

/// Reads files and decrypts those that are vaults.
#[derive(Clone)]
pub struct Files {
    decrypt: Decrypt,
}

/// What a file holds.
pub(super) struct FileText {
    pub text: Vec<u8>,
    /// Whether the file was a vault as a whole.
    pub vaulted: bool,
}

impl Default for Files {
    /// Files without any vault secret.
    fn default() -> Self {
        Self::new(Arc::new(|_, path| {
            let text = "Attempting to decrypt but no vault secrets found.";
            Err(Diagnostic::new(text).at(Some(&place(path))))
        }))
    }
}

fn place(path: &Path) -> crate::base::Origin {
    crate::base::Origin::whole(&Source::file(path.display().to_string()))
}

impl Files {
    /// Files whose vaults `decrypt` opens.
    pub fn new(decrypt: Decrypt) -> Self {
        Self { decrypt }
    }

    /// The plain value of an inline vault text, wholly secret.
    pub(super) fn decrypt_text(&self, text: &str) -> Result<Value, Diagnostic> {
        let plain = (self.decrypt)(text.as_bytes().to_vec(), Path::new("!vault"))?;
        let plain = String::from_utf8(plain)
            .map_err(|_| Diagnostic::new("a vaulted value is not UTF-8 text"))?;
        Ok(Value::str(plain).secret())
    }

    pub(super) fn read(&self, path: &Path) -> Result<FileText, Diagnostic> {
        let bytes = std::fs::read(path).map_err(|error| {
            let text = format!(
                "an error occurred while trying to read the file '{}': {error}",
                path.display()
            );
            Diagnostic::new(text)
        })?;
        if !bytes.starts_with(b"$ANSIBLE_VAULT") {
            return Ok(FileText { text: bytes, vaulted: false });
        }
        Ok(FileText { text: (self.decrypt)(bytes, path)?, vaulted: true })
    }

    /// The one YAML or JSON document of a file.
    pub fn document(&self, path: &Path) -> Result<Value, Diagnostic> {
        self.load(path).map(|(loaded, _)| loaded.value)
    }

    /// The one YAML or JSON document of a file, and whether the file was a vault.
    pub(super) fn load(&self, path: &Path) -> Result<(Loaded, bool), Diagnostic> {
        let file = self.read(path)?;
        let source = Source::file(path.display().to_string());
        let text = String::from_utf8(file.text).map_err(|error| {
            let text = format!("'utf-8' codec can't decode: {}", error.utf8_error());
            Diagnostic::new(text).at(Some(&place(path)))
        })?;
        Ok((yaml::load(&text, &source)?, file.vaulted))
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Files")
    }
}
