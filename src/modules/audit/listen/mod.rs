//! `listen_check`: nothing can be reached from outside that is not allowed to.

mod nets;
mod seen;
#[cfg(test)]
mod tests;

use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::args::Dict;
use crate::spec::{
    Answer, Change, Ctx, Doc, Example, Failure, Fields, Look, Os, Plan, Probe, Ran, State, Support,
};
use nets::Net;
use seen::Open;

crate::args! {
    /// What may be reached.
    pub struct Args {
        /// What may listen publicly: dicts with `port` (a number or a range such as 5900-5999), and, where that shall
        /// count, `proto` (tcp, udp), `address` (of the socket, or its network) and `process`.
        allowed: Vec<Dict> => [],
        /// Ports that are looked at, each a number or a range; `all` is every one.
        ports: Vec<String> => [default("22,85,111,3128,3389,5900-5999,8006,16509,16514,60000-60050")],
        /// Networks that are not public; loopback never is.
        private: Vec<String> => [default("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,fc00::/7,fe80::/10")],
    }
    rules []
}

static DOC: Doc = Doc {
    name: "listen_check",
    full_names: &[],
    short: "Fail when something listens publicly (Linux, FreeBSD).",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example {
        title: "Nothing but SSH",
        yaml: "listen_check: {allowed: [{proto: tcp, port: 22, process: sshd}], ports: [all]}",
    }],
    returns: &[
        ("violations", "proto, address, port, process, and the rule where it is a redirection"),
        ("checked", "how many sockets and redirections of these ports were looked at"),
    ],
};

/// The module.
pub struct ListenCheck;

/// What is there.
pub struct Seen {
    open: Vec<Open>,
    warnings: Vec<String>,
}

/// One thing that may be open.
struct Allowed {
    proto: Option<String>,
    ports: (u16, u16),
    net: Option<Net>,
    process: Option<String>,
}

impl Allowed {
    fn read(dict: &Dict) -> Result<Self, Failure> {
        let known = ["proto", "port", "address", "process"];
        let odd = |key: &&Key| key.as_str().is_none_or(|name| !known.contains(&name));
        if let Some(key) = dict.0.keys().find(odd) {
            let text = format!(
                "Unsupported parameters: {} found in allowed. Supported parameters include: address, port, process, proto.",
                key.value().text()
            );
            return Err(Failure::new(text));
        }
        let text = |name: &str| dict.0.get(&Key::from(name)).map(Value::text);
        let port = text("port");
        let port =
            port.ok_or_else(|| Failure::new("missing required arguments: port found in allowed"))?;
        let proto = text("proto");
        if let Some(other) = proto.as_ref().filter(|proto| *proto != "tcp" && *proto != "udp") {
            let text =
                format!("value of proto must be one of: tcp, udp, got: {other} found in allowed");
            return Err(Failure::new(text));
        }
        let net = text("address").map(|text| Net::parse(&text)).transpose()?;
        Ok(Self { proto, ports: range(&port)?, net, process: text("process") })
    }

    fn covers(&self, open: &Open) -> bool {
        let proto = self.proto.as_ref().is_none_or(|proto| *proto == open.proto);
        let ports = self.ports.0 <= open.ports.0 && open.ports.1 <= self.ports.1;
        let net = match (&self.net, open.address) {
            (None, _) => true,
            (Some(net), Some(address)) => net.has(address),
            (Some(_), None) => false,
        };
        let name = |all: &str| all.split(" (").next().unwrap_or_default().to_string();
        let process = self.process.as_ref().is_none_or(|process| {
            !open.process.is_empty() && open.process.split(", ").all(|one| name(one) == *process)
        });
        proto && ports && net && process
    }
}

fn range(text: &str) -> Result<(u16, u16), Failure> {
    seen::ports(text)
        .ok_or_else(|| Failure::new(format!("{text:?} is no port, nor a range of ports")))
}

impl Args {
    fn watched(&self) -> Result<Vec<(u16, u16)>, Failure> {
        let each = |text: &String| if text == "all" { Ok((0, u16::MAX)) } else { range(text) };
        self.ports.iter().map(each).collect()
    }

    fn allowed(&self) -> Result<Vec<Allowed>, Failure> {
        self.allowed.iter().map(Allowed::read).collect()
    }

    fn private(&self) -> Result<Vec<Net>, Failure> {
        self.private.iter().map(|text| Net::parse(text)).collect()
    }
}

impl Seen {
    /// What is of the watched ports, and what of it is wrong.
    fn judge(&self, args: &Args) -> Result<(usize, Vec<&Open>), Failure> {
        let (watched, allowed, private) = (args.watched()?, args.allowed()?, args.private()?);
        let within = |open: &&Open| {
            watched.iter().any(|(first, last)| open.ports.0 <= *last && *first <= open.ports.1)
        };
        let looked: Vec<&Open> = self.open.iter().filter(within).collect();
        let public = |open: &Open| match open.address {
            None => true,
            Some(address) => !address.is_loopback() && !private.iter().any(|net| net.has(address)),
        };
        let wrong =
            |open: &&Open| public(open) && !allowed.iter().any(|allowed| allowed.covers(open));
        let count = looked.len();
        Ok((count, looked.into_iter().filter(wrong).collect()))
    }
}

fn shown(open: &Open) -> String {
    let port = match open.ports {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    match &open.rule {
        Some(rule) => format!("{} port {port} is redirected: {rule}", open.proto),
        None => {
            let who =
                if open.process.is_empty() { "a process that is not told" } else { &open.process };
            format!("{who} on {} {}:{port}", open.proto, open.shown)
        }
    }
}

fn row(open: &Open) -> Value {
    let (first, last) = open.ports;
    let port = if first == last {
        Value::from(i64::from(first))
    } else {
        format!("{first}-{last}").into()
    };
    [
        ("proto", Value::from(open.proto.as_str())),
        ("address", Value::from(open.shown.as_str())),
        ("port", port),
        ("process", Value::from(open.process.as_str())),
        ("rule", open.rule.as_deref().map_or(Value::NULL, Value::from)),
    ]
    .into_iter()
    .collect()
}

fn fields(count: usize, wrong: &[&Open]) -> Fields {
    let mut fields = Fields::new();
    fields.insert("checked".into(), Value::from(i64::try_from(count).unwrap_or(i64::MAX)));
    fields.insert("violations".into(), Value::list(wrong.iter().map(|open| row(open)).collect()));
    fields
}

impl State for ListenCheck {
    type Args = Args;
    type Seen = Seen;

    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn probe(&self, args: &Args, ctx: Ctx<'_>) -> Result<Probe, Failure> {
        if ctx.platform.os == Os::Other {
            let text = format!(
                "listen_check is for Linux and FreeBSD: this host is {}",
                ctx.platform.system
            );
            return Err(Failure::new(text));
        }
        args.watched()?;
        args.allowed()?;
        args.private()?;
        const SCRIPT: &str = concat!(include_str!("../../told/ask.sh"), include_str!("look.sh"));
        Ok(Probe::new("listen_check", SCRIPT).heavy())
    }

    fn read(&self, _: &Args, answers: &[Answer], _: Ctx<'_>) -> Result<Look<Seen>, Failure> {
        let told = Told::read(answers)?;
        Ok(Look::Seen(Seen { open: seen::read(&told)?, warnings: seen::unseen(&told) }))
    }

    fn plan(&self, args: &Args, seen: &Seen, _: Ctx<'_>) -> Result<Plan, Failure> {
        let (count, wrong) = seen.judge(args)?;
        if !wrong.is_empty() {
            let all: Vec<String> = wrong.iter().map(|open| shown(open)).collect();
            let failure = Failure::new(format!("reachable from everywhere: {}", all.join("; ")));
            return Err(Failure { fields: fields(count, &wrong), ..failure });
        }
        Ok(Plan { warnings: seen.warnings.clone(), ..Plan::ok() })
    }

    fn verify(&self, _: &Args, _: &Change, _: &Seen, _: Ctx<'_>) -> Result<(), String> {
        Ok(())
    }

    fn result(&self, args: &Args, before: &Seen, _: Option<&Seen>, _: &Plan, _: &[Ran]) -> Fields {
        before.judge(args).map_or_else(|_| Fields::new(), |(count, wrong)| fields(count, &wrong))
    }
}
