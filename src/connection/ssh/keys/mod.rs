//! Keys to log in with: files, the agent, certificates.

mod candidates;
mod ring;
mod signer;

pub(super) use candidates::{Candidate, list};
pub(super) use ring::{Opening, inline};
pub(super) use signer::{Hand, Holder, NotSigned};

pub use ring::KeyRing;
