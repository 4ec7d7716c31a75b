//! `postgresql_privs`: roles have privileges on things of a database, or not. What a statement would change is found
//! out by a transaction that is rolled back.

mod objects;

use super::server::{self, Login, Server, rows};
use super::{check_name, sql, statements};
use crate::base::Value;
use crate::modules::accounts::Presence;
use crate::spec::{
    Answer, Change, Ctx, Doc, Effect, Example, Failure, Fields, Look, Plan, Probe, Ran, State,
    Support,
};
use objects::{Kind, Objects};

crate::args! {
    /// Who has which privileges on what.
    pub struct Args {
        /// The database.
        login_db: String => [required(), aliases(&["db", "database"])],
        /// Whether they have them.
        state: Presence => [default("present")],
        /// The privileges, with commas; none for `group`.
        privs: Option<String> => [aliases(&["priv"])],
        /// What they are on; `group`: membership; `default_privs`: things that are made later.
        kind as "type": Kind => [default("table")],
        /// The things, with commas; `ALL_IN_SCHEMA`: all that are there; of `default_privs` TABLES, SEQUENCES,
        /// FUNCTIONS, TYPES, SCHEMAS or `ALL_DEFAULT`. Types in the words of a function stand between colons.
        objs: Option<String> => [aliases(&["obj"])],
        /// Their schema; public, where they have one. Of `default_privs`, `not-specified` stands for all.
        schema: Option<String> => [],
        /// The roles, with commas; PUBLIC: all.
        roles: String => [required(), aliases(&["role"])],
        /// Roles that make the things of `default_privs`.
        target_roles: Option<String> => [],
        /// Whether they may pass them on; not given: as it is.
        grant_option: Option<bool> => [aliases(&["admin_option"])],
        /// Whether a role that is not there is an error, else it is passed over.
        fail_on_role: bool => [default("yes")],
    }
    with login: Login,
    rules []
}

static DOC: Doc = Doc {
    name: "postgresql_privs",
    full_names: &["community.postgresql.postgresql_privs"],
    short: "Grant and revoke privileges on PostgreSQL's things.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "Reading all tables",
            yaml: "community.postgresql.postgresql_privs: {login_db: app, roles: reader, privs: SELECT, type: table, objs: ALL_IN_SCHEMA}",
        },
        Example {
            title: "Nobody connects by default",
            yaml: "postgresql_privs: {login_db: app, roles: PUBLIC, type: database, privs: CONNECT, state: absent}",
        },
    ],
    returns: &[("queries", "the statements")],
};

/// The module.
pub struct PostgresqlPrivs;

/// What is there.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The roles that are there, as SQL has them.
    roles: Vec<String>,
    /// Those that are not.
    missing: Vec<String>,
    /// Whether the statements would change anything; None: not known yet.
    differs: Option<bool>,
}

impl Args {
    fn objects(&self) -> Result<Objects, Failure> {
        Objects::of(self)
    }

    fn role_names(&self) -> impl Iterator<Item = &str> {
        self.roles.split(',').map(str::trim).filter(|role| !role.is_empty())
    }

    /// The statements for these roles.
    fn statements(&self, objects: &Objects, roles: &[String]) -> Vec<String> {
        let whom = roles.join(",");
        if self.kind == Kind::DefaultPrivs {
            return self.defaults(objects, &whom);
        }
        let what = objects.what();
        if self.state == Presence::Absent {
            return vec![format!("REVOKE {what} FROM {whom}")];
        }
        let option = if self.kind == Kind::Group { "ADMIN OPTION" } else { "GRANT OPTION" };
        match self.grant_option {
            Some(true) => vec![format!("GRANT {what} TO {whom} WITH {option}")],
            Some(false) => vec![
                format!("GRANT {what} TO {whom}"),
                format!("REVOKE {option} FOR {what} FROM {whom}"),
            ],
            None => vec![format!("GRANT {what} TO {whom}")],
        }
    }

    fn defaults(&self, objects: &Objects, whom: &str) -> Vec<String> {
        let makers = self.target_roles.as_deref().unwrap_or_default();
        let makers: Vec<String> =
            makers.split(',').filter(|role| !role.is_empty()).map(sql::role).collect();
        let mut head = "ALTER DEFAULT PRIVILEGES".to_string();
        if !makers.is_empty() {
            head.push_str(&format!(" FOR ROLE {}", makers.join(",")));
        }
        if let Some(schema) = &objects.schema {
            head.push_str(&format!(" IN SCHEMA {}", sql::name(schema)));
        }
        let revoke = |kind: &str| format!("{head} REVOKE ALL ON {kind} FROM {whom}");
        if self.state == Presence::Absent {
            return ["TABLES", "FUNCTIONS", "SEQUENCES", "TYPES"].map(revoke).to_vec();
        }
        let option = if self.grant_option == Some(true) { " WITH GRANT OPTION" } else { "" };
        let privs = objects.privs.join(",");
        let grant = |kind: &String| format!("{head} GRANT {privs} ON {kind} TO {whom}{option}");
        let revokes = objects.names.iter().map(|kind| revoke(kind));
        revokes.chain(objects.names.iter().map(grant)).collect()
    }

    /// Asks which roles are there.
    fn ask_roles(&self) -> String {
        let names = sql::texts(self.role_names().filter(|role| !implicit(role)));
        format!(
            "SELECT json_build_object('missing', (SELECT coalesce(json_agg(r), '[]') FROM unnest({names}) r \
             WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r)));\n"
        )
    }

    /// Tries the statements and takes them back.
    fn try_out(&self, objects: &Objects, roles: &[String]) -> String {
        let status = objects.status();
        let statements = self.statements(objects, roles).join(";\n");
        format!("BEGIN;\n{status}\n{statements};\n{status}\nROLLBACK;\n")
    }

    fn thing(&self, server: &Server<'_>) -> String {
        let kind = self.kind.word();
        let (privs, objs) = (self.privs.as_deref(), self.objs.as_deref());
        let all = [kind, privs.unwrap_or(""), objs.unwrap_or(""), &self.roles];
        server.thing(&format!("{}/{}", self.login_db, all.join("|")))
    }
}

/// Names that mean a role without being one's name.
fn implicit(role: &str) -> bool {
    sql::role(role) == role.to_uppercase()
}

impl Seen {
    fn read(args: &Args, answer: &Answer, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let server = args.login.server();
        let foretold =
            |kind, name: &str| matches!(ctx.world.thing(kind, &server.thing(name)), Some(Some(_)));
        let all = || args.role_names().map(sql::role).collect();
        let rows = match rows(answer) {
            Ok(rows) => rows,
            // A database that an earlier task of a check run would make.
            Err(_) if foretold("postgresql_db", &args.login_db) => {
                return Ok(Self { roles: all(), missing: Vec::new(), differs: Some(true) });
            }
            Err(failure) => return Err(failure),
        };
        let missing = rows.first().and_then(|row| row.get("missing").cloned());
        let missing: Vec<String> = missing
            .iter()
            .flat_map(|m| m.as_list().into_iter().flatten())
            .map(Value::text)
            .collect();
        let (new, missing): (Vec<String>, Vec<String>) =
            missing.into_iter().partition(|role| foretold("postgresql_user", role));
        if !new.is_empty() {
            return Ok(Self { roles: all(), missing, differs: Some(true) });
        }
        let there = args.role_names().filter(|role| !missing.iter().any(|gone| gone == role));
        Ok(Self { roles: there.map(sql::role).collect(), missing, differs: None })
    }
}

impl State for PostgresqlPrivs {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        check_name("database", &args.login_db)?;
        args.objects()?;
        args.login.server().ask("postgresql_privs", &args.login_db, &args.ask_roles())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = answers.first().ok_or_else(|| Failure::new("the host did not answer"))?;
        let mut seen = Seen::read(args, answer, ctx)?;
        if let Some(role) = seen.missing.first().filter(|_| args.fail_on_role) {
            return Err(Failure::new(format!("Role '{role}' does not exist")));
        }
        let server = args.login.server();
        if let Some(told) = ctx.world.thing("postgresql_privs", &args.thing(&server)) {
            let as_wanted = told.map(Value::text).unwrap_or_default() == args.state.word();
            return Ok(Look::Seen(Seen { differs: Some(!as_wanted), ..seen }));
        }
        if seen.differs.is_some() || seen.roles.is_empty() {
            return Ok(Look::Seen(seen));
        }
        let Some(tried) = answers.get(1) else {
            let sql = args.try_out(&args.objects()?, &seen.roles);
            return Ok(Look::Ask(server.ask("postgresql_privs_try", &args.login_db, &sql)?));
        };
        let told = rows(tried)?;
        let [before, after] = &told[..] else {
            return Err(Failure::new("the server's answer about privileges cannot be read"));
        };
        seen.differs = Some(before != after);
        Ok(Look::Seen(seen))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        let passed = seen.missing.iter();
        plan.warnings.extend(passed.map(|role| format!("Role '{role}' does not exist, pass it")));
        if args.target_roles.is_some() && args.kind != Kind::DefaultPrivs {
            let text = "\"target_roles\" will be ignored Argument \"type: default_privs\" is required for usage of \"target_roles\".";
            plan.warnings.push(text.to_string());
        }
        if seen.roles.is_empty() {
            plan.warnings.push("No valid roles provided, nothing to do".to_string());
            return Ok(plan);
        }
        let statements = args.statements(&args.objects()?, &seen.roles);
        if seen.differs != Some(true) {
            let all = statements.iter().map(|text| Value::from(text.as_str())).collect();
            plan.fields.insert("queries".into(), Value::list(all));
            return Ok(plan);
        }
        let sql = format!("BEGIN;\n{};\nCOMMIT;\n", statements.join(";\n"));
        let server = args.login.server();
        let change = server.change(&args.login_db, &sql, &statements.join("\n"))?;
        let left = Some(Value::from(args.state.word()));
        let effect = Effect::Thing("postgresql_privs", args.thing(&server), left);
        plan.parts = Plan::of(vec![change.effect(effect)]).parts;
        Ok(plan)
    }

    fn verify(&self, _: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match after.differs {
            Some(false) => Ok(()),
            _ => Err("the privileges are not as they should be".to_string()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        server::explain(ran)
    }

    fn result(&self, _: &Args, _: &Seen, _: Option<&Seen>, plan: &Plan, _: &[Ran]) -> Fields {
        let known = plan.fields.get(&crate::base::Key::from("queries")).cloned();
        [("queries".into(), known.unwrap_or_else(|| statements(plan)))].into_iter().collect()
    }
}
