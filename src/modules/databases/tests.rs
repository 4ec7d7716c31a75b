//! Against a PostgreSQL of this machine, started for each test.

use crate::base::{Key, Value};
use crate::connection::shell::tests::SHELLS;
use crate::modules::tests::desk::{Desk, Told};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running server; ends with the test.
struct Cluster {
    dir: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

/// The programs of the newest version.
fn programs() -> PathBuf {
    let mut all: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("the package postgresql is installed")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|dir| dir.join("initdb").exists())
        .collect();
    all.sort();
    all.pop().expect("the package postgresql is installed")
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

impl Cluster {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let cluster = Self { dir, bin: programs(), port };
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(cluster.dir.path(), mode).unwrap();
        let data = cluster.path("data");
        std::fs::create_dir(&data).unwrap();
        if is_root() {
            let done = Command::new("chown").arg("postgres").arg(&data).status().unwrap();
            assert!(done.success());
        }
        cluster.run("initdb", &["-D", &data, "-N", "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"]);
        let options = format!("-F -p {port} -k {data} -h 127.0.0.1");
        let log = format!("{data}/log");
        cluster.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"]);
        cluster
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, words: &[&str]) {
        let program = self.bin.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        let out = command.args(words).current_dir(Path::new("/")).output().unwrap();
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{words:?} {error}");
    }

    /// Arguments of the login.
    fn login(&self) -> String {
        format!("login_unix_socket: {}, login_port: {}", self.path("data"), self.port)
    }

    /// What one statement answers.
    fn sql(&self, db: &str, sql: &str) -> String {
        let out = Command::new(self.bin.join("psql"))
            .args(["-X", "-A", "-t", "-q", "-U", "postgres", "-h", &self.path("data"), "-p", &self.port.to_string(), "-d", db, "-c", sql])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{sql}: {error}");
        String::from_utf8_lossy(&out.stdout).trim().to_string()
    }

    /// Everything that the server has logged.
    fn log(&self) -> String {
        std::fs::read_to_string(self.path("data/log")).unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.path("data");
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
    }
}

fn list(told: &Told, key: &str) -> Vec<String> {
    let value = told.fields.get(&Key::from(key)).cloned().unwrap_or(Value::NULL);
    value.as_list().unwrap_or_default().iter().map(Value::text).collect()
}

/// A check run that predicts and does nothing, a run, a run that changes nothing.
async fn converges(desk: &mut Desk, module: &str, args: &str) -> Told {
    let told = desk.check(module, args).await;
    assert_eq!((told.failed, told.changed, told.uncertain), (None, true, None), "{args}");
    let told = desk.check(module, args).await;
    assert_eq!((told.failed, told.changed), (None, false), "{args}: it is foretold");
    desk.world = Default::default();
    let told = desk.settles(module, args).await;
    let again = desk.check(module, args).await;
    assert_eq!((again.failed, again.changed), (None, false), "{args}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_and_roles_converge() {
    let cluster = Cluster::start();
    let login = cluster.login();
    for (at, shell) in SHELLS.iter().enumerate() {
        let desk = &mut Desk::new(shell).await;
        // Names that end quotes, where somebody forgot them.
        let (role, db) = (format!("o'r\"{at}"), format!("d\"b'{at}; --"));
        let yaml = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let (qrole, qdb) = (yaml(&role), yaml(&db));
        let user = |more: &str| format!("{{name: {qrole}, {login}{more}}}");
        let told = converges(desk, "postgresql_user", &user(", role_attr_flags: 'NOLOGIN,createdb', conn_limit: 3, comment: \"it's\", expires: '2030-01-01 00:00:00+00'")).await;
        assert_eq!(list(&told, "queries").len(), 2, "{shell}");
        converges(desk, "postgresql_user", &user(", role_attr_flags: LOGIN, conn_limit: -1, comment: '', expires: infinity")).await;
        let base = format!("name: {qdb}, {login}");
        converges(desk, "postgresql_db", &format!("{{{base}, owner: {qrole}, template: template0, encoding: UTF-8, conn_limit: '5', comment: c}}")).await;
        let told = desk.run("postgresql_db", &format!("{{{base}, encoding: LATIN1}}")).await;
        assert_eq!(told.failed.unwrap(), "Changing database encoding is not supported. Current encoding: UTF8");
        converges(desk, "postgresql_db", &format!("{{{base}, owner: postgres, conn_limit: '-1', comment: ''}}")).await;
        let told = converges(desk, "postgresql_db", &format!("{{{base}, state: absent, force: true}}")).await;
        assert_eq!(told.text("db"), db);
        let told = converges(desk, "postgresql_user", &user(", state: absent")).await;
        assert_eq!(told.text("user_removed"), "True");
    }
    let desk = &mut Desk::new("dash").await;
    let told = desk.run("postgresql_user", &format!("{{name: x, role_attr_flags: FLY, {login}}}")).await;
    assert_eq!(told.failed.unwrap(), "Invalid role_attr_flags specified: FLY");
    let told = desk.run("postgresql_db", &format!("{{name: x, owner: nosuch, {login}}}")).await;
    assert_eq!(told.failed.unwrap(), "role \"nosuch\" does not exist");
    let told = desk.run("postgresql_db", "{name: x, login_unix_socket: /nosuch}").await;
    assert!(told.failed.unwrap().starts_with("unable to connect to database: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_compared_and_never_shown() {
    let cluster = Cluster::start();
    cluster.sql("postgres", "ALTER SYSTEM SET log_statement = 'all'");
    cluster.sql("postgres", "SELECT pg_reload_conf()");
    let login = cluster.login();
    for shell in SHELLS {
        let desk = &mut Desk::new(shell).await;
        let user = |password: &str| format!("{{name: bob, password: '{password}', {login}}}");
        let told = converges(desk, "postgresql_user", &user("first:s3cret\\")).await;
        assert_eq!(list(&told, "queries"), ["CREATE USER \"bob\" ENCRYPTED PASSWORD %(password)s"]);
        let kept = cluster.sql("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'bob'");
        assert!(kept.starts_with("SCRAM-SHA-256$4096:"), "{shell}: {kept}");
        let told = desk.settles("postgresql_user", &user("other-s3cret")).await;
        assert_eq!(list(&told, "queries"), ["ALTER USER \"bob\" WITH ENCRYPTED PASSWORD %(password)s"]);
        let kept = format!("{{name: bob, password: third-s3cret, no_password_changes: true, {login}}}");
        let told = desk.run("postgresql_user", &kept).await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        // The server itself takes the password, over TCP and from a file.
        let tcp = format!("login_host: 127.0.0.1, login_port: {}, login_user: bob", cluster.port);
        let own = |password: &str| format!("{{name: bob, role_attr_flags: LOGIN, login_password: '{password}', {tcp}}}");
        let told = desk.run("postgresql_user", &own("other-s3cret")).await;
        assert_eq!((told.failed, told.changed), (None, false), "{shell}");
        let told = desk.run("postgresql_user", &own("wrong")).await;
        assert!(told.failed.unwrap().contains("password authentication failed"), "{shell}");
        let ask = format!("{{name: bob, password: x, login_password: other-s3cret, {tcp}}}");
        let told = desk.run("postgresql_user", &ask).await;
        assert!(told.failed.unwrap().contains("only a superuser sees"), "{shell}");
        desk.settles("postgresql_user", &user("")).await;
        desk.settles("postgresql_user", &format!("{{name: bob, state: absent, {login}}}")).await;
    }
    let log = cluster.log();
    assert!(log.contains("CREATE USER \"bob\" ENCRYPTED PASSWORD"), "the log has statements");
    assert!(!log.contains("s3cret"), "no password is in a statement");
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_converge() {
    let cluster = Cluster::start();
    let login = cluster.login();
    cluster.sql("postgres", "CREATE DATABASE app");
    cluster.sql("app", "CREATE SCHEMA extra");
    let newest = cluster.sql("app", "SELECT default_version FROM pg_available_extensions WHERE name = 'plpgsql'");
    let desk = &mut Desk::new("dash").await;
    let ext = |name: &str, more: &str| format!("{{name: {name}, login_db: app, {login}{more}}}");
    let told = converges(desk, "postgresql_ext", &ext("plpgsql", ", state: absent")).await;
    assert_eq!((told.text("prev_version"), told.text("version")), (newest.clone(), String::new()));
    let told = converges(desk, "postgresql_ext", &ext("plpgsql", ", comment: \"it's\", version: latest")).await;
    assert_eq!((told.text("prev_version"), told.text("version")), (String::new(), newest));
    let told = desk.run("postgresql_ext", &ext("plpgsql", ", version: '77'")).await;
    assert!(told.failed.unwrap().starts_with("Passed version '77' has no valid update path"));
    let told = desk.run("postgresql_ext", &ext("nosuch", "")).await;
    assert_eq!(told.failed.unwrap(), "Extension nosuch is not available");
    let told = desk.run("postgresql_ext", &format!("{{name: plpgsql, login_db: none, {login}}}")).await;
    assert!(told.failed.unwrap().contains("database \"none\" does not exist"));
    // A database that an earlier task of a check run would make.
    desk.check("postgresql_db", &format!("{{name: none, {login}}}")).await;
    let told = desk.check("postgresql_ext", &format!("{{name: vector, login_db: none, {login}}}")).await;
    assert_eq!((told.failed.as_deref(), told.changed), (None, true));
    assert_eq!(list(&told, "queries"), ["CREATE EXTENSION \"vector\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn privileges_converge() {
    let cluster = Cluster::start();
    let login = cluster.login();
    for name in ["app", "spare"] {
        cluster.sql("postgres", &format!("CREATE DATABASE {name}"));
    }
    cluster.sql("app", "CREATE ROLE reader LOGIN; CREATE ROLE writer; CREATE ROLE \"Odd\"\"One\"; CREATE TABLE t (i serial); CREATE TABLE \"T2\" (i int); CREATE SCHEMA s; CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE kind AS ENUM ('a')");
    let desk = &mut Desk::new("dash").await;
    for args in [
        "roles: reader, privs: 'select,INSERT', type: table, objs: 't,T2'",
        "roles: reader, privs: SELECT, type: table, objs: t, grant_option: true",
        "roles: reader, privs: SELECT, type: table, objs: t, grant_option: false",
        "roles: reader, privs: INSERT, type: table, objs: ALL_IN_SCHEMA, state: absent",
        "roles: 'Odd\"One,writer', privs: ALL, type: sequence, objs: ALL_IN_SCHEMA",
        "roles: PUBLIC, privs: CONNECT, type: database, state: absent",
        "roles: reader, privs: 'CREATE,TEMP', type: database, objs: spare",
        "roles: reader, privs: USAGE, type: schema, objs: s",
        "roles: reader, privs: EXECUTE, type: function, objs: 'f(int:text)'",
        "roles: reader, type: group, objs: writer",
        "roles: reader, type: group, objs: writer, state: absent",
        "roles: reader, privs: SELECT, type: default_privs, objs: TABLES",
        "roles: reader, privs: ALL, type: default_privs, objs: ALL_DEFAULT, target_roles: writer, schema: s",
        "roles: writer, privs: SET, type: parameter, objs: work_mem",
        "roles: reader, privs: USAGE, type: type, objs: kind",
        "roles: reader, privs: USAGE, type: language, objs: sql",
    ] {
        let args = format!("{{login_db: app, {args}, {login}}}");
        let told = converges(desk, "postgresql_privs", &args).await;
        assert!(!list(&told, "queries").is_empty());
    }
    assert_eq!(cluster.sql("app", "SELECT relacl FROM pg_class WHERE relname = 't'"), "{postgres=arwdDxt/postgres,reader=r/postgres}");
    assert_eq!(cluster.sql("app", "SELECT has_database_privilege('reader', 'app', 'CONNECT')"), "f");
    let privs = |more: &str| format!("{{login_db: app, {more}, {login}}}");
    let told = desk.run("postgresql_privs", &privs("roles: nosuch, privs: SELECT, objs: t")).await;
    assert_eq!(told.failed.unwrap(), "Role 'nosuch' does not exist");
    let told = desk.run("postgresql_privs", &privs("roles: 'nosuch,reader', privs: UPDATE, objs: t, fail_on_role: false")).await;
    assert_eq!((told.failed, told.changed, told.warnings.len()), (None, true, 1));
    for (args, why) in [
        ("roles: reader, privs: FLY, objs: t", "Invalid privileges specified: FLY"),
        ("roles: reader, privs: SELECT", "Argument \"objs\" is required for type \"table\"."),
        ("roles: reader, objs: t", "Argument \"privs\" is required for type \"table\"."),
        ("roles: reader, privs: SELECT, objs: nosuch", "relation \"public.nosuch\" does not exist"),
        ("roles: reader, privs: USAGE, type: schema, objs: s, schema: s", "Argument \"schema\" is not allowed for type \"schema\"."),
        ("roles: reader, privs: EXECUTE, type: function, objs: \"f(int); DROP TABLE t\"", "Illegal function / procedure signature: \"f(int); DROP TABLE t\"."),
    ] {
        let told = desk.run("postgresql_privs", &privs(args)).await;
        assert_eq!(told.failed.unwrap(), why, "{args}");
    }
    desk.check("postgresql_user", &format!("{{name: fresh, {login}}}")).await;
    let told = desk.check("postgresql_privs", &privs("roles: fresh, privs: SELECT, objs: t")).await;
    assert_eq!((told.failed, told.changed), (None, true), "the role is foretold");
}
