//! Results of commands, with Ansible's keys (S-213).

use crate::base::Value;
use crate::spec::{Answer, Fields};
use std::time::Instant;

/// When a command began.
pub struct Clock {
    start: jiff::Zoned,
    from: Instant,
}

impl Clock {
    /// Now.
    pub fn start() -> Self {
        Self { start: jiff::Zoned::now(), from: Instant::now() }
    }

    /// `start`, `end` and `delta` as Ansible writes them.
    pub fn stop(&self, fields: &mut Fields) {
        let passed = self.from.elapsed();
        let end =
            self.start.saturating_add(jiff::SignedDuration::try_from(passed).unwrap_or_default());
        let stamp = |at: &jiff::Zoned| at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
        let (seconds, micros) = (passed.as_secs(), passed.subsec_micros());
        let delta =
            format!("{}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        fields.insert("start".into(), Value::from(stamp(&self.start)));
        fields.insert("end".into(), Value::from(stamp(&end)));
        fields.insert("delta".into(), Value::from(delta));
    }
}

/// A text with its final newlines cut off.
fn stripped(bytes: &[u8], strip: bool) -> String {
    let text = String::from_utf8_lossy(bytes);
    if strip { text.trim_end_matches(['\r', '\n']).to_string() } else { text.into_owned() }
}

/// Python's `splitlines`.
pub fn lines(text: &str) -> Value {
    let mut parts: Vec<&str> =
        text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    if parts.last() == Some(&"") {
        parts.pop();
    }
    Value::list(parts.into_iter().map(Value::from).collect())
}

/// `stdout`, `stderr` and their lines.
pub fn streams(fields: &mut Fields, stdout: &str, stderr: &str) {
    fields.insert("stdout".into(), Value::from(stdout));
    fields.insert("stdout_lines".into(), lines(stdout));
    fields.insert("stderr".into(), Value::from(stderr));
    fields.insert("stderr_lines".into(), lines(stderr));
}

/// The result of a command that ran.
pub fn ran(cmd: Value, answer: &Answer, clock: &Clock, strip: bool) -> Fields {
    let mut fields = Fields::new();
    fields.insert("changed".into(), Value::from(true));
    fields.insert("cmd".into(), cmd);
    clock.stop(&mut fields);
    fields.insert("rc".into(), Value::from(answer.rc));
    streams(&mut fields, &stripped(&answer.stdout, strip), &stripped(&answer.stderr, strip));
    let failed = answer.rc != 0;
    let msg = if failed { "The command exited with a non-zero return code." } else { "" };
    fields.insert("msg".into(), Value::from(msg));
    if failed {
        fields.insert("failed".into(), Value::from(true));
    }
    fields
}

/// The result of a program that is not there.
pub fn not_found(cmd: &str) -> Fields {
    let mut fields = Fields::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("failed".into(), Value::from(true));
    fields.insert("cmd".into(), Value::from(cmd));
    fields.insert("rc".into(), Value::from(2));
    fields.insert("msg".into(), Value::from("Error executing command."));
    let program = cmd.split(' ').next().unwrap_or(cmd);
    let detail = format!("[Errno 2] No such file or directory: b'{program}'");
    fields.insert("_error_detail".into(), Value::from(detail));
    streams(&mut fields, "", "");
    fields
}

/// The result of a command that need not run.
pub fn closed(cmd: Value, stdout: &str, msg: &str) -> Fields {
    let mut fields = Fields::new();
    fields.insert("changed".into(), Value::from(false));
    fields.insert("cmd".into(), cmd);
    for name in ["start", "end", "delta"] {
        fields.insert(name.into(), Value::NULL);
    }
    fields.insert("rc".into(), Value::from(0));
    fields.insert("msg".into(), Value::from(msg));
    streams(&mut fields, stdout, "");
    fields
}

/// The result of a check run: skipped, unless `creates` or `removes` has told that it would run.
pub fn checked(cmd: Value, passed: bool) -> Fields {
    let mut fields = closed(cmd, "", "Command would have run if not in check mode");
    if passed {
        fields.insert("changed".into(), Value::from(true));
    } else {
        fields.insert("skipped".into(), Value::from(true));
    }
    fields
}
