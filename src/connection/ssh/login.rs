//! Logging in: methods in ssh's order, keys one by one, passwords from where the target says.

use super::env::ConnectEnv;
use super::handler::Client;
use super::keys::{self, Candidate, Hand, Holder, NotSigned, Opening};
use super::patience::Patience;
use super::secret::Password;
use super::target::{PasswordSource, Target};
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Reply};
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};
use russh::{Error, MethodKind, MethodSet};
use std::collections::VecDeque;
use tokio::net::UnixStream;

/// Why nobody was logged in.
pub(super) enum Refusal {
    /// The host said no to everything; its methods and what was noted on the way.
    Denied { methods: String, notes: Vec<String> },
    /// The connection ended.
    Lost,
}

/// One login under way.
pub(super) struct Login<'a> {
    handle: &'a mut Handle<Client>,
    target: &'a Target,
    env: &'a ConnectEnv,
    patience: &'a Patience,
    agent: Option<AgentClient<UnixStream>>,
    keys: VecDeque<Candidate>,
    /// Password prompts left, by method: keyboard-interactive, password.
    left: [u32; 2],
    /// Methods the host would take; None: not known yet.
    offered: Option<MethodSet>,
    notes: Vec<String>,
}

/// ssh's order without the methods that are not done here.
const ORDER: [MethodKind; 3] =
    [MethodKind::PublicKey, MethodKind::KeyboardInteractive, MethodKind::Password];

impl<'a> Login<'a> {
    pub(super) async fn new(
        handle: &'a mut Handle<Client>,
        target: &'a Target,
        env: &'a ConnectEnv,
        patience: &'a Patience,
    ) -> Self {
        let mut login = Self {
            handle,
            target,
            env,
            patience,
            agent: None,
            keys: VecDeque::new(),
            left: [
                prompts(target, "kbdinteractiveauthentication"),
                prompts(target, "passwordauthentication"),
            ],
            offered: None,
            notes: Vec::new(),
        };
        if login.wanted(MethodKind::PublicKey) {
            login.gather().await;
        }
        login
    }

    /// Goes through the methods until the host is content or nothing is left to try.
    pub(super) async fn run(mut self) -> Result<(), Refusal> {
        if self.keys.is_empty() {
            let first = self.handle.authenticate_none(&self.target.user).await;
            if self.settle(first.map_err(|_| Refusal::Lost)?)? {
                return Ok(());
            }
        }
        while let Some(method) = self.next_method() {
            let result = match method {
                MethodKind::PublicKey => self.next_key().await,
                MethodKind::KeyboardInteractive => self.answer().await,
                _ => self.password().await,
            };
            let Some(result) = result.map_err(|_| Refusal::Lost)? else { continue };
            if self.settle(result)? {
                return Ok(());
            }
        }
        if self.offered.is_none() {
            // No key got as far as an answer: ask what the host would have taken, for the message.
            let last = self.handle.authenticate_none(&self.target.user).await;
            if self.settle(last.map_err(|_| Refusal::Lost)?)? {
                return Ok(());
            }
        }
        Err(self.denied())
    }

    /// The agent's keys and the files', in order.
    async fn gather(&mut self) {
        let mut held = Vec::new();
        if let Some(path) = &self.target.agent
            && let Ok(mut agent) = AgentClient::connect_uds(path).await
        {
            if let Some(binding) = self.handle.agent_session_binding() {
                // Agents that are not OpenSSH's do not know it; theirs hold no keys bound to hosts.
                let _ = agent.bind_session(binding, false).await;
            }
            held = agent.request_identities().await.unwrap_or_default();
            self.agent = Some(agent);
        }
        self.keys = keys::list(self.target, self.env.operator(), &held).into();
    }

    /// The next method by `PreferredAuthentications` that is wanted, offered and not used up.
    fn next_method(&self) -> Option<MethodKind> {
        let default = || ORDER.map(|method| <&str>::from(&method)).join(",");
        let order = self
            .target
            .settings
            .word("preferredauthentications")
            .map_or_else(default, str::to_owned);
        let mut methods = order
            .split(',')
            .filter_map(|name| ORDER.iter().find(|m| <&str>::from(*m) == name.trim()));
        methods
            .find(|method| {
                self.wanted(**method) && self.offers(**method) && self.has_left(**method)
            })
            .copied()
    }

    fn wanted(&self, method: MethodKind) -> bool {
        let settings = &self.target.settings;
        match method {
            MethodKind::PublicKey => settings.flag("pubkeyauthentication", true),
            _ if matches!(self.target.password, PasswordSource::Nowhere) => false,
            MethodKind::KeyboardInteractive => settings.flag("kbdinteractiveauthentication", true),
            _ => settings.flag("passwordauthentication", true),
        }
    }

    fn offers(&self, method: MethodKind) -> bool {
        self.offered.as_ref().is_none_or(|offered| offered.contains(&method))
    }

    fn has_left(&self, method: MethodKind) -> bool {
        match method {
            MethodKind::PublicKey => !self.keys.is_empty(),
            MethodKind::KeyboardInteractive => self.left[0] > 0,
            _ => self.left[1] > 0,
        }
    }

    /// Whether the host is content. An answer without methods is what russh makes of a lost connection.
    fn settle(&mut self, result: AuthResult) -> Result<bool, Refusal> {
        let AuthResult::Failure { remaining_methods, .. } = result else { return Ok(true) };
        if remaining_methods.is_empty() && self.handle.is_closed() {
            return Err(if self.offered.is_some() { Refusal::Lost } else { self.denied() });
        }
        self.offered = Some(remaining_methods);
        Ok(false)
    }

    fn denied(&self) -> Refusal {
        let methods = self
            .offered
            .as_ref()
            .map(|offered| offered.iter().map(<&str>::from).collect::<Vec<_>>().join(","));
        Refusal::Denied { methods: methods.unwrap_or_default(), notes: self.notes.clone() }
    }

    /// Offers the next key; None: it could not be offered at all.
    async fn next_key(&mut self) -> Result<Option<AuthResult>, Error> {
        let Some(mut candidate) = self.keys.pop_front() else { return Ok(None) };
        if candidate.public.is_none() {
            candidate.public = self.opened(&candidate.holder).await;
        }
        let Some(public) = candidate.public.clone() else { return Ok(None) };
        let algorithm = public.algorithm();
        let hash = match algorithm {
            Algorithm::Rsa { .. } => self.rsa_hash().await?,
            _ => None,
        };
        match self.offer(&candidate.holder, public, candidate.certificate, hash).await {
            Ok(result) => Ok(Some(result)),
            Err(NotSigned(why)) => {
                self.note(why);
                Ok(None)
            }
        }
    }

    /// The best signature that the host takes of RSA keys; SHA-1 only if it says that it knows no other.
    async fn rsa_hash(&self) -> Result<Option<HashAlg>, Error> {
        Ok(self.handle.best_supported_rsa_hash().await?.unwrap_or(Some(HashAlg::Sha512)))
    }

    async fn offer(
        &mut self,
        holder: &Holder,
        public: PublicKey,
        certificate: Option<Certificate>,
        hash: Option<HashAlg>,
    ) -> Result<AuthResult, NotSigned> {
        let opening = opening(self.target, self.env, self.patience);
        let mut hand = Hand { holder, agent: self.agent.as_mut(), ring: self.env.keys(), opening };
        let user = &self.target.user;
        match certificate {
            Some(certificate) => {
                self.handle.authenticate_certificate_with(user, certificate, hash, &mut hand).await
            }
            None => self.handle.authenticate_publickey_with(user, public, hash, &mut hand).await,
        }
    }

    /// The public half of a key that had to be opened for it.
    async fn opened(&mut self, holder: &Holder) -> Option<PublicKey> {
        let opening = opening(self.target, self.env, self.patience);
        let key = match holder {
            Holder::File(path) => self.env.keys().open(path, &opening).await,
            Holder::Text(text) => keys::inline(text, &opening).await,
            Holder::Agent(key) => return Some(key.clone()),
            Holder::AgentCertificate(_) => return None,
        };
        key.map_err(|why| self.note(why)).ok().map(|key| key.public_key().clone())
    }

    fn note(&mut self, why: String) {
        if !self.notes.contains(&why) {
            self.notes.push(why);
        }
    }

    async fn password(&mut self) -> Result<Option<AuthResult>, Error> {
        self.left[1] -= 1;
        let Some(word) =
            self.word(&format!("{}@{}'s password: ", self.target.user, self.target.hostname)).await
        else {
            self.left[1] = 0;
            return Ok(None);
        };
        self.handle.authenticate_password(&self.target.user, word.expose()).await.map(Some)
    }

    /// Keyboard-interactive: hidden questions get the password, others are asked if anyone can be.
    async fn answer(&mut self) -> Result<Option<AuthResult>, Error> {
        self.left[0] -= 1;
        let user = self.target.user.clone();
        let mut reply = self.handle.authenticate_keyboard_interactive_start(&user, None).await?;
        let mut given = false;
        loop {
            let prompts = match reply {
                Reply::Success => return Ok(Some(AuthResult::Success)),
                Reply::Failure { remaining_methods, partial_success } => {
                    return Ok(Some(AuthResult::Failure { remaining_methods, partial_success }));
                }
                Reply::InfoRequest { prompts, .. } => prompts,
            };
            let mut answers = Vec::new();
            for prompt in prompts {
                let answer = self.reply_to(&prompt.prompt, prompt.echo, given).await;
                given |= !prompt.echo;
                answers.push(answer);
            }
            reply = self.handle.authenticate_keyboard_interactive_respond(answers).await?;
        }
    }

    async fn reply_to(&self, prompt: &str, echo: bool, given: bool) -> String {
        let host = format!("({}@{}) {prompt}", self.target.user, self.target.hostname);
        let answer = match &self.target.password {
            PasswordSource::Given(word) if !echo && !given => Some(word.expose().to_owned()),
            _ if echo => self.ask(&host).await,
            _ => self.ask_secret(&host).await.map(|word| word.expose().to_owned()),
        };
        answer.unwrap_or_default()
    }

    async fn word(&self, prompt: &str) -> Option<Password> {
        match &self.target.password {
            PasswordSource::Given(word) => Some(word.clone()),
            PasswordSource::Asked => self.ask_secret(prompt).await,
            PasswordSource::Nowhere => None,
        }
    }

    async fn ask_secret(&self, prompt: &str) -> Option<Password> {
        let _pause = self.patience.pause();
        let _turn = self.env.turn().await;
        self.env.ask_secret(prompt.to_owned()).await.map(Password::from)
    }

    async fn ask(&self, prompt: &str) -> Option<String> {
        let _pause = self.patience.pause();
        let _turn = self.env.turn().await;
        self.env.ask(prompt.to_owned()).await
    }
}

fn opening<'a>(target: &'a Target, env: &'a ConnectEnv, patience: &'a Patience) -> Opening<'a> {
    let batch = target.settings.flag("batchmode", false);
    let tries = if batch || !env.can_ask() {
        0
    } else {
        target.settings.number("numberofpasswordprompts").unwrap_or(3)
    };
    Opening { passphrase: target.passphrase.as_ref(), tries, env, patience }
}

/// How often a method may be tried: a given password once, a question as often as ssh asks.
fn prompts(target: &Target, keyword: &str) -> u32 {
    let asks = !target.settings.flag("batchmode", false);
    match &target.password {
        _ if !target.settings.flag(keyword, true) => 0,
        PasswordSource::Given(_) => 1,
        PasswordSource::Asked if asks => {
            target.settings.number("numberofpasswordprompts").unwrap_or(3)
        }
        PasswordSource::Asked | PasswordSource::Nowhere => 0,
    }
}
