//! How a server is reached, and what it is asked.

use super::sql;
use crate::base::Value;
use crate::base::value::from_json;
use crate::spec::args::PathText;
use crate::spec::{Answer, Change, Failure, Op, Probe, Ran};

/// In front of all SQL: backslashes in texts are plain, and no error shows the statement it is about.
const PREFIX: &str = "\\set VERBOSITY terse\n\\set SHOW_CONTEXT never\nSET standard_conforming_strings = on;\nSET client_min_messages = warning;\n";

/// A server and who speaks to it.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// The role.
    pub user: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Host name; empty: the socket.
    pub host: &'a str,
    /// Directory of the socket; empty: psql's own.
    pub socket: Option<&'a str>,
    /// Port.
    pub port: i64,
    /// Mode of TLS.
    pub tls: &'a str,
    /// The role that statements run as.
    pub session: Option<&'a str>,
}

crate::args! {
    /// The arguments that all modules have for it.
    pub struct Login {
        /// Role that logs in; its own name on the host must be allowed to, as by become.
        login_user: String => [default("postgres"), aliases(&["login"])],
        /// The password of that role; it goes by a file that only this user can read, never by words.
        login_password: Option<String> => [no_log()],
        /// Host of the server; empty: its socket on this host.
        login_host: String => [default(""), aliases(&["host"])],
        /// Directory of the socket.
        login_unix_socket: Option<PathText> => [aliases(&["unix_socket"])],
        /// Port of the server.
        login_port: i64 => [default("5432"), aliases(&["port"])],
        /// Whether TLS is used, and what is checked.
        ssl_mode: String => [default("prefer"), choices(&["allow", "disable", "prefer", "require", "verify-ca", "verify-full"])],
        /// Role that the statements run as after the login.
        session_role: Option<String> => [],
    }
}

impl Login {
    /// The server that they name.
    pub fn server(&self) -> Server<'_> {
        Server {
            user: &self.login_user,
            password: self.login_password.as_deref().unwrap_or_default(),
            host: &self.login_host,
            socket: self.login_unix_socket.as_ref().map(PathText::as_str),
            port: self.login_port,
            tls: &self.ssl_mode,
            session: self.session_role.as_deref(),
        }
    }
}

impl Server<'_> {
    /// Names a thing of this server in the predicted world.
    pub fn thing(&self, name: &str) -> String {
        format!("{}:{}/{name}", self.host, self.port)
    }

    fn probe(&self, what: &'static str, db: &str, sql: &str) -> Result<Probe, Failure> {
        let given = [self.user, self.password, self.host, db];
        if given.iter().any(|text| text.contains(['\n', '\0'])) {
            return Err(Failure::new("login: a value of more than one line"));
        }
        let host = if self.host.is_empty() { self.socket.unwrap_or_default() } else { self.host };
        let port = self.port.to_string();
        let session = self.session.map(|role| format!("SET ROLE {};\n", sql::name(role)));
        let session = session.unwrap_or_default();
        let input = format!("{}\n{PREFIX}{session}{sql}", self.pgpass());
        let words = [db, self.user, host, &port, self.tls].map(str::to_string);
        Ok(Probe::new(what, include_str!("psql.sh")).words(words).input(input).secret())
    }

    /// A question in one database; it answers rows of JSON.
    pub fn ask(&self, what: &'static str, db: &str, sql: &str) -> Result<Probe, Failure> {
        self.probe(what, db, sql)
    }

    /// Statements that change something; `shown`: the same without anything secret, a line each.
    pub fn change(&self, db: &str, sql: &str, shown: &str) -> Result<Change, Failure> {
        Ok(Change::new(Op::Script(self.probe("postgresql_change", db, sql)?), shown))
    }

    fn pgpass(&self) -> String {
        if self.password.is_empty() {
            return String::new();
        }
        let escaped = self.password.replace('\\', "\\\\").replace(':', "\\:");
        format!("*:*:*:*:{escaped}")
    }
}

/// Reads rows of JSON.
///
/// # Errors
/// psql is missing, cannot connect, or refused a statement.
pub fn rows(answer: &Answer) -> Result<Vec<Value>, Failure> {
    if answer.rc != 0 {
        return Err(refused(answer));
    }
    let torn = |_| Failure::new("the answer of psql cannot be read");
    answer.text().lines().map(|line| from_json(line).map_err(torn)).collect()
}

/// What psql complained of.
pub fn refused(answer: &Answer) -> Failure {
    let error = answer.error_text();
    let error = error.trim();
    match answer.rc {
        127 => {
            let text = format!("Failed to find required executable \"psql\" in paths: {error}");
            Failure::new(text).missing()
        }
        2 => Failure::new(format!("unable to connect to database: {}", plain(error))).missing(),
        _ => Failure::new(plain(error)),
    }
}

/// Without psql's own marks in front of lines.
fn plain(error: &str) -> String {
    let line = |line: &str| {
        let line = line.strip_prefix("psql:").map_or(line, |rest| {
            rest.find("ERROR:").or_else(|| rest.find("FATAL:")).map_or(rest, |at| &rest[at..])
        });
        let line = line.trim_start_matches("ERROR:").trim();
        line.strip_prefix("error: ").unwrap_or(line).to_string()
    };
    error.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The failure of a change.
pub fn explain(ran: &Ran) -> Option<Failure> {
    (ran.answer.rc != 0).then(|| refused(&ran.answer))
}

#[cfg(test)]
mod unit {
    use super::*;

    fn server<'a>(password: &'a str) -> Server<'a> {
        let (user, host, tls) = ("postgres", "", "prefer");
        Server { user, password, host, socket: None, port: 5432, tls, session: None }
    }

    #[test]
    fn passwords_go_by_stdin_alone() {
        let probe = server("a:b\\c").ask("x", "db", "SELECT 1;").unwrap();
        assert!(probe.secret && !probe.words.iter().any(|word| word.contains("a:b")));
        let input = probe.input.unwrap();
        assert!(input.starts_with(b"*:*:*:*:a\\:b\\\\c\n\\set VERBOSITY terse\n"));
        assert!(server("a\nb").ask("x", "db", "").is_err());
    }

    #[test]
    fn complaints_lose_marks_of_psql() {
        let told = |rc, error: &str| {
            refused(&Answer { rc, stderr: error.to_string().into(), ..Answer::default() })
        };
        let said = "psql:<stdin>:7: ERROR:  role \"x\" does not exist\n";
        assert_eq!(told(3, said).msg, "role \"x\" does not exist");
        let said = "psql: error: connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: No such file or directory\n\tIs the server running locally?";
        let failure = told(2, said);
        assert!(
            failure.missing
                && failure.msg.starts_with(
                    "unable to connect to database: error: connection to server on socket"
                )
                || failure.msg.starts_with("unable to connect to database: connection"),
            "{}",
            failure.msg
        );
        assert!(told(127, "/bin").missing);
    }
}
