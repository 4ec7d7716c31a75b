//! `creates`, `removes` and `chdir`: looked at before anything runs.

use crate::base::Value;
use crate::spec::args::PathText;
use crate::spec::path::PathKind;
use crate::spec::{ActionContext, Failure, Platform, Probe};

/// What decides whether a command runs.
pub struct Gate<'a> {
    /// Directory it would run in.
    pub chdir: Option<&'a str>,
    /// It does not run when this is there.
    pub creates: Option<&'a str>,
    /// It does not run when this is not there.
    pub removes: Option<&'a str>,
}

/// What the gate says.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing decides.
    Open,
    /// `creates` or `removes` was looked at and lets it run.
    Passed,
    /// It need not run, for this reason: stdout and message.
    Closed(String, String),
}

fn question(words: &[String; 3]) -> Probe {
    Probe::new("creates", include_str!("creates.sh")).words(words.clone())
}

impl<'a> Gate<'a> {
    /// Of a command's arguments.
    pub fn of(
        chdir: Option<&'a PathText>,
        creates: Option<&'a PathText>,
        removes: Option<&'a PathText>,
    ) -> Self {
        let text = |path: Option<&'a PathText>| path.map(|path| path.0.as_str());
        Self { chdir: text(chdir), creates: text(creates), removes: text(removes) }
    }

    /// The question, where its answer may close the gate.
    pub fn first(&self, platform: &Platform) -> Option<Probe> {
        let decides = self.creates.is_some() || self.removes.is_some();
        decides.then(|| question(&self.words(platform)))
    }

    fn words(&self, platform: &Platform) -> [String; 3] {
        let expand = |path: Option<&str>| path.map(|p| platform.expand(p)).unwrap_or_default();
        [expand(self.chdir), expand(self.creates), expand(self.removes)]
    }

    /// Looks at the host; nothing is asked when nothing decides.
    pub async fn ask(&self, ctx: &ActionContext<'_>, cmd: &Value) -> Result<Verdict, Failure> {
        if self.chdir.is_none() && self.creates.is_none() && self.removes.is_none() {
            return Ok(Verdict::Open);
        }
        let words = self.words(&ctx.host.platform());
        let answer = ctx.host.probe(question(&words)).await.map_err(Failure::from)?;
        let text = answer.text();
        let mut lines = text.lines().map(|line| line == "y");
        let mut next = || lines.next().unwrap_or(false);
        let predicted = |path: &str| ctx.world.path(path).map(|found| found.is_some());
        let dir = ctx.world.path(&words[0]).flatten().is_some_and(|a| a.kind == PathKind::Dir);
        if !next() && !dir {
            let text = "Unable to change directory before execution.";
            let detail = format!("[Errno 2] No such file or directory: b'{}'", words[0]);
            let mut failure = Failure::new(text).with("_error_detail", detail);
            failure.fields.insert("cmd".into(), cmd.clone());
            for name in ["start", "end", "delta"] {
                failure.fields.insert(name.into(), Value::NULL);
            }
            super::outcome::streams(&mut failure.fields, "", "");
            return Err(failure);
        }
        let created = predicted(&words[1]).unwrap_or(next());
        let kept = predicted(&words[2]).unwrap_or(next());
        Ok(self.verdict(created, kept))
    }

    fn verdict(&self, created: bool, kept: bool) -> Verdict {
        if let Some(path) = self.creates.filter(|_| created) {
            let stdout = format!("skipped, since {path} exists");
            return Verdict::Closed(stdout, format!("Did not run command since '{path}' exists"));
        }
        if let Some(path) = self.removes.filter(|_| !kept) {
            let stdout = format!("skipped, since {path} does not exist");
            return Verdict::Closed(
                stdout,
                format!("Did not run command since '{path}' does not exist"),
            );
        }
        if self.creates.is_some() || self.removes.is_some() {
            Verdict::Passed
        } else {
            Verdict::Open
        }
    }
}
