//! From a document to a machine that is so.

use super::Args;
use crate::base::Value;
use crate::modules::kvm::compare;
use crate::modules::kvm::domain::{self, Course};
use crate::modules::kvm::xml::Node;
use crate::spec::args::MarkedText;
use crate::spec::{ChangeKind, Ctx, Failure};

/// The name in a document.
pub fn name(xml: &MarkedText) -> Result<String, Failure> {
    let node = Node::parse(xml.as_str()).map_err(|error| Failure::new(error.to_string()))?;
    match node.text_at("name") {
        Some("") => Err(Failure::new("domain name cannot be an empty string")),
        Some(name) => Ok(name.to_string()),
        None => Err(Failure::new("missing 'name' parameter and no name provided in XML")),
    }
}

/// The document with its name, without what only a running machine has.
pub fn document(name: &str, given: &MarkedText) -> Result<Node, Failure> {
    let mut wanted = Node::parse(given.as_str()).map_err(|e| Failure::new(e.to_string()))?;
    if wanted.name != "domain" {
        return Err(Failure::new(format!("xml describes a {:?}, not a domain", wanted.name)));
    }
    match wanted.text_at("name") {
        Some(own) if own == name => {}
        Some(_) => {
            return Err(Failure::new("given 'name' parameter does not match name in XML"));
        }
        None => wanted.children.insert(0, Node::new("name").text(name)),
    }
    wanted.attrs.retain(|(key, _)| key != "id");
    wanted.children.retain(|child| child.name != "seclabel" || child.find("label").is_none());
    if wanted.find("devices").is_some() {
        wanted.entry("devices").children.iter_mut().for_each(at_rest);
    }
    Ok(wanted)
}

/// A device without what libvirt gives it while it runs.
fn at_rest(device: &mut Node) {
    device.children.retain(|child| {
        let made_up = |name: &str| {
            let heads = ["vnet", "vif", "macvtap", "macvlan"];
            heads.iter().any(|head| name.starts_with(head))
        };
        match child.name.as_str() {
            "alias" => child.get("name").is_some_and(|name| name.starts_with("ua-")),
            "target" => !child.get("dev").is_some_and(made_up),
            "backingStore" => false,
            _ => true,
        }
    });
    for child in device.children.iter_mut().filter(|child| child.name == "source") {
        child.attrs.retain(|(key, _)| !matches!(key.as_str(), "portid" | "index"));
    }
}

/// The steps.
pub fn define(args: &Args, course: &mut Course<'_>, ctx: Ctx<'_>) -> Result<(), Failure> {
    let Some(given) = &args.xml else { return Ok(()) };
    let mut wanted = document(course.name, given)?;
    let flag = |name: &str| args.mutate_flags.iter().any(|flag| flag == name);
    let Some(found) = course.now.as_ref().map(|domain| domain.xml.clone()) else {
        course.plan.diff.push(domain::diff(None, &wanted, given.is_secret(), course.name, ctx));
        course.plan.fields.insert("created".into(), course.name.into());
        course.define(&wanted, ChangeKind::Plain, args.validate);
        return Ok(());
    };
    if let (Some(new), Some(old)) = (wanted.text_at("uuid"), found.text_at("uuid")) {
        let plain = |text: &str| text.replace('-', "").to_lowercase();
        if plain(new) != plain(old) {
            let text = format!(
                "attempting to re-define domain {}/{old} with a different UUID: {new}",
                course.name
            );
            return Err(Failure::new(text));
        }
    }
    let lines = compare::differences(&wanted, &found, compare::DOMAIN);
    if lines.is_empty() {
        return Ok(());
    }
    domain::keep(&mut wanted, &found, flag("ADD_UUID"));
    let missing = domain::keep_macs(&mut wanted, &found, flag("ADD_MAC_ADDRESSES"));
    if flag("ADD_MAC_ADDRESSES") || flag("ADD_MAC_ADDRESSES_FUZZY") {
        for at in missing {
            let text = format!("Could not match interface {at} of incoming XML.");
            course.plan.warnings.push(text);
        }
    }
    course.plan.diff.push(domain::diff(Some(&found), &wanted, given.is_secret(), course.name, ctx));
    let shown = lines.iter().map(|line| Value::from(line.as_str()));
    let shown: Vec<Value> = if given.is_secret() { Vec::new() } else { shown.collect() };
    course.plan.fields.insert("differences".into(), Value::list(shown));
    course.plan.fields.insert("change_reason".into(), "domain definition changed".into());
    // libvirt may write something of it in its own way: then the same document differs each time, and changes nothing.
    course.define(&wanted, ChangeKind::May, args.validate);
    Ok(())
}
