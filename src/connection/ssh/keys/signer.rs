//! Signs a login: by the agent, or by a key file that is opened only once the host accepted its public half.

use super::super::secret::Password;
use super::ring::{KeyRing, Opening, inline};
use russh::SendError;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use std::path::PathBuf;
use tokio::net::UnixStream;

/// Where a private key is.
#[derive(Clone, Debug)]
pub(in super::super) enum Holder {
    /// In the agent. The certificate beside the key may be a file, so the agent is asked by the key.
    Agent(PublicKey),
    /// In the agent together with its certificate.
    AgentCertificate(Box<AgentIdentity>),
    /// In a file.
    File(PathBuf),
    /// In a variable.
    Text(Password),
}

/// Signs for one login.
pub(in super::super) struct Hand<'a> {
    pub holder: &'a Holder,
    pub agent: Option<&'a mut AgentClient<UnixStream>>,
    pub ring: &'a KeyRing,
    pub opening: Opening<'a>,
}

/// Why there is no signature.
#[derive(Debug)]
pub(in super::super) struct NotSigned(pub String);

impl From<SendError> for NotSigned {
    fn from(_: SendError) -> Self {
        Self("connection lost".to_owned())
    }
}

impl russh::Signer for Hand<'_> {
    type Error = NotSigned;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, NotSigned> {
        let key = match self.holder {
            Holder::Agent(key) => {
                let identity =
                    AgentIdentity::PublicKey { key: key.clone(), comment: String::new() };
                return self.by_agent(&identity, hash, data).await;
            }
            Holder::AgentCertificate(identity) => return self.by_agent(identity, hash, data).await,
            Holder::File(path) => self.ring.open(path, &self.opening).await,
            Holder::Text(text) => inline(text, &self.opening).await,
        };
        signed(&*key.map_err(NotSigned)?, hash, data).map_err(NotSigned)
    }
}

impl Hand<'_> {
    async fn by_agent(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, NotSigned> {
        let Some(agent) = self.agent.as_mut() else {
            return Err(NotSigned("no agent".to_owned()));
        };
        // An agent may ask its owner to confirm.
        let _pause = self.opening.patience.pause();
        let signed = agent.sign_request(identity, hash, data).await;
        signed.map_err(|_| {
            NotSigned("sign_and_send_pubkey: signing failed: agent refused operation".to_owned())
        })
    }
}

/// The data with its signature behind it, as the protocol wants it.
fn signed(key: &PrivateKey, hash: Option<HashAlg>, mut data: Vec<u8>) -> Result<Vec<u8>, String> {
    let signature: Signature = match key.key_data() {
        KeypairData::Rsa(rsa) => (rsa, hash).try_sign(&data),
        other => other.try_sign(&data),
    }
    .map_err(|error| error.to_string())?;
    let blob: Vec<u8> = encoded(&signature)?;
    blob.encode(&mut data).map_err(|error| error.to_string())?;
    Ok(data)
}

fn encoded(signature: &Signature) -> Result<Vec<u8>, String> {
    let mut blob = Vec::new();
    signature.encode(&mut blob).map_err(|error| error.to_string())?;
    Ok(blob)
}
