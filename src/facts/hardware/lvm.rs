//! Volume groups, logical and physical volumes.

use crate::base::{Key, Map, Value};
use crate::facts::Gathered;
use crate::facts::told::Told;

/// `lvm`: `N/A` without the tools; nothing at all for who may not ask.
pub fn read(told: &Told, found: &mut Gathered) {
    let root = told.first("id").is_none_or(|id| id.starts_with("uid=0"));
    if !told.have("vgs") || !root {
        found.put("lvm", "N/A");
        return;
    }
    let lvs: Map = rows(told, "lvs").iter().filter_map(|row| logical(row)).collect();
    let vgs: Map = rows(told, "vgs").iter().filter_map(|row| group(row, &lvs)).collect();
    let pvs: Map = rows(told, "pvs").iter().filter_map(|row| physical(row)).collect();
    let all = [("lvs", Value::map(lvs)), ("vgs", Value::map(vgs)), ("pvs", Value::map(pvs))];
    found.put("lvm", all.into_iter().collect::<Value>());
}

fn rows<'a>(told: &Told<'a>, tool: &str) -> Vec<Vec<&'a str>> {
    told.lines(tool).iter().map(|line| line.trim().split(',').collect()).collect()
}

fn logical(row: &[&str]) -> Option<(Key, Value)> {
    let [name, group, _, size, ..] = *row else { return None };
    Some((name.into(), [("size_g", size.into()), ("vg", group.into())].into_iter().collect()))
}

fn group(row: &[&str], lvs: &Map) -> Option<(Key, Value)> {
    let [name, pvs, count, .., size, free] = *row else { return None };
    let own = lvs.iter().filter(|(_, lv)| lv.get("vg").and_then(Value::as_str) == Some(name));
    let sized = own.filter_map(|(lv, value)| {
        let size = value.get("size_g")?.clone();
        Some((lv.clone(), [("size_g", size)].into_iter().collect::<Value>()))
    });
    let entries = [
        ("size_g", Value::from(size)),
        ("free_g", free.into()),
        ("num_lvs", count.into()),
        ("num_pvs", pvs.into()),
        ("lvs", Value::map(sized.collect())),
    ];
    Some((name.into(), entries.into_iter().collect()))
}

fn physical(row: &[&str]) -> Option<(Key, Value)> {
    let [name, group, _, _, size, free, ..] = *row else { return None };
    let entries = [("size_g", Value::from(size)), ("free_g", free.into()), ("vg", group.into())];
    Some((name.into(), entries.into_iter().collect()))
}
