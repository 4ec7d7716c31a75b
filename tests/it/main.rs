//! Behaviour of the whole program, and rules of the house. The only integration binary: one link, many tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::missing_panics_doc, clippy::return_self_not_must_use, clippy::format_push_string)]
// Offered to the tests of all rooms, used by some of them.
#![allow(dead_code)]

mod accounts;
mod bastille;
mod becoming;
mod connections;
mod delay;
mod egress;
mod errors;
mod failover;
mod faults;
mod freebsd;
mod golden;
mod guests;
mod house;
mod jails;
mod kvm;
mod libvirt;
mod live;
mod packages;
mod passage;
mod process;
mod project;
mod prune;
mod replicate;
mod results;
mod rights;
mod scenarios;
mod shipped;
mod site;
mod sshd;
mod status;
mod storage;
mod streams;
mod terminal;
mod transit;
mod tree;
mod verify;
mod zfs;
