//! `postgresql_db`: a database is there, or not.

use super::server::{self, Login, rows};
use super::{check_name, sql, statements, text};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::args! {
    /// The database that is wanted.
    pub struct Args {
        /// Its name.
        db: String => [required(), aliases(&["name"])],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// The role it belongs to.
        owner: String => [default("")],
        /// Database that a new one is a copy of.
        template: String => [default("")],
        /// Encoding; it cannot be changed later.
        encoding: String => [default("")],
        /// Order of texts; it cannot be changed later.
        lc_collate: String => [default("")],
        /// Classes of characters; they cannot be changed later.
        lc_ctype: String => [default("")],
        /// So many connections at once; -1: any number.
        conn_limit: String => [default("")],
        /// Where its files are.
        tablespace: String => [default("")],
        /// A comment; empty: none.
        comment: Option<String> => [],
        /// Whether `absent` ends the connections to it.
        force: bool => [default("no")],
        /// Database that is asked.
        maintenance_db: String => [default("postgres")],
    }
    with login: Login,
    rules []
}

static DOC: Doc = Doc {
    name: "postgresql_db",
    full_names: &["community.postgresql.postgresql_db"],
    short: "Manage PostgreSQL databases.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A database of a role",
            yaml: "community.postgresql.postgresql_db: {name: app, owner: app, encoding: UTF8, template: template0}",
        },
        Example { title: "None", yaml: "postgresql_db: {name: old, state: absent}" },
    ],
    returns: &[("db", "the database"), ("executed_commands", "the statements")],
};

/// The module.
pub struct PostgresqlDb;

/// What is there; None: nothing.
pub struct Seen(Option<Value>);

const LOOK: &str = "SELECT json_build_object('owner', r.rolname, 'encoding', pg_encoding_to_char(d.encoding), 'lc_collate', d.datcollate, 'lc_ctype', d.datctype, 'conn_limit', d.datconnlimit, 'tablespace', t.spcname, 'comment', shobj_description(d.oid, 'pg_database')) FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = ";

impl Args {
    fn check(&self) -> Result<(), Failure> {
        check_name("database", &self.db)?;
        let number = self.conn_limit.is_empty() || self.conn_limit.parse::<i32>().is_ok();
        if !number {
            return Err(Failure::new(format!("conn_limit: {:?} is no number", self.conn_limit)));
        }
        if self.state == Presence::Absent && self.db == self.maintenance_db {
            let text =
                "The \"maintenance_db\" option and the \"name/db\" option cannot be the same.";
            return Err(Failure::new(text));
        }
        Ok(())
    }

    fn set_comment(&self) -> Option<String> {
        let comment = self.comment.as_ref()?;
        let told = if comment.is_empty() { "NULL".to_string() } else { sql::text(comment) };
        Some(format!("COMMENT ON DATABASE {} IS {told}", sql::name(&self.db)))
    }

    fn create(&self) -> Vec<String> {
        let mut words = vec![format!("CREATE DATABASE {}", sql::name(&self.db))];
        let mut word = |key: &str, value: &str, quote: fn(&str) -> String| {
            if !value.is_empty() {
                words.push(format!("{key} {}", quote(value)));
            }
        };
        word("OWNER", &self.owner, sql::name);
        word("TEMPLATE", &self.template, sql::name);
        word("ENCODING", &self.encoding, sql::text);
        word("LC_COLLATE", &self.lc_collate, sql::text);
        word("LC_CTYPE", &self.lc_ctype, sql::text);
        word("TABLESPACE", &self.tablespace, sql::name);
        word("CONNECTION LIMIT", &self.conn_limit, str::to_string);
        let comment = self.set_comment().filter(|_| self.comment.as_deref() != Some(""));
        [words.join(" ")].into_iter().chain(comment).collect()
    }

    /// What cannot be changed.
    fn fixed(&self, row: &Value) -> Result<(), Failure> {
        let same_encoding = |a: &str, b: &str| {
            let plain =
                |t: &str| t.to_lowercase().replace(['-', '_'], "").replace("unicode", "utf8");
            plain(a) == plain(b)
        };
        let has = |key: &str| text(row, key).unwrap_or_default();
        if !self.encoding.is_empty() && !same_encoding(&self.encoding, &has("encoding")) {
            let now = has("encoding");
            let text = "Changing database encoding is not supported. Current encoding: ";
            return Err(Failure::new(format!("{text}{now}")));
        }
        for (key, wanted) in [("lc_collate", &self.lc_collate), ("lc_ctype", &self.lc_ctype)] {
            if !wanted.is_empty() && *wanted != has(key) {
                let (upper, now) = (key.to_uppercase(), has(key));
                let text = format!("Changing {upper} is not supported. Current {upper}: {now}");
                return Err(Failure::new(text));
            }
        }
        Ok(())
    }

    fn alter(&self, row: &Value) -> Vec<String> {
        let has = |key: &str| text(row, key).unwrap_or_default();
        let name = sql::name(&self.db);
        let mut all = Vec::new();
        if !self.owner.is_empty() && self.owner != has("owner") {
            all.push(format!("ALTER DATABASE {name} OWNER TO {}", sql::name(&self.owner)));
        }
        if !self.conn_limit.is_empty() && self.conn_limit != has("conn_limit") {
            all.push(format!("ALTER DATABASE {name} CONNECTION LIMIT {}", self.conn_limit));
        }
        if !self.tablespace.is_empty() && self.tablespace != has("tablespace") {
            all.push(format!(
                "ALTER DATABASE {name} SET TABLESPACE {}",
                sql::name(&self.tablespace)
            ));
        }
        let comment = self.comment.as_ref().filter(|comment| **comment != has("comment"));
        all.extend(comment.and_then(|_| self.set_comment()));
        all
    }

    /// What the predicted world holds of it then.
    fn left(&self, row: Option<&Value>) -> Value {
        let of = |key: &str, wanted: &str| match wanted {
            "" => row.and_then(|row| row.get(key).cloned()).unwrap_or(Value::NULL),
            wanted => Value::from(wanted),
        };
        [
            ("owner", of("owner", &self.owner)),
            ("encoding", of("encoding", &self.encoding)),
            ("lc_collate", of("lc_collate", &self.lc_collate)),
            ("lc_ctype", of("lc_ctype", &self.lc_ctype)),
            ("conn_limit", of("conn_limit", &self.conn_limit)),
            ("tablespace", of("tablespace", &self.tablespace)),
            ("comment", self.comment.as_deref().map_or_else(|| of("comment", ""), Value::from)),
        ]
        .into_iter()
        .collect()
    }
}

impl State for PostgresqlDb {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        args.check()?;
        let sql = format!("{LOOK}{};\n", sql::text(&args.db));
        args.login.server().ask("postgresql_db", &args.maintenance_db, &sql)
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
        let row = rows(answer)?.into_iter().next();
        let thing = args.login.server().thing(&args.db);
        Ok(Look::Seen(Seen(match ctx.world.thing("postgresql_db", &thing) {
            Some(told) => told.cloned(),
            None => row,
        })))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let statements = match (args.state, &seen.0) {
            (Presence::Absent, None) => Vec::new(),
            (Presence::Absent, Some(_)) => {
                let force = if args.force { " WITH (FORCE)" } else { "" };
                vec![format!("DROP DATABASE {}{force}", sql::name(&args.db))]
            }
            (Presence::Present, None) => args.create(),
            (Presence::Present, Some(row)) => {
                args.fixed(row)?;
                args.alter(row)
            }
        };
        if statements.is_empty() {
            return Ok(Plan::ok());
        }
        let sql = format!("{};\n", statements.join(";\n"));
        let server = args.login.server();
        let change = server.change(&args.maintenance_db, &sql, &statements.join("\n"))?;
        let gone = args.state == Presence::Absent;
        let left = (!gone).then(|| args.left(seen.0.as_ref()));
        let change = change.risk(if gone { Risk::Critical } else { Risk::Low });
        let effect = Effect::Thing("postgresql_db", server.thing(&args.db), left);
        Ok(Plan::of(vec![change.effect(effect)]))
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.0) {
            (Presence::Absent, Some(_)) => Err("the database is still there".to_string()),
            (Presence::Present, None) => Err("the database is not there".to_string()),
            (Presence::Absent, None) => Ok(()),
            (Presence::Present, Some(row)) => {
                args.fixed(row).map_err(|failure| failure.msg)?;
                match args.alter(row).first() {
                    Some(left) => Err(format!("this is left to do: {left}")),
                    None => Ok(()),
                }
            }
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        server::explain(ran)
    }

    fn result(&self, args: &Args, _: &Seen, _: Option<&Seen>, plan: &Plan, _: &[Ran]) -> Fields {
        let db = ("db".into(), Value::from(args.db.as_str()));
        [db, ("executed_commands".into(), statements(plan))].into_iter().collect()
    }
}
