//! Child processes of the tests: run with a time limit, find and end descendants.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process};

use crate::sshd::Sshd;

/// What a finished command left.
#[derive(Debug)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or 128 + the signal.
    pub code: i32,
}

impl Outcome {
    /// The same, after a check of the exit code that shows both streams when it fails.
    #[track_caller]
    pub fn expect_code(self, wanted: i32) -> Self {
        assert_eq!(
            self.code, wanted,
            "exit code; stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Each of these must be in stdout.
    #[track_caller]
    pub fn out_has(self, wanted: &[&str]) -> Self {
        for text in wanted {
            assert!(
                self.stdout.contains(text),
                "no {text:?} in stdout:\n{}\nstderr:\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// Each of these must be in stderr.
    #[track_caller]
    pub fn err_has(self, wanted: &[&str]) -> Self {
        for text in wanted {
            assert!(
                self.stderr.contains(text),
                "no {text:?} in stderr:\n{}\nstdout:\n{}",
                self.stderr,
                self.stdout
            );
        }
        self
    }

    /// This text must be nowhere: for secrets.
    #[track_caller]
    pub fn nowhere(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "{text:?} is in stdout:\n{}", self.stdout);
        assert!(!self.stderr.contains(text), "{text:?} is in stderr:\n{}", self.stderr);
        self
    }
}

/// Runs it without stdin; one that takes longer than `limit` is killed and fails the test.
#[track_caller]
pub fn run(command: &mut Command, limit: Duration) -> Outcome {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", command.get_program().display()));
    let out = drain(child.stdout.take().unwrap());
    let err = drain(child.stderr.take().unwrap());
    let code = wait(&mut child, limit);
    let (stdout, stderr) = (out.join().unwrap(), err.join().unwrap());
    let Some(code) = code else {
        panic!("{command:?} took longer than {limit:?}\nstdout:\n{stdout}\nstderr:\n{stderr}");
    };
    Outcome { stdout, stderr, code }
}

/// Runs a command on that server with OpenSSH's own client.
pub fn ssh(sshd: &Sshd, words: &str) -> Outcome {
    let mut command = Command::new("ssh");
    command.args([
        "-F",
        "/dev/null",
        "-o",
        "BatchMode=yes",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "LogLevel=ERROR",
    ]);
    command.arg("-o").arg(format!("UserKnownHostsFile={}", sshd.known_hosts().display()));
    command.arg("-i").arg(sshd.key()).args(["-p", &sshd.port().to_string(), "127.0.0.1", words]);
    run(&mut command, Duration::from_secs(60))
}

pub fn is_root() -> bool {
    getuid().is_root()
}

/// A command as root: itself, or by sudo without a prompt.
pub fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Kills all descendants of a process, youngest first, but not the process.
pub fn kill_children(parent: u32) {
    let mut found = descendants(parent);
    found.reverse();
    for pid in found.into_iter().filter_map(|p| Pid::from_raw(p.try_into().unwrap())) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Kills the descendants that run this program.
pub fn kill_named(parent: u32, name: &str) {
    for pid in descendants(parent) {
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        // Newer servers split the work: sshd-session, sshd-auth.
        if comm.trim_end() == name || comm.starts_with(&format!("{name}-")) {
            signal(pid, Signal::KILL);
        }
    }
}

/// A command started with pipes; `Running::end` waits for it.
pub struct Running {
    child: Child,
    out: std::thread::JoinHandle<String>,
    err: std::thread::JoinHandle<String>,
}

/// Starts it without stdin.
pub fn start(command: &mut Command) -> Running {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let out = drain(child.stdout.take().unwrap());
    let err = drain(child.stderr.take().unwrap());
    Running { child, out, err }
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its end, which must come within the limit.
    #[track_caller]
    pub fn end(mut self, limit: Duration) -> Outcome {
        let code = wait(&mut self.child, limit);
        let (stdout, stderr) = (self.out.join().unwrap(), self.err.join().unwrap());
        let Some(code) = code else {
            panic!("took longer than {limit:?}\nstdout:\n{stdout}\nstderr:\n{stderr}");
        };
        Outcome { stdout, stderr, code }
    }
}

/// Waits until it holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "still not: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal to one process.
pub fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

/// All descendants, parents before children.
pub fn descendants(parent: u32) -> Vec<u32> {
    let pairs: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect();
    let mut found = vec![parent];
    let mut next = 0;
    while next < found.len() {
        let of = found[next];
        found.extend(pairs.iter().filter(|(_, p)| *p == of).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn drain(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The exit code, or nothing when the child had to be killed.
fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)));
        }
        if start.elapsed() > limit {
            kill_children(child.id());
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn a_limit_is_kept_and_descendants_are_found() {
    let start = Instant::now();
    let mut child = Command::new("sh").args(["-c", "sleep 50 & sleep 50"]).spawn().unwrap();
    while descendants(child.id()).len() < 2 && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(descendants(child.id()).len(), 2);
    assert_eq!(wait(&mut child, Duration::from_millis(50)), None);
    assert!(start.elapsed() < Duration::from_secs(20));
}
