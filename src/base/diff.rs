//! Unified diffs as Ansible shows them.
