//! The order of a play's hosts (S-86).

use crate::base::Diagnostic;
use std::sync::Arc;

/// Puts hosts into the order a play asks for: `inventory` (or none), `reverse_inventory`, `sorted`,
/// `reverse_sorted`, `shuffle`.
pub fn arrange(mut hosts: Vec<Arc<str>>, order: Option<&str>) -> Result<Vec<Arc<str>>, Diagnostic> {
    match order {
        None | Some("inventory") => {}
        Some("reverse_inventory") => hosts.reverse(),
        Some("sorted") => hosts.sort(),
        Some("reverse_sorted") => {
            hosts.sort();
            hosts.reverse();
        }
        Some("shuffle") => shuffle(&mut hosts)?,
        Some(other) => {
            let text = format!("Invalid 'order' specified for inventory hosts: {other}");
            return Err(Diagnostic::new(text));
        }
    }
    Ok(hosts)
}

fn shuffle(hosts: &mut [Arc<str>]) -> Result<(), Diagnostic> {
    for last in (1..hosts.len()).rev() {
        let random = getrandom::u64()
            .map_err(|error| Diagnostic::new(format!("no random numbers for shuffle: {error}")))?;
        hosts.swap(last, (random % (last as u64 + 1)) as usize);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::arrange;
    use std::sync::Arc;

    fn ordered(order: Option<&str>) -> String {
        let hosts: Vec<Arc<str>> = ["b", "c", "a"].map(Arc::from).to_vec();
        arrange(hosts, order).map_or_else(|e| e.message, |hosts| hosts.join(""))
    }

    #[test]
    fn orders() {
        assert_eq!(ordered(None), "bca");
        assert_eq!(ordered(Some("inventory")), "bca");
        assert_eq!(ordered(Some("reverse_inventory")), "acb");
        assert_eq!(ordered(Some("sorted")), "abc");
        assert_eq!(ordered(Some("reverse_sorted")), "cba");
        let mut shuffled: Vec<char> = ordered(Some("shuffle")).chars().collect();
        shuffled.sort_unstable();
        assert_eq!(shuffled, ['a', 'b', 'c']);
        assert_eq!(ordered(Some("x")), "Invalid 'order' specified for inventory hosts: x");
    }
}
