//! `proxmox_replication`: copies of a guest's disks to another node (pvesr).

use super::api;
use super::entry::{Kind, Property, Wish};
use crate::base::{Key, Value};
use crate::modules::accounts::Presence;
use crate::modules::told::Told;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Op, Plan, Probe, Ran, Risk, Rule,
    State, Support,
};

crate::args! {
    /// Which job.
    pub struct Args {
        /// The guest.
        vmid: i64 => [required()],
        /// Number of the job among those of the guest.
        number: i64 => [default("0")],
        /// Whether there is such a job. The copies of one that goes are removed by its next run.
        state: Presence => [default("present")],
        /// The node that gets the copies.
        target: Option<String> => [],
        /// When, as systemd's calendar has it, such as `*/15` or `mon..fri 02:30`.
        schedule: Option<String> => [],
        /// MB in a second at most; 0: no limit.
        rate: Option<f64> => [],
        /// A comment.
        comment: Option<String> => [],
        /// Whether it rests.
        disable: Option<bool> => [],
    }
    rules [
        Rule::RequiredIf("state", "present", &["target"]),
    ]
}

static DOC: Doc = Doc {
    name: "proxmox_replication",
    full_names: &[],
    short: "Manage replication jobs of Proxmox VE.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[Example {
        title: "Every quarter of an hour to the other node",
        yaml: "proxmox_replication: {vmid: 101, target: pve2, schedule: '*/15'}",
    }],
    returns: &[
        ("id", "the job"),
        ("last_sync", "when it last went through, in seconds since 1970; 0: never"),
        ("fail_count", "how often it has failed since"),
    ],
};

/// The module.
pub struct ProxmoxReplication;

const KIND: &str = "proxmox_replication";

/// What is there.
pub struct Seen {
    found: Option<Value>,
    /// State of the job on this node.
    status: Option<Value>,
    node: String,
    nodes: Vec<String>,
}

impl Args {
    fn wish(&self) -> Result<Wish, Failure> {
        api::vmid(self.vmid)?;
        if !(0..=999).contains(&self.number) {
            return Err(Failure::new("number is 0 to 999"));
        }
        if self.rate.is_some_and(|rate| rate < 0.0 || !rate.is_finite()) {
            return Err(Failure::new("rate is no number of MB in a second"));
        }
        let mut properties = Vec::new();
        if let Some(target) = &self.target {
            api::name("name of a node", target)?;
            properties.push(Property {
                name: "type",
                value: "local".to_string(),
                kind: Kind::Fixed,
            });
            properties.push(Property { name: "target", value: target.clone(), kind: Kind::Fixed });
        }
        let rate = self.rate.map(|rate| if rate == 0.0 { String::new() } else { rate.to_string() });
        properties.extend(Property::of("schedule", self.schedule.clone(), Kind::Text));
        properties.extend(Property::of("rate", rate, Kind::Text));
        properties.extend(Property::of("comment", self.comment.clone(), Kind::Text));
        properties.extend(Property::yes("disable", self.disable));
        Ok(Wish {
            what: "replication job",
            list: "/cluster/replication",
            key: "id",
            id: format!("{}-{}", self.vmid, self.number),
            state: self.state,
            properties,
            kind: KIND,
            risk: Risk::Medium,
        })
    }
}

impl State for ProxmoxReplication {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        api::only_linux("proxmox_replication", ctx)?;
        args.wish()?;
        let script = concat!(
            include_str!("../told/ask.sh"),
            include_str!("ask.sh"),
            include_str!("look.sh")
        );
        Ok(Probe::new("proxmox_replication", script)
            .words(["/cluster/replication", "replication", ""])
            .heavy())
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        api::is_there(&told)?;
        let wish = args.wish()?;
        let list = api::list(&told, "/cluster/replication")?;
        let node = told.text("node").trim().to_string();
        let states = api::list(&told, &format!("/nodes/{node}/replication"))?;
        let found = match ctx.world.thing(KIND, &wish.id) {
            Some(known) => known.cloned(),
            // One that waits to be removed is gone, or in the way.
            None => wish.find(&list).cloned(),
        };
        let nodes =
            api::list(&told, "/nodes")?.iter().map(|node| api::text(node, "node")).collect();
        Ok(Look::Seen(Seen { found, status: wish.find(&states).cloned(), node, nodes }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let wish = args.wish()?;
        let leaves = seen.found.as_ref().is_some_and(leaving);
        if leaves && args.state == Presence::Present {
            return Err(Failure::new(format!(
                "the job {} waits to be removed by its next run",
                wish.id
            )));
        }
        if let Some(target) = &args.target {
            if *target == seen.node {
                return Err(Failure::new(format!(
                    "target: {target} is the node that the guest is on"
                )));
            }
            if !seen.nodes.contains(target) {
                return Err(Failure::new(format!("the cluster has no node {target}")));
            }
        }
        let found = seen.found.as_ref().filter(|_| !leaves);
        let changes = wish.changes(found)?;
        let mut plan = Plan::ok();
        if !changes.is_empty() {
            plan.diff.push(wish.diff(found));
        }
        plan.parts = Plan::of(changes).parts;
        plan.warnings.extend(failing(&wish.id, seen));
        Ok(plan)
    }

    fn verify(&self, args: &Args, _: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        let wish = args.wish().map_err(|failure| failure.msg)?;
        wish.verify(after.found.as_ref().filter(|found| !leaving(found)))
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        let Op::Run(_) = &ran.change.op else { return None };
        let said = ran.answer.error_text() + &ran.answer.text();
        Some(api::explained(&ran.change.why, ran.answer.rc, &said))
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        let count =
            |name: &str| before.status.as_ref().and_then(|status| api::number(status, name));
        let id = format!("{}-{}", args.vmid, args.number);
        [
            ("id", Value::from(id)),
            ("last_sync", Value::from(count("last_sync").unwrap_or(0))),
            ("fail_count", Value::from(count("fail_count").unwrap_or(0))),
        ]
        .into_iter()
        .map(|(key, value)| (Key::from(key), value))
        .collect()
    }
}

fn leaving(found: &Value) -> bool {
    !api::text(found, "remove_job").is_empty()
}

/// A word for a job that fails.
fn failing(id: &str, seen: &Seen) -> Option<String> {
    let status = seen.status.as_ref()?;
    let count = api::number(status, "fail_count").filter(|count| *count > 0)?;
    let error = api::text(status, "error");
    Some(format!("the job {id} failed {count} time(s): {}", error.trim_end()))
}
