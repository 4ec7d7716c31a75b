//! `add_host`: a host for the rest of the run (S-95).

use crate::base::{Key, Map, Value};
use crate::spec::args::{ArgError, ArgTable, ArgType};
use crate::spec::{
    Arg, ArgStruct, BoxFuture, Control, ControlOutcome, Doc, Example, Failure, FromArg,
    PlayContext, PlayEffect, Support,
};

/// Name, groups, and any variables.
#[derive(Clone, Debug)]
pub struct Args {
    /// The host's name.
    pub name: String,
    /// Groups it joins.
    pub groups: Vec<String>,
    /// Its variables.
    pub vars: Map,
}

const NAME: Arg = Arg::of::<String>("name", "Name of the host; may carry a port.")
    .required()
    .aliases(&["host", "hostname"]);
const GROUPS: Arg = Arg::of::<Vec<String>>("groups", "Groups the host joins; made when missing.")
    .aliases(&["group", "groupname"]);
const ANY: Arg = Arg {
    kind: ArgType::Raw,
    ..Arg::of::<String>("*", "Any other name is a variable of the host.")
};

impl ArgStruct for Args {
    const TABLE: &'static ArgTable = &ArgTable { args: &[NAME, GROUPS, ANY], rules: &[] };

    fn from_map(args: &Map) -> Result<Self, ArgError> {
        let mut vars = args.clone();
        let mut take = |arg: &Arg| {
            let names = std::iter::once(arg.name).chain(arg.aliases.iter().copied());
            names.filter_map(|name| vars.shift_remove(&Key::from(name))).next()
        };
        let name = take(&NAME).ok_or_else(|| {
            let text = "name, host or hostname needs to be provided";
            ArgError::other(&NAME, text.to_string())
        })?;
        let groups = take(&GROUPS);
        let groups = groups.map(|value| Vec::<String>::from_value(&GROUPS, &value)).transpose()?;
        Ok(Self { name: name.text(), groups: groups.unwrap_or_default(), vars })
    }
}

static DOC: Doc = Doc {
    name: "add_host",
    full_names: &["ansible.builtin.add_host", "ansible.legacy.add_host"],
    short: "Add a host for the rest of the run.",
    args: Args::TABLE,
    check: Support::Full,
    diff: Support::NotApplicable,
    examples: &[Example {
        title: "Add a host",
        yaml: "add_host: {name: new.example.org, groups: fresh, color: blue}",
    }],
    returns: &[("add_host", "name, groups and variables of the host")],
};

/// The module.
pub struct AddHost;

impl Control for AddHost {
    type Args = Args;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn control<'a>(
        &'a self,
        args: &'a Args,
        context: &'a dyn PlayContext,
    ) -> BoxFuture<'a, Result<ControlOutcome, Failure>> {
        Box::pin(std::future::ready(Ok(run(args, context))))
    }
}

fn run(args: &Args, context: &dyn PlayContext) -> ControlOutcome {
    let (name, port) = split_port(&args.name);
    let mut vars = args.vars.clone();
    if let Some(port) = port {
        vars.insert("ansible_ssh_port".into(), Value::from(port));
    }
    let known = context.scope().select("all").unwrap_or_default();
    let changed = !known.iter().any(|host| host.as_ref() == name);
    let groups: Vec<String> = args.groups.iter().filter(|g| !g.is_empty()).cloned().collect();
    let host: Value = [
        ("host_name", Value::from(name.as_str())),
        ("groups", Value::from(groups.clone())),
        ("host_vars", Value::map(vars.clone()).untrusted()),
    ]
    .into_iter()
    .collect();
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(changed));
    fields.insert("add_host".into(), host);
    let effects = vec![PlayEffect::AddHost { name, groups, vars }];
    ControlOutcome { fields, effects, verbose_always: false }
}

/// `name:22` is a name and a port.
fn split_port(name: &str) -> (String, Option<i64>) {
    match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host.to_string(), Some(port)),
            Err(_) => (name.to_string(), None),
        },
        _ => (name.to_string(), None),
    }
}
