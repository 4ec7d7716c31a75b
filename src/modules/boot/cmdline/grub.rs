//! GRUB's defaults: files that a shell reads one after the other, and ours among them.

use super::words::{Wish, split};
use crate::base::quote;
use crate::modules::told::{Kept, Told};
use crate::spec::{Ctx, Failure};

/// Our own file.
pub const DROP_IN: &str = "/etc/default/grub.d/90-tank.cfg";
/// Where it is.
pub const DIRECTORY: &str = "/etc/default/grub.d";
const HEAD: &str = "# Words of the kernel's command line. Both lists are read back: change them by tank's kernel_cmdline.\n";

/// What our file says: words behind all others, and words of others that are taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropIn {
    words: Vec<String>,
    without: Vec<String>,
}

impl DropIn {
    fn parse(text: &str) -> Self {
        let all = |mark: &str| -> Vec<String> {
            text.lines().filter_map(|line| line.strip_prefix(mark)).map(String::from).collect()
        };
        Self { words: all("# with: "), without: all("# without: ") }
    }

    /// The file; empty: none is needed.
    fn text(&self) -> String {
        if self.words.is_empty() && self.without.is_empty() {
            return String::new();
        }
        let mut text = HEAD.to_string();
        for word in &self.words {
            text += &format!("# with: {word}\n");
        }
        for word in &self.without {
            text += &format!("# without: {word}\n");
        }
        if !self.without.is_empty() {
            let words: Vec<String> = self.without.iter().map(|word| quote::sh(word)).collect();
            text += &filter(&words.join(" | "));
        }
        if !self.words.is_empty() {
            let words = self.words.join(" ");
            text += &format!(
                "GRUB_CMDLINE_LINUX_DEFAULT=\"${{GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }}{words}\"\n"
            );
        }
        text
    }

    /// What is left of others' words.
    fn kept(&self, base: &[String]) -> Vec<String> {
        base.iter().filter(|word| !self.without.contains(word)).cloned().collect()
    }
}

/// Shell text that takes words out of both variables.
fn filter(pattern: &str) -> String {
    format!(
        "tank_words() {{\n  tank_kept=\n  for tank_word in $1; do\n    case $tank_word in\n    {pattern}) ;;\n    \
         *) tank_kept=\"$tank_kept $tank_word\" ;;\n    esac\n  done\n}}\nset -f\n\
         tank_words \"$GRUB_CMDLINE_LINUX\"\nGRUB_CMDLINE_LINUX=${{tank_kept# }}\n\
         tank_words \"$GRUB_CMDLINE_LINUX_DEFAULT\"\nGRUB_CMDLINE_LINUX_DEFAULT=${{tank_kept# }}\nset +f\n"
    )
}

/// GRUB's defaults as they are.
pub struct Grub {
    /// Our own file.
    pub file: Kept,
    /// Whether its directory is there.
    pub directory: bool,
    own: DropIn,
    /// Words of the files in front of ours.
    base: Vec<String>,
    /// What files behind it add, and what they drop.
    later: (Vec<String>, Vec<String>),
}

fn less(all: &[String], known: &[String]) -> Vec<String> {
    let mut known = known.to_vec();
    let mut left = Vec::new();
    for word in all {
        match known.iter().position(|other| other == word) {
            Some(at) => drop(known.remove(at)),
            None => left.push(word.clone()),
        }
    }
    left
}

impl Grub {
    /// Reads what was told.
    ///
    /// # Errors
    /// A file that no shell reads, GRUB that reads no files of the directory, our file edited by others.
    pub fn read(told: &Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        if !told.worked("drop-ins") {
            return Err(Failure::new(
                "this host's GRUB reads no files of /etc/default/grub.d: its command line cannot be kept there",
            ));
        }
        let steps = steps(told)?;
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
        let own = name(DROP_IN);
        let in_front = |path: &str| path == "/etc/default/grub" || name(path) < own;
        let base = steps.iter().rfind(|(path, _)| in_front(path)).map(|(_, words)| words.clone());
        let base = base.unwrap_or_default();
        let here = steps.iter().find(|(path, _)| path == DROP_IN).map(|(_, words)| words.clone());
        let here = here.unwrap_or_else(|| base.clone());
        let last = steps.last().map(|(_, words)| words.clone()).unwrap_or_default();
        let file = Kept::of(told, DROP_IN, ctx)?;
        let parsed = DropIn::parse(file.editable()?);
        if file.there() && parsed.text() != file.text() {
            let text =
                format!("{DROP_IN} is not as kernel_cmdline left it: look at it, and remove it");
            return Err(Failure::new(text));
        }
        let later = (less(&last, &here), less(&here, &last));
        let made = ctx.world.path(DIRECTORY).is_some_and(|known| known.is_some());
        let directory = told.has("defaults") || made;
        Ok(Self { file, directory, own: parsed, base, later })
    }

    /// The words that its next entries get.
    pub fn words(&self) -> Vec<String> {
        self.with(&self.own)
    }

    fn with(&self, own: &DropIn) -> Vec<String> {
        let mut words = own.kept(&self.base);
        words.extend(own.words.iter().cloned());
        words = less(&words, &self.later.1);
        words.extend(self.later.0.iter().cloned());
        words
    }

    /// The new text of our file, None: it may stay; empty: it is not needed any more.
    ///
    /// # Errors
    /// Words in the way that our file cannot take out.
    pub fn edit(&self, wish: &Wish) -> Result<Option<String>, Failure> {
        let words = self.words();
        wish.check(&less(&words, &self.later.0))?;
        if wish.holds(&words) {
            return Ok(None);
        }
        let target = wish.apply(&less(&words, &self.later.0));
        let base = self.own.kept(&self.base);
        let mut kept: Vec<String> =
            base.iter().filter(|word| target.contains(word)).cloned().collect();
        let behind = less(&target, &kept);
        if !wish.holds(&[kept.clone(), behind].concat()) {
            kept.retain(|word| !wish.concerns(word));
        }
        let mut own = DropIn { words: less(&target, &kept), without: self.own.without.clone() };
        for word in base.iter().filter(|word| !kept.contains(word)) {
            if word.contains(char::is_whitespace) {
                return Err(Failure::new(format!(
                    "{word} cannot be taken out from behind: edit /etc/default/grub"
                )));
            }
            own.without.push(word.clone());
        }
        own.without.retain(|word| self.base.contains(word));
        if !wish.holds(&self.with(&own)) {
            return Err(Failure::new(format!(
                "a file behind {DROP_IN} says {} to the kernel: what is asked for would not hold",
                self.later.0.join(" ")
            )));
        }
        Ok(Some(own.text()))
    }
}

/// Each file that was read, and all words behind it.
fn steps(told: &Told) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let Some(said) = told.of("grub") else { return Ok(Vec::new()) };
    let lines: Vec<&str> = said.text.lines().collect();
    let mut steps = Vec::new();
    for three in lines.chunks(3) {
        let [path, both, normal] = three else { return Err(unreadable(&steps)) };
        if !path.starts_with('/') {
            return Err(unreadable(&steps));
        }
        let mut words = split(both);
        words.extend(split(normal));
        steps.push(((*path).to_string(), words));
    }
    if said.rc != 0 {
        return Err(unreadable(&steps));
    }
    Ok(steps)
}

fn unreadable(steps: &[(String, Vec<String>)]) -> Failure {
    let behind = steps.last().map_or_else(
        || "/etc/default/grub".to_string(),
        |(path, _)| format!("the file of /etc/default/grub.d behind {path}"),
    );
    Failure::new(format!("GRUB's defaults cannot be read: sh fails at {behind}"))
}
