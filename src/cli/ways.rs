//! How hosts are reached unless their variables say otherwise: command line, then settings.

use super::options::{is_set, text};
use super::passwords::Passwords;
use crate::base::Value;
use crate::run::BecomeDefaults;
use crate::settings::Settings;
use clap::ArgMatches;
use std::collections::BTreeMap;

/// Connection variables that all hosts have, by name. Without words of a command line only settings count.
pub fn connection(
    settings: &Settings,
    matches: Option<&ArgMatches>,
    passwords: &Passwords,
) -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::new();
    let mut put = |name: &'static str, option: &str, setting: &str| {
        let given = matches.and_then(|matches| text(matches, option)).map(Value::from);
        let value = given.or_else(|| settings.value(setting).cloned());
        if let Some(value) = value.filter(|v| !v.is_null() && v.as_str() != Some("")) {
            all.insert(name, value);
        }
    };
    put("ansible_connection", "connection", "DEFAULT_TRANSPORT");
    put("ansible_user", "user", "DEFAULT_REMOTE_USER");
    put("ansible_private_key_file", "private_key", "connection.ssh.private_key_file");
    put("ansible_private_key_passphrase", "", "connection.ssh.private_key_passphrase");
    put("ansible_ssh_common_args", "ssh_common_args", "connection.ssh.ssh_common_args");
    put("ansible_ssh_extra_args", "ssh_extra_args", "connection.ssh.ssh_extra_args");
    put("ansible_ssh_timeout", "timeout", "connection.ssh.timeout");
    put("ansible_port", "", "connection.ssh.port");
    put("ansible_host_key_checking", "", "connection.ssh.host_key_checking");
    put("ansible_ssh_args", "", "connection.ssh.ssh_args");
    put("ansible_ssh_executable", "", "connection.ssh.ssh_executable");
    put("ansible_ssh_retries", "", "connection.ssh.reconnection_retries");
    if let Some(password) = &passwords.login {
        all.insert("ansible_password", password.clone());
    }
    all
}

/// How another user is become.
pub fn become_defaults(
    settings: &Settings,
    matches: Option<&ArgMatches>,
    passwords: &Passwords,
) -> BecomeDefaults {
    let choose = |option: &str, setting: &str| {
        let given = matches.and_then(|matches| text(matches, option));
        let chosen = given.or(settings.text(setting));
        chosen.filter(|text| !text.is_empty()).map(str::to_string)
    };
    let method =
        choose("become_method", "DEFAULT_BECOME_METHOD").unwrap_or_else(|| "sudo".to_string());
    let own = |what: &str| {
        let setting = settings.get(&format!("become.{method}.{what}"))?;
        let given = !matches!(setting.from, crate::settings::From::Default);
        given.then(|| setting.value.text()).filter(|text| !text.is_empty())
    };
    BecomeDefaults {
        on: matches.is_some_and(|matches| is_set(matches, "become"))
            || settings.bool("DEFAULT_BECOME"),
        method: method.clone(),
        user: choose("become_user", "DEFAULT_BECOME_USER").unwrap_or_else(|| "root".to_string()),
        exe: own("become_exe"),
        flags: own("become_flags"),
        password: passwords.r#become.clone(),
        same_user: settings.bool("BECOME_ALLOW_SAME_USER"),
    }
}
