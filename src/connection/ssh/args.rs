//! The words of `ansible_ssh_args` and its like, as ssh's own command line would read them.

use super::config::{Files, Settings, shell_words};
use std::path::PathBuf;

/// What a command line says so far.
#[derive(Clone, Debug)]
pub(super) struct CommandLine {
    pub settings: Settings,
    pub files: Files,
}

/// Letters that take a value.
const VALUED: &str = "BDEFIJLOPQRSWbceilmopw";
/// Letters about the terminal, logging and connection sharing: nothing to do here.
const VOID: &str = "12EMSTaeknqvx";

impl CommandLine {
    pub(super) fn new() -> Self {
        Self { settings: Settings::default(), files: Files::Usual }
    }

    /// Takes one argument text. `name` is the variable it came from.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<(), String> {
        let words = shell_words(text).ok_or_else(|| format!("{name}: a quote is not closed"))?;
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                return Err(format!("{name}: '{word}' is no option of ssh"));
            };
            self.cluster(name, letters, &mut words)?;
        }
        Ok(())
    }

    /// Letters behind one dash: the first that takes a value takes the rest, or the next word.
    fn cluster(
        &mut self,
        name: &str,
        letters: &str,
        next: &mut dyn Iterator<Item = String>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            if !VALUED.contains(letter) {
                self.plain(name, letter)?;
                continue;
            }
            let rest = &letters[at + letter.len_utf8()..];
            let value = if rest.is_empty() { next.next() } else { Some(rest.to_owned()) };
            let value =
                value.ok_or_else(|| format!("{name}: option requires an argument -- {letter}"))?;
            return self.valued(name, letter, &value);
        }
        Ok(())
    }

    fn plain(&mut self, name: &str, letter: char) -> Result<(), String> {
        match letter {
            '4' => self.settings.word_option("addressfamily", "inet"),
            '6' => self.settings.word_option("addressfamily", "inet6"),
            'A' => self.settings.word_option("forwardagent", "yes"),
            'a' => self.settings.word_option("forwardagent", "no"),
            'C' => self.settings.word_option("compression", "yes"),
            letter if VOID.contains(letter) => {}
            'f' | 'g' | 'G' | 'K' | 'N' | 's' | 't' | 'V' | 'X' | 'y' | 'Y' => {
                self.warn(name, letter)
            }
            letter => return Err(format!("{name}: unknown option -- {letter}")),
        }
        Ok(())
    }

    fn valued(&mut self, name: &str, letter: char, value: &str) -> Result<(), String> {
        match letter {
            'o' => return self.settings.option(name, value),
            'F' if value == "none" => self.files = Files::None,
            'F' => self.files = Files::Only(PathBuf::from(value)),
            'P' => self.settings.word_option("tag", value),
            'b' => self.settings.word_option("bindaddress", value),
            'c' => self.settings.word_option("ciphers", value),
            'i' => self.settings.word_option("identityfile", value),
            'J' => return self.settings.option(name, &format!("ProxyJump={value}")),
            'l' => self.settings.word_option("user", value),
            'm' => self.settings.word_option("macs", value),
            'p' => return self.settings.option(name, &format!("Port={value}")),
            letter if VOID.contains(letter) => {}
            letter => self.warn(name, letter),
        }
        Ok(())
    }

    fn warn(&mut self, name: &str, letter: char) {
        let text = format!("{name}: -{letter} is not supported and has no effect");
        if !self.settings.warnings.contains(&text) {
            self.settings.warnings.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CommandLine, String> {
        let mut line = CommandLine::new();
        line.text("ansible_ssh_common_args", text).map(|()| line)
    }

    #[test]
    fn options_are_read_as_by_ssh() {
        let line =
            read("-4CqJ a,b -p2222 -l me -i '~/k 1' -o ControlMaster=auto -oUser=other -F /x")
                .unwrap();
        let word = |name| line.settings.word(name);
        assert_eq!(word("addressfamily"), Some("inet"));
        assert_eq!(word("compression"), Some("yes"));
        assert_eq!(word("proxyjump"), Some("a,b"));
        assert_eq!(word("port"), Some("2222"));
        assert_eq!(word("user"), Some("me"));
        assert_eq!(line.settings.words("identityfile"), ["~/k 1"]);
        assert!(matches!(&line.files, Files::Only(path) if path.ends_with("x")));
        assert!(line.settings.warnings.is_empty());
    }

    #[test]
    fn what_is_not_done_warns_once_and_what_is_wrong_is_refused() {
        let line = read("-L 1:a:2 -L 3:b:4 -o LocalForward='1 a:2'").unwrap();
        assert_eq!(line.settings.warnings.len(), 2, "{:?}", line.settings.warnings);
        assert!(read("host").unwrap_err().contains("no option of ssh"));
        assert!(read("-o Nonsense=1").unwrap_err().contains("Bad configuration option: nonsense"));
        assert!(read("-p").unwrap_err().contains("requires an argument"));
        assert!(read("-p x").unwrap_err().contains("Bad port 'x'"));
    }
}
