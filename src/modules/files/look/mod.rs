//! What only looks: `stat`, `slurp`, `find`, and `fetch`, which brings a file here.

mod fetch;
mod find;
mod matching;
mod numbers;
mod slurp;
mod stat;

pub use fetch::Fetch;
pub use find::Find;
pub use slurp::Slurp;
pub use stat::Stat;
