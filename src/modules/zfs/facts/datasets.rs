//! `zfs_facts`.

use super::{Seen, dicts, lines, no_option};
use crate::base::Value;
use crate::modules::zfs::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, State, Support,
};

crate::choices! {
    /// What is listed.
    pub enum Type {
        All = "all",
        Filesystem = "filesystem",
        Volume = "volume",
        Snapshot = "snapshot",
        Bookmark = "bookmark",
    }
}

crate::args! {
    /// What is asked.
    pub struct Args {
        /// Full name of a dataset.
        name: String => [required(), aliases(&["ds", "dataset"])],
        /// Whether all below it is listed.
        recurse: bool => [default("no")],
        /// Whether numbers are given in full.
        parsable: bool => [default("no")],
        /// Names of properties, with commas.
        properties: String => [default("all")],
        /// What is listed.
        kind as "type": Vec<Type> => [default("all")],
        /// How deep it is listed; 0: no limit.
        depth: i64 => [default("0")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "zfs_facts",
    full_names: &["community.general.zfs_facts"],
    short: "Gather facts about ZFS datasets.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "All below a dataset",
        yaml: "community.general.zfs_facts: {name: tank, recurse: true, parsable: true, properties: \"name,used,mountpoint\"}",
    }],
    returns: &[
        ("ansible_facts", "`ansible_zfs_datasets`: a dict of properties for each dataset"),
        ("name", "the argument"),
        ("parsable", "the argument, when it is true"),
        ("recurse", "the argument, when it is true"),
    ],
};

/// The module.
pub struct ZfsFacts;

impl State for ZfsFacts {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        no_option("dataset", &args.name)?;
        no_option("property", &args.properties)?;
        if args.kind.contains(&Type::All) && args.kind.len() > 1 {
            let text = "Value 'all' for parameter 'type' is mutually exclusive with other values";
            return Err(Failure::new(text));
        }
        let mut words = vec![args.name.clone(), args.properties.clone()];
        words.extend(args.parsable.then(|| "-p".to_string()));
        words.extend(args.recurse.then(|| "-r".to_string()));
        if args.depth != 0 {
            words.extend(["-d".to_string(), args.depth.to_string()]);
        }
        // Without the option it is all; old versions do not know it.
        if !args.kind.contains(&Type::All) {
            let kinds: Vec<&str> = args.kind.iter().map(|kind| kind.word()).collect();
            words.extend(["-t".to_string(), kinds.join(",")]);
        }
        let script = concat!(include_str!("../ask.sh"), include_str!("datasets.sh"));
        Ok(Probe::new("zfs_facts", script).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(crate::modules::files::first(answers)?)?;
        let listed = told.must("list")?;
        if listed.rc != 0 && listed.only_missing() {
            let text = format!("ZFS dataset {} does not exist!", args.name);
            let failure = Failure::new(text);
            let made = matches!(ctx.world.thing("dataset", &args.name), Some(Some(_)));
            return Err(if made { failure.missing() } else { failure });
        }
        told.text("list")?;
        Ok(Look::Seen(Seen(dicts(lines(told.text("get")?)?.into_iter()))))
    }

    fn plan(&self, _: &Args, _: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        Ok(Plan::ok())
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let facts = [("ansible_zfs_datasets", Value::list(before.0.clone()))];
        let mut fields = Fields::new();
        fields.insert("ansible_facts".into(), facts.into_iter().collect());
        fields.insert("name".into(), Value::from(args.name.as_str()));
        for (name, on) in [("parsable", args.parsable), ("recurse", args.recurse)] {
            if on {
                fields.insert(name.into(), Value::from(true));
            }
        }
        fields
    }
}
