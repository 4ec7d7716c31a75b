//! `get_url`: a file of a server, brought to a host by the host's own tools.

mod checksum;
mod request;
#[cfg(test)]
mod tests;

use super::attributes::{Wanted, facts};
use super::names::More;
use super::place::{self, Depth, Place};
use super::write::{self, Write};
use crate::base::{Key, Value};
use crate::spec::args::{Dict, FileMode, MarkedText, PathText};
use crate::spec::{
    Action, ActionContext, Answer, BoxFuture, Change, Content, Ctx, Doc, Effect, Example, Failure,
    Fields, Input, Op, PathAttrs, PathKind, PathState, Platform, Probe, Ran, Support, Text,
};
use checksum::Checksum;
use request::{Got, Request};
use std::time::Instant;

crate::args! {
    /// What is fetched, and where it goes.
    pub struct Args {
        /// Where it is: http, https, ftp, or `file:` on the host itself.
        url: MarkedText => [required()],
        /// The file on the host; in a directory it is named as the server or the URL says.
        dest: PathText => [required()],
        /// Whether it is fetched again although it is there and no checksum says otherwise. Without it the server is
        /// asked for a newer one only.
        force: bool => [default("no")],
        /// What the file must be: `sha256:HEX`, or `sha256:URL` of a list of such sums. A file that is there and has it
        /// is not fetched.
        checksum: String => [default("")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Permission bits, or a change of them.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Seconds without any progress after which it fails.
        timeout: i64 => [default("10")],
        /// Further headers of the request; the host needs curl or GNU wget for them.
        headers: Option<Dict> => [],
        /// Name of the client.
        http_agent: String => [default("ansible-httpget")],
        /// User for basic authentication; the host needs curl or GNU wget for it.
        url_username: Option<String> => [aliases(&["username"])],
        /// The user's password.
        url_password: Option<String> => [no_log(), aliases(&["password"])],
        /// Whether user and password are sent before they are asked for.
        force_basic_auth: bool => [default("no")],
        /// Whether the host's proxy variables count.
        use_proxy: bool => [default("yes")],
        /// Whether the server must prove who it is.
        validate_certs: bool => [default("yes")],
        /// Directory that holds the file until it is whole; else the session's own.
        tmp_dest: Option<PathText> => [],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "get_url",
    full_names: &["ansible.builtin.get_url", "ansible.legacy.get_url"],
    short: "Fetch a file from a server to a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Partial("the server is asked, but only the file itself tells whether it differs"),
    diff: Support::None,
    examples: &[
        Example {
            title: "A file that must be this one",
            yaml: "get_url: {url: \"https://example.org/app-1.2.tar.gz\", dest: /var/cache/app-1.2.tar.gz, checksum: \"sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c\"}",
        },
        Example {
            title: "By the server's own list of sums",
            yaml: "get_url: {url: \"https://example.org/app.iso\", dest: /var/iso/, checksum: \"sha256:https://example.org/SHA256SUMS\"}",
        },
    ],
    returns: &[
        ("dest", "the file"),
        ("url", "where it came from, without its password"),
        ("checksum_src", "SHA-1 of what was fetched"),
        ("checksum_dest", "SHA-1 of what was there"),
        ("md5sum", "MD5 of the file"),
        ("status_code", "the server's answer"),
        ("elapsed", "seconds"),
        ("backup_file", "where the old file is kept"),
    ],
};

/// The module.
pub struct GetUrl;

impl Action for GetUrl {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn first(&self, args: &Args, platform: &Platform) -> Option<Probe> {
        args.look(platform).ok()
    }

    fn act<'a>(
        &'a self,
        args: &'a Args,
        ctx: ActionContext<'a>,
    ) -> BoxFuture<'a, Result<Fields, Failure>> {
        Box::pin(run(args, ctx))
    }
}

impl Args {
    fn look(&self, platform: &Platform) -> Result<Probe, Failure> {
        let path = super::absolute(platform, self.dest.as_str())?;
        Ok(place::probe(path, &request::file_name(self.url.as_str()), Depth::Sum))
    }

    fn wanted(&self) -> Wanted {
        let (mode, owner, group) = (self.mode.clone(), self.owner.clone(), self.group.clone());
        Wanted { mode, owner, group, follow: true }
    }
}

/// One run of the task.
struct Task<'a> {
    args: &'a Args,
    ctx: &'a ActionContext<'a>,
    platform: &'a Platform,
    wanted: Wanted,
    /// Keys that every result has.
    fields: Fields,
}

async fn run(args: &Args, ctx: ActionContext<'_>) -> Result<Fields, Failure> {
    let platform = ctx.host.platform();
    let mut fields = Fields::new();
    for (name, value) in [
        ("changed", Value::from(false)),
        ("checksum_dest", Value::NULL),
        ("checksum_src", Value::NULL),
        ("dest", Value::from(args.dest.as_str())),
        ("elapsed", Value::from(0)),
        ("url", Value::from(request::masked(args.url.as_str()))),
    ] {
        fields.insert(name.into(), value);
    }
    let task = Task { args, ctx: &ctx, platform: &platform, wanted: args.wanted(), fields };
    task.wanted.check(args.dest.as_str())?;
    let kept = task.fields.clone();
    task.run().await.map_err(|mut failure| {
        for (key, value) in kept {
            failure.fields.entry(key).or_insert(value);
        }
        failure
    })
}

impl Task<'_> {
    fn pure(&self) -> Ctx<'_> {
        let (inputs, world, diff) = (self.ctx.inputs, self.ctx.world, self.ctx.diff);
        Ctx { platform: self.platform, inputs, world, diff }
    }

    async fn ask(&self, probe: Probe) -> Result<Answer, Failure> {
        self.ctx.host.probe(probe).await.map_err(Failure::from)
    }

    async fn run(self) -> Result<Fields, Failure> {
        let place = self.look(self.args.look(self.platform)?).await?;
        let checksum = self.checksum().await?;
        let there = place.state.as_ref().filter(|state| state.kind == PathKind::File);
        let mut newer = there.is_some() && !self.args.force;
        if let (Some(wanted), true) = (&checksum, newer) {
            if self.sum(&wanted.algorithm, &place.path).await? == wanted.hex {
                return self.attributes(place).await;
            }
            newer = false;
        }
        self.download(place, checksum.as_ref(), newer).await
    }

    async fn look(&self, probe: Probe) -> Result<Place, Failure> {
        let answer = self.ask(probe).await?;
        let mut place = place::read(&answer, self.pure())?;
        let mut more = More::default();
        more.names_for(&self.wanted, place.state.iter(), self.pure());
        if let Some(probe) = more.probe() {
            place.ids = more.read(&self.ask(probe).await?)?.0;
        }
        Ok(place)
    }

    /// The digest of a file of the host in hex.
    async fn sum(&self, algorithm: &str, path: &str) -> Result<String, Failure> {
        let probe = Probe::new("get_url_sum", "tk_sum \"$1\" \"$2\"").words([algorithm, path]);
        Ok(self.ask(probe).await?.text().trim().to_string())
    }

    async fn checksum(&self) -> Result<Option<Checksum>, Failure> {
        let Some(wanted) = Checksum::parse(&self.args.checksum)? else { return Ok(None) };
        let Some(url) = wanted.url().map(str::to_string) else { return Ok(Some(wanted)) };
        let url = url.as_str();
        let place = self.place().await?;
        let request = Request::new(self.args, self.platform, url);
        let got = request.get(self.ctx, &place, None).await?;
        got.check(url)?;
        let probe = Probe::new("get_url_list", "tk_read \"$1\"; rm -f \"$1\"").words([&*place]);
        let text = self.ask(probe).await?.blocks().and_then(|mut blocks| blocks.pop().flatten());
        let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
        let name = request::file_name(self.args.url.as_str());
        wanted.of_list(&text, &name, &request::masked(url)).map(Some)
    }

    /// Where the file is until it is whole.
    async fn place(&self) -> Result<String, Failure> {
        let dir = self.args.tmp_dest.as_ref();
        let dir = dir.map(|dir| super::absolute(self.platform, dir.as_str())).transpose()?;
        let probe = Probe::new("get_url_place", include_str!("place.sh"));
        let answer = self.ask(probe.words([dir.unwrap_or_default()])).await?;
        match answer.rc {
            0 => Ok(answer.text().trim_end_matches('\n').to_string()),
            _ => Err(Failure::new(answer.error_text().trim().to_string())),
        }
    }

    /// The file is the wanted one: only its attributes may differ.
    async fn attributes(mut self, place: Place) -> Result<Fields, Failure> {
        let changed = self.adjust(&place).await?;
        let msg = match changed {
            true => "file already exists but file attributes changed",
            false => "file already exists",
        };
        self.fields.insert("msg".into(), Value::from(msg));
        Ok(self.fields)
    }

    /// Sets mode and owner where they differ; tells whether anything did.
    async fn adjust(&mut self, place: &Place) -> Result<bool, Failure> {
        let Some(state) = &place.state else { return Ok(false) };
        let changes = self.wanted.adjust(&place.path, state, &place.ids, self.platform)?.changes;
        let changed = !changes.is_empty();
        self.fields.insert("dest".into(), Value::from(place.path.as_str()));
        if changed {
            self.fields.insert("changed".into(), Value::from(true));
        }
        if !changed || self.ctx.check {
            self.ctx.foretell(changes.into_iter().flat_map(|change| change.effects));
            self.fields.extend(facts(state));
            return Ok(changed);
        }
        let after = self.apply(changes, place).await?.0;
        self.fields.extend(after.state.as_ref().map(facts).unwrap_or_default());
        Ok(changed)
    }

    /// Applies changes of one place and proves each of them by a second look.
    async fn apply(
        &self,
        changes: Vec<Change>,
        place: &Place,
    ) -> Result<(Place, Vec<Ran>), Failure> {
        let look = place::probe(place.path.clone(), "", Depth::Sum);
        let applied = self.ctx.host.apply(vec![changes], self.ctx.env.to_vec(), Some(look));
        let applied = applied.await.map_err(Failure::from)?;
        if let Some(ran) = applied.ran.iter().find(|ran| ran.answer.rc != 0) {
            let text = ran.answer.error_text();
            let plain = || Failure::new(format!("{}: {}", ran.change.why, text.trim()));
            return Err(write::explain(ran, write::Refusal::Keys).unwrap_or_else(plain));
        }
        let answer = applied.look.ok_or_else(|| Failure::new("the host did not answer"))?;
        let mut after = place::read(&answer, self.pure())?;
        after.ids = place.ids.clone();
        for ran in &applied.ran {
            let seen = self.write().verify(&ran.change, &after);
            seen.map_err(|why| Failure::new(format!("{}: {why}", ran.change.why)))?;
        }
        Ok((after, applied.ran))
    }

    fn write(&self) -> Write<'_> {
        Write {
            wanted: &self.wanted,
            backup: self.args.backup,
            validate: None,
            follow: false,
            unsafe_writes: self.args.unsafe_writes,
        }
    }

    async fn download(
        mut self,
        place: Place,
        checksum: Option<&Checksum>,
        newer: bool,
    ) -> Result<Fields, Failure> {
        let temp = self.place().await?;
        let request = Request::new(self.args, self.platform, self.args.url.as_str());
        let since = newer.then_some(place.real.as_str());
        let began = Instant::now();
        let got = match self.ctx.check {
            true => request.head(self.ctx, &temp, since).await?,
            false => request.get(self.ctx, &temp, since).await?,
        };
        let seconds = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
        self.fields.insert("elapsed".into(), Value::from(seconds));
        if got.code == 304 {
            return self.unmodified(&got, &place);
        }
        got.check(self.args.url.as_str())?;
        self.fields.insert("msg".into(), Value::from(got.message()));
        let place = self.named(place, &got).await?;
        self.fields.insert("dest".into(), Value::from(place.path.as_str()));
        if self.ctx.check {
            return self.foretold(&place, checksum);
        }
        let done = self.install(&place, &temp, checksum, &got).await;
        let clean = Op::Remove { path: temp.clone(), recursive: false };
        let clean = Change::new(clean, format!("remove {temp}"));
        let cleaned = self.ctx.host.apply(vec![vec![clean]], Vec::new(), None).await;
        done?;
        cleaned.map_err(Failure::from)?;
        Ok(self.fields)
    }

    /// The server has none that is newer. As in Ansible attributes are left alone then.
    fn unmodified(mut self, got: &Got, place: &Place) -> Result<Fields, Failure> {
        self.fields.insert("msg".into(), Value::from("HTTP Error 304: Not Modified"));
        self.fields.insert("status_code".into(), Value::from(got.code));
        for name in ["checksum_dest", "checksum_src"] {
            self.fields.shift_remove(&Key::from(name));
        }
        self.fields.extend(place.state.as_ref().map(facts).unwrap_or_default());
        Ok(self.fields)
    }

    /// The place in a directory by the name that the answer has for the file.
    async fn named(&self, place: Place, got: &Got) -> Result<Place, Failure> {
        let path = super::absolute(self.platform, self.args.dest.as_str())?;
        let name = got.file_name();
        let inside = place.path != path;
        if !inside || place.path.rsplit('/').next() == Some(&name) {
            return Ok(place);
        }
        self.look(place::probe(place::join(&path, &name), "", Depth::Sum)).await
    }

    fn foretold(mut self, place: &Place, checksum: Option<&Checksum>) -> Result<Fields, Failure> {
        self.refuse(place)?;
        let mut attrs = PathAttrs::new(PathKind::File);
        attrs.content = Some(Text::Unknown);
        attrs.mode = self.wanted.bits(0o666 & !self.platform.umask, false, self.platform);
        self.ctx.foretell([Effect::Path(place.path.clone(), Some(attrs))]);
        if place.state.is_some() && checksum.is_none() {
            let text = "whether the server's file differs is not known before it is fetched";
            self.ctx.uncertain(text);
        }
        self.fields.insert("changed".into(), Value::from(true));
        Ok(self.fields)
    }

    /// What stands in the file's way.
    fn refuse(&self, place: &Place) -> Result<(), Failure> {
        if place.is_dir() {
            return Err(Failure::new(format!("Destination {} is a directory", place.path)));
        }
        if place.state.is_none() && !place.has_parent() {
            let text = format!("Destination {} does not exist", place::parent(&place.path));
            return Err(Failure::new(text).missing());
        }
        Ok(())
    }

    /// Puts the fetched file in its place, if it is another than the one there.
    async fn install(
        &mut self,
        place: &Place,
        temp: &str,
        checksum: Option<&Checksum>,
        got: &Got,
    ) -> Result<(), Failure> {
        self.refuse(place)?;
        let (sha1, size) = self.fetched(temp, checksum).await?;
        let old = place.state.as_ref().and_then(|state| state.sha1.clone());
        let old = old.map_or(Value::NULL, Value::from);
        self.fields.insert("checksum_dest".into(), old);
        self.fields.insert("checksum_src".into(), Value::from(sha1.as_str()));
        self.fields.insert("src".into(), Value::from(temp));
        self.fields.insert("status_code".into(), Value::from(got.code));
        if place.has(&sha1) {
            self.adjust(place).await?;
        } else {
            let content = Content::File(temp.into());
            let input =
                Input { path: temp.into(), content, size, sha1, mode: 0o600, secret: false };
            let change = self.write().copy(place, temp, &input, self.pure());
            let (after, ran) = self.apply(vec![change], place).await?;
            self.fields.insert("changed".into(), Value::from(true));
            self.fields.extend(after.state.as_ref().map(facts).unwrap_or_default());
            self.fields.extend(write::backup(&ran).map(|path| ("backup_file".into(), path)));
        }
        let md5 = self.sum("md5", &place.path).await?;
        self.fields.insert("md5sum".into(), Value::from(md5));
        Ok(())
    }

    /// SHA-1 and size of the fetched file, once it has the wanted checksum.
    async fn fetched(
        &self,
        temp: &str,
        checksum: Option<&Checksum>,
    ) -> Result<(String, u64), Failure> {
        if let Some(wanted) = checksum {
            let found = self.sum(&wanted.algorithm, temp).await?;
            if found != wanted.hex {
                let hex = &wanted.hex;
                let text = format!("The checksum for {temp} did not match {hex}; it was {found}.");
                return Err(Failure::new(text));
            }
        }
        let probe = Probe::new("get_url_look", "tk_stat \"$1\" sum").words([temp]);
        let answer = self.ask(probe).await?;
        let state = PathState::parse(answer.text().trim_end());
        let state = state.ok_or_else(|| Failure::new("Request failed"))?;
        Ok((state.sha1.unwrap_or_default(), state.size))
    }
}
