//! `%h` and its like, and `${NAME}`, in values of `ssh_config`.

use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// What the tokens of one connection stand for.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// `%n`: the name as given.
    pub given: String,
    /// `%h`: the name connected to.
    pub host: String,
    /// `%k`: the name host keys are looked up by.
    pub key_alias: String,
    /// `%p`.
    pub port: u16,
    /// `%r`.
    pub user: String,
    /// `%u`.
    pub local_user: String,
    /// `%d`.
    pub home: String,
    /// `%i`.
    pub uid: u32,
    /// `%l`; `%L` is its first label.
    pub local_host: String,
    /// `%j`: the jump host, empty without one.
    pub jump: String,
}

impl Tokens {
    /// A text with its tokens replaced; only those in `known` may occur. An error is ssh's sentence.
    pub fn expand(&self, text: &str, known: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('%') => out.push('%'),
                Some(token) if known.contains(token) => out.push_str(&self.value(token)),
                Some(token) => return Err(format!("unknown key %{token}")),
                None => return Err("invalid format".to_owned()),
            }
        }
        Ok(out)
    }

    fn value(&self, token: char) -> String {
        match token {
            'n' => self.given.clone(),
            'h' => self.host.clone(),
            'k' => self.key_alias.clone(),
            'p' => self.port.to_string(),
            'r' => self.user.clone(),
            'u' => self.local_user.clone(),
            'd' => self.home.clone(),
            'i' => self.uid.to_string(),
            'l' => self.local_host.clone(),
            'L' => self.local_host.split('.').next().unwrap_or_default().to_owned(),
            'j' => self.jump.clone(),
            'C' => self.digest(),
            _ => String::new(),
        }
    }

    /// `%C`: SHA-1 over `%l%h%p%r%j` in hex.
    fn digest(&self) -> String {
        let text =
            format!("{}{}{}{}{}", self.local_host, self.host, self.port, self.user, self.jump);
        Sha1::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// `${NAME}` replaced from the environment; an unset one is an error, as with ssh.
pub fn environment(text: &str, get: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}') else {
            return Err("environment variable name is not closed".to_owned());
        };
        let name = &rest[at + 2..at + end];
        let value = get(name).ok_or_else(|| format!("env var ${{{name}}} has no value"))?;
        out.push_str(&rest[..at]);
        out.push_str(&value);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_variables_are_replaced() {
        let tokens =
            Tokens { host: "h".into(), port: 22, local_host: "a.b".into(), ..Tokens::default() };
        assert_eq!(tokens.expand("%h:%p%%%L", "hpL").unwrap(), "h:22%a");
        assert_eq!(tokens.expand("%h%z", "h").unwrap_err(), "unknown key %z");
        let get = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(environment("1${A}2", get).unwrap(), "1x2");
        assert!(environment("${B}", get).unwrap_err().contains("${B}"));
    }
}
