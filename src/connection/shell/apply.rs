//! Changes as requests: each operation is one call of a function of ours.

use super::command;
use super::driver::changes;
use super::request::{Data, Kind, Reply, Request, Waiting};
use super::tree::{self, Bits};
use super::upload::{BLOCK, Upload};
use crate::base::quote;
use crate::spec::file::WriteFile;
use crate::spec::path::unescape;
use crate::spec::{Answer, Change, Content, HostError, Op, Ran};

/// Codes of `changes.sh`.
const MOVED: i32 = 90;
const INVALID: i32 = 91;
const NO_PLACE: i32 = 92;

/// One change on its way: what to send, and how to read the reply.
pub struct Step {
    /// Requests, in order; only the last one's reply counts.
    pub requests: Vec<Request>,
    waiting: Waiting,
    change: Change,
}

/// What a change is called in messages.
fn label(change: &Change) -> String {
    if change.why.is_empty() { "a change".to_string() } else { change.why.clone() }
}

/// Whether all of these can be done; said before anything is.
pub fn check(parts: &[Vec<Change>]) -> Result<(), HostError> {
    match parts.iter().flatten().find(|change| matches!(change.op, Op::Stream { .. })) {
        None => Ok(()),
        Some(_) => Err(HostError::Local("streams between two hosts are not built yet".into())),
    }
}

/// What a step may need beside its change.
pub struct Surroundings<'a> {
    /// `environment:`.
    pub env: &'a [(String, String)],
    /// Number of the part.
    pub part: u32,
    /// The name of a script's function.
    pub function: &'a dyn Fn(&crate::spec::Probe) -> (String, super::request::Function),
    /// Whether the host can unpack.
    pub gzip: bool,
}

impl Step {
    /// The requests of one change.
    pub fn new(change: Change, around: &Surroundings<'_>) -> Self {
        let what = label(&change);
        let (kind, text, data) = compile(&change.op, around);
        let (mut request, waiting) = Request::new(kind, text, &*what);
        request.part = around.part;
        request.data = data;
        request.target = target(&change.op).map(str::to_string);
        add_needs(&change.op, &mut request, around);
        let mut requests = Vec::new();
        if let Some(check) = place_check(&change.op) {
            // Large content is sent only where it has a place.
            let (mut first, waiting) = Request::new(Kind::Plain, check, &*what);
            first.part = around.part;
            first.needs.push(changes());
            request.gate = Some(waiting.into_gate());
            requests.push(first);
        }
        if let Op::Run(command) = &change.op {
            request.limit = command.timeout;
        }
        requests.push(request);
        Self { requests, waiting, change }
    }

    /// What became of it; None: not tried, since its part had failed.
    pub async fn ran(self) -> Result<Option<Ran>, HostError> {
        let reply = self.waiting.reply().await?;
        if reply.code.is_none() {
            return Ok(None);
        }
        let note = unescape(&reply.note);
        let kept = matches!(self.change.op, Op::WriteFile(_) | Op::CopyOnHost { .. });
        let answer = read(reply, &self.change.op)?;
        let backup = Some(note).filter(|n| kept && answer.rc == 0 && !n.is_empty());
        Ok(Some(Ran { change: self.change, answer, backup }))
    }
}

/// The answer, with codes that no program has for what only we know.
fn read(reply: Reply, op: &Op) -> Result<Answer, HostError> {
    let note = reply.note.clone();
    let mut answer = reply.answer()?;
    if !matches!(op, Op::Run(_) | Op::Script(_)) {
        answer.rc = match answer.rc {
            MOVED => Ran::MOVED,
            INVALID => Ran::INVALID + note.parse().unwrap_or(1),
            NO_PLACE => Ran::NO_PLACE,
            rc => rc,
        };
    }
    Ok(answer)
}

fn target(op: &Op) -> Option<&str> {
    match op {
        Op::WriteFile(file) => Some(&file.path),
        Op::CopyOnHost { to, .. } => Some(&to.path),
        Op::Link { path, .. } => Some(path),
        _ => None,
    }
}

fn place_check(op: &Op) -> Option<String> {
    match op {
        Op::WriteFile(file) if file.size > BLOCK as u64 => {
            let follow = flag(file.follow);
            Some(format!("tk_w_place {}", quote::words([file.path.as_str(), follow])))
        }
        _ => None,
    }
}

fn add_needs(op: &Op, request: &mut Request, around: &Surroundings<'_>) {
    match op {
        Op::Run(_) => {}
        Op::Script(probe) => request.needs.extend([changes(), (around.function)(probe).1]),
        _ => request.needs.push(changes()),
    }
}

/// `1` or `0`.
fn flag(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

/// A call of ours.
fn call<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    quote::words(words)
}

/// `-` for what is kept.
fn or_dash(word: Option<&String>) -> &str {
    word.map_or("-", String::as_str)
}

/// With five digits: four would let GNU's chmod keep setuid and setgid of a directory.
fn octal(mode: Option<u32>) -> String {
    mode.map_or_else(|| "-".to_string(), |m| format!("{:05o}", m & 0o7777))
}

fn compile(op: &Op, around: &Surroundings<'_>) -> (Kind, String, Data) {
    let plain = |text: String| (Kind::Plain, text, Data::None);
    match op {
        Op::WriteFile(file) => {
            let content = file.content.clone();
            let upload = Upload { content, sha1: Some(file.sha1.clone()) };
            (Kind::Plain, call(["tk_write"]) + &write_words(file), Data::Upload(upload))
        }
        Op::CopyOnHost { from, to } => plain(call(["tk_copy", from]) + &write_words(to)),
        Op::Remove { path, recursive } => plain(call(["tk_remove", path, flag(*recursive)])),
        Op::MakeDir { path, mode } => plain(call(["tk_make_dir", path, &octal(*mode)])),
        Op::SetMode { path, mode, follow } => {
            plain(call(["tk_set_mode", path, &octal(Some(*mode)), flag(*follow)]))
        }
        Op::SetOwner { path, owner, group, follow } => {
            let (owner, group) = (or_dash(owner.as_ref()), or_dash(group.as_ref()));
            plain(call(["tk_set_owner", path, owner, group, flag(*follow)]))
        }
        Op::Link { path, target, hard, replace } => {
            plain(call(["tk_make_link", path, target, flag(*hard), flag(*replace)]))
        }
        Op::Touch { path, atime, mtime } => plain(touch(path, *atime, *mtime)),
        Op::Run(command) => run(command, around.env),
        Op::Script(probe) => script(probe, around),
        Op::WriteTree { .. } => write_tree(op, around),
        // `check` refused the one before, `guard` took the other.
        Op::Stream { .. } | Op::Guarded { .. } => plain("false".to_string()),
    }
}

fn write_words(file: &WriteFile) -> String {
    let validate = file.validate.as_deref().map(validation).unwrap_or_default();
    let mode = octal(file.mode);
    let words = [
        file.path.as_str(),
        flag(file.follow),
        &mode,
        or_dash(file.owner.as_ref()),
        or_dash(file.group.as_ref()),
        or_dash(file.seen_sha1.as_ref()),
        flag(file.backup),
        flag(file.unsafe_writes),
        &validate,
    ];
    format!(" {}", call(words))
}

/// The command with the new file's name in place of `%s`; its words are not read by a shell.
fn validation(command: &str) -> String {
    let words = super::words::split(command);
    let quoted = words.iter().map(|word| {
        // `%%` stands for a percent sign, as where the command comes from.
        let word = word.replace("%%", "\0");
        let pieces: Vec<String> =
            word.split("%s").map(|piece| quote::sh(&piece.replace('\0', "%"))).collect();
        pieces.join("\"$tk_new\"")
    });
    format!("tk_exec {}", quoted.collect::<Vec<_>>().join(" "))
}

fn touch(path: &str, atime: Option<f64>, mtime: Option<f64>) -> String {
    let (a, m) = (moment(atime), moment(mtime));
    call(["tk_touch", path, &a.0, &a.1, &m.0, &m.1])
}

/// Seconds, and the form that every touch reads.
fn moment(time: Option<f64>) -> (String, String) {
    let stamp = time.and_then(|t| jiff::Timestamp::from_second(t.floor() as i64).ok());
    match (time, stamp) {
        (Some(time), Some(stamp)) => {
            (format!("{time}"), stamp.strftime("%Y%m%d%H%M.%S").to_string())
        }
        _ => ("-".to_string(), "-".to_string()),
    }
}

/// A user's command with its data.
pub fn run(command: &crate::spec::Command, env: &[(String, String)]) -> (Kind, String, Data) {
    let data = command.stdin.clone().map_or(Data::None, Data::Bytes);
    (Kind::User, command::text(command, env), data)
}

/// A change script; with variables it runs in a subshell that has them. Data must be read by the shell
/// itself, or by a subshell of kind Apart.
fn script(probe: &crate::spec::Probe, around: &Surroundings<'_>) -> (Kind, String, Data) {
    let (name, _) = (around.function)(probe);
    let (kind, text, data) = super::host::probe_call(probe, &name);
    if around.env.is_empty() {
        return (kind, text, data);
    }
    let set = around.env.iter().map(|(name, value)| format!("{name}={}", quote::sh(value)));
    let set: Vec<String> = set.collect();
    let set = set.join(" ");
    if matches!(data, Data::None) {
        return (kind, format!("(export {set}; {text})"), data);
    }
    let text = text.trim_start_matches("tk_piped ");
    (Kind::Apart, format!("export {set}\n{text}"), data)
}

fn write_tree(op: &Op, around: &Surroundings<'_>) -> (Kind, String, Data) {
    let Op::WriteTree { dest, tree, file_mode, dir_mode, owner, group } = op else {
        return (Kind::Plain, "false".to_string(), Data::None);
    };
    let zip = around.gzip && tree::worth_packing(tree);
    let (owner, group) = (or_dash(owner.as_ref()), or_dash(group.as_ref()));
    let text = call(["tk_tree", dest, &octal(*file_mode), owner, group, flag(zip)]);
    let bits = Bits { file: *file_mode, dir: *dir_mode };
    (Kind::Plain, text, Data::Stream(tree::pack(tree.clone(), bits, zip)))
}

/// What `put_temp` asks for.
pub fn put_temp(name: &str, content: Content) -> (String, Data) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    (call(["tk_upload", &name]), Data::Upload(Upload { content, sha1: None }))
}
