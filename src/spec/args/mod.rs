//! Arguments of a module: one `args!` list makes the typed struct, the table and the checks.

mod check;
mod convert;
mod kinds;

pub use check::{ArgError, Known, Refuser, canonical, check_names};
pub use convert::FromArg;
pub use kinds::{
    Condition, Dict, Expression, FileMode, MarkedText, Mode, PathText, Raw, Src, SrcTree, Template,
};

use crate::base::Map;

/// Type of an argument, as Ansible's documentation names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgType {
    /// Text.
    Str,
    /// yes/no in all their spellings.
    Bool,
    /// Integer.
    Int,
    /// Number.
    Float,
    /// Path on the host; `~` is expanded there.
    Path,
    /// Anything.
    Raw,
    /// List; a text is split at commas.
    List,
    /// Dict; JSON or `k=v` text.
    Dict,
    /// JSON text of anything.
    Json,
    /// Human size in bytes.
    Bytes,
    /// A controller file of the task's search path (unless `remote_src`).
    Src,
    /// A controller file or directory (unless `remote_src`).
    SrcTree,
    /// A controller template; the module gets its rendered text.
    Template,
    /// A bare condition: not rendered before the module gets it.
    Condition,
    /// A bare expression: not rendered before the module gets it.
    Expression,
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Type.
    pub kind: ArgType,
    /// Type of a list's items.
    pub elements: Option<ArgType>,
    /// Allowed values; empty: any.
    pub choices: &'static [&'static str],
    /// Default as it would be written.
    pub default: Option<&'static str>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether its value is secret.
    pub no_log: bool,
    /// What it is for.
    pub doc: &'static str,
}

impl Arg {
    /// An optional argument of the type that `T` is read from.
    pub const fn of<T: FromArg>(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            kind: T::KIND,
            elements: T::ELEMENTS,
            choices: T::CHOICES,
            default: None,
            required: false,
            no_log: false,
            doc,
        }
    }

    /// The same, required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same with a default.
    #[must_use]
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    /// The same with other names.
    #[must_use]
    pub const fn aliases(mut self, names: &'static [&'static str]) -> Self {
        self.aliases = names;
        self
    }

    /// The same with allowed values.
    #[must_use]
    pub const fn choices(mut self, words: &'static [&'static str]) -> Self {
        self.choices = words;
        self
    }

    /// The same, secret.
    #[must_use]
    pub const fn no_log(mut self) -> Self {
        self.no_log = true;
        self
    }
}

/// A rule over several arguments.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// At most one of these.
    MutuallyExclusive(&'static [&'static str]),
    /// All or none of these.
    RequiredTogether(&'static [&'static str]),
    /// At least one of these.
    RequiredOneOf(&'static [&'static str]),
    /// When the first has this value, all of these.
    RequiredIf(&'static str, &'static str, &'static [&'static str]),
    /// When the first has this value, at least one of these.
    RequiredIfAny(&'static str, &'static str, &'static [&'static str]),
    /// When the first is given, all of these.
    RequiredBy(&'static str, &'static [&'static str]),
    /// What Ansible's action of that name asks before its module sees any argument: what is wrong, if
    /// anything, and whether the action returns that or raises it.
    Action(Refuser, fn(&Known<'_>) -> Option<&'static str>),
}

/// All arguments of a module and the rules over them.
#[derive(Debug)]
pub struct ArgTable {
    /// In the order of the documentation.
    pub args: &'static [Arg],
    /// Rules.
    pub rules: &'static [Rule],
}

impl ArgTable {
    /// The argument of this name or alias.
    pub fn find(&self, name: &str) -> Option<&'static Arg> {
        self.args.iter().find(|arg| arg.name == name || arg.aliases.contains(&name))
    }

    /// All names and aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.args
            .iter()
            .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()))
    }
}

/// Both tables' arguments in one; `N` is how many they are.
pub const fn joined<const N: usize>(own: &[Arg], more: &[Arg]) -> [Arg; N] {
    let mut all = [Arg::of::<String>("", ""); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() { own[at] } else { more[at - own.len()] };
        at += 1;
    }
    all
}

/// Typed arguments; made by [`args!`](crate::args).
pub trait ArgStruct: Send + Sync + Sized + 'static {
    /// Its table.
    const TABLE: &'static ArgTable;
    /// Checks rendered arguments against the table and converts them.
    fn from_map(args: &Map) -> Result<Self, ArgError>;
}

/// Declares typed arguments. Those that several modules have are a struct of their own: `with login: Login,` behind
/// the struct makes them arguments of this one too.
///
/// ```
/// tank::choices! {
///     /// What is wanted.
///     pub enum Wanted { Present = "present", Absent = "absent" }
/// }
/// tank::args! {
///     pub struct Args {
///         /// Path on the host.
///         path: tank::spec::args::PathText => [required(), aliases(&["dest", "name"])],
///         /// What is wanted.
///         state: Wanted => [default("present")],
///         /// Owner by name.
///         owner: Option<String> => [],
///     }
///     rules [tank::spec::Rule::MutuallyExclusive(&["owner", "state"])]
/// }
/// ```
#[macro_export]
macro_rules! args {
    (
        $(#[$outer:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $field:ident $(as $key:literal)? : $ty:ty => [ $( $set:ident ( $($value:expr),* ) ),* $(,)? ]
            ),* $(,)?
        }
        $(with $group:ident: $of:path,)?
        $(rules [ $($rule:expr),* $(,)? ])?
    ) => {
        $(#[$outer])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $( $(#[doc = $doc])* pub $field: $ty, )*
            $(
                /// Arguments that others have as well.
                pub $group: $of,
            )?
        }

        impl $name {
            /// Reads them of arguments that were checked.
            $vis fn of_known(
                known: &$crate::spec::args::Known<'_>,
            ) -> Result<Self, $crate::spec::args::ArgError> {
                Ok(Self {
                    $( $field: known.read::<$ty>($crate::args!(@key $field $($key)?))?, )*
                    $( $group: <$of>::of_known(known)?, )?
                })
            }
        }

        impl $crate::spec::args::ArgStruct for $name {
            const TABLE: &'static $crate::spec::args::ArgTable = {
                const OWN: &[$crate::spec::args::Arg] = &[
                    $(
                        $crate::spec::args::Arg::of::<$ty>(
                            $crate::args!(@key $field $($key)?),
                            concat!($($doc, "\n"),*),
                        ) $( . $set ( $($value),* ) )*
                    ),*
                ];
                const ALL: &[$crate::spec::args::Arg] = $crate::args!(@all OWN $($of)?);
                &$crate::spec::args::ArgTable { args: ALL, rules: &[ $($($rule),*)? ] }
            };

            fn from_map(args: &$crate::base::Map) -> Result<Self, $crate::spec::args::ArgError> {
                Self::of_known(&$crate::spec::args::canonical(Self::TABLE, args)?)
            }
        }
    };
    (@all $own:ident) => { $own };
    (@all $own:ident $of:path) => {{
        const MORE: &[$crate::spec::args::Arg] = <$of as $crate::spec::args::ArgStruct>::TABLE.args;
        const BOTH: [$crate::spec::args::Arg; $own.len() + MORE.len()] =
            $crate::spec::args::joined($own, MORE);
        &BOTH
    }};
    (@key $field:ident $key:literal) => { $key };
    (@key $field:ident) => { stringify!($field) };
}

/// Declares an argument's allowed words as an enum.
#[macro_export]
macro_rules! choices {
    (
        $(#[$outer:meta])*
        $vis:vis enum $name:ident { $( $(#[$inner:meta])* $variant:ident = $word:literal ),* $(,)? }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $( $(#[$inner])* #[doc = concat!("`", $word, "`")] $variant ),* }

        impl $name {
            /// The word it is written as.
            #[allow(dead_code)] // not every module speaks of it
            $vis fn word(self) -> &'static str {
                match self { $( Self::$variant => $word ),* }
            }
        }

        impl $crate::spec::args::FromArg for $name {
            const KIND: $crate::spec::args::ArgType = $crate::spec::args::ArgType::Str;
            const CHOICES: &'static [&'static str] = &[ $( $word ),* ];
            fn from_value(
                arg: &$crate::spec::args::Arg,
                value: &$crate::base::Value,
            ) -> Result<Self, $crate::spec::args::ArgError> {
                let text = <String as $crate::spec::args::FromArg>::from_value(arg, value)?;
                match text.as_str() {
                    $( $word => Ok(Self::$variant), )*
                    _ => Err($crate::spec::args::ArgError::choice(arg, &text, Self::CHOICES)),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Value;

    crate::choices! {
        /// What is wanted.
        pub enum Wanted { Present = "present", Absent = "absent" }
    }
    crate::args! {
        /// Test.
        pub struct Args {
            /// Where.
            path: PathText => [required(), aliases(&["dest"])],
            /// What.
            state: Wanted => [default("present")],
            /// How often.
            count: i64 => [default("3")],
            /// Whether.
            force: Option<bool> => [],
            /// Which.
            items: Vec<String> => [],
            /// Other way.
            kind as "type": Option<String> => [],
        }
        rules [Rule::MutuallyExclusive(&["force", "type"])]
    }

    fn read(entries: &[(&str, Value)]) -> Result<Args, String> {
        let map: Map = entries.iter().map(|(k, v)| ((*k).into(), v.clone())).collect();
        Args::from_map(&map).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_types_defaults_and_aliases() {
        let args = read(&[
            ("dest", "/a".into()),
            ("count", "5".into()),
            ("force", "Yes".into()),
            ("items", "a, b".into()),
        ])
        .unwrap();
        assert_eq!((args.path.as_str(), args.count, args.force), ("/a", 5, Some(true)));
        assert_eq!((args.state.word(), args.kind), ("present", None));
        assert_eq!(
            (args.state, args.items),
            (Wanted::Present, vec!["a".to_string(), "b".to_string()])
        );
        assert!(
            read(&[("path", Value::NULL)]).is_ok(),
            "an explicit null satisfies required (S-217)"
        );
    }

    #[test]
    fn errors_are_ansibles() {
        let p = ("path", Value::from("/a"));
        assert_eq!(read(&[]).unwrap_err(), "missing required arguments: path");
        assert_eq!(
            read(&[p.clone(), ("state", "x".into())]).unwrap_err(),
            "value of state must be one of: present, absent, got: x"
        );
        assert_eq!(
            read(&[p.clone(), ("count", "x".into())]).unwrap_err(),
            "argument 'count' is of type str and we were unable to convert to int: \"'x'\" cannot be converted to an int"
        );
        assert_eq!(
            read(&[p.clone(), ("force", true.into()), ("type", "x".into())]).unwrap_err(),
            "parameters are mutually exclusive: force|type"
        );
        assert_eq!(
            read(&[p, ("bogus", true.into())]).unwrap_err(),
            "Unsupported parameters: bogus. Supported parameters include: count, force, items, path, state, type (dest)."
        );
    }
}
