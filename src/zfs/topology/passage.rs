//! How an edge's bytes get to the other side, as the topology says.

use super::fields::Fields;
use crate::base::Diagnostic;
use crate::zfs::direct;
use crate::zfs::legs::Wish;
use crate::zfs::rate::Schedule;
use crate::zfs::replication::edge::Edge;

/// Which way the bytes take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// Within one host where both are on it and no rate is to be kept, else through the operator.
    #[default]
    Auto,
    /// Through this program: two connections, counted and limited here.
    Operator,
    /// The source's host connects to the target's.
    Push,
    /// The target's host connects to the source's.
    Pull,
}

impl Transport {
    const WORDS: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("operator", Self::Operator),
        ("push", Self::Push),
        ("pull", Self::Pull),
    ];
}

/// The way that an edge's bytes really take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// A pipe on the one host that both are on.
    Within,
    /// Through this program.
    Operator,
    /// From host to host, the source's calling.
    Push,
    /// From host to host, the target's calling.
    Pull,
}

impl Path {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Within => "within the host",
            Self::Operator => "through the operator",
            Self::Push => "straight, the source calls",
            Self::Pull => "straight, the target calls",
        }
    }
}

/// What a topology says of an edge's way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passage {
    /// Which one.
    pub transport: Transport,
    /// How fast, by the operator's clock.
    pub rate: Schedule,
    /// Whether zstd stands in it.
    pub compress: Wish,
    /// Whether mbuffer stands in it.
    pub buffer: Wish,
    /// Name and port by which the calling host reaches the other; None: what the inventory says.
    pub address: Option<(String, Option<u16>)>,
    /// The operator's forwarded agent logs in on the other host; else a key that is made for each stream.
    pub agent: bool,
}

impl Passage {
    /// The way that the bytes of an edge take.
    #[must_use]
    pub fn path(&self, edge: &Edge) -> Path {
        let same = edge.source.host == edge.target.host;
        match self.transport {
            Transport::Push => Path::Push,
            Transport::Pull => Path::Pull,
            Transport::Auto if same && !self.rate.is_limited() => Path::Within,
            Transport::Auto | Transport::Operator => Path::Operator,
        }
    }
}

/// The keys of an edge that say it.
pub const KEYS: [&str; 6] = ["transport", "rate", "compress", "buffer", "address", "agent"];

/// Reads them. `own`: the edge without the defaults.
pub fn read(fields: &Fields<'_>, own: &Fields<'_>, edge: &Edge) -> Result<Passage, Diagnostic> {
    let wish = |word| [("auto", Wish::Auto), (word, Wish::Always), ("none", Wish::Never)];
    let at = |name: &str, text: String| Diagnostic::new(text).at(fields.origin(name));
    let rate = fields.value("rate").map(|value| Schedule::parse(&value.text())).transpose();
    let address = fields.text("address")?.map(direct::parse_address).transpose();
    let passage = Passage {
        transport: fields.word("transport", &Transport::WORDS)?.unwrap_or_default(),
        rate: rate.map_err(|error| at("rate", format!("'rate': {error}")))?.unwrap_or_default(),
        compress: fields.word("compress", &wish("zstd"))?.unwrap_or_default(),
        buffer: fields.word("buffer", &wish("mbuffer"))?.unwrap_or_default(),
        address: address.map_err(|error| at("address", format!("'address': {error}")))?,
        agent: fields.bool("agent")?.unwrap_or(false),
    };
    match fault(&passage, own, edge) {
        Some((name, text)) => Err(at(name, text)),
        None => Ok(passage),
    }
}

/// What goes not together: key, text.
fn fault(passage: &Passage, own: &Fields<'_>, edge: &Edge) -> Option<(&'static str, String)> {
    let path = passage.path(edge);
    let direct = matches!(path, Path::Push | Path::Pull);
    if direct && edge.source.host == edge.target.host {
        let text = format!("both ends are on {}: nobody has to be called", edge.source.host);
        return Some(("transport", text));
    }
    if direct && passage.rate.is_limited() {
        let text =
            "a rate is kept where the bytes pass here: not by push and pull, but by operator";
        return Some(("rate", text.to_owned()));
    }
    for (name, given) in [("address", passage.address.is_some()), ("agent", passage.agent)] {
        if given && !direct && own.value(name).is_some() {
            return Some((name, format!("'{name}' is for 'transport: push' and 'pull'")));
        }
    }
    let within = path == Path::Within && passage.compress == Wish::Always;
    (within && own.value("compress").is_some())
        .then(|| ("compress", "the bytes don't leave the host".to_owned()))
}
