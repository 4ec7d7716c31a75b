//! Becoming another user: sudo, doas, su, with and without a password.

pub mod command;
pub mod prompts;
pub mod talk;

use crate::spec::HostError;
use std::fmt;
use zeroize::Zeroizing;

/// A program that starts a shell as another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// sudo.
    #[default]
    Sudo,
    /// OpenBSD's doas and its ports.
    Doas,
    /// su, Linux's and FreeBSD's.
    Su,
}

impl Method {
    /// The method of this name (`sudo`, `ansible.builtin.sudo`...).
    pub fn parse(name: &str) -> Result<Self, HostError> {
        match name {
            "sudo" | "ansible.builtin.sudo" => Ok(Self::Sudo),
            "su" | "ansible.builtin.su" => Ok(Self::Su),
            "doas" | "community.general.doas" => Ok(Self::Doas),
            _ => Err(HostError::Become(format!(
                "Invalid become method specified, could not find matching plugin: '{name}'. \
                 Use `ansible-doc -t become -l` to list available plugins."
            ))),
        }
    }

    /// Its name, and that of its program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::Su => "su",
        }
    }
}

/// Who a shell runs as, and how that user is become.
#[derive(Clone, Default)]
pub struct Identity {
    /// The host's inventory name, for messages.
    pub host: String,
    /// None: the login user.
    pub user: Option<String>,
    /// How.
    pub method: Method,
    /// The method's program; None: its name.
    pub exe: Option<String>,
    /// Its flags; None: the method's own (`-H -S -n` of sudo).
    pub flags: Option<String>,
    /// Sent over the channel when it is asked for.
    pub password: Option<Zeroizing<String>>,
    /// The shell that runs ours; None: /bin/sh.
    pub shell: Option<String>,
    /// Whether nobody is become when the login user is root.
    pub unless_root: bool,
    /// Further texts by which su's and doas' question is known (`prompt_l10n`).
    pub prompts: Vec<String>,
}

impl Identity {
    /// The login user.
    pub fn login(host: impl Into<String>) -> Self {
        Self { host: host.into(), ..Self::default() }
    }

    /// Another user.
    pub fn user(host: impl Into<String>, user: impl Into<String>, method: Method) -> Self {
        Self { host: host.into(), user: Some(user.into()), method, ..Self::default() }
    }

    /// The same with a password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Zeroizing::new(password.into()));
        self
    }
}

impl fmt::Debug for Identity {
    /// Never shows the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("host", &self.host)
            .field("user", &self.user)
            .field("method", &self.method)
            .field("exe", &self.exe)
            .field("flags", &self.flags)
            .field("has_password", &self.password.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let who = Identity::user("h", "root", Method::Su).password("hunter2");
        assert!(!format!("{who:?}").contains("hunter2"));
    }

    #[test]
    fn unknown_methods_are_named() {
        let error = Method::parse("pbrun").unwrap_err().to_string();
        assert!(error.starts_with(
            "Invalid become method specified, could not find matching plugin: 'pbrun'."
        ));
        assert_eq!(Method::parse("community.general.doas"), Ok(Method::Doas));
    }
}
