//! The host's program for an archive: how it lists, and how it unpacks.

use super::compare::Found;
use super::entry::{self, Entry};
use super::{Args, Look};
use crate::spec::{Answer, Command, Failure, PathState, Probe};

/// Kinds of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gnu,
    Bsd,
    Zip,
}

/// A program, and the archive it works on.
pub struct Tool<'a> {
    kind: Kind,
    program: String,
    /// Ansible's name for the kind of archive.
    pub handler: &'static str,
    /// The word of GNU tar for the packing.
    packed: Option<&'static str>,
    args: &'a Args,
    dest: &'a str,
    /// The archive on the host.
    pub src: &'a str,
    /// Directories that are cut off names (bsdtar: its listing knows nothing of it).
    strip: usize,
}

impl<'a> Tool<'a> {
    /// The one for this archive.
    ///
    /// # Errors
    /// There is no archive, or no program for it.
    pub fn of(look: &Look, args: &'a Args, dest: &'a str, src: &'a str) -> Result<Self, Failure> {
        let name = if args.remote_src { src } else { args.src.as_str() };
        let Some(state) = &look.src else {
            return Err(Failure::new(format!("Source '{name}' does not exist")).missing());
        };
        let Some(magic) = &look.magic else {
            return Err(Failure::new(format!("Source '{name}' not readable")));
        };
        if state.size == 0 {
            return Err(Failure::new(format!("Invalid archive '{name}', the file is 0 bytes")));
        }
        let (handler, packed) = kind_of(magic);
        let zip = handler == "ZipArchive";
        let (kind, program) = match (&look.gnu, &look.bsd, look.unzip) {
            (Some(gnu), _, _) if !zip => (Kind::Gnu, gnu.clone()),
            (_, _, true) if zip => (Kind::Zip, "unzip".to_string()),
            (_, Some(bsd), _) => (Kind::Bsd, bsd.clone()),
            _ => {
                let lacks = if zip { "'unzip' or 'zipinfo'" } else { "GNU 'tar' or 'bsdtar'" };
                return Err(no_handler(name, &format!("Unable to find required {lacks} binary in the path.")));
            }
        };
        let mut tool = Self { kind, program, handler, packed, args, dest, src, strip: 0 };
        tool.check_words()?;
        Ok(tool)
    }

    /// bsdtar's listing is not shaped by words for unpacking: those that would are known here, or refused.
    fn check_words(&mut self) -> Result<(), Failure> {
        let program = self.args.exclude.iter().chain(&self.args.include);
        if let Some(word) = program.clone().find(|word| word.starts_with('-')) {
            return Err(Failure::new(format!("{word:?}: no pattern of a member begins with a dash")));
        }
        if self.kind != Kind::Bsd {
            return Ok(());
        }
        let mut words = self.args.extra_opts.iter();
        while let Some(word) = words.next() {
            let number = match word.as_str() {
                "--strip-components" => words.next().map(String::as_str),
                word => word.strip_prefix("--strip-components=").or(word.strip_prefix("--strip=")),
            };
            self.strip = number.and_then(|number| number.parse().ok()).ok_or_else(|| {
                let text = "extra_opts: of bsdtar only --strip-components=N is known here, not";
                Failure::new(format!("{text} {word}"))
            })?;
        }
        Ok(())
    }

    /// The failure of an archive that the program does not take.
    pub fn refused(&self, why: &str) -> Failure {
        no_handler(self.src, &format!("Command \"{}\" could not handle archive: {why}", self.program))
    }

    /// Words in front of the members: packing, the task's own, patterns.
    fn options(&self) -> Vec<String> {
        let mut words: Vec<String> = self.packed.iter().map(|word| (*word).to_string()).collect();
        if !self.args.extra_opts.is_empty() {
            words.push("--show-transformed-names".to_string());
            words.extend(self.args.extra_opts.clone());
        }
        if self.args.keep_newer {
            words.push("--keep-newer-files".to_string());
        }
        words.extend(self.excludes().map(|word| format!("--exclude={word}")));
        words.extend(["-f".to_string(), self.src.to_string()]);
        words.extend(self.args.include.clone());
        words
    }

    fn excludes(&self) -> impl Iterator<Item = &str> {
        self.args.exclude.iter().map(|word| word.trim_end_matches('/'))
    }

    fn zip_members(&self) -> Vec<String> {
        let mut words = self.args.include.clone();
        if !self.args.exclude.is_empty() {
            words.push("-x".to_string());
            words.extend(self.args.exclude.clone());
        }
        words
    }

    /// The question what the archive holds.
    pub fn list(&self) -> Probe {
        let (kind, words) = match self.kind {
            Kind::Gnu => ("gnu", self.options()),
            Kind::Zip => ("zip", self.zip_members()),
            Kind::Bsd => {
                let excludes = self.excludes().map(|word| format!("--exclude={word}"));
                let includes = self.args.include.iter().map(|word| format!("--include={word}"));
                ("bsd", excludes.chain(includes).collect())
            }
        };
        let first = [kind, self.program.as_str(), self.dest, self.src];
        let probe = Probe::new("unarchive_list", include_str!("list.sh")).heavy();
        probe.words(first).words(words)
    }

    /// Reads the answer: the members, and what GNU tar says of differences.
    ///
    /// # Errors
    /// The archive cannot be read, or would write outside of the directory.
    pub fn read(&self, answer: &Answer) -> Result<(Vec<Entry>, Option<String>), Failure> {
        let blocks = answer.blocks().unwrap_or_default();
        let text = |at: usize| {
            let block = blocks.get(at).cloned().flatten();
            block.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let (Some(first), Some(second), 0) = (text(0), text(1), answer.rc) else {
            return Err(self.refused(answer.error_text().trim()));
        };
        let (entries, told) = match self.kind {
            Kind::Gnu => (entry::gnu(&first), Some(second)),
            Kind::Zip => (entry::zip(&first, &second), None),
            Kind::Bsd => (self.stripped(entry::mtree(&second)), None),
        };
        let raw: Vec<String> = match self.kind {
            // mtree(5) has cleaned names.
            Kind::Bsd => first.lines().map(entry::unescape).collect(),
            _ => entries.iter().map(|entry| entry.path.clone()).collect(),
        };
        entry::check_names(raw.iter().map(String::as_str))?;
        Ok((entries, told))
    }

    fn stripped(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let cut = |mut entry: Entry| {
            let parts: Vec<&str> = entry.path.split('/').collect();
            let path = parts.get(self.strip..).filter(|rest| !rest.is_empty())?.join("/");
            entry.path = path;
            Some(entry)
        };
        entries.into_iter().filter_map(cut).collect()
    }

    /// What is asked of members besides their stat line.
    pub fn sums(&self) -> &'static str {
        match self.kind {
            Kind::Gnu => "",
            Kind::Bsd => "sum",
            Kind::Zip => "crc",
        }
    }

    /// The command that unpacks it.
    pub fn extract(&self) -> Command {
        let dest = self.dest.to_string();
        let mut words = vec![self.program.clone()];
        match self.kind {
            Kind::Gnu => {
                words.extend(["--extract".to_string(), "-C".to_string(), dest]);
                words.extend(self.options());
            }
            Kind::Zip => {
                words.push("-o".to_string());
                words.extend(self.args.extra_opts.clone());
                words.push(self.src.to_string());
                words.extend(self.zip_members());
                words.extend(["-d".to_string(), dest]);
            }
            Kind::Bsd => {
                words.extend(["-x".to_string(), "-C".to_string(), dest]);
                words.extend(self.args.keep_newer.then(|| "--keep-newer-files".to_string()));
                words.extend(self.args.extra_opts.clone());
                words.extend(self.excludes().map(|word| format!("--exclude={word}")));
                words.extend(["-f".to_string(), self.src.to_string()]);
                words.extend(self.args.include.clone());
            }
        }
        Command::new(words)
    }
}

fn no_handler(src: &str, reason: &str) -> Failure {
    let text = "Make sure the required command to extract the file is installed.";
    Failure::new(format!("Failed to find handler for \"{src}\". {text}\n{reason}"))
}

/// Ansible's name for a kind of archive and GNU tar's word for it, by the first bytes.
fn kind_of(magic: &str) -> (&'static str, Option<&'static str>) {
    let begins = |hex: &str| magic.trim_start_matches('x').starts_with(hex);
    match () {
        () if begins("504b0304") || begins("504b0506") => ("ZipArchive", None),
        () if begins("1f8b") => ("TgzArchive", Some("-z")),
        () if begins("425a68") => ("TarBzipArchive", Some("-j")),
        () if begins("fd377a585a00") => ("TarXzArchive", Some("-J")),
        () if begins("28b52ffd") => ("TarZstdArchive", Some("--use-compress-program=zstd")),
        () => ("TarArchive", None),
    }
}

/// Reads what `stat.sh` says of these paths.
///
/// # Errors
/// The answer is torn.
pub fn found(answer: &Answer, paths: &[String]) -> Result<Vec<Found>, Failure> {
    crate::modules::files::check(answer)?;
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() != paths.len() && lines.len() != 2 * paths.len() {
        return Err(Failure::new("the host's answer about the archive's members cannot be read"));
    }
    let more = lines.get(paths.len()..).unwrap_or_default();
    let each = lines.iter().take(paths.len()).enumerate().map(|(at, line)| {
        let (stamp, bytes) = more.get(at).and_then(|line| line.split_once('|')).unwrap_or(("", ""));
        let bytes: Vec<u8> = bytes.split_whitespace().filter_map(|b| b.parse().ok()).collect();
        let crc = <[u8; 4]>::try_from(bytes).ok().map(u32::from_le_bytes);
        Found { state: PathState::parse(line), stamp: stamp.to_string(), crc }
    });
    Ok(each.collect())
}
