//! The table of tests (stand-in until the real one is merged).

use super::table::{Args, Env, Stop, Test};
use crate::base::{Kind, Value};

const fn test(
    name: &'static str,
    takes_undefined: bool,
    apply: fn(&dyn Env, &Value, &Args) -> Result<bool, Stop>,
) -> Test {
    Test { name, full_name: "", doc: "", pure: true, takes_undefined, apply, examples: &[] }
}

static ALL: &[Test] = &[
    test("defined", true, |_, v, _| Ok(!v.is_undefined())),
    test("undefined", true, |_, v, _| Ok(v.is_undefined())),
    test("none", false, |_, v, _| Ok(v.is_null())),
    test("string", false, |_, v, _| Ok(v.as_str().is_some())),
    test("number", false, |_, v, _| {
        Ok(matches!(v.kind, Kind::Int(_) | Kind::Big(_) | Kind::Float(_) | Kind::Bool(_)))
    }),
    test("mapping", false, |_, v, _| Ok(v.as_map().is_some())),
    test("divisibleby", false, |_, v, a| {
        Ok(v.as_int().unwrap_or(0) % a.positional[0].as_int().unwrap_or(1) == 0)
    }),
    test("eq", false, |_, v, a| Ok(*v == a.positional[0])),
    test("in", false, |_, v, a| Ok(a.positional[0].as_list().unwrap_or_default().contains(v))),
];

pub fn find(name: &str) -> Option<&'static Test> {
    ALL.iter().find(|t| t.name == name)
}
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|t| t.name).collect()
}
