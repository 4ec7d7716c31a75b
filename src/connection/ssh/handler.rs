//! What russh asks back: the host key, agent forwarding, and how a connection ended.

use super::known_hosts::HostKeys;
use russh::client::{self, ChannelOpenHandle, DisconnectReason, Msg, Session};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, Error};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::UnixStream;

/// Why a connection ended, once it has.
pub(super) type Ending = Arc<Mutex<Option<String>>>;

/// Our side of one connection.
pub(super) struct Client {
    pub keys: HostKeys,
    pub ending: Ending,
    pub agent: Option<PathBuf>,
    pub seen: SeenKey,
}

/// The host key that was accepted, as a `known_hosts` file has it.
pub(super) type SeenKey = Arc<Mutex<Option<String>>>;

/// Why a handshake failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The host key was refused; a whole message.
    HostKey(String),
    /// The protocol, or the network below it.
    Protocol(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}

impl client::Handler for Client {
    type Error = Fault;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Fault> {
        self.keys.check(key).await.map_err(Fault::HostKey)?;
        let text = PublicKey::from(key.public_key().key_data().clone()).to_openssh().ok();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = text;
        Ok(true)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        // Without a wish for forwarding the reply is dropped, which refuses the channel.
        let Some(path) = self.agent.clone() else { return Ok(()) };
        tokio::spawn(async move {
            let Ok(mut agent) = UnixStream::connect(path).await else { return };
            reply.accept().await;
            let mut channel = channel.into_stream();
            let _ = tokio::io::copy_bidirectional(&mut channel, &mut agent).await;
        });
        Ok(())
    }

    // Channels that a host opens by itself are refused: only agent forwarding was asked for.
    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Fault> {
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Fault>) -> Result<(), Fault> {
        let text = match &reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                format!("the host disconnected: {}", info.message.trim_end())
            }
            DisconnectReason::Error(fault) => fault.sentence(),
        };
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
        Ok(())
    }
}

impl Fault {
    /// What happened, in ssh's words where it has some.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::HostKey(text) => text.clone(),
            Self::Protocol(error) => sentence(error),
        }
    }
}

fn sentence(error: &Error) -> String {
    match error {
        Error::IO(error) => super::os_text(error),
        Error::HUP | Error::Disconnect => "Connection closed by remote host".to_owned(),
        Error::KeepaliveTimeout => "Timeout, server not responding.".to_owned(),
        Error::Version => "Invalid SSH identification string.".to_owned(),
        Error::NoCommonAlgo { kind, theirs, .. } => {
            let what = match kind {
                russh::AlgorithmKind::Kex => "key exchange method",
                russh::AlgorithmKind::Key => "host key type",
                russh::AlgorithmKind::Cipher => "cipher",
                russh::AlgorithmKind::Mac => "MAC",
                russh::AlgorithmKind::Compression => "compression method",
            };
            format!("no matching {what} found. Their offer: {}", theirs.join(","))
        }
        other => other.to_string(),
    }
}
