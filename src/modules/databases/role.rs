//! `postgresql_user`: a role is there with its rights and its password, or not.

use super::server::{self, Login, rows};
use super::{check_name, flag, scram, sql, statements, text};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::args! {
    /// The role that is wanted.
    pub struct Args {
        /// Its name.
        user: String => [required(), aliases(&["name"])],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Its password, or what PostgreSQL keeps of one (`SCRAM-SHA-256$...`, `md5...`); empty: none. The password
        /// itself is in no statement.
        password: Option<String> => [no_log()],
        /// Whether the password of a role that is there is left alone.
        no_password_changes: bool => [default("no")],
        /// Its rights, with commas: SUPERUSER, CREATEROLE, CREATEDB, INHERIT, LOGIN, REPLICATION, BYPASSRLS, each also
        /// with NO in front.
        role_attr_flags: String => [default("")],
        /// Until when its password counts; `infinity`: for ever.
        expires: Option<String> => [],
        /// So many connections at once; -1: any number.
        conn_limit: Option<i64> => [],
        /// A comment; empty: none.
        comment: Option<String> => [],
        /// Database that is asked.
        login_db: String => [default("postgres"), aliases(&["db"])],
    }
    with login: Login,
    rules []
}

static DOC: Doc = Doc {
    name: "postgresql_user",
    full_names: &["community.postgresql.postgresql_user"],
    short: "Manage PostgreSQL roles.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A role that may log in",
            yaml: "community.postgresql.postgresql_user: {name: app, password: \"{{ app_password }}\", role_attr_flags: \"NOSUPERUSER,NOCREATEDB\"}",
        },
        Example { title: "None", yaml: "postgresql_user: {name: old, state: absent}" },
    ],
    returns: &[
        ("user", "the role"),
        ("queries", "the statements, without the password"),
        ("user_removed", "with absent: whether it is gone"),
    ],
};

/// Rights and their columns.
const RIGHTS: [(&str, &str); 7] = [
    ("SUPERUSER", "rolsuper"),
    ("CREATEROLE", "rolcreaterole"),
    ("CREATEDB", "rolcreatedb"),
    ("INHERIT", "rolinherit"),
    ("LOGIN", "rolcanlogin"),
    ("REPLICATION", "rolreplication"),
    ("BYPASSRLS", "rolbypassrls"),
];

/// The module.
pub struct PostgresqlUser;

/// What is there.
pub struct Seen {
    /// How the server keeps new passwords.
    method: String,
    role: Option<Value>,
}

/// A statement, and the same as it may be shown.
struct Statement {
    sql: String,
    shown: String,
}

impl Args {
    /// The wanted rights: name, column, on or off.
    fn rights(&self) -> Result<Vec<(String, &'static str, bool)>, Failure> {
        let mut all = Vec::new();
        for word in self.role_attr_flags.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let word = word.to_uppercase();
            let find = |name: &str| RIGHTS.iter().find(|(known, _)| *known == name);
            let found = match (find(&word), word.strip_prefix("NO").and_then(find)) {
                (Some((_, column)), _) => (*column, true),
                (None, Some((_, column))) => (*column, false),
                (None, None) => {
                    let text = format!("Invalid role_attr_flags specified: {word}");
                    return Err(Failure::new(text));
                }
            };
            all.push((word, found.0, found.1));
        }
        Ok(all)
    }

    /// Whether the password is looked at.
    fn asks_password(&self) -> bool {
        self.password.is_some() && !self.no_password_changes && self.state == Presence::Present
    }

    fn look(&self) -> String {
        let name = sql::text(&self.user);
        let columns = RIGHTS.map(|(_, column)| format!("'{column}', {column}")).join(", ");
        let kept = match self.asks_password() {
            true => format!(", 'kept', (SELECT rolpassword FROM pg_authid WHERE rolname = {name})"),
            false => String::new(),
        };
        let until = match &self.expires {
            Some(time) => format!(
                ", 'until', rolvaliduntil IS NOT DISTINCT FROM {}::timestamptz",
                sql::text(time)
            ),
            None => String::new(),
        };
        format!(
            "SELECT json_build_object('method', current_setting('password_encryption'), 'role', \
             (SELECT json_build_object({columns}, 'conn_limit', rolconnlimit, \
             'comment', shobj_description(oid, 'pg_authid'){until}{kept}) FROM pg_roles WHERE rolname = {name}));\n"
        )
    }

    /// The password's part of a statement: None, it is as wanted.
    fn password(&self, seen: &Seen) -> Result<Option<Statement>, Failure> {
        let Some(password) = &self.password else { return Ok(None) };
        if seen.role.is_some() && self.no_password_changes {
            return Ok(None);
        }
        let kept = seen.role.as_ref().and_then(|role| text(role, "kept"));
        if password.is_empty() {
            let none = || Statement { sql: "PASSWORD NULL".into(), shown: "PASSWORD NULL".into() };
            return Ok(kept.map(|_| none()));
        }
        if kept.is_some_and(|kept| scram::matches(&kept, &self.user, password)) {
            return Ok(None);
        }
        let keep = scram::keep(&self.user, password, &seen.method)?;
        let sql = format!("ENCRYPTED PASSWORD {}", sql::text(&keep));
        Ok(Some(Statement { sql, shown: "ENCRYPTED PASSWORD %(password)s".to_string() }))
    }

    fn create(&self, seen: &Seen) -> Result<Vec<Statement>, Failure> {
        let mut sql = format!("CREATE USER {}", sql::name(&self.user));
        let mut shown = sql.clone();
        let mut add = |open: &str, told: &str| {
            sql.push(' ');
            sql.push_str(open);
            shown.push(' ');
            shown.push_str(told);
        };
        if let Some(password) = self.password(seen)? {
            add(&password.sql, &password.shown);
        }
        if let Some(time) = &self.expires {
            let until = format!("VALID UNTIL {}", sql::text(time));
            add(&until, &until);
        }
        if let Some(limit) = self.conn_limit {
            let limit = format!("CONNECTION LIMIT {limit}");
            add(&limit, &limit);
        }
        for (word, _, _) in self.rights()? {
            add(&word, &word);
        }
        let comment = self.set_comment().filter(|_| self.comment.as_deref() != Some(""));
        Ok([Statement { sql, shown }].into_iter().chain(comment).collect())
    }

    fn set_comment(&self) -> Option<Statement> {
        let comment = self.comment.as_ref()?;
        let told = if comment.is_empty() { "NULL".to_string() } else { sql::text(comment) };
        let sql = format!("COMMENT ON ROLE {} IS {told}", sql::name(&self.user));
        Some(Statement { shown: sql.clone(), sql })
    }

    fn alter(&self, seen: &Seen, role: &Value) -> Result<Vec<Statement>, Failure> {
        let head = format!("ALTER USER {}", sql::name(&self.user));
        let mut all = Vec::new();
        let mut plain = |text: String| {
            let sql = format!("{head} {text}");
            all.push(Statement { shown: sql.clone(), sql });
        };
        let rights = self.rights()?;
        let other = rights.into_iter().filter(|(_, column, on)| flag(role, column) != *on);
        let other: Vec<String> = other.map(|(word, _, _)| word).collect();
        if !other.is_empty() {
            plain(format!("WITH {}", other.join(" ")));
        }
        if let Some(time) = self.expires.as_ref().filter(|_| !flag(role, "until")) {
            plain(format!("VALID UNTIL {}", sql::text(time)));
        }
        let limit = role.get("conn_limit").and_then(Value::as_int);
        if let Some(wanted) = self.conn_limit.filter(|wanted| Some(*wanted) != limit) {
            plain(format!("CONNECTION LIMIT {wanted}"));
        }
        if let Some(Statement { sql, shown }) = self.password(seen)? {
            all.push(Statement {
                sql: format!("{head} WITH {sql}"),
                shown: format!("{head} WITH {shown}"),
            });
        }
        let now = text(role, "comment").unwrap_or_default();
        let comment = self.comment.as_ref().filter(|comment| **comment != now);
        all.extend(comment.and_then(|_| self.set_comment()));
        Ok(all)
    }

    /// What the predicted world holds of it then: all that was wanted is so.
    fn left(&self, seen: &Seen) -> Result<Value, Failure> {
        let mut left = seen.role.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
        if seen.role.is_none() {
            for column in ["rolinherit", "rolcanlogin"] {
                left.insert(column.into(), Value::from(true));
            }
            left.insert("conn_limit".into(), Value::from(-1));
        }
        for (_, column, on) in self.rights()? {
            left.insert(column.into(), Value::from(on));
        }
        if self.expires.is_some() {
            left.insert("until".into(), Value::from(true));
        }
        left.extend(self.conn_limit.map(|limit| ("conn_limit".into(), Value::from(limit))));
        let comment = self.comment.as_ref();
        left.extend(comment.map(|text| ("comment".into(), Value::from(text.as_str()))));
        if let Some(password) = self.password.as_ref().filter(|password| !password.is_empty()) {
            let kept = scram::keep(&self.user, password, &seen.method)?;
            left.insert("kept".into(), Value::from(kept).secret());
        }
        Ok(left.into_iter().collect())
    }
}

impl State for PostgresqlUser {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        check_name("role", &args.user)?;
        args.rights()?;
        args.login.server().ask("postgresql_user", &args.login_db, &args.look())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
        let rows = rows(answer).map_err(|failure| match failure.msg.contains("pg_authid") {
            true => Failure::new(format!(
                "{}: only a superuser sees whether the password differs; see no_password_changes",
                failure.msg
            )),
            false => failure,
        })?;
        let row = rows.first().ok_or_else(|| Failure::new("the server did not answer"))?;
        let role = row.get("role").filter(|role| !role.is_null()).cloned();
        let thing = args.login.server().thing(&args.user);
        let role = match ctx.world.thing("postgresql_user", &thing) {
            Some(told) => told.cloned(),
            None => role,
        };
        Ok(Look::Seen(Seen { method: text(row, "method").unwrap_or_default(), role }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let statements = match (args.state, &seen.role) {
            (Presence::Absent, None) => Vec::new(),
            (Presence::Absent, Some(_)) => {
                let sql = format!("DROP USER {}", sql::name(&args.user));
                vec![Statement { shown: sql.clone(), sql }]
            }
            (Presence::Present, None) => args.create(seen)?,
            (Presence::Present, Some(role)) => args.alter(seen, role)?,
        };
        if statements.is_empty() {
            return Ok(Plan::ok());
        }
        let lines = |part: fn(&Statement) -> &str, end: &str| {
            statements.iter().map(|s| format!("{}{end}", part(s))).collect::<Vec<_>>().join("\n")
        };
        let sql = format!("BEGIN;\n{}\nCOMMIT;\n", lines(|statement| &statement.sql, ";"));
        let shown = lines(|statement| &statement.shown, "");
        let server = args.login.server();
        let change = server.change(&args.login_db, &sql, &shown)?;
        let gone = args.state == Presence::Absent;
        let left = if gone { None } else { Some(args.left(seen)?) };
        let effect = Effect::Thing("postgresql_user", server.thing(&args.user), left);
        let risk = if gone { Risk::High } else { Risk::Low };
        Ok(Plan::of(vec![change.effect(effect).risk(risk)]))
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.role) {
            (Presence::Absent, Some(_)) => Err("the role is still there".to_string()),
            (Presence::Present, None) => Err("the role is not there".to_string()),
            (Presence::Absent, None) => Ok(()),
            (Presence::Present, Some(role)) => {
                let left = args.alter(after, role).map_err(|failure| failure.msg)?;
                match left.first() {
                    Some(statement) => Err(format!("this is left to do: {}", statement.shown)),
                    None => Ok(()),
                }
            }
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        server::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        _: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        fields.insert("user".into(), Value::from(args.user.as_str()));
        fields.insert("queries".into(), statements(plan));
        if args.state == Presence::Absent && plan.has_work() {
            let removed = after.is_none_or(|after| after.role.is_none());
            fields.insert("user_removed".into(), Value::from(removed));
        }
        fields
    }
}
