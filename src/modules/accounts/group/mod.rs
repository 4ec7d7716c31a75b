//! `group`: a group is there, with its number, or not.

use super::Presence;
use super::records::{Group, number, number_of};
use crate::base::Value;
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, Os, Plan, Probe,
    Ran, Rule, State, Support,
};

crate::args! {
    /// The group that is wanted.
    pub struct Args {
        /// Name of the group.
        name: String => [required()],
        /// Whether it is there.
        state: Presence => [default("present")],
        /// Its number.
        gid: Option<i64> => [],
        /// Whether the number may belong to another group as well.
        non_unique: bool => [default("no")],
        /// Whether a new group gets a number for system groups (Linux).
        system: bool => [default("no")],
        /// Whether it goes even if it is the primary group of a user (Linux).
        force: bool => [default("no")],
        /// Lowest number that a new group may get (Linux).
        gid_min: Option<i64> => [],
        /// Highest number that a new group may get (Linux).
        gid_max: Option<i64> => [],
    }
    rules [Rule::RequiredIf("non_unique", "True", &["gid"])]
}

static DOC: Doc = Doc {
    name: "group",
    full_names: &["ansible.builtin.group", "ansible.legacy.group"],
    short: "Manage groups.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example { title: "A group", yaml: "group: {name: deploy, gid: 2000}" },
        Example { title: "No group", yaml: "group: {name: deploy, state: absent}" },
    ],
    returns: &[
        ("name", "the group"),
        ("state", "`present` or `absent`"),
        ("gid", "its number, when it is there"),
        ("system", "the argument, when it is there"),
    ],
};

/// The module.
pub struct GroupModule;

/// What is there; None: nothing.
pub struct Seen(Option<Group>);

impl State for GroupModule {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        super::check_name("group", &args.name)?;
        Ok(Probe::new("group", include_str!("group.sh")).words([args.name.as_str()]))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let text = crate::modules::files::first(answers)?.text();
        let found = text.lines().find_map(Group::parse).filter(|group| group.name == args.name);
        let found = match ctx.world.thing("group", &args.name) {
            None => found,
            Some(None) => None,
            Some(Some(value)) => Some(predicted(&args.name, found, value)),
        };
        Ok(Look::Seen(Seen(found)))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let tool = Tool::of(ctx)?;
        match (args.state, &seen.0) {
            (Presence::Absent, None) => Ok(Plan::ok()),
            (Presence::Absent, Some(_)) => tool.remove(args),
            (Presence::Present, None) => tool.add(args),
            (Presence::Present, Some(group)) => Ok(tool.modify(args, group)),
        }
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match (args.state, &after.0) {
            (Presence::Absent, Some(_)) => Err("the group is still there".to_string()),
            (Presence::Present, None) => Err("the group is not there".to_string()),
            (Presence::Present, Some(group)) if args.gid.is_some() && group.gid != args.gid => {
                Err(format!("its number is {}", number(group.gid).text()))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        super::tool_failed(&args.name, ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        ran: &[Ran],
    ) -> Fields {
        let mut fields = Fields::new();
        let appears = before.0.is_none() != (args.state == Presence::Absent);
        let failed = ran.iter().any(|ran| ran.answer.rc != 0);
        if failed || (after.is_none() && plan.has_work() && appears) {
            return fields;
        }
        fields.insert("name".into(), Value::from(args.name.as_str()));
        fields.insert("state".into(), Value::from(args.state.word()));
        if let Some(group) = &after.unwrap_or(before).0 {
            fields.insert("system".into(), Value::from(args.system));
            fields.insert("gid".into(), number(group.gid));
        }
        super::add_output(&mut fields, ran);
        fields
    }
}

/// What the predicted world makes of a group.
fn predicted(name: &str, found: Option<Group>, value: &Value) -> Group {
    let mut group = found.unwrap_or_else(|| Group { name: name.to_string(), ..Group::default() });
    group.gid = value.as_map().and_then(|map| number_of(map, "gid")).or(group.gid);
    group
}

/// The tools that change groups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    Shadow,
    Pw,
}

impl Tool {
    fn of(ctx: Ctx<'_>) -> Result<Self, Failure> {
        match ctx.platform.os {
            Os::FreeBsd => Ok(Self::Pw),
            _ if ctx.platform.has("groupadd") => Ok(Self::Shadow),
            _ => Err(Failure::new("Failed to find required executable \"groupadd\"")),
        }
    }

    fn command(self, verb: &str, name: &str, options: Vec<String>) -> Command {
        let mut argv = match self {
            Self::Shadow => vec![format!("group{verb}")],
            Self::Pw => vec!["pw".to_string(), format!("group{verb}"), name.to_string()],
        };
        argv.extend(options);
        if self == Self::Shadow {
            argv.push(name.to_string());
        }
        Command::new(argv)
    }

    fn number(args: &Args) -> Vec<String> {
        let mut options = Vec::new();
        if let Some(gid) = args.gid {
            options.extend(["-g".to_string(), gid.to_string()]);
            options.extend(args.non_unique.then(|| "-o".to_string()));
        }
        options
    }

    fn add(self, args: &Args) -> Result<Plan, Failure> {
        let mut options = Self::number(args);
        let mut warnings = Vec::new();
        match self {
            Self::Pw if args.gid_min.or(args.gid_max).is_some() => {
                return Err(Failure::new("gid_min and gid_max are not known to pw(8)"));
            }
            Self::Pw if args.system => {
                warnings.push(format!(
                    "pw(8) knows no system groups: {} is an ordinary one",
                    args.name
                ));
            }
            Self::Pw => {}
            Self::Shadow => {
                options.extend(args.system.then(|| "-r".to_string()));
                for (key, value) in [("GID_MIN", args.gid_min), ("GID_MAX", args.gid_max)] {
                    options.extend(
                        value.into_iter().flat_map(|n| ["-K".into(), format!("{key}={n}")]),
                    );
                }
            }
        }
        let command = self.command("add", &args.name, options);
        let plan = self.plan(args, command, "make the group", Some(args.gid));
        Ok(Plan { warnings, ..plan })
    }

    fn modify(self, args: &Args, group: &Group) -> Plan {
        if args.gid.is_none() || args.gid == group.gid {
            return Plan::ok();
        }
        let command = self.command("mod", &args.name, Self::number(args));
        self.plan(args, command, "set the number of the group", Some(args.gid))
    }

    fn remove(self, args: &Args) -> Result<Plan, Failure> {
        let mut options = Vec::new();
        if args.force && self == Self::Pw {
            let text = "The force option is not supported for group deletion on this platform.";
            return Err(Failure::new(text));
        }
        options.extend(args.force.then(|| "-f".to_string()));
        let command = self.command("del", &args.name, options);
        Ok(self.plan(args, command, "remove the group", None))
    }

    /// `left`: the number of the group that is left; outer None: there is none.
    fn plan(self, args: &Args, command: Command, why: &str, left: Option<Option<i64>>) -> Plan {
        let state = left.map(|gid| [("gid", number(gid))].into_iter().collect::<Value>());
        let change = Change::new(Op::Run(command), format!("{why} {}", args.name));
        let change = change.lock("accounts");
        Plan::of(vec![change.effect(Effect::Thing("group", args.name.clone(), state))])
    }
}

#[cfg(test)]
mod tests;
