//! A jail that must not be there.

use super::making::{lost, stops_others};
use super::seen::Seen;
use super::{Args, act};
use crate::spec::{Failure, Plan};

/// What is to be done.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let name = &args.name;
    if seen.half {
        let path = format!("{}/{name}", seen.all.jails_dir());
        return Err(Failure::new(format!("{path} is no jail: there is no jail.conf")));
    }
    if seen.jail.is_none() && seen.foretold.is_none() {
        return Ok(Plan::ok());
    }
    if !seen.all.there {
        return Err(Failure::new("bastille is not installed").missing());
    }
    stops_others(args, &seen.all)?;
    mounted(args, seen)?;
    // -a: stopped first. Without -f: mounts and busy datasets are refused.
    Ok(Plan::of(vec![lost(act(args, seen, "there", "gone", &["destroy", "-a", "-y", name]))]))
}

/// Refuses where something else than the jail's own file systems is mounted in it: it would go with the jail.
fn mounted(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let root = format!("{}/", seen.all.file(&args.name, "root"));
    let own = |point: &str| {
        let fstab = seen.jail.as_ref().map_or("", |jail| jail.fstab.as_str());
        let listed = fstab.lines().any(|line| line.split_whitespace().nth(1) == Some(point));
        let inside = point.strip_prefix(&root).unwrap_or_default();
        listed || matches!(inside, "dev" | "dev/fd" | "proc")
    };
    let odd = seen.mounts.iter().find(|point| point.starts_with(&root) && !own(point));
    match odd {
        Some(point) => {
            Err(Failure::new(format!("{point} is mounted in the jail: unmount it first")))
        }
        None => Ok(()),
    }
}
