//! `zfs_delegate_admin`: who may do what with a dataset.

mod planning;
#[cfg(test)]
mod tests;

use super::Presence;
use super::told::Told;
use crate::base::{Key, Value};
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Rule, State,
    Support,
};
use crate::zfs::allow::{self, Grants};
use std::collections::BTreeMap;

crate::args! {
    /// Who is allowed what.
    pub struct Args {
        /// File system or volume.
        name: String => [required()],
        /// Whether they are allowed it. `absent` without permissions takes all of theirs, and without anyone named those
        /// of everybody.
        state: Presence => [default("present")],
        /// Users.
        users: Option<Vec<String>> => [],
        /// Groups.
        groups: Option<Vec<String>> => [],
        /// Everyone.
        everyone: bool => [default("no")],
        /// What they are allowed: subcommands, properties, sets.
        permissions: Option<Vec<String>> => [],
        /// On the dataset itself.
        local: Option<bool> => [],
        /// On what is below it; neither, or both: on all of it.
        descendents: Option<bool> => [],
        /// Whether `absent` goes for the datasets below as well.
        recursive: bool => [default("no")],
    }
    rules [Rule::RequiredIf("state", "present", &["permissions"])]
}

static DOC: Doc = Doc {
    name: "zfs_delegate_admin",
    full_names: &["community.general.zfs_delegate_admin"],
    short: "Manage what users may do with ZFS datasets.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A user who may receive",
            yaml: "community.general.zfs_delegate_admin: {name: tank/backup, users: [backup], permissions: [receive, create, mount]}",
        },
        Example {
            title: "Nobody any more",
            yaml: "community.general.zfs_delegate_admin: {name: tank/backup, state: absent}",
        },
    ],
    returns: &[
        ("state", "the argument"),
        ("msg", "that something was changed"),
        ("stdout", "what zfs said, when something was changed"),
    ],
};

/// The module.
pub struct ZfsDelegateAdmin;

/// What is there.
pub struct Seen {
    /// What is allowed on each dataset, the one that is meant first.
    grants: Vec<(String, Grants)>,
    /// Names of users by their number.
    users: BTreeMap<String, String>,
    /// Names of groups by their number.
    groups: BTreeMap<String, String>,
}

impl State for ZfsDelegateAdmin {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, _: Ctx<'_>) -> Result<Probe, Failure> {
        super::dataset_name(&args.name)?;
        planning::check(args)?;
        let below = args.recursive && args.state == Presence::Absent;
        let users = args.users.as_deref().unwrap_or_default();
        let groups = args.groups.as_deref().unwrap_or_default();
        let script = concat!(include_str!("../ask.sh"), include_str!("look.sh"));
        let flags = if below { " below " } else { "" };
        let words = [flags.to_string(), args.name.clone(), users.len().to_string()];
        let words = words.into_iter().chain(users.iter().cloned()).chain(groups.iter().cloned());
        Ok(Probe::new("zfs_delegate_admin", script).words(words))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(crate::modules::files::first(answers)?)?;
        let mut grants = Vec::new();
        for (name, said) in told.all("name").zip(told.all("allow")) {
            let made = super::predicted::is_made(super::predicted::DATASET, &name.text, ctx);
            if said.rc != 0 && !made {
                let text =
                    format!("Command `zfs allow {}` failed: {}", name.text, said.complaint());
                let failure = Failure::new(text);
                let missing = said.error.contains("does not exist");
                return Err(if missing { failure.missing() } else { failure });
            }
            let text = if made { "" } else { said.text.as_str() };
            let own = allow::parse(&name.text, text).map_err(|line| {
                Failure::new(format!(
                    "Cannot parse user/group permission output by `zfs allow`: '{line}'"
                ))
            })?;
            grants.push((name.text.clone(), planning::overlay(&name.text, own, ctx)));
        }
        if let Some(said) = told.of("below").filter(|said| said.rc != 0 && !said.only_missing()) {
            return Err(said.failure());
        }
        if grants.is_empty() {
            return Err(Failure::new(format!("the host did not answer about {}", args.name)));
        }
        let (users, groups) = (names(&told, "user"), names(&told, "group"));
        Ok(Look::Seen(Seen { grants, users, groups }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        Ok(Plan::of(planning::changes(args, seen)))
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let left = planning::changes(args, after);
        match left.iter().find(|left| left.op == change.op) {
            Some(left) => Err(format!("it would still have to {}", left.why)),
            None => Ok(()),
        }
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(command) = &ran.change.op else { return None };
        let words = command.argv.join(" ");
        let text = format!("Command `{words}` failed: {}", ran.answer.error_text());
        (ran.answer.rc != 0).then(|| Failure::new(text))
    }

    fn result(&self, args: &Args, _: &Seen, _: Option<&Seen>, plan: &Plan, ran: &[Ran]) -> Fields {
        let mut fields = Fields::new();
        fields.insert("state".into(), Value::from(args.state.word()));
        if plan.has_work() {
            let text = "ZFS delegated admin permissions updated";
            fields.insert("msg".into(), Value::from(text));
            let out: String = ran.iter().map(|ran| ran.answer.text()).collect();
            let lines = out.lines().map(Value::from).collect();
            fields.insert(Key::from("stdout"), Value::from(out));
            fields.insert(Key::from("stdout_lines"), Value::list(lines));
        }
        fields
    }
}

/// Names by number, from lines of passwd or group.
fn names(told: &Told, what: &str) -> BTreeMap<String, String> {
    let lines = told.all(what).filter(|said| said.rc == 0);
    let pairs = lines.filter_map(|said| {
        let mut fields = said.text.trim_end().split(':');
        let name = fields.next()?.to_string();
        Some((fields.nth(1)?.to_string(), name))
    });
    pairs.collect()
}
