//! What a guest's first boot reads: a disc with the label `cidata`, made of files that lie beside it. The directory is
//! root's alone, and what is in user-data is never shown.

use super::devices;
use crate::base::yaml::{self, DumpOptions};
use crate::base::{Source, Value};
use crate::modules::kvm::xml::Node;
use crate::modules::told::{Kept, Told};
use crate::spec::args::{Dict, Raw};
use crate::spec::input::hex;
use crate::spec::{
    ArgStruct, Change, Ctx, Diff, Effect, Failure, Op, PathAttrs, PathKind, PathState, Probe,
};
use sha2::{Digest, Sha256};

crate::args! {
    /// The seed.
    pub struct Given {
        /// Which machine it is: what is done once is done again for a new one.
        instance_id: Option<String> => [],
        /// The guest's name.
        hostname: Option<String> => [],
        /// What is done: a dict of cloud-config, or a text whose first line says what it is.
        user_data: Option<Raw> => [],
        /// The guest's network, of version 2.
        network_config: Option<Raw> => [],
        /// Further words of meta-data.
        meta_data: Dict => [default("{}")],
        /// What a vendor adds.
        vendor_data: Option<Raw> => [],
        /// The disc's image.
        path: Option<String> => [],
        /// What the guest's bus calls it.
        target: String => [default("sdz")],
    }
    rules []
}

/// A checked seed.
pub struct Seed {
    /// Its image.
    pub path: String,
    /// Its name on the bus.
    pub target: String,
    /// Files by their names.
    pub files: Vec<(&'static str, String)>,
}

/// All files that a seed may have.
const NAMES: [&str; 4] = ["meta-data", "network-config", "user-data", "vendor-data"];

impl Seed {
    /// Reads the argument of a machine.
    ///
    /// # Errors
    /// It is not as it has to be.
    pub fn read(name: &str, dict: &Dict) -> Result<Self, Failure> {
        let given =
            Given::from_map(&dict.0).map_err(|error| Failure::new(format!("seed: {error}")))?;
        let path = given.path.clone();
        let path = path.unwrap_or_else(|| format!("/var/lib/libvirt/images/{name}-seed.iso"));
        devices::path("seed", &path)?;
        let fits = given.target.starts_with("sd")
            && given.target.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits {
            return Err(Failure::new(format!("seed target: {:?}: sda to sdz", given.target)));
        }
        let id = given.instance_id.as_deref().unwrap_or(name);
        if id.is_empty() || id.contains(char::is_control) {
            return Err(Failure::new("seed: instance_id is one line"));
        }
        let host = given.hostname.as_deref().unwrap_or(name);
        let mut meta = given.meta_data.0.clone();
        meta.insert("instance-id".into(), id.into());
        meta.insert("local-hostname".into(), host.into());
        let mut files = vec![("meta-data", dump(&Value::map(meta)))];
        if let Some(network) = &given.network_config {
            files.push(("network-config", text("network_config", &network.0, "")?));
        }
        let user =
            given.user_data.as_ref().map(|user| text("user_data", &user.0, "#cloud-config\n"));
        files.push((
            "user-data",
            user.transpose()?.unwrap_or_else(|| "#cloud-config\n{}\n".to_string()),
        ));
        if let Some(vendor) = &given.vendor_data {
            files.push(("vendor-data", text("vendor_data", &vendor.0, "#cloud-config\n")?));
        }
        Ok(Self { path, target: given.target, files })
    }

    /// Where its files are.
    pub fn dir(&self) -> String {
        format!("{}.d", self.path)
    }

    /// What stands for all of its files.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in &self.files {
            hash.update(format!("{name} {}\n{text}\n", text.len()));
        }
        hex(&hash.finalize())
    }

    /// As libvirt writes it.
    pub fn node(&self) -> Node {
        Node::new("disk")
            .attr("type", "file")
            .attr("device", "cdrom")
            .child(Node::new("driver").attr("name", "qemu").attr("type", "raw"))
            .child(Node::new("source").attr("file", &self.path))
            .child(Node::new("target").attr("dev", &self.target).attr("bus", "sata"))
            .child(Node::new("readonly"))
    }
}

fn dump(value: &Value) -> String {
    yaml::dump(value, DumpOptions { width: None, indent: 2, ..DumpOptions::TO_NICE_YAML })
}

/// The text of a file; a dict is written as YAML behind this head.
fn text(what: &str, value: &Value, head: &str) -> Result<String, Failure> {
    let Some(text) = value.as_str() else {
        if value.as_map().is_none() {
            return Err(Failure::new(format!("seed: {what} is a dict or a text")));
        }
        return Ok(format!("{head}{}", dump(value)));
    };
    // A template of jinja, a script and the like are cloud-init's own matter.
    if !head.is_empty() && !text.starts_with('#') && !text.starts_with("Content-Type:") {
        return Err(Failure::new(format!(
            "seed: the first line of {what} says what it is: #cloud-config"
        )));
    }
    if head.is_empty() || text.starts_with("#cloud-config") {
        // The error would show the line that is wrong, and what is secret in it.
        let wrong = |_| Failure::new(format!("seed: {what} is no YAML"));
        let loaded = yaml::load(text, &Source::described(what)).map_err(wrong)?;
        if loaded.value.as_map().is_none() {
            return Err(Failure::new(format!("seed: {what} is no mapping")));
        }
    }
    Ok(text.to_string())
}

/// What is there of it.
pub struct Seen {
    files: Vec<Kept>,
    built: Kept,
    image: Option<PathState>,
    tool: bool,
}

impl Seen {
    /// Reads what `look.sh` told.
    ///
    /// # Errors
    /// A file of it is no regular file.
    pub fn read(seed: &Seed, told: &Told, ctx: Ctx<'_>) -> Result<Self, Failure> {
        let dir = seed.dir();
        let file = |name: &&str| Kept::of(told, &format!("{dir}/{name}"), ctx);
        let image = PathState::parse(told.text(&format!("stat {}", seed.path)).trim_end());
        Ok(Self {
            files: NAMES.iter().map(file).collect::<Result<_, _>>()?,
            built: Kept::of(told, &format!("{dir}/built"), ctx)?,
            image: PathState::overlay(&seed.path, image, ctx.world),
            tool: told.has("iso"),
        })
    }

    /// Whether there is anything in its directory.
    pub fn has_files(&self) -> bool {
        self.built.there() || self.files.iter().any(Kept::there)
    }

    fn is_built(&self, seed: &Seed) -> bool {
        self.image.is_some() && self.built.text().trim() == seed.hash()
    }
}

/// The changes that make it, and what is shown of them.
///
/// # Errors
/// No tool that makes discs is there.
pub fn changes(
    seed: &Seed,
    seen: &Seen,
    ctx: Ctx<'_>,
) -> Result<(Vec<Change>, Vec<Diff>), Failure> {
    let dir = seed.dir();
    let (mut changes, mut diff) = (Vec::new(), Vec::new());
    for (name, kept) in NAMES.iter().zip(&seen.files) {
        let wanted = seed.files.iter().find(|(file, _)| file == name).map(|(_, text)| text);
        match wanted {
            Some(text) if !kept.there() || kept.text() != *text => {
                let change = kept.write(text.clone(), 0o600, format!("write {}", kept.path));
                changes.push(change);
                diff.push(shown(name, kept, text, ctx));
            }
            None if kept.there() => {
                let op = Op::Remove { path: kept.path.clone(), recursive: false };
                let change = Change::new(op, format!("remove {}", kept.path));
                changes.push(change.effect(Effect::Path(kept.path.clone(), None)));
            }
            _ => {}
        }
    }
    if changes.is_empty() && seen.is_built(seed) {
        return Ok((changes, diff));
    }
    if !seen.tool {
        let text = "Failed to find required executable \"xorriso\": a seed needs xorriso, genisoimage, xorrisofs or mkisofs";
        return Err(Failure::new(text).missing());
    }
    let make = Op::Script(Probe::new("kvm_seed_dir", include_str!("seed_dir.sh")).words([&dir]));
    let make = Change::new(make, format!("make {dir}")).kind(crate::spec::ChangeKind::Prelude);
    changes.insert(0, make);
    let names = seed.files.iter().map(|(name, _)| (*name).to_string());
    let probe =
        Probe::new("kvm_seed", include_str!("seed.sh")).words([&dir, &seed.path]).words(names);
    let change = Change::new(Op::Script(probe.input(seed.hash())), format!("build {}", seed.path));
    let file = PathAttrs { mode: Some(0o600), ..PathAttrs::new(PathKind::File) };
    let built = crate::spec::Input::bytes(seed.hash());
    let content = crate::spec::Text::of(&built.content, &built.sha1, built.size);
    let stamp = PathAttrs { content: Some(content), ..file.clone() };
    let change = change.effect(Effect::Path(seed.path.clone(), Some(file)));
    changes.push(change.effect(Effect::Path(format!("{dir}/built"), Some(stamp))));
    Ok((changes, diff))
}

/// What of a file is shown: of user-data and vendor-data only that it differs.
fn shown(name: &str, kept: &Kept, text: &str, ctx: Ctx<'_>) -> Diff {
    if !name.ends_with("r-data") {
        return kept.diff(text, ctx);
    }
    let side = |text: &str| Some(Value::from(text));
    Diff {
        before: side(if kept.there() { "(not shown)\n" } else { "" }),
        after: side("(not shown, and other)\n"),
        before_header: Some(kept.path.clone()),
        after_header: Some(kept.path.clone()),
        ..Diff::default()
    }
}

/// Whether what was read before the change is the same instance: then cloud-init does little of what is new.
pub fn same_instance(seed: &Seed, seen: &Seen) -> bool {
    let meta = seed.files.iter().find(|(name, _)| *name == "meta-data");
    let id = |text: &str| {
        let mut lines = text.lines().map(str::to_string);
        lines.find(|line| line.starts_with("instance-id:"))
    };
    let old = &seen.files[0];
    old.there() && meta.is_some_and(|(_, text)| id(text) == id(&old.text()))
}

/// Whether the second look shows it.
///
/// # Errors
/// It does not.
pub fn verify(seed: &Seed, change: &Change, after: &Seen) -> Result<(), String> {
    match &change.op {
        Op::WriteFile(file) => {
            let kept = after.files.iter().find(|kept| kept.path == file.path);
            kept.map_or(Err(format!("{} is not there", file.path)), |kept| kept.wrote(change))
        }
        Op::Script(probe) if probe.name == "kvm_seed" && !after.is_built(seed) => {
            Err(format!("{} was not built", seed.path))
        }
        _ => Ok(()),
    }
}
