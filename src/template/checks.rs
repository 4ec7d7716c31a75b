//! What no recording can show: marks, suspension, stand-in texts, limits.

use super::recorded::{Fixed, here};
use super::table::Stop;
use super::{Templar, TemplateOptions};
use crate::base::{Kind, Map, Origin, Source, Value};

fn at(text: &str, line: u32) -> Value {
    Value::template(text, Some(Origin::new(&Source::file("/play.yml"), line, 7)))
}

fn render(scope: &Fixed, text: &str) -> Result<Value, Stop> {
    Templar::new(scope).render(&Value::template(text, None))
}

fn secrets() -> Fixed {
    let mut scope = Fixed::of(r#"{"user": "bob", "list": ["a", "b"], "tpl": "pw={{ pw }};"}"#);
    let pin = Value::from("hunter2").secret();
    scope.vars.insert("pw".into(), pin.clone());
    let account: Value =
        [("name", Value::from("bob")), ("password", pin.clone())].into_iter().collect();
    scope.vars.insert("accounts".into(), Value::list(vec![account]));
    let all: Value = [("k", Value::from("v"))].into_iter().collect();
    scope.vars.insert("hidden".into(), all.secret());
    scope.vars.insert("vaulted".into(), Value::new(Kind::Vault("top".into())));
    scope
}

#[test]
fn secret_parts_stay_secret() {
    let scope = secrets();
    let stars = "********";
    let cases = [
        ("x={{ pw }}!", format!("x={stars}!")),
        ("{{ tpl }}{{ user }}", format!("pw={stars};bob")),
        ("{{ 'a' ~ pw ~ 'b' }}", format!("a{stars}b")),
        ("{{ 'a' + pw }}", format!("a{stars}")),
        ("{{ pw | upper }}", stars.to_string()),
        ("{{ pw.upper() }}", stars.to_string()),
        ("{{ pw[1:] }}", stars.to_string()),
        ("{{ pw[0] }}", stars.to_string()),
        ("{{ '%s' % pw }}", stars.to_string()),
        ("{{ '{}'.format(pw) }}", stars.to_string()),
        ("{{ accounts }}", format!("[{{'name': 'bob', 'password': '{stars}'}}]")),
        ("{{ accounts | map(attribute='name') | list }}", "['bob']".to_string()),
        ("{{ accounts[0].password }}", stars.to_string()),
        ("{{ accounts | first }}", format!("{{'name': 'bob', 'password': '{stars}'}}")),
        ("{{ [pw, user] + list }}", format!("['{stars}', 'bob', 'a', 'b']")),
        ("{{ hidden.k }}", stars.to_string()),
        ("{% for k, v in hidden.items() %}{{ v }}{% endfor %}", stars.to_string()),
        ("{% set x %}<{{ pw }}>{% endset %}{{ x }}", format!("<{stars}>")),
        ("{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m(pw) }}", format!("[{stars}]")),
        ("{{ vaulted }}", stars.to_string()),
        ("v={{ vaulted }}", format!("v={stars}")),
        ("{{ pw | length }}", "7".to_string()),
        ("{{ pw == 'x' }}", "False".to_string()),
        ("{{ user }}", "bob".to_string()),
    ];
    for (template, shown) in cases {
        let value = render(&scope, template).unwrap();
        assert_eq!(value.masked().text(), shown, "{template}");
        assert!(!format!("{value:?}").contains("hunter2"), "{template}");
    }
}

#[test]
fn the_secret_itself_is_given() {
    let value = render(&secrets(), "x={{ pw }}!").unwrap();
    assert_eq!(value.as_str(), Some("x=hunter2!"));
    assert_eq!(render(&secrets(), "{{ vaulted }}").unwrap().as_str(), Some("top"));
}

#[test]
fn a_vaulted_text_that_cannot_be_read_fails_only_when_used() {
    let mut scope = Fixed::default();
    scope.vars.insert("v".into(), Value::new(Kind::Vault("broken".into())));
    assert_eq!(render(&scope, "{{ 1 if true else v }}").unwrap(), Value::from(1));
    let error = render(&scope, "{{ v }}").unwrap_err().into_diagnostic().unwrap();
    assert_eq!(
        error.chain(),
        "Error rendering template: Attempt to use undecryptable variable: Decryption failed"
    );
}

#[test]
fn an_inline_vault_can_be_told_without_opening_it() {
    let mut scope = secrets();
    let vault = || Value::new(Kind::Vault("broken".into()));
    scope.vars.insert("v".into(), vault());
    scope.vars.insert("d".into(), [("k", vault())].into_iter().collect());
    for (text, answer) in [
        ("v is vault_encrypted", true),
        ("d.k is vault_encrypted", true),
        ("d['k'] is vault_encrypted", true),
        ("v is not vault_encrypted", false),
        ("user is vault_encrypted", false),
    ] {
        let got = Templar::new(&scope).condition(&Value::template(text, None));
        assert_eq!(got, Ok(answer), "{text}");
    }
}

#[test]
fn what_is_composed_is_no_template() {
    let scope = Fixed::of(r#"{"name": "x", "open": "{"}"#);
    let value = render(&scope, "{{ open }}{ name }}").unwrap();
    assert_eq!(value.as_str(), Some("{{ name }}"));
    assert!(!value.is_trusted());
    let again = Templar::new(&scope).render(&value).unwrap();
    assert_eq!(again.as_str(), Some("{{ name }}"));
    assert_eq!(render(&scope, "{{ open ~ '{ name }}' }}").unwrap().as_str(), Some("{{ name }}"));
    let mut scope = scope;
    scope.vars.insert("data".into(), Value::from("{{ name }}"));
    assert_eq!(render(&scope, "{{ data }}").unwrap().as_str(), Some("{{ name }}"));
    assert_eq!(render(&scope, "{{ [data] }}").unwrap().repr(), "['{{ name }}']");
    assert_eq!(render(&scope, "{{ data | upper }}").unwrap().as_str(), Some("{{ NAME }}"));
}

#[test]
fn a_pending_value_suspends_and_nothing_swallows_that() {
    let mut scope = Fixed::of(r#"{"tpl": "{{ later }}"}"#);
    scope.pending = vec!["later"];
    let touching = [
        "{{ later }}",
        "{{ later is defined }}",
        "{{ later | default('x') }}",
        "{{ tpl is defined }}",
        "{{ tpl | default('x') }}",
        "{% for x in later %}{% endfor %}",
        "{{ [later] | length }}",
        "{{ lookup('items', later, errors='ignore') }}",
        "{% macro m(a) %}{% endmacro %}{{ m(later) }}",
        "{{ false or later }}",
        "{{ 'x'.join(later) | default('y') }}",
        "{% if later %}{% endif %}",
        "{% include later ignore missing %}",
    ];
    for template in touching {
        assert_eq!(render(&scope, template), Err(Stop::Suspended), "{template}");
    }
    let templar = Templar::new(&scope).with_placeholders();
    let named = templar.render(&Value::template("a {{ later }}", None));
    assert_eq!(named, Err(Stop::Suspended));
    assert_eq!(templar.condition(&Value::template("later", None)), Err(Stop::Suspended));
    assert_eq!(render(&scope, "{{ true or later }}").unwrap(), Value::from(true));
}

#[test]
fn the_clock_is_not_read_ahead() {
    let scope = Fixed { ahead: true, ..Fixed::default() };
    assert_eq!(render(&scope, "{{ now() | default('x') }}"), Err(Stop::Suspended));
    assert_eq!(render(&scope, "{{ 1 + 1 }}").unwrap(), Value::from(2));
}

#[test]
fn an_undefined_name_says_where_it_was_used() {
    let mut scope = Fixed::default();
    scope.vars.insert("broken".into(), at("{{ nope }}", 9));
    let error = Templar::new(&scope).render(&at("{{ broken }}", 28)).unwrap_err();
    let Stop::Undefined(error) = error else { panic!("{error:?}") };
    assert_eq!(error.origin.unwrap().line, 9);
    let error = Templar::new(&scope).render_argument("msg", &at("{{ broken }}", 28)).unwrap_err();
    let error = error.into_diagnostic().unwrap();
    assert_eq!(error.chain(), "Error while resolving value for 'msg': 'nope' is undefined");
    assert_eq!(error.origin.unwrap().line, 28);
}

#[test]
fn an_error_has_the_place_of_its_template() {
    let mut scope = Fixed::default();
    scope.vars.insert("half".into(), at("{{ 1 / 0 }}", 9));
    let error = Templar::new(&scope).render(&at("{{ half }}", 28)).unwrap_err();
    let error = error.into_diagnostic().unwrap();
    assert_eq!(error.chain(), "Error rendering template: division by zero");
    assert_eq!(error.origin.unwrap().line, 9);
}

#[test]
fn an_error_in_a_file_has_its_line() {
    let origin = Origin::whole(&Source::file("/t/x.j2"));
    let scope = Fixed::default();
    let templar = Templar::new(&scope);
    let place = |source: &str| {
        let result = templar.template(source, &origin, &TemplateOptions::default(), &Map::new());
        let origin = result.unwrap_err().into_diagnostic().unwrap().origin.unwrap();
        (origin.line, origin.column)
    };
    assert_eq!(place("a\n{% if %}\n"), (2, 7));
    assert_eq!(place("a\n\n  {{ 1 / 0 }}\n"), (3, 6));
    assert_eq!(place("#jinja2: trim_blocks: True\n\n{{ 1 / 0 }}\n"), (3, 4));
}

#[test]
fn a_value_keeps_the_place_it_comes_from() {
    let mut scope = Fixed::default();
    scope.vars.insert("n".into(), Value::from(0).at(Origin::new(&Source::file("/v"), 7, 11)));
    let templar = Templar::new(&scope);
    let value = templar.render(&at("{{ n }}", 3)).unwrap();
    assert_eq!(value.origin().unwrap().line, 7);
    let value = templar.render(&at("{{ n + 1 }}", 3)).unwrap();
    assert_eq!(value.origin().unwrap().line, 3);
    let error = templar.condition(&at("n", 19)).unwrap_err().into_diagnostic().unwrap();
    assert_eq!(
        error.message,
        "Conditional result (False) was derived from value of type 'int' at '/v:7:11'. Conditionals \
         must have a boolean result."
    );
    assert_eq!(error.origin.unwrap().line, 19);
}

#[test]
fn errors_may_have_a_text_in_their_place() {
    let scope = Fixed::of(r#"{"d": {}}"#);
    let templar = Templar::new(&scope).with_placeholders();
    let name = templar.render(&Value::template("title with {{ gone }}", None)).unwrap();
    assert_eq!(name.as_str(), Some("title with << error 1 - 'gone' is undefined >>"));
    assert_eq!(templar.take_errors().len(), 1);
    let var = templar.expression(&Value::template("d.zz", None)).unwrap();
    let text = "<< error 1 - object of type 'dict' has no attribute 'zz' >>";
    assert_eq!(var.as_str(), Some(text));
    let var = templar.render(&Value::template("{{ [d.a, 1, gone] }}", None)).unwrap();
    assert_eq!(var.as_list().unwrap().len(), 3);
    assert_eq!(templar.take_errors().len(), 3);
}

#[test]
fn omit_leaves_at_any_depth() {
    let scope =
        Fixed::of(r#"{"m": "{{ omit }}", "d": {"a": 1, "b": "{{ m }}", "c": ["{{ m }}", 2]}}"#);
    let templar = Templar::new(&scope);
    assert!(matches!(render(&scope, "{{ m }}").unwrap().kind, Kind::Omit));
    assert_eq!(render(&scope, "{{ d }}").unwrap().repr(), "{'a': 1, 'c': [2]}");
    let nested = super::recorded::trusted(&scope.vars[&crate::base::Key::from("d")]);
    assert_eq!(templar.render(&nested).unwrap().repr(), "{'a': 1, 'c': [2]}");
}

#[test]
fn keys_are_rendered_only_for_set_fact() {
    let scope = Fixed::of(r#"{"k": "key"}"#);
    let map: Value = [("{{ k }}", Value::template("{{ k }}", None))].into_iter().collect();
    let templar = Templar::new(&scope);
    assert_eq!(templar.render(&map).unwrap().repr(), "{'{{ k }}': 'key'}");
    assert_eq!(templar.render_keys(&map).unwrap().repr(), "{'key': 'key'}");
}

#[test]
fn untrusted_conditions_are_refused() {
    let scope = Fixed::default();
    let error = Templar::new(&scope).condition(&Value::from("1 == 1")).unwrap_err();
    let error = error.into_diagnostic().unwrap();
    assert_eq!(error.message, "Encountered untrusted template or expression.");
}

#[test]
fn settings_open_the_dialect() {
    let mut scope = Fixed::of(r#"{"n": 3, "s": "a"}"#);
    let holds =
        |scope: &Fixed, text: &str| Templar::new(scope).condition(&Value::template(text, None));
    assert!(holds(&scope, "n").is_err());
    scope.settings = vec![("ALLOW_BROKEN_CONDITIONALS", Value::from(true))];
    assert!(holds(&scope, "n").unwrap());
    assert!(holds(&scope, "").unwrap());
    assert!(holds(&scope, "s == {{ s }}").is_err());
    scope.settings = vec![("DIALECT", Value::from("lenient"))];
    assert!(holds(&scope, "s == {{ s }}").unwrap());
    assert!(!scope.warnings.lock().unwrap().is_empty());
    let extensions = Value::from(vec!["jinja2.ext.do", "jinja2.ext.loopcontrols"]);
    scope.settings = vec![("DEFAULT_JINJA2_EXTENSIONS", extensions)];
    let text = "{% set l = [] %}{% for x in range(9) %}{% if x == 3 %}{% break %}{% endif %}\
                {% if x == 1 %}{% continue %}{% endif %}{% do l.append(x) if x else 0 %}\
                {% endfor %}{{ l }}";
    assert_eq!(render(&scope, text).unwrap().repr(), "[2]");
}

#[test]
fn endless_recursion_is_an_error() {
    let mut scope = Fixed::of(r#"{"a": "{{ b }}", "b": "{{ a }}", "c": "{{ c }}{{ c }}"}"#);
    for name in ["{{ a }}", "{{ c }}"] {
        let error = render(&scope, name).unwrap_err().into_diagnostic().unwrap();
        let text = "Recursive loop detected in template: maximum recursion depth exceeded";
        assert_eq!(error.chain(), text);
    }
    for (index, next) in (0..80).zip(1..) {
        let text = Value::template(format!("{{{{ v{next} }}}}"), None);
        scope.vars.insert(format!("v{index}").into(), text);
    }
    scope.vars.insert("v80".into(), Value::from("end"));
    assert_eq!(render(&scope, "{{ v0 }}").unwrap().as_str(), Some("end"));
    let macros = "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}";
    assert!(render(&scope, macros).is_err());
    let file = Value::template("{% include 'files/self.j2' %}", None);
    assert!(Templar::new(&scope).render(&file).is_err());
}

#[test]
fn no_secret_is_in_an_error() {
    let scope = secrets();
    for text in [
        "{{ list.index(pw) }}",
        "{{ {}.pop(pw) }}",
        "{{ {}[pw] }}",
        "{{ list[pw] }}",
        "{{ undef(pw) }}",
        "{{ pw + 1 }}",
        "{{ pw | int + pw }}",
        "{{ lookup(pw) }}",
        "{{ 'x' | map(pw) | list }}",
        "{{ pw | from_json }}",
        "{{ pw | from_yaml | dict2items }}",
        "{{ '%d' % pw }}",
        "{{ pw.format(a=1).x }}",
        "{{ dict(pw) }}",
        "{{ pw | to_datetime }}",
        "{{ pw | b64decode }}",
        "{% include pw %}",
        "{{ pw | mandatory | int(base=pw) }}",
        "{{ pw | regex_search(pw + '(') }}",
    ] {
        let Err(error) = render(&scope, text) else { continue };
        let shown = error.into_diagnostic().unwrap().chain();
        assert!(!shown.contains("hunter2"), "{text}: {shown}");
    }
}

#[test]
fn long_and_deep_expressions_are_refused() {
    let scope = Fixed::default();
    let fails = |text: String| assert!(render(&scope, &text).is_err(), "{}", &text[..30]);
    fails(format!("{{{{ 1{} }}}}", " + 1".repeat(100_000)));
    fails(format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)));
    fails(format!("{{{{ a{} }}}}", ".b".repeat(50_000)));
    fails(format!("{{{{ {}1 }}}}", "not ".repeat(50_000)));
    fails(format!("{{{{ {}1 }}}}", "-".repeat(50_000)));
    fails(format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(20_000)));
    fails("{% if 1 %}".repeat(50_000));
    let many = format!("{{{{ [{}] | length }}}}", "-1, ".repeat(50_000));
    assert_eq!(render(&scope, &many).unwrap(), Value::from(50_000));
    let sum = format!("{{{{ 1{} }}}}", " + 1".repeat(200));
    assert_eq!(render(&scope, &sum).unwrap(), Value::from(201));
}

#[test]
fn absurd_sizes_are_errors() {
    let scope = Fixed::default();
    for text in ["{{ 9 ** (9 ** 9) }}", "{{ 'x' * 10 ** 12 }}", "{{ range(10 ** 12) | list }}"] {
        assert!(render(&scope, text).is_err(), "{text}");
    }
    assert_eq!(render(&scope, "{{ range(10 ** 12)[5] }}").unwrap(), Value::from(5));
    assert_eq!(render(&scope, "{{ 10 ** 11 in range(10 ** 12) }}").unwrap(), Value::from(true));
}

#[test]
fn a_tera_file_sees_the_variables_it_names() {
    let mut scope = secrets();
    scope.pending = vec!["later"];
    let origin = Origin::whole(&Source::file(here().join("files/x.tera").display().to_string()));
    let templar = Templar::new(&scope);
    let text =
        templar.tera("{{ user }} {% for x in list %}{{ x }};{% endfor %}\n", &origin, &Map::new());
    let text = text.unwrap();
    assert_eq!(text.as_str(), Some("bob a;b;\n"));
    assert!(!text.has_secret());
    assert!(templar.tera("{{ tpl }}", &origin, &Map::new()).unwrap().has_secret());
    assert_eq!(templar.tera("{{ later }}", &origin, &Map::new()), Err(Stop::Suspended));
    let error = templar.tera("a\n{{ user ", &origin, &Map::new()).unwrap_err();
    assert!(error.into_diagnostic().unwrap().origin.unwrap().line >= 2);
}

#[test]
fn many_threads_may_render_at_once() {
    let scope = Fixed::of(r#"{"a": "{{ b }}x", "b": "y"}"#);
    let templar = Templar::new(&scope);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..50 {
                    let value = templar.render(&Value::template("{{ a }}{{ a }}", None)).unwrap();
                    assert_eq!(value.as_str(), Some("yxyx"));
                }
            });
        }
    });
}
