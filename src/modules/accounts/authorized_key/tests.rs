//! Answers of a host, and what is made of them.

use super::*;
use crate::modules::accounts::tests::arguments;
use crate::spec::{ArgStruct, Inputs, Platform, World};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJd7JZ2Q4q1tqkQ0q0h5mX3zq7l0H8c3yQ9V0r8kqF2u tk@test";
const PASSWD: &str = "tku:*:7801:7802:Tk, test:/home/tku:/bin/sh";

fn answer(content: Option<&str>, dir: &str) -> String {
    let path = "/home/tku/.ssh/authorized_keys";
    let Some(content) = content else { return format!("{PASSWD}\n{path}\n{dir}\n-\n-\n-\n") };
    let stat = format!("f|600|7801|7802|tku|tkg|{}|1|1|1|7|8|1|{}", content.len(), "a".repeat(40));
    format!("{PASSWD}\n{path}\n{dir}\n{stat}\n{stat}\n{}\n{content}\n", content.len())
}

fn plan(answer: &str, yaml: &str, world: &World) -> Result<(Plan, Fields), Failure> {
    let args = Args::from_map(&arguments(yaml)).unwrap();
    let (platform, inputs) = (Platform::default(), Inputs::default());
    let ctx = Ctx { platform: &platform, inputs: &inputs, world, diff: true };
    State::probe(&AuthorizedKey, &args, ctx)?;
    let answers = [Answer::ok(answer.as_bytes().to_vec())];
    let Look::Seen(seen) = State::read(&AuthorizedKey, &args, &answers, ctx)? else {
        panic!("asks")
    };
    let plan = State::plan(&AuthorizedKey, &args, &seen, ctx)?;
    let fields = State::result(&AuthorizedKey, &args, &seen, None, &plan, &[]);
    Ok((plan, fields))
}

fn whys(plan: &Plan) -> Vec<&str> {
    plan.changes().map(|change| change.why.as_str()).collect()
}

const DIR: &str = "d|700|7801|7802|tku|tkg|512|1|1|1|7|8|1|-";

#[test]
fn the_first_key_makes_directory_and_file() {
    let yaml = format!("{{user: tku, key: {KEY}}}");
    let (made, fields) = plan(&answer(None, "-"), &yaml, &World::default()).unwrap();
    let wanted = [
        "make the directory /home/tku/.ssh",
        "set the owner of /home/tku/.ssh",
        "write /home/tku/.ssh/authorized_keys",
    ];
    assert_eq!(whys(&made), wanted);
    let diff = made.diff[0].to_value();
    assert_eq!(diff.get("after").unwrap().text(), format!("{KEY}\n"));
    assert_eq!(diff.get("before").unwrap().text(), "");
    let last = made.changes().last().unwrap();
    let Op::WriteFile(file) = &last.op else { panic!("{last:?}") };
    assert_eq!((file.mode, file.group.as_deref()), (Some(0o600), Some("7802")));
    assert_eq!(fields.len(), 10);
    let (again, _) =
        plan(&answer(Some(&format!("{KEY}\n")), DIR), &yaml, &World::default()).unwrap();
    assert!(!again.has_work());
    let (other, _) =
        plan(&answer(Some(""), "d|755|0|0|root|wheel|512|1|1|1|7|8|1|-"), &yaml, &World::default())
            .unwrap();
    assert_eq!(
        whys(&other)[..2],
        ["set the owner of /home/tku/.ssh", "set the mode of /home/tku/.ssh"]
    );
}

#[test]
fn keys_options_and_comments() {
    let has = answer(Some(&format!("# head\n{KEY}\nssh-rsa AAAAb b\n")), DIR);
    let after = |yaml: &str| {
        let (made, _) = plan(&has, yaml, &World::default()).unwrap();
        made.diff.first().map(|diff| diff.to_value().get("after").unwrap().text())
    };
    assert_eq!(after("{user: tku, key: ssh-rsa AAAAb b}"), None);
    assert_eq!(
        after("{user: tku, key: ssh-rsa AAAAb b, key_options: 'no-pty,from=\"a,b\"', comment: c}"),
        Some(format!("# head\n{KEY}\nno-pty,from=\"a,b\" ssh-rsa AAAAb c\n"))
    );
    assert_eq!(
        after("{user: tku, key: ssh-rsa AAAAb, state: absent}"),
        Some(format!("# head\n{KEY}\n"))
    );
    assert_eq!(after("{user: tku, key: ssh-rsa AAAAx, state: absent}"), None);
    assert_eq!(
        after(
            "{user: tku, key: \"# two\\nssh-rsa AAAAb b\\n\\nssh-dss AAAAd d\", exclusive: true}"
        ),
        Some("ssh-rsa AAAAb b\nssh-dss AAAAd d\n".to_string())
    );
}

#[test]
fn what_is_refused() {
    let world = World::default();
    let has = answer(Some(""), DIR);
    let error = plan(&has, "{user: tku, key: nonsense}", &world).unwrap_err();
    assert_eq!(error.msg, "invalid key specified: nonsense");
    for key in ["https://github.com/bob.keys", "file:///root/k.pub"] {
        let error = plan(&has, &format!("{{user: tku, key: {key}}}"), &world).unwrap_err();
        assert!(error.msg.contains("is not supported"), "{}", error.msg);
    }
    let nobody = "-\n/.ssh/authorized_keys\n-\n-\n-\n-\n";
    let error = plan(nobody, &format!("{{user: tku, key: {KEY}}}"), &world).unwrap_err();
    assert!(error.msg.starts_with("Failed to lookup user tku"), "{}", error.msg);
    let unreadable = answer(Some(""), DIR).replace("\n0\n\n", "\n-\n");
    assert!(plan(&unreadable, &format!("{{user: tku, key: {KEY}}}"), &world).is_err());
}

#[test]
fn a_check_run_remembers_user_and_file() {
    let mut world = World::default();
    let home = [("home", Value::from("/home/tku"))].into_iter().collect();
    world.add(Effect::Thing("user", "tku".into(), Some(home)));
    let yaml = format!("{{user: tku, key: {KEY}}}");
    let nobody = "-\n/home/tku/.ssh/authorized_keys\n-\n-\n-\n-\n";
    let (made, _) = plan(nobody, &yaml, &world).unwrap();
    assert!(made.has_work());
    made.changes().flat_map(|change| change.effects.clone()).for_each(|effect| world.add(effect));
    assert!(!plan(nobody, &yaml, &world).unwrap().0.has_work());
    let (second, _) = plan(nobody, "{user: tku, key: ssh-rsa AAAAb b}", &world).unwrap();
    assert_eq!(whys(&second), ["write /home/tku/.ssh/authorized_keys"]);
}
