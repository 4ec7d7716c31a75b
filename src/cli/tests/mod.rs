//! Whole runs on hosts that are slow at random.

mod ahead;
mod slow;
mod stage;
