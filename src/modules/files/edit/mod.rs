//! Edits of text files: `lineinfile`, `blockinfile`, `replace`.

mod blocks;
mod encoding;
mod lines;
mod places;

#[cfg(test)]
mod tests;
