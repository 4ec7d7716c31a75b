//! Private keys, read and decrypted once per run.

use super::super::env::ConnectEnv;
use super::super::patience::Patience;
use super::super::secret::Password;
use russh::keys::{PrivateKey, PublicKey, decode_secret_key};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// A key, or why there is none.
type Loaded = Result<Arc<PrivateKey>, String>;

/// The private keys of a run, by file.
#[derive(Default)]
pub struct KeyRing(Mutex<HashMap<PathBuf, Arc<OnceCell<Loaded>>>>);

/// How an encrypted key is opened.
pub(in super::super) struct Opening<'a> {
    /// The passphrase that the variables gave.
    pub passphrase: Option<&'a Password>,
    /// Wrong answers before giving up; 0: nobody is asked.
    pub tries: u32,
    pub env: &'a ConnectEnv,
    pub patience: &'a Patience,
}

impl KeyRing {
    /// The key of a file. The first caller reads it and asks for its passphrase, the others wait; a key
    /// that could not be opened is not asked about again.
    pub(in super::super) async fn open(&self, path: &Path, opening: &Opening<'_>) -> Loaded {
        let cell = {
            let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(keys.entry(path.to_owned()).or_default())
        };
        let _pause = (!cell.initialized()).then(|| opening.patience.pause());
        cell.get_or_init(|| read(path, opening)).await.clone()
    }
}

async fn read(path: &Path, opening: &Opening<'_>) -> Loaded {
    let text = text(path, opening.env.operator().uid)?;
    let failed = |why: String| format!("Load key \"{}\": {why}", path.display());
    match decode(text.clone(), None).await {
        Ok(key) => Ok(Arc::new(key)),
        Err(Fault::Other(why)) => Err(failed(why)),
        Err(Fault::Encrypted) => {
            let name = path.display().to_string();
            decrypt(text, &name, opening).await.map(Arc::new).map_err(failed)
        }
    }
}

/// A key that was given as text.
pub(in super::super) async fn inline(text: &Password, opening: &Opening<'_>) -> Loaded {
    let text = Zeroizing::new(format!("{}\n", text.expose().trim_end()));
    match decode(text.clone(), None).await {
        Ok(key) => Ok(Arc::new(key)),
        Err(Fault::Other(why)) => Err(format!("Load private key: {why}")),
        Err(Fault::Encrypted) => {
            let key = decrypt(text, "ansible_private_key", opening).await;
            key.map(Arc::new).map_err(|why| format!("Load private key: {why}"))
        }
    }
}

async fn decrypt(
    text: Zeroizing<String>,
    name: &str,
    opening: &Opening<'_>,
) -> Result<PrivateKey, String> {
    const WRONG: &str = "incorrect passphrase supplied to decrypt private key";
    if let Some(passphrase) = opening.passphrase {
        let word = Zeroizing::new(passphrase.expose().to_owned());
        return decode(text, Some(word)).await.map_err(|_| WRONG.to_owned());
    }
    let _turn = opening.env.turn().await;
    for _ in 0..opening.tries {
        let question = format!("Enter passphrase for key '{name}': ");
        let Some(word) = opening.env.ask_secret(question).await.filter(|word| !word.is_empty())
        else {
            break;
        };
        if let Ok(key) = decode(text.clone(), Some(word)).await {
            return Ok(key);
        }
    }
    Err(if opening.env.can_ask() {
        WRONG
    } else {
        "it is encrypted and nobody can be asked for its passphrase"
    }
    .to_owned())
}

enum Fault {
    Encrypted,
    Other(String),
}

/// Deriving a key from a passphrase takes about half a second of processor time: not on the runtime's threads.
async fn decode(
    text: Zeroizing<String>,
    word: Option<Zeroizing<String>>,
) -> Result<PrivateKey, Fault> {
    let work = move || decode_secret_key(&text, word.as_ref().map(|word| word.as_str()));
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(key)) if key.is_encrypted() => Err(Fault::Encrypted),
        Ok(Ok(key)) => Ok(key),
        Ok(Err(russh::keys::Error::KeyIsEncrypted)) => Err(Fault::Encrypted),
        Ok(Err(error)) => Err(Fault::Other(error.to_string())),
        Err(error) => Err(Fault::Other(error.to_string())),
    }
}

/// The text of a key file, which nobody else may read, as ssh demands it.
fn text(path: &Path, uid: u32) -> Result<Zeroizing<String>, String> {
    let failed = |why: &str| format!("Load key \"{}\": {why}", path.display());
    let meta = fs::metadata(path).map_err(|error| failed(&super::super::os_text(&error)))?;
    if meta.uid() == uid && meta.mode() & 0o077 != 0 {
        return Err(failed(&format!("bad permissions: {:04o} is too open", meta.mode() & 0o7777)));
    }
    let text = fs::read_to_string(path).map_err(|error| failed(&super::super::os_text(&error)))?;
    Ok(Zeroizing::new(text))
}

/// The public half of a key file without its passphrase: from `FILE.pub`, or from the file itself.
pub(in super::super) fn public_half(path: &Path) -> Option<PublicKey> {
    let beside = fs::read_to_string(with_suffix(path, ".pub")).ok();
    let beside = beside.and_then(|text| PublicKey::from_openssh(text.trim()).ok());
    let key = beside.or_else(|| {
        let text = Zeroizing::new(fs::read_to_string(path).ok()?);
        let private =
            PrivateKey::from_openssh(text.as_bytes()).ok().map(|key| key.public_key().clone());
        private.or_else(|| PublicKey::from_openssh(text.trim()).ok())
    });
    key.map(|mut key| {
        key.set_comment("");
        key
    })
}

/// A path with something behind its name.
pub(in super::super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
