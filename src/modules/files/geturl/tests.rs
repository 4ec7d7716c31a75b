//! Against a server in this process, by the tools of this machine, in all shells.

use crate::base::Key;
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::Desk;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// What `/f` is.
const TEXT: &str = "hello\n";
/// Its SHA-256.
const SUM: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// Answers on a port of its own until the test ends; keeps the requests' heads.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let head = head(&stream);
                kept.lock().unwrap().push(head.clone());
                let _ = answer(stream, &head, port);
            }
        });
        Self { port, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of requests since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn head(stream: &TcpStream) -> String {
    let mut head = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head.push_str(&line);
        head.push('\n');
    }
    head
}

fn answer(mut stream: TcpStream, head: &str, port: u16) -> std::io::Result<()> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let date = "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
    let whole = |more: &str, text: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{text}",
            text.len()
        )
    };
    let lower = head.to_lowercase();
    let reply = match path {
        "/f" if lower.contains("if-modified-since") => {
            "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_string()
        }
        "/f" | "/fixed" => whole(date, TEXT),
        "/new" => whole("", "new\n"),
        "/named" => whole("Content-Disposition: attachment; filename=\"../other.txt\"\r\n", TEXT),
        "/SUMS" => whole("", &format!("00  x\n{SUM}  f\n{SUM}  fixed\n")),
        "/cut" => {
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\nhal".to_string()
        }
        "/moved" => format!(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/fixed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        "/secret"
            if lower.contains("x-token: s3cret") || lower.contains("authorization: basic dtpw") =>
        {
            whole("", TEXT)
        }
        "/secret" => {
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".to_string()
        }
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone"
            .to_string(),
    };
    let bodyless = head.starts_with("HEAD ");
    let end = reply.find("\r\n\r\n").map_or(reply.len(), |at| at + 4);
    let end = if bodyless { end } else { reply.len() };
    stream.write_all(&reply.as_bytes()[..end])?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).map(drop)
}

fn entries(desk: &Desk) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(desk.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "bin")
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_fetched_once() {
    let server = Server::start();
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        server.asked();
        let args = format!("{{url: '{}', dest: @/f, mode: '0640'}}", server.url("/f"));
        let told = desk.check("get_url", &args).await;
        assert_eq!((told.changed, told.failed, told.uncertain), (true, None, None), "{shell}");
        assert_eq!(entries(desk), [""; 0], "{shell}: a check run fetches nothing");
        assert!(server.asked()[0].starts_with("HEAD /f"), "{shell}");
        desk.world = Default::default();
        let told = desk.run("get_url", &args).await;
        assert_eq!((told.failed.as_deref(), told.changed), (None, true), "{shell}");
        assert_eq!(
            told.text("checksum_src"),
            "f572d396fae9206628714fb2ce00f72e94f2258f",
            "{shell}"
        );
        assert_eq!(
            (told.text("checksum_dest"), told.text("status_code")),
            ("None".into(), "200".into())
        );
        assert_eq!((told.text("msg"), told.text("mode")), ("OK (6 bytes)".into(), "0640".into()));
        assert_eq!(
            (desk.read("f"), entries(desk)),
            (TEXT.into(), vec!["f".to_string()]),
            "{shell}"
        );
        server.asked();
        let told = desk.run("get_url", &args).await;
        assert_eq!((told.changed, told.text("status_code")), (false, "304".into()), "{shell}");
        assert_eq!(told.text("msg"), "HTTP Error 304: Not Modified");
        let forced = args.replace('}', ", force: true}");
        let told = desk.run("get_url", &forced).await;
        assert_eq!((told.changed, told.text("status_code")), (false, "200".into()), "{shell}");
        assert_eq!(told.text("checksum_dest"), told.text("checksum_src"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checksum_decides() {
    let server = Server::start();
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let url = server.url("/fixed");
        let args = format!("{{url: '{url}', dest: @/f, checksum: 'sha256:{SUM}'}}");
        desk.settles("get_url", &args).await;
        server.asked();
        let told = desk.run("get_url", &args).await;
        assert_eq!(
            (told.text("msg"), server.asked().len()),
            ("file already exists".into(), 0),
            "{shell}"
        );
        desk.write("f", "other");
        let told = desk.check("get_url", &args).await;
        assert_eq!((told.changed, told.uncertain), (true, None), "{shell}");
        desk.world = Default::default();
        desk.settles("get_url", &args.replace('}', ", backup: true}")).await;
        assert_eq!(desk.read("f"), TEXT.as_bytes(), "{shell}");
        assert_eq!(entries(desk).len(), 2, "{shell}: the old file is kept");
        let list = server.url("/SUMS");
        let args = format!("{{url: '{url}', dest: @/g, checksum: 'sha256:{list}'}}");
        desk.settles("get_url", &args).await;
        let wrong =
            format!("{{url: '{}', dest: @/h, checksum: 'sha256:{SUM}'}}", server.url("/new"));
        let told = desk.run("get_url", &wrong).await;
        let why = told.failed.unwrap();
        assert!(why.contains(&format!("did not match {SUM}; it was 7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c")), "{why}");
        assert!(!std::path::Path::new(&desk.path("h")).exists(), "{shell}");
        let missing =
            format!("{{url: '{}', dest: @/h, checksum: 'sha256:{list}'}}", server.url("/new"));
        let told = desk.run("get_url", &missing).await;
        assert_eq!(
            told.failed.unwrap(),
            format!("Unable to find a checksum for file 'new' in '{list}'")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_what_did_not_come() {
    let server = Server::start();
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        desk.write("f", "old");
        for path in ["/cut", "/none"] {
            let args =
                format!("{{url: '{}', dest: @/f, tmp_dest: @, force: true}}", server.url(path));
            let told = desk.run("get_url", &args).await;
            assert!(
                told.failed.as_deref().unwrap().starts_with("Request failed"),
                "{shell} {told:?}"
            );
            if path == "/none" {
                assert_eq!(
                    (told.text("status_code"), told.text("response")),
                    ("404".into(), "HTTP Error 404: Not Found".into())
                );
            }
        }
        let told =
            desk.run("get_url", "{url: 'http://127.0.0.1:9/x', dest: @/f, force: true}").await;
        assert!(told.failed.unwrap().starts_with("Request failed: "), "{shell}");
        assert_eq!(
            (desk.read("f"), entries(desk)),
            (b"old".to_vec(), vec!["f".to_string()]),
            "{shell}"
        );
        let args = format!("{{url: '{}', dest: @/no/where}}", server.url("/f"));
        let told = desk.run("get_url", &args).await;
        assert!(told.failed.unwrap().ends_with("/no does not exist"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_get_the_servers_name() {
    let server = Server::start();
    let desk = &mut Desk::new("dash").await;
    std::fs::create_dir(desk.path("d")).unwrap();
    let told =
        desk.run("get_url", &format!("{{url: '{}', dest: @/d}}", server.url("/named"))).await;
    assert_eq!((told.failed.as_deref(), told.text("dest")), (None, desk.path("d/other.txt")));
    let told =
        desk.run("get_url", &format!("{{url: '{}', dest: @/d/}}", server.url("/moved"))).await;
    assert_eq!((told.failed.as_deref(), told.text("dest")), (None, desk.path("d/fixed")));
    desk.write("src", "local");
    desk.settles("get_url", "{url: 'file://@/src', dest: @/copy}").await;
    assert_eq!(desk.read("copy"), b"local");
    let told = desk.run("get_url", "{url: 'file://@/none', dest: @/copy}").await;
    assert!(told.failed.is_some() && desk.read("copy") == b"local");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_words() {
    let server = Server::start();
    let spy = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"${0%/*}/words\"\nenv >>\"${0%/*}/words\"\nPATH=${PATH#*:}\nexec curl \"$@\"\n";
    let desk = &mut Desk::with_tools("dash", &[("curl", spy)]).await;
    let url = server.url("/secret");
    let args = format!("{{url: '{url}', dest: @/f, headers: {{X-Token: s3cret}}}}");
    desk.settles("get_url", &args).await;
    let args = format!(
        "{{url: '{url}', dest: @/g, url_username: u, url_password: p, force_basic_auth: true}}"
    );
    desk.settles("get_url", &args).await;
    let words = std::fs::read_to_string(desk.path("bin/words")).unwrap();
    assert!(words.contains("-K -"));
    assert!(!words.contains("s3cret") && !words.contains("u:p"), "{words}");
    let told = desk.run("get_url", &format!("{{url: '{url}', dest: @/i}}")).await;
    let response = told.fields[&Key::from("response")].text();
    assert_eq!(response, "HTTP Error 403: Forbidden");
}

/// Runs the script by itself with another tool than the best one.
fn fetch(
    tool: &str,
    dir: &std::path::Path,
    url: &str,
    config: &str,
    since: &str,
    method: &str,
) -> (i32, String, String) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", include_str!("fetch.sh"), "get_url", tool, method])
        .arg(dir.join("out"))
        .args([since, "10", "agent", " ", url])
        .env("PATH", format!("{}:/usr/bin:/bin", dir.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(config.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn wget_does_it_too() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let config = |path: &str| format!("#url {}\nheader = X-Token: s3cret\n", server.url(path));
    let (rc, said, error) = fetch("wget", dir.path(), "", &config("/secret"), "", "GET");
    assert_eq!((rc, said.lines().next()), (0, Some("200")), "{said} {error}");
    assert_eq!(std::fs::read(&out).unwrap(), TEXT.as_bytes());
    std::fs::remove_file(&out).unwrap();
    let since = dir.path().join("old");
    std::fs::write(&since, "x").unwrap();
    let since = since.display().to_string();
    for (path, code) in [("/f", "304"), ("/none", "404")] {
        let (rc, said, error) = fetch("wget", dir.path(), "", &config(path), &since, "GET");
        assert_eq!((rc, said.lines().next()), (0, Some(code)), "{said} {error}");
        assert!(!out.exists(), "{path}");
    }
    let (rc, said, error) = fetch("wget", dir.path(), "", &config("/cut"), "", "GET");
    assert!(rc != 0 && !out.exists(), "{said} {error}");
    let (rc, said, error) = fetch("wget", dir.path(), "", &config("/moved"), "", "HEAD");
    assert_eq!(
        (rc, said.lines().nth(1)),
        (0, Some(server.url("/fixed").as_str())),
        "{said} {error}"
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
}

/// fetch(1) by curl, as its manual page has its words; no sample of it was recorded.
const FETCH: &str = r#"#!/bin/sh
out= since= size=
while getopts :qnsT:o:i: o; do
  case $o in
  q | n | T) ;;
  s) size=1 ;;
  o) out=$OPTARG ;;
  i) since=$OPTARG ;;
  *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))
if [ -n "$size" ]; then curl -sfI "$1" | tr -d '\r' | sed -n 's/^Content-Length: //p'; exit; fi
code=$(curl -s ${since:+-z "$since"} -A "$HTTP_USER_AGENT" -o "$out" -w '%{http_code}' "$1") || { echo "fetch: $1 appears to be truncated" >&2; exit 1; }
case $code in
304) rm -f "$out"; exit 0 ;;
200) exit 0 ;;
*) rm -f "$out"; echo "fetch: $1: Not Found" >&2; exit 1 ;;
esac
"#;

#[test]
fn fetch_does_it_too() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let tool = dir.path().join("fetch");
    std::fs::write(&tool, FETCH).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&tool, mode).unwrap();
    let out = dir.path().join("out");
    let (rc, said, error) = fetch("fetch", dir.path(), &server.url("/f"), "", "", "GET");
    assert_eq!((rc, said.lines().next()), (0, Some("200")), "{said} {error}");
    assert!(server.asked()[0].contains("User-Agent: agent"));
    std::fs::remove_file(&out).unwrap();
    let since = tool.display().to_string();
    let (rc, said, error) = fetch("fetch", dir.path(), &server.url("/f"), "", &since, "GET");
    assert_eq!((rc, said.lines().next()), (0, Some("304")), "{said} {error}");
    for path in ["/none", "/cut"] {
        let (rc, said, error) = fetch("fetch", dir.path(), &server.url(path), "", "", "GET");
        assert!(rc != 0 && !out.exists() && error.starts_with("fetch: "), "{said} {error}");
        assert_eq!(said.lines().next(), Some("-1"));
    }
    let (rc, said, _) = fetch("fetch", dir.path(), &server.url("/f"), "", "", "HEAD");
    assert_eq!((rc, said.contains("Content-Length: 6")), (0, true), "{said}");
}
