//! `user`: an account is there, as it should be, or not.

mod args;
mod changes;
mod edit;
mod password;
mod pw;
mod seen;
mod shadow;
#[cfg(test)]
mod tests;

pub use args::Args;
pub use seen::Seen;

use super::Presence;
use super::records::number;
use crate::base::Value;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Os, Plan, Probe, Ran, State, Support,
};
use edit::Edit;

static DOC: Doc = Doc {
    name: "user",
    full_names: &["ansible.builtin.user", "ansible.legacy.user"],
    short: "Manage user accounts.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A user in two groups",
            yaml: "user: {name: deploy, groups: [adm, staff], append: true, shell: /bin/sh}",
        },
        Example {
            title: "A password",
            yaml: "user: {name: deploy, password: \"{{ 'secret' | password_hash('sha512') }}\"}",
        },
        Example {
            title: "No user and no files",
            yaml: "user: {name: deploy, state: absent, remove: true}",
        },
    ],
    returns: &[
        ("name", "the user"),
        ("state", "`present` or `absent`"),
        ("uid", "number"),
        ("group", "number of the primary group"),
        ("groups", "names of further groups, with commas"),
        ("comment", "the comment field"),
        ("home", "home directory"),
        ("shell", "login shell"),
        ("password", "NOT_LOGGING_PASSWORD when one was given"),
        ("create_home", "the argument, when the user is new"),
        ("system", "the argument, when the user is new"),
        ("append", "the argument, when the user was there"),
        ("move_home", "the argument, when the user was there"),
        ("force", "the argument, when the user was removed"),
        ("remove", "the argument, when the user was removed"),
        ("stdout", "what the tools printed"),
        ("stderr", "what the tools complained about"),
    ],
};

/// The module.
pub struct User;

impl State for User {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::check_name("user", &args.name)?;
        if let Some(hash) = &args.password {
            password::check(hash.as_str())?;
        }
        let known = ctx.world.thing("user", &args.name).flatten();
        let predicted = known.and_then(|value| value.get("home")).map(Value::text);
        let home = args.home.as_ref().map(|home| home.0.clone()).or(predicted);
        let groups = args.groups.iter().flatten().flat_map(|text| text.split(','));
        let groups = groups.map(|name| name.trim().to_string()).chain(args.group.clone());
        let groups = groups.chain([args.name.clone()]).filter(|name| !name.is_empty());
        let words = [args.name.clone(), home.unwrap_or_default()].into_iter().chain(groups);
        Ok(Probe::new("user", include_str!("look.sh")).words(words).secret())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let answer = crate::modules::files::first(answers)?;
        Ok(Look::Seen(Seen::read(args, answer, ctx)))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let os = ctx.platform.os;
        match os {
            Os::FreeBsd => pw::check(args)?,
            _ => shadow::check(args, ctx)?,
        }
        let changes = match (args.state, &seen.user) {
            (Presence::Absent, None) => Vec::new(),
            (Presence::Absent, Some(user)) => vec![changes::remove(args, user, os)],
            (Presence::Present, None) => {
                let edit = Edit::create(args, seen, os)?;
                changes::create(args, &edit, seen, ctx)?
            }
            (Presence::Present, Some(user)) => {
                let edit = Edit::compare(args, seen, user, os)?;
                changes::modify(args, &edit, seen, user, ctx)
            }
        };
        let mut plan = Plan::of(changes);
        plan.warnings = warnings(args, seen, os);
        plan.uncertain = unreadable(args, seen);
        Ok(plan)
    }

    fn verify(
        &self,
        args: &Args,
        change: &Change,
        after: &Seen,
        ctx: Ctx<'_>,
    ) -> Result<(), String> {
        changes::verify(args, change, after, ctx)
    }

    fn explain(&self, args: &Args, ran: &Ran) -> Option<Failure> {
        let rc = i64::from(ran.answer.rc);
        super::tool_failed(&args.name, ran).map(|failure| failure.with("rc", rc))
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
        let appears = before.user.is_none() != (args.state == Presence::Absent);
        let failed = ran.iter().any(|ran| ran.answer.rc != 0);
        if failed || (after.is_none() && plan.has_work() && appears) {
            return fields;
        }
        let mut set = |name: &str, value: Value| drop(fields.insert(name.into(), value));
        set("name", Value::from(args.name.as_str()));
        set("state", Value::from(args.state.word()));
        match (args.state, &before.user) {
            (Presence::Absent, None) => {}
            (Presence::Absent, Some(_)) => {
                set("force", Value::from(args.force));
                set("remove", Value::from(args.remove));
            }
            (Presence::Present, None) => {
                set("system", Value::from(args.system));
                set("create_home", Value::from(args.create_home));
            }
            (Presence::Present, Some(_)) => {
                set("append", Value::from(args.append));
                set("move_home", Value::from(args.move_home));
            }
        }
        if args.password.is_some() && args.state == Presence::Present {
            set("password", Value::from("NOT_LOGGING_PASSWORD"));
        }
        if args.state == Presence::Present {
            fields.extend(facts(after.unwrap_or(before)));
        }
        super::add_output(&mut fields, ran);
        fields
    }
}

/// What is returned of a user that is there. The primary group does not count as a further one.
fn facts(seen: &Seen) -> Fields {
    let Some(user) = &seen.user else { return Fields::new() };
    let find = |name: &String| seen.groups.iter().find(|group| group.name == *name);
    let further =
        user.groups.iter().filter(|name| !find(name).is_some_and(|g| user.has_primary(g)));
    let further: Vec<&str> = further.map(String::as_str).collect();
    [
        ("uid", number(user.uid)),
        ("group", number(user.gid)),
        ("comment", Value::from(user.comment.as_str())),
        ("home", Value::from(user.home.as_str())),
        ("shell", Value::from(user.shell.as_str())),
        ("groups", Value::from(further.join(","))),
    ]
    .into_iter()
    .map(|(name, value)| (crate::base::Key::from(name), value))
    .collect()
}

fn warnings(args: &Args, seen: &Seen, os: Os) -> Vec<String> {
    let mut warnings = Vec::new();
    if args.password.as_ref().is_some_and(|hash| password::suspicious(hash.as_str())) {
        warnings.push(
            "The input password appears not to have been hashed. The 'password' argument must be \
             encrypted for this module to work properly."
                .to_string(),
        );
    }
    if os == Os::FreeBsd {
        warnings.extend(pw::warnings(args, seen.user.is_none()));
    }
    let locked = |user: &seen::Person| password::is_locked(os, &user.shadow.hash);
    let empty = |user: &seen::Person| password::unlocked(os, &user.shadow.hash).is_empty();
    let stays = seen.user.as_ref().is_some_and(|user| locked(user) && empty(user));
    if args.password_lock == Some(false) && args.password.is_none() && stays && os != Os::FreeBsd {
        warnings.push(format!("{} has no password that could be unlocked", args.name));
    }
    warnings
}

/// Why a comparison with a shadow file is no more than a guess.
fn unreadable(args: &Args, seen: &Seen) -> Option<String> {
    let asks = args.password.is_some()
        || args.password_lock.is_some()
        || args.expires.is_some()
        || args.login_class.is_some()
        || args.password_expire_max.or(args.password_expire_min).is_some()
        || args.password_expire_warn.or(args.password_expire_account_disable).is_some();
    (asks && !seen.readable && seen.user.is_some() && args.state == Presence::Present)
        .then(|| "passwords can be read by root only".to_string())
}
