//! From what is there of a machine to what is wanted.

use super::describe::{self, Wish};
use super::devices::{self, Disk};
use super::seen::Seen;
use super::{Args, Wanted, guards, seed};
use crate::base::Value;
use crate::modules::kvm;
use crate::modules::kvm::domain::{self, Course, Undefine};
use crate::spec::{
    Change, ChangeKind, Ctx, Effect, Failure, Op, PathAttrs, PathKind, Plan, Probe, Risk,
};

/// The plan.
pub fn plan(args: &Args, wish: &Wish, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    let mut course = Course::new(&args.uri, &args.name, &seen.base);
    if args.state == Wanted::Absent {
        absent(args, wish, seen, &mut course)?;
        return Ok(course.done());
    }
    let makes = matches!(args.state, Wanted::Present | Wanted::Running | Wanted::Restarted);
    if args.describes() || (course.now.is_none() && makes) {
        let warnings = guards::check(args, wish, seen)?;
        course.plan.warnings.extend(warnings);
        add_seed(wish, seen, &mut course, ctx)?;
        for disk in wish.disks.iter().flatten() {
            add_disk(args, disk, seen, &mut course)?;
        }
        define(args, wish, &mut course, ctx);
    }
    if let Some(autostart) = args.autostart {
        course.there()?;
        course.autostart(autostart)?;
    }
    if super::starts(args, course.now.as_ref().map(|domain| domain.power)) {
        let document = &course.there()?.xml;
        guards::pages(wish, document, seen)?;
    }
    match args.state {
        Wanted::Running => course.run()?,
        Wanted::Restarted => course.restart(args.wait_timeout)?,
        Wanted::Stopped => course.shut_down(args.wait_timeout)?,
        Wanted::PoweredOff => course.turn_off()?,
        Wanted::Present | Wanted::Absent => {}
    }
    Ok(course.done())
}

fn absent(args: &Args, wish: &Wish, seen: &Seen, course: &mut Course<'_>) -> Result<(), Failure> {
    let nvram = course.now.as_ref().is_some_and(|domain| domain.xml.find("os/nvram").is_some());
    let flag = if args.keep_nvram { "--keep-nvram" } else { "--nvram" };
    let flags = if nvram { vec![flag.to_string()] } else { Vec::new() };
    course.undefine(&Undefine { flags })?;
    let Some(seed) = &wish.seed else { return Ok(()) };
    let there = |path: &str| seen.paths.get(path).is_some_and(Option::is_some);
    let files = seen.seed.as_ref().is_some_and(seed::Seen::has_files);
    for (path, recursive, there) in
        [(seed.path.clone(), false, there(&seed.path)), (seed.dir(), true, files)]
    {
        if there {
            let op = Op::Remove { path: path.clone(), recursive };
            let change = Change::new(op, format!("remove {path}"));
            course.beside(change.effect(Effect::Path(path, None)));
        }
    }
    Ok(())
}

fn add_seed(
    wish: &Wish,
    seen: &Seen,
    course: &mut Course<'_>,
    ctx: Ctx<'_>,
) -> Result<(), Failure> {
    let (Some(seed), Some(found)) = (&wish.seed, &seen.seed) else { return Ok(()) };
    let (changes, diff) = seed::changes(seed, found, ctx)?;
    if !changes.is_empty() && course.now.is_some() && seed::same_instance(seed, found) {
        let text = "the seed of {} is another and its instance_id is the same: cloud-init does little of it again";
        course.plan.warnings.push(text.replace("{}", course.name));
    }
    changes.into_iter().for_each(|change| course.beside(change));
    course.plan.diff.extend(diff);
    Ok(())
}

/// Makes an image, or lets it grow.
fn add_disk(args: &Args, disk: &Disk, seen: &Seen, course: &mut Course<'_>) -> Result<(), Failure> {
    let wanted = disk.size.as_ref().map(|size| devices::bytes("size", size)).transpose()?;
    let there = seen.paths.get(&disk.path).is_some_and(Option::is_some);
    let image = |verb: &str, size: String| {
        let words = [verb, disk.format(), &disk.path, &size];
        Probe::new("kvm_image", include_str!("image.sh")).words(words)
    };
    if !there && !disk.is_block() {
        let size = wanted.map(|size| size.to_string()).unwrap_or_default();
        let base = disk.backing_file.clone().unwrap_or_default();
        let probe = image("create", size).words([base, disk.backing_format.clone()]);
        let change = Change::new(Op::Script(probe), format!("make the image {}", disk.path));
        let attrs = PathAttrs { mode: Some(0o600), ..PathAttrs::new(PathKind::File) };
        course.beside(change.effect(Effect::Path(disk.path.clone(), Some(attrs))));
        return Ok(());
    }
    let (Some(wanted), Some((_, size))) = (wanted, seen.image(&disk.path)) else { return Ok(()) };
    if wanted <= size {
        return Ok(());
    }
    let why = format!("grow the disk {}", disk.path);
    let domain = seen.base.domain.as_ref();
    let change = match domain.filter(|domain| domain.power.is_up()) {
        Some(_) => {
            let bytes = format!("{wanted}B");
            kvm::virsh(&args.uri, ["blockresize", &args.name, &disk.path, &bytes], why)
        }
        None => Change::new(Op::Script(image("resize", wanted.to_string())), why),
    };
    course.beside(change.risk(Risk::Medium));
    Ok(())
}

fn define(args: &Args, wish: &Wish, course: &mut Course<'_>, ctx: Ctx<'_>) {
    let found = course.now.as_ref().map(|domain| domain.xml.clone());
    let lines = found.as_ref().map(|found| describe::differences(args, wish, found));
    if lines.as_ref().is_some_and(Vec::is_empty) {
        return;
    }
    let document = describe::document(args, wish, found.as_ref());
    course.plan.diff.push(domain::diff(found.as_ref(), &document, false, &args.name, ctx));
    if let Some(lines) = lines {
        let lines = lines.iter().map(|line| Value::from(line.as_str())).collect();
        course.plan.fields.insert("differences".into(), Value::list(lines));
    }
    course.define(&document, ChangeKind::Plain, true);
}

/// Whether the second look shows what a change was to do.
pub fn verify(args: &Args, wish: &Wish, change: &Change, after: &Seen) -> Result<(), String> {
    if let (Some(seed), Some(found)) = (&wish.seed, &after.seed) {
        if args.state != Wanted::Absent {
            seed::verify(seed, change, found)?;
        }
    }
    if let Op::Script(probe) = &change.op {
        if probe.name == "kvm_image" {
            let (path, size) = (&probe.words[2], &probe.words[3]);
            let image = after.image(path).ok_or_else(|| format!("{path} is not there"))?;
            let fits = size.is_empty() || image.1.to_string() == *size;
            return if fits { Ok(()) } else { Err(format!("{path} has {} bytes", image.1)) };
        }
    }
    if kvm::words(change).first().is_some_and(|word| word == "define") {
        let domain = after.base.domain.as_ref().ok_or("the machine is not there")?;
        let left = describe::differences(args, wish, &domain.xml);
        let text = || format!("libvirt has not kept it as asked for: {}", left.join("; "));
        return if left.is_empty() { Ok(()) } else { Err(text()) };
    }
    domain::verify(&args.name, change, &after.base)
}
