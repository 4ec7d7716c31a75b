//! Arguments of `pkgng`.

use crate::spec::args::PathText;
use crate::spec::{Failure, Rule};

crate::choices! {
    /// What is wanted of the packages.
    pub enum Wanted {
        Present = "present",
        Latest = "latest",
        Absent = "absent",
    }
}

crate::args! {
    /// The packages that are wanted.
    pub struct Args {
        /// Names, origins (`www/nginx`) or package files; a single text may hold several; `*` with
        /// `state: latest` stands for all installed ones.
        name: Vec<String> => [required(), aliases(&["pkg"])],
        /// Whether they are there, up to date, or not there.
        state: Wanted => [default("present")],
        /// Whether the catalogue is used as it is.
        cached: bool => [default("no")],
        /// Annotations: `+tag=value` adds, `:tag=value` changes, `-tag` removes.
        annotation: Option<Vec<String>> => [],
        /// Repository to use.
        pkgsite: Option<String> => [],
        /// Directory that is the root for pkg.
        rootdir: Option<PathText> => [],
        /// Directory that pkg changes its root to.
        chroot: Option<PathText> => [],
        /// Jail that pkg works in, by name or number.
        jail: Option<String> => [],
        /// Whether dependencies that are no longer needed are removed.
        autoremove: bool => [default("no")],
        /// Whether the packages may be for another version of the system.
        ignore_osver: bool => [default("no")],
        /// Whether names are patterns.
        use_globs: bool => [default("yes")],
    }
    rules [Rule::MutuallyExclusive(&["rootdir", "chroot", "jail"])]
}

const SUFFIXES: [&str; 6] = [".pkg", ".tzst", ".txz", ".tbz", ".tgz", ".tar"];

/// Whether a name is that of a package file.
pub fn is_file(name: &str) -> bool {
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

impl Args {
    /// The names but `*`.
    ///
    /// # Errors
    /// Names that pkg would take for options, and files where none can be.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let split = |c: char| c == ',' || c.is_whitespace();
        let all: Vec<String> = match self.name.as_slice() {
            [one] => one.split(split).filter(|n| !n.is_empty()).map(str::to_string).collect(),
            all => all.to_vec(),
        };
        if let Some(odd) =
            all.iter().find(|n| n.is_empty() || n.starts_with('-') || n.contains('\n'))
        {
            return Err(Failure::new(format!("invalid package name '{odd}'")));
        }
        let names: Vec<String> = all.into_iter().filter(|name| name != "*").collect();
        let files: Vec<&str> = names.iter().map(String::as_str).filter(|n| is_file(n)).collect();
        if self.state != Wanted::Present && !files.is_empty() {
            let (state, files) = (self.state.word(), files.join(", "));
            let text = format!("state={state} is not supported for local package files: {files}");
            return Err(Failure::new(text));
        }
        Ok(names)
    }

    /// Whether all installed packages are brought up to date.
    pub fn upgrades_all(&self) -> bool {
        self.state == Wanted::Latest && self.name.len() == 1 && self.name[0] == "*"
    }

    /// pkg's option for another root; empty: the host's own.
    pub fn root(&self) -> String {
        match (&self.rootdir, &self.chroot, &self.jail) {
            (Some(path), ..) => format!("--rootdir={}", path.as_str()),
            (_, Some(path), _) => format!("--chroot={}", path.as_str()),
            (.., Some(jail)) => format!("--jail={jail}"),
            _ => String::new(),
        }
    }

    /// What the world calls a package.
    pub fn key(&self, name: &str) -> String {
        let root = self.root();
        if root.is_empty() { name.to_string() } else { format!("{root} {name}") }
    }
}
