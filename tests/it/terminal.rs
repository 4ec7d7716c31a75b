//! A program on a terminal of its own: what it writes, what is typed, and what the screen shows at the end.

use std::io::{Read, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::project::{Project, TANK};

/// A program on a terminal.
pub struct Terminal {
    child: std::process::Child,
    input: ChildStdin,
    seen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts tank in the project on a terminal of 80 columns (`script` of util-linux makes it).
    pub fn tank(project: &Project, words: &[&str]) -> Terminal {
        let line: Vec<String> =
            std::iter::once(TANK).chain(words.iter().copied()).map(quoted).collect();
        let line = format!("stty cols 80; exec {}", line.join(" "));
        let mut command: Command = project.command("script".as_ref());
        command.env("SHELL", "/bin/sh").args(["-qec", &line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("script (bsdutils) is needed");
        let input = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                sink.lock().unwrap().extend_from_slice(&bytes[..n]);
            }
        });
        Terminal { child, input, seen, reader }
    }

    /// Everything written so far, control sequences included.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// Waits for a text.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        let start = Instant::now();
        while !self.raw().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(60), "no {text:?} in\n{}", self.raw());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types a text as it stands.
    pub fn type_in(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits for the end: everything written, and the exit code.
    #[track_caller]
    pub fn end(mut self) -> (String, i32) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "no end:\n{}", self.raw());
            std::thread::sleep(Duration::from_millis(5));
        };
        drop(self.input);
        self.reader.join().unwrap();
        let text = String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned();
        (text, status.code().unwrap_or(-1))
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// What a terminal shows after these bytes: cursor movements and erasures obeyed, colours dropped.
pub fn screen(raw: &str) -> Vec<String> {
    let mut screen = Screen { rows: vec![Vec::new()], row: 0, column: 0 };
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => screen.column = 0,
            '\n' => screen.down(),
            '\x1b' => {
                let (mut count, mut last) = (String::new(), ' ');
                for c in rest.by_ref().skip_while(|c| *c == '[') {
                    if c.is_ascii_alphabetic() {
                        last = c;
                        break;
                    }
                    count.push(c);
                }
                screen.control(last, count.parse().unwrap_or(1), &count);
            }
            c => screen.put(c),
        }
    }
    let text = |row: &Vec<char>| row.iter().collect::<String>();
    let mut rows: Vec<String> = screen.rows.iter().map(text).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

struct Screen {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn down(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    fn put(&mut self, c: char) {
        let (row, column) = (&mut self.rows[self.row], self.column);
        row.resize(row.len().max(column + 1), ' ');
        row[column] = c;
        self.column += 1;
    }

    fn control(&mut self, letter: char, count: usize, parameter: &str) {
        match letter {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => (0..count).for_each(|_| self.down()),
            'K' if parameter == "2" => self.rows[self.row].clear(),
            'K' => self.rows[self.row].truncate(self.column),
            'J' => {
                self.rows[self.row].truncate(self.column);
                self.rows.truncate(self.row + 1);
            }
            'm' | 'h' | 'l' => {}
            other => panic!("the test's terminal does not know {other:?}"),
        }
    }
}

#[test]
fn the_screen_obeys() {
    let raw = "one\r\nold\r\x1b[2Ktwo\r\n\x1b[31mthree\x1b[0m\x1b[1A\rT\r\n\x1b[K\r";
    assert_eq!(screen(raw), ["one", "Two"]);
}
