//! A TCP proxy on loopback that makes a network of it: round-trip time, jitter, a cut after some bytes.
//! It also counts bytes and turns, so that tests can state how many round trips something may take.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What the network is like.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    /// Time from a byte sent to its answer, of an end that answers at once.
    pub round_trip: Duration,
    /// Up to so much more each way, from a fixed sequence; order is kept.
    pub jitter: Duration,
    /// Each connection is cut once so many bytes went from the server to the client.
    pub cut_after: Option<u64>,
}

/// A listening proxy; ends when dropped, with its connections.
pub struct Proxy {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    turns: AtomicU64,
    connections: AtomicU64,
    server_spoke: AtomicBool,
    ended: AtomicBool,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

impl Proxy {
    /// Starts a proxy to a port of loopback.
    pub fn start(upstream: u16, shape: Shape) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        thread::spawn(move || serve(&listener, upstream, shape, &shared));
        Proxy { port, counts }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes from clients to the server so far.
    pub fn bytes_up(&self) -> u64 {
        self.counts.up.load(Ordering::SeqCst)
    }

    /// Bytes from the server to clients so far.
    pub fn bytes_down(&self) -> u64 {
        self.counts.down.load(Ordering::SeqCst)
    }

    /// How often a client spoke after the server had: the round trips of a client that waits for its answers.
    pub fn turns(&self) -> u64 {
        self.counts.turns.load(Ordering::SeqCst)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.counts.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(listener: &TcpListener, upstream: u16, shape: Shape, counts: &Arc<Counts>) {
    for client in listener.incoming() {
        if counts.ended.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)) else { continue };
        counts.connections.fetch_add(1, Ordering::SeqCst);
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (Ok(client2), Ok(server2)) = (client.try_clone(), server.try_clone()) else { continue };
        carry(client, server, Way::Up, shape, counts.clone());
        carry(server2, client2, Way::Down, shape, counts.clone());
    }
}

/// One direction: a reader that stamps what it reads and a writer that waits for each stamp.
fn carry(from: TcpStream, to: TcpStream, way: Way, shape: Shape, counts: Arc<Counts>) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(4096);
    thread::spawn(move || write_late(&receiver, to));
    thread::spawn(move || read_stamped(from, way, shape, &counts, &sender));
}

fn read_stamped(
    mut from: TcpStream,
    way: Way,
    shape: Shape,
    counts: &Counts,
    sender: &mpsc::SyncSender<(Instant, Vec<u8>)>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0u64;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut last = Instant::now();
    let limit = shape.cut_after.filter(|_| way == Way::Down).unwrap_or(u64::MAX);
    while passed < limit {
        let Ok(n) = from.read(&mut buffer) else { break };
        let n = n.min(usize::try_from(limit - passed).unwrap_or(usize::MAX));
        if n == 0 || counts.ended.load(Ordering::SeqCst) {
            break;
        }
        passed += n as u64;
        count(counts, way, n as u64);
        last = last.max(Instant::now() + shape.round_trip / 2 + jitter(shape.jitter, &mut seed));
        if sender.send((last, buffer[..n].to_vec())).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Read);
}

fn write_late(receiver: &mpsc::Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (due, bytes) in receiver {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn count(counts: &Counts, way: Way, n: u64) {
    if way == Way::Down {
        counts.down.fetch_add(n, Ordering::SeqCst);
        counts.server_spoke.store(true, Ordering::SeqCst);
        return;
    }
    counts.up.fetch_add(n, Ordering::SeqCst);
    if counts.server_spoke.swap(false, Ordering::SeqCst) {
        counts.turns.fetch_add(1, Ordering::SeqCst);
    }
}

/// The next of a fixed sequence of delays up to `most` (xorshift).
fn jitter(most: Duration, seed: &mut u64) -> Duration {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    most.mul_f64((*seed % 1000) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each byte with the same byte, for one connection.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut byte = [0];
            while matches!(stream.read(&mut byte), Ok(1)) {
                stream.write_all(&byte).unwrap();
            }
        });
        port
    }

    #[test]
    fn round_trips_take_their_time_and_are_counted() {
        let shape = Shape { round_trip: Duration::from_millis(40), ..Shape::default() };
        let proxy = Proxy::start(echo(), shape);
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        let start = Instant::now();
        for _ in 0..3 {
            client.write_all(b"x").unwrap();
            client.read_exact(&mut [0]).unwrap();
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(120), "{took:?}");
        assert_eq!(
            (proxy.turns(), proxy.bytes_up(), proxy.bytes_down(), proxy.connections()),
            (2, 3, 3, 1)
        );
    }

    #[test]
    fn a_cut_comes_after_its_bytes() {
        let proxy = Proxy::start(echo(), Shape { cut_after: Some(2), ..Shape::default() });
        let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        client.write_all(b"abcd").unwrap();
        let mut got = Vec::new();
        let _ = client.read_to_end(&mut got);
        assert_eq!(got, b"ab");
    }
}
