//! What a client may do once it is in: run programs, and reach ports if that is allowed.

use super::pump;
use super::server::Door;
use russh::keys::Certificate;
use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Error};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpStream;

/// One client's channels.
pub(super) struct Session {
    home: PathBuf,
    forward: bool,
    max: usize,
    open: Arc<AtomicUsize>,
    waiting: HashMap<ChannelId, (Channel<Msg>, Place)>,
}

/// A place among a client's sessions.
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Session {
    pub(super) fn new(home: PathBuf, forward: bool, max: usize) -> Self {
        Self { home, forward, max, open: Arc::default(), waiting: HashMap::new() }
    }

    fn place(&self) -> Option<Place> {
        let taken = self.open.fetch_add(1, Ordering::SeqCst);
        let place = Place(Arc::clone(&self.open));
        (self.max == 0 || taken < self.max).then_some(place)
    }

    fn start(&mut self, id: ChannelId, command: &[u8]) -> bool {
        let Some((channel, place)) = self.waiting.remove(&id) else { return false };
        let Ok(child) = pump::child(&self.home, command) else { return false };
        tokio::spawn(async move {
            pump::run(channel, child).await;
            drop(place);
        });
        true
    }
}

impl Handler for Door {
    type Error = Error;

    async fn auth_publickey_offered(
        &mut self,
        _: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Error> {
        Ok(self.check_offer(offer.public_key))
    }

    async fn auth_publickey(&mut self, _: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        Ok(self.check_key(&key))
    }

    async fn auth_openssh_certificate(
        &mut self,
        _: &str,
        certificate: &Certificate,
    ) -> Result<Auth, Error> {
        Ok(self.check_certificate(certificate))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Error> {
        Ok(self.check_password(password))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Error> {
        let answers = response.map(|answers| {
            answers.map(|answer| String::from_utf8_lossy(&answer).into_owned()).collect()
        });
        Ok(self.converse(answers))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), Error> {
        match self.session.place() {
            Some(place) => {
                self.session.waiting.insert(channel.id(), (channel, place));
                reply.accept().await;
            }
            None => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        }
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), Error> {
        let Some(port) = u16::try_from(port).ok().filter(|_| self.session.forward) else {
            reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        };
        let host = host.to_owned();
        tokio::spawn(async move {
            let Ok(mut socket) = TcpStream::connect((host, port)).await else {
                reply.reject(ChannelOpenFailure::ConnectFailed).await;
                return;
            };
            reply.accept().await;
            let mut channel = channel.into_stream();
            let _ = tokio::io::copy_bidirectional(&mut channel, &mut socket).await;
        });
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        if self.session.start(id, command) {
            session.channel_success(id)
        } else {
            session.channel_failure(id)
        }
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(russh::Pty, u32)],
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        session.channel_failure(id)
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        session.channel_failure(id)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Error> {
        session.channel_failure(id)
    }
}
