//! A FreeBSD host with Bastille's files in a scratch directory and tools that answer as recorded.

use crate::base::{Map, Source, yaml};
use crate::modules::tests::replay::Replay;
use crate::spec::{ArgStruct, Change, Ctx, Failure, Fields, Inputs, Look, Op, Plan, State};

/// Recorded (jail.txt, `jls --libxo json`); the jails are those of a test.
const JLS: &str = "#!/bin/sh\ncase \"$*\" in\n\
    '-d --libxo json jid name path host.hostname ip4.addr ip6.addr vnet osrelease dying') ;;\n*) exit 64 ;;\nesac\n\
    cat \"${0%/*}/jls.json\"\n";
const IFCONFIG: &str = "#!/bin/sh\ncat <<'END'\nvtnet0: flags=8863<UP> metric 0 mtu 1500\n\tinet 10.0.2.15 netmask 0xffffff00\n\
    bastille0: flags=8049<UP> metric 0 mtu 16384\n\tinet6 fe80::1%bastille0 prefixlen 64 scopeid 0x3\n\
    \tinet 10.17.89.12 netmask 0xffffffff\nEND\n";
const MOUNT: &str = "#!/bin/sh\ncat \"${0%/*}/mounts\"\n";

/// The host.
pub struct Bench {
    /// Its tools and files; `b` is Bastille's prefix.
    pub host: Replay,
}

impl Bench {
    /// A host with bastille, without jails.
    pub fn new(tools: &[&str], recorded: &str) -> Self {
        let host = Replay::freebsd(tools, recorded);
        let at = host.path("b");
        for (name, text) in [
            ("jls", JLS),
            ("ifconfig", IFCONFIG),
            ("mount", MOUNT),
            ("bastille", "#!/bin/sh\nexit 64\n"),
        ] {
            host.tool(name, text);
        }
        std::fs::create_dir_all(host.path("b/jails")).unwrap();
        std::fs::create_dir_all(host.path("b/releases/13.2-RELEASE/bin")).unwrap();
        host.write("b/releases/13.2-RELEASE/COPYRIGHT", "");
        let version = "#!/bin/sh\nUSERLAND_VERSION=\"13.2-RELEASE-p2\"\n";
        host.write("b/releases/13.2-RELEASE/bin/freebsd-version", version);
        host.write("bastille.conf", &format!(
            "bastille_prefix=\"{at}\"\nbastille_jailsdir=\"${{bastille_prefix}}/jails\"\n\
             bastille_zfs_enable=\"NO\"\nbastille_network_loopback=\"bastille0\"\nbastille_network_shared=\"\"\n"
        ));
        host.write("bin/mounts", "devfs\t\t/dev\tdevfs\trw\t0 0\n");
        let bench = Self { host };
        bench.run(&[]);
        bench
    }

    /// A thin jail as recorded (bastille.txt), with this address.
    pub fn jail(&self, name: &str, address: &str) {
        let at = self.host.path("b");
        std::fs::create_dir_all(self.host.path(&format!("b/jails/{name}/root"))).unwrap();
        let conf = format!(
            "{name} {{\n  enforce_statfs = 2;\n  devfs_ruleset = 4;\n  exec.clean;\n  \
             exec.consolelog = /var/log/bastille/{name}/console.log;\n  exec.start = '/bin/sh /etc/rc';\n  \
             exec.stop = '/bin/sh /etc/rc.shutdown';\n  host.hostname = {name};\n  mount.devfs;\n  \
             mount.fstab = {at}/jails/{name}/fstab;\n  path = {at}/jails/{name}/root;\n  securelevel = 2;\n  \
             osrelease = \"13.2-RELEASE\";\n\n  ip4.addr = bastille0|{address};\n  \n  ip6 = disable;\n}}\n"
        );
        self.write(name, "jail.conf", &conf);
        let fstab =
            format!("{at}/releases/13.2-RELEASE {at}/jails/{name}/root/.bastille nullfs ro 0 0\n");
        self.write(name, "fstab", &fstab);
        self.write(name, "settings.conf", "boot=\"on\"\ndepend=\"\"\npriority=\"99\"\n");
    }

    /// A file of a jail.
    pub fn write(&self, jail: &str, name: &str, text: &str) {
        self.host.write(&format!("b/jails/{jail}/{name}"), text);
    }

    /// What jls shows: number, name, address, whether it is dying.
    pub fn run(&self, jails: &[(u32, &str, &str, bool)]) {
        let at = self.host.path("b");
        let one = |(jid, name, address, dying): &(u32, &str, &str, bool)| {
            format!(
                "{{\"jid\":\"{jid}\",\"name\":\"{name}\",\"path\":\"{at}/jails/{name}/root\",\"host.hostname\":\"{name}\", \
                 \"ip4.addr\": [\"{address}\"], \"ip6.addr\": [],\"vnet\":\"inherit\",\"osrelease\":\"13.2-RELEASE\",\
                 \"dying\":\"{dying}\"}}"
            )
        };
        let jails: Vec<String> = jails.iter().map(one).collect();
        let text = format!(
            "{{\"__version\": \"2\", \"jail-information\": {{\"jail\": [{}]}}}}\n",
            jails.join(", ")
        );
        self.host.write("bin/jls.json", &text);
    }

    /// Looks and plans; `@` in the arguments is the scratch directory.
    pub fn plan<M: State>(&self, module: &M, args: &str) -> Result<(Plan, Fields), Failure> {
        let text = args.replace('@', &self.host.path(""));
        let loaded = yaml::load(&text, &Source::described("test")).unwrap();
        let map: Map = loaded.value.as_map().unwrap().clone();
        let args = M::Args::from_map(&map).map_err(|error| Failure::new(error.to_string()))?;
        let inputs = Inputs::default();
        let (platform, world) = (&self.host.platform, &self.host.world);
        let ctx = Ctx { platform, inputs: &inputs, world, diff: true };
        let mut probe = module.probe(&args, ctx)?;
        for word in &mut probe.words {
            if word == super::bastille::CONF {
                *word = self.host.path("bastille.conf");
            }
        }
        let Look::Seen(seen) = module.read(&args, &[self.host.ask(&probe)], ctx)? else {
            panic!("a second question")
        };
        let plan = module.plan(&args, &seen, ctx)?;
        let fields = module.result(&args, &seen, None, &plan, &[]);
        Ok((plan, fields))
    }

    /// The changes of a plan, one line each.
    pub fn todo<M: State>(&self, module: &M, args: &str) -> Vec<String> {
        let (plan, _) = self.plan(module, args).unwrap();
        plan.changes().map(|change| self.told(change)).collect()
    }

    /// Why a task is refused.
    pub fn refusal<M: State>(&self, module: &M, args: &str) -> String {
        let told = |(plan, _): (Plan, Fields)| format!("{plan:?}");
        self.plan(module, args).map(told).unwrap_err().msg.replace(&self.host.path(""), "@/")
    }

    /// What a plan's file would hold.
    pub fn text<M: State>(&self, module: &M, args: &str) -> String {
        let (plan, _) = self.plan(module, args).unwrap();
        plan.diff[0].after.as_ref().unwrap().text()
    }

    fn told(&self, change: &Change) -> String {
        let text = match &change.op {
            Op::Script(probe) => format!("{} {}", probe.name, probe.words.join(" ")),
            Op::WriteFile(file) => format!("write {}", file.path),
            Op::Run(command) => command.argv.join(" "),
            Op::SetMode { path, mode, .. } => format!("mode {mode:o} {path}"),
            Op::Remove { path, .. } => format!("remove {path}"),
            other => panic!("{other:?}"),
        };
        text.replace(&self.host.path(""), "@/")
    }
}
