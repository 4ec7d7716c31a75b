//! A file's content on its way to a host, block by block.

use crate::spec::Content;
use crate::spec::input::hex;
use bytes::{Bytes, BytesMut};
use sha1::{Digest, Sha1};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Bytes of a block: what the host's dd allocates at once.
pub const BLOCK: usize = 1 << 20;

/// Content to be sent, and what it must be.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The bytes, or where they are.
    pub content: Content,
    /// SHA-1 in hex; another one found while sending gives up. None: whatever is read is sent.
    pub sha1: Option<String>,
}

impl Upload {
    /// Opens it.
    pub async fn start(self) -> Result<Blocks, String> {
        let (source, size) = match self.content {
            Content::Bytes(bytes) => {
                let size = bytes.len() as u64;
                (Source::Bytes(bytes), size)
            }
            Content::File(path) => {
                let name = path.display().to_string();
                let file = File::open(&path).await.map_err(|e| format!("{name}: {e}"))?;
                let size = file.metadata().await.map_err(|e| format!("{name}: {e}"))?.len();
                (Source::File(file, name), size)
            }
        };
        let digest = self.sha1.filter(|_| matches!(source, Source::File(..)));
        let digest = digest.map(|d| (d, Sha1::new()));
        let mut blocks = Blocks { source, size, digest, next: None };
        blocks.next = blocks.read().await?;
        Ok(blocks)
    }
}

enum Source {
    Bytes(Bytes),
    File(File, String),
}

/// The blocks of an upload. It is one block ahead, to know which is the last.
pub struct Blocks {
    /// Bytes in all, as of the start.
    pub size: u64,
    source: Source,
    digest: Option<(String, Sha1)>,
    next: Option<Bytes>,
}

impl Blocks {
    /// The next block and whether it is the last; None: that was all. A file that is another than it
    /// should be is an error.
    pub async fn next(&mut self) -> Result<Option<(Bytes, bool)>, String> {
        let Some(block) = self.next.take() else {
            self.check()?;
            return Ok(None);
        };
        self.next = self.read().await?;
        if self.next.is_none() {
            self.check()?;
        }
        Ok(Some((block, self.next.is_none())))
    }

    async fn read(&mut self) -> Result<Option<Bytes>, String> {
        let block = match &mut self.source {
            Source::Bytes(bytes) => bytes.split_to(bytes.len().min(BLOCK)),
            Source::File(file, name) => {
                read_block(file).await.map_err(|e| format!("{name}: {e}"))?
            }
        };
        if let Some((_, digest)) = &mut self.digest {
            digest.update(&block);
        }
        Ok(Some(block).filter(|b| !b.is_empty()))
    }

    fn check(&mut self) -> Result<(), String> {
        let Some((wanted, digest)) = self.digest.take() else { return Ok(()) };
        if hex(&digest.finalize()) == wanted {
            return Ok(());
        }
        match &self.source {
            Source::File(_, name) => Err(format!("{name} changed while it was sent")),
            Source::Bytes(_) => Ok(()),
        }
    }
}

async fn read_block(file: &mut File) -> std::io::Result<Bytes> {
    let mut block = BytesMut::with_capacity(BLOCK);
    while block.len() < BLOCK {
        let mut rest = file.take((BLOCK - block.len()) as u64);
        if rest.read_buf(&mut block).await? == 0 {
            break;
        }
    }
    Ok(block.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(upload: Upload) -> Result<Vec<(usize, bool)>, String> {
        let mut blocks = upload.start().await?;
        let mut sizes = Vec::new();
        while let Some((block, last)) = blocks.next().await? {
            sizes.push((block.len(), last));
        }
        Ok(sizes)
    }

    #[tokio::test]
    async fn the_last_block_is_known() {
        let bytes = |n| Upload { content: Content::Bytes(vec![7; n].into()), sha1: None };
        assert_eq!(all(bytes(0)).await.unwrap(), []);
        assert_eq!(all(bytes(BLOCK)).await.unwrap(), [(BLOCK, true)]);
        assert_eq!(all(bytes(BLOCK + 1)).await.unwrap(), [(BLOCK, false), (1, true)]);
    }

    #[tokio::test]
    async fn a_file_that_changed_is_not_sent_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"new").unwrap();
        let content = Content::File(file.path().to_path_buf());
        let good = hex(&Sha1::digest(b"new"));
        let upload = Upload { content: content.clone(), sha1: Some(good) };
        assert_eq!(all(upload).await.unwrap(), [(3, true)]);
        let upload = Upload { content, sha1: Some("00".repeat(20)) };
        assert!(all(upload).await.unwrap_err().contains("changed while it was sent"));
    }
}
