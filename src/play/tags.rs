//! Selection of tasks by tags (S-125 to S-128).

use super::model::Task;

/// A task's own tags and those it inherits, each once.
pub fn effective(task: &Task) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in task.inheriting().flat_map(|keywords| &keywords.tags) {
        let tag = tag.text();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Whether `--tags` and `--skip-tags` let a task run.
pub fn is_selected(task: &Task, only: &[String], skip: &[String]) -> bool {
    let tags = effective(task);
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    selected(&tags, only, skip)
}

/// The same for these effective tags. An empty `only` means all.
pub fn selected(tags: &[&str], only: &[String], skip: &[String]) -> bool {
    let untagged = tags.is_empty();
    let has = |tag: &str| tags.contains(&tag) || (untagged && tag == "untagged");
    let named = |list: &[String], word: &str| list.iter().any(|tag| tag == word);
    let meets = |list: &[String]| list.iter().any(|tag| has(tag));
    let all = only.is_empty() || named(only, "all");
    let wanted = has("always")
        || (all && !has("never"))
        || meets(only)
        || (named(only, "tagged") && !untagged && !has("never"));
    let skipped = (named(skip, "all") && (!has("always") || named(skip, "always")))
        || meets(skip)
        || (named(skip, "tagged") && !untagged);
    wanted && !skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(tags: &[&str], only: &[&str], skip: &[&str]) -> bool {
        let own = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        selected(tags, &own(only), &own(skip))
    }

    #[test]
    fn always_and_never_are_special() {
        assert!(is(&["always"], &["x"], &[]));
        assert!(!is(&["never"], &[], &[]));
        assert!(!is(&["never"], &["all"], &[]));
        assert!(is(&["never", "x"], &["x"], &[]));
        assert!(is(&["never"], &["never"], &[]));
        assert!(!is(&["always"], &[], &["always"]));
        assert!(!is(&["never", "x"], &["tagged"], &[]));
    }

    #[test]
    fn plain_tags_meet() {
        assert!(is(&[], &[], &[]) && is(&["a"], &["all"], &[]));
        assert!(!is(&[], &["a"], &[]) && is(&["b", "a"], &["a"], &[]));
        assert!(is(&["a"], &["tagged"], &[]) && !is(&[], &["tagged"], &[]));
        assert!(is(&[], &["untagged"], &[]) && !is(&["a"], &["untagged"], &[]));
        assert!(!is(&["a"], &[], &["a"]) && !is(&["a"], &["a"], &["a"]));
        assert!(!is(&["a"], &[], &["tagged"]) && !is(&[], &[], &["untagged"]));
        assert!(!is(&["a"], &[], &["all"]) && is(&["always"], &[], &["all"]));
    }
}
