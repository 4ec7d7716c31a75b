//! Reads `ssh_config` files: blocks, includes, and the second pass that `Match final` asks for.

use super::super::env::Operator;
use super::matching::{self, View};
use super::{Settings, Tokens, keywords, lex, pattern};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Whose settings are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name as given.
    pub name: &'a str,
    /// Who asks.
    pub operator: &'a Operator,
}

/// The files to read.
#[derive(Clone, Debug)]
pub enum Files {
    /// The user's, then the system's; either may be missing.
    Usual,
    /// Only this one (`-F`).
    Only(PathBuf),
    /// None (`-F none`).
    None,
}

/// How deep includes may go.
const DEPTH: usize = 16;

/// Adds what the files say to the settings of the command line. An error is ssh's sentence.
pub fn read(given: Settings, asked: Asked<'_>, files: &Files) -> Result<Settings, String> {
    let mut reader = Reader { settings: given, asked, last: false, wants_last: false };
    reader.files(files)?;
    if reader.wants_last {
        let host = reader.host()?;
        reader.settings.force("hostname", host.replace('%', "%%"));
        reader.last = true;
        reader.files(files)?;
    }
    Ok(reader.settings)
}

struct Reader<'a> {
    settings: Settings,
    asked: Asked<'a>,
    last: bool,
    wants_last: bool,
}

/// One file while it is read.
struct Place<'a> {
    path: &'a Path,
    /// The user's, so that relative includes are below `~/.ssh`.
    users: bool,
    depth: usize,
    /// Whether its lines can count at all.
    live: bool,
}

impl Reader<'_> {
    fn files(&mut self, files: &Files) -> Result<(), String> {
        let operator = self.asked.operator;
        match files {
            Files::None => Ok(()),
            Files::Only(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|_| format!("Can't open user config file {}", path.display()))?;
                self.text(&Place { path, users: true, depth: 0, live: true }, &text)
            }
            Files::Usual => {
                let (user, system) = (&operator.user_config, &operator.system_config);
                self.optional(&Place { path: user, users: true, depth: 0, live: true }, true)?;
                self.optional(&Place { path: system, users: false, depth: 0, live: true }, false)
            }
        }
    }

    fn optional(&mut self, place: &Place<'_>, careful: bool) -> Result<(), String> {
        let Ok(text) = fs::read_to_string(place.path) else { return Ok(()) };
        if careful && !self.trusted(place.path) {
            return Err(format!("Bad owner or permissions on {}", place.path.display()));
        }
        self.text(place, &text)
    }

    /// Ours or root's, and nobody else may write it (but a group of our own, as Debian has it).
    fn trusted(&self, path: &Path) -> bool {
        let Ok(meta) = fs::metadata(path) else { return false };
        let uid = self.asked.operator.uid;
        let owner = meta.uid() == 0 || meta.uid() == uid;
        owner && meta.mode() & 0o002 == 0 && (meta.mode() & 0o020 == 0 || meta.gid() == meta.uid())
    }

    fn text(&mut self, place: &Place<'_>, text: &str) -> Result<(), String> {
        let mut active = place.live;
        self.settings.of_system = !place.users;
        for (index, line) in text.lines().enumerate() {
            let Some((name, rest)) = lex::line(line) else { continue };
            let at = format!("{} line {}", place.path.display(), index + 1);
            match name.to_ascii_lowercase().as_str() {
                "host" => active = self.host_block(rest, &at)? && place.live,
                "match" => active = self.match_block(rest, &at)? && place.live,
                "include" => self.include(place, rest, active, &at)?,
                lower => self.setting(lower, rest, &at, active)?,
            }
            self.settings.of_system = !place.users;
        }
        Ok(())
    }

    fn setting(&mut self, name: &str, rest: &str, at: &str, active: bool) -> Result<(), String> {
        if let Some(keyword) = keywords::find(name) {
            return self.settings.take(keyword, rest, at, active);
        }
        let ignored = self.settings.word("ignoreunknown").unwrap_or_default();
        if pattern::matches_list(name, &ignored.to_ascii_lowercase()) {
            return Ok(());
        }
        Err(format!("{}: Bad configuration option: {name}", at.replace(" line ", ": line ")))
    }

    fn host_block(&self, rest: &str, at: &str) -> Result<bool, String> {
        let words = lex::words(rest).ok_or_else(|| format!("{at}: invalid quotes"))?;
        if words.is_empty() {
            return Err(format!("{at}: no argument after keyword \"host\""));
        }
        Ok(pattern::matches_any(self.asked.name, words.iter().map(String::as_str)))
    }

    fn match_block(&mut self, rest: &str, at: &str) -> Result<bool, String> {
        let words = lex::words(rest).ok_or_else(|| format!("{at}: invalid quotes"))?;
        let host = self.host()?;
        let user = self.settings.word("user").unwrap_or(&self.asked.operator.user).to_owned();
        let view = View {
            given: self.asked.name,
            host: &host,
            user: &user,
            tag: self.settings.word("tag").unwrap_or_default(),
            last: self.last,
            operator: self.asked.operator,
            tokens: self.tokens(&host, &user),
        };
        let verdict = matching::judge(&words, &view)
            .map_err(|fault| format!("{at}: Bad Match condition: {fault}"))?;
        self.wants_last |= verdict.wants_last;
        Ok(verdict.matched)
    }

    /// `HostName` as far as it is known.
    fn host(&self) -> Result<String, String> {
        let Some(name) = self.settings.word("hostname") else {
            return Ok(self.asked.name.to_owned());
        };
        let tokens = Tokens { host: self.asked.name.to_owned(), ..Tokens::default() };
        tokens.expand(name, "h").map_err(|fault| format!("HostName: {fault}"))
    }

    fn tokens(&self, host: &str, user: &str) -> Tokens {
        let operator = self.asked.operator;
        let alias = self.settings.word("hostkeyalias").unwrap_or(host);
        Tokens {
            given: self.asked.name.to_owned(),
            host: host.to_owned(),
            key_alias: alias.to_owned(),
            port: self.settings.number("port").and_then(|p| u16::try_from(p).ok()).unwrap_or(22),
            user: user.to_owned(),
            local_user: operator.user.clone(),
            home: operator.home.display().to_string(),
            uid: operator.uid,
            local_host: operator.hostname.clone(),
            jump: String::new(),
        }
    }

    fn include(
        &mut self,
        place: &Place<'_>,
        rest: &str,
        active: bool,
        at: &str,
    ) -> Result<(), String> {
        if place.depth + 1 > DEPTH {
            return Err(format!("{at}: Too many recursive configuration includes"));
        }
        let words = lex::words(rest).ok_or_else(|| format!("{at}: invalid quotes"))?;
        if words.is_empty() {
            return Err(format!("{at}: no argument after keyword \"include\""));
        }
        for word in words {
            for path in glob(&self.included(&word, place.users)) {
                let depth = place.depth + 1;
                let inner = Place { path: &path, users: place.users, depth, live: active };
                self.optional(&inner, true)?;
            }
        }
        Ok(())
    }

    fn included(&self, word: &str, users: bool) -> PathBuf {
        let operator = self.asked.operator;
        if word.starts_with('/') || (word.starts_with('~') && users) {
            return operator.expand_home(word);
        }
        if users {
            return operator.home.join(".ssh").join(word);
        }
        Path::new("/etc/ssh").join(word)
    }
}

/// The files a path with wildcards stands for, sorted; hidden ones only if the pattern names the dot.
fn glob(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            found = found.iter().map(|path| path.join(part)).collect();
            continue;
        }
        let Ok(glob) = globset::Glob::new(&name) else { return Vec::new() };
        let matcher = glob.compile_matcher();
        let hidden = name.starts_with('.');
        let fits = |name: &str| (hidden || !name.starts_with('.')) && matcher.is_match(name);
        found = found.iter().flat_map(|dir| entries(dir, fits)).collect();
    }
    found.retain(|path| path.exists());
    found
}

fn entries(dir: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(list) = fs::read_dir(dir) else { return Vec::new() };
    let names = list.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut paths: Vec<PathBuf> =
        names.filter(|name| fits(name)).map(|name| dir.join(name)).collect();
    paths.sort();
    paths
}
