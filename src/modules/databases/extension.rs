//! `postgresql_ext`: an extension of a database is there, or not.

use super::server::{self, Login, rows};
use super::{check_name, sql, statements, text};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, Risk,
    State, Support,
};

crate::args! {
    /// The extension that is wanted.
    pub struct Args {
        /// Its name, such as `vector` for pgvector.
        ext: String => [required(), aliases(&["name"])],
        /// The database.
        login_db: String => [required(), aliases(&["db"])],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Schema of a new one.
        schema: Option<String> => [],
        /// Its version; `latest`: the newest that the host has.
        version: Option<String> => [],
        /// Whether what it needs comes and what needs it goes with it.
        cascade: bool => [default("no")],
        /// A comment; empty: none.
        comment: Option<String> => [],
    }
    with login: Login,
    rules []
}

static DOC: Doc = Doc {
    name: "postgresql_ext",
    full_names: &["community.postgresql.postgresql_ext"],
    short: "Manage extensions of PostgreSQL databases.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "Vectors",
            yaml: "community.postgresql.postgresql_ext: {name: vector, login_db: app}",
        },
        Example {
            title: "The newest that is installed",
            yaml: "postgresql_ext: {name: postgis, login_db: app, version: latest, cascade: true}",
        },
    ],
    returns: &[
        ("ext", "the extension"),
        ("db", "the database"),
        ("prev_version", "its version before; empty: it was not there"),
        ("version", "its version now"),
        ("queries", "the statements"),
    ],
};

/// The module.
pub struct PostgresqlExt;

/// What is there.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The version that is there.
    version: Option<String>,
    comment: Option<String>,
    schema: Option<String>,
    /// The version that the host has to offer.
    newest: Option<String>,
    /// Whether the wanted version can be had.
    offered: bool,
    /// Whether there is a way from the version that is there to the wanted one.
    way: bool,
    /// Whether the database is only foretold.
    foretold: bool,
}

impl Args {
    fn look(&self) -> String {
        let (ext, version) = (sql::text(&self.ext), self.version.as_deref().unwrap_or_default());
        let version = match version {
            "latest" => {
                format!("(SELECT default_version FROM pg_available_extensions WHERE name = {ext})")
            }
            version => sql::text(version),
        };
        format!(
            "SELECT json_build_object('version', (SELECT extversion FROM pg_extension WHERE extname = {ext}), \
             'schema', (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = {ext}), \
             'comment', (SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = {ext}), \
             'newest', (SELECT default_version FROM pg_available_extensions WHERE name = {ext}), \
             'offered', EXISTS (SELECT 1 FROM pg_available_extension_versions WHERE name = {ext} AND version = {version}), \
             'way', EXISTS (SELECT 1 FROM pg_extension e, pg_extension_update_paths({ext}) p WHERE e.extname = {ext} AND p.source = e.extversion AND p.target = {version} AND p.path IS NOT NULL));\n"
        )
    }

    /// The wanted version; None: any.
    fn wanted<'s>(&'s self, seen: &'s Seen) -> Option<&'s str> {
        match self.version.as_deref().filter(|version| !version.is_empty()) {
            Some("latest") => seen.newest.as_deref(),
            version => version,
        }
    }

    fn create(&self, seen: &Seen) -> Result<Vec<String>, Failure> {
        if seen.newest.is_none() && !seen.foretold {
            return Err(Failure::new(format!("Extension {} is not available", self.ext)).missing());
        }
        let mut statement = format!("CREATE EXTENSION {}", sql::name(&self.ext));
        if let Some(schema) = &self.schema {
            statement.push_str(&format!(" WITH SCHEMA {}", sql::name(schema)));
        }
        if let Some(version) = self.wanted(seen) {
            self.offered(seen, seen.offered, "is not available")?;
            statement.push_str(&format!(" VERSION {}", sql::text(version)));
        }
        statement.push_str(if self.cascade { " CASCADE" } else { "" });
        let comment = self.set_comment().filter(|_| self.comment.as_deref() != Some(""));
        Ok([statement].into_iter().chain(comment).collect())
    }

    fn offered(&self, seen: &Seen, is: bool, why: &str) -> Result<(), Failure> {
        if is || seen.foretold {
            return Ok(());
        }
        let version = self.wanted(seen).unwrap_or_default();
        let word = if self.version.as_deref() == Some("latest") { "Latest" } else { "Passed" };
        Err(Failure::new(format!("{word} version '{version}' {why}")))
    }

    fn set_comment(&self) -> Option<String> {
        let comment = self.comment.as_ref()?;
        let told = if comment.is_empty() { "NULL".to_string() } else { sql::text(comment) };
        Some(format!("COMMENT ON EXTENSION {} IS {told}", sql::name(&self.ext)))
    }

    fn alter(&self, seen: &Seen, has: &str) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        if let Some(version) = self.wanted(seen).filter(|version| *version != has) {
            let why =
                format!("has no valid update path from the currently installed version '{has}'");
            self.offered(seen, seen.way, &why)?;
            let name = sql::name(&self.ext);
            all.push(format!("ALTER EXTENSION {name} UPDATE TO {}", sql::text(version)));
        }
        let now = seen.comment.as_deref().unwrap_or_default();
        let comment = self.comment.as_ref().filter(|comment| *comment != now);
        all.extend(comment.and_then(|_| self.set_comment()));
        Ok(all)
    }
}

impl State for PostgresqlExt {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        check_name("extension", &args.ext)?;
        check_name("database", &args.login_db)?;
        args.login.server().ask("postgresql_ext", &args.login_db, &args.look())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
        let server = args.login.server();
        let mut seen = match rows(answer) {
            Ok(rows) => rows.first().map(Seen::of).unwrap_or_default(),
            Err(failure) => {
                let db = ctx.world.thing("postgresql_db", &server.thing(&args.login_db));
                if !matches!(db, Some(Some(_))) {
                    return Err(failure);
                }
                Seen { foretold: true, ..Seen::default() }
            }
        };
        let thing = server.thing(&format!("{}/{}", args.login_db, args.ext));
        if let Some(told) = ctx.world.thing("postgresql_ext", &thing) {
            seen.version = told.and_then(|value| text(value, "version"));
            seen.comment = told.and_then(|value| text(value, "comment"));
        }
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let statements = match (args.state, &seen.version) {
            (Presence::Absent, None) => Vec::new(),
            (Presence::Absent, Some(_)) => {
                let cascade = if args.cascade { " CASCADE" } else { "" };
                vec![format!("DROP EXTENSION {}{cascade}", sql::name(&args.ext))]
            }
            (Presence::Present, None) => args.create(seen)?,
            (Presence::Present, Some(has)) => args.alter(seen, has)?,
        };
        let mut plan = Plan::ok();
        let gone = args.state == Presence::Absent;
        let moved = (args.schema.as_ref(), seen.schema.as_ref());
        if let (Some(wanted), Some(has), false) = (moved.0, moved.1, gone)
            && wanted != has
        {
            let text = format!("{} is in schema {has}; it is not moved to {wanted}", args.ext);
            plan.warnings.push(text);
        }
        if statements.is_empty() {
            return Ok(plan);
        }
        let sql = format!("BEGIN;\n{};\nCOMMIT;\n", statements.join(";\n"));
        let server = args.login.server();
        let change = server.change(&args.login_db, &sql, &statements.join("\n"))?;
        let version = args.wanted(seen).or(seen.version.as_deref()).or(seen.newest.as_deref());
        let comment = args.comment.as_deref().or(seen.comment.as_deref());
        let left: Value = [
            ("version", Value::from(version.unwrap_or("unknown"))),
            ("comment", Value::from(comment.unwrap_or_default())),
        ]
        .into_iter()
        .collect();
        let thing = server.thing(&format!("{}/{}", args.login_db, args.ext));
        let effect = Effect::Thing("postgresql_ext", thing, (!gone).then_some(left));
        let risk = if gone && args.cascade { Risk::Critical } else { Risk::Low };
        plan.parts = Plan::of(vec![change.effect(effect).risk(risk)]).parts;
        Ok(plan)
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.version) {
            (Presence::Absent, Some(_)) => Err("the extension is still there".to_string()),
            (Presence::Present, None) => Err("the extension is not there".to_string()),
            (Presence::Present, Some(has)) => match args.wanted(after) {
                Some(wanted) if wanted != has => Err(format!("its version is {has}")),
                _ => Ok(()),
            },
            (Presence::Absent, None) => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        server::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let gone = args.state == Presence::Absent;
        let version = match after {
            Some(after) => after.version.clone(),
            None if gone => None,
            None if plan.has_work() => {
                args.wanted(before).map(str::to_string).or(before.newest.clone())
            }
            None => before.version.clone(),
        };
        [
            ("db", Value::from(args.login_db.as_str())),
            ("ext", Value::from(args.ext.as_str())),
            ("prev_version", Value::from(before.version.clone().unwrap_or_default())),
            ("version", Value::from(version.unwrap_or_default())),
            ("queries", statements(plan)),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect()
    }
}

impl Seen {
    fn of(row: &Value) -> Self {
        Self {
            version: text(row, "version"),
            comment: text(row, "comment"),
            schema: text(row, "schema"),
            newest: text(row, "newest"),
            offered: super::flag(row, "offered"),
            way: super::flag(row, "way"),
            foretold: false,
        }
    }
}
