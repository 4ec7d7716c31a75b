//! What is read and written, against Ansible and `PyYAML`.

mod dump;
mod load;
