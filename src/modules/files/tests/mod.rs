//! The family at work on this machine, and on answers of another one.

mod freebsd;
mod odd;
mod predicted;
mod shells;
