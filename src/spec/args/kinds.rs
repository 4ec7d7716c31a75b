//! Types that arguments are read into beside Rust's own.

use super::{Arg, ArgError, ArgType, FromArg};
use crate::base::{Map, Value};

macro_rules! text_kind {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromArg for $name {
            const KIND: ArgType = ArgType::$kind;
            fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
                String::from_value(arg, value).map(Self)
            }
        }
    };
}

text_kind!(
    /// A path on the host; expand it with `Platform::expand`.
    PathText, Path
);
text_kind!(
    /// Name of a controller file; its content is in `Inputs::files` unless `remote_src`.
    Src, Src
);
text_kind!(
    /// Name of a controller file or directory; in `Inputs::files` or `Inputs::trees` unless `remote_src`.
    SrcTree, SrcTree
);
text_kind!(
    /// Name of a controller template; its rendered text is in `Inputs::files`.
    Template, Template
);

macro_rules! value_kind {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(pub Value);

        impl FromArg for $name {
            const KIND: ArgType = ArgType::$kind;
            fn from_value(_: &Arg, value: &Value) -> Result<Self, ArgError> {
                Ok(Self(value.clone()))
            }
        }
    };
}

value_kind!(
    /// Any value, as it was given.
    Raw, Raw
);

/// Text that keeps the marks of the value it came from: [`Value::has_secret`] tells whether it may be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedText(pub Value);

impl MarkedText {
    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.as_str().unwrap_or_default()
    }

    /// Whether any of it is secret.
    pub fn is_secret(&self) -> bool {
        self.0.has_secret()
    }
}

impl FromArg for MarkedText {
    const KIND: ArgType = ArgType::Str;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let text = String::from_value(arg, value)?;
        let secret = value.has_secret();
        let text = Value::str(text).marked_as(value).untrusted();
        Ok(Self(if secret { text.secret() } else { text }))
    }
}
value_kind!(
    /// A condition or list of conditions, not rendered.
    Condition, Condition
);
value_kind!(
    /// An expression, not rendered.
    Expression, Expression
);

/// A dict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(pub Map);

/// `mode:` as it was given: octal text or number, symbolic text, or `preserve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Permission bits.
    Bits(u32),
    /// Symbolic text such as `u=rwX,g-w`, checked.
    Symbolic(String),
    /// As the source has it.
    Preserve,
    /// The clause that is no mode. It is told with what the file has, so it is the plan that fails.
    Wrong(String),
}

/// A file mode argument.
pub type FileMode = Option<Mode>;

impl FromArg for Mode {
    const KIND: ArgType = ArgType::Raw;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let text = match value.as_int() {
            Some(n) => format!("{n:o}"),
            None => String::from_value(arg, value)?,
        };
        if text == "preserve" {
            return Ok(Self::Preserve);
        }
        if let Ok(bits) = u32::from_str_radix(text.trim_start_matches("0o"), 8) {
            return Ok(Self::Bits(bits & 0o7777));
        }
        Ok(match text.split(',').find(|clause| !is_symbolic(clause)) {
            Some(clause) => Self::Wrong(clause.to_string()),
            None => Self::Symbolic(text),
        })
    }
}

/// Whether a clause looks like `u+rwX` or `go=u-w`.
fn is_symbolic(clause: &str) -> bool {
    let ops = clause.trim_start_matches(['u', 'g', 'o', 'a']);
    ops.starts_with(['+', '-', '=']) && ops.chars().all(|c| "+-=rwxXstugo".contains(c))
}

impl Mode {
    /// What Ansible says of a mode that is none.
    pub const NONE: &str = "mode must be in octal or symbolic form";

    /// The bits for something that has `current` bits now; None for `preserve`.
    pub fn bits(&self, current: u32, is_dir: bool, umask: u32) -> Option<u32> {
        match self {
            Self::Bits(bits) => Some(*bits),
            Self::Preserve | Self::Wrong(_) => None,
            Self::Symbolic(text) => {
                Some(text.split(',').fold(current, |m, clause| apply(m, clause, is_dir, umask)))
            }
        }
    }
}

/// One clause of chmod(1) applied to `mode`.
fn apply(mode: u32, clause: &str, is_dir: bool, umask: u32) -> u32 {
    let ops = clause.trim_start_matches(['u', 'g', 'o', 'a']);
    let who = &clause[..clause.len() - ops.len()];
    let mut mode = mode;
    let mut rest = ops;
    while let Some(op) = rest.chars().next() {
        let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |at| at + 1);
        mode = apply_one(mode, who, op, &rest[1..end], is_dir, umask);
        rest = &rest[end..];
    }
    mode
}

fn apply_one(mode: u32, who: &str, op: char, perms: &str, is_dir: bool, umask: u32) -> u32 {
    let all = who.is_empty() || who.contains('a');
    let mut mask = 0;
    let mut bits = 0;
    for (letter, shift, special) in [('u', 6, 0o4000), ('g', 3, 0o2000), ('o', 0, 0o1000)] {
        if !all && !who.contains(letter) {
            continue;
        }
        mask |= (0o7 << shift) | special;
        bits |= permission_bits(perms, mode, is_dir) << shift;
        if perms.contains('s') && letter != 'o' {
            bits |= special;
        }
        if perms.contains('t') && (letter == 'o' || all) {
            bits |= 0o1000;
        }
    }
    if who.is_empty() {
        bits &= !umask | 0o7000;
    }
    match op {
        '+' => mode | bits,
        '-' => mode & !bits,
        // Also on directories, where chmod(1) would keep setuid and setgid.
        _ => (mode & !mask) | bits,
    }
}

/// The rwx bits that the letters stand for.
fn permission_bits(perms: &str, mode: u32, is_dir: bool) -> u32 {
    perms.chars().fold(0, |bits, c| {
        bits | match c {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            'X' if is_dir || mode & 0o111 != 0 => 1,
            'u' => (mode >> 6) & 7,
            'g' => (mode >> 3) & 7,
            'o' => mode & 7,
            _ => 0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str, current: u32, is_dir: bool) -> u32 {
        Mode::Symbolic(text.to_string()).bits(current, is_dir, 0o022).unwrap()
    }

    #[test]
    fn symbolic_modes_are_chmods() {
        assert_eq!(bits("u+rwX,g-w", 0o060, false), 0o640);
        assert_eq!(bits("u=rw,go=r", 0o777, false), 0o644);
        assert_eq!(bits("a+X", 0o644, true), 0o755);
        assert_eq!(bits("a+X", 0o644, false), 0o644);
        assert_eq!(bits("g=u", 0o700, false), 0o770);
        assert_eq!(bits("u+s,o+t", 0o755, false), 0o5755);
        assert_eq!(bits("+w", 0o444, false), 0o644);
        assert_eq!(bits("u=rwx,g=rx,o=rx", 0o2775, true), 0o755);
    }
}
