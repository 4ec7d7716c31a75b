//! What is there of LVM, as its own reports tell it.

use crate::base::Value;
use crate::base::value::from_json;
use crate::modules::told::Told;
use crate::spec::{Answer, Ctx, Failure};

/// Kind of the predicted world's volumes: `VG/LV`, with their size; and groups: `VG`.
pub const KIND: &str = "logical_volume";

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Vg {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Bytes that no volume has.
    pub free: u64,
    /// Bytes of an extent.
    pub extent: u64,
    /// Volumes in it.
    pub volumes: u64,
}

/// A physical volume.
#[derive(Clone, Debug, Default)]
pub struct Pv {
    /// Its device, links followed.
    pub device: String,
    /// The same as LVM calls it.
    pub name: String,
    /// Its group; empty: none.
    pub vg: String,
    /// Bytes of it, of its device, and in front of its first extent.
    pub sizes: (u64, u64, u64),
}

/// A volume.
#[derive(Clone, Debug, Default)]
pub struct Lv {
    /// Its group.
    pub vg: String,
    /// Its name.
    pub name: String,
    /// LVM's ten letters.
    pub attr: String,
    /// Bytes.
    pub size: u64,
    /// The thin pool that it is of.
    pub pool: String,
    /// Percent of a pool's data and metadata that are used.
    pub used: (f64, f64),
    /// Bytes of a pool's metadata.
    pub metadata: u64,
    /// The profile it has its settings of.
    pub profile: String,
}

impl Lv {
    fn letter(&self, at: usize) -> char {
        self.attr.chars().nth(at).unwrap_or('-')
    }

    /// Whether it is a thin pool.
    pub fn is_pool(&self) -> bool {
        self.letter(0) == 't'
    }

    /// Whether it is a thin volume.
    pub fn is_thin(&self) -> bool {
        self.letter(0) == 'V'
    }

    /// Whether it can be used.
    pub fn is_active(&self) -> bool {
        self.letter(4) == 'a'
    }

    /// Whether something has it open: a mount, a virtual machine.
    pub fn is_open(&self) -> bool {
        self.letter(5) == 'o'
    }

    /// Whether it is left out when its group is activated.
    pub fn is_skipped(&self) -> bool {
        self.letter(9) == 'k'
    }

    /// `VG/LV`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.vg, self.name)
    }
}

/// A device that a group may get.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// As it was named.
    pub path: String,
    /// Links followed; None: there is no such device.
    pub real: Option<String>,
    /// What is on it; None: nothing.
    pub holds: Option<String>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Lvm {
    /// Groups.
    pub vgs: Vec<Vg>,
    /// Physical volumes.
    pub pvs: Vec<Pv>,
    /// Volumes, hidden ones too.
    pub lvs: Vec<Lv>,
    /// The devices that were asked for.
    pub devices: Vec<Device>,
}

fn rows(told: &Told, what: &str, kind: &str) -> Result<Vec<Value>, Failure> {
    let said = told.of(what).filter(|said| said.rc == 0);
    let said =
        said.ok_or_else(|| Failure::new(format!("{what} failed: {}", told.text(what).trim())))?;
    let wrong = || Failure::new(format!("{what} answered something else than a report"));
    let value = from_json(said.text.trim()).map_err(|_| wrong())?;
    let report = value.get("report").and_then(Value::as_list).ok_or_else(wrong)?;
    let lists = report.iter().filter_map(|part| part.get(kind).and_then(Value::as_list));
    Ok(lists.flatten().cloned().collect())
}

fn text(row: &Value, key: &str) -> String {
    row.get(key).map(Value::text).unwrap_or_default()
}

fn bytes(row: &Value, key: &str) -> u64 {
    text(row, key).parse().unwrap_or(0)
}

impl Lvm {
    /// Reads the answers, with the predicted world over them.
    ///
    /// # Errors
    /// LVM is not there, or does not answer.
    pub fn read(answers: &[Answer], devices: &[String], ctx: Ctx<'_>) -> Result<Self, Failure> {
        let told = Told::read(answers)?;
        told.tool("lvs")?;
        let real = |name: &str| {
            told.of(&format!("pv {name}")).map_or(name, |said| said.text.trim()).to_string()
        };
        let pv = |row: &Value| Pv {
            device: real(&text(row, "pv_name")),
            name: text(row, "pv_name"),
            vg: text(row, "vg_name"),
            sizes: (bytes(row, "pv_size"), bytes(row, "dev_size"), bytes(row, "pe_start")),
        };
        let mut lvm = Self {
            vgs: rows(&told, "vgs", "vg")?.iter().map(vg).collect(),
            pvs: rows(&told, "pvs", "pv")?.iter().map(pv).collect(),
            lvs: rows(&told, "lvs", "lv")?.iter().map(lv).collect(),
            devices: devices.iter().map(|path| device(&told, path)).collect(),
        };
        lvm.predict(ctx);
        Ok(lvm)
    }

    fn predict(&mut self, ctx: Ctx<'_>) {
        for (name, state) in ctx.world.things(KIND) {
            let (group, volume) = name.split_once('/').map_or((name, None), |(g, v)| (g, Some(v)));
            match (volume, state) {
                (None, None) => {
                    self.vgs.retain(|vg| vg.name != group);
                    self.lvs.retain(|lv| lv.vg != group);
                }
                (None, Some(_)) if !self.vgs.iter().any(|vg| vg.name == group) => {
                    let (name, free) = (group.to_string(), u64::MAX);
                    self.vgs.push(Vg { name, extent: 4 << 20, free, ..Vg::default() });
                }
                (None, Some(_)) => {}
                (Some(volume), state) => {
                    self.lvs.retain(|lv| lv.vg != group || lv.name != volume);
                    self.lvs.extend(state.map(|state| foretold(group, volume, state)));
                }
            }
        }
    }

    /// The group of this name.
    pub fn vg(&self, name: &str) -> Option<&Vg> {
        self.vgs.iter().find(|vg| vg.name == name)
    }

    /// The volume of this name.
    pub fn lv(&self, vg: &str, name: &str) -> Option<&Lv> {
        self.lvs.iter().find(|lv| lv.vg == vg && lv.name == name)
    }

    /// The physical volume on a device.
    pub fn pv(&self, device: &Device) -> Option<&Pv> {
        let real = device.real.as_deref();
        self.pvs.iter().find(|pv| Some(pv.device.as_str()) == real || pv.name == device.path)
    }

    /// Refuses a device that is not there, or that holds something.
    ///
    /// # Errors
    /// What it holds.
    pub fn take(&self, device: &Device, vg: &str) -> Result<(), Failure> {
        let path = &device.path;
        if device.real.is_none() {
            return Err(Failure::new(format!("Device {path} not found.")));
        }
        match (self.pv(device), &device.holds) {
            (Some(pv), _) if !pv.vg.is_empty() && pv.vg != vg => {
                Err(Failure::new(format!("Device {path} is already in {} volume group.", pv.vg)))
            }
            (Some(_), _) | (None, None) => Ok(()),
            (None, Some(holds)) => {
                Err(Failure::new(format!("{path} holds {holds}: it is not taken")))
            }
        }
    }
}

fn foretold(vg: &str, name: &str, state: &Value) -> Lv {
    Lv {
        vg: vg.to_string(),
        name: name.to_string(),
        attr: text(state, "attr"),
        size: bytes(state, "size"),
        pool: text(state, "pool"),
        profile: text(state, "profile"),
        metadata: bytes(state, "metadata"),
        ..Lv::default()
    }
}

impl Lv {
    /// What a check run's later tasks know of it.
    pub fn to_value(&self) -> Value {
        [
            ("attr", Value::from(self.attr.as_str())),
            ("size", Value::from(self.size.to_string())),
            ("pool", Value::from(self.pool.as_str())),
            ("profile", Value::from(self.profile.as_str())),
            ("metadata", Value::from(self.metadata.to_string())),
        ]
        .into_iter()
        .collect()
    }
}

fn vg(row: &Value) -> Vg {
    Vg {
        name: text(row, "vg_name"),
        size: bytes(row, "vg_size"),
        free: bytes(row, "vg_free"),
        extent: bytes(row, "vg_extent_size").max(1),
        volumes: bytes(row, "lv_count"),
    }
}

fn lv(row: &Value) -> Lv {
    let percent = |key: &str| text(row, key).parse().unwrap_or(0.0);
    Lv {
        vg: text(row, "vg_name"),
        name: text(row, "lv_name").trim_matches(['[', ']']).to_string(),
        attr: text(row, "lv_attr"),
        size: bytes(row, "lv_size"),
        pool: text(row, "pool_lv"),
        used: (percent("data_percent"), percent("metadata_percent")),
        metadata: bytes(row, "lv_metadata_size"),
        profile: text(row, "lv_profile"),
    }
}

fn device(told: &Told, path: &str) -> Device {
    let real = told.of(&format!("device {path}")).filter(|said| said.rc == 0);
    let real = real.map(|said| said.text.trim().to_string());
    let holds = real.as_ref().and_then(|_| holds(told, path));
    Device { path: path.to_string(), real, holds }
}

/// What is on a device, by its signatures, parts and mounts.
fn holds(told: &Told, path: &str) -> Option<String> {
    let tree: Vec<&str> = told.text(&format!("tree {path}")).lines().collect();
    let mounted = tree.iter().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        words.get(2).filter(|at| !at.is_empty()).map(|at| format!("what is mounted at {at}"))
    });
    if mounted.is_some() {
        return mounted;
    }
    if !told.worked(&format!("tree {path}")) {
        return Some("what cannot be seen: lsblk failed".to_string());
    }
    if let Some(part) = tree.get(1) {
        return Some(part.split(' ').next().unwrap_or_default().to_string());
    }
    let said = told.of(&format!("blkid {path}"))?;
    let of =
        |key: &str| said.text.lines().find_map(|line| line.strip_prefix(key)).map(String::from);
    match said.rc {
        2 => None,
        0 => of("TYPE=")
            .or_else(|| of("PTTYPE=").map(|kind| format!("a partition table ({kind})")))
            .or_else(|| Some("a signature".to_string())),
        8 => Some("several signatures".to_string()),
        rc => Some(format!("what cannot be seen: blkid ended with {rc}")),
    }
}
