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
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "CREATE",
    "CONNECT",
    "TEMPORARY",
    "TEMP",
    "EXECUTE",
    "USAGE",
    "ALL",
    "SET",
    "ALTER_SYSTEM",
    "MAINTAIN",
    "ALL_PRIVILEGES",
];

const DEFAULTS: [(&str, &[&str]); 5] = [
    (
        "TABLES",
        &[
            "ALL",
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "TRUNCATE",
            "REFERENCES",
            "TRIGGER",
            "MAINTAIN",
        ],
    ),
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
        let schema =
            self.schema.as_deref().map(|s| format!("{}.", sql::name(s))).unwrap_or_default();
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
        let Catalogue { from, acl, name, filter, order } = self.kind.catalogue();
        let acl = format!("(SELECT json_agg(a::text ORDER BY a::text) FROM unnest({acl}) a)");
        let what = match self.kind {
            Kind::Group => "json_build_array(r.rolname, m.member, m.admin_option)".to_string(),
            Kind::DefaultPrivs => format!("json_build_array({order}, {acl})"),
            _ => format!("json_build_array({name}, {acl})"),
        };
        let mut filters = vec![filter.to_string()];
        if let Some(schema) = self.schema.as_ref().filter(|_| self.kind != Kind::DefaultPrivs) {
            filters.push(format!("nspname = {}", sql::text(schema)));
        }
        if !self.names.is_empty() && !name.is_empty() {
            let names = self.names.iter().map(|name| name.split('(').next().unwrap_or_default());
            filters.push(format!("{name}::text = ANY ({})", sql::texts(names)));
        }
        let filter = filters.join(" AND ");
        format!(
            "SELECT json_build_object('status', (SELECT coalesce(json_agg({what} ORDER BY {order}), '[]') \
             FROM {from} WHERE {filter}));"
        )
    }
}

/// Where the catalogue tells of privileges.
struct Catalogue {
    from: &'static str,
    /// Column of the privileges; empty: it has none.
    acl: &'static str,
    /// Column of the name; empty: all rows count.
    name: &'static str,
    filter: &'static str,
    order: &'static str,
}

impl Kind {
    fn catalogue(self) -> Catalogue {
        const CLASS: &str = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
        const ROUTINE: &str = "pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace";
        const TYPE: &str = "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace";
        const MEMBER: &str = "pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid";
        let plain = |from, acl, name| Catalogue { from, acl, name, filter: "true", order: name };
        match self {
            Self::Table => Catalogue {
                filter: "relkind IN ('r','p','v','m','f')",
                ..plain(CLASS, "relacl", "relname")
            },
            Self::Sequence => {
                Catalogue { filter: "relkind = 'S'", ..plain(CLASS, "relacl", "relname") }
            }
            Self::Function | Self::Procedure => Catalogue {
                order: "proname, proargtypes::text",
                ..plain(ROUTINE, "proacl", "proname")
            },
            Self::Type => plain(TYPE, "typacl", "typname"),
            Self::Database => plain("pg_database", "datacl", "datname"),
            Self::Schema => plain("pg_namespace", "nspacl", "nspname"),
            Self::Language => plain("pg_language", "lanacl", "lanname"),
            Self::Tablespace => plain("pg_tablespace", "spcacl", "spcname"),
            Self::ForeignDataWrapper => plain("pg_foreign_data_wrapper", "fdwacl", "fdwname"),
            Self::ForeignServer => plain("pg_foreign_server", "srvacl", "srvname"),
            Self::Parameter => plain("pg_parameter_acl", "paracl", "parname"),
            Self::Group => Catalogue {
                order: "r.rolname, m.member, m.admin_option",
                ..plain(MEMBER, "", "r.rolname")
            },
            Self::DefaultPrivs => Catalogue {
                order: "defaclrole, defaclnamespace, defaclobjtype",
                ..plain("pg_default_acl", "defaclacl", "")
            },
        }
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
            let known = known
                .ok_or_else(|| Failure::new(format!("Invalid Object set specified: {name}")))?;
            if let Some(wrong) = privs.iter().find(|word| !known.contains(&word.as_str())) {
                let text = format!("Invalid priv specified. {wrong} is none of {name}");
                return Err(Failure::new(text));
            }
        }
    }
    Ok(names)
}
