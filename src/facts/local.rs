//! Facts that the host keeps itself (S-168).

use super::told::{Told, base};
use super::{Gathered, ini};
use crate::base::value::from_json;
use crate::base::{Key, Map, Value};

/// `local`: by file, JSON or INI; what cannot be read is its own text and a warning.
pub fn read(told: &Told, found: &mut Gathered) {
    let mut local = Map::new();
    let mut number = 0;
    while let Some(path) = told.first(&format!("local.{number}.path")) {
        let name = base(path).replace(".fact", "");
        let value = fact(told, number, path).unwrap_or_else(|text| {
            found.warnings.push(text.clone());
            text.into()
        });
        local.insert(Key::from(name), value);
        number += 1;
    }
    found.put("local", Value::map(local));
}

fn fact(told: &Told, number: usize, path: &str) -> Result<Value, String> {
    let about = |what: &str| told.lines(&format!("local.{number}.{what}")).join("\n");
    if told.knows(&format!("local.{number}.gone")) {
        return Err(format!(
            "Could not stat fact ({path}): [Errno 2] No such file or directory: '{path}'"
        ));
    }
    let rc = about("rc");
    if told.knows(&format!("local.{number}.run")) && rc != "0" {
        let mut err = about("err");
        if !err.is_empty() {
            err.push('\n');
        }
        return Err(format!("Failure executing fact script ({path}), rc: {rc}, err: {err}"));
    }
    let text = about("out");
    if text.contains('\u{fffd}') {
        return Err(format!("error loading fact - output of running \"{path}\" was not utf-8"));
    }
    if let Ok(value) = from_json(&text) {
        return Ok(value);
    }
    ini::read(&text).map_err(|problem| match problem {
        ini::Problem::Form => {
            format!("error loading facts as JSON or ini - please check content: {path}")
        }
        ini::Problem::Reference(why) => {
            format!("error loading facts as ini - please check content: {path} ({why})")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_json_ini_or_a_warning() {
        let told = Told::parse(
            "local.0.path:/f/a.fact\nlocal.0.out:{\"x\": [1]}\nlocal.1.path:/f/b.fact\nlocal.1.out:[s]\n\
             local.1.out:K = v\nlocal.2.path:/f/c.fact\nlocal.2.run:1\nlocal.2.err:bad\nlocal.2.rc:3\n\
             local.3.path:/f/d.fact\nlocal.3.out:junk\nlocal.4.path:/f/e.fact\nlocal.5.path:/f/g.fact\nlocal.5.gone:1\n",
        );
        let mut found = Gathered::default();
        read(&told, &mut found);
        let local = found.facts.get(&Key::from("ansible_local")).unwrap();
        assert_eq!(local.get("a"), Some(&from_json(r#"{"x": [1]}"#).unwrap()));
        assert_eq!(local.get("b"), Some(&from_json(r#"{"s": {"k": "v"}}"#).unwrap()));
        let failed = "Failure executing fact script (/f/c.fact), rc: 3, err: bad\n";
        assert_eq!(local.get("c"), Some(&Value::from(failed)));
        assert!(local.get("d").unwrap().text().starts_with("error loading facts as JSON or ini"));
        assert_eq!(local.get("e"), Some(&Value::map(Map::new())));
        assert_eq!(found.warnings.len(), 3);
    }
}
