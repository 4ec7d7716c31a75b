//! What privileges are on, and how the catalogue tells of them.

use super::Args;
use crate::modules::databases::sql;
use crate::spec::Failure;

crate::choices! {
    /// Kinds of things.
    pub enum Kind {
        Table = "table",
        Sequence = "sequence",
        Function = "function",
        Procedure = "procedure",
        Database = "database",
        Schema = "schema",
        Language = "language",
        Tablespace = "tablespace",
        Group = "group",
        DefaultPrivs = "default_privs",
        ForeignDataWrapper = "foreign_data_wrapper",
        ForeignServer = "foreign_server",
        Type = "type",
        Parameter = "parameter",
    }
}

const PRIVILEGES: [&str; 18] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "CREATE", "CONNECT",
    "TEMPORARY", "TEMP", "EXECUTE", "USAGE", "ALL", "SET", "ALTER_SYSTEM", "MAINTAIN", "ALL_PRIVILEGES",
];

const DEFAULTS: [(&str, &[&str]); 5] = [
    ("TABLES", &["ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"]),
    ("SEQUENCES", &["ALL", "SELECT", "UPDATE", "USAGE"]),
    ("FUNCTIONS", &["ALL", "EXECUTE"]),
    ("TYPES", &["ALL", "USAGE"]),
    ("SCHEMAS", &["CREATE", "USAGE"]),
];

/// What a statement is about.
pub struct Objects {
    kind: Kind,
    /// The privileges, as SQL has them.
    pub privs: Vec<String>,
    /// The things; empty: all of the schema.
    pub names: Vec<String>,
    /// Their schema.
    pub schema: Option<String>,
}

impl Kind {
    fn has_schema(self) -> bool {
        let plain = matches!(self, Self::Table | Self::Sequence | Self::Function | Self::Procedure);
        plain || matches!(self, Self::Type | Self::DefaultPrivs)
    }

    /// Whether `ALL_IN_SCHEMA` makes sense.
    fn has_all(self) -> bool {
        matches!(self, Self::Table | Self::Sequence | Self::Function | Self::Procedure)
    }

    fn is_routine(self) -> bool {
        matches!(self, Self::Function | Self::Procedure)
    }
}

impl Objects {
    /// Of a task.
    ///
    /// # Errors
    /// Arguments that do not fit together; Ansible's texts.
    pub fn of(args: &Args) -> Result<Self, Failure> {
        let kind = args.kind;
        let word = kind.word();
        let schema = match args.schema.as_deref().filter(|schema| !schema.is_empty()) {
            Some(_) if !kind.has_schema() => {
                let text = format!("Argument \"schema\" is not allowed for type \"{word}\".");
                return Err(Failure::new(text));
            }
            Some("not-specified") if kind == Kind::DefaultPrivs => None,
            Some(schema) => Some(schema.to_string()),
            None => kind.has_schema().then(|| "public".to_string()),
        };
        let objs = match args.objs.as_deref().filter(|objs| !objs.is_empty()) {
            Some("ALL_IN_SCHEMA") if !kind.has_all() => {
                let text = "Argument \"objs\": ALL_IN_SCHEMA can be used only for type: table, sequence, function or procedure, ";
                return Err(Failure::new(format!("{text}{word} was passed.")));
            }
            Some(objs) => objs.to_string(),
            None if kind == Kind::Database => args.login_db.clone(),
            None => {
                let text = format!("Argument \"objs\" is required for type \"{word}\".");
                return Err(Failure::new(text));
            }
        };
        let privs = privileges(kind, args.privs.as_deref().unwrap_or_default())?;
        let names = names(kind, &objs, &privs)?;
        Ok(Self { kind, privs, names, schema })
    }

    /// `SELECT ON TABLE "s"."t"`; of `group` the groups.
    pub fn what(&self) -> String {
        let names: Vec<String> = self.names.iter().map(|name| self.quoted(name)).collect();
        if self.kind == Kind::Group {
            return names.join(",");
        }
        let privs = self.privs.join(",");
        let schema = self.schema.as_deref().map(sql::name).unwrap_or_default();
        let word = self.kind.word().to_uppercase().replace('_', " ");
        if self.names.is_empty() {
            return format!("{privs} ON ALL {word}S IN SCHEMA {schema}");
        }
        format!("{privs} ON {word} {}", names.join(","))
    }

    fn quoted(&self, name: &str) -> String {
        let schema = self.schema.as_deref().map(|s| format!("{}.", sql::name(s))).unwrap_or_default();
        match name.split_once('(') {
            Some((function, words)) if self.kind.is_routine() => {
                format!("{schema}{}({words}", sql::name(function))
            }
            _ if self.kind == Kind::Parameter => {
                name.split('.').map(sql::name).collect::<Vec<_>>().join(".")
            }
            _ => format!("{schema}{}", sql::name(name)),
        }
    }

    /// A statement that tells who has what, in a fixed order.
    pub fn status(&self) -> String {
        let schema = sql::text(self.schema.as_deref().unwrap_or_default());
        let acl = |column: &str| {
            format!("(SELECT json_agg(a::text ORDER BY a::text) FROM unnest({column}) a)")
        };
        let names: Vec<&str> =
            self.names.iter().map(|name| name.split('(').next().unwrap_or_default()).collect();
        let only = |column: &str| match names.is_empty() {
            true => String::new(),
            false => format!(" AND {column}::text = ANY ({})", sql::texts(&names)),
        };
        let class = |kinds: &str| {
            let from = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
            (acl("relacl"), from.to_string(), format!("nspname = {schema} AND relkind IN ({kinds}){}", only("relname")), "relname")
        };
        let plain = |table: &str, column: &str, name: &'static str| {
            (acl(column), table.to_string(), format!("true{}", only(name)), name)
        };
        let (what, from, filter, order) = match self.kind {
            Kind::Table => class("'r','p','v','m','f'"),
            Kind::Sequence => class("'S'"),
            Kind::Function | Kind::Procedure => {
                let from = "pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace";
                let filter = format!("nspname = {schema}{}", only("proname"));
                (acl("proacl"), from.to_string(), filter, "proname, proargtypes::text")
            }
            Kind::Type => {
                let from = "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace";
                let filter = format!("nspname = {schema}{}", only("typname"));
                (acl("typacl"), from.to_string(), filter, "typname")
            }
            Kind::Database => plain("pg_database", "datacl", "datname"),
            Kind::Schema => plain("pg_namespace", "nspacl", "nspname"),
            Kind::Language => plain("pg_language", "lanacl", "lanname"),
            Kind::Tablespace => plain("pg_tablespace", "spcacl", "spcname"),
            Kind::ForeignDataWrapper => plain("pg_foreign_data_wrapper", "fdwacl", "fdwname"),
            Kind::ForeignServer => plain("pg_foreign_server", "srvacl", "srvname"),
            Kind::Parameter => plain("pg_parameter_acl", "paracl", "parname"),
            Kind::Group => (
                "json_build_array(r.rolname, m.member, m.admin_option)".to_string(),
                "pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid".to_string(),
                format!("true{}", only("r.rolname")),
                "r.rolname, m.member, m.admin_option",
            ),
            Kind::DefaultPrivs => {
                let own = "json_build_array(defaclrole, defaclnamespace, defaclobjtype, ";
                (
                    format!("{own}{})", acl("defaclacl")),
                    "pg_default_acl".to_string(),
                    "true".to_string(),
                    "defaclrole, defaclnamespace, defaclobjtype",
                )
            }
        };
        let key = order.split(',').next().unwrap_or_default();
        format!("SELECT json_build_object('status', (SELECT coalesce(json_agg(json_build_array({key}, {what}) ORDER BY {order}), '[]') FROM {from} WHERE {filter}));")
    }
}

fn privileges(kind: Kind, text: &str) -> Result<Vec<String>, Failure> {
    match (kind, text) {
        (Kind::Group, "") => return Ok(Vec::new()),
        (Kind::Group, _) => {
            let text = "Argument \"privs\" is not allowed for type \"group\".";
            return Err(Failure::new(text));
        }
        (_, "") => {
            let text = format!("Argument \"privs\" is required for type \"{}\".", kind.word());
            return Err(Failure::new(text));
        }
        _ => {}
    }
    let words = text.split(',').map(|word| word.trim().to_uppercase().replace(' ', "_"));
    let mut words: Vec<String> = words.collect();
    words.sort();
    words.dedup();
    if let Some(word) = words.iter().find(|word| !PRIVILEGES.contains(&word.as_str())) {
        return Err(Failure::new(format!("Invalid privileges specified: {word}")));
    }
    Ok(words.into_iter().map(|word| word.replace('_', " ")).collect())
}

fn names(kind: Kind, objs: &str, privs: &[String]) -> Result<Vec<String>, Failure> {
    if objs == "ALL_IN_SCHEMA" {
        return Ok(Vec::new());
    }
    let mut names: Vec<String> = objs.split(',').map(str::to_string).collect();
    if kind.is_routine() {
        for name in &mut names {
            *name = name.replace(':', ",");
            let odd = |c: char| !(c.is_alphanumeric() || " _,.[]\"()".contains(c));
            let words = name.split_once('(').map(|(_, words)| words);
            if words.is_none_or(|words| words.contains(odd) || !words.ends_with(')')) {
                let text = format!("Illegal function / procedure signature: \"{name}\".");
                return Err(Failure::new(text));
            }
        }
    }
    if kind == Kind::DefaultPrivs {
        names = match objs {
            "ALL_DEFAULT" => DEFAULTS[..4].iter().map(|(name, _)| (*name).to_string()).collect(),
            objs => objs.split(',').map(|name| name.trim().to_uppercase()).collect(),
        };
        for name in &names {
            let known = DEFAULTS.iter().find(|(known, _)| known == name).map(|(_, privs)| privs);
            let known =
                known.ok_or_else(|| Failure::new(format!("Invalid Object set specified: {name}")))?;
            if let Some(wrong) = privs.iter().find(|word| !known.contains(&word.as_str())) {
                let text = format!("Invalid priv specified. {wrong} is none of {name}");
                return Err(Failure::new(text));
            }
        }
    }
    Ok(names)
}
