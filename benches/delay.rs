//! `delay PORT MILLISECONDS`: a proxy to that port of loopback with that round-trip time. Prints its own port,
//! then serves until its standard input ends.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

#[path = "../tests/it/delay.rs"]
mod delay;

use std::io::Read;
use std::time::Duration;

use delay::{Proxy, Shape};

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut number = |what| words.next().and_then(|w| w.parse::<u16>().ok()).expect(what);
    let (port, millis) = (number("a port"), number("milliseconds"));
    let round_trip = Duration::from_millis(millis.into());
    let proxy = Proxy::start(port, Shape { round_trip, ..Shape::default() });
    println!("{}", proxy.port());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    eprintln!("turns {} up {} down {}", proxy.turns(), proxy.bytes_up(), proxy.bytes_down());
}
