//! A small table of modules, so that the room is tested without the real ones.
#![allow(dead_code)] // their arguments are only parsed

use crate::spec::args::{ArgTable, PathText, Rule, SrcTree, Template};
use crate::spec::{
    ArgStruct, BoxFuture, Control, ControlOutcome, Doc, Entry, Failure, PlayContext, Support,
};

crate::args! {
    /// debug
    pub struct Debug {
        /// Text.
        msg: Option<String> => [],
        /// Variable.
        var: Option<String> => [],
        /// Level.
        verbosity: i64 => [default("0")],
    }
    rules [Rule::MutuallyExclusive(&["msg", "var"])]
}
crate::args! {
    /// command, shell, script, raw
    pub struct Command {
        /// Text.
        raw as "_raw_params": Option<String> => [],
        /// Text.
        cmd: Option<String> => [],
        /// Words.
        argv: Vec<String> => [],
        /// Directory.
        chdir: Option<PathText> => [],
        /// File.
        creates: Option<PathText> => [],
        /// File.
        removes: Option<PathText> => [],
        /// Program.
        executable: Option<PathText> => [],
        /// Data.
        stdin: Option<String> => [],
    }
    rules [Rule::RequiredOneOf(&["_raw_params", "cmd", "argv"])]
}
crate::choices! {
    /// States.
    pub enum State { Absent = "absent", Directory = "directory", File = "file" }
}
crate::args! {
    /// file
    pub struct File {
        /// Path.
        path: PathText => [required(), aliases(&["dest", "name"])],
        /// State.
        state: State => [default("file")],
        /// Mode.
        mode: crate::spec::args::FileMode => [],
        /// Whether.
        recurse: bool => [default("no")],
    }
}
crate::args! {
    /// copy
    pub struct Copy {
        /// Source.
        src: Option<SrcTree> => [],
        /// Text.
        content: Option<String> => [],
        /// Path.
        dest: PathText => [required()],
        /// Whether.
        remote_src: bool => [default("no")],
    }
    rules [Rule::MutuallyExclusive(&["src", "content"])]
}
crate::args! {
    /// template
    pub struct TemplateArgs {
        /// Source.
        src: Template => [required()],
        /// Path.
        dest: PathText => [required()],
    }
}
crate::args! {
    /// ping
    pub struct Ping {
        /// Answer.
        data: String => [default("pong")],
    }
}

/// set_fact: any names.
pub struct SetFact;

impl ArgStruct for SetFact {
    const TABLE: &'static ArgTable =
        &ArgTable { args: &[crate::spec::Arg::of::<String>("*", "Any.")], rules: &[] };

    fn from_map(_: &crate::base::Map) -> Result<Self, crate::spec::ArgError> {
        Ok(Self)
    }
}

/// A module that does nothing.
struct Fake<A> {
    doc: &'static Doc,
    args: std::marker::PhantomData<fn() -> A>,
}

impl<A: ArgStruct> Control for Fake<A> {
    type Args = A;

    fn doc(&self) -> &'static Doc {
        self.doc
    }

    fn control<'a>(
        &'a self,
        _: &'a A,
        _: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(std::future::ready(Ok(ControlOutcome::default())))
    }
}

const fn doc(
    name: &'static str,
    full_names: &'static [&'static str],
    args: &'static ArgTable,
) -> Doc {
    Doc {
        name,
        full_names,
        short: "",
        args,
        check: Support::Full,
        diff: Support::Full,
        examples: &[],
        returns: &[],
    }
}

macro_rules! fakes {
    ($list:ident $($name:ident: $args:ty = $word:literal, $full:literal;)*) => {
        $(static $name: Fake<$args> = Fake {
            doc: &doc($word, &[$full], <$args as ArgStruct>::TABLE),
            args: std::marker::PhantomData,
        };)*
        static $list: &[Entry] = &[$(Entry::control(&$name)),*];
    };
}

fakes! { ENTRIES
    DEBUG: Debug = "debug", "ansible.builtin.debug";
    COPY: Copy = "copy", "ansible.builtin.copy";
    FILE: File = "file", "ansible.builtin.file";
    TEMPLATE: TemplateArgs = "template", "ansible.builtin.template";
    PING: Ping = "ping", "ansible.builtin.ping";
    SET_FACT: SetFact = "set_fact", "ansible.builtin.set_fact";
}

fakes! { COMMANDS
    COMMAND: Command = "command", "ansible.builtin.command";
    SHELL: Command = "shell", "ansible.builtin.shell";
    WIN: Command = "win_command", "ansible.windows.win_command";
    SCRIPT: Command = "script", "ansible.builtin.script";
}

pub fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.doc().name == name || entry.doc().full_names.contains(&name))
}

pub fn names() -> Vec<&'static str> {
    all().map(|entry| entry.doc().name).collect()
}

fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(COMMANDS)
}
