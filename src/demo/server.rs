//! Starting and stopping the server; who is let in.

use super::session::Session;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, Certificate, HashAlg, PrivateKey, PublicKey};
use russh::server::{self, Auth, VerifiedPublicKey};
use russh::{MethodKind, MethodSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A running server; it stops when dropped, and its sessions with it.
pub struct DemoServer {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The private key to log in with.
    pub user_key: PathBuf,
    /// A file that knows the server's host key.
    pub known_hosts: PathBuf,
    /// SHA-256 of the host key, as ssh prints it.
    pub fingerprint: String,
    /// Where sessions start; their `HOME`.
    pub home: PathBuf,
    stop: watch::Sender<bool>,
    connections: Arc<AtomicUsize>,
}

/// Who is let in. The default is the holder of the server's user key.
pub trait Login: Send + Sync {
    /// Methods told to clients.
    fn methods(&self) -> Vec<MethodKind> {
        vec![MethodKind::PublicKey]
    }
    /// Whether a key that the client holds is good.
    fn key(&self, key: &PublicKey) -> bool;
    /// Whether certificates are looked at.
    fn takes_certificates(&self) -> bool {
        false
    }
    /// Whether a certificate whose key the client holds is good.
    fn certificate(&self, _: &Certificate) -> bool {
        false
    }
    /// Whether a password is good.
    fn password(&self, _: &str) -> bool {
        false
    }
    /// The hidden questions of keyboard-interactive.
    fn questions(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether the answers to them are good.
    fn answers(&self, _: &[String]) -> bool {
        false
    }
}

/// How a server differs from the usual.
#[derive(Clone, Default)]
pub struct Options {
    /// Whether streams to other ports are allowed.
    pub forward: bool,
    /// Sessions on one connection at most; 0: no limit.
    pub max_sessions: usize,
    /// Who is let in besides the holder of the user key.
    pub login: Option<Arc<dyn Login>>,
    /// The host key; None: a new one.
    pub host_key: Option<PrivateKey>,
    /// The host key's certificate.
    pub host_certificate: Option<Certificate>,
}

/// Starts a server whose files and sessions are in a directory.
pub async fn serve(dir: &Path) -> io::Result<DemoServer> {
    serve_with(dir, Options::default()).await
}

/// The same with options.
pub async fn serve_with(dir: &Path, options: Options) -> io::Result<DemoServer> {
    let home = dir.join("home");
    fs::create_dir_all(&home)?;
    let host = options.host_key.clone().map_or_else(new_key, Ok)?;
    let user = new_key()?;
    let user_key = dir.join("user_key");
    write_key(&user_key, &user)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let known_hosts = dir.join("known_hosts");
    let public = host.public_key().to_openssh().map_err(io::Error::other)?;
    fs::write(&known_hosts, format!("[127.0.0.1]:{port} {}\n", public.trim_end()))?;
    let fingerprint = host.fingerprint(HashAlg::Sha256).to_string();
    let (stop, stopped) = watch::channel(false);
    let connections = Arc::new(AtomicUsize::new(0));
    let gate = Gate {
        user: user.public_key().clone(),
        options: options.clone(),
        home: home.clone(),
        connections: Arc::clone(&connections),
    };
    tokio::spawn(listen(listener, Arc::new(config(host, &options)), Arc::new(gate), stopped));
    Ok(DemoServer { port, user_key, known_hosts, fingerprint, home, stop, connections })
}

impl DemoServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Connections that were accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Cuts all connections and stops listening.
    pub fn stop(&self) {
        let _ = self.stop.send(true);
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What all connections of a server know.
struct Gate {
    user: PublicKey,
    options: Options,
    home: PathBuf,
    connections: Arc<AtomicUsize>,
}

fn methods(options: &Options) -> Vec<MethodKind> {
    options.login.as_ref().map_or_else(|| vec![MethodKind::PublicKey], |login| login.methods())
}

fn config(host: PrivateKey, options: &Options) -> server::Config {
    server::Config {
        methods: MethodSet::from(methods(options).as_slice()),
        auth_rejection_time: Duration::from_millis(100),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![host],
        certificates: options.host_certificate.clone().into_iter().collect(),
        inactivity_timeout: None,
        nodelay: true,
        ..server::Config::default()
    }
}

async fn listen(
    listener: TcpListener,
    config: Arc<server::Config>,
    gate: Arc<Gate>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((socket, _)) = accepted else { continue };
        gate.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(attend(socket, Arc::clone(&config), Arc::clone(&gate), stopped.clone()));
    }
}

async fn attend(
    mut socket: tokio::net::TcpStream,
    config: Arc<server::Config>,
    gate: Arc<Gate>,
    mut stopped: watch::Receiver<bool>,
) {
    let _ = socket.set_nodelay(true);
    let door = Door {
        session: Session::new(gate.home.clone(), gate.options.forward, gate.options.max_sessions),
        gate,
    };
    // Bytes go through a pipe of ours, so that a stop cuts the connection at once as a dead host would.
    let (mut near, far) = tokio::io::duplex(256 * 1024);
    let running = server::run_stream(config, far, door);
    let carried = tokio::io::copy_bidirectional(&mut socket, &mut near);
    tokio::select! {
        _ = async { tokio::join!(running, carried) } => {}
        _ = stopped.changed() => {}
    }
}

/// One client: first at the door, then in its session.
pub(super) struct Door {
    gate: Arc<Gate>,
    pub(super) session: Session,
}

impl Door {
    /// Like sshd, a server goes on to offer what failed once.
    fn verdict(&self, good: bool) -> Auth {
        if good {
            return Auth::Accept;
        }
        let methods = Some(MethodSet::from(methods(&self.gate.options).as_slice()));
        Auth::Reject { proceed_with_methods: methods, partial_success: false }
    }

    fn login(&self) -> Option<&dyn Login> {
        self.gate.options.login.as_deref()
    }

    fn key_is_good(&self, key: &PublicKey) -> bool {
        key.key_data() == self.gate.user.key_data()
            || self.login().is_some_and(|login| login.key(key))
    }

    /// Certificates are offered by their key too: a key is turned away only if nothing but keys is taken.
    pub(super) fn check_offer(&self, key: &PublicKey) -> Auth {
        self.verdict(self.key_is_good(key) || self.login().is_some_and(Login::takes_certificates))
    }

    pub(super) fn check_key(&self, key: &VerifiedPublicKey<'_>) -> Auth {
        self.verdict(self.key_is_good(key.public_key))
    }

    pub(super) fn check_certificate(&self, certificate: &Certificate) -> Auth {
        self.verdict(self.login().is_some_and(|login| login.certificate(certificate)))
    }

    pub(super) fn check_password(&self, password: &str) -> Auth {
        self.verdict(self.login().is_some_and(|login| login.password(password)))
    }

    /// The questions while there are no answers, then what comes of the answers.
    pub(super) fn converse(&self, answers: Option<Vec<String>>) -> Auth {
        let Some(login) = self.login() else { return Auth::reject() };
        if let Some(answers) = answers {
            return self.verdict(login.answers(&answers));
        }
        let prompts = login.questions().into_iter().map(|question| (question.into(), false));
        Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.collect() }
    }
}

fn new_key() -> io::Result<PrivateKey> {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519)
        .map_err(io::Error::other)
}

fn write_key(path: &Path, key: &PrivateKey) -> io::Result<()> {
    let text = key.to_openssh(LineEnding::LF).map_err(io::Error::other)?;
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
