//! Documents over documents, and what is refused before anything is changed.

use super::*;
use crate::base::{Key, Map, Source, yaml};
use crate::connection::shell::tests::SHELLS;
use crate::modules::kvm::words;
use crate::modules::kvm::xml::Node;
use crate::modules::tests::desk::Desk;
use crate::spec::{ArgStruct, Inputs, Op, Platform, World};

const FOUND: &str = include_str!("../../../../tests/fixtures/probe/virt/web.xml");

fn block(text: &str) -> String {
    format!("{}\n{text}\n", text.len())
}

fn said(what: &str, rc: i32, text: &str) -> String {
    block(what) + &block(&rc.to_string()) + &block(text)
}

/// A host with the machine web (or without it), and what is told of it.
struct Host {
    state: Option<&'static str>,
    document: String,
    others: Vec<(&'static str, String)>,
    details: String,
}

impl Default for Host {
    fn default() -> Self {
        let document = FOUND.to_string();
        Self { state: Some("shut off\n"), document, others: Vec::new(), details: String::new() }
    }
}

impl Host {
    fn none() -> Self {
        Self { state: None, ..Self::default() }
    }

    fn told(mut self, what: &str, rc: i32, text: &str) -> Self {
        self.details += &said(what, rc, text);
        self
    }

    /// An image assembled of the form that qemu-img 7.2 has; not recorded (shortened).
    fn image(self, path: &str, format: &str, size: u64) -> Self {
        let json = format!("{{\"virtual-size\": {size}, \"format\": \"{format}\"}}");
        let stat = "f|600|0|0|root|root|1|1|1|1|7|8|1|-";
        self.told(&format!("stat {path}"), 0, stat).told(&format!("image {path}"), 0, &json)
    }

    fn plan(&self, args: &str) -> Result<(Plan, Fields), Failure> {
        let loaded = yaml::load(args, &Source::described("test")).unwrap();
        let map: Map = loaded.value.as_map().unwrap().clone();
        let args = Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))?;
        let (platform, inputs, world) = (Platform::default(), Inputs::default(), World::default());
        let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: true };
        KvmVm.probe(&args, ctx)?;
        let names: String = self.others.iter().map(|(name, _)| format!("{name}\n")).collect();
        let mine = if self.state.is_some() { "web\n" } else { "" };
        let mut first = said("tool", 0, "/usr/bin/virsh\n") + &said("names", 0, &(names + mine));
        for list in ["autostart", "transient", "saved"] {
            first += &said(list, 0, "");
        }
        if let Some(state) = self.state {
            first += &(said("state web", 0, state) + &said("xml web", 0, &self.document));
        }
        for (name, document) in &self.others {
            first += &said(&format!("other {name}"), 0, document);
        }
        let mut answers = vec![Answer::ok(first)];
        let seen = match KvmVm.read(&args, &answers, ctx)? {
            Look::Seen(seen) => seen,
            Look::Ask(_) => {
                answers.push(Answer::ok(self.details.clone()));
                let Look::Seen(seen) = KvmVm.read(&args, &answers, ctx)? else { panic!("asks") };
                seen
            }
        };
        let plan = KvmVm.plan(&args, &seen, ctx)?;
        let fields = KvmVm.result(&args, &seen, None, &plan, &[]);
        Ok((plan, fields))
    }

    #[track_caller]
    fn todo(&self, args: &str) -> Vec<String> {
        let (plan, _) = self.plan(args).unwrap();
        let text = |change: &Change| match &change.op {
            Op::Script(probe) if probe.name == "kvm_image" => {
                probe.words.join(" ").trim().to_string()
            }
            Op::Script(_) => words(change)[..2].join(" "),
            other => panic!("{other:?}"),
        };
        plan.changes().map(text).collect()
    }

    #[track_caller]
    fn document(&self, args: &str) -> Node {
        let (plan, _) = self.plan(args).unwrap();
        let define =
            plan.changes().find(|change| words(change).first().is_some_and(|w| w == "define"));
        let Op::Script(probe) = &define.unwrap().op else { panic!() };
        Node::parse(std::str::from_utf8(probe.input.as_ref().unwrap()).unwrap()).unwrap()
    }

    #[track_caller]
    fn refused(&self, args: &str, wanted: &str) {
        let text = self.plan(args).map(|(plan, _)| format!("{plan:?}")).unwrap_err().msg;
        assert!(text.contains(wanted), "{args}: {text}");
    }
}

#[test]
fn what_is_so_is_left_alone() {
    let host = Host::default().image("/srv/d.raw", "raw", 1 << 30).told("bridge br0", 0, "");
    for args in [
        "cpus: 1, memory: 64M, machine: q35, type: qemu",
        "disks: [{path: /srv/d.raw}]",
        "disks: [{path: /srv/d.raw, target: vda, size: 1G}]",
        "networks: [{bridge: br0, target: tweb}]",
        "networks: [{bridge: br0, target: tweb, mac: '52:54:00:8C:AB:11'}]",
        "graphics: vnc, firmware: bios, hugepages: none, hostdevs: []",
        "state: stopped, autostart: false",
    ] {
        assert_eq!(host.todo(&format!("{{name: web, {args}}}")), [""; 0], "{args}");
    }
}

#[test]
fn only_what_was_given_changes() {
    let host = Host::default().image("/srv/d.raw", "raw", 1 << 30).told("bridge br1", 0, "");
    let found = Node::parse(FOUND).unwrap();
    let one = |path: &str, node: &Node| node.find(path).cloned();
    let new = host.document("{name: web, cpus: 4}");
    assert_eq!(new.text_at("vcpu"), Some("4"));
    for path in ["uuid", "memory", "os", "cpu", "devices"] {
        assert_eq!(one(path, &new), one(path, &found), "{path}");
    }
    let new = host.document("{name: web, memory: 128M, hugepages: 2M}");
    assert_eq!(
        (new.text_at("memory"), new.text_at("currentMemory")),
        (Some("131072"), Some("131072"))
    );
    assert_eq!(new.at("memoryBacking/hugepages/page", "size"), Some("2048"));
    let new = host.document("{name: web, networks: [{bridge: br1, isolated: true}]}");
    let card = new.find("devices/interface").unwrap();
    assert_eq!(card.at("mac", "address"), Some("52:54:00:8c:ab:11"), "the address is kept");
    assert_eq!(
        (card.at("source", "bridge"), card.at("port", "isolated")),
        (Some("br1"), Some("yes"))
    );
    assert_eq!((card.find("target"), card.at("address", "bus")), (None, Some("0x01")));
    assert_eq!(new.find("devices").unwrap().all("interface").count(), 1);
    let new = host.document("{name: web, disks: []}");
    assert_eq!(new.find("devices/disk"), None);
    let new = host.document("{name: web, disks: [{path: /srv/d.raw, boot: 1}]}");
    assert_eq!((new.at("devices/disk/boot", "order"), new.find("os/boot")), (Some("1"), None));
    let (plan, _) = host.plan("{name: web, cpus: 4}").unwrap();
    assert_eq!(plan.fields[&Key::from("differences")].text(), "['vcpu: 1 -> 4']");
    assert!(!format!("{:?}", plan.diff).contains("sesam"));
}

#[test]
fn a_new_machine_has_what_was_asked_for() {
    let host = Host::none().told("stat /srv/n.qcow2", 0, "-").told("bridge br0", 0, "");
    let args = "{name: web, state: running, memory: 1G, cpus: 2, firmware: uefi, secure_boot: false, hide_kvm: true, graphics: spice, disks: [{path: /srv/n.qcow2, size: 8G}], networks: [{bridge: br0, target: vmweb}]}";
    assert_eq!(
        host.todo(args),
        ["create qcow2 /srv/n.qcow2 8589934592  qcow2", "define validate", "start web"]
    );
    let new = host.document(args);
    assert_eq!((new.get("type"), new.at("os/type", "machine")), (Some("kvm"), Some("q35")));
    assert_eq!(
        (new.at("os", "firmware"), new.at("cpu", "mode")),
        (Some("efi"), Some("host-passthrough"))
    );
    assert_eq!(new.at("features/kvm/hidden", "state"), Some("on"));
    assert_eq!(new.at("devices/disk/driver", "type"), Some("qcow2"));
    assert_eq!(new.at("devices/interface/target", "dev"), Some("vmweb"));
    assert_eq!(new.at("devices/graphics", "listen"), Some("127.0.0.1"));
    Host::none().refused("{name: web, cpus: 2}", "memory is needed");
    Host::none().refused("{name: web, state: stopped}", "not found");
    assert_eq!(Host::none().todo("{name: web, state: absent}"), [""; 0]);
}

#[test]
fn states_lead_to_each_other() {
    let off = Host::default();
    let runs = Host { state: Some("running\n"), ..Host::default() };
    for (host, state, wanted) in [
        (&off, "running", vec!["start web"]),
        (&off, "stopped", vec![]),
        (&off, "restarted", vec!["start web"]),
        (&off, "absent", vec!["undefine web"]),
        (&runs, "running", vec![]),
        (&runs, "stopped", vec!["shutdown web"]),
        (&runs, "poweredoff", vec!["destroy web"]),
        (&runs, "restarted", vec!["shutdown web", "start web"]),
    ] {
        assert_eq!(host.todo(&format!("{{name: web, state: {state}}}")), wanted, "{state}");
    }
    runs.refused("{name: web, state: absent}", "the machine web runs");
    let (plan, fields) = runs.plan("{name: web, cpus: 2}").unwrap();
    assert_eq!(fields[&Key::from("restart_required")].text(), "True");
    assert!(plan.warnings[0].contains("counts once it was stopped and started"));
    let uefi = FOUND.replace("<boot dev='hd'/>", "<nvram>/n/web_VARS.fd</nvram>");
    let uefi = Host { document: uefi, ..Host::default() };
    let flag = |args: &str| words(uefi.plan(args).unwrap().0.changes().next().unwrap())[2].clone();
    assert_eq!(flag("{name: web, state: absent}"), "--nvram");
    assert_eq!(flag("{name: web, state: absent, keep_nvram: true}"), "--keep-nvram");
}

#[test]
fn disks_are_nobody_elses_and_never_smaller() {
    let other = "<domain><name>db</name><devices><disk type='file' device='disk'><source file='/srv/x.raw'/><target dev='vda'/></disk></devices></domain>";
    let host = Host { others: vec![("db", other.to_string())], ..Host::default() }
        .image("/srv/d.raw", "raw", 1 << 30)
        .told("stat /srv/none.raw", 0, "-")
        .told("real /srv/link.raw", 0, "/srv/x.raw")
        .told("stat /dev/zvol/t/v", 0, "f|600|0|0|root|root|1|1|1|1|7|8|1|-");
    host.refused("{name: web, disks: [{path: /srv/x.raw}]}", "is used by the machine db");
    host.refused("{name: web, disks: [{path: /srv/link.raw}]}", "is used by the machine db");
    host.refused("{name: web, disks: [{path: /srv/d.raw, size: 512M}]}", "never made smaller");
    host.refused("{name: web, disks: [{path: /srv/d.raw, format: qcow2}]}", "holds raw, not qcow2");
    host.refused("{name: web, disks: [{path: /srv/none.raw}]}", "is not there");
    host.refused("{name: web, disks: [{path: /dev/zvol/t/v}]}", "is a file, not a block");
    assert_eq!(
        host.todo("{name: web, disks: [{path: /srv/d.raw, size: 2G}]}"),
        ["resize raw /srv/d.raw 2147483648"]
    );
    let runs =
        Host { state: Some("running\n"), ..Host::default() }.image("/srv/d.raw", "raw", 1 << 30);
    assert_eq!(
        runs.todo("{name: web, disks: [{path: /srv/d.raw, size: 2G}]}"),
        ["blockresize web"]
    );
}

#[test]
fn a_device_is_in_one_machine_and_its_group_is_clean() {
    let theirs = "<domain><name>ai</name><devices><hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></source></hostdev></devices></domain>";
    let host = Host { others: vec![("ai", theirs.to_string())], ..Host::default() };
    host.refused("{name: web, hostdevs: ['0000:03:00.0']}", "is given to the machine ai");
    let pci = |text: &str| Host::default().told("pci 0000:03:00.0", 0, text);
    let gpu = "0000:03:00.0 0x030000 vfio-pci\n0000:00:02.0 0x060400 pcieport\n";
    let new = pci(gpu).document("{name: web, hostdevs: ['03:00.0']}");
    assert_eq!(new.at("devices/hostdev/source/address", "bus"), Some("0x03"));
    let audio = format!("{gpu}0000:03:00.1 0x040300\n");
    let (plan, _) = pci(&audio).plan("{name: web, hostdevs: ['03:00.0']}").unwrap();
    assert!(
        plan.warnings[0].contains("0000:03:00.1 is a function of the same device"),
        "{:?}",
        plan.warnings
    );
    let card = format!("{gpu}0000:04:00.0 0x020000 e1000e\n");
    pci(&card).refused("{name: web, hostdevs: ['03:00.0']}", "is not clean: 0000:04:00.0 (e1000e)");
    let vga = pci(gpu).told("vga 0000:03:00.0", 0, "1\n");
    let (plan, _) = vga.plan("{name: web, hostdevs: ['03:00.0']}").unwrap();
    assert!(plan.warnings[0].contains("own console"));
    let gone = Host::default().told("pci 0000:03:00.0", 1, "");
    gone.refused("{name: web, hostdevs: ['03:00.0']}", "no PCI device 0000:03:00.0");
    pci("").refused("{name: web, state: running, hostdevs: ['03:00.0']}", "has no IOMMU group");
    assert_eq!(pci("").plan("{name: web, hostdevs: ['03:00.0']}").unwrap().0.warnings.len(), 1);
}

#[test]
fn what_the_host_has_not_is_refused() {
    let host = Host::default().told("bridge br9", 1, "").told("networks", 0, "default\n");
    host.refused("{name: web, networks: [{bridge: br9}]}", "the host has no bridge br9");
    host.refused("{name: web, networks: [{network: inner}]}", "libvirt has no network inner");
    host.refused("{name: web, firmware: uefi}", "was made with bios");
    let pages = |free: &str| Host::default().told("pages 2048", i32::from(free.is_empty()), free);
    let args = "{name: web, state: running, hugepages: 2M}";
    pages("31\n").refused(args, "32 huge pages of 2 MiB are needed, and 31 are free");
    pages("").refused(args, "no huge pages of 2 MiB");
    assert_eq!(pages("32\n").todo(args), ["define validate", "start web"]);
    let other = FOUND.replace("<name>web<", "<name>db<");
    let host = Host { others: vec![("db", other)], ..Host::default() }.told("bridge br0", 0, "");
    host.refused("{name: web, networks: [{bridge: br0, target: tweb}]}", "is the machine db's");
    host.refused(
        "{name: web, networks: [{bridge: br0, mac: '52:54:00:8c:ab:11'}]}",
        "is the machine db's",
    );
}

#[test]
fn odd_words_are_refused() {
    for args in [
        "name: 'a b'",
        "name: '7'",
        "name: web, cpus: 0",
        "name: web, memory: lots",
        "name: web, memory: 0",
        "name: web, memory: 3M, hugepages: 2M",
        "name: web, uri: x",
        "name: web, machine: 'q35;id'",
        "name: web, secure_boot: true",
        "name: web, disks: [{path: relative}]",
        "name: web, disks: [{path: /a/../b}]",
        "name: web, disks: [{path: /a, nope: 1}]",
        "name: web, disks: [{path: /a}, {path: /a}]",
        "name: web, disks: [{path: /a, target: vda}, {path: /b, target: vda}]",
        "name: web, disks: [{path: /dev/vg/a, size: 1G}]",
        "name: web, disks: [{path: /dev/vg/a, format: qcow2}]",
        "name: web, disks: [{path: /a.raw, backing_file: /b}]",
        "name: web, networks: [{}]",
        "name: web, networks: [{bridge: a, network: b}]",
        "name: web, networks: [{bridge: 'a b'}]",
        "name: web, networks: [{bridge: a, target: vnet1}]",
        "name: web, networks: [{bridge: a, target: sixteen-letters-}]",
        "name: web, networks: [{bridge: a, mac: x}]",
        "name: web, networks: [{bridge: a, mac: '01:00:00:00:00:00'}]",
        "name: web, hostdevs: ['x']",
        "name: web, hostdevs: ['01:00.0', '0000:01:00.0']",
        "name: web, seed: {user_data: 'no head'}",
        "name: web, seed: {user_data: \"#cloud-config\\na: [\"}",
        "name: web, seed: {user_data: [a]}",
        "name: web, seed: {network_config: \"a: [\"}",
        "name: web, seed: {target: vda}",
        "name: web, seed: {path: seed.iso}",
    ] {
        assert!(Host::default().plan(&format!("{{{args}}}")).is_err(), "{args}");
    }
}

#[tokio::test]
async fn a_seed_is_built_once_and_never_shown() {
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let seed = seed::Seed::read("test", &dict(&desk.path("seed.iso"), "one", "sesam")).unwrap();
        let again =
            seed::Seed::read("test", &dict(&desk.path("seed.iso"), "one", "sesam")).unwrap();
        assert_eq!(seed.hash(), again.hash());
        let (first, diff) = build(desk, &seed).await;
        assert_eq!(first, 5, "{shell}: a directory, three files, the image");
        assert!(!diff.contains("sesam") && diff.contains("instance-id"), "{diff}");
        let path = desk.path("seed.iso");
        let mode = |path: &str| {
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
                & 0o7777
        };
        assert_eq!((mode(&path), mode(&format!("{path}.d"))), (0o600, 0o700));
        let image = desk.read("seed.iso");
        let has = |text: &[u8]| image.windows(text.len()).any(|part| part == text);
        assert!(
            has(b"cidata") && has(b"#cloud-config\npassword: sesam") && has(b"instance-id: one")
        );
        assert_eq!(build(desk, &seed).await.0, 0, "{shell}");
        std::fs::write(desk.path("seed.iso.d/built"), "torn").unwrap();
        assert_eq!(build(desk, &seed).await.0, 2, "{shell}: the image only");
        let other = seed::Seed::read("test", &dict(&path, "two", "sesam")).unwrap();
        assert_eq!(build(desk, &other).await.0, 3, "{shell}");
    }
}

fn dict(path: &str, id: &str, secret: &str) -> Dict {
    let text = format!(
        "{{path: {path}, instance_id: {id}, user_data: {{password: {secret}}}, network_config: {{version: 2}}}}"
    );
    let loaded = yaml::load(&text, &Source::described("test")).unwrap();
    Dict(loaded.value.as_map().unwrap().clone())
}

/// Builds what is not there; tells how much there was to do, and what was shown.
async fn build(desk: &Desk, seed: &seed::Seed) -> (usize, String) {
    use crate::modules::told::Told;
    use crate::spec::Host as _;
    let script = concat!(
        include_str!("../../told/ask.sh"),
        include_str!("../ask.sh"),
        include_str!("look.sh")
    );
    let probe = Probe::new("kvm_look", script).words(["x:", &format!("seed {}", seed.path)]);
    let platform = desk.host.platform();
    let (inputs, world) = (Inputs::default(), World::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world: &world, diff: true };
    let look =
        |answer: Answer| seed::Seen::read(seed, &Told::read(&[answer]).unwrap(), ctx).unwrap();
    let seen = look(desk.host.probe(probe.clone()).await.unwrap());
    let (changes, diff) = seed::changes(seed, &seen, ctx).unwrap();
    let (count, diff) = (changes.len(), format!("{diff:?}"));
    let applied = desk.host.apply(vec![changes], Vec::new(), Some(probe)).await.unwrap();
    let after = look(applied.look.unwrap());
    for ran in &applied.ran {
        assert_eq!(ran.answer.rc, 0, "{}", ran.answer.error_text());
        seed::verify(seed, &ran.change, &after).unwrap();
    }
    (count, diff)
}
