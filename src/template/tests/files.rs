//! Tests of files on the controller.

use super::{builtin, impure};
use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, os_error};
use crate::template::table::{Args, Env, Stop, Test};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

pub(super) const TESTS: &[Test] = &[
    impure(builtin(
        "exists",
        "ansible.builtin.exists",
        "Whether the path exists; links are followed.",
        |_, v, a| asks(v, a, Path::exists),
        &[("'/' is exists", "true")],
    )),
    impure(builtin(
        "link_exists",
        "ansible.builtin.link_exists",
        "Whether the path exists, be it a broken link.",
        |_, v, a| asks(v, a, |p| p.symlink_metadata().is_ok()),
        &[("'/surely/not/there' is link_exists", "false")],
    )),
    impure(builtin(
        "file",
        "ansible.builtin.file",
        "Whether it is a regular file.",
        |_, v, a| asks(v, a, Path::is_file),
        &[("'/' is file", "false")],
    )),
    impure(builtin(
        "is_file",
        "ansible.builtin.is_file",
        "Whether it is a regular file.",
        |_, v, a| asks(v, a, Path::is_file),
        &[("'/' is is_file", "false")],
    )),
    impure(builtin(
        "directory",
        "ansible.builtin.directory",
        "Whether it is a directory.",
        |_, v, a| asks(v, a, Path::is_dir),
        &[("'/' is directory", "true")],
    )),
    impure(builtin(
        "is_dir",
        "ansible.builtin.is_dir",
        "Whether it is a directory.",
        |_, v, a| asks(v, a, Path::is_dir),
        &[("'/' is is_dir", "true")],
    )),
    impure(builtin(
        "link",
        "ansible.builtin.link",
        "Whether it is a symbolic link.",
        |_, v, a| asks(v, a, Path::is_symlink),
        &[("'/' is link", "false")],
    )),
    impure(builtin(
        "is_link",
        "ansible.builtin.is_link",
        "Whether it is a symbolic link.",
        |_, v, a| asks(v, a, Path::is_symlink),
        &[("'/' is is_link", "false")],
    )),
    impure(builtin(
        "mount",
        "ansible.builtin.mount",
        "Whether it is a mount point.",
        |_, v, a| asks(v, a, is_mount),
        &[("'/' is mount", "true")],
    )),
    impure(builtin(
        "is_mount",
        "ansible.builtin.is_mount",
        "Whether it is a mount point.",
        |_, v, a| asks(v, a, is_mount),
        &[("'/' is is_mount", "true")],
    )),
    builtin(
        "abs",
        "ansible.builtin.abs",
        "Whether the path is absolute.",
        |_, v, a| asks(v, a, Path::is_absolute),
        &[("'/a' is abs", "true")],
    ),
    builtin(
        "is_abs",
        "ansible.builtin.is_abs",
        "Whether the path is absolute.",
        |_, v, a| asks(v, a, Path::is_absolute),
        &[("'a' is is_abs", "false")],
    ),
    impure(builtin(
        "same_file",
        "ansible.builtin.same_file",
        "Whether both paths lead to one file.",
        same_file,
        &[("'/' is same_file('/.')", "true")],
    )),
    impure(builtin(
        "is_same_file",
        "ansible.builtin.is_same_file",
        "Whether both paths lead to one file.",
        same_file,
        &[("'/' is is_same_file('/..')", "true")],
    )),
];

fn path_of(value: &Value) -> Result<&Path, Stop> {
    match &value.kind {
        Kind::Str(text) => Ok(Path::new(&**text)),
        _ => Err(Stop::fault(format!(
            "expected str, bytes or os.PathLike object, not {}",
            value.type_name()
        ))),
    }
}

fn asks(value: &Value, args: &Args, question: fn(&Path) -> bool) -> Result<bool, Stop> {
    Bound::of("path", args, &[], 0)?;
    path_of(value).map(question)
}

fn is_mount(path: &Path) -> bool {
    let Ok(own) = path.symlink_metadata() else { return false };
    if own.is_symlink() {
        return false;
    }
    let Ok(parent) = path.join("..").metadata() else { return false };
    own.dev() != parent.dev() || own.ino() == parent.ino()
}

fn same_file(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("samefile", args, &["f2"], 1)?;
    let identity = |value: &Value| -> Result<(u64, u64), Stop> {
        let path = path_of(value)?;
        let found = path.metadata();
        let found = found.map_err(|e| Stop::fault(os_error(&e, path.to_str())))?;
        Ok((found.dev(), found.ino()))
    };
    Ok(identity(value)? == identity(bound.need("f2")?)?)
}
