//! Everything about one connection, resolved from Ansible's variables and `ssh_config`.

use super::args::CommandLine;
use super::config::{Asked, Files, Settings, Tokens, environment, read};
use super::env::{ConnectEnv, Operator};
use super::jump::{self, Stop};
use super::secret::Password;
use super::unreachable;
use super::vars::ConnectionVars;
use crate::spec::HostError;
use std::path::PathBuf;
use std::time::Duration;

/// A host to connect to.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name as given.
    pub alias: String,
    /// The name or address connected to.
    pub hostname: String,
    /// Its port.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The name its keys are known by, if another than `hostname` (`HostKeyAlias`).
    pub key_alias: Option<String>,
    /// Another host to go through.
    pub via: Option<Box<Target>>,
    /// A command whose stdin and stdout are the connection; tokens are replaced.
    pub proxy_command: Option<String>,
    /// Where the password comes from.
    pub password: PasswordSource,
    /// Opens the key files.
    pub passphrase: Option<Password>,
    /// A key given as text.
    pub private_key: Option<Password>,
    /// Key files in their order; None: the usual ones.
    pub identities: Option<Vec<PathBuf>>,
    /// Certificates to try first.
    pub certificates: Vec<PathBuf>,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// The socket of the agent to hand on to the host.
    pub forward_agent: Option<PathBuf>,
    /// The limit of each phase: TCP, key exchange, login.
    pub timeout: Duration,
    /// Tries to connect by TCP.
    pub attempts: u32,
    /// Whole connections tried again after a failure.
    pub retries: u32,
    /// The user's and the system's files of known hosts.
    pub known_hosts: [Vec<PathBuf>; 2],
    /// Keys that are never accepted.
    pub revoked_keys: Option<PathBuf>,
    /// Everything else that `ssh_config` says.
    pub settings: Settings,
    /// What was asked for and is not done; for the operator, once.
    pub warnings: Vec<String>,
}

/// Where a password comes from.
#[derive(Clone, Debug)]
pub enum PasswordSource {
    /// There is none: the password methods are not tried (Ansible without `ansible_password`).
    Nowhere,
    /// The caller's.
    Given(Password),
    /// The operator is asked, as ssh does for a jump host.
    Asked,
}

const FILE_TOKENS: &str = "CdhijkLlnpru";

impl Target {
    /// Resolves a host. `Match exec` commands run here, so it may block.
    pub fn resolve(vars: &ConnectionVars, env: &ConnectEnv) -> Result<Self, HostError> {
        let line = command_line(vars).map_err(|fault| unreachable(&fault))?;
        let password = vars.password.clone().map_or(PasswordSource::Nowhere, PasswordSource::Given);
        let mut target =
            Self::build(&vars.host, line, password, env, 0).map_err(|f| unreachable(&f))?;
        target.passphrase.clone_from(&vars.private_key_passphrase);
        target.private_key.clone_from(&vars.private_key);
        target.retries = vars.retries;
        if vars.private_key.is_some() {
            target.settings.word_option("identitiesonly", "yes");
        }
        Ok(target)
    }

    /// The name its host key is looked up by, with the port unless it is 22.
    pub fn key_name(&self) -> String {
        match &self.key_alias {
            Some(alias) => alias.to_lowercase(),
            None if self.port == 22 => self.hostname.to_lowercase(),
            None => format!("[{}]:{}", self.hostname.to_lowercase(), self.port),
        }
    }

    /// What tells its connections from others: the way, the user and the port.
    pub fn route(&self) -> String {
        let via = self.via.as_ref().map(|hop| hop.route()).unwrap_or_default();
        let proxy = self.proxy_command.as_deref().unwrap_or_default();
        format!("{}@{}@{}:{} {proxy} {via}", self.user, self.alias, self.hostname, self.port)
    }

    fn stop(stop: &Stop, files: &Files, env: &ConnectEnv, depth: usize) -> Result<Self, String> {
        if depth > jump::LONGEST {
            return Err(format!("jumphost loop via {}", stop.host));
        }
        let mut line = CommandLine { settings: Settings::default(), files: files.clone() };
        if let Some(user) = &stop.user {
            line.settings.word_option("user", user);
        }
        if let Some(port) = stop.port {
            line.settings.word_option("port", &port.to_string());
        }
        if let Some(before) = &stop.before {
            line.settings.word_option("proxyjump", before);
        }
        Self::build(&stop.host, line, PasswordSource::Asked, env, depth)
    }

    fn build(
        alias: &str,
        line: CommandLine,
        password: PasswordSource,
        env: &ConnectEnv,
        depth: usize,
    ) -> Result<Self, String> {
        let operator = env.operator();
        let files = line.files;
        let settings = read(line.settings, Asked { name: alias, operator }, &files)?;
        let stop = settings.set("proxyjump").map(jump::last_stop).transpose()?;
        let via = stop.as_ref().map(|stop| Self::stop(stop, &files, env, depth + 1)).transpose()?;
        let resolve = Resolve::new(alias, &settings, operator, stop.map(|stop| stop.host))?;
        let identity_list = settings.words("identityfile");
        Ok(Self {
            alias: alias.to_owned(),
            hostname: resolve.tokens.host.clone(),
            port: resolve.tokens.port,
            user: resolve.tokens.user.clone(),
            key_alias: settings.word("hostkeyalias").map(str::to_owned),
            proxy_command: settings.set("proxycommand").map(|c| resolve.command(c)).transpose()?,
            password,
            passphrase: None,
            private_key: None,
            identities: (!identity_list.is_empty())
                .then(|| resolve.files(identity_list))
                .transpose()?,
            certificates: resolve.files(settings.words("certificatefile"))?,
            agent: resolve.agent()?,
            forward_agent: resolve.forwarded()?,
            timeout: limit(&settings),
            attempts: settings.number("connectionattempts").unwrap_or(1).max(1),
            retries: 0,
            known_hosts: [resolve.users_hosts()?, resolve.systems_hosts()?],
            revoked_keys: settings.set("revokedhostkeys").map(|f| operator.expand_home(f)),
            warnings: warnings_of(&settings, via.as_ref()),
            via: via.map(Box::new),
            settings,
        })
    }
}

/// The warnings of a connection and of the hops it goes through, each once.
fn warnings_of(settings: &Settings, via: Option<&Target>) -> Vec<String> {
    let mut all = settings.warnings.clone();
    let hops = via.map(|hop| hop.warnings.as_slice()).unwrap_or_default();
    all.extend(hops.iter().filter(|text| !settings.warnings.contains(text)).cloned());
    all
}

/// `ConnectTimeout`; 0 leaves it to the system in ssh, which is about two minutes.
fn limit(settings: &Settings) -> Duration {
    match settings.time("connecttimeout") {
        None => Duration::from_secs(10),
        Some(limit) if limit.is_zero() => Duration::from_mins(2),
        Some(limit) => limit,
    }
}

/// The options as Ansible's ssh plugin orders them: the first mention of each wins.
fn command_line(vars: &ConnectionVars) -> Result<CommandLine, String> {
    let mut line = CommandLine::new();
    if let Some(args) = vars.own_ssh_args() {
        line.text("ansible_ssh_args", args)?;
    }
    let settings = &mut line.settings;
    if vars.host_key_checking == Some(false) {
        settings.word_option("stricthostkeychecking", "no");
    }
    if let Some(port) = vars.port {
        settings.word_option("port", &port.to_string());
    }
    if let Some(file) = &vars.private_key_file {
        settings.word_option("identityfile", file);
    }
    if vars.password.is_none() {
        settings.word_option("kbdinteractiveauthentication", "no");
        settings.word_option("passwordauthentication", "no");
    } else {
        settings.word_option("numberofpasswordprompts", "1");
    }
    if let Some(user) = &vars.user {
        settings.word_option("user", user);
    }
    settings.word_option("connecttimeout", &vars.limit().as_secs().max(1).to_string());
    for (name, args) in [
        ("ansible_ssh_common_args", &vars.common_args),
        ("ansible_ssh_extra_args", &vars.extra_args),
    ] {
        if let Some(args) = args {
            line.text(name, args)?;
        }
    }
    Ok(line)
}

/// Replaces tokens, variables and `~` in the values of one connection.
struct Resolve<'a> {
    settings: &'a Settings,
    operator: &'a Operator,
    tokens: Tokens,
}

impl<'a> Resolve<'a> {
    fn new(
        alias: &str,
        settings: &'a Settings,
        operator: &'a Operator,
        jump: Option<String>,
    ) -> Result<Self, String> {
        let given = Tokens { host: alias.to_owned(), ..Tokens::default() };
        let host = settings
            .word("hostname")
            .map_or(Ok(alias.to_owned()), |name| given.expand(name, "h"))?;
        let port = match settings.number("port") {
            None => 22,
            Some(port) => u16::try_from(port).ok().filter(|p| *p > 0).ok_or("Bad port number.")?,
        };
        let tokens = Tokens {
            given: alias.to_owned(),
            key_alias: settings.word("hostkeyalias").unwrap_or(&host).to_owned(),
            host,
            port,
            user: settings.word("user").unwrap_or(&operator.user).to_owned(),
            local_user: operator.user.clone(),
            home: operator.home.display().to_string(),
            uid: operator.uid,
            local_host: operator.hostname.clone(),
            jump: jump.unwrap_or_default(),
        };
        Ok(Self { settings, operator, tokens })
    }

    fn command(&self, command: &str) -> Result<String, String> {
        self.tokens.expand(command, "hnpr").map_err(|fault| format!("ProxyCommand: {fault}"))
    }

    fn file(&self, text: &str) -> Result<PathBuf, String> {
        let text = environment(text, |name| std::env::var(name).ok())?;
        let home = self.operator.expand_home(&text).display().to_string();
        self.tokens.expand(&home, FILE_TOKENS).map(PathBuf::from)
    }

    /// The files of a list; `none` is no file.
    fn files(&self, list: &[String]) -> Result<Vec<PathBuf>, String> {
        let real = list.iter().filter(|file| !file.eq_ignore_ascii_case("none"));
        real.map(|file| self.file(file)).collect()
    }

    fn users_hosts(&self) -> Result<Vec<PathBuf>, String> {
        match self.settings.words("userknownhostsfile") {
            [] => {
                let dir = self.operator.home.join(".ssh");
                Ok(vec![dir.join("known_hosts"), dir.join("known_hosts2")])
            }
            list => self.files(list),
        }
    }

    fn systems_hosts(&self) -> Result<Vec<PathBuf>, String> {
        match self.settings.words("globalknownhostsfile") {
            [] => Ok(["ssh_known_hosts", "ssh_known_hosts2"]
                .map(|f| PathBuf::from("/etc/ssh").join(f))
                .into()),
            list => self.files(list),
        }
    }

    /// `IdentityAgent`: `none`, `SSH_AUTH_SOCK`, `$NAME` or a path.
    fn agent(&self) -> Result<Option<PathBuf>, String> {
        match self.settings.word("identityagent") {
            None | Some("SSH_AUTH_SOCK") => Ok(self.operator.agent.clone()),
            Some(_) if self.settings.set("identityagent").is_none() => Ok(None),
            Some(value) => self.socket(value),
        }
    }

    /// `ForwardAgent`: `yes`, `no`, `$NAME` or a path.
    fn forwarded(&self) -> Result<Option<PathBuf>, String> {
        match self.settings.word("forwardagent") {
            None | Some("no" | "false") => Ok(None),
            Some("yes" | "true") => self.agent(),
            Some(value) => self.socket(value),
        }
    }

    fn socket(&self, value: &str) -> Result<Option<PathBuf>, String> {
        match value.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            Some(name) => Ok(std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)),
            None => self.file(value).map(Some),
        }
    }
}
