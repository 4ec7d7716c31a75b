//! Ansible's connection variables as the caller resolved them.

use super::secret::Password;
use std::time::Duration;

/// Ansible's own value of `ssh_args`: stands for "nothing said", so its `-C` is not taken as a wish.
pub const DEFAULT_SSH_ARGS: &str = "-C -o ControlMaster=auto -o ControlPersist=60s";

/// How to reach one host, before `ssh_config` is read (S-158 to S-160).
#[derive(Clone, Debug, Default)]
pub struct ConnectionVars {
    /// `ansible_host`, or the inventory name.
    pub host: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_password`. Without one no password is ever asked for, as with Ansible.
    pub password: Option<Password>,
    /// `ansible_ssh_private_key_file`.
    pub private_key_file: Option<String>,
    /// `ansible_ssh_private_key`: the key itself.
    pub private_key: Option<Password>,
    /// `ansible_ssh_private_key_passphrase`.
    pub private_key_passphrase: Option<Password>,
    /// `ansible_ssh_args`; None: the default.
    pub ssh_args: Option<String>,
    /// `ansible_ssh_common_args`.
    pub common_args: Option<String>,
    /// `ansible_ssh_extra_args`.
    pub extra_args: Option<String>,
    /// `ansible_host_key_checking`; None: true.
    pub host_key_checking: Option<bool>,
    /// `ansible_ssh_timeout`; None: 10 seconds.
    pub timeout: Option<Duration>,
    /// `ansible_ssh_executable`, for the system's ssh only; None: `ssh`.
    pub ssh_executable: Option<String>,
    /// `ansible_ssh_retries`: further attempts after a connection that failed.
    pub retries: u32,
}

impl ConnectionVars {
    /// Nothing but a host.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), ..Self::default() }
    }

    /// The limit in time of each phase of a connection.
    pub fn limit(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }

    /// `ssh_args` if they are the operator's own.
    pub fn own_ssh_args(&self) -> Option<&str> {
        self.ssh_args.as_deref().filter(|args| args.trim() != DEFAULT_SSH_ARGS)
    }
}
