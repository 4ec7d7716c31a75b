//! From what is there to the wanted version.

use super::Args;
use super::seen::{Kind, Seen, Wanted};
use crate::base::Value;
use crate::spec::{
    Change, ChangeKind, Command, Ctx, Diff, Effect, Failure, Op, PathAttrs, PathKind, Plan,
};

/// The plan.
pub fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let mut plan = Plan::ok();
    if args.repo.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split('/').next().unwrap_or_default();
        host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    }) {
        let text = "the repository's URL holds a password: git shows it to the host's other users while it runs";
        plan.warnings.push(text.to_string());
    }
    let Some(wanted) = seen.wanted.as_ref() else { return Ok(plan) };
    if !seen.there() {
        return Ok(if args.clone { clone(args, seen, wanted, ctx, plan)? } else { plan });
    }
    if seen.modified && !args.force {
        let text =
            format!("Local modifications exist in the destination: {} (force=no).", seen.dest);
        let before = seen.head.clone().map_or(Value::NULL, Value::from);
        return Err(Failure::new(text).with("before", before));
    }
    Ok(update(args, seen, wanted, ctx, plan))
}

fn clone(
    args: &Args,
    seen: &Seen,
    wanted: &Wanted,
    ctx: Ctx<'_>,
    mut plan: Plan,
) -> Result<Plan, Failure> {
    if seen.blocked() {
        let text = "destination path '{}' already exists and is not an empty directory.";
        return Err(Failure::new(format!("fatal: {}", text.replace("{}", &seen.dest))));
    }
    let named = matches!(wanted.kind, Kind::Branch | Kind::Tag);
    let by_name = named || wanted.kind == Kind::Head || args.refspec.is_some();
    if args.depth.is_some() && !by_name {
        let text = "Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in combination with refspec.";
        plan.warnings.push(text.to_string());
    }
    let mut flags = vec![];
    flags.extend(args.single_branch.then_some("single"));
    flags.extend(named.then_some("named"));
    flags.extend((wanted.kind != Kind::Head).then_some("switch"));
    let depth = args.depth.filter(|_| by_name);
    let change = work(args, seen, wanted, ctx, "clone", (depth, flags));
    plan.parts = Plan::of(vec![change]).parts;
    let now = wanted.sha.as_deref().unwrap_or(&wanted.name);
    let prepared = Some(format!(">> Newly checked out {now}"));
    plan.diff.push(Diff { prepared, ..Diff::default() });
    Ok(plan)
}

fn update(args: &Args, seen: &Seen, wanted: &Wanted, ctx: Ctx<'_>, mut plan: Plan) -> Plan {
    let has = if args.bare { seen.own.as_ref().or(seen.head.as_ref()) } else { seen.head.as_ref() };
    let same = wanted.sha.is_some() && has == wanted.sha.as_ref();
    let submodules = args.recursive && !args.bare && seen.submodules;
    let other_branch = wanted.kind == Kind::Branch && seen.branch.as_deref() != Some(&wanted.name);
    let counts = !same || seen.modified || seen.other_url || submodules;
    if !counts && (args.bare || !other_branch) {
        return plan;
    }
    let mut flags = vec!["switch"];
    // What is here already needs nothing of the remote.
    let here = wanted.kind == Kind::Commit && seen.own.is_some();
    flags.extend((!same && !here).then_some("fetch"));
    flags.extend((other_branch && same).then_some("fetch"));
    flags.extend(seen.modified.then_some("reset"));
    flags.extend(seen.other_url.then_some("url"));
    let depth = args.depth.filter(|_| wanted.kind != Kind::Commit);
    let mut change = work(args, seen, wanted, ctx, "update", (depth, flags));
    if !counts {
        change = change.kind(ChangeKind::Quiet);
    }
    plan.parts = Plan::of(vec![change]).parts;
    if !same {
        let line = |sha: Option<&String>| {
            Value::from(format!("{}\n", sha.map_or("unknown", String::as_str)))
        };
        plan.diff.push(Diff {
            before: Some(line(seen.head.as_ref())),
            after: Some(line(wanted.sha.as_ref())),
            ..Diff::default()
        });
    }
    if wanted.sha.is_none() {
        plan.uncertain = Some(format!("which commit {} is", wanted.name));
    }
    plan
}

fn work(
    args: &Args,
    seen: &Seen,
    wanted: &Wanted,
    ctx: Ctx<'_>,
    how: &str,
    (depth, mut flags): (Option<i64>, Vec<&'static str>),
) -> Change {
    flags.extend(args.bare.then_some("bare"));
    flags.extend(args.force.then_some("force"));
    flags.extend(args.recursive.then_some("submodules"));
    let kind = match wanted.kind {
        Kind::Head => "head",
        Kind::Branch => "branch",
        Kind::Tag => "tag",
        Kind::Commit => "commit",
    };
    let reference = args.reference.as_ref().map(|path| ctx.platform.expand(path.as_str()));
    let words = [
        args.program(ctx),
        how.to_string(),
        seen.dest.clone(),
        args.repo(ctx),
        args.remote.clone(),
        kind.to_string(),
        wanted.name.clone(),
        depth.map(|depth| depth.to_string()).unwrap_or_default(),
        format!(" {} ", flags.join(" ")),
        args.refspec.clone().unwrap_or_default(),
        reference.unwrap_or_default(),
    ];
    let shell = ["/bin/sh", "-c", include_str!("work.sh"), "git"].map(str::to_string);
    let mut command = Command::new(shell.into_iter().chain(words));
    command.env = vec![
        ("GIT_SSH_COMMAND".to_string(), args.ssh(ctx)),
        ("GIT_TERMINAL_PROMPT".to_string(), "0".to_string()),
        ("LC_ALL".to_string(), "C".to_string()),
    ];
    let to = wanted.sha.as_deref().unwrap_or(&wanted.name);
    let change = Change::new(Op::Run(command), format!("{how} {} at {to}", seen.dest));
    let branch = match wanted.kind {
        Kind::Head | Kind::Branch => wanted.name.as_str(),
        Kind::Tag | Kind::Commit => "",
    };
    // A bare repository stays on its own branch.
    let after = wanted.sha.clone().filter(|_| !args.bare || wanted.kind == Kind::Head);
    let left: Value = [
        ("after", Value::from(after.unwrap_or_default())),
        ("branch", Value::from(branch)),
    ]
    .into_iter()
    .collect();
    let dir = Some(PathAttrs::new(PathKind::Dir));
    let change = change.effect(Effect::Thing("git", seen.dest.clone(), Some(left)));
    change.effect(Effect::Path(seen.dest.clone(), dir))
}
