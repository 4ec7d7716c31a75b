//! Vectors made by ansible-vault of ansible-core 2.21.5.

use super::*;
use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// `hello: world` by `pw1`.
const HELLO: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
39646465656462313765393535643465363037353435386633376663396563393137623135656262\n\
6539623932646666313163393439636561613431666465610a343236336337616364313062376530\n\
61353434653039333665616139373234613761643263663934363566343330626263316363343631\n\
6338363236633239300a616131383338393661363636303833653537363538613263663539343636\n\
6534";
/// `x` by `pw2`, id `lab`.
const LAB: &str = "$ANSIBLE_VAULT;1.2;AES256;lab\n\
32323039643365313934323961366533616266346261396231363531613239366337346132663065\n\
3930316563633536393138333062623462633930316231640a363133353266343862373063383035\n\
63363030336633336132323266396231353664643664616436306666373035336331636361613936\n\
3236666137323862610a616639333466616334323635333935393033326130303933643238393331\n\
3261";
/// Nothing by `pw1`.
const EMPTY: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
62346366613439373032646562623339636461626438353137393038306330333932326338383032\n\
6639623831356138386136643335353534343833323536630a646630326234393864643365353538\n\
63633163626239356530393062663462636364306237383561393539316366376163316163353464\n\
3530653563373831620a353039343962363566613462643436356264393535396265333838313364\n\
6330";
/// `hello: world` by `pw1` with the salt `fixedsalt`.
const SALTED: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
3636363937383635363437333631366337340a363866643531353436656531393062623031306430\n\
66313364666663633564313739303233356261656237336564623235303164636463343265366236\n\
3633320a3161336261393133646331303734613633323566316638356566373566633061\n";
/// FF FE 00 `bin` by `pw1`.
const BINARY: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
37363764643761366436323465373238636137393434663639653530663262653636646635333061\n\
6466346239323364666462323636323436353838316131350a663439376561393163323639373765\n\
38353962636433346461316362633335623539323335613934363535326139323032323630343636\n\
3936646265626465370a393261333531666331393233393833323332643033666163343836343538\n\
3262";

struct Answers(Mutex<VecDeque<&'static str>>, Mutex<Vec<String>>);

impl Answers {
    fn new(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.iter().copied().collect()), Mutex::default()))
    }

    fn questions(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Prompt for Answers {
    fn ask(&self, question: &str) -> io::Result<Zeroizing<String>> {
        self.1.lock().unwrap().push(question.to_string());
        let answer = self.0.lock().unwrap().pop_front();
        answer
            .map(|answer| answer.to_string().into())
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

struct Dir(TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn script(self, name: &str, text: &str) -> Self {
        let dir = self.file(name, &format!("#!/bin/sh\n{text}\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.path(name), mode).unwrap();
        dir
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn settings(&self) -> Settings {
        Settings::defaults(self.0.path())
    }

    fn vault(&self, ids: &[&str]) -> Vault {
        self.asking(ids, &Answers::new(&[]))
    }

    fn asking(&self, ids: &[&str], answers: &Arc<Answers>) -> Vault {
        let prompt: Arc<dyn Prompt> = Arc::<Answers>::clone(answers);
        Vault::new(&self.settings(), &options(ids), prompt)
    }
}

fn options(ids: &[&str]) -> Options {
    Options { ids: ids.iter().map(ToString::to_string).collect(), ..Options::default() }
}

fn two() -> Dir {
    Dir::new().file("p1", "pw1\n").file("p2", " pw2 \r\n")
}

#[test]
fn real_vaults_open() {
    let dir = two();
    let vault = dir.vault(&["p1", "lab@p2"]);
    assert_eq!(vault.ids(), ["default", "lab"]);
    assert_eq!(vault.decrypt_text(HELLO).unwrap().as_str(), "hello: world\n");
    assert_eq!(vault.decrypt_text(LAB).unwrap().as_str(), "x");
    assert_eq!(vault.decrypt_text(EMPTY).unwrap().as_str(), "");
    assert_eq!(vault.decrypt(BINARY).unwrap().as_slice(), b"\xff\xfe\0bin");
    assert_eq!(vault.decrypt_text(BINARY).unwrap_err(), Error::NotUtf8);
    let value = vault.decrypt_value(LAB, None).unwrap();
    assert!(value.has_secret() && !value.is_trusted());
    assert!(vault.open(HELLO.as_bytes().to_vec()).unwrap().was_vault);
    let plain = vault.open(b"plain".to_vec()).unwrap();
    assert!(!plain.was_vault && plain.bytes.as_slice() == b"plain");
}

#[test]
fn what_we_write_is_what_ansible_writes() {
    let dir = two();
    let mut settings = dir.settings();
    settings.set("VAULT_ENCRYPT_SALT", Value::str("fixedsalt"), "test").unwrap();
    let vault = Vault::new(&settings, &options(&["p1"]), Answers::new(&[]));
    assert_eq!(vault.encrypt(b"hello: world\n", None).unwrap(), SALTED);
}

#[test]
fn vaults_go_round() {
    let dir = two();
    let vault = dir.vault(&["p1", "lab@p2"]);
    for plain in ["", "a", "sixteen letters.", "more than one block of text\n"] {
        let text = vault.encrypt(plain.as_bytes(), Some("lab")).unwrap();
        assert!(text.starts_with("$ANSIBLE_VAULT;1.2;AES256;lab\n"));
        assert!(text.lines().all(|line| line.len() <= 80));
        assert_eq!(vault.decrypt_text(&text).unwrap().as_str(), plain);
    }
    let (one, other) = (vault.encrypt(b"a", None).unwrap(), vault.encrypt(b"a", None).unwrap());
    assert_ne!(one, other);
    assert_eq!(vault.encrypt(HELLO.as_bytes(), None).unwrap_err(), Error::AlreadyVault);
    let unknown = vault.encrypt(b"a", Some("x")).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "Did not find a match for --encrypt-vault-id=x in the known vault-ids ['default', 'lab']"
    );
    let none = Dir::new().vault(&[]).encrypt(b"a", None).unwrap_err();
    assert_eq!(none, Error::NoSecretToEncrypt);
}

#[test]
fn wrong_and_missing_passwords() {
    assert_eq!(two().vault(&["p2"]).decrypt(HELLO).unwrap_err(), Error::NoneFits);
    assert_eq!(Dir::new().vault(&[]).decrypt(HELLO).unwrap_err(), Error::NoSecrets);
    assert_eq!(two().vault(&["p1"]).decrypt("text").unwrap_err(), Error::NotVault);
    let dir = two();
    let mut settings = dir.settings();
    settings.set("DEFAULT_VAULT_ID_MATCH", Value::from(true), "test").unwrap();
    let open = |ids: &[&str]| {
        Vault::new(&settings, &options(ids), Answers::new(&[])).decrypt(LAB).map(|_| ())
    };
    assert_eq!(open(&["other@p2"]), Err(Error::NoneFits));
    assert_eq!(open(&["other@p1", "lab@p2"]), Ok(()));
}

#[test]
fn damaged_vaults_are_told_apart() {
    let dir = two();
    let vault = dir.vault(&["p1"]);
    let error = |text: &str| vault.decrypt(text).unwrap_err();
    assert_eq!(error("$ANSIBLE_VAULT;1.1"), Error::Envelope);
    assert_eq!(error("$ANSIBLE_VAULT;1.1;AES128\n00"), Error::Cipher("AES128".to_string()));
    assert_eq!(error("$ANSIBLE_VAULT;1.1;AES256\nzz"), Error::Hex);
    assert_eq!(error("$ANSIBLE_VAULT;1.1;AES256\n3030"), Error::Text);
    let last = HELLO.len() - 1;
    let digit = if HELLO.ends_with('4') { '5' } else { '4' };
    assert_eq!(error(&format!("{}{digit}", &HELLO[..last])), Error::NoneFits);
}

#[test]
fn a_password_is_asked_once_and_late() {
    let answers = Answers::new(&["pw2", "pw1"]);
    let dir = two();
    let vault = dir.asking(&["p1", "lab@prompt"], &answers);
    vault.decrypt(HELLO).unwrap();
    assert!(answers.questions().is_empty());
    vault.decrypt(LAB).unwrap();
    vault.decrypt(LAB).unwrap();
    assert_eq!(answers.questions(), ["Vault password (lab): "]);
    let settings = Dir::new().settings();
    let answers = Answers::new(&["pw1"]);
    let prompt: Arc<dyn Prompt> = Arc::<Answers>::clone(&answers);
    let vault = Vault::new(&settings, &Options { ask: true, ..Options::default() }, prompt);
    vault.ask().unwrap();
    assert_eq!(answers.questions(), ["Vault password: "]);
    vault.decrypt(HELLO).unwrap();
}

#[test]
fn bad_answers_are_told() {
    let vault = |answers: &[&'static str], new_password: bool| {
        let options = Options { new_password, ..options(&["a@prompt"]) };
        Vault::new(&Dir::new().settings(), &options, Answers::new(answers)).ask().unwrap_err()
    };
    assert_eq!(vault(&[""], false), Error::EmptyPrompt);
    assert_eq!(vault(&[], false).to_string(), "EOFError (ctrl-d) on prompt for (a)");
    assert_eq!(vault(&["x", "y"], true), Error::Mismatch);
}

#[test]
fn scripts_give_passwords() {
    let dir = two()
        .script("s.sh", "echo pw1")
        .script("x-client.py", "[ \"$1 $2\" = '--vault-id lab' ] && echo pw2 || exit 2");
    dir.vault(&["s.sh"]).decrypt(HELLO).unwrap();
    dir.vault(&["lab@x-client.py"]).decrypt(LAB).unwrap();
    let unknown = dir.vault(&["no@x-client.py"]).decrypt(LAB).unwrap_err().to_string();
    assert!(unknown.contains("did not find a secret for vault-id=no: "), "{unknown}");
    let dir = dir.script("bad", "exit 3").script("mute", "echo");
    let path = |name: &str| dir.path(name).display().to_string();
    let error = |name: &str| dir.vault(&[name]).decrypt(HELLO).unwrap_err().to_string();
    assert_eq!(
        error("bad"),
        format!("Vault password script {} returned non-zero (3)", path("bad"))
    );
    assert_eq!(
        error("mute"),
        format!("Invalid vault password was provided from script ({})", path("mute"))
    );
}

#[test]
fn files_that_are_no_passwords() {
    let dir = two().file("nil", "\n");
    let path = |name: &str| dir.path(name).display().to_string();
    let error = |name: &str| dir.vault(&[name]).decrypt(HELLO).unwrap_err().to_string();
    assert_eq!(
        error("nil"),
        format!("Invalid vault password was provided from file ({})", path("nil"))
    );
    assert_eq!(error("no"), format!("The vault password file {} was not found", path("no")));
    assert_eq!(
        error("."),
        format!(
            "The vault password file provided '{}' can not be a directory",
            dir.0.path().display()
        )
    );
    let vault = dir.vault(&["no", "p1"]);
    vault.decrypt(HELLO).unwrap();
    let warnings = vault.failures();
    let text = format!(
        "Error in vault password file loading (default): The vault password file {} was not found",
        path("no")
    );
    assert_eq!(warnings[0].message, text);
}

#[test]
fn a_password_file_may_be_a_vault_of_those_before() {
    let dir = two();
    let sealed = dir.vault(&["p1"]).encrypt(b"pw2\n", None).unwrap();
    let dir = dir.file("p3", &sealed);
    dir.vault(&["p1", "lab@p3"]).decrypt(LAB).unwrap();
    assert!(dir.vault(&["lab@p3", "p1"]).decrypt(LAB).is_err());
}

#[test]
fn settings_name_passwords_too() {
    let dir = two();
    let mut settings = dir.settings();
    settings.set("DEFAULT_VAULT_IDENTITY_LIST", Value::str("lab@p2"), "test").unwrap();
    settings.set("DEFAULT_VAULT_PASSWORD_FILE", Value::str("p1"), "test").unwrap();
    let vault = Vault::new(&settings, &options(&["x@p2"]), Answers::new(&[]));
    assert_eq!(vault.ids(), ["lab", "x", "default"]);
    vault.decrypt(HELLO).unwrap();
}

#[test]
fn nothing_shows_a_password() {
    let dir = two();
    let vault = dir.vault(&["p1"]);
    vault.decrypt(HELLO).unwrap();
    let shown = format!("{vault:?}");
    assert!(!shown.contains("pw1") && !shown.contains("hello"), "{shown}");
}
