//! The lookup `password`: made once, kept in a file.

use super::impure;
use super::options::{Options, pairs, text_term};
use super::random::PUNCTUATION;
use crate::base::{Map, Value};
use crate::template::filters::passwords::{Recipe, hashed, random_text};
use crate::template::filters::paths::absolute;
use crate::template::filters::twister::Random;
use crate::template::table::{Env, LookupPlugin, Stop};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[LookupPlugin] = &[impure(
    "password",
    "ansible.builtin.password",
    "Gives the password that a file holds; makes one and writes it when there is none.",
    password,
    &[
        ("query('password', '/dev/null') | first | length", "20"),
        ("query('password', '/dev/null length=3 chars=x')", "['xxx']"),
        (
            "query('password', '/dev/null', seed='a', length=5) == query('password', '/dev/null', seed='a', length=5)",
            "true",
        ),
    ],
)];

const NAMES: &[&str] = &["length", "encrypt", "chars", "ident", "seed"];

/// A password as its file holds it.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

fn password(env: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    let one = |term: &Value| {
        let mut options = Options::of("password", given, NAMES)?;
        let path = path(env, text_term("password", term)?, &mut options)?;
        made(&path, &options).map(|text| Value::from(text).secret())
    };
    terms.iter().map(one).collect()
}

/// The file of a term; `name=value` words go to the options.
fn path(env: &dyn Env, term: &str, options: &mut Options) -> Result<PathBuf, Stop> {
    let (free, inline) = match term.split_once(' ') {
        None => (term.to_string(), Vec::new()),
        Some((first, rest)) => {
            let (free, inline) = pairs(rest);
            let path = if free.is_empty() { first.to_string() } else { format!("{first} {free}") };
            (path, inline)
        }
    };
    if !term.starts_with(&free) {
        return Err(Stop::fault(
            "Unrecognized value after key=value parameters given to password lookup",
        ));
    }
    for (name, value) in inline {
        if !NAMES.contains(&name.as_str()) {
            return Err(Stop::fault(format!(
                "Unrecognized parameter(s) given to password lookup: {name}"
            )));
        }
        options.set(&name, value);
    }
    let path = crate::template::filters::paths::expand_user(&free);
    let base = env.scope().search_path().pop().unwrap_or_default();
    absolute(&base.join(path).to_string_lossy()).map(PathBuf::from)
}

fn made(path: &Path, options: &Options) -> Result<String, Stop> {
    let nowhere = path == Path::new("/dev/null");
    let lock = if nowhere { None } else { Some(Lock::take(path)?) };
    let before = if nowhere { None } else { read(path)? };
    let mut changed = before.is_none();
    let mut kept = match before {
        Some(kept) => kept,
        None => Kept { password: fresh(options)?, ..Kept::default() },
    };
    let encrypt = options.get("encrypt").map(Value::text).filter(|name| !name.is_empty());
    if encrypt.is_some() && kept.salt.is_none() {
        changed = true;
        kept.salt = Some(random_text(salt_size(encrypt.as_deref()))?);
    }
    let ident = options.get("ident").map(Value::text);
    match (&kept.ident, ident) {
        (None, asked) => kept.ident = asked,
        (Some(stored), Some(asked)) if *stored != asked => {
            return Err(Stop::fault(format!(
                "The ident parameter provided ({asked}) does not match the stored one ({stored})."
            )));
        }
        _ => {}
    }
    if encrypt.as_deref() == Some("bcrypt") && kept.ident.is_none() {
        kept.ident = Some("2b".into());
        changed = true;
    }
    if changed && !nowhere {
        write(path, &content(&kept))?;
    }
    drop(lock);
    match encrypt {
        None => Ok(kept.password),
        Some(hash) => hashed(
            &kept.password,
            &Recipe {
                hash: &hash,
                salt: kept.salt.as_deref(),
                salt_size: None,
                rounds: None,
                ident: kept.ident.as_deref(),
            },
        ),
    }
}

fn salt_size(encrypt: Option<&str>) -> usize {
    match encrypt {
        Some("bcrypt") => 22,
        Some("sha256_crypt" | "sha512_crypt") => 16,
        _ => 8,
    }
}

fn fresh(options: &Options) -> Result<String, Stop> {
    let length = options.int("length")?.unwrap_or(20).max(0);
    let mut random = Random::new(options.get("seed"))?;
    let set = candidates(options);
    (0..length).map(|_| random.choice(&set).copied()).collect()
}

/// The characters a password may have; names of Python's sets stand for their characters.
fn candidates(options: &Options) -> Vec<char> {
    let specs: Vec<String> = match options.get("chars") {
        None => ["ascii_letters", "digits", ".,:-_"].map(String::from).to_vec(),
        Some(chars) => match chars.as_str() {
            Some(text) => {
                let comma = if text.contains(",,") { vec![",".to_string()] } else { Vec::new() };
                let plain = text.replace(",,", ",");
                let parts = plain.split(',').filter(|part| !part.is_empty()).map(String::from);
                comma.into_iter().chain(parts).collect()
            }
            None => options.list("chars").unwrap_or_default(),
        },
    };
    let lower: String = ('a'..='z').collect();
    let upper: String = ('A'..='Z').collect();
    let digits = "0123456789";
    let set = |spec: &String| match spec.as_str() {
        "ascii_lowercase" => lower.clone(),
        "ascii_uppercase" => upper.clone(),
        "ascii_letters" => format!("{lower}{upper}"),
        "digits" => digits.to_string(),
        "hexdigits" => format!("{digits}abcdefABCDEF"),
        "octdigits" => "01234567".to_string(),
        "punctuation" => PUNCTUATION.to_string(),
        "whitespace" => " \t\n\r\x0b\x0c".to_string(),
        "printable" => format!("{digits}{lower}{upper}{PUNCTUATION} \t\n\r\x0b\x0c"),
        other => other.to_string(),
    };
    let all: String = specs.iter().map(set).collect();
    all.chars().filter(|c| *c != '"' && *c != '\'').collect()
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Stop {
    let path = path.display().to_string();
    move |e| Stop::fault(format!("the password file {path}: {e}"))
}

fn read(path: &Path) -> Result<Option<Kept>, Stop> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(parse(text.trim_end()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed(path)(e)),
    }
}

fn parse(text: &str) -> Kept {
    let Some((password, rest)) = text.rsplit_once(" salt=") else {
        return Kept { password: text.to_string(), ..Kept::default() };
    };
    let (salt, ident) = match rest.rsplit_once(" ident=") {
        Some((salt, ident)) => (salt, Some(ident.to_string())),
        None => (rest, None),
    };
    let salt = (!salt.is_empty()).then(|| salt.to_string());
    Kept { password: password.to_string(), salt, ident }
}

fn content(kept: &Kept) -> String {
    let password = &kept.password;
    match (&kept.salt, &kept.ident) {
        (Some(salt), Some(ident)) => format!("{password} salt={salt} ident={ident}"),
        (Some(salt), None) => format!("{password} salt={salt}"),
        (None, _) => password.clone(),
    }
}

fn write(path: &Path, content: &str) -> Result<(), Stop> {
    let failed = failed(path);
    let mut file: File = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(&failed)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(&failed)?;
    file.write_all(format!("{content}\n").as_bytes()).map_err(&failed)
}

/// Keeps other processes from making the same password; gone when dropped.
struct Lock(PathBuf);

impl Lock {
    fn take(path: &Path) -> Result<Self, Stop> {
        let directory = path.parent().unwrap_or(Path::new("/"));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(failed(directory))?;
        let name =
            crate::template::filters::hashes::digest("sha1", path.as_os_str().as_encoded_bytes());
        let lock = directory.join(format!("{}.ansible_lockfile", name.unwrap_or_default()));
        for wait in [1, 2, 4, 0] {
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(_) => return Ok(Self(lock)),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                    std::thread::sleep(std::time::Duration::from_secs(wait));
                }
                Err(e) => return Err(failed(&lock)(e)),
            }
        }
        Err(Stop::fault(format!(
            "Password lookup cannot get the lock in 7 seconds, abort... This may caused by un-removed \
             lockfile you can manually remove it from controller machine at {} and try again",
            lock.display()
        )))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock that cannot be removed is named by the next one who waits for it.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(entries: &[(&str, &str)]) -> Options<'static> {
        let given: Map = entries.iter().map(|(k, v)| ((*k).into(), Value::from(*v))).collect();
        Options::of("password", &given, NAMES).ok().unwrap()
    }

    #[test]
    fn a_password_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/secret");
        let first = made(&path, &options(&[("length", "12")])).unwrap();
        assert_eq!(first.len(), 12);
        assert_eq!(made(&path, &options(&[])).unwrap(), first);
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let hash = made(&path, &options(&[("encrypt", "md5_crypt")])).unwrap();
        assert!(hash.starts_with("$1$"));
        assert_eq!(made(&path, &options(&[("encrypt", "md5_crypt")])).unwrap(), hash);
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "the lock is gone");
    }

    #[test]
    fn files_are_read_as_ansible_writes_them() {
        let kept = parse("pw x salt=ab ident=2b");
        assert_eq!(
            kept,
            Kept { password: "pw x".into(), salt: Some("ab".into()), ident: Some("2b".into()) }
        );
        assert_eq!(content(&kept), "pw x salt=ab ident=2b");
    }
}
