//! One SSH connection: from the socket to the login, and its channels.

use super::algorithms::{self, Purpose};
use super::channel::{self, Forwarded, Slot};
use super::env::ConnectEnv;
use super::handler::{Client, Ending, Fault, SeenKey};
use super::known_hosts::{HostKeys, Notes};
use super::login::{Login, Refusal};
use super::patience::Patience;
use super::spool::Full;
use super::stream::{self, LastWords, Way};
use super::target::Target;
use crate::connection::transport::Process;
use russh::client::{Handle, Msg, connect_stream};
use russh::{Channel, ChannelMsg, ChannelOpenFailure, Disconnect, Error, Pty};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Channels of one connection at most.
const CHANNELS: usize = 8;

/// An open, logged-in connection.
pub(super) struct Connection {
    handle: Handle<Client>,
    ending: Ending,
    seen: SeenKey,
    purpose: Purpose,
    forward_agent: bool,
    /// Channels in use, and how many the host lets us have (`MaxSessions`).
    used: AtomicUsize,
    most: AtomicUsize,
    /// The way there lives as long as this.
    _via: Option<Arc<Connection>>,
    words: LastWords,
}

/// Why a channel was not opened.
pub(super) enum NoChannel {
    /// The host has no room for more at the moment.
    Crowded,
    /// It never does this.
    Refused(String),
    /// What lies behind it does not answer.
    Unanswered,
    /// It gives no terminal.
    NoTerminal,
    /// The connection is gone.
    Lost,
}

/// What several connections of one transport have in common.
#[derive(Clone)]
pub(super) struct Common {
    pub target: Arc<Target>,
    pub env: ConnectEnv,
    pub notes: Notes,
}

impl Connection {
    /// Connects, tries again as often as the target says. An error is a message.
    pub(super) async fn open(common: &Common, purpose: Purpose) -> Result<Arc<Self>, String> {
        let mut tries = 0;
        loop {
            match Self::attempt(common, purpose).await {
                Ok(connection) => return Ok(Arc::new(connection)),
                Err(Failed { again: true, .. }) if tries < common.target.retries => {
                    tries += 1;
                    let pause = Duration::from_secs(1 << tries.min(5));
                    tokio::time::sleep(pause.min(Duration::from_secs(30))).await;
                }
                Err(failed) => return Err(failed.text),
            }
        }
    }

    async fn attempt(common: &Common, purpose: Purpose) -> Result<Self, Failed> {
        let Common { target, env, notes } = common;
        let via = match &target.via {
            Some(hop) => Some(env.hops().reach(hop, env, notes).await.map_err(Failed::network)?),
            None => None,
        };
        let _turn = env.pace().turn(&format!("{}:{}", target.hostname, target.port)).await;
        let way = Self::way(target, env, via.as_ref()).await.map_err(Failed::network)?;
        let patience = Patience::default();
        let keys = HostKeys::new(target, env, &patience, notes);
        let config = algorithms::config(&target.settings, &keys.entries(), purpose)
            .map_err(Failed::lasting)?;
        let ending = Ending::default();
        let (seen, agent) = (SeenKey::default(), target.forward_agent.clone());
        let client = Client { keys, ending: Arc::clone(&ending), agent, seen: Arc::clone(&seen) };
        let words = way.words.clone();
        let shake = connect_stream(Arc::new(config), way.stream, client);
        let mut handle = match patience.within(target.timeout, Box::pin(shake)).await {
            Some(Ok(handle)) => handle,
            Some(Err(fault)) => {
                words.wait().await;
                return Err(handshake(target, &fault, &words));
            }
            None => return Err(Failed::network(slow(target))),
        };
        login(&mut handle, target, env, &patience, &ending).await?;
        Ok(Self {
            handle,
            ending,
            seen,
            purpose,
            forward_agent: target.forward_agent.is_some(),
            used: AtomicUsize::new(0),
            most: AtomicUsize::new(CHANNELS),
            _via: via,
            words,
        })
    }

    async fn way(
        target: &Target,
        env: &ConnectEnv,
        via: Option<&Arc<Self>>,
    ) -> Result<Way, String> {
        if let Some(command) = &target.proxy_command {
            return stream::proxy(command, &env.operator().shell);
        }
        let Some(hop) = via else { return stream::tcp(target).await };
        let tunnel = hop.tunnel(&target.hostname, target.port);
        match tokio::time::timeout(target.timeout, tunnel).await {
            Ok(Ok(stream)) => Ok(Way { stream: Box::new(stream), words: LastWords::default() }),
            Ok(Err(NoChannel::Unanswered)) => {
                Err("channel 0: open failed: connect failed\nstdio forwarding failed".to_owned())
            }
            Ok(Err(NoChannel::Refused(why))) => {
                Err(format!("channel 0: open failed: {why}\nstdio forwarding failed"))
            }
            Ok(Err(_)) => Err("stdio forwarding failed".to_owned()),
            Err(_) => {
                Err(format!("Connection to {} port {} timed out", target.hostname, target.port))
            }
        }
    }

    /// Whether it still stands.
    pub(super) fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Why it ended, if that is known.
    pub(super) fn ending(&self) -> Option<String> {
        let said = self.ending.lock().unwrap_or_else(PoisonError::into_inner).clone();
        said.or_else(|| Some(self.words.text()).filter(|text| !text.is_empty()))
    }

    /// The host key it was made with.
    pub(super) fn server_key(&self) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a place for a channel, if there is one.
    pub(super) fn take_slot(self: &Arc<Self>) -> Option<Slot> {
        let most = self.most.load(Ordering::SeqCst);
        let taken = self.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |used| {
            (used < most).then_some(used + 1)
        });
        taken.ok().map(|_| -> Slot { Box::new(Place(Arc::clone(self))) })
    }

    /// Channels in use.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::SeqCst)
    }

    /// Remembers that the host has no room for more than this.
    pub(super) fn limit(&self, most: usize) {
        self.most.fetch_min(most, Ordering::SeqCst);
    }

    /// Starts a program on a new channel.
    pub(super) async fn start(
        &self,
        command: &str,
        pty: bool,
        slot: Slot,
    ) -> Result<Process, NoChannel> {
        let mut channel = self.handle.channel_open_session().await.map_err(no_channel)?;
        if self.forward_agent {
            channel.agent_forward(false).await.map_err(|_| NoChannel::Lost)?;
        }
        if pty && !terminal(&mut channel).await? {
            let _ = channel.close().await;
            return Err(NoChannel::NoTerminal);
        }
        channel.exec(true, command.as_bytes()).await.map_err(|_| NoChannel::Lost)?;
        Ok(channel::process(channel, self.full(), slot))
    }

    /// A stream to a port as the host sees it.
    pub(super) async fn tunnel(&self, host: &str, port: u16) -> Result<Forwarded, NoChannel> {
        let opened =
            self.handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0).await;
        match opened {
            Ok(channel) => Ok(channel::forwarded(channel, self.full(), Box::new(()))),
            Err(Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed)) => {
                Err(NoChannel::Unanswered)
            }
            Err(Error::ChannelOpenFailure(reason)) => {
                Err(NoChannel::Refused(reason_text(&reason).to_owned()))
            }
            Err(_) => Err(NoChannel::Lost),
        }
    }

    fn full(&self) -> Full {
        match self.purpose {
            Purpose::Shell => Full::Spill,
            Purpose::Bulk => Full::Wait,
        }
    }

    /// Says goodbye; channels end with it.
    pub(super) async fn close(&self) {
        let _ = self.handle.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

/// A terminal that changes no byte and shows none: no echo, no lines, no signals, no translation.
const RAW: [(Pty, u32); 14] = [
    (Pty::ECHO, 0),
    (Pty::ECHOE, 0),
    (Pty::ECHOK, 0),
    (Pty::ECHONL, 0),
    (Pty::ECHOCTL, 0),
    (Pty::ICANON, 0),
    (Pty::ISIG, 0),
    (Pty::IEXTEN, 0),
    (Pty::ICRNL, 0),
    (Pty::INLCR, 0),
    (Pty::IGNCR, 0),
    (Pty::IXON, 0),
    (Pty::OPOST, 0),
    (Pty::ONLCR, 0),
];

/// Asks for a terminal; whether there is one.
async fn terminal(channel: &mut Channel<Msg>) -> Result<bool, NoChannel> {
    channel.request_pty(true, "dumb", 250, 50, 0, 0, &RAW).await.map_err(|_| NoChannel::Lost)?;
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => return Ok(true),
            Some(ChannelMsg::Failure) => return Ok(false),
            Some(_) => {}
            None => return Err(NoChannel::Lost),
        }
    }
}

/// A place among a connection's channels; it keeps the connection.
struct Place(Arc<Connection>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection that did not come about.
struct Failed {
    text: String,
    /// Whether another try may help.
    again: bool,
}

impl Failed {
    fn network(text: String) -> Self {
        Self { text, again: true }
    }

    fn lasting(text: String) -> Self {
        Self { text, again: false }
    }
}

async fn login(
    handle: &mut Handle<Client>,
    target: &Target,
    env: &ConnectEnv,
    patience: &Patience,
    ending: &Ending,
) -> Result<(), Failed> {
    let work = async { Login::new(handle, target, env, patience).await.run().await };
    match patience.within(target.timeout, Box::pin(work)).await {
        Some(Ok(())) => Ok(()),
        Some(Err(Refusal::Denied { methods, mut notes })) => {
            notes.push(format!(
                "{}@{}: Permission denied ({methods}).",
                target.user, target.hostname
            ));
            Err(Failed::lasting(notes.join("\n")))
        }
        Some(Err(Refusal::Lost)) => {
            let said = ending.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let said = said.unwrap_or_else(|| "Connection closed by remote host".to_owned());
            Err(Failed::network(format!("{said}\n{}", place(target, "closed by", ""))))
        }
        None => Err(Failed::network(format!(
            "Login took longer than {} seconds.\n{}",
            target.timeout.as_secs(),
            place(target, "to", " timed out")
        ))),
    }
}

fn place(target: &Target, how: &str, what: &str) -> String {
    format!("Connection {how} {} port {}{what}", target.hostname, target.port)
}

fn slow(target: &Target) -> String {
    format!("Connection timed out during banner exchange\n{}", place(target, "to", " timed out"))
}

fn handshake(target: &Target, fault: &Fault, words: &LastWords) -> Failed {
    let text = fault.sentence();
    let mut lines: Vec<String> =
        Some(words.text()).filter(|words| !words.is_empty()).into_iter().collect();
    match fault {
        Fault::HostKey(_) => {
            lines.push(text);
            return Failed::lasting(lines.join("\n"));
        }
        Fault::Protocol(Error::NoCommonAlgo { .. }) => {
            lines.push(format!(
                "Unable to negotiate with {} port {}: {text}",
                target.hostname, target.port
            ));
            return Failed::lasting(lines.join("\n"));
        }
        Fault::Protocol(_) => lines.push(format!("kex_exchange_identification: {text}")),
    }
    lines.push(place(target, "closed by", ""));
    Failed::network(lines.join("\n"))
}

fn no_channel(error: Error) -> NoChannel {
    match error {
        Error::ChannelOpenFailure(ChannelOpenFailure::UnknownChannelType) => {
            NoChannel::Refused("unknown channel type".to_owned())
        }
        Error::ChannelOpenFailure(_) => NoChannel::Crowded,
        _ => NoChannel::Lost,
    }
}

fn reason_text(reason: &ChannelOpenFailure) -> &'static str {
    match reason {
        ChannelOpenFailure::AdministrativelyProhibited => "administratively prohibited",
        ChannelOpenFailure::UnknownChannelType => "unknown channel type",
        ChannelOpenFailure::ResourceShortage => "resource shortage",
        ChannelOpenFailure::ConnectFailed | ChannelOpenFailure::Other { .. } => "unknown reason",
    }
}
