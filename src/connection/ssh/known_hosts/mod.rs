//! Known host keys: plain, hashed, with ports, wildcards and negation, revoked keys, authorities.
//!
//! russh's own check is not used: it accepts revoked keys and knows no patterns.

mod certificate;
mod file;
mod line;
mod verdict;

pub use file::Entry;
pub use line::Marker;
pub use verdict::Verdict;

use super::env::ConnectEnv;
use super::patience::Patience;
use super::target::Target;
use russh::keys::ssh_key::Algorithm;
use russh::keys::{Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What happens with a key of a host that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Refused.
    Refuse,
    /// The operator is asked; refused if nobody can be.
    Ask,
    /// Accepted and stored.
    AcceptNew,
    /// Accepted and not stored.
    Accept,
}

/// The check of one connection.
#[derive(Clone)]
pub struct HostKeys {
    /// With the port unless it is 22.
    name: String,
    /// Without the port; what certificates name.
    host: String,
    /// Whether `name` is an alias, which stands for itself only.
    alias: bool,
    users: Vec<PathBuf>,
    systems: Vec<PathBuf>,
    revoked: Option<PathBuf>,
    unknown: Unknown,
    hash: bool,
    trust_localhost: bool,
    env: ConnectEnv,
    patience: Patience,
    notes: Notes,
}

/// What went wrong without ending a connection; for the operator.
pub(super) type Notes = Arc<Mutex<Vec<String>>>;

impl HostKeys {
    pub(super) fn new(
        target: &Target,
        env: &ConnectEnv,
        patience: &Patience,
        notes: &Notes,
    ) -> Self {
        let settings = &target.settings;
        let [users, systems] = target.known_hosts.clone();
        Self {
            name: target.key_name(),
            host: target.key_alias.as_ref().unwrap_or(&target.hostname).to_lowercase(),
            alias: target.key_alias.is_some(),
            users,
            systems,
            revoked: target.revoked_keys.clone(),
            unknown: unknown(
                settings.word("stricthostkeychecking"),
                settings.flag("batchmode", false),
            ),
            hash: settings.flag("hashknownhosts", false),
            trust_localhost: settings.flag("nohostauthenticationforlocalhost", false),
            env: env.clone(),
            patience: patience.clone(),
            notes: Arc::clone(notes),
        }
    }

    /// What the files know about the host.
    pub fn entries(&self) -> Vec<Entry> {
        self.of(&self.name)
    }

    fn of(&self, name: &str) -> Vec<Entry> {
        file::entries(&self.files(), name)
    }

    fn files(&self) -> Vec<PathBuf> {
        self.users.iter().chain(&self.systems).cloned().collect()
    }

    /// Judges what the host sent. An error says why it is refused.
    pub async fn check(&self, offered: &PublicKeyOrCertificate) -> Result<(), String> {
        if self.trust_localhost && is_loopback(&self.host) {
            return Ok(());
        }
        let key = bare(offered.public_key());
        self.check_revoked_file(&key)?;
        let entries = self.entries();
        if let Some(certificate) = offered.certificate() {
            if let Some(entry) = verdict::revoked(&entries, certificate.signature_key()) {
                return Err(self.revoked_by(&key, &entry));
            }
            if self.vouched(&entries, certificate, &key)? {
                return Ok(());
            }
        }
        self.check_plain(&entries, &key).await
    }

    /// Whether an authority of the host vouches for the key; if not, the bare key may still be known.
    fn vouched(
        &self,
        entries: &[Entry],
        certificate: &Certificate,
        key: &PublicKey,
    ) -> Result<bool, String> {
        if let Some(entry) = verdict::revoked(entries, key.key_data()) {
            return Err(self.revoked_by(key, &entry));
        }
        let trusted = verdict::trusts(entries, certificate.signature_key());
        Ok(trusted && certificate::fault(certificate, &self.host).is_none())
    }

    async fn check_plain(&self, entries: &[Entry], key: &PublicKey) -> Result<(), String> {
        match verdict::plain(entries, key.key_data()) {
            Verdict::Known => Ok(()),
            Verdict::Revoked(entry) => Err(self.revoked_by(key, &entry)),
            Verdict::Changed(entry) => Err(self.changed(key, &entry)),
            Verdict::New if self.known_without_port(key) => Ok(()),
            Verdict::New => self.decide(key).await,
        }
    }

    /// As ssh: a key known for the host on the usual port is good on the others.
    fn known_without_port(&self, key: &PublicKey) -> bool {
        let other = !self.alias && self.name != self.host;
        other && matches!(verdict::plain(&self.of(&self.host), key.key_data()), Verdict::Known)
    }

    async fn decide(&self, key: &PublicKey) -> Result<(), String> {
        match self.unknown {
            Unknown::Accept => Ok(()),
            Unknown::AcceptNew => self.accept_new(key).await,
            Unknown::Ask if self.env.can_ask() => self.ask(key).await,
            Unknown::Ask | Unknown::Refuse => Err(format!(
                "No {} host key is known for {} and you have requested strict checking.\n\
                 Host key verification failed.",
                kind(key),
                self.name
            )),
        }
    }

    /// What the files say by now: another connection may have stored a key while we waited for our turn.
    fn settled(&self, key: &PublicKey) -> Option<Result<(), String>> {
        match verdict::plain(&self.entries(), key.key_data()) {
            Verdict::Known => Some(Ok(())),
            Verdict::Changed(entry) => Some(Err(self.changed(key, &entry))),
            Verdict::Revoked(entry) => Some(Err(self.revoked_by(key, &entry))),
            Verdict::New => None,
        }
    }

    async fn accept_new(&self, key: &PublicKey) -> Result<(), String> {
        let _turn = self.env.turn().await;
        self.settled(key).unwrap_or_else(|| {
            self.store(key);
            Ok(())
        })
    }

    /// Asks as ssh does.
    async fn ask(&self, key: &PublicKey) -> Result<(), String> {
        let _pause = self.patience.pause();
        let _turn = self.env.turn().await;
        if let Some(settled) = self.settled(key) {
            return settled;
        }
        let mut question = self.question(key);
        loop {
            let answer = self.env.ask(question).await;
            match answer.as_deref().map(str::trim) {
                Some(answer)
                    if answer.eq_ignore_ascii_case("yes") || answer == fingerprint(key) =>
                {
                    self.store(key);
                    return Ok(());
                }
                None => return Err("Host key verification failed.".to_owned()),
                Some(answer) if answer.eq_ignore_ascii_case("no") => {
                    return Err("Host key verification failed.".to_owned());
                }
                Some(_) => question = String::from("Please type 'yes', 'no' or the fingerprint: "),
            }
        }
    }

    fn question(&self, key: &PublicKey) -> String {
        let others = file::other_names(&self.files(), key);
        let others = if others.is_empty() {
            "This key is not known by any other names.".to_owned()
        } else {
            format!(
                "This host key is known by the following other names/addresses:\n    {}",
                others.join("\n    ")
            )
        };
        format!(
            "The authenticity of host '{}' can't be established.\n{} key fingerprint is {}.\n{others}\n\
             Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
            self.name,
            kind(key),
            fingerprint(key)
        )
    }

    /// Stores a key in the user's first file. As with ssh a failure is told, but what was accepted stays so.
    fn store(&self, key: &PublicKey) {
        let Some(path) = self.users.first().filter(|path| path.as_os_str() != "/dev/null") else {
            return;
        };
        if let Err(error) = file::add(path, &self.name, key, self.hash) {
            let note = format!(
                "Failed to add the host to the list of known hosts ({}): {error}",
                path.display()
            );
            self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        }
    }

    fn check_revoked_file(&self, key: &PublicKey) -> Result<(), String> {
        let Some(path) = &self.revoked else { return Ok(()) };
        let failed = |why: &str| {
            Err(format!(
                "Error checking host key {} in revoked keys file {}: {why}",
                fingerprint(key),
                path.display()
            ))
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return failed(&error.to_string()),
        };
        if bytes.starts_with(b"SSHKRL\n") {
            return failed("binary revocation lists are not supported");
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut keys = text.lines().filter_map(|line| PublicKey::from_openssh(line.trim()).ok());
        if keys.any(|revoked| revoked.key_data() == key.key_data()) {
            return Err(format!(
                "Host key {} {} revoked by file {}",
                kind(key),
                fingerprint(key),
                path.display()
            ));
        }
        Ok(())
    }

    fn changed(&self, key: &PublicKey, known: &Entry) -> String {
        let at = format!("{}:{}", known.path.display(), known.line);
        format!(
            "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\n\
             The {} key sent by {} is {}, but known is the {} key {} at {at}.\n\
             Either someone is listening in, or the host has a new key: if so, remove line {at}.\n\
             Host key verification failed.",
            kind(key),
            self.name,
            fingerprint(key),
            kind(&known.key),
            fingerprint(&known.key)
        )
    }

    fn revoked_by(&self, key: &PublicKey, entry: &Entry) -> String {
        format!(
            "WARNING: REVOKED HOST KEY DETECTED!\n\
             The {} key {} sent by {} is marked as revoked at {}:{}.\nHost key verification failed.",
            kind(key),
            fingerprint(key),
            self.name,
            entry.path.display(),
            entry.line
        )
    }
}

fn unknown(word: Option<&str>, batch: bool) -> Unknown {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("yes" | "true") => Unknown::Refuse,
        Some("no" | "false" | "off") => Unknown::Accept,
        Some("accept-new") => Unknown::AcceptNew,
        _ if batch => Unknown::Refuse,
        _ => Unknown::Ask,
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn bare(mut key: PublicKey) -> PublicKey {
    key.set_comment("");
    key
}

/// As ssh prints it: `SHA256:...`.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

fn kind(key: &PublicKey) -> &'static str {
    match key.algorithm() {
        Algorithm::Ed25519 => "ED25519",
        Algorithm::Rsa { .. } => "RSA",
        Algorithm::Ecdsa { .. } => "ECDSA",
        Algorithm::Dsa => "DSA",
        Algorithm::SkEd25519 => "ED25519-SK",
        Algorithm::SkEcdsaSha2NistP256 => "ECDSA-SK",
        _ => "unknown",
    }
}
