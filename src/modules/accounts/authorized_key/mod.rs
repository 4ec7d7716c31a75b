//! `authorized_key`: who may log in by which key.

mod keys;
#[cfg(test)]
mod tests;

use super::Presence;
use super::records::Passwd;
use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::file::WriteFile;
use crate::spec::path::unescape;
use crate::spec::world::Text;
use crate::spec::{
    Answer, Change, Ctx, Diff, Doc, Effect, Example, Failure, Fields, Input, Look, Op, PathAttrs,
    PathKind, PathState, Plan, Probe, Ran, State, Support,
};
use keys::{Key, KeyFile, parse_options};

crate::args! {
    /// Keys of a user.
    pub struct Args {
        /// The user.
        user: String => [required()],
        /// Public keys, one a line.
        key: String => [required()],
        /// Whether the keys are there.
        state: Presence => [default("present")],
        /// The file; without it `~/.ssh/authorized_keys` of the user.
        path: Option<PathText> => [],
        /// Whether the file's directory is made, and given to the user.
        manage_dir: bool => [default("yes")],
        /// Options in front of the keys, instead of those that they bring.
        key_options: Option<String> => [],
        /// Whether all else is removed from the file.
        exclusive: bool => [default("no")],
        /// Comment behind the keys, instead of that which they bring.
        comment: Option<String> => [],
        /// Whether a link at the file's place is followed.
        follow: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "authorized_key",
    full_names: &["ansible.posix.authorized_key"],
    short: "Add or remove SSH keys of a user.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A key from a file of the operator's",
            yaml: "authorized_key: {user: deploy, key: \"{{ lookup('file', 'deploy.pub') }}\"}",
        },
        Example {
            title: "This key and no other",
            yaml: "authorized_key: {user: deploy, key: \"ssh-ed25519 AAAAC3Nz deploy\", exclusive: true}",
        },
    ],
    returns: &[
        ("user", "the user"),
        ("keyfile", "path of the file"),
        ("key", "the argument"),
        ("key_options", "the argument"),
        ("exclusive", "the argument"),
        ("comment", "the argument"),
        ("follow", "the argument"),
        ("manage_dir", "the argument"),
        ("path", "the argument"),
        ("state", "the argument"),
    ],
};

/// The module.
pub struct AuthorizedKey;

/// What is there.
pub struct Seen {
    /// The file's path.
    path: String,
    /// Owner and group that the file is to have: the user's name, and the primary group's number.
    owner: Option<(String, Option<String>)>,
    /// Its directory.
    dir: Option<PathState>,
    /// The file itself, a link not followed.
    link: Option<PathState>,
    /// The file, a link followed.
    file: Option<PathState>,
    /// Its content; None when that cannot be known.
    content: Option<String>,
}

impl State for AuthorizedKey {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::check_name("user", &args.user)?;
        if args.key.starts_with("http") || args.key.starts_with("file:") {
            let text = "authorized_key: a URL as key is not supported; give the key itself, such as \
                        \"{{ lookup('url', ...) }}\" or \"{{ lookup('file', ...) }}\"";
            return Err(Failure::new(text));
        }
        let path = args.path.as_ref().map(|path| ctx.platform.expand(path.as_str()));
        let known = ctx.world.thing("user", &args.user).flatten();
        let home = known.and_then(|value| value.get("home")).map(Value::text);
        let follow = if args.follow { "1" } else { "0" };
        let words = [
            args.user.clone(),
            path.unwrap_or_default(),
            home.unwrap_or_default(),
            follow.to_string(),
        ];
        Ok(Probe::new("authorized_key", include_str!("look.sh")).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = crate::modules::files::first(answers)?;
        let text = answer.text();
        let mut lines = text.splitn(6, '\n');
        let mut next = || lines.next().unwrap_or("-");
        let passwd = Passwd::parse(&unescape(next()));
        let path = unescape(next());
        let state =
            |line: &str, path: &str| PathState::overlay(path, PathState::parse(line), ctx.world);
        let dir = state(next(), directory(&path));
        let link = state(next(), &path);
        let file = state(next(), &path);
        let content = content(next(), &path, &file, ctx);
        let owner = owner(&args.user, passwd, ctx);
        Ok(Look::Seen(Seen { path, owner, dir, link, file, content }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let Some((user, group)) = &seen.owner else {
            let name = &args.user;
            return Err(Failure::new(format!("Failed to lookup user {name}: no such user")));
        };
        let Some(old) = &seen.content else {
            return Err(Failure::new(format!(
                "Permission denied on file or path for authorized keys file: {}",
                seen.path
            )));
        };
        let Some(new) = wanted(args, old)? else { return Ok(Plan::ok()) };
        let mut changes = Vec::new();
        if args.manage_dir {
            changes.extend(directory_changes(seen, user, group.as_ref()));
        }
        changes.push(write(args, seen, &new, (user, group.as_ref())));
        let diff = Diff {
            before: Some(Value::from(old.as_str())),
            after: Some(Value::from(new.as_str())),
            before_header: Some(seen.path.clone()),
            after_header: Some(seen.path.clone()),
            ..Diff::default()
        };
        let mut plan = Plan::of(changes).diff(diff);
        if seen.file.as_ref().is_some_and(|file| file.content_unknown) {
            plan.uncertain = Some(format!("the content of {} is not known", seen.path));
        }
        Ok(plan)
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let bits = |state: &Option<PathState>, wanted: u32| match state {
            None => Err("it is not there".to_string()),
            Some(state) if state.mode != wanted => Err(format!("its mode is {:04o}", state.mode)),
            Some(_) => Ok(()),
        };
        match &change.op {
            Op::WriteFile(file) => {
                let sum = after.file.as_ref().and_then(|state| state.sha1.as_ref());
                if sum != Some(&file.sha1) {
                    return Err("it has other content".to_string());
                }
                bits(&after.file, 0o600)
            }
            _ => bits(&after.dir, 0o700),
        }
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let text = |text: &Option<String>| text.as_ref().map_or(Value::NULL, |t| t.as_str().into());
        [
            ("user", Value::from(args.user.as_str())),
            ("key", Value::from(args.key.as_str())),
            ("state", Value::from(args.state.word())),
            ("path", text(&args.path.as_ref().map(|path| path.0.clone()))),
            ("keyfile", Value::from(before.path.as_str())),
            ("manage_dir", Value::from(args.manage_dir)),
            ("key_options", text(&args.key_options)),
            ("exclusive", Value::from(args.exclusive)),
            ("comment", text(&args.comment)),
            ("follow", Value::from(args.follow)),
        ]
        .into_iter()
        .map(|(name, value)| (crate::base::Key::from(name), value))
        .collect()
    }
}

/// The directory that holds a path.
fn directory(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((dir, _)) => dir,
    }
}

/// Whom the file belongs to; None: there is no such user.
fn owner(name: &str, passwd: Option<Passwd>, ctx: Ctx<'_>) -> Option<(String, Option<String>)> {
    let passwd = passwd.filter(|passwd| passwd.name == name);
    let seen = passwd.map(|passwd| (name.to_string(), Some(passwd.gid.to_string())));
    match ctx.world.thing("user", name) {
        None => seen,
        Some(None) => None,
        Some(Some(_)) => Some(seen.unwrap_or_else(|| (name.to_string(), None))),
    }
}

/// The file's text: what is read, or what the predicted world knows; empty where nothing is.
fn content(block: &str, path: &str, file: &Option<PathState>, ctx: Ctx<'_>) -> Option<String> {
    let Some(state) = file else { return Some(String::new()) };
    if let Some(Text::Known { bytes: Some(bytes), .. }) =
        ctx.world.path(path).flatten().and_then(|attrs| attrs.content.as_ref())
    {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if state.content_unknown {
        return Some(String::new());
    }
    let (size, rest) = block.split_once('\n')?;
    size.parse::<u64>().ok()?;
    Some(rest.strip_suffix('\n').unwrap_or(rest).to_string())
}

/// The file's new text; None: it is right.
fn wanted(args: &Args, old: &str) -> Result<Option<String>, Failure> {
    let mut file = KeyFile::parse(old);
    let mut blobs = Vec::new();
    let lines = args.key.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let mut key = Key::parse(line)
            .ok_or_else(|| Failure::new(format!("invalid key specified: {line}")))?;
        if let Some(options) = &args.key_options {
            key.options = parse_options(options);
        }
        if let Some(comment) = &args.comment {
            key.comment.clone_from(comment);
        }
        blobs.push(key.blob.clone());
        match args.state {
            Presence::Present => file.add(key),
            Presence::Absent => file.remove(&key.blob),
        }
    }
    if args.exclusive && args.state == Presence::Present {
        file.only(&blobs);
    }
    Ok(file.text())
}

fn directory_changes(seen: &Seen, user: &str, group: Option<&String>) -> Vec<Change> {
    let path = directory(&seen.path).to_string();
    let attrs = PathAttrs {
        mode: Some(0o700),
        owner: Some(user.to_string()),
        ..PathAttrs::new(PathKind::Dir)
    };
    let mut changes = Vec::new();
    let mut add = |op: Op, why: &str| {
        let change = Change::new(op, format!("{why} {path}"));
        changes.push(change.effect(Effect::Path(path.clone(), Some(attrs.clone()))));
    };
    if seen.dir.is_none() {
        add(Op::MakeDir { path: path.clone(), mode: Some(0o700) }, "make the directory");
    }
    let right = |dir: &PathState| {
        dir.owner == user && group.is_none_or(|group| dir.gid.to_string() == *group)
    };
    if !seen.dir.as_ref().is_some_and(right) {
        let (owner, group) = (Some(user.to_string()), group.cloned());
        add(Op::SetOwner { path: path.clone(), owner, group, follow: true }, "set the owner of");
    }
    if seen.dir.as_ref().is_some_and(|dir| dir.mode != 0o700) {
        add(Op::SetMode { path: path.clone(), mode: 0o700, follow: true }, "set the mode of");
    }
    changes
}

fn write(args: &Args, seen: &Seen, text: &str, owner: (&str, Option<&String>)) -> Change {
    let is_link = seen.link.as_ref().is_some_and(|state| state.kind == PathKind::Link);
    let replaced = if is_link && !args.follow { None } else { seen.file.as_ref() };
    let file = WriteFile {
        mode: Some(0o600),
        owner: Some(owner.0.to_string()),
        group: owner.1.cloned(),
        seen_sha1: replaced.and_then(|state| state.sha1.clone()),
        follow: args.follow,
        ..WriteFile::new(&seen.path, Input::bytes(text.as_bytes().to_vec()))
    };
    file.change(format!("write {}", seen.path))
}
