//! Streams straight from host to host: what is laid out on both for the time of one run, and taken away again.

use crate::connection::ssh::OneRunKey;
use crate::spec::{Command, Content, Host, HostError};
use crate::zfs::direct::{LET_IN, SHUT_OUT, Way, authorized_line, known_hosts_line, ssh_words};
use bytes::Bytes;
use std::sync::Arc;

/// Where the other host is, as the calling one sees it.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// Port, when not ssh's own.
    pub port: Option<u16>,
    /// The account that is logged in to: the one that its [`Host`] runs as.
    pub user: Option<String>,
    /// What the calling host's address must match over there (`from=`); None: any.
    pub from: Option<String>,
}

/// A way from one host to another that lasts until it is closed. Dropping it closes it, too.
pub struct Direct {
    way: Way,
    remote: String,
    /// Who let the key in, and its mark.
    door: Option<(Arc<dyn Host>, String)>,
}

impl Direct {
    /// With a new key that may do nothing over there but run `remote`, a text for /bin/sh.
    pub async fn with_key(
        caller: &Arc<dyn Host>,
        other: &Arc<dyn Host>,
        address: &Address,
        remote: &str,
    ) -> Result<Self, HostError> {
        let mut direct = Self::known(caller, other, address, remote).await?;
        let pair = OneRunKey::new()?;
        let mark = format!("tank-run-{}", word()?);
        let private = Content::Bytes(Bytes::copy_from_slice(pair.private.as_bytes()));
        direct.way.key = Some(caller.put_temp(&mark, private).await?);
        let line = authorized_line(&pair.public, remote, address.from.as_deref(), &mark);
        let line = line.map_err(HostError::Local)?;
        // From here on there may be something to take away.
        direct.door = Some((Arc::clone(other), mark));
        if let Err(error) = script(other, LET_IN, &line, "letting a key in for this run").await {
            direct.close().await?;
            return Err(error);
        }
        Ok(direct)
    }

    /// With the operator's agent, which must be forwarded to the caller (`ForwardAgent yes`).
    pub async fn with_agent(
        caller: &Arc<dyn Host>,
        other: &Arc<dyn Host>,
        address: &Address,
        remote: &str,
    ) -> Result<Self, HostError> {
        Self::known(caller, other, address, remote).await
    }

    /// The caller knows the other by the key that we know it by.
    async fn known(
        caller: &Arc<dyn Host>,
        other: &Arc<dyn Host>,
        address: &Address,
        remote: &str,
    ) -> Result<Self, HostError> {
        let key = other.server_key().await?.ok_or_else(|| {
            HostError::Local(format!(
                "the host key of {} is not known here: a stream from host to host needs ansible_connection ssh there",
                other.name()
            ))
        })?;
        let line = Content::Bytes(Bytes::from(known_hosts_line(&key)));
        let known_hosts = caller.put_temp(&format!("known-{}", word()?), line).await?;
        let way = Way {
            host: address.host.clone(),
            port: address.port,
            user: address.user.clone(),
            known_hosts,
            key: None,
        };
        Ok(Self { way, remote: remote.to_string(), door: None })
    }

    /// The command line for the caller; it stands in its part of the pipe.
    pub fn command(&self) -> String {
        crate::base::quote::words(ssh_words(&self.way, &self.remote))
    }

    /// Takes the key away again.
    pub async fn close(mut self) -> Result<(), HostError> {
        match self.door.take() {
            Some((other, mark)) => script(&other, SHUT_OUT, &mark, "taking a key away").await,
            None => Ok(()),
        }
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        let (Some((other, mark)), Ok(runtime)) =
            (self.door.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move { script(&other, SHUT_OUT, &mark, "taking a key away").await });
    }
}

async fn script(host: &Arc<dyn Host>, text: &str, word: &str, what: &str) -> Result<(), HostError> {
    let answer = host.run(Command::new(["/bin/sh", "-c", text, "sh", word])).await?;
    match answer.rc {
        0 => Ok(()),
        _ => Err(HostError::Local(format!("{what}: {}", answer.error_text().trim()))),
    }
}

fn word() -> Result<String, HostError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| HostError::Local(format!("no random bytes: {error}")))?;
    Ok(crate::spec::input::hex(&random))
}
