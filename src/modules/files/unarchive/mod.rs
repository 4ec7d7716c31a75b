//! `unarchive`: what an archive holds, below a directory of a host.

mod compare;
mod entry;
mod tool;
#[cfg(test)]
mod tests;

use super::attributes::{Wanted, facts};
use super::names::{Ids, More};
use super::place::join;
use crate::base::Value;
use crate::spec::args::{FileMode, PathText, Src};
use crate::spec::{
    Action, ActionContext, Answer, BoxFuture, Change, Ctx, Doc, Effect, Example, Failure, Fields,
    PathAttrs, PathKind, PathState, Platform, Probe, Rule, Support,
};
use compare::{Difference, Found, Rules};
use entry::Entry;
use tool::Tool;

crate::args! {
    /// Which archive, and where it goes.
    #[expect(dead_code, reason = "decrypt is for who reads the source: the engine")]
    pub struct Args {
        /// The archive: tar, plain or packed with gzip, bzip2, xz or zstd, or zip.
        src: Src => [required()],
        /// The directory on the host; it exists.
        dest: PathText => [required()],
        /// Whether the archive is on the host already.
        remote_src: bool => [default("no")],
        /// Nothing is done when this is there.
        creates: Option<PathText> => [],
        /// Members that are left out; patterns of the host's program.
        exclude: Vec<String> => [],
        /// Members that are taken, no others.
        include: Vec<String> => [],
        /// Whether files that are newer than the archive's stay.
        keep_newer: bool => [default("no")],
        /// Whether the result names all members.
        list_files: bool => [default("no")],
        /// Further words for the host's program, such as `--strip-components=1`.
        extra_opts: Vec<String> => [],
        /// Permission bits of all members, or a change of them.
        mode: FileMode => [],
        /// Owner of all members by name or number.
        owner: Option<String> => [],
        /// Group of all members by name or number.
        group: Option<String> => [],
        /// Whether a vaulted archive is decrypted.
        decrypt: bool => [default("yes")],
    }
    rules [Rule::MutuallyExclusive(&["include", "exclude"])]
}

static DOC: Doc = Doc {
    name: "unarchive",
    full_names: &["ansible.builtin.unarchive", "ansible.legacy.unarchive"],
    short: "Unpack an archive on a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A release, without its top directory",
            yaml: "unarchive: {src: files/app-1.2.tar.gz, dest: /usr/local/app, extra_opts: [--strip-components=1], owner: root, group: wheel}",
        },
        Example {
            title: "What is on the host already, once",
            yaml: "unarchive: {src: /var/cache/site.zip, dest: /var/www, remote_src: true, creates: /var/www/index.html}",
        },
    ],
    returns: &[
        ("dest", "the directory"),
        ("src", "the archive on the host"),
        ("handler", "what kind of archive it is"),
        ("files", "all members, with list_files"),
        ("differences", "members that differed, with the reason, at most a hundred"),
    ],
};

/// The module.
pub struct Unarchive;

impl Action for Unarchive {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn first(&self, args: &Args, platform: &Platform) -> Option<Probe> {
        args.creates.as_ref()?;
        args.look(platform, "").ok()
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

/// So many paths are asked for at once.
const CHUNK: usize = 400;
/// So many differences are told.
const TOLD: usize = 100;

impl Args {
    fn look(&self, platform: &Platform, src: &str) -> Result<Probe, Failure> {
        let dest = super::absolute(platform, self.dest.as_str())?;
        let creates = self.creates.as_ref().map(|path| super::absolute(platform, path.as_str()));
        let creates = creates.transpose()?.unwrap_or_default();
        let script = include_str!("look.sh");
        Ok(Probe::new("unarchive", script).words([dest, creates, src.to_string()]))
    }

    fn wanted(&self) -> Wanted {
        let (mode, owner, group) = (self.mode.clone(), self.owner.clone(), self.group.clone());
        Wanted { mode, owner, group, follow: false }
    }
}

/// What a look at the host tells.
#[derive(Debug)]
struct Look {
    dest: Option<PathState>,
    creates: bool,
    src: Option<PathState>,
    magic: Option<String>,
    gnu: Option<String>,
    bsd: Option<String>,
    unzip: bool,
}

impl Look {
    fn read(answer: &Answer) -> Result<Self, Failure> {
        super::check(answer)?;
        let text = answer.text();
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or("-");
        let told = |line: &str| Some(line.to_string()).filter(|line| line != "-");
        Ok(Self {
            dest: PathState::parse(next()),
            creates: next() != "-",
            src: PathState::parse(next()),
            magic: told(next()),
            gnu: told(next()),
            bsd: told(next()),
            unzip: next() != "-",
        })
    }
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    let platform = ctx.host.platform();
    let dest = super::absolute(&platform, args.dest.as_str())?;
    let remote = match args.remote_src {
        true => super::absolute(&platform, args.src.as_str())?,
        false => String::new(),
    };
    let task = Task { args, ctx: &ctx, platform: &platform, dest, wanted: args.wanted() };
    task.wanted.check(&task.dest)?;
    let first = args.look(&platform, if args.creates.is_some() { "" } else { &remote })?;
    let mut look = task.look(first).await?;
    if let Some(creates) = args.creates.as_ref().filter(|_| look.creates) {
        return Ok(skipped(&format!("skipped, since {} exists", creates.as_str())));
    }
    task.check_dest(&look)?;
    let src = match args.remote_src {
        true => remote,
        false => task.send().await?,
    };
    if look.src.is_none() {
        look = task.look(args.look(&platform, &src)?).await?;
    }
    if let Some(fields) = task.not_yet(&look, &src) {
        return Ok(fields);
    }
    task.unpack(&look, &src).await
}

fn skipped(text: &str) -> Fields {
    let fields = [("skipped".into(), Value::from(true)), ("msg".into(), Value::from(text))];
    fields.into_iter().collect()
}

struct Task<'a> {
    args: &'a Args,
    ctx: &'a ActionContext<'a>,
    platform: &'a Platform,
    dest: String,
    wanted: Wanted,
}

/// Everything that a comparison came to.
struct Compared {
    entries: Vec<Entry>,
    found: Vec<Found>,
    differences: Vec<Difference>,
}

impl Task<'_> {
    async fn ask(&self, probe: Probe) -> Result<Answer, Failure> {
        self.ctx.host.probe(probe).await.map_err(Failure::from)
    }

    async fn look(&self, probe: Probe) -> Result<Look, Failure> {
        let mut look = Look::read(&self.ask(probe).await?)?;
        look.dest = PathState::overlay(&self.dest, look.dest.take(), self.ctx.world);
        Ok(look)
    }

    fn check_dest(&self, look: &Look) -> Result<(), Failure> {
        let is_dir = look.dest.as_ref().is_some_and(|state| state.kind == PathKind::Dir);
        let text = || format!("dest '{}' must be an existing dir", self.args.dest.as_str());
        if is_dir { Ok(()) } else { Err(Failure::new(text()).missing()) }
    }

    /// Sends the operator's archive to the session's directory.
    async fn send(&self) -> Result<String, Failure> {
        let input = self.ctx.inputs.files.get("src");
        let input = input.ok_or_else(|| Failure::new("src is not a file"))?;
        let sent = self.ctx.host.put_temp("source", input.content.clone()).await;
        sent.map_err(Failure::from)
    }

    /// In a check run: an archive or a directory that an earlier task would bring.
    fn not_yet(&self, look: &Look, src: &str) -> Option<Fields> {
        let brought = look.src.is_none() && matches!(self.ctx.world.path(src), Some(Some(_)));
        let made = look.dest.as_ref().is_some_and(|state| state.predicted && state.inode == 0);
        if !brought && !made {
            return None;
        }
        if brought {
            self.ctx.uncertain(format!("what {src} holds is not known yet"));
        }
        let mut fields = self.fields(src, None);
        fields.insert("changed".into(), Value::from(true));
        Some(fields)
    }

    fn fields(&self, src: &str, handler: Option<&str>) -> Fields {
        let mut fields = Fields::new();
        fields.insert("dest".into(), Value::from(self.args.dest.as_str()));
        fields.insert("src".into(), Value::from(src));
        fields.extend(handler.map(|name| ("handler".into(), Value::from(name))));
        fields
    }

    async fn unpack(&self, look: &Look, src: &str) -> Result<Fields, Failure> {
        let tool = Tool::of(look, self.args, &self.dest, src)?;
        let before = self.compare(&tool).await?;
        let mut fields = self.fields(src, Some(tool.handler));
        let mut changed = !before.differences.is_empty();
        self.tell(&mut fields, &before);
        if self.ctx.check {
            self.foretell(&before);
            changed |= !self.adjust(&before).await?.is_empty();
        } else {
            let mut after = None;
            if changed {
                self.extract(&tool, &mut fields).await?;
                after = Some(self.extracted(&tool).await?);
            }
            changed |= self.attributes(after.as_ref().unwrap_or(&before)).await?;
        }
        let dest = self.look(self.args.look(self.platform, "")?).await?.dest;
        fields.extend(dest.as_ref().map(facts).unwrap_or_default());
        fields.insert("changed".into(), Value::from(changed));
        Ok(fields)
    }

    fn tell(&self, fields: &mut Fields, compared: &Compared) {
        if self.args.list_files {
            let names = compared.entries.iter().map(|entry| Value::from(entry.name()));
            fields.insert("files".into(), Value::list(names.collect()));
        }
        let told = compared.differences.iter().take(TOLD);
        let told: Vec<Value> =
            told.map(|found| Value::from(format!("{}: {}", found.path, found.why))).collect();
        if !told.is_empty() {
            fields.insert("differences".into(), Value::list(told));
        }
    }

    /// Lists the archive and looks at each of its members below the directory.
    async fn compare(&self, tool: &Tool<'_>) -> Result<Compared, Failure> {
        let answer = self.ask(tool.list()).await?;
        let (entries, told) = tool.read(&answer)?;
        entry::check_links(&entries)?;
        if entries.is_empty() {
            return Err(tool.refused("it found no files in the archive"));
        }
        let found = self.found(tool, &entries).await?;
        let rules = Rules {
            platform: self.platform,
            mode: self.wanted.mode.is_some(),
            owner: self.wanted.owner.is_some(),
            group: self.wanted.group.is_some(),
            keep_newer: self.args.keep_newer,
        };
        let differences = match told {
            Some(text) => rules.told(&text, &entries, &found),
            None => rules.compare(&entries, &found),
        };
        Ok(Compared { entries, found, differences })
    }

    async fn found(&self, tool: &Tool<'_>, entries: &[Entry]) -> Result<Vec<Found>, Failure> {
        let paths = entries.iter().map(|entry| join(&self.dest, &entry.path));
        let paths: Vec<String> = paths.collect();
        let probes = paths.chunks(CHUNK).map(|chunk| {
            let probe = Probe::new("unarchive_stat", include_str!("stat.sh")).heavy();
            probe.words([tool.sums()]).words(chunk.to_vec())
        });
        let answers = self.ctx.host.probes(probes.collect());
        let mut found = Vec::new();
        for (answer, chunk) in answers.into_iter().zip(paths.chunks(CHUNK)) {
            let answer = answer.await.map_err(Failure::from)?;
            found.extend(tool::found(&answer, chunk)?);
        }
        for (found, path) in found.iter_mut().zip(&paths) {
            found.state = PathState::overlay(path, found.state.take(), self.ctx.world);
        }
        Ok(found)
    }

    fn foretell(&self, before: &Compared) {
        for (entry, found) in before.entries.iter().zip(&before.found) {
            let Some(kind) = entry.kind.filter(|_| !entry.path.is_empty()) else { continue };
            let path = join(&self.dest, &entry.path);
            let named = |found: &&Difference| found.path.trim_end_matches('/') == entry.path;
            if found.state.is_some() && !before.differences.iter().any(|other| named(&other)) {
                continue;
            }
            let mode = self.wanted.bits(entry.mode, kind == PathKind::Dir, self.platform);
            let attrs = PathAttrs {
                mode: mode.or(Some(entry.mode)),
                owner: self.wanted.owner.clone(),
                group: self.wanted.group.clone(),
                target: entry.target.clone(),
                content: (kind == PathKind::File).then_some(crate::spec::Text::Unknown),
                ..PathAttrs::new(kind)
            };
            self.ctx.foretell([Effect::Path(path, Some(attrs))]);
        }
    }

    async fn extract(&self, tool: &Tool<'_>, fields: &mut Fields) -> Result<(), Failure> {
        let mut command = tool.extract();
        command.env = self.ctx.env.to_vec();
        let words = command.argv.iter().map(|word| Value::from(word.as_str()));
        let words: Vec<Value> = words.collect();
        let answer = self.ctx.host.run(command).await.map_err(Failure::from)?;
        let results: Value = [
            ("cmd", Value::list(words)),
            ("rc", Value::from(answer.rc)),
            ("out", Value::from(answer.text())),
            ("err", Value::from(answer.error_text())),
        ]
        .into_iter()
        .collect();
        fields.insert("extract_results".into(), results);
        if answer.rc == 0 {
            return Ok(());
        }
        let text = format!("failed to unpack {} to {}", tool.src, self.args.dest.as_str());
        Err(Failure { fields: fields.clone(), ..Failure::new(text) })
    }

    /// Looks whether all of it is there.
    async fn extracted(&self, tool: &Tool<'_>) -> Result<Compared, Failure> {
        let after = self.compare(tool).await?;
        match after.differences.first() {
            None => Ok(after),
            Some(Difference { path, why }) => {
                let text = format!("the archive was unpacked, but of {path} this is not so: {why}");
                Err(Failure::new(text))
            }
        }
    }

    fn pure(&self) -> Ctx<'_> {
        let (inputs, world, diff) = (self.ctx.inputs, self.ctx.world, self.ctx.diff);
        Ctx { platform: self.platform, inputs, world, diff }
    }

    /// The changes that give all members the task's mode and owner.
    async fn adjust(&self, compared: &Compared) -> Result<Vec<(String, Change)>, Failure> {
        if self.wanted.is_empty() {
            return Ok(Vec::new());
        }
        let states = compared.found.iter().filter_map(|found| found.state.as_ref());
        let mut more = More::default();
        more.names_for(&self.wanted, states, self.pure());
        let ids = match more.probe() {
            Some(probe) => more.read(&self.ask(probe).await?)?.0,
            None => Ids::default(),
        };
        let mut all = Vec::new();
        for (entry, found) in compared.entries.iter().zip(&compared.found) {
            let path = join(&self.dest, &entry.path);
            let Some(state) = found.state.as_ref().filter(|_| !entry.path.is_empty()) else {
                continue;
            };
            let changes = self.wanted.adjust(&path, state, &ids, self.platform)?.changes;
            all.extend(changes.into_iter().map(|change| (path.clone(), change)));
        }
        Ok(all)
    }

    /// Sets mode and owner of members where they differ; tells whether any did.
    async fn attributes(&self, compared: &Compared) -> Result<bool, Failure> {
        let changes = self.adjust(compared).await?;
        if changes.is_empty() {
            return Ok(false);
        }
        let all = changes.iter().map(|(_, change)| change.clone()).collect();
        let applied = self.ctx.host.apply(vec![all], self.ctx.env.to_vec(), None).await;
        let applied = applied.map_err(Failure::from)?;
        if let Some(ran) = applied.ran.iter().find(|ran| ran.answer.rc != 0) {
            let text = format!("{}: {}", ran.change.why, ran.answer.error_text().trim());
            return Err(super::write::explain(ran, super::write::Refusal::Keys)
                .unwrap_or_else(|| Failure::new(text)));
        }
        let look = Probe::new("unarchive_stat", include_str!("stat.sh")).words([""]);
        let answer = self.ask(look.words(changes.iter().map(|(path, _)| path.as_str()))).await?;
        let paths: Vec<String> = changes.iter().map(|(path, _)| path.clone()).collect();
        for ((path, change), found) in changes.iter().zip(tool::found(&answer, &paths)?) {
            let state = found.state.ok_or_else(|| Failure::new(format!("{path} is not there")))?;
            let seen = match &change.op {
                crate::spec::Op::SetMode { .. } => self.wanted.verify(change, &state, &Ids::default()),
                _ => None,
            };
            let wrong = |why| Failure::new(format!("{}: {why}", change.why));
            seen.unwrap_or(Ok(())).map_err(wrong)?;
        }
        Ok(true)
    }
}
