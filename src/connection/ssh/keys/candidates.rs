//! Which keys are offered, in which order.

use super::super::env::Operator;
use super::super::target::Target;
use super::ring::{public_half, with_suffix};
use super::signer::Holder;
use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, PublicKey};
use std::path::{Path, PathBuf};

/// One offer to the host.
#[derive(Clone, Debug)]
pub(in super::super) struct Candidate {
    /// The public half; None for an encrypted file of an old format, which must be opened first.
    pub public: Option<PublicKey>,
    pub certificate: Option<Certificate>,
    pub holder: Holder,
}

/// Names of the key files that are tried when none is named, in ssh's order.
const USUAL: [&str; 4] = ["id_rsa", "id_ecdsa", "id_ed25519", "id_dsa"];

/// The offers in ssh's order: certificates that were named, the agent's keys that are also named files,
/// the agent's other keys (not with `IdentitiesOnly`), then the files.
pub(in super::super) fn list(
    target: &Target,
    operator: &Operator,
    agent: &[AgentIdentity],
) -> Vec<Candidate> {
    let files = files(target, operator);
    let mut list: Vec<Candidate> = Vec::new();
    if let Some(text) = &target.private_key {
        list.push(Candidate {
            public: None,
            certificate: None,
            holder: Holder::Text(text.clone()),
        });
    }
    list.extend(named_certificates(target, &files, agent));
    let named = |key: &KeyData| files.iter().any(|file| file.is(key));
    let (first, others): (Vec<_>, Vec<_>) = agent.iter().partition(|id| named(&data(id)));
    list.extend(first.iter().map(|id| of_agent(id)));
    if !target.settings.flag("identitiesonly", false) {
        list.extend(others.iter().map(|id| of_agent(id)));
    }
    for file in &files {
        let held = agent.iter().any(|id| file.is(&data(id)));
        list.extend(file.candidates(held));
    }
    list
}

/// A key file that exists.
struct File {
    path: PathBuf,
    public: Option<PublicKey>,
    certificate: Option<Certificate>,
}

impl File {
    fn read(path: &Path) -> Option<Self> {
        let public = public_half(path);
        let certificate = Certificate::read_file(&with_suffix(path, "-cert.pub")).ok();
        let exists = path.exists() || public.is_some();
        exists.then(|| Self { path: path.to_owned(), public, certificate })
    }

    fn is(&self, key: &KeyData) -> bool {
        self.public.as_ref().is_some_and(|public| public.key_data() == key)
    }

    /// Its certificate, then the key itself unless the agent has offered it.
    fn candidates(&self, held: bool) -> Vec<Candidate> {
        let holder = match (&self.public, held) {
            (Some(key), true) => Holder::Agent(key.clone()),
            _ => Holder::File(self.path.clone()),
        };
        let one = |certificate: Option<Certificate>| Candidate {
            public: self.public.clone(),
            certificate,
            holder: holder.clone(),
        };
        let mut list: Vec<Candidate> =
            self.certificate.iter().map(|c| one(Some(c.clone()))).collect();
        if !held {
            list.push(one(None));
        }
        list
    }
}

fn files(target: &Target, operator: &Operator) -> Vec<File> {
    let usual = || USUAL.iter().map(|name| operator.home.join(".ssh").join(name)).collect();
    let paths = target.identities.clone().unwrap_or_else(usual);
    paths.iter().filter_map(|path| File::read(path)).collect()
}

/// Certificates of `CertificateFile`, each with the file or agent that has its key.
fn named_certificates(target: &Target, files: &[File], agent: &[AgentIdentity]) -> Vec<Candidate> {
    let read = target.certificates.iter().filter_map(|path| Certificate::read_file(path).ok());
    read.filter_map(|certificate| {
        let key = PublicKey::new(certificate.public_key().clone(), "");
        let held = agent.iter().any(|id| data(id) == *key.key_data());
        let file = files.iter().find(|file| file.is(key.key_data()));
        let holder = match file {
            _ if held => Holder::Agent(key.clone()),
            Some(file) => Holder::File(file.path.clone()),
            None => return None,
        };
        Some(Candidate { public: Some(key), certificate: Some(certificate), holder })
    })
    .collect()
}

fn of_agent(identity: &AgentIdentity) -> Candidate {
    match identity {
        AgentIdentity::PublicKey { key, .. } => Candidate {
            public: Some(key.clone()),
            certificate: None,
            holder: Holder::Agent(key.clone()),
        },
        AgentIdentity::Certificate { certificate, .. } => Candidate {
            public: Some(PublicKey::new(certificate.public_key().clone(), "")),
            certificate: Some(certificate.clone()),
            holder: Holder::AgentCertificate(Box::new(identity.clone())),
        },
    }
}

fn data(identity: &AgentIdentity) -> KeyData {
    match identity {
        AgentIdentity::PublicKey { key, .. } => key.key_data().clone(),
        AgentIdentity::Certificate { certificate, .. } => certificate.public_key().clone(),
    }
}
