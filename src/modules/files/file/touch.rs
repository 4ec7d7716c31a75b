//! The plan for what is touched.

use super::plans::{Difference, fresh};
use super::seen::Seen;
use super::{Args, times};
use crate::base::Map;
use crate::modules::files::attributes::Adjusted;
use crate::modules::files::place::parent;
use crate::spec::path::PathKind;
use crate::spec::world::Text;
use crate::spec::{Change, ChangeKind, Ctx, Effect, Failure, Input, Op, PathAttrs, Plan};

/// A file that is there, with its times.
pub fn touch(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let path = if args.follow { &seen.real } else { &seen.path };
    let difference = Difference { path: &seen.path, from: seen.word(), to: "touch" };
    let Some(state) = seen.subject(args.follow) else { return create(args, seen, ctx) };
    let mut adjusted = args.wanted().adjust(path, state, &seen.ids, ctx.platform)?;
    times::adjust(args, seen, path, state, &mut adjusted)?;
    let diff = difference.diff(&adjusted.before, &adjusted.after);
    Ok(Plan::of(adjusted.changes).diff(diff))
}

fn create(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    if seen.above != parent(&seen.real) {
        let text = "Error, could not touch target.";
        return Err(Failure::new(text).missing().with("path", seen.path.as_str()));
    }
    let state = fresh(PathKind::File, ctx);
    let nothing = Input::bytes("");
    let attrs = PathAttrs {
        mode: Some(state.mode),
        owner: Some(state.owner.clone()),
        group: Some(state.group.clone()),
        content: Some(Text::Known { bytes: Some("".into()), sha1: nothing.sha1, size: 0 }),
        ..PathAttrs::new(PathKind::File)
    };
    let path = &seen.real;
    let op = Op::Touch { path: path.clone(), atime: None, mtime: None };
    let made = Change::new(op, format!("touch {path}")).kind(ChangeKind::Act);
    let mut changes = vec![made.effect(Effect::Path(path.clone(), Some(attrs)))];
    let mut adjusted: Adjusted = args.wanted().adjust(path, &state, &seen.ids, ctx.platform)?;
    let (atime, mtime) = times::wanted(args, seen, true)?;
    changes.append(&mut adjusted.changes);
    // `now` is what a new file has, and there is nothing to keep.
    let times = (atime.of_new(), mtime.of_new());
    if times != (times::Time::Now, times::Time::Now) {
        changes.extend(times::change(path, times, &state));
    }
    let difference = Difference { path: &seen.path, from: "absent", to: "touch" };
    let mut diff = difference.diff(&Map::new(), &Map::new());
    if !adjusted.before.is_empty() {
        diff = difference.diff(&adjusted.before, &adjusted.after);
    }
    Ok(Plan::of(changes).diff(diff))
}
