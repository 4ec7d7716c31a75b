//! What the tests of this family share, and the probes in all shells.

use crate::base::{Map, Source, yaml};

/// Arguments as a playbook has them.
pub fn arguments(text: &str) -> Map {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    loaded.value.as_map().unwrap().clone()
}
