//! A producer and a consumer as one program of a host: its shell text, and what that prints.
//!
//! POSIX shells know the exit code of a pipe's last part alone, and both parts would share one stderr. Here each
//! part's code and each line of its stderr come tagged on stdout, which the stream itself does not use.

use std::fmt::Write as _;

/// A line of such a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A line of the producer's stderr.
    Producer(String),
    /// A line of the consumer's stderr or stdout.
    Consumer(String),
    /// The producer's exit code, as `$?` has it.
    ProducerEnded(i32),
    /// The consumer's exit code.
    ConsumerEnded(i32),
    /// Bytes that went through so far.
    Bytes(u64),
}

/// The text that runs both. With `counted` the bytes go through the host's `dd`, which costs a copy and tells each
/// second how many there were.
pub fn text(producer: &str, consumer: &str, counted: bool) -> String {
    // 3: tagged lines; 4: the producer's stderr; 5: the consumer's; 6: the latter's reader; 7: the stream behind dd.
    const OWN: &str = "3>&- 4>&- 5>&- 6>&-";
    let count = format!("{{ {{ tk_dd {OWN} | tk_count 7>&-; }} 7>&1 4>&- 5>&- 6>&-; }} | ");
    let mut text = String::from(
        "exec 3>&1\n\
         tk_tag() {\n\
         while IFS= read -r tk_l || [ -n \"$tk_l\" ]; do printf '%s %s\\n' \"$1\" \"$tk_l\" >&3; done\n\
         }\n",
    );
    text.push_str(if counted { COUNT } else { "" });
    let _ = write!(
        text,
        "{{\n{{\n{{ (\n{producer}\n) 2>&4 {OWN}; echo \"P $?\" >&3; }} | {}\
         {{ (\n{consumer}\n) >&5 2>&5 {OWN}; echo \"C $?\" >&3; }}\n\
         }} 4>&1 5>&6 6>&- | tk_tag p 6>&-\n}} 6>&1 | tk_tag c\n",
        if counted { count.as_str() } else { "" }
    );
    text
}

/// dd tells its count when it gets a signal; one that knows none ignores it. Its stdin is kept in 8, since a program
/// in the background has none. Nobody but dd may hold an end of the stream, or its other end would not see it break.
const COUNT: &str = r#"tk_count() {
while read -r tk_n tk_l; do case $tk_l in bytes*) echo "b $tk_n" >&3 ;; esac; done
}
tk_dd() {
case $(uname) in *BSD | DragonFly | Darwin) tk_s=INFO ;; *) tk_s=USR1 ;; esac
exec 8<&0
(trap '' "$tk_s"; exec dd bs=131072) <&8 2>&1 >&7 7>&- 8<&- &
tk_d=$!
exec 7>&- 8<&- </dev/null
(while sleep 1; do kill -s "$tk_s" "$tk_d" || exit 0; done) >/dev/null 2>&1 &
tk_t=$!
wait "$tk_d"
kill "$tk_t" 2>/dev/null
}
"#;

/// What a line of its stdout says; None: not one of ours.
pub fn parse(line: &str) -> Option<Said> {
    let (tag, rest) = line.split_once(' ')?;
    Some(match tag {
        "p" => Said::Producer(rest.to_string()),
        "c" => Said::Consumer(rest.to_string()),
        "P" => Said::ProducerEnded(rest.trim().parse().ok()?),
        "C" => Said::ConsumerEnded(rest.trim().parse().ok()?),
        "b" => Said::Bytes(rest.trim().parse().ok()?),
        _ => return None,
    })
}

/// Tools that stand in a stream, or that a host has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tools {
    /// `mbuffer`.
    pub mbuffer: bool,
    /// `zstd`.
    pub zstd: bool,
}

/// Whether a tool is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Where both ends have it and it is of use.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// Never.
    Never,
}

/// The ends of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<'a> {
    /// Their names.
    pub names: [&'a str; 2],
    /// What they have.
    pub have: [Tools; 2],
    /// Whether they are one: it is decompressed by nobody, and buffered once.
    pub same: bool,
}

impl Ends<'_> {
    /// The tools of a stream, and what the operator should know. `packed`: it is compressed or encrypted already.
    ///
    /// # Errors
    /// One that is wanted in any case is missing.
    pub fn tools(
        &self,
        compress: Wish,
        buffer: Wish,
        packed: bool,
    ) -> Result<(Tools, Vec<String>), String> {
        let mut notes = Vec::new();
        let mut one = |name: &str, wish: Wish, has: fn(&Tools) -> bool, useful: bool| {
            let lacks = self.names.iter().zip(&self.have).find(|(_, have)| !has(have));
            match (wish, lacks) {
                (Wish::Never, _) => Ok(false),
                (Wish::Auto, _) if !useful => Ok(false),
                (_, None) => Ok(true),
                (Wish::Always, Some((host, _))) => Err(format!("{host} has no {name}")),
                (Wish::Auto, Some((host, _))) => {
                    if self.have.iter().any(has) {
                        notes.push(format!("{name} is not used: {host} has none"));
                    }
                    Ok(false)
                }
            }
        };
        let mbuffer = one("mbuffer", buffer, |have| have.mbuffer, true)?;
        let zstd = !self.same && one("zstd", compress, |have| have.zstd, !packed)?;
        Ok((Tools { mbuffer, zstd }, notes))
    }
}

impl Tools {
    /// What stands behind the sender; each of them must end well.
    pub fn send(self, producer: &str) -> String {
        let mut parts = vec![producer.to_string()];
        parts.extend(self.zstd.then(|| "zstd -q -c -3".to_string()));
        parts.extend(self.mbuffer.then(|| "mbuffer -q -s 128k -m 64M".to_string()));
        chain(&parts)
    }

    /// What stands in front of the receiver.
    pub fn receive(self, consumer: &str) -> String {
        let mut parts = Vec::new();
        parts.extend(self.mbuffer.then(|| "mbuffer -q -s 128k -m 64M".to_string()));
        parts.extend(self.zstd.then(|| "zstd -q -d -c".to_string()));
        parts.push(consumer.to_string());
        chain(&parts)
    }
}

/// A pipe whose exit code is that of the first part that failed, a broken pipe counted last.
pub fn chain(parts: &[String]) -> String {
    if let [only] = parts {
        return only.clone();
    }
    let mut text = String::from("exec 9>&1\ntk_c=$({ ");
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        let out = if last { " >&9" } else { "" };
        let _ = write!(text, "{{ (\n{part}\n){out} 8>&- 9>&-; echo \"$?\" >&8; }}");
        text.push_str(if last { "; " } else { " | " });
    }
    text.push_str(
        "} 8>&1)\ntk_r=0\nfor tk_e in $tk_c; do case $tk_r,$tk_e in *,0) ;; 0,*|141,*) tk_r=$tk_e ;; esac; done\n\
         exit \"$tk_r\"",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const SHELLS: [&[&str]; 4] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"], &["mksh"]];

    fn run(shell: &[&str], text: &str) -> (String, String, Option<i32>) {
        let mut command = Command::new("timeout");
        command.arg("20").args(shell).args(["-c", text]).env("LC_ALL", "C").stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    }

    fn said(shell: &[&str], producer: &str, consumer: &str, counted: bool) -> Vec<Said> {
        let (out, err, _) = run(shell, &text(producer, consumer, counted));
        assert_eq!(err, "", "{shell:?}");
        let parsed = out.lines().map(|line| parse(line).unwrap_or_else(|| panic!("{line}")));
        let mut said: Vec<Said> = parsed.collect();
        said.sort_by_key(|said| format!("{said:?}"));
        said
    }

    #[test]
    fn both_codes_and_both_stderrs_are_kept_apart() {
        for shell in SHELLS {
            let all = said(
                shell,
                "head -c 3000000 /dev/zero; echo sent >&2; exit 3",
                "n=$(wc -c); echo got $n; printf 'no end' >&2; exit 4",
                true,
            );
            let wanted = [
                Said::Bytes(3_000_000),
                Said::Consumer("got 3000000".into()),
                Said::Consumer("no end".into()),
                Said::ConsumerEnded(4),
                Said::Producer("sent".into()),
                Said::ProducerEnded(3),
            ];
            assert_eq!(all, wanted, "{shell:?}");
            let all = said(shell, "cat /dev/zero", "head -c 9 >/dev/null", false);
            assert_eq!(all, [Said::ConsumerEnded(0), Said::ProducerEnded(141)], "{shell:?}");
        }
    }

    #[test]
    fn bytes_are_told_while_they_flow() {
        for shell in SHELLS {
            let text = text(
                "for n in 1 2 3 4; do head -c 100000 /dev/zero; sleep 0.6; done",
                "wc -c",
                true,
            );
            let (out, err, _) = run(shell, &text);
            assert_eq!(err, "", "{shell:?}");
            let bytes: Vec<&str> = out.lines().filter(|line| line.starts_with("b ")).collect();
            assert!(bytes.len() >= 2 && bytes[0] != "b 400000", "{shell:?} {out}");
            assert_eq!(bytes.last(), Some(&"b 400000"), "{shell:?} {out}");
            assert!(out.contains("c 400000"), "{shell:?} {out}");
        }
    }

    #[test]
    fn a_chain_fails_by_its_first_fault() {
        let chain_of =
            |parts: &[&str]| chain(&parts.iter().map(ToString::to_string).collect::<Vec<_>>());
        for shell in SHELLS {
            let code = |parts: &[&str]| run(shell, &chain_of(parts)).2;
            assert_eq!(code(&["echo a", "cat", "grep -q a"]), Some(0), "{shell:?}");
            assert_eq!(code(&["exit 5", "cat", "cat"]), Some(5), "{shell:?}");
            assert_eq!(code(&["echo a", "cat >&2; exit 6", "cat"]), Some(6), "{shell:?}");
            assert_eq!(code(&["cat /dev/zero", "exit 7"]), Some(7), "{shell:?}");
            assert_eq!(run(shell, &chain_of(&["echo abc", "tr a-c x-z"])).0, "xyz\n");
        }
        assert_eq!(chain_of(&["zfs send a"]), "zfs send a");
    }

    #[test]
    fn s52_tools_are_used_when_both_have_them() {
        use Wish::{Always, Auto, Never};
        let all = Tools { mbuffer: true, zstd: true };
        let one = Tools { mbuffer: true, zstd: false };
        let none = Tools::default();
        let ends = |a, b| Ends { names: ["a", "b"], have: [a, b], same: false };
        let tools = |ends: Ends<'_>, compress, buffer, packed| {
            ends.tools(compress, buffer, packed).map(|(tools, notes)| (tools, notes.join("; ")))
        };
        let plain = |tools| Ok((tools, String::new()));
        assert_eq!(tools(ends(all, all), Auto, Auto, false), plain(all));
        assert_eq!(tools(ends(all, all), Auto, Auto, true), plain(one));
        assert_eq!(tools(ends(all, all), Always, Auto, true), plain(all));
        assert_eq!(tools(ends(all, all), Never, Never, false), plain(none));
        assert_eq!(tools(ends(none, none), Auto, Auto, false), plain(none));
        let same = Ends { same: true, ..ends(all, all) };
        assert_eq!(tools(same, Auto, Auto, false), plain(one));
        let told = (one, "zstd is not used: b has none".to_owned());
        assert_eq!(tools(ends(all, one), Auto, Auto, false), Ok(told));
        assert_eq!(tools(ends(all, one), Auto, Auto, true), plain(one));
        assert_eq!(tools(ends(none, all), Auto, Always, false), Err("a has no mbuffer".to_owned()));
    }

    #[test]
    fn tools_stand_where_they_must() {
        let all = Tools { mbuffer: true, zstd: true };
        assert_eq!(Tools::default().send("zfs send a"), "zfs send a");
        let zstd = Tools { mbuffer: false, zstd: true };
        let text = format!(
            "({})|({})",
            zstd.send("head -c 100000 /dev/zero"),
            zstd.receive("wc -c | tr -d ' '")
        );
        for shell in SHELLS {
            assert_eq!(run(shell, &text).0, "100000\n", "{shell:?}");
        }
        assert!(all.send("S").contains("zstd -q") && all.receive("R").contains("mbuffer"));
    }
}
