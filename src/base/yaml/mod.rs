//! YAML 1.1 with positions, as PyYAML reads and writes it.
