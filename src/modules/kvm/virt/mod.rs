//! `virt`: virtual machines of libvirt, by its own documents.

mod define;
mod told;

use super::domain::{self, Course, Seen, Undefine};
use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::args::MarkedText;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Plan, Probe, Ran, Rule, State,
    Support,
};

crate::choices! {
    /// What is wanted of a machine.
    pub enum Wanted {
        Destroyed = "destroyed",
        Paused = "paused",
        Running = "running",
        Shutdown = "shutdown",
    }
}

crate::choices! {
    /// What is to be done or told.
    pub enum Command {
        Create = "create",
        Define = "define",
        Destroy = "destroy",
        Freemem = "freemem",
        GetXml = "get_xml",
        GetInterfaces = "get_interfaces",
        Info = "info",
        ListVms = "list_vms",
        Nodeinfo = "nodeinfo",
        Pause = "pause",
        Shutdown = "shutdown",
        Start = "start",
        Status = "status",
        Undefine = "undefine",
        Unpause = "unpause",
        Uuid = "uuid",
        Virttype = "virttype",
    }
}

crate::args! {
    /// The machine.
    pub struct Args {
        /// Its name.
        name: Option<String> => [aliases(&["guest"])],
        /// Whether it runs. `shutdown` asks its guest and waits, `destroyed` turns it off.
        state: Option<Wanted> => [],
        /// What is to be done or told. What is so already is left alone.
        command: Option<Command> => [],
        /// Whether it starts with the host.
        autostart: Option<bool> => [],
        /// What goes with `undefine`.
        flags: Option<Vec<String>> => [choices(&["managed_save", "snapshots_metadata", "nvram", "keep_nvram", "checkpoints_metadata"])],
        /// `undefine` takes all of that with it but what is kept by a flag; flags count before it.
        force: Option<bool> => [],
        /// What of a machine that is there is put into the document. Addresses of interfaces of the same type and source
        /// are always kept, and so are the version of its hardware and its firmware's variables.
        mutate_flags: Vec<String> => [choices(&["ADD_UUID", "ADD_MAC_ADDRESSES", "ADD_MAC_ADDRESSES_FUZZY"]), default("ADD_UUID")],
        /// Where libvirt is.
        uri: String => [default("qemu:///system")],
        /// Its document, for `define`. A machine that is there is compared with it, and defined anew where it differs.
        xml: Option<MarkedText> => [],
        /// Seconds that a guest has for shutting down; 0: it is asked and nobody waits.
        wait_timeout: i64 => [default("120")],
        /// Whether elements that libvirt does not know are refused; it would drop them in silence.
        validate: bool => [default("true")],
    }
    rules [Rule::RequiredIf("command", "define", &["xml"])]
}

static DOC: Doc = Doc {
    name: "virt",
    full_names: &["community.libvirt.virt"],
    short: "Manage virtual machines of libvirt.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::Full,
    examples: &[
        Example {
            title: "A machine by its document",
            yaml: "virt: {command: define, xml: \"{{ lookup('template', 'web.xml.j2') }}\", autostart: true}",
        },
        Example { title: "It runs", yaml: "virt: {name: web, state: running}" },
        Example {
            title: "It goes, with its firmware's variables",
            yaml: "virt: {name: web, command: undefine, flags: [nvram]}",
        },
    ],
    returns: &[
        ("created", "name of a machine that was not there before"),
        ("change_reason", "what of a machine that was there changed"),
        ("differences", "what differed from the document"),
        ("restart_required", "whether it runs with other hardware than its document has"),
        ("status", "`running`, `paused`, `shutdown` or `crashed`"),
        ("list_vms", "all names, or those of a state"),
        ("get_xml", "its document; of one that runs, the one it runs with"),
        ("uuid", "its UUID"),
    ],
};

/// The module.
pub struct Virt;

impl Args {
    /// What a call asks to be told, and nothing else.
    fn asks(&self) -> bool {
        use Command::{
            Freemem, GetInterfaces, GetXml, Info, ListVms, Nodeinfo, Status, Uuid, Virttype,
        };
        let told =
            [Freemem, GetInterfaces, GetXml, Info, ListVms, Nodeinfo, Status, Uuid, Virttype];
        self.command.is_some_and(|command| told.contains(&command))
    }

    /// Whether it is about one machine.
    fn names_one(&self) -> bool {
        use Command::{Freemem, Info, ListVms, Nodeinfo, Virttype};
        let host = [Freemem, Info, ListVms, Nodeinfo, Virttype];
        !self.command.is_some_and(|command| host.contains(&command))
    }

    /// The machine's name, which the document may have alone.
    fn guest(&self) -> Result<String, Failure> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        match (&self.xml, self.command) {
            (Some(xml), Some(Command::Define)) => define::name(xml),
            _ => Ok(String::new()),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        super::check_uri(&self.uri)?;
        let guest = self.guest()?;
        if !guest.is_empty() {
            super::check_name("virtual machine", &guest)?;
        }
        if self.state.is_some() && self.command.is_some_and(|c| c != Command::ListVms) {
            return Err(Failure::new("state and command are mutually exclusive"));
        }
        if self.wait_timeout < 0 {
            return Err(Failure::new("wait_timeout is a number of seconds"));
        }
        let text = match (self.command, self.state, self.autostart) {
            (None, None, None) => {
                return Err(Failure::new("expected state or command parameter to be specified"));
            }
            (Some(command), ..) => format!("{} requires 1 argument: guest", command.word()),
            (None, None, Some(_)) => "autostart requires 1 argument: name".to_string(),
            _ => "state change requires a guest specified".to_string(),
        };
        if guest.is_empty() && self.names_one() {
            return Err(Failure::new(text));
        }
        self.undefine().map(drop)
    }

    /// What goes with `undefine`, and whether a word of the user's was overruled.
    fn undefine(&self) -> Result<(Undefine, bool), Failure> {
        let force = self.force == Some(true);
        let words = |names: &[&str]| {
            names.iter().map(|name| format!("--{}", name.replace('_', "-"))).collect()
        };
        let Some(flags) = &self.flags else {
            let all = ["managed_save", "snapshots_metadata", "nvram", "checkpoints_metadata"];
            let flags = if force { words(&all) } else { Vec::new() };
            return Ok((Undefine { flags }, false));
        };
        let has = |name: &str| flags.iter().any(|flag| flag == name);
        if has("nvram") && has("keep_nvram") {
            return Err(Failure::new("Flags 'nvram' and 'keep_nvram' are mutually exclusive"));
        }
        let names: Vec<&str> = flags.iter().map(String::as_str).collect();
        Ok((Undefine { flags: words(&names) }, force))
    }

    fn more(&self) -> &'static str {
        use Command::{Freemem, GetInterfaces, GetXml, Info, ListVms, Nodeinfo, Virttype};
        match self.command {
            Some(GetXml | GetInterfaces) => "live",
            Some(Info) => "all",
            Some(ListVms) if self.state.is_some() => "all",
            Some(Freemem | Nodeinfo | Virttype) => "host",
            _ => "",
        }
    }
}

impl State for Virt {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        super::only_linux("virt", ctx.platform)?;
        args.check()?;
        let guest = args.guest()?;
        if let (Some(xml), Some(Command::Define)) = (&args.xml, args.command) {
            define::document(&guest, xml)?;
        }
        Ok(domain::probe(&args.uri, &guest, args.more()))
    }

    fn read(&self, args: &Args, answers: &[Answer], ctx: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        Seen::read(&args.uri, &args.guest()?, told, ctx).map(Look::Seen)
    }

    fn plan(&self, args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
        let guest = args.guest()?;
        let mut course = Course::new(&args.uri, &guest, seen);
        if args.asks() {
            if args.names_one() {
                course.there()?;
            }
            return Ok(Plan::ok());
        }
        match (args.command, args.state) {
            (Some(command), _) => self.command(args, command, &mut course, ctx)?,
            (_, Some(state)) => to(args, state, &mut course)?,
            _ => {}
        }
        if let Some(autostart) = args.autostart.filter(|_| args.command != Some(Command::Undefine))
        {
            course.there()?;
            course.autostart(autostart)?;
        }
        let mut plan = course.done();
        if args.state.is_some() && plan.counts() {
            plan.fields.insert("msg".into(), 0.into());
        }
        Ok(plan)
    }

    fn verify(&self, args: &Args, change: &Change, after: &Seen, _: Ctx<'_>) -> Result<(), String> {
        domain::verify(&args.guest().map_err(|failure| failure.msg)?, change, after)
    }

    fn explain(&self, _: &Args, ran: &Ran) -> Option<Failure> {
        super::explain(ran)
    }

    fn result(
        &self,
        args: &Args,
        before: &Seen,
        after: Option<&Seen>,
        plan: &Plan,
        _: &[Ran],
    ) -> Fields {
        let now = after.unwrap_or(before);
        let mut fields = told::fields(args, now);
        if args.command == Some(Command::Define) {
            let up = now.domain.as_ref().is_some_and(|domain| domain.power.is_up());
            let redefined = plan.fields.contains_key(&Key::from("differences"));
            fields.insert("restart_required".into(), Value::from(up && redefined));
        } else if let Some(command) = args.command.filter(|_| !args.asks()) {
            fields.insert(command.word().into(), 0.into());
        }
        fields
    }
}

impl Virt {
    fn command(
        &self,
        args: &Args,
        command: Command,
        course: &mut Course<'_>,
        ctx: Ctx<'_>,
    ) -> Result<(), Failure> {
        match command {
            Command::Define => define::define(args, course, ctx),
            Command::Create | Command::Start | Command::Unpause => course.run(),
            Command::Pause => course.pause(),
            Command::Shutdown => course.shut_down(args.wait_timeout),
            Command::Destroy => course.turn_off(),
            Command::Undefine => {
                let (how, overruled) = args.undefine()?;
                if overruled {
                    let text = "Ignoring 'force', because 'flags' are provided.";
                    course.plan.warnings.push(text.to_string());
                }
                course.undefine(&how)
            }
            _ => Ok(()),
        }
    }
}

fn to(args: &Args, state: Wanted, course: &mut Course<'_>) -> Result<(), Failure> {
    match state {
        Wanted::Running => course.run(),
        Wanted::Paused => course.pause(),
        Wanted::Shutdown => course.shut_down(args.wait_timeout),
        Wanted::Destroyed => course.turn_off(),
    }
}

#[cfg(test)]
mod tests;
