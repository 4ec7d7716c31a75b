//! `zpool_facts`.

use super::{Seen, dicts, lines, no_option};
use crate::base::Value;
use crate::modules::zfs::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};
use crate::zfs::rows;

crate::args! {
    /// What is asked.
    pub struct Args {
        /// Name of a pool; without it all.
        name: Option<String> => [aliases(&["pool", "zpool"])],
        /// Whether numbers are given in full.
        parsable: bool => [default("no")],
        /// Names of properties, with commas.
        properties: String => [default("all")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "zpool_facts",
    full_names: &["community.general.zpool_facts"],
    short: "Gather facts about ZFS pools.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "All pools",
        yaml: "community.general.zpool_facts: {parsable: true, properties: \"free,size,health\"}",
    }],
    returns: &[
        ("ansible_facts", "`ansible_zfs_pools`: a dict of properties for each pool"),
        ("name", "the argument"),
        ("parsable", "the argument, when it is true"),
    ],
};

/// The module.
pub struct ZpoolFacts;

impl State for ZpoolFacts {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        if let Some(name) = &args.name {
            no_option("pool", name)?;
        }
        no_option("property", &args.properties)?;
        let script = concat!(include_str!("../ask.sh"), include_str!("pools.sh"));
        let parsable = if args.parsable { "-p" } else { "" };
        let name = args.name.as_deref().unwrap_or_default();
        Ok(Probe::new("zpool_facts", script).words([name, &args.properties, parsable]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(crate::modules::files::first(answers)?)?;
        let listed = told.must("list")?;
        if let Some(name) = args.name.as_ref().filter(|_| listed.rc != 0 && listed.only_missing()) {
            let failure = Failure::new(format!("ZFS pool {name} does not exist!"));
            let made = matches!(ctx.world.thing("pool", name), Some(Some(_)));
            return Err(if made { failure.missing() } else { failure });
        }
        told.text("list")?;
        if told.of("table").is_none() {
            return Ok(Look::Seen(Seen(dicts(lines(told.text("get")?)?.into_iter()))));
        }
        let mut found = Vec::new();
        for (name, table) in told.all("name").zip(told.all("table")) {
            if table.rc != 0 {
                return Err(table.failure());
            }
            let rows = rows::parse_table(&name.text, &table.text);
            let rows = rows.map_err(|e| Failure::new(format!("the answer of zpool get: {e}")))?;
            found.extend(rows.into_iter().map(|row| (row.name, row.property, row.value)));
        }
        Ok(Look::Seen(Seen(dicts(found.into_iter()))))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::ok();
        // `12.5M` is no number in full.
        let short = |pool: &Value| {
            let size = pool.get("size").map(Value::text);
            size.is_some_and(|size| size.ends_with(|c: char| c.is_ascii_alphabetic()))
        };
        if args.parsable && seen.0.iter().any(short) {
            plan.warnings.push("this host's zpool gives no numbers in full".to_string());
        }
        Ok(plan)
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let facts = [("ansible_zfs_pools", Value::list(before.0.clone()))];
        let mut fields = Fields::new();
        fields.insert("ansible_facts".into(), facts.into_iter().collect());
        let name = args.name.as_deref().map_or(Value::NULL, Value::from);
        fields.insert("name".into(), name);
        if args.parsable {
            fields.insert("parsable".into(), Value::from(true));
        }
        fields
    }
}
