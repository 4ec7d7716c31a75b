//! `bastille`: a host on which jails of Bastille can be made.

#[cfg(test)]
mod tests;

use super::bastille::{Bastille as Host, CONF, only_freebsd};
use crate::base::{Key, Value};
use crate::modules::services::sysrc::Conf;
use crate::modules::told::{Kept, Told};
use crate::spec::args::{Dict, PathText};
use crate::spec::{
    Answer, Change, Command, Ctx, Doc, Effect, Example, Failure, Fields, Look, Op, PathKind,
    PathState, Plan, Probe, Ran, State, Support,
};

crate::args! {
    /// What Bastille's configuration says.
    pub struct Args {
        /// Directory of its jails and releases; it is kept closed to others (0750).
        prefix: Option<PathText> => [],
        /// Whether datasets are made for jails and releases.
        zfs_enable: Option<bool> => [],
        /// Pool of these datasets.
        zfs_zpool: Option<String> => [],
        /// Dataset below the pool that they are in.
        zfs_prefix: Option<String> => [],
        /// Interface of the host that jails have their addresses on: one of its own, such as `bastille0`.
        network_loopback: Option<String> => [],
        /// The same, one that leads outside. Only one of the two can be set: the other must be empty.
        network_shared: Option<String> => [],
        /// Default route that jails with a network of their own get.
        network_gateway: Option<String> => [],
        /// Name of the variable of pf.conf that holds the outer interface.
        network_pf_ext_if: Option<String> => [],
        /// Table of pf that jails' addresses are in.
        network_pf_table: Option<String> => [],
        /// Further variables of its configuration, such as `bastille_tzdata`.
        settings: Dict => [],
        /// Whether jails can have a network of their own: the rules of their devices (ruleset 13) and `jib`.
        vnet: bool => [default("no")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "bastille",
    full_names: &[],
    short: "Configure Bastille on a FreeBSD host; its package must be there.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "Jails on datasets, with addresses on a bridge",
            yaml: "bastille: {zfs_enable: true, zfs_zpool: zroot, network_loopback: warden0}",
        },
        Example {
            title: "As its package has it, and jails with a network of their own",
            yaml: "bastille: {vnet: true}",
        },
    ],
    returns: &[("prefix", "directory of jails and releases"), ("jails", "jails that there are")],
};

/// The module.
pub struct Bastille;

const RULES: &str = "/etc/devfs.rules";
const JIB: [&str; 2] = ["/usr/share/examples/jails/jib", "/usr/local/bin/jib"];
/// Devices of a jail with a network of its own: those of any jail, and packet filters.
const RULESET: &str = "[bastille_vnet=13]\nadd include $devfsrules_hide_all\nadd include $devfsrules_unhide_basic\n\
    add include $devfsrules_unhide_login\nadd include $devfsrules_jail\nadd path 'bpf*' unhide\n";

/// What is there.
pub struct Seen {
    all: Host,
    conf: Kept,
    sample: Kept,
    rules: Kept,
    prefix: String,
    /// The prefix, if it is there.
    state: Option<PathState>,
    pools: Vec<String>,
    jib: bool,
}

impl State for Bastille {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        only_freebsd("bastille", ctx)?;
        wanted(args)?;
        const SCRIPT: &str = concat!(
            include_str!("../../told/ask.sh"),
            include_str!("../look.sh"),
            include_str!("look.sh")
        );
        let prefix = args.prefix.as_ref().map_or("", PathText::as_str);
        Ok(Probe::new("bastille", SCRIPT).words([CONF, prefix]).heavy().isolated())
    }

    fn read(&self, _: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        let prefix = told.text("prefix").to_string();
        let state = PathState::parse(told.text("mode").trim_end());
        let mut pools: Vec<String> = Vec::new();
        if told.worked("pools") {
            pools.extend(told.text("pools").lines().map(str::to_string));
        }
        let coming = ctx.world.things("zpool").into_iter().filter(|(_, state)| state.is_some());
        pools.extend(coming.map(|(name, _)| name.to_string()));
        let paths: Vec<String> = told.paths().map(str::to_string).collect();
        let file = |at: usize| Kept::of(&told, paths.get(at).map_or("", String::as_str), ctx);
        Ok(Look::Seen(Seen {
            all: Host::read(&told, ctx)?,
            conf: file(0)?,
            sample: file(1)?,
            rules: Kept::of(&told, RULES, ctx)?,
            state: PathState::overlay(&prefix, state, ctx.world),
            prefix,
            pools,
            jib: told.text("jib") == "there" || ctx.world.path(JIB[1]).flatten().is_some(),
        }))
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let (mut changes, mut diff) = (Vec::new(), Vec::new());
        let base = if seen.conf.there() { &seen.conf } else { &seen.sample };
        if !base.there() {
            let text =
                format!("there is neither {} nor its sample: install bastille", seen.conf.path);
            return Err(Failure::new(text).missing());
        }
        let new = configured(args, seen, base)?;
        if new != seen.conf.text() {
            diff.push(seen.conf.diff(&new, ctx));
            changes.push(seen.conf.write(new, 0o644, format!("write {}", seen.conf.path)));
        }
        if let Some(state) =
            seen.state.as_ref().filter(|state| state.kind == PathKind::Dir && state.mode != 0o750)
        {
            let path = seen.prefix.clone();
            let why = format!("close {path} ({:04o}) to others", state.mode);
            let attrs = crate::spec::PathAttrs {
                mode: Some(0o750),
                ..crate::spec::PathAttrs::new(PathKind::Dir)
            };
            let change =
                Change::new(Op::SetMode { path: path.clone(), mode: 0o750, follow: true }, why);
            changes.push(change.effect(Effect::Path(path, Some(attrs))));
        }
        if args.vnet {
            changes.extend(vnet(seen, &mut diff, ctx)?);
        }
        let uncertain = seen.conf.uncertain.clone().or_else(|| seen.rules.uncertain.clone());
        Ok(Plan { diff, uncertain, ..Plan::of(changes) })
    }

    fn verify(&self, _: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        match &change.op {
            Op::WriteFile(file) if file.path == RULES => after.rules.wrote(change),
            Op::WriteFile(_) => after.conf.wrote(change),
            Op::SetMode { path, mode, .. } => match &after.state {
                Some(state) if state.mode == *mode => Ok(()),
                _ => Err(format!("{path} has another mode")),
            },
            Op::Run(command)
                if command.argv.first().is_some_and(|word| word == "install") && !after.jib =>
            {
                Err(format!("{} is not there", JIB[1]))
            }
            _ => Ok(()),
        }
    }

    fn result(&self, _: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let jails: Vec<String> = before.all.jails.iter().map(|jail| jail.name.clone()).collect();
        let fields = [
            ("prefix", Value::from(before.prefix.as_str())),
            ("jails", Value::from(jails).untrusted()),
        ];
        fields.into_iter().map(|(name, value)| (Key::from(name), value)).collect()
    }
}

/// All variables that are asked for.
fn wanted(args: &Args) -> Result<Vec<(String, String)>, Failure> {
    let yes = |on: bool| if on { "YES" } else { "NO" }.to_string();
    let named = [
        ("prefix", args.prefix.as_ref().map(|path| path.as_str().to_string())),
        ("zfs_enable", args.zfs_enable.map(yes)),
        ("zfs_zpool", args.zfs_zpool.clone()),
        ("zfs_prefix", args.zfs_prefix.clone()),
        ("network_loopback", args.network_loopback.clone()),
        ("network_shared", args.network_shared.clone()),
        ("network_gateway", args.network_gateway.clone()),
        ("network_pf_ext_if", args.network_pf_ext_if.clone()),
        ("network_pf_table", args.network_pf_table.clone()),
    ];
    let named =
        named.into_iter().filter_map(|(name, value)| Some((format!("bastille_{name}"), value?)));
    let mut all: Vec<(String, String)> = named.collect();
    for (name, value) in &args.settings.0 {
        let (name, value) = (name.to_string(), value.text());
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with("bastille_") || !name.chars().all(letter) {
            return Err(Failure::new(format!(
                "'{name}' is no variable of Bastille: they begin with bastille_"
            )));
        }
        if all.iter().any(|(known, _)| *known == name) {
            return Err(Failure::new(format!("{name} is given twice")));
        }
        all.push((name, value));
    }
    let odd = |value: &str| value.chars().any(|c| c.is_control() || "\"`$\\".contains(c));
    match all.iter().find(|(_, value)| odd(value)) {
        Some((name, value)) => Err(Failure::new(format!("{name} cannot be {value:?}"))),
        None if args.prefix.as_ref().is_some_and(|path| !path.as_str().starts_with('/')) => {
            Err(Failure::new("prefix must be an absolute path"))
        }
        None => Ok(all),
    }
}

/// The configuration as it should be.
fn configured(args: &Args, seen: &Seen, base: &Kept) -> Result<String, Failure> {
    let wrong = |why: String| Failure::new(format!("{}: {why}", base.path));
    let mut text = base.bytes.to_vec();
    for (name, value) in wanted(args)? {
        let conf = Conf::parse(&text).map_err(wrong)?;
        let has = conf.value(&name).flatten();
        if has.as_deref() == Some(value.as_str()) {
            continue;
        }
        if MOVES.contains(&name.as_str())
            && !seen.all.jails.is_empty()
            && seen.all.value(&name) != value
        {
            let jails: Vec<&str> = seen.all.jails.iter().map(|jail| jail.name.as_str()).collect();
            let text =
                format!("{name} cannot be changed while there are jails: {}", jails.join(", "));
            return Err(Failure::new(text));
        }
        text = conf.set(&name, &value);
    }
    let conf = Conf::parse(&text).map_err(wrong)?;
    let set = |name: &str| conf.value(name).flatten().filter(|value| !value.is_empty());
    if set("bastille_network_loopback").is_some() && set("bastille_network_shared").is_some() {
        return Err(Failure::new(
            "network_loopback and network_shared cannot both be set: one must be empty",
        ));
    }
    pool(seen, &set)?;
    String::from_utf8(text).map_err(|_| Failure::new(format!("{} is no UTF-8 text", base.path)))
}

/// Variables that lead to where jails are.
const MOVES: [&str; 4] =
    ["bastille_prefix", "bastille_zfs_enable", "bastille_zfs_zpool", "bastille_zfs_prefix"];

/// That the pool is there: without it bastille stops at a question (F-69).
fn pool(seen: &Seen, set: &dyn Fn(&str) -> Option<String>) -> Result<(), Failure> {
    if !set("bastille_zfs_enable").is_some_and(|value| value.eq_ignore_ascii_case("yes")) {
        return Ok(());
    }
    let Some(pool) = set("bastille_zfs_zpool") else {
        return Err(Failure::new("zfs_enable needs zfs_zpool"));
    };
    if !seen.pools.contains(&pool) {
        return Err(Failure::new(format!("{pool} is not a ZFS pool")).missing());
    }
    Ok(())
}

/// What jails with a network of their own need of the host.
fn vnet(
    seen: &Seen,
    diff: &mut Vec<crate::spec::Diff>,
    ctx: Ctx<'_>,
) -> Result<Vec<Change>, Failure> {
    let text = seen.rules.editable()?;
    let mut changes = Vec::new();
    let section =
        text.lines().map(str::trim).find(|line| line.starts_with('[') && line.ends_with("=13]"));
    match section {
        Some(section) if section != "[bastille_vnet=13]" => {
            let text = format!(
                "{RULES} has another ruleset 13, {section}: Bastille's jails use this number"
            );
            return Err(Failure::new(text));
        }
        Some(_) => {}
        None => {
            let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let new = format!("{text}{newline}{RULESET}");
            diff.push(seen.rules.diff(&new, ctx));
            changes.push(seen.rules.write(new, 0o644, format!("add ruleset 13 to {RULES}")));
            let load = Command::new(["service", "devfs", "restart"]);
            changes.push(Change::new(Op::Run(load), "load the rules of devices"));
        }
    }
    if !seen.jib {
        let attrs = crate::spec::PathAttrs {
            mode: Some(0o544),
            ..crate::spec::PathAttrs::new(PathKind::File)
        };
        let install = Command::new(["install", "-m", "0544", JIB[0], JIB[1]]);
        let change = Change::new(Op::Run(install), format!("install {}", JIB[1]));
        changes.push(change.effect(Effect::Path(JIB[1].to_string(), Some(attrs))));
    }
    Ok(changes)
}
