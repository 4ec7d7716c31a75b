//! Arguments of `apt`.

use crate::spec::Rule;

crate::choices! {
    /// What is wanted of the packages.
    pub enum Wanted {
        Absent = "absent",
        BuildDep = "build-dep",
        Fixed = "fixed",
        Latest = "latest",
        Present = "present",
    }
}

crate::choices! {
    /// How all packages are brought up to date.
    pub enum Upgrade {
        Dist = "dist",
        Full = "full",
        No = "no",
        Safe = "safe",
        Yes = "yes",
    }
}

crate::args! {
    /// The packages that are wanted.
    pub struct Args {
        /// Names, each with `:architecture`, `=version` or `>=version` where needed; patterns in names and in
        /// versions behind `=`; `*` with `state: latest` stands for all installed ones.
        package: Vec<String> => [aliases(&["pkg", "name"])],
        /// Whether they are there, up to date, or not there; `build-dep`: what their sources need is there;
        /// `fixed`: as `present`, repairing broken dependencies.
        state: Wanted => [default("present")],
        /// Whether the package lists are fetched first. Beside packages that need nothing it does nothing.
        update_cache: Option<bool> => [aliases(&["update-cache"])],
        /// Seconds for which fetched lists count as fresh; implies `update_cache`.
        cache_valid_time: i64 => [default("0")],
        /// How often fetching them is tried.
        update_cache_retries: i64 => [default("5")],
        /// Longest pause between two tries in seconds.
        update_cache_retry_max_delay: i64 => [default("12")],
        /// Whether configuration files go with removed packages.
        purge: bool => [default("no")],
        /// Package files on the host, separated by commas.
        deb: Option<String> => [],
        /// Release whose packages are preferred.
        default_release: Option<String> => [aliases(&["default-release"])],
        /// Whether recommended packages come with it; without it the host's setting.
        install_recommends: Option<bool> => [aliases(&["install-recommends"])],
        /// Whether unauthenticated packages, downgrades, changed held packages and removed essential ones are allowed.
        force: bool => [default("no")],
        /// How all packages are brought up to date: `yes` and `safe` remove nothing, `full` and `dist` may.
        upgrade: Upgrade => [default("no")],
        /// Options of dpkg without their dashes, separated by commas.
        dpkg_options: String => [default("force-confdef,force-confold")],
        /// Whether dependencies that are no longer needed are removed.
        autoremove: bool => [default("no")],
        /// Whether files of packages that can no longer be fetched are removed.
        autoclean: bool => [default("no")],
        /// Whether it fails where packages would have to be removed.
        fail_on_autoremove: bool => [default("no")],
        /// Exit code of `/usr/sbin/policy-rc.d` meanwhile; 101 keeps services from being started.
        policy_rc_d: Option<i64> => [],
        /// Whether packages that are not installed are left alone.
        only_upgrade: bool => [default("no")],
        /// Whether apt-get does what aptitude could; it always does, and says so where aptitude is there.
        force_apt_get: bool => [default("no")],
        /// Whether fetched package files are removed.
        clean: bool => [default("no")],
        /// Whether packages without a valid signature are installed.
        allow_unauthenticated: bool => [default("no"), aliases(&["allow-unauthenticated"])],
        /// Whether older versions may replace newer ones.
        allow_downgrade: bool =>
            [default("no"), aliases(&["allow-downgrade", "allow_downgrades", "allow-downgrades"])],
        /// Whether held packages may change.
        allow_change_held_packages: bool => [default("no")],
        /// Seconds that another package manager's lock is waited for.
        lock_timeout: i64 => [default("60")],
    }
    rules [Rule::MutuallyExclusive(&["deb", "package", "upgrade"])]
}

impl Args {
    /// Whether the lists are wanted fresh.
    pub fn wants_lists(&self) -> bool {
        self.update_cache == Some(true) || self.cache_valid_time != 0
    }

    /// Whether all installed packages are brought up to date, and whether others may be removed for it.
    pub fn upgrades(&self) -> Option<Upgrade> {
        let all = self.state == Wanted::Latest && self.package.iter().any(|name| name == "*");
        match self.upgrade {
            Upgrade::No if all => Some(Upgrade::Yes),
            Upgrade::No => None,
            other => Some(other),
        }
    }

    /// Package files, as they were written.
    pub fn debs(&self) -> Vec<&str> {
        let text = self.deb.as_deref().unwrap_or("");
        text.split(',').map(str::trim).filter(|path| !path.is_empty()).collect()
    }

    /// Whether there is anything about packages beside tidying.
    pub fn about_packages(&self) -> bool {
        !self.package.is_empty() || self.upgrades().is_some() || !self.debs().is_empty()
    }
}
