//! Whole runs on hosts that are slow at random.

mod ahead;
mod examples;
mod slow;
mod stage;
