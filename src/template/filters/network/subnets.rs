//! Filters on networks and what is in them.

use super::address::{Address, Net};
use super::ipaddr::subject;
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, shown, shown_text, text_of};
use crate::template::filters::builtin;
use crate::template::filters::iterate::items;
use crate::template::table::{Args, Env, Filter, Stop};
use num_bigint::BigInt;

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "ipsubnet",
        "ansible.utils.ipsubnet",
        "Gives the network of an address, counts subnets, or gives one of them.",
        ipsubnet,
        &[
            ("'192.168.144.5/16' | ansible.utils.ipsubnet", "'192.168.0.0/16'"),
            ("'192.168.0.0/16' | ansible.utils.ipsubnet(20)", "'16'"),
            ("'192.168.0.0/16' | ansible.utils.ipsubnet(20, 0)", "'192.168.0.0/20'"),
            ("'192.168.0.0/16' | ansible.utils.ipsubnet(20, -1)", "'192.168.240.0/20'"),
            ("'192.168.144.16/30' | ansible.utils.ipsubnet('192.168.0.0/16')", "'9221'"),
        ],
    ),
    builtin(
        "ipmath",
        "ansible.utils.ipmath",
        "Adds to an address.",
        ipmath,
        &[
            ("'192.168.1.5' | ansible.utils.ipmath(5)", "'192.168.1.10'"),
            ("'2001::1' | ansible.utils.ipmath(-1)", "'2001::'"),
        ],
    ),
    builtin(
        "nthhost",
        "ansible.utils.nthhost",
        "Gives the address of a number within a network.",
        nthhost,
        &[("'10.0.0.0/8' | ansible.utils.nthhost(305)", "'10.0.1.49'")],
    ),
    builtin(
        "next_nth_usable",
        "ansible.utils.next_nth_usable",
        "Gives the usable address so much further on.",
        |_, value, args| beside("next_nth_usable", &value, args, 1),
        &[("'192.168.122.1/24' | ansible.utils.next_nth_usable(2)", "'192.168.122.3'")],
    ),
    builtin(
        "previous_nth_usable",
        "ansible.utils.previous_nth_usable",
        "Gives the usable address so much before.",
        |_, value, args| beside("previous_nth_usable", &value, args, -1),
        &[("'192.168.122.10/24' | ansible.utils.previous_nth_usable(2)", "'192.168.122.8'")],
    ),
    builtin(
        "network_in_network",
        "ansible.utils.network_in_network",
        "Whether an address or network is in the piped network.",
        |_, value, args| within("network_in_network", &value, args, false),
        &[("'192.168.0.0/24' | ansible.utils.network_in_network('192.168.0.255')", "true")],
    ),
    builtin(
        "network_in_usable",
        "ansible.utils.network_in_usable",
        "Whether an address or network is among the usable addresses of the piped network.",
        |_, value, args| within("network_in_usable", &value, args, true),
        &[("'192.168.0.0/24' | ansible.utils.network_in_usable('192.168.0.255')", "false")],
    ),
    builtin(
        "reduce_on_network",
        "ansible.utils.reduce_on_network",
        "Keeps the addresses that are in a network.",
        reduce,
        &[(
            "['10.1.1.1', '8.8.8.8'] | ansible.utils.reduce_on_network('10.0.0.0/8')",
            "['10.1.1.1']",
        )],
    ),
    builtin(
        "cidr_merge",
        "ansible.utils.cidr_merge",
        "Merges networks into as few as possible, or gives the one that spans them.",
        cidr_merge,
        &[
            ("['10.0.0.0/25', '10.0.0.128/25'] | ansible.utils.cidr_merge", "['10.0.0.0/24']"),
            ("['10.0.0.0/24', '10.0.3.0/24'] | ansible.utils.cidr_merge('span')", "'10.0.0.0/22'"),
        ],
    ),
    builtin(
        "usable_range",
        "ansible.utils.usable_range",
        "Lists the addresses of a network.",
        usable_range,
        &[(
            "'10.0.0.0/31' | ansible.utils.usable_range",
            "{'usable_ips': ['10.0.0.0', '10.0.0.1'], 'number_of_ips': 2}",
        )],
    ),
];

/// The network a value stands for, without host bits when it is written as a network.
fn network_of(value: &Value) -> Option<Net> {
    let subject = subject(value, None)?;
    let net = subject.net;
    let is_address = net.is_single() || net.ip != net.network();
    Some(if is_address { net } else { net.cidr() })
}

fn invalid(value: &Value) -> Stop {
    let shown = shown_text(value);
    Stop::fault(format!("You must pass a valid IP address; {shown} is invalid"))
}

fn ipsubnet(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ipsubnet", args, &["query", "index"], 0)?;
    let Some(net) = network_of(&value).map(Net::cidr) else { return Ok(Value::from(false)) };
    let query = bound.text("query", "");
    if query.is_empty() {
        return Ok(Value::from(net.to_string()));
    }
    let Ok(size) = query.parse::<u8>() else { return position(net, &query) };
    let width = net.ip.version.width();
    if size > width {
        return Ok(Value::from(false));
    }
    let index = bound.some("index").map(|index| text_of(index).trim().parse::<i128>());
    let index = match index {
        None => None,
        Some(Ok(index)) => Some(index),
        Some(Err(_)) => return Err(Stop::fault("ipsubnet: the index must be a number")),
    };
    if net.is_single() {
        return Ok(supernet(net, size, index));
    }
    if size < net.prefix {
        let text = format!("Requested subnet size of {size} is invalid");
        return Err(Stop::fault(text));
    }
    let count = BigInt::from(1) << (size - net.prefix);
    let Some(index) = index else { return Ok(Value::from(count.to_string())) };
    let index = if index < 0 { count.clone() + index } else { BigInt::from(index) };
    if index < BigInt::from(0) || index >= count {
        return Ok(Value::from(false));
    }
    let start = BigInt::from(net.ip.value) + (index << (width - size));
    let start = u128::try_from(start).unwrap_or(net.ip.value);
    Ok(Value::from(Net { ip: Address { value: start, ..net.ip }, prefix: size }.to_string()))
}

/// The networks around one address: the list of them begins with the largest.
fn supernet(net: Net, size: u8, index: Option<i128>) -> Value {
    let width = i128::from(net.ip.version.width());
    let around = |prefix: i128| {
        let prefix = u8::try_from(prefix).ok().filter(|p| i128::from(*p) < width && *p >= size);
        prefix.map(|prefix| Value::from(Net { prefix, ..net }.cidr().to_string()))
    };
    let size = i128::from(size);
    match index {
        None => around(size),
        Some(index) if index > width + 1 - index || index < size - width => None,
        Some(index) if index < 0 => around(width + index),
        Some(index) => around(size + index),
    }
    .unwrap_or_else(|| Value::from(false))
}

/// Which subnet of `query` the network is, counted from 1.
fn position(net: Net, query: &str) -> Result<Value, Stop> {
    let Some(outer) = network_of(&Value::from(query)) else {
        let text = format!("You must pass a valid subnet or IP address; {query} is invalid");
        return Err(Stop::fault(text));
    };
    if !(outer.contains(net.ip) && outer.prefix <= net.prefix) {
        return Err(Stop::fault(format!("{net} is not in the subnet {}", outer.cidr())));
    }
    let bits = u32::from(net.ip.version.width() - net.prefix);
    let offset = net.ip.value - outer.network().value;
    let place: BigInt = BigInt::from(offset.checked_shr(bits).unwrap_or(0)) + 1_u8;
    Ok(Value::from(place.to_string()))
}

fn whole(value: &Value, message: &str) -> Result<i64, Stop> {
    match &value.kind {
        Kind::Int(n) => Ok(*n),
        Kind::Str(text) => text.trim().parse().map_err(|_| Stop::fault(message)),
        _ => Err(Stop::fault(message)),
    }
}

fn ipmath(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ipmath", args, &["amount"], 1)?;
    let text = text_of(&value);
    let ip = if text.contains('/') {
        Net::parse(&text).map(|net| net.ip)
    } else {
        Address::parse(&text)
    };
    let ip = ip.ok_or_else(|| invalid(&value))?;
    let amount = bound.need("amount")?;
    let message = format!(
        "You must pass an integer for arithmetic; {} is not a valid integer",
        shown_text(amount)
    );
    let moved = ip.plus(i128::from(whole(amount, &message)?));
    let moved = moved.ok_or_else(|| Stop::fault("result outside valid IP address boundary!"))?;
    Ok(Value::from(moved.to_string()))
}

fn nthhost(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("nthhost", args, &["query"], 0)?;
    let index = bound.get("query").and_then(|query| text_of(query).trim().parse::<i128>().ok());
    let found = network_of(&value).zip(index).and_then(|(net, index)| net.nth(index));
    Ok(found.map_or_else(|| Value::from(false), |address| Value::from(address.to_string())))
}

fn beside(name: &'static str, value: &Value, args: &Args, side: i128) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["offset"], 1)?;
    let Some(net) = network_of(value) else { return Ok(Value::from(false)) };
    let offset = i128::from(whole(bound.need("offset")?, "Must pass in an integer")?);
    let Some((first, last)) = net.usable() else { return Ok(Value::NULL) };
    let next = net.ip.plus(side * offset).filter(|next| (first..=last).contains(&next.value));
    Ok(next.map_or(Value::NULL, |next| Value::from(next.to_string())))
}

fn within(name: &'static str, value: &Value, args: &Args, usable: bool) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["test"], 1)?;
    let outer = network_of(value).ok_or_else(|| invalid(value))?;
    let asked = bound.need("test")?;
    let inner = network_of(asked).ok_or_else(|| invalid(asked))?;
    Ok(Value::from(is_within(outer, inner, usable)))
}

fn is_within(outer: Net, inner: Net, usable: bool) -> bool {
    if outer.ip.version != inner.ip.version {
        return false;
    }
    let range = if usable { outer.usable() } else { None };
    let (first, last) = range.unwrap_or((outer.network().value, outer.last().value));
    let range = first..=last;
    range.contains(&inner.network().value) && range.contains(&inner.last().value)
}

fn reduce(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("reduce_on_network", args, &["network"], 1)?;
    let network = bound.need("network")?;
    let outer = network_of(network).ok_or_else(|| invalid(network))?;
    let mut kept = Vec::new();
    for item in items(&value)?.iter() {
        let inner = network_of(item).ok_or_else(|| invalid(item))?;
        if is_within(outer, inner, false) {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn cidr_merge(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("cidr_merge", args, &["action"], 0)?;
    if !matches!(value.kind, Kind::List(_) | Kind::Tuple(_)) {
        return Err(Stop::fault(format!("cidr_merge: expected iterable, got {}", shown(&value))));
    }
    let mut nets = Vec::new();
    for item in items(&value)?.iter() {
        let net = Net::parse(&text_of(item)).ok_or_else(|| {
            let text =
                format!("cidr_merge: error in netaddr:\ninvalid IPNetwork {}", shown_text(item));
            Stop::fault(text)
        })?;
        nets.push(net.cidr());
    }
    let action = bound.text("action", "merge");
    match &*action {
        "merge" => {
            Ok(Value::list(merged(nets).iter().map(|net| Value::from(net.to_string())).collect()))
        }
        "span" => span(&nets),
        action => Err(Stop::fault(format!("cidr_merge: invalid action '{action}'"))),
    }
}

fn merged(mut nets: Vec<Net>) -> Vec<Net> {
    nets.sort_by_key(|net| (net.ip.version, net.ip.value, net.prefix));
    let mut done: Vec<Net> = Vec::new();
    for net in nets {
        if done.last().is_some_and(|last| last.contains_net(net)) {
            continue;
        }
        done.push(net);
        while let [.., a, b] = done.as_slice() {
            let prefix = a.prefix.saturating_sub(1);
            let joined = Net { prefix, ..*a };
            if a.prefix == 0
                || a.prefix != b.prefix
                || joined.cidr() != (Net { prefix, ..*b }).cidr()
            {
                break;
            }
            let joined = joined.cidr();
            done.truncate(done.len() - 2);
            done.push(joined);
        }
    }
    done
}

fn span(nets: &[Net]) -> Result<Value, Stop> {
    let least = nets.iter().min_by_key(|net| net.ip.value);
    let (Some(first), Some(last)) = (least, nets.iter().max_by_key(|net| net.last().value)) else {
        return Ok(Value::NULL);
    };
    if nets.iter().any(|net| net.ip.version != first.ip.version) {
        return Err(Stop::fault(
            "cidr_merge: error in netaddr:\nIP sequence cannot contain both IPv4 and IPv6!",
        ));
    }
    let fits = |prefix: &u8| Net { prefix: *prefix, ..*first }.contains(last.last());
    let prefix = (0..=first.prefix).rev().find(fits).unwrap_or(0);
    Ok(Value::from(Net { prefix, ..*first }.cidr().to_string()))
}

/// More addresses than anybody can want in a list.
const MOST: u128 = 1 << 20;

fn usable_range(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("usable_range", args, &[], 0)?;
    let text = text_of(&value);
    let failed =
        |why: String| Stop::fault(format!("Error while using plugin 'usable_range': {why}"));
    let net = Net::parse(&text)
        .ok_or_else(|| failed(format!("'{text}' does not appear to be an IPv4 or IPv6 network")))?;
    if net.ip != net.network() {
        return Err(failed(format!("{text} has host bits set")));
    }
    let (first, last) = (net.ip.value, net.last().value);
    if last - first >= MOST {
        return Err(failed(format!("{text} has more than {MOST} addresses")));
    }
    let all = (first..=last).map(|value| Value::from(Address { value, ..net.ip }.to_string()));
    Ok([("usable_ips", Value::list(all.collect())), ("number_of_ips", Value::big(net.size()))]
        .into_iter()
        .collect())
}
