use super::super::tests::Bench;
use super::*;

const TEMPLATE: &BastilleTemplate = &BastilleTemplate;

fn host() -> Bench {
    let bench = Bench::new(&[], "");
    bench.jail("web", "10.17.89.10");
    bench.run(&[(2, "web", "10.17.89.10", false)]);
    std::fs::create_dir_all(bench.host.path("b/templates/warden/t1")).unwrap();
    bench.host.write("b/templates/warden/t1/Bastillefile", "ARG+ MAND\nCMD echo ${MAND}\n");
    bench
}

const ARGS: &str = "name: web, template: warden/t1, args: {MAND: 'a b'}";

#[test]
fn one_version_is_applied_once() {
    let host = host();
    let args = format!("{{{ARGS}}}");
    let todo = host.todo(TEMPLATE, &args);
    let apply = "bastille_template_act @/b/jails web template web warden/t1 --arg MAND=a b";
    assert_eq!(todo, [apply, "write @/b/jails/web/.tank-templates"]);
    let (plan, _) = host.plan(TEMPLATE, &args).unwrap();
    let Op::WriteFile(file) = &plan.changes().nth(1).unwrap().op else { panic!() };
    let crate::spec::Content::Bytes(note) = &file.content else { panic!() };
    host.write("web", ".tank-templates", std::str::from_utf8(note).unwrap());
    assert_eq!(host.todo(TEMPLATE, &args), [""; 0]);
    assert_eq!(host.todo(TEMPLATE, &format!("{{{ARGS}, force: true}}")), [apply]);
    assert_eq!(host.todo(TEMPLATE, "{name: web, template: warden/t1, args: {MAND: c}}").len(), 2);
    host.host.write("b/templates/warden/t1/Bastillefile", "ARG+ MAND\nCMD true\n");
    assert_eq!(host.todo(TEMPLATE, &args).len(), 2, "another version");
}

#[test]
fn what_would_pass_through_a_shell_is_refused() {
    let host = host();
    for value in ["$(id)", "`id`", "a;b", "\"a\\nb\"", "it''s", "a|b", "$x"] {
        let args = format!("{{name: web, template: warden/t1, args: {{X: '{value}'}}}}");
        assert!(host.plan(TEMPLATE, &args).is_err(), "{value}");
    }
    for name in ["t1", "../x/y", "a/b/c", "-x/y", "warden/..", "'a b/c'"] {
        assert!(
            host.plan(TEMPLATE, &format!("{{name: web, template: {name}}}")).is_err(),
            "{name}"
        );
    }
    let missing = host.refusal(TEMPLATE, "{name: web, template: warden/nosuch}");
    assert_eq!(missing, "there is no template @/b/templates/warden/nosuch");
    host.run(&[]);
    // bastille exits with 0 then.
    assert_eq!(host.refusal(TEMPLATE, &format!("{{{ARGS}}}")), "jail not running: web");
}
