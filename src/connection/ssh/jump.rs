//! `ProxyJump`: the hosts on the way, as `[user@]host[:port]` with commas or `ssh://` addresses.

/// More stops than this are taken for a loop.
pub(super) const LONGEST: usize = 16;

/// The last stop before the target.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stop {
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    /// The stops before it, as they were written; None: what its own configuration says.
    pub before: Option<String>,
}

/// Reads a list of stops. An error is ssh's sentence.
pub(super) fn last_stop(list: &str) -> Result<Stop, String> {
    let (before, last) = match list.rsplit_once(',') {
        Some((before, last)) => (Some(before.trim().to_owned()), last),
        None => (None, list),
    };
    let (user, host, port) =
        stop(last.trim()).ok_or_else(|| format!("Invalid ProxyJump \"{list}\""))?;
    Ok(Stop { user, host, port, before })
}

fn stop(text: &str) -> Option<(Option<String>, String, Option<u16>)> {
    let text = text.strip_prefix("ssh://").map_or(text, |rest| rest.trim_end_matches('/'));
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(user.to_owned()).filter(|u| !u.is_empty()), place),
        None => (None, text),
    };
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']')?;
            (host, tail.strip_prefix(':'))
        }
        None if place.matches(':').count() > 1 => (place, None),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
        None => None,
    };
    (!host.is_empty()).then(|| (user, host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_read_from_the_end() {
        let stop = last_stop("a,me@b:2222").unwrap();
        assert_eq!(stop.host, "b");
        assert_eq!((stop.user.as_deref(), stop.port), (Some("me"), Some(2222)));
        assert_eq!(stop.before.as_deref(), Some("a"));
        assert_eq!(last_stop("ssh://u@h:1/").unwrap().port, Some(1));
        assert_eq!(last_stop("[::1]:22").unwrap().host, "::1");
        assert_eq!(last_stop("fe80::1").unwrap().host, "fe80::1");
        assert!(last_stop("a:x").is_err());
        assert!(last_stop("").is_err());
    }
}
