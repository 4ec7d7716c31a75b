//! A directory tree as one packed stream.

use crate::spec::{Content, Tree, TreeEntry, TreeKind};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, Read, Write};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

/// Bytes of a block.
const BLOCK: usize = 256 << 10;
/// The last entry: without it the stream ended early.
const END: &str = ".tank-end";
/// Below that packing gains nothing.
const WORTH_PACKING: u64 = 16 << 10;

/// Bits that replace those of the entries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bits {
    /// Of files.
    pub file: Option<u32>,
    /// Of directories.
    pub dir: Option<u32>,
}

/// Whether it pays to compress a tree.
pub fn worth_packing(tree: &Tree) -> bool {
    let size = |entry: &TreeEntry| match &entry.kind {
        TreeKind::File(input) => input.size,
        _ => 0,
    };
    tree.entries.iter().map(size).sum::<u64>() >= WORTH_PACKING
}

/// Packs a tree on a thread of its own; an error ends the stream.
pub fn pack(tree: Tree, bits: Bits, zip: bool) -> mpsc::Receiver<Result<Bytes, String>> {
    let (send, receive) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let blocks = Blocks { send: send.clone(), held: Vec::with_capacity(BLOCK) };
        let outcome = if zip {
            let packed = write(GzEncoder::new(blocks, Compression::fast()), &tree, bits);
            packed.and_then(GzEncoder::finish).and_then(|mut blocks| blocks.flush())
        } else {
            write(blocks, &tree, bits).and_then(|mut blocks| blocks.flush())
        };
        if let Err(error) = outcome {
            // Nobody may read any more.
            let _ = send.blocking_send(Err(error.to_string()));
        }
    });
    receive
}

fn write<W: Write>(to: W, tree: &Tree, bits: Bits) -> io::Result<W> {
    let mut builder = Builder::new(to);
    for entry in &tree.entries {
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", entry.path));
        append(&mut builder, entry, bits).map_err(named)?;
    }
    let mut header = header(EntryType::Regular, 0, 0o600);
    builder.append_data(&mut header, END, io::empty())?;
    builder.into_inner()
}

fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

fn append<W: Write>(to: &mut Builder<W>, entry: &TreeEntry, bits: Bits) -> io::Result<()> {
    let mode = entry.mode & 0o7777;
    match &entry.kind {
        TreeKind::Dir => {
            let mut header = header(EntryType::Directory, 0, bits.dir.unwrap_or(mode));
            to.append_data(&mut header, format!("{}/", entry.path), io::empty())
        }
        TreeKind::Link(target) => {
            let mut header = header(EntryType::Symlink, 0, 0o777);
            to.append_link(&mut header, &entry.path, target)
        }
        TreeKind::File(input) => {
            let mut header = header(EntryType::Regular, input.size, bits.file.unwrap_or(mode));
            let mut exact = Exact { left: input.size, from: open(&input.content)? };
            to.append_data(&mut header, &entry.path, &mut exact)?;
            exact.check()
        }
    }
}

fn open(content: &Content) -> io::Result<Box<dyn Read>> {
    Ok(match content {
        Content::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
        Content::File(path) => Box::new(File::open(path)?),
    })
}

/// Reads as much as was announced; a file of another length by now is an error.
struct Exact {
    left: u64,
    from: Box<dyn Read>,
}

impl Exact {
    fn check(&mut self) -> io::Result<()> {
        if self.left == 0 && self.from.read(&mut [0])? == 0 {
            return Ok(());
        }
        Err(io::Error::other("changed while it was sent"))
    }
}

impl Read for Exact {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.from.read(&mut buf[..most])?;
        if n == 0 && most > 0 {
            return Err(io::Error::other("changed while it was sent"));
        }
        self.left -= n as u64;
        Ok(n)
    }
}

/// Gathers bytes into blocks for the channel.
struct Blocks {
    send: mpsc::Sender<Result<Bytes, String>>,
    held: Vec<u8>,
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= BLOCK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.held, Vec::with_capacity(BLOCK));
        let sent = self.send.blocking_send(Ok(block.into()));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the host is gone"))
    }
}
