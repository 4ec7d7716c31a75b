//! `copy`: files and directories of the operator's machine (or of the host itself) on a host.

use super::attributes::Wanted;
use super::deploy::{self, Deploy, Told};
use super::onhost::{CopyOnHost, OnHost, mismatch};
use super::place::Place;
use super::tree::{DeployTree, TreePlace};
use super::write::{Refusal, explain};
use crate::base::Value;
use crate::base::value::{Layout, to_json};
use crate::spec::args::{FileMode, Known, Mode, PathText, Raw, Refuser, SrcTree};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Input, Look, Plan, Probe, Ran, Rule, State,
    Support, Tree,
};

crate::args! {
    /// What to copy where.
    #[expect(dead_code, reason = "decrypt is for who reads the source: the engine")]
    pub struct Args {
        /// File or directory; with a trailing slash only what is in the directory.
        src: Option<SrcTree> => [],
        /// Text to write instead of a file; dicts and lists become JSON.
        content: Option<Raw> => [],
        /// Where on the host; with a trailing slash a directory.
        dest: PathText => [required()],
        /// Permission bits, symbolic changes, or `preserve`.
        mode: FileMode => [],
        /// Permission bits of directories that are made.
        directory_mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Whether other content is replaced.
        force: bool => [default("yes")],
        /// Whether a link at the destination is followed.
        follow: bool => [default("no")],
        /// Whether links of the source are followed; they are, unless it is on the host.
        local_follow: Option<bool> => [],
        /// Whether the source is on the host.
        remote_src: bool => [default("no")],
        /// Command that must accept the new file; `%s` is its path.
        validate: Option<String> => [],
        /// SHA-1 that the source must have.
        checksum: Option<String> => [],
        /// Whether a vaulted source is decrypted.
        decrypt: bool => [default("yes")],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
    rules [
        Rule::Action(Refuser::Action, refuse),
    ]
}

/// What is asked before anything else.
fn refuse(args: &Known<'_>) -> Option<&'static str> {
    let filled = |name: &str| args.text(name).is_some_and(|text| !text.is_empty());
    match (filled("src"), args.has("content")) {
        (false, false) => Some("src (or content) is required"),
        _ if !filled("dest") => Some("dest is required"),
        (true, true) => Some("src and content are mutually exclusive"),
        (_, true) if args.text("dest").is_some_and(|dest| dest.ends_with('/')) => {
            Some("can not use content with a dir as dest")
        }
        _ => None,
    }
}

static DOC: Doc = Doc {
    name: "copy",
    full_names: &["ansible.builtin.copy", "ansible.legacy.copy"],
    short: "Copy files to a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "A text",
        yaml: "copy: {content: \"hello\\n\", dest: /tmp/tank-example, mode: \"0644\"}",
    }],
    returns: &[
        ("dest", "the file that was written"),
        ("checksum", "its SHA-1"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct Copy;

/// What is there.
pub enum Seen {
    /// One file.
    File(Place),
    /// A directory.
    Tree(TreePlace),
    /// A source on the host itself.
    OnHost(Box<OnHost>),
}

impl Args {
    fn wanted(&self, source_mode: Option<u32>) -> Wanted {
        let mode = match (&self.mode, source_mode) {
            (Some(Mode::Preserve), Some(bits)) => Some(Mode::Bits(bits)),
            (mode, _) => mode.clone(),
        };
        Wanted { mode, owner: self.owner.clone(), group: self.group.clone(), follow: true }
    }

    /// The bytes of `content`, or the file of `src`.
    fn input(&self, ctx: Ctx<'_>) -> Result<Input, Failure> {
        if let Some(content) = &self.content {
            let text = match content.0.as_str() {
                Some(text) => text.to_string(),
                None if content.0.as_list().is_some() || content.0.as_map().is_some() => {
                    to_json(&content.0, Layout::DUMPS)
                }
                None => content.0.text(),
            };
            let input = Input::bytes(text.into_bytes());
            return Ok(Input { secret: content.0.has_secret(), ..input });
        }
        let found = ctx.inputs.files.get("src").cloned();
        found.ok_or_else(|| Failure::new("src (or content) is required"))
    }

    fn deploy<'a>(&'a self, input: &'a Input) -> Deploy<'a> {
        let named = self.src.as_ref().map(|src| {
            src.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string()
        });
        Deploy {
            dest: self.dest.as_str(),
            name: named.unwrap_or_default(),
            input,
            wanted: self.wanted(Some(input.mode)),
            directory_mode: self.directory_mode.as_ref(),
            force: self.force,
            backup: self.backup,
            validate: self.validate.as_deref(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
        }
    }

    fn tree<'a>(&'a self, tree: &'a Tree) -> DeployTree<'a> {
        DeployTree {
            dest: self.dest.as_str(),
            tree,
            wanted: self.wanted(None),
            directory_mode: self.directory_mode.as_ref(),
            force: self.force,
        }
    }

    fn on_host(&self) -> CopyOnHost<'_> {
        CopyOnHost {
            src: self.src.as_ref().map(|src| src.as_str()).unwrap_or_default(),
            dest: self.dest.as_str(),
            wanted: self.wanted(None),
            directory_mode: self.directory_mode.as_ref(),
            force: self.force,
            backup: self.backup,
            validate: self.validate.as_deref(),
            checksum: self.checksum.as_deref(),
            follow: self.follow,
            unsafe_writes: self.unsafe_writes,
            local_follow: self.local_follow.unwrap_or(false),
        }
    }

    fn is_on_host(&self) -> bool {
        self.remote_src && self.content.is_none()
    }

    fn check_sum(&self, input: &Input) -> Result<(), Failure> {
        match &self.checksum {
            Some(wanted) if *wanted != input.sha1 => Err(mismatch(wanted, &input.sha1)),
            _ => Ok(()),
        }
    }
}

impl State for Copy {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if args.is_on_host() {
            return args.on_host().probe(ctx);
        }
        if let Some(tree) = ctx.inputs.trees.get("src") {
            return args.tree(tree).probe(ctx);
        }
        let input = args.input(ctx)?;
        args.check_sum(&input)?;
        args.deploy(&input).probe(ctx)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        if args.is_on_host() {
            return Ok(map_look(args.on_host().read(answers, ctx)?, |seen| {
                Seen::OnHost(Box::new(seen))
            }));
        }
        if let Some(tree) = ctx.inputs.trees.get("src") {
            return Ok(map_look(args.tree(tree).read(answers, ctx)?, Seen::Tree));
        }
        let input = args.input(ctx)?;
        Ok(map_look(args.deploy(&input).read(answers, ctx)?, Seen::File))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        match seen {
            Seen::File(place) => args.deploy(&args.input(ctx)?).plan(place, ctx),
            Seen::OnHost(place) => args.on_host().plan(place, ctx),
            Seen::Tree(place) => match ctx.inputs.trees.get("src") {
                Some(tree) => args.tree(tree).plan(place, ctx),
                None => Err(Failure::new("src (or content) is required")),
            },
        }
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        match after {
            Seen::File(place) => {
                let input = args.input(ctx).map_err(|failure| failure.msg)?;
                args.deploy(&input).verify(change, place)
            }
            Seen::OnHost(place) => args.on_host().verify(change, place, ctx),
            Seen::Tree(place) => match ctx.inputs.trees.get("src") {
                Some(tree) => args.tree(tree).verify(change, place),
                None => Ok(()),
            },
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        explain(ran, Refusal::Keys)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let src = args.src.as_ref().map(|src| src.as_str());
        match (before, after) {
            (Seen::File(before), after) => {
                let after = after.and_then(|seen| match seen {
                    Seen::File(place) => Some(place),
                    _ => None,
                });
                let told = Told { src, force: args.force, follow: args.follow, action: true };
                deploy::result(&told, before, after, plan, ran)
            }
            (Seen::OnHost(before), after) => {
                let after = after.and_then(|seen| match seen {
                    Seen::OnHost(place) => Some(place.as_ref()),
                    _ => None,
                });
                args.on_host().result(before, after, ran)
            }
            (Seen::Tree(_), _) => {
                let dest = format!("{}/", args.dest.as_str().trim_end_matches('/'));
                let mut fields = Fields::new();
                fields.insert("dest".into(), Value::from(dest));
                fields.extend(src.map(|src| ("src".into(), Value::from(src))));
                fields
            }
        }
    }
}

fn map_look<A, B>(look: Look<A>, wrap: impl FnOnce(A) -> B) -> Look<B> {
    match look {
        Look::Seen(seen) => Look::Seen(wrap(seen)),
        Look::Ask(probe) => Look::Ask(probe),
    }
}
