use super::*;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

struct Home {
    dir: TempDir,
    env: BTreeMap<String, String>,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cwd", "home"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir, env: BTreeMap::new() }
    }

    fn with(config: &str) -> Self {
        let home = Self::new();
        home.write("cwd/ansible.cfg", config);
        home
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_string(), value.to_string());
        self
    }

    fn place(&self) -> Surroundings {
        Surroundings {
            env: self.env.clone(),
            cwd: self.path("cwd"),
            home: self.path("home"),
            system: self.path("system.cfg"),
        }
    }

    fn load(&self) -> Result<Settings, Diagnostic> {
        Settings::load(self.place())
    }

    fn settings(&self) -> Settings {
        self.load().unwrap()
    }
}

#[test]
fn defaults_have_their_types() {
    let settings = Home::new().settings();
    assert!(settings.bool("HOST_KEY_CHECKING"));
    assert_eq!(settings.int("DEFAULT_FORKS"), Some(5));
    assert_eq!(settings.text("DEFAULT_GATHERING"), Some("implicit"));
    assert_eq!(settings.int("connection.ssh.timeout"), Some(10));
    assert_eq!(settings.text("become.sudo.become_flags"), Some("-H -S -n"));
    assert_eq!(settings.text("DEFAULT_REMOTE_USER"), None);
    assert_eq!(settings.get("DEFAULT_FORKS").unwrap().from, From::Default);
    assert_eq!(settings.text("TANK_MASK"), Some("secrets"));
    assert!(settings.bool("TANK_CHECK_OVERLAY") && settings.bool("TANK_LOOK_AHEAD"));
    assert!(settings.list("INVENTORY_IGNORE_EXTS").contains(&".orig"));
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
}

#[test]
fn paths_are_expanded() {
    let home = Home::with(
        "[defaults]\nroles_path = roles:$SUB/r:~/x:/a/../b\ninventory = i, ~/j\nlocal_tmp=~/t\n",
    )
    .env("SUB", "sub");
    let settings = home.settings();
    let cwd = home.path("cwd");
    let expected = vec![cwd.join("roles"), cwd.join("sub/r"), home.path("home/x"), "/b".into()];
    assert_eq!(settings.paths("DEFAULT_ROLES_PATH"), expected);
    assert_eq!(settings.paths("DEFAULT_HOST_LIST"), vec![cwd.join("i"), home.path("home/j")]);
    assert_eq!(settings.path("DEFAULT_LOCAL_TMP"), Some(home.path("home/t")));
    let defaults = Home::new();
    let first = defaults.settings().paths("DEFAULT_ROLES_PATH")[0].clone();
    assert_eq!(first, defaults.path("home/.ansible/roles"));
    let moved = Home::new().env("ANSIBLE_HOME", "/h").settings();
    assert_eq!(moved.paths("DEFAULT_ROLES_PATH")[0], PathBuf::from("/h/roles"));
}

#[test]
fn the_file_is_found_in_ansibles_order() {
    let home = Home::new();
    home.write("system.cfg", "[defaults]\nforks=1\n");
    assert_eq!(home.settings().int("DEFAULT_FORKS"), Some(1));
    home.write("home/.ansible.cfg", "[defaults]\nforks=2\n");
    assert_eq!(home.settings().int("DEFAULT_FORKS"), Some(2));
    home.write("cwd/ansible.cfg", "[defaults]\nforks=3\n");
    assert_eq!(home.settings().int("DEFAULT_FORKS"), Some(3));
    std::fs::create_dir(home.path("d")).unwrap();
    home.write("d/ansible.cfg", "[defaults]\nforks=4\n");
    let home = home.env("ANSIBLE_CONFIG", "../d");
    let settings = home.settings();
    assert_eq!(settings.int("DEFAULT_FORKS"), Some(4));
    assert_eq!(settings.config_file(), Some(home.path("d/ansible.cfg").as_path()));
    let home = home.env("ANSIBLE_CONFIG", "/does/not/exist.cfg");
    assert_eq!(home.settings().int("DEFAULT_FORKS"), Some(3));
}

#[test]
fn a_directory_that_everybody_writes_is_passed_over() {
    let home = Home::with("[defaults]\nforks=3\n");
    std::fs::set_permissions(home.path("cwd"), std::fs::Permissions::from_mode(0o777)).unwrap();
    let settings = home.settings();
    assert_eq!(settings.int("DEFAULT_FORKS"), Some(5));
    let text = format!("world writable directory ({})", home.path("cwd").display());
    assert!(settings.warnings()[0].message.contains(&text));
}

#[test]
fn environment_beats_the_file_and_the_caller_beats_both() {
    let home =
        Home::with("[defaults]\nforks = 7 ; seven\nnocolor = yes\n").env("ANSIBLE_FORKS", "8");
    let mut settings = home.settings();
    assert_eq!(settings.int("DEFAULT_FORKS"), Some(8));
    assert_eq!(settings.get("DEFAULT_FORKS").unwrap().from.to_string(), "env: ANSIBLE_FORKS");
    assert!(settings.bool("ANSIBLE_NOCOLOR"));
    let from = &settings.get("ANSIBLE_NOCOLOR").unwrap().from;
    assert_eq!(from.to_string(), home.path("cwd/ansible.cfg").to_string_lossy());
    settings.set("DEFAULT_FORKS", Value::str("9"), "cli: --forks").unwrap();
    assert_eq!(settings.int("DEFAULT_FORKS"), Some(9));
    assert_eq!(settings.get("DEFAULT_FORKS").unwrap().from.to_string(), "cli: --forks");
    assert!(settings.set("DEFAULT_FORKS", Value::str("x"), "cli: --forks").is_err());
    assert!(settings.set("NO_SUCH", Value::NULL, "test").is_err());
    let empty = Home::new().env("ANSIBLE_FORKS", "").settings();
    assert_eq!(empty.int("DEFAULT_FORKS"), Some(5));
    let last = Home::new().env("ANSIBLE_NOCOLOR", "0").env("NO_COLOR", "1").settings();
    assert!(last.bool("ANSIBLE_NOCOLOR"));
}

#[test]
fn values_are_converted_as_ansible_does() {
    let text = "[defaults]\nremote_user = \"bob\"\ntimeout=1e1\nhost_key_checking = maybe\ncallbacks_enabled = timer, 'x'\nansible_managed = {{ x }}\n[ssh_connection]\nssh_args = -o A=b ; no\n";
    let settings = Home::with(text).settings();
    assert_eq!(settings.text("DEFAULT_REMOTE_USER"), Some("bob"));
    assert_eq!(settings.int("DEFAULT_TIMEOUT"), Some(10));
    assert!(!settings.bool("HOST_KEY_CHECKING"));
    assert_eq!(settings.list("CALLBACKS_ENABLED"), ["timer", "x"]);
    assert_eq!(settings.text("connection.ssh.ssh_args"), Some("-o A=b"));
    assert!(settings.value("DEFAULT_MANAGED_STR").unwrap().is_trusted());
}

#[test]
fn wrong_values_are_errors_with_ansibles_words() {
    let error = Home::with("[defaults]\n\nforks = abc\n").load().unwrap_err();
    assert!(error.message.starts_with("Config 'DEFAULT_FORKS' from '/"), "{error}");
    assert!(error.chain().ends_with(
        "ansible.cfg' has an invalid value: Invalid value provided for 'integer': 'abc'"
    ));
    assert_eq!((error.code, error.origin.unwrap().line), (5, 3));
    let error = Home::new().env("ANSIBLE_GATHERING", "bad").load().unwrap_err();
    assert_eq!(error.message, "Invalid value 'bad' for config 'DEFAULT_GATHERING'.");
    assert_eq!(error.hint.as_deref(), Some("Valid values are: implicit, explicit, smart"));
    let error = Home::new().env("TANK_MASK", "none").load().unwrap_err();
    assert_eq!(error.message, "Invalid value 'none' for config 'TANK_MASK'.");
    let home = Home::new().env("ANSIBLE_CONFIG", "../x.conf");
    home.write("x.conf", "");
    let message = home.load().unwrap_err().message;
    assert!(message.starts_with("Unsupported configuration file extension for /"), "{message}");
    assert!(message.ends_with("x.conf: .conf"));
}

#[test]
fn unknown_and_unsupported_settings_are_told() {
    let text = "[defaults]\nforkz = 1\nnocows = 1\nlibrary = ./library\njson_indent = 2\n[default]\nx = 1\n[mitogen]\ny = 2\n[galaxy]\nserver = z\n[tank]\nmask = ansible\nlook = 1\n";
    let settings =
        Home::with(text).env("TANK_MASKS", "x").env("ANSIBLE_ACTION_PLUGINS", "/a").settings();
    let said: Vec<String> = settings
        .warnings()
        .iter()
        .map(|w| format!("{} {}", w.message, w.hint.clone().unwrap_or_default()).trim().to_string())
        .collect();
    let expected = [
        "Unknown setting [defaults] forkz has no effect. Did you mean forks?",
        "Unknown section [default] has no effect. Did you mean [defaults]?",
        "Unknown setting [tank] look has no effect.",
        "Unknown environment variable TANK_MASKS has no effect. Did you mean TANK_MASK?",
        "The environment variable ANSIBLE_ACTION_PLUGINS (DEFAULT_ACTION_PLUGIN_PATH) is not supported and has no effect.",
        "The setting [defaults] library (DEFAULT_MODULE_PATH) is not supported and has no effect.",
    ];
    assert_eq!(said, expected);
    assert_eq!(settings.text("TANK_MASK"), Some("ansible"));
}

#[test]
fn passwords_are_secret() {
    let settings = Home::new().env("ANSIBLE_BECOME_PASS", "hunter2").settings();
    assert_eq!(settings.text("become.sudo.become_pass"), Some("hunter2"));
    assert!(!format!("{:?}", settings.value("become.sudo.become_pass")).contains("hunter2"));
}
