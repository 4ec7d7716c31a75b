//! What of a machine has to survive its being defined anew, and what of a document may be shown.

use crate::base::Value;
use crate::modules::kvm::compare;
use crate::modules::kvm::xml::Node;
use crate::spec::{Ctx, Diff};

/// What libvirt made up and whoever defines the machine anew has to keep: UUID, version of the machine, firmware's
/// variables. `uuid`: also where the document has none.
pub fn keep(wanted: &mut Node, found: &Node, uuid: bool) {
    if let Some(old) = found.find("uuid").filter(|_| uuid && wanted.find("uuid").is_none()) {
        wanted.children.insert(1.min(wanted.children.len()), old.clone());
    }
    let machine = found.at("os/type", "machine").unwrap_or_default();
    if wanted.at("os/type", "machine").is_some_and(|mine| compare::alias(mine, machine)) {
        wanted.entry("os/type").set("machine", machine);
    }
    let firmware = wanted
        .find("os")
        .is_some_and(|os| os.get("firmware") == Some("efi") || os.find("loader").is_some());
    if let Some(old) =
        found.find("os/nvram").filter(|_| firmware && wanted.find("os/nvram").is_none())
    {
        wanted.entry("os").children.push(old.clone());
    }
}

/// What tells an interface's place: its type and where it is connected.
fn place(interface: &Node) -> Option<(String, String)> {
    let kind = interface.get("type")?;
    let source = match kind {
        "network" => interface.at("source", "network"),
        "bridge" => interface.at("source", "bridge"),
        "direct" => interface.at("source", "dev"),
        "user" => Some(""),
        _ => None,
    };
    source.map(|source| (kind.to_string(), source.to_string()))
}

/// Gives interfaces without an address the one that they have: first those of the same alias (`by_alias`), then those
/// of the same type and source, in their order. Tells which found none.
pub fn keep_macs(wanted: &mut Node, found: &Node, by_alias: bool) -> Vec<usize> {
    let empty = Node::default();
    let devices = found.find("devices").unwrap_or(&empty);
    let mac = |node: &Node| node.at("mac", "address").map(str::to_lowercase);
    let given: Vec<String> = wanted
        .find("devices")
        .into_iter()
        .flat_map(|d| d.all("interface"))
        .filter_map(mac)
        .collect();
    let mut free: Vec<&Node> = devices
        .all("interface")
        .filter(|other| mac(other).is_some_and(|mac| !given.contains(&mac)))
        .collect();
    let alias = |node: &Node| node.at("alias", "name").map(str::to_string);
    let mut missing = Vec::new();
    let interfaces = wanted.entry("devices").children.iter_mut();
    for (at, mine) in interfaces.filter(|child| child.name == "interface").enumerate() {
        if mine.find("mac").is_some() {
            continue;
        }
        let same_alias =
            free.iter().position(|o| by_alias && alias(mine).is_some() && alias(o) == alias(mine));
        let same_place =
            || free.iter().position(|o| place(mine).is_some() && place(o) == place(mine));
        match same_alias.or_else(same_place) {
            Some(index) => {
                let old = free.remove(index);
                mine.children.insert(
                    0,
                    Node::new("mac").attr("address", old.at("mac", "address").unwrap_or_default()),
                );
            }
            None => missing.push(at + 1),
        }
    }
    missing
}

/// The difference for people, unless there is a secret in it; passwords never.
pub fn diff(before: Option<&Node>, after: &Node, hidden: bool, name: &str, ctx: Ctx<'_>) -> Diff {
    let side = |node: Option<&Node>| {
        let shown = ctx.diff && !hidden;
        let text = node.filter(|_| shown).map(|node| masked(node).write()).unwrap_or_default();
        Some(Value::from(text))
    };
    Diff {
        before: side(before),
        after: side(Some(after)),
        before_header: Some(name.to_string()),
        after_header: Some(name.to_string()),
        ..Diff::default()
    }
}

/// The same with passwords hidden.
fn masked(node: &Node) -> Node {
    let hide = |key: &str, value: &str| match compare::is_secret(key) {
        true => "********".to_string(),
        false => value.to_string(),
    };
    Node {
        name: node.name.clone(),
        attrs: node.attrs.iter().map(|(key, value)| (key.clone(), hide(key, value))).collect(),
        text: hide(&node.name, &node.text),
        children: node.children.iter().map(masked).collect(),
    }
}
