//! One request to a server, made by a tool of the host.

use super::Args;
use crate::spec::{ActionContext, Answer, Command, Failure, Platform, Probe};

/// The tools, the best first.
const TOOLS: &str = "for t in curl fetch wget; do if tk_have \"$t\"; then tk_line \"$t\"; fi; done";

/// What is asked for.
pub struct Request<'a> {
    args: &'a Args,
    platform: &'a Platform,
    url: &'a str,
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Got {
    /// The code; -1: there was no answer.
    pub code: i64,
    /// Where it came from in the end.
    pub url: String,
    /// The head of the answer.
    pub head: Vec<(String, String)>,
    /// What the tool said when it failed.
    pub error: Option<String>,
}

impl<'a> Request<'a> {
    /// A request of this task.
    pub fn new(args: &'a Args, platform: &'a Platform, url: &'a str) -> Self {
        Self { args, platform, url }
    }

    /// Fetches into a new file of the host; `since`: only if it is newer than this one.
    pub async fn get(
        &self,
        ctx: &ActionContext<'_>,
        out: &str,
        since: Option<&str>,
    ) -> Result<Got, Failure> {
        self.send(ctx, "GET", out, since).await
    }

    /// Asks for the answer's head alone.
    pub async fn head(
        &self,
        ctx: &ActionContext<'_>,
        out: &str,
        since: Option<&str>,
    ) -> Result<Got, Failure> {
        self.send(ctx, "HEAD", out, since).await
    }

    async fn send(
        &self,
        ctx: &ActionContext<'_>,
        method: &str,
        out: &str,
        since: Option<&str>,
    ) -> Result<Got, Failure> {
        let local = self.url.strip_prefix("file:").map(|rest| rest.trim_start_matches("//"));
        let tool = match local {
            Some(_) => "file".to_string(),
            None => self.tool(ctx).await?,
        };
        let path = local.map(|path| format!("/{}", path.trim_start_matches('/')));
        let since = path.as_deref().or(since).unwrap_or_default();
        // A program that says its own URL shows it to all users: only such as holds nothing secret.
        let open = if tool == "fetch" { self.url } else { "" };
        let (limit, flags) = (self.args.timeout.max(1).to_string(), self.flags());
        let agent = self.args.http_agent.as_str();
        let script = include_str!("fetch.sh");
        let words = ["/bin/sh", "-c", script, "get_url", &tool, method, out, since];
        let mut command = Command::new(words.into_iter().chain([&*limit, agent, &flags, open]));
        command.env = ctx.env.to_vec();
        command.stdin = Some(self.config(&tool)?.into());
        command.secret = self.is_secret();
        let answer = ctx.host.run(command).await.map_err(Failure::from)?;
        Ok(Got::read(&answer, self.url))
    }

    /// The tool that can do it.
    async fn tool(&self, ctx: &ActionContext<'_>) -> Result<String, Failure> {
        let answer = ctx.host.probe(Probe::new("get_url_tools", TOOLS)).await;
        let answer = answer.map_err(Failure::from)?.text();
        let mut tools = answer.lines();
        // fetch(1) has no other way for these than words and variables.
        let found = tools.clone().find(|tool| *tool != "fetch" || !self.is_secret());
        match (found, tools.next()) {
            (Some(tool), _) => Ok(tool.to_string()),
            (None, Some(_)) => {
                let text = "fetch(1) takes headers and passwords in ways that others can read: curl is needed on the host";
                Err(Failure::new(text))
            }
            (None, None) => {
                let text = format!(
                    "Failed to find required executable \"curl\", \"fetch\" or \"wget\" on this {}",
                    self.platform.system
                );
                Err(Failure::new(text).missing())
            }
        }
    }

    fn flags(&self) -> String {
        let mut flags = " ".to_string();
        for (word, set) in [
            ("noproxy ", !self.args.use_proxy),
            ("insecure ", !self.args.validate_certs),
            ("secret ", self.is_secret()),
        ] {
            flags.push_str(if set { word } else { "" });
        }
        flags
    }

    fn headers(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let given = self.args.headers.iter().flat_map(|headers| headers.0.iter());
        given.map(|(name, value)| (name.json_text(), value.text()))
    }

    fn is_secret(&self) -> bool {
        let headers = self.headers().next().is_some();
        headers || self.args.url_username.is_some() || userinfo(self.url).is_some()
    }

    /// URL, headers and password as the tool reads them.
    fn config(&self, tool: &str) -> Result<String, Failure> {
        let mut lines = Vec::new();
        let user = self.args.url_username.as_deref();
        let password = self.args.url_password.as_deref().unwrap_or_default();
        match tool {
            "curl" => {
                lines.push(format!("url = {}", quoted(self.url)));
                lines.extend(self.headers().map(|(name, value)| match value.is_empty() {
                    true => format!("header = {}", quoted(&format!("{name};"))),
                    false => format!("header = {}", quoted(&format!("{name}: {value}"))),
                }));
                lines.extend(user.map(|user| format!("user = {}", quoted(&format!("{user}:{password}")))));
                lines.push(if self.args.force_basic_auth { "basic" } else { "anyauth" }.to_string());
            }
            "wget" => {
                lines.push(format!("#url {}", self.url));
                lines.extend(self.headers().map(|(name, value)| format!("header = {name}: {value}")));
                if let Some(user) = user {
                    lines.push(format!("http_user = {user}\nhttp_password = {password}"));
                    let at_once = if self.args.force_basic_auth { "on" } else { "off" };
                    lines.push(format!("auth_no_challenge = {at_once}"));
                }
            }
            _ => {}
        }
        let split = |text: &str| text.contains(['\n', '\r', '\0']);
        let given = self.headers().flat_map(|(name, value)| [name, value]);
        let texts = [self.url, user.unwrap_or_default(), password].map(str::to_string);
        if given.chain(texts).any(|text| split(&text)) {
            return Err(Failure::new("a URL, header, user or password of more than one line"));
        }
        lines.push(String::new());
        Ok(lines.join("\n"))
    }
}

/// A word of curl's configuration.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Got {
    fn read(answer: &Answer, url: &str) -> Self {
        let text = answer.text();
        let mut lines = text.lines();
        let code = lines.next().and_then(|line| line.trim().parse().ok()).unwrap_or(-1);
        let from = lines.next().filter(|line| !line.is_empty()).unwrap_or(url).to_string();
        let mut head = Vec::new();
        for line in lines {
            if line.starts_with("HTTP/") {
                head.clear();
            }
            let field = line.split_once(':');
            head.extend(field.map(|(k, v)| (k.trim().to_lowercase(), v.trim().to_string())));
        }
        let failed = answer.rc != 0;
        let error = failed.then(|| answer.error_text().trim().to_string());
        Self { code: if failed && code == 200 { -1 } else { code }, url: from, head, error }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.head.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the file came, all of it.
    ///
    /// # Errors
    /// Ansible's result.
    pub fn check(&self, url: &str) -> Result<(), Failure> {
        let ftp = url.starts_with("ftp:") && self.error.is_none();
        if ftp || (self.code == 200 && self.error.is_none()) {
            return Ok(());
        }
        if let Some(error) = self.error.as_ref().filter(|_| self.code <= 0 || self.code == 200) {
            let error = error.replace(url, &masked(url));
            return Err(Failure::new(format!("Request failed: {error}")).with("status_code", -1));
        }
        let response = format!("HTTP Error {}: {}", self.code, reason(self.code));
        let failure = Failure::new("Request failed").with("status_code", self.code);
        Err(failure.with("response", response.trim_end_matches(": ")))
    }

    /// Ansible's `msg` of an answer.
    pub fn message(&self) -> String {
        format!("OK ({} bytes)", self.field("content-length").unwrap_or("unknown"))
    }

    /// What the file is called in a directory: as the answer says, else as where it came from.
    pub fn file_name(&self) -> String {
        let given = self.field("content-disposition").and_then(|text| {
            let (_, rest) = text.split_once("filename=")?;
            let name = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => rest.split(';').next(),
            };
            name.map(str::trim)
        });
        // Never out of the directory.
        let given = given.and_then(|name| name.rsplit('/').next());
        match given.filter(|name| !matches!(*name, "" | "." | "..")) {
            Some(name) => name.to_string(),
            None => file_name(&self.url),
        }
    }
}

/// Words of codes that people meet.
fn reason(code: i64) -> &'static str {
    match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// The last part of a URL's path; `index.html` when it has none.
pub fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    match path.rsplit('/').next() {
        None | Some("" | "." | "..") => "index.html".to_string(),
        Some(name) => name.to_string(),
    }
}

/// `user:password` of a URL.
fn userinfo(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('@').map(|(user, _)| user)
}

/// A URL that may be shown.
pub fn masked(url: &str) -> String {
    match userinfo(url) {
        None => url.to_string(),
        Some(user) => {
            let stars = if user.contains(':') { "****:****@" } else { "****@" };
            url.replacen(&format!("{user}@"), stars, 1)
        }
    }
}


#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_masks_of_urls() {
        for (url, name) in [
            ("https://h/a/b.tar.gz?x=/c#d", "b.tar.gz"),
            ("https://h", "index.html"),
            ("https://h/", "index.html"),
            ("http://h/..", "index.html"),
            ("file:///tmp/x", "x"),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
        assert_eq!(masked("https://u:p@h/x"), "https://****:****@h/x");
        assert_eq!(masked("https://u@h/x"), "https://****@h/x");
        assert_eq!(masked("https://h/x@y"), "https://h/x@y");
    }

    #[test]
    fn heads_of_answers() {
        let text = "200\nhttp://h/final.bin\nHTTP/1.1 302 Found\nContent-Length: 9\nLocation: /final.bin\n\nHTTP/1.1 200 OK\nContent-Length: 3\nContent-Disposition: attachment; filename=\"../../etc/x y\"\n";
        let got = Got::read(&Answer::ok(text), "http://h/a");
        assert_eq!((got.message().as_str(), got.file_name().as_str()), ("OK (3 bytes)", "x y"));
        assert!(got.check("http://h/a").is_ok());
        let got = Got::read(&Answer::ok("404\nhttp://h/a\nHTTP/1.1 404 Not Found\n"), "http://h/a");
        let failure = got.check("http://h/a").unwrap_err();
        assert_eq!(failure.msg, "Request failed");
        assert_eq!(failure.fields[&crate::base::Key::from("response")].text(), "HTTP Error 404: Not Found");
        let cut = Answer { rc: 18, stderr: "curl: (18) transfer closed".into(), ..Answer::ok("200\nhttp://h/a\n") };
        let failure = Got::read(&cut, "http://h/a").check("http://h/a").unwrap_err();
        assert_eq!(failure.msg, "Request failed: curl: (18) transfer closed");
    }
}
