//! Any argument reaches a function and a program as it is, in every shell.

use super::*;
use proptest::prelude::*;

/// Texts of what shells, printf, echo and our framing may stumble over.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[ -~]{0,8}",
        2 => proptest::sample::select(vec![
            "'", "\"", "\\", "\n", "$", "`", "!", "$(x)", "${x}", "\\n", "\\\\", "*", "?", "[", "]",
            "~", "#", ";", "&", "|", "<", ">", "(", ")", "{", "}", "%s", "%", "-n", "-e", "\t", "\r",
            " ", "\u{1e}", "\u{7f}", "\u{1}", "ä", "\u{1f600}", "P 1 1 0 0\n", "0\n", "=", "--",
        ]).prop_map(str::to_string),
        1 => any::<char>().prop_filter("NUL", |c| *c != '\0').prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const SCRIPT: &str = "local a; tk_line $#; for a; do tk_text \"$a\"; done";

async fn echoed(host: &ShellHost, words: &[String]) -> Vec<String> {
    let probe = Probe::new("echo", SCRIPT).words(words.iter().cloned());
    let answer = host.probe(probe).await.unwrap();
    let mut rest = answer;
    let line = rest.stdout.iter().position(|b| *b == b'\n').unwrap();
    assert_eq!(rest.stdout[..line], *words.len().to_string().as_bytes());
    rest.stdout = rest.stdout.slice(line + 1..);
    let blocks = rest.blocks().unwrap();
    blocks.into_iter().map(|b| String::from_utf8(b.unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn words_arrive_as_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (shell, cases) in [("dash", 150), ("bash", 100), ("busybox", 100), ("mksh", 15)] {
        let host = runtime.block_on(host(shell));
        let config =
            ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let words = proptest::collection::vec(nasty(), 0..5);
        let outcome = runner.run(&words, |words| {
            let heard = runtime.block_on(echoed(&host, &words));
            prop_assert_eq!(&heard, &words);
            let mut command = Command::new(
                ["printf".to_string(), "%s\\036".to_string()].into_iter().chain(words.clone()),
            );
            command.env = vec![("V".into(), words.concat())];
            let answer = runtime.block_on(host.run(command)).unwrap();
            let wanted: String = if words.is_empty() {
                "\u{1e}".to_string()
            } else {
                words.join("\u{1e}") + "\u{1e}"
            };
            prop_assert_eq!(answer.text(), wanted);
            Ok(())
        });
        outcome.unwrap_or_else(|e| panic!("{shell}: {e}"));
    }
}

#[tokio::test]
async fn long_words_and_many_lines() {
    for shell in SHELLS {
        let host = host(shell).await;
        for size in [2_990, 3_000, 3_010, 65_535, 100_000] {
            let word: String = "ab'\\\n $".chars().cycle().take(size).collect();
            assert_eq!(echoed(&host, std::slice::from_ref(&word)).await, [word], "{shell} {size}");
        }
    }
}
