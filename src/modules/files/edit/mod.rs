//! Edits of text files: `lineinfile`, `blockinfile`, `replace`.

mod blockinfile;
mod blocks;
mod encoding;
mod hosts;
mod hosts_block;
mod lineinfile;
mod lines;
mod places;
mod replace;
mod text;

pub use blockinfile::BlockInFile;
pub use encoding::Encoding;
pub use hosts_block::HostsBlock;
pub use lineinfile::LineInFile;
pub use lines::universal;
pub use replace::Replace;

#[cfg(test)]
mod tests;
