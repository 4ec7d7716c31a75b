//! `git`: a working copy (or a bare repository) is at a version of a remote repository.

mod planning;
mod seen;
#[cfg(test)]
mod tests;

use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule,
    State, Support,
};
use seen::Seen;

crate::args! {
    /// Which version of what is wanted where.
    pub struct Args {
        /// The repository: a URL, `user@host:path`, or a path on the host.
        repo: String => [required(), aliases(&["name"])],
        /// The directory on the host.
        dest: PathText => [required()],
        /// Branch, tag or commit; HEAD: the branch that the copy is on, in a new one the remote's own.
        version: String => [default("HEAD")],
        /// What the repository is called in the copy.
        remote: String => [default("origin")],
        /// What is fetched besides.
        refspec: Option<String> => [],
        /// A repository on the host whose objects are borrowed.
        reference: Option<PathText> => [],
        /// So many commits of history are fetched, where the version can be fetched by its name.
        depth: Option<i64> => [],
        /// Whether local modifications are thrown away.
        force: bool => [default("no")],
        /// Whether a copy is made where there is none; else only the remote's version is told.
        clone: bool => [default("yes")],
        /// Whether a copy that is there is brought to the version; else it is left as it is.
        update: bool => [default("yes")],
        /// Whether it is a repository without working copy.
        bare: bool => [default("no")],
        /// Whether submodules are brought along.
        recursive: bool => [default("yes")],
        /// Whether only the history of the version's branch is fetched.
        single_branch: bool => [default("no")],
        /// Whether any key of the server is taken. It may be a stranger's.
        accept_hostkey: bool => [default("no")],
        /// Whether the key of a server that is not known yet is taken.
        accept_newhostkey: bool => [default("no")],
        /// Private key on the host.
        key_file: Option<PathText> => [],
        /// Further words for ssh.
        ssh_opts: Option<String> => [],
        /// git's program.
        executable: Option<PathText> => [],
    }
    rules [Rule::MutuallyExclusive(&["accept_hostkey", "accept_newhostkey"])]
}

static DOC: Doc = Doc {
    name: "git",
    full_names: &["ansible.builtin.git", "ansible.legacy.git"],
    short: "Manage working copies of git repositories.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Partial("the commits, not what changed between them"),
    examples: &[
        Example {
            title: "A tag, without its history",
            yaml: "git: {repo: \"https://example.org/app.git\", dest: /usr/local/app, version: v1.2, depth: 1}",
        },
        Example {
            title: "A branch, by a key of its own",
            yaml: "git: {repo: \"git@example.org:app.git\", dest: /srv/app, version: main, key_file: /root/.ssh/app, accept_newhostkey: true}",
        },
    ],
    returns: &[
        ("before", "the commit that was checked out; null: there was none"),
        ("after", "the commit that is checked out"),
        ("remote_url_changed", "whether the copy got another URL for its remote"),
        ("submodules_changed", "whether submodules were brought along"),
    ],
};

/// The module.
pub struct Git;

impl Args {
    /// The repository as git gets it: depth needs a protocol.
    fn repo(&self, ctx: Ctx<'_>) -> String {
        let repo = ctx.platform.expand(&self.repo);
        if repo.starts_with('/') { format!("file://{repo}") } else { repo }
    }

    fn dest(&self, ctx: Ctx<'_>) -> Result<String, Failure> {
        crate::modules::files::absolute(ctx.platform, self.dest.as_str())
    }

    fn program(&self, ctx: Ctx<'_>) -> String {
        let path = self.executable.as_ref();
        path.map_or_else(|| "git".to_string(), |path| ctx.platform.expand(path.as_str()))
    }

    /// The command that git runs for ssh.
    fn ssh(&self, ctx: Ctx<'_>) -> String {
        let mut words = vec!["ssh".to_string()];
        words.extend(self.ssh_opts.clone());
        let mut option = |text: &str| words.extend(["-o".to_string(), text.to_string()]);
        option("BatchMode=yes");
        match (self.accept_hostkey, self.accept_newhostkey) {
            (true, _) => option("StrictHostKeyChecking=no"),
            (_, true) => option("StrictHostKeyChecking=accept-new"),
            _ => {}
        }
        if let Some(key) = &self.key_file {
            option("IdentitiesOnly=yes");
            let path = ctx.platform.expand(key.as_str());
            words.extend(["-i".to_string(), crate::base::quote::sh(&path)]);
        }
        words.join(" ")
    }

    /// Refuses words that git would take for something else.
    fn check(&self) -> Result<(), Failure> {
        let refs = [&self.version, &self.remote, &self.repo];
        let odd = |text: &&&String| text.is_empty() || text.starts_with('-') || text.contains('\n');
        if let Some(text) = refs.iter().find(odd) {
            return Err(Failure::new(format!("{text:?} is no name of a repository or version")));
        }
        let blank = |text: &&&String| text.chars().any(|c| c.is_whitespace() || "~^:?*[\\".contains(c));
        if let Some(text) = refs[..2].iter().find(blank) {
            return Err(Failure::new(format!("{text:?} is no name of a version")));
        }
        match self.depth {
            Some(depth) if depth < 1 => Err(Failure::new(format!("depth: {depth} is not above 0"))),
            _ => Ok(()),
        }
    }

    /// The question to the remote: all refs that the version may mean.
    fn ask_remote(&self, ctx: Ctx<'_>, branch: Option<&str>) -> Probe {
        let version = &self.version;
        let mut words = vec![self.program(ctx), self.ssh(ctx), self.repo(ctx), "HEAD".to_string()];
        if version != "HEAD" {
            words.extend([
                format!("refs/heads/{version}"),
                format!("refs/tags/{version}"),
                format!("refs/tags/{version}^{{}}"),
            ]);
            words.extend(version.starts_with("refs/").then(|| version.clone()));
        }
        words.extend(branch.map(|branch| format!("refs/heads/{branch}")));
        Probe::new("git_remote", include_str!("remote.sh")).words(words).heavy()
    }
}

impl State for Git {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        let script = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        let bare = if args.bare { "bare" } else { "" };
        let words = [
            args.program(ctx),
            args.dest(ctx)?,
            bare.to_string(),
            args.remote.clone(),
            args.version.clone(),
        ];
        Ok(Probe::new("git", script).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let mut seen = Seen::read(args, answers, ctx)?;
        if seen.there() && !args.update {
            return Ok(Look::Seen(seen));
        }
        match answers.get(1) {
            None => Ok(Look::Ask(args.ask_remote(ctx, seen.branch.as_deref()))),
            Some(answer) => {
                seen.remote(args, answer)?;
                Ok(Look::Seen(seen))
            }
        }
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        planning::plan(args, seen, ctx)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let wanted = change.effects.iter().find_map(|effect| match effect {
            Effect::Thing("git", _, Some(value)) => value.get("after").map(Value::text),
            _ => None,
        });
        let Some(head) = &after.head else { return Err("there is no commit".to_string()) };
        match wanted.filter(|wanted| !wanted.is_empty()) {
            Some(wanted) if wanted != *head => Err(format!("it is at {head}, not at {wanted}")),
            _ if after.modified => Err("local modifications are still there".to_string()),
            _ => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let error = ran.answer.error_text();
        let step = error.lines().rev().find_map(|line| line.strip_prefix("tank: "));
        let rest: Vec<&str> = error.lines().filter(|line| !line.starts_with("tank: ")).collect();
        let rest = rest.join("\n");
        let text = match step {
            Some(step) => format!("{step}: {}", rest.trim()),
            None => rest.trim().to_string(),
        };
        let failure = Failure::new(text).with("rc", ran.answer.rc).with("stderr", rest);
        Some(failure.with("stdout", ran.answer.text()))
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        let sha = |sha: Option<&String>| sha.map_or(Value::NULL, |sha| Value::from(sha.as_str()));
        fields.insert("before".into(), sha(before.head.as_ref()));
        if ran.iter().any(|ran| ran.answer.rc != 0) {
            return fields;
        }
        let now = match after {
            Some(after) => after.head.as_ref(),
            None if before.there() && (!args.update || !plan.has_work()) => before.head.as_ref(),
            None => before.wanted.as_ref().and_then(|wanted| wanted.sha.as_ref()),
        };
        fields.insert("after".into(), sha(now));
        if before.there() && args.update {
            fields.insert("remote_url_changed".into(), Value::from(before.other_url));
        }
        if before.modified && args.update {
            let text = format!("Local modifications exist in the destination: {}", before.dest);
            fields.insert("msg".into(), Value::from(text));
        }
        if args.recursive && before.submodules {
            fields.insert("submodules_changed".into(), Value::from(true));
        }
        fields
    }
}
