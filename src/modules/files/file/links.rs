//! Plans for links.

use super::plans::{Difference, attributes, fresh};
use super::seen::{Seen, Source};
use super::{Args, times};
use crate::base::{Map, Value};
use crate::modules::files::attributes::{Adjusted, Wanted};
use crate::modules::files::place::{join, parent};
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{Change, Ctx, Effect, Failure, Op, PathAttrs, PathState, Plan};

/// What a link points to, as the result names it: what was given, else what a followed link has.
pub fn source_text(args: &Args, seen: &Seen) -> Option<String> {
    let own = || seen.link.as_ref().filter(|_| seen.is_link() && args.follow);
    match &args.src {
        Some(src) => Some(src.as_str().to_string()),
        None => own().map(|state| state.target.clone()),
    }
}

/// A symbolic link.
pub fn link(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let src = args.src.as_ref().map(|src| ctx.platform.expand(src.as_str()));
    let Some(src) = src else { return existing_link(args, seen, ctx) };
    refuse(args, seen, &src)?;
    let same = |state: &PathState| state.kind == PathKind::Link && state.target == src;
    if seen.link.as_ref().is_some_and(same) {
        return settle(args, seen, ctx);
    }
    let (mut before, mut after) = (Map::new(), Map::new());
    if let Some(old) = seen.link.as_ref().filter(|_| seen.is_link()) {
        before.insert("src".into(), Value::from(old.target.as_str()));
        after.insert("src".into(), Value::from(src.as_str()));
    }
    let attrs = PathAttrs { target: Some(src.clone()), ..PathAttrs::new(PathKind::Link) };
    let op = Op::Link {
        path: seen.path.clone(),
        target: src.clone(),
        hard: false,
        replace: seen.link.is_some(),
    };
    let change = Change::new(op, format!("make the link {}", seen.path));
    let mut changes = vec![change.effect(Effect::Path(seen.path.clone(), Some(attrs)))];
    let mut warnings = Vec::new();
    let mut adjusted = Adjusted::default();
    if args.follow {
        // Attributes are those of what it leads to.
        match &seen.source {
            Source::Missing => warnings.push(NO_TARGET.to_string()),
            Source::There => {}
            Source::State(state) => {
                let at = join(&parent(&seen.path), &src);
                adjusted = args.wanted().adjust(&at, state, &seen.ids, ctx.platform)?;
            }
        }
    } else {
        let new = fresh(PathKind::Link, ctx);
        adjusted = args.wanted().adjust(&seen.path, &new, &seen.ids, ctx.platform)?;
    }
    changes.append(&mut adjusted.changes);
    let difference = Difference { path: &seen.path, from: seen.word(), to: "link" };
    before.extend(adjusted.before);
    after.extend(adjusted.after);
    let mut plan = Plan::of(changes).diff(difference.diff(&before, &after));
    plan.warnings = warnings;
    Ok(plan)
}

const NO_TARGET: &str = "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this.";

/// What cannot become a link.
fn refuse(args: &Args, seen: &Seen, src: &str) -> Result<(), Failure> {
    let path = seen.path.as_str();
    if matches!(seen.source, Source::Missing) && !args.force {
        let dir = if seen.word() == "directory" { path.to_string() } else { parent(path) };
        let at = join(&dir, src);
        let text = format!(
            "src file does not exist, use 'force=yes' if you really want to create the link: {at}"
        );
        return Err(Failure::new(text).with("path", path).with("src", src));
    }
    let word = seen.word();
    if !args.force && matches!(word, "directory" | "file" | "hard") {
        let text = format!("refusing to convert from {word} to symlink for {path}");
        return Err(Failure::new(text).with("path", path));
    }
    if word == "directory" && seen.filled {
        let text = format!("the directory {path} is not empty, refusing to convert it");
        return Err(Failure::new(text).with("path", path));
    }
    Ok(())
}

/// No source was given: an existing link keeps what it has.
fn existing_link(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if seen.is_link() {
        return settle(args, seen, ctx);
    }
    Err(Failure::new("src is required for creating new symlinks"))
}

/// Attributes of a link that is as wanted, or of what it leads to.
fn settle(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let difference = Difference { path: &seen.path, from: "link", to: "link" };
    let dangles = seen.followed && seen.target.is_none();
    if args.follow && (dangles || matches!(seen.source, Source::Missing) && args.src.is_some()) {
        let mut plan = Plan::ok().diff(difference.diff(&Map::new(), &Map::new()));
        plan.warnings.push(NO_TARGET.to_string());
        return Ok(plan);
    }
    let adjusted = attributes(args, seen, ctx)?;
    let diff = difference.diff(&adjusted.before, &adjusted.after);
    Ok(Plan::of(adjusted.changes).diff(diff))
}

/// A hard link.
pub fn hard(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let src = args.src.as_ref().map(|src| src.as_str().to_string());
    let path = seen.path.as_str();
    let Some(src) = src else {
        if seen.word() == "hard" {
            return plain(seen, attributes(args, seen, ctx)?);
        }
        return Err(Failure::new("src is required for creating new hardlinks"));
    };
    let failed =
        |text: String| Err(Failure::new(text).with("dest", path).with("src", src.as_str()));
    let Source::State(source) = &seen.source else { return failed("src does not exist".into()) };
    if seen.is_same_file() {
        return plain(seen, attributes(args, seen, ctx)?);
    }
    match seen.word() {
        "hard" if !args.force => {
            return failed("Cannot link, different hard link exists at destination".into());
        }
        "file" if !args.force => {
            return failed("Cannot link, file exists at destination".into());
        }
        "directory" if !args.force => {
            return failed("Cannot link: different hard link exists at destination".into());
        }
        _ => {}
    }
    let from = crate::modules::files::absolute(ctx.platform, &src)?;
    let attrs = PathAttrs {
        mode: Some(source.mode),
        owner: Some(source.owner.clone()),
        group: Some(source.group.clone()),
        content: Some(Text::Unknown),
        ..PathAttrs::new(source.kind)
    };
    let op =
        Op::Link { path: path.to_string(), target: from, hard: true, replace: seen.link.is_some() };
    let change = Change::new(op, format!("make the hard link {path}"));
    let mut changes = vec![change.effect(Effect::Path(path.to_string(), Some(attrs)))];
    let wanted = Wanted { follow: true, ..args.wanted() };
    let mut adjusted = wanted.adjust(path, source, &seen.ids, ctx.platform)?;
    times::adjust(args, seen, path, source, &mut adjusted)?;
    changes.append(&mut adjusted.changes);
    if let Some(old) = seen.link.as_ref().filter(|_| seen.is_link()) {
        adjusted.before.insert("src".into(), Value::from(old.target.as_str()));
        adjusted.after.insert("src".into(), Value::from(src.as_str()));
    }
    let difference = Difference { path, from: seen.word(), to: "hard" };
    Ok(Plan::of(changes).diff(difference.diff(&adjusted.before, &adjusted.after)))
}

/// Attributes of a hard link that is as wanted.
fn plain(seen: &Seen, adjusted: Adjusted) -> Result<Plan, Failure> {
    let difference = Difference { path: &seen.path, from: "hard", to: "hard" };
    let diff = difference.diff(&adjusted.before, &adjusted.after);
    Ok(Plan::of(adjusted.changes).diff(diff))
}
