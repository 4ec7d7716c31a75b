//! `assemble`: one file made of the fragments in a directory.

use super::attributes::Wanted;
use super::deploy::{self, Deploy, Told};
use super::names::More;
use super::place::{self, Depth, Place};
use super::write::{Refusal, explain};
use crate::base::regex::{Regex, python};
use crate::base::{Key, Value};
use crate::spec::args::{FileMode, Mode, PathText, SrcTree};
use crate::spec::path::unescape;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Content, Ctx, Doc, Example, Failure, Fields, Input, Look, Plan, Probe, Ran,
    State, Support, Tree, TreeKind,
};
use bytes::Bytes;

crate::args! {
    /// Which fragments become which file.
    #[expect(dead_code, reason = "decrypt is for who reads the fragments here: the engine")]
    pub struct Args {
        /// The directory of the fragments.
        src: SrcTree => [required()],
        /// The file.
        dest: PathText => [required()],
        /// Whether the fragments are on the host.
        remote_src: bool => [default("yes")],
        /// What stands between fragments; `\n` and such escapes count.
        delimiter: Option<String> => [],
        /// Expression for the names of those that are taken.
        regexp: Option<String> => [],
        /// Whether names that begin with a dot are left out.
        ignore_hidden: bool => [default("no")],
        /// Whether vaulted fragments are decrypted.
        decrypt: bool => [default("yes")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Command that must accept the new file; `%s` is its path.
        validate: Option<String> => [],
        /// Permission bits.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
}

static DOC: Doc = Doc {
    name: "assemble",
    full_names: &["ansible.builtin.assemble", "ansible.legacy.assemble"],
    short: "Make a file of fragments.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Keys of many",
        yaml: "assemble: {src: /etc/app/keys.d, dest: /etc/app/keys, mode: \"0600\"}",
    }],
    returns: &[("dest", "the file"), ("checksum", "its SHA-1")],
};

/// The module.
pub struct Assemble;

/// What was seen: the assembled content and what is at its place.
pub struct Seen {
    input: Input,
    place: Place,
    /// Whether a fragment's content is not known.
    unknown: bool,
}

impl Args {
    fn deploy<'a>(&'a self, input: &'a Input) -> Deploy<'a> {
        Deploy {
            dest: self.dest.as_str(),
            name: String::new(),
            input,
            wanted: Wanted {
                mode: self.mode.clone().filter(|mode| *mode != Mode::Preserve),
                owner: self.owner.clone(),
                group: self.group.clone(),
                follow: true,
            },
            directory_mode: None,
            force: true,
            backup: self.backup,
            validate: self.validate.as_deref(),
            follow: true,
            unsafe_writes: self.unsafe_writes,
        }
    }

    fn regexp(&self) -> Result<Option<Regex>, Failure> {
        let Some(pattern) = &self.regexp else { return Ok(None) };
        let failed =
            |text: String| Failure::new(format!("Invalid Regexp ({text}) in \"{pattern}\""));
        python(pattern, "").map(Some).map_err(failed)
    }

    /// Those names that are taken, in their order.
    fn taken(&self, mut names: Vec<String>) -> Result<Vec<String>, Failure> {
        let regexp = self.regexp()?;
        names.retain(|name| {
            let named = regexp.as_ref().is_none_or(|regexp| regexp.is_match(name).unwrap_or(false));
            named && !(self.ignore_hidden && name.starts_with('.'))
        });
        names.sort();
        Ok(names)
    }

    /// The fragments with what stands between them.
    fn join(&self, fragments: &[Bytes]) -> Vec<u8> {
        let delimiter = self.delimiter.as_deref().map(unescaped).filter(|text| !text.is_empty());
        let mut whole = Vec::new();
        for (at, fragment) in fragments.iter().enumerate() {
            if at > 0 && !fragments[at - 1].ends_with(b"\n") {
                whole.push(b'\n');
            }
            if let (Some(delimiter), true) = (&delimiter, at > 0) {
                whole.extend(delimiter);
                if !delimiter.ends_with(b"\n") {
                    whole.push(b'\n');
                }
            }
            whole.extend(fragment);
        }
        whole
    }
}

/// Escapes of Python's byte strings.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (byte, width) = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(next)) => escape(*next, &bytes[at + 2..]),
            (byte, _) => (Some(byte), 1),
        };
        match byte {
            Some(byte) => out.push(byte),
            None => out.extend(&bytes[at..at + width]),
        }
        at += width;
    }
    out
}

/// The byte of an escape and its width; no byte: it is no escape.
fn escape(letter: u8, rest: &[u8]) -> (Option<u8>, usize) {
    let byte = match letter {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'\\' | b'\'' | b'"' => letter,
        b'x' => {
            let digits = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            return byte.map_or((None, 2), |byte| (Some(byte), 4));
        }
        _ => return (None, 2),
    };
    (Some(byte), 2)
}

/// Fragments of the operator's machine.
fn local(args: &Args, tree: &Tree) -> Result<Vec<Bytes>, Failure> {
    let is_file = |kind: &TreeKind| matches!(kind, TreeKind::File(_));
    let own = tree.entries.iter().filter(|e| is_file(&e.kind) && !e.path.contains('/'));
    let names = args.taken(own.map(|entry| entry.path.clone()).collect())?;
    let mut fragments = Vec::new();
    for name in names {
        let entry = tree.entries.iter().find(|entry| entry.path == name);
        let Some(TreeKind::File(input)) = entry.map(|entry| &entry.kind) else { continue };
        fragments.push(match &input.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::File(path) => std::fs::read(path)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?
                .into(),
        });
    }
    Ok(fragments)
}

impl State for Assemble {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        args.regexp()?;
        let dest = super::absolute(ctx.platform, args.dest.as_str())?;
        let nothing = Input::bytes("");
        args.deploy(&nothing).check()?;
        if !args.remote_src {
            if ctx.inputs.trees.contains_key("src") {
                return Ok(place::probe(dest, "", Depth::Sum));
            }
            let text = format!("Source ({}) is not a directory", args.src.as_str());
            return Err(Failure::new(text));
        }
        let src = super::absolute(ctx.platform, args.src.as_str())?;
        let script = concat!(include_str!("assemble.sh"), include_str!("place.sh"));
        Ok(Probe::new("assemble", script).words([src, dest, String::new(), "sum".to_string()]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let first = super::first(answers)?;
        let mut next = 1;
        let mut unknown = false;
        let (fragments, place) = match ctx.inputs.trees.get("src") {
            Some(tree) if !args.remote_src => (local(args, tree)?, place::read(first, ctx)?),
            _ => {
                let (names, place) = listing(args, first, ctx)?;
                let (asked, mut known) = predicted(args, &names, ctx)?;
                unknown = known.iter().any(Option::is_none) && asked.is_empty();
                if !asked.is_empty() {
                    let Some(answer) = answers.get(next) else {
                        let probe = Probe::new("fragments", include_str!("fragments.sh"));
                        return Ok(Look::Ask(probe.words(asked).heavy()));
                    };
                    next += 1;
                    unknown = fill(&mut known, &asked, answer)?;
                }
                (known.into_iter().flatten().collect(), place)
            }
        };
        let input = Input::bytes(args.join(&fragments));
        let mut seen = Seen { input, place, unknown };
        let deploy = args.deploy(&seen.input);
        let more: More = deploy.more(&seen.place, ctx);
        match (more.probe(), answers.get(next)) {
            (Some(probe), None) => return Ok(Look::Ask(probe)),
            (Some(_), Some(answer)) => {
                let (ids, content) = more.read(answer)?;
                seen.place.ids = ids;
                seen.place.content = seen.place.content.or(content);
            }
            (None, _) => {}
        }
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = args.deploy(&seen.input).plan(&seen.place, ctx)?;
        if seen.unknown {
            plan.uncertain = Some(format!("what is in {} is not known", args.src.as_str()));
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        args.deploy(&after.input).verify(change, &after.place)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Message)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let told = Told { src: Some(args.src.as_str()), force: true, follow: true, action: false };
        let after = after.map(|seen| &seen.place);
        if ran.iter().any(|ran| ran.answer.rc != 0) {
            return Fields::new();
        }
        let mut fields = deploy::result(&told, &before.place, after, plan, ran);
        fields.shift_remove(&Key::from("path"));
        fields.extend(deploy::md5(&before.input.content).map(|sum| ("md5sum".into(), sum.into())));
        fields.insert("src".into(), Value::from(args.src.as_str()));
        fields.insert("msg".into(), Value::from("OK"));
        fields
    }
}

/// The names that are taken, and the place of the file.
fn listing(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<(Vec<String>, Place), Failure> {
    let mut rest = answer.stdout.clone();
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = rest.split_to(end);
        let _newline = rest.split_to(rest.len().min(1));
        unescape(&String::from_utf8_lossy(&line))
    };
    let src = super::absolute(ctx.platform, args.src.as_str())?;
    let kind = line();
    let mut names = Vec::new();
    loop {
        match line() {
            name if name.is_empty() => break,
            name => names.push(name),
        }
    }
    for (path, attrs) in ctx.world.below(&src) {
        let name = path.strip_prefix(&format!("{src}/")).unwrap_or_default();
        names.retain(|known| known != name);
        let is_file = attrs.is_some_and(|attrs| attrs.kind == crate::spec::PathKind::File);
        if is_file && !name.contains('/') {
            names.push(name.to_string());
        }
    }
    let predicted = matches!(ctx.world.path(&src), Some(Some(_)));
    let given = args.src.as_str();
    match kind.as_str() {
        "-" if !predicted => return Err(Failure::new(format!("Source ({given}) does not exist"))),
        "f" => return Err(Failure::new(format!("Source ({given}) is not a directory"))),
        _ => {}
    }
    let place = place::read(&Answer { stdout: rest, ..answer.clone() }, ctx)?;
    Ok((args.taken(names)?, place))
}

/// Paths that have to be asked for, and the contents that are known; None: to be asked for or unknown.
fn predicted(
    args: &Args,
    names: &[String],
    ctx: Ctx<'_>,
) -> Result<(Vec<String>, Vec<Option<Bytes>>), Failure> {
    let src = super::absolute(ctx.platform, args.src.as_str())?;
    let (mut asked, mut known) = (Vec::new(), Vec::new());
    for name in names {
        let path = place::join(&src, name);
        let content = ctx.world.path(&path).flatten().and_then(|attrs| attrs.content.as_ref());
        match content {
            Some(Text::Known { bytes, .. }) => known.push(bytes.clone()),
            Some(Text::Unknown) => known.push(Some(Bytes::new())),
            None => {
                known.push(None);
                asked.push(path);
            }
        }
    }
    Ok((asked, known))
}

/// Puts what was asked for in its places; tells whether something is missing.
fn fill(known: &mut [Option<Bytes>], asked: &[String], answer: &Answer) -> Result<bool, Failure> {
    super::check(answer)?;
    let blocks = answer.blocks().unwrap_or_default();
    let mut blocks = blocks.into_iter().zip(asked);
    for place in known.iter_mut().filter(|place| place.is_none()) {
        match blocks.next() {
            Some((Some(content), _)) => *place = Some(content),
            Some((None, path)) => {
                return Err(Failure::new(format!("[Errno 13] Permission denied: '{path}'")));
            }
            None => return Ok(true),
        }
    }
    Ok(false)
}
