//! The test `version`.

pub mod loose;
mod pep440;
mod semver;
mod strict;

use super::builtin;
use crate::base::Value;
use crate::template::filters::bind::{Bound, text_of};
use crate::template::table::{Args, Env, Stop, Test};
use std::cmp::Ordering;

pub(super) const TESTS: &[Test] = &[
    builtin(
        "version",
        "ansible.builtin.version",
        "Compares version numbers: loose, strict, semver or pep440.",
        version,
        &[
            ("'2.10' is version('2.9', '>')", "true"),
            ("'1.0.0-rc.1' is version('1.0.0', '<', version_type='semver')", "true"),
            ("'1.0' is version('1.0')", "true"),
        ],
    ),
    builtin(
        "version_compare",
        "ansible.builtin.version_compare",
        "Compares version numbers: loose, strict, semver or pep440.",
        version,
        &[("'1.2' is version_compare('1.10', 'lt')", "true")],
    ),
];

fn version(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let names: &[&str] = &["version", "operator", "strict", "version_type"];
    let bound = Bound::of("version_compare", args, names, 1)?;
    if bound.some("strict").is_some() && bound.some("version_type").is_some() {
        return Err(Stop::fault("Cannot specify both 'strict' and 'version_type'"));
    }
    if !value.is_true() {
        return Err(Stop::fault("Input version value cannot be empty"));
    }
    let other = bound.need("version")?;
    if !other.is_true() {
        return Err(Stop::fault("Version parameter to compare against cannot be empty"));
    }
    let kind = match bound.some("version_type") {
        Some(kind) => kind.text(),
        None if bound.flag("strict", false) => "strict".into(),
        None => "loose".into(),
    };
    let compare = scheme(&kind)?;
    let wanted = operator(&bound.text("operator", "eq"))?;
    let order = compare(&text_of(value), &text_of(other))
        .map_err(|why| Stop::fault(format!("Version comparison failed: {why}")))?;
    Ok(wanted.contains(&order))
}

type Scheme = fn(&str, &str) -> Result<Ordering, String>;

fn scheme(name: &str) -> Result<Scheme, Stop> {
    match name {
        "loose" => Ok(loose::compare),
        "strict" => Ok(strict::compare),
        "semver" | "semantic" => Ok(semver::compare),
        "pep440" => Ok(pep440::compare),
        _ => Err(Stop::fault(format!(
            "Invalid version type ({name}). Must be one of \
             'loose', 'strict', 'semver', 'semantic', 'pep440'"
        ))),
    }
}

fn operator(name: &str) -> Result<&'static [Ordering], Stop> {
    use Ordering::{Equal, Greater, Less};
    Ok(match name {
        "==" | "=" | "eq" => &[Equal],
        "<" | "lt" => &[Less],
        "<=" | "le" => &[Less, Equal],
        ">" | "gt" => &[Greater],
        ">=" | "ge" => &[Greater, Equal],
        "!=" | "<>" | "ne" => &[Less, Greater],
        _ => {
            return Err(Stop::fault(format!(
                "Invalid operator type ({name}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', \
                 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(kind: &str, a: &str, b: &str) -> Result<Ordering, String> {
        (scheme(kind).unwrap())(a, b)
    }

    #[test]
    fn versions_compare() {
        let less = [
            ("loose", "1.9", "1.10"),
            ("loose", "1.0", "1.0.1"),
            ("loose", "1.0a", "1.0b"),
            ("strict", "1.0a1", "1.0"),
            ("strict", "1.4", "1.4.1"),
            ("semver", "1.0.0-alpha", "1.0.0-alpha.1"),
            ("semver", "1.0.0-alpha.1", "1.0.0-alpha.beta"),
            ("semver", "1.0.0-rc.1", "1.0.0"),
            ("pep440", "1.0.dev1", "1.0a1"),
            ("pep440", "1.0a1", "1.0rc1"),
            ("pep440", "1.0rc1", "1.0"),
            ("pep440", "1.0", "1.0.post1"),
            ("pep440", "1.0", "1!0.1"),
            ("pep440", "1.0", "1.0+local"),
        ];
        for (kind, a, b) in less {
            assert_eq!(order(kind, a, b), Ok(Ordering::Less), "{kind} {a} {b}");
            assert_eq!(order(kind, b, a), Ok(Ordering::Greater), "{kind} {b} {a}");
        }
        assert_eq!(order("pep440", "v1.0", "1"), Ok(Ordering::Equal));
        assert_eq!(order("strict", "1.0.0", "1.0"), Ok(Ordering::Equal));
    }

    #[test]
    fn failures_are_pythons() {
        assert_eq!(
            order("loose", "1.a", "1.2").unwrap_err(),
            "'<' not supported between instances of 'str' and 'int'"
        );
        assert_eq!(order("strict", "1", "2").unwrap_err(), "invalid version number '1'");
        assert_eq!(order("semver", "1.0", "2").unwrap_err(), "invalid semantic version '1.0'");
    }
}
