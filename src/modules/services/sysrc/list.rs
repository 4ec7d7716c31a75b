//! Values that are lists of items.

/// The items of a value.
pub fn items(value: &str, delim: &str) -> Vec<String> {
    value.split(delim).filter(|item| !item.is_empty()).map(str::to_string).collect()
}

/// The value with these items in it; what is there keeps its form.
pub fn with(value: &str, wanted: &str, delim: &str) -> String {
    let mut there = items(value, delim);
    let mut new = value.to_string();
    for item in items(wanted, delim) {
        if there.contains(&item) {
            continue;
        }
        if !new.is_empty() {
            new.push_str(delim);
        }
        new.push_str(&item);
        there.push(item);
    }
    new
}

/// The value without these items; when none of them is there, as it is.
pub fn without(value: &str, unwanted: &str, delim: &str) -> String {
    let (there, gone) = (items(value, delim), items(unwanted, delim));
    if !there.iter().any(|item| gone.contains(item)) {
        return value.to_string();
    }
    let kept: Vec<String> = there.into_iter().filter(|item| !gone.contains(item)).collect();
    kept.join(delim)
}
