//! Changes that can cut our own way in: a timer on the host undoes them unless a new connection proves that
//! they work.

use super::command;
use super::host::{ShellHost, open_on};
use super::link::Link;
use super::request::{Data, Kind, Request};
use crate::base::quote;
use crate::spec::{Answer, Applied, BoxFuture, Change, Command, Host, HostError, Op, Probe, Ran};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What is left of the deadline when no further attempt is begun.
const MARGIN: Duration = Duration::from_secs(1);
/// How long the host is looked for after it restored itself.
const AFTERWARDS: Duration = Duration::from_mins(1);
/// The rollback waits or runs.
const RUNNING: i32 = 254;
/// How long the change's own answer is waited for before a new connection is tried: the answer may be what the
/// change keeps from us.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an answer may be on its way when the proof is there already.
const LATE: Duration = Duration::from_secs(1);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// The words of one guarded change.
struct Guard<'a> {
    host: &'a ShellHost,
    apply: Command,
    rollback: Command,
    confirm: Command,
    deadline: Duration,
}

/// Whether any of these is guarded.
pub fn any(parts: &[Vec<Change>]) -> bool {
    parts.iter().flatten().any(|change| matches!(change.op, Op::Guarded { .. }))
}

/// Applies parts one after the other; what is between guarded changes goes out in one write each.
pub async fn apply_parts(
    host: ShellHost,
    parts: Vec<Vec<Change>>,
    env: Vec<(String, String)>,
    then: Option<Probe>,
) -> Result<Applied, HostError> {
    let mut ran = Vec::new();
    for part in parts {
        apply_part(&host, part, &env, &mut ran).await?;
    }
    let look = match then {
        Some(probe) => Some(host.probe(probe).await?),
        None => None,
    };
    Ok(Applied { ran, look })
}

async fn apply_part(
    host: &ShellHost,
    part: Vec<Change>,
    env: &[(String, String)],
    ran: &mut Vec<Ran>,
) -> Result<(), HostError> {
    let mut plain = Vec::new();
    for change in part {
        if !matches!(change.op, Op::Guarded { .. }) {
            plain.push(change);
            continue;
        }
        if !apply_plain(host, std::mem::take(&mut plain), env, ran).await? {
            return Ok(());
        }
        ran.push(one(host, change, env).await?);
        if ran.last().is_some_and(|r| r.answer.rc != 0) {
            return Ok(());
        }
    }
    apply_plain(host, plain, env, ran).await.map(drop)
}

/// Whether all went well.
async fn apply_plain(
    host: &ShellHost,
    changes: Vec<Change>,
    env: &[(String, String)],
    ran: &mut Vec<Ran>,
) -> Result<bool, HostError> {
    if changes.is_empty() {
        return Ok(true);
    }
    let applied = host.apply(vec![changes], env.to_vec(), None).await?;
    let good = applied.ran.iter().all(|r| r.answer.rc == 0);
    ran.extend(applied.ran);
    Ok(good)
}

async fn one(host: &ShellHost, change: Change, env: &[(String, String)]) -> Result<Ran, HostError> {
    let Op::Guarded { apply, rollback, confirm, deadline } = &change.op else {
        return Err(HostError::Local("this change is not guarded".into()));
    };
    let with = |command: &Command| {
        let mut command = command.clone();
        command.env.splice(0..0, env.iter().cloned());
        command
    };
    let guard = Guard {
        host,
        apply: with(apply),
        rollback: with(rollback),
        confirm: with(confirm),
        deadline: *deadline,
    };
    let answer = guard.run().await?;
    Ok(Ran { change, answer, backup: None })
}

/// The change as it runs. Its connection may be cut, or take no more packets without anybody being told.
struct Applying {
    task: JoinHandle<Result<Answer, HostError>>,
    answer: Option<Answer>,
    lost: bool,
}

impl Applying {
    fn start(running: BoxFuture<'static, Result<Answer, HostError>>) -> Self {
        Self { task: tokio::spawn(running), answer: None, lost: false }
    }

    /// Waits for its answer, at most so long.
    async fn wait(&mut self, limit: Duration) {
        if self.answer.is_some() || self.lost {
            return;
        }
        match tokio::time::timeout(limit, &mut self.task).await {
            Ok(Ok(Ok(answer))) => self.answer = Some(answer),
            Ok(_) => self.lost = true,
            Err(_) => {}
        }
    }

    /// What it answered; empty when nothing came.
    fn answer(&self) -> Answer {
        self.answer.clone().unwrap_or_default()
    }

    fn failed(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.rc != 0)
    }

    /// Whether its connection stands, as far as anybody knows, and says nothing.
    fn hangs(&self) -> bool {
        self.answer.is_none() && !self.lost
    }
}

impl Guard<'_> {
    async fn run(&self) -> Result<Answer, HostError> {
        if !self.host.link().can_renew() {
            return Err(HostError::Local(
                "a guarded change needs a second connection, which cannot be opened here".into(),
            ));
        }
        let armed = self.arm().await?;
        let end = Instant::now() + self.deadline;
        // A connection that is cut meanwhile is what the guard is for: the new one decides.
        let mut applying = Applying::start(self.host.run(self.apply.clone()));
        applying.wait(PATIENCE.min(self.deadline / 4)).await;
        let outcome = self.confirm(&armed, end, &mut applying).await;
        if applying.hangs() {
            // It would hold up all that comes behind it. Where its connection is dead, a new one is opened; a
            // question is asked again over that, so what follows it does not go to the shell that is lost.
            applying.task.abort();
            let _ = tokio::time::timeout(LATE, self.host.link().close()).await;
            let _ = self.host.probe(Probe::new("guarded", ":")).await;
        }
        outcome
    }

    /// Starts the timer; its directory comes back.
    async fn arm(&self) -> Result<String, HostError> {
        let seconds = self.deadline.as_secs().max(1);
        let script = Bytes::from(command::script(&self.rollback));
        let answer = call(self.host, format!("tk_arm {seconds}"), Data::Bytes(script)).await?;
        match answer.rc {
            0 => Ok(answer.text()),
            _ => Err(HostError::Local(answer.error_text().trim_end().to_string())),
        }
    }

    async fn confirm(
        &self,
        armed: &str,
        end: Instant,
        applying: &mut Applying,
    ) -> Result<Answer, HostError> {
        while Instant::now() + MARGIN < end {
            if applying.failed() {
                return refused(self.host, armed, applying).await;
            }
            if let Some(decided) = self.attempt(armed, end, applying).await? {
                return Ok(decided);
            }
            applying.wait(PAUSE).await;
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep_until(end + MARGIN).await;
        self.afterwards(armed, &applying.answer()).await
    }

    /// Tries to prove it over a new connection; None: nothing is decided yet.
    async fn attempt(
        &self,
        armed: &str,
        end: Instant,
        applying: &mut Applying,
    ) -> Result<Option<Answer>, HostError> {
        let Ok(second) = self.second(end).await else { return Ok(None) };
        // A proof that was asked for before the change was through says nothing against it.
        let through = applying.answer.is_some();
        let left = end.saturating_duration_since(Instant::now());
        let proof = tokio::time::timeout(left, second.run(self.confirm.clone())).await;
        let Ok(Ok(proof)) = proof else { return Ok(None) };
        applying.wait(LATE).await;
        if applying.failed() {
            return refused(&second, armed, applying).await.map(Some);
        }
        if proof.rc == 0 {
            let off = call(&second, format!("tk_disarm {}", quote::sh(armed)), Data::None);
            return match off.await?.rc {
                0 => Ok(Some(applying.answer())),
                _ => self.afterwards(armed, &applying.answer()).await.map(Some),
            };
        }
        if !through {
            return Ok(None);
        }
        let undone = fire(&second, armed).await?;
        let text = proof.error_text();
        let why = format!("its proof failed ({}): {}; {undone}", proof.rc, text.trim());
        Ok(Some(told(Ran::UNCONFIRMED, &applying.answer(), &why)))
    }

    /// The same identity over a connection of its own.
    async fn second(&self, end: Instant) -> Result<Arc<ShellHost>, HostError> {
        let opened = async {
            let transport = self.host.link().fresh().await?;
            let link = Arc::new(Link::fixed(transport));
            open_on(link, self.host.identity(), self.host.limits()).await
        };
        match tokio::time::timeout_at(end, opened).await {
            Ok(opened) => opened,
            Err(_) => Err(HostError::Unreachable("no second connection in time".into())),
        }
    }

    /// The host restores itself: waits until it says so.
    async fn afterwards(&self, armed: &str, applied: &Answer) -> Result<Answer, HostError> {
        let seconds = self.deadline.as_secs();
        let end = Instant::now() + AFTERWARDS;
        while Instant::now() < end {
            if let Ok(second) = self.second(end).await
                && let Ok(answer) =
                    call(&second, format!("tk_fired {}", quote::sh(armed)), Data::None).await
                && answer.rc != RUNNING
            {
                let undone = undone(&answer);
                let why = format!("not confirmed within {seconds} seconds; {undone}");
                return Ok(told(Ran::UNCONFIRMED, applied, &why));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Err(HostError::Lost(format!(
            "a guarded change; its rollback was armed for {seconds} seconds"
        )))
    }
}

/// Undoes what failed by its own account.
async fn refused(host: &ShellHost, armed: &str, applying: &Applying) -> Result<Answer, HostError> {
    let answer = applying.answer();
    let undone = fire(host, armed).await?;
    Ok(told(answer.rc, &answer, &format!("it failed; {undone}")))
}

/// One call of a function of ours.
async fn call(host: &ShellHost, text: String, data: Data) -> Result<Answer, HostError> {
    let (mut request, waiting) = Request::new(Kind::Plain, text, "a guarded change");
    request.data = data;
    request.needs.push(super::driver::changes());
    host.send(vec![request]);
    waiting.reply().await?.answer()
}

async fn fire(host: &ShellHost, armed: &str) -> Result<String, HostError> {
    let answer = call(host, format!("tk_fire {}", quote::sh(armed)), Data::None).await?;
    Ok(undone(&answer))
}

fn undone(answer: &Answer) -> String {
    match answer.rc {
        0 => "it was rolled back".to_string(),
        rc => format!("its rollback failed with code {rc}: {}", answer.text().trim()),
    }
}

/// What came of it, with our words behind its own.
fn told(rc: i32, answer: &Answer, why: &str) -> Answer {
    let own = answer.error_text();
    let text = if own.is_empty() { why.to_string() } else { format!("{}\n{why}", own.trim_end()) };
    Answer { rc, stdout: answer.stdout.clone(), stderr: text.into() }
}
