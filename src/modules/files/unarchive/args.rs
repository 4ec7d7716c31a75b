//! Arguments of `unarchive`.

use crate::spec::args::{FileMode, PathText, Src};
use crate::spec::{Doc, Example, Rule, Support};

crate::args! {
    /// Which archive, and where it goes.
    #[expect(dead_code, reason = "decrypt is for who reads the source: the engine")]
    pub struct Args {
        /// The archive: tar, plain or packed with gzip, bzip2, xz or zstd, or zip.
        src: Src => [required()],
        /// The directory on the host; it exists.
        dest: PathText => [required()],
        /// Whether the archive is on the host already.
        remote_src: bool => [default("no")],
        /// Nothing is done when this is there.
        creates: Option<PathText> => [],
        /// Members that are left out; patterns of the host's program.
        exclude: Vec<String> => [],
        /// Members that are taken, no others.
        include: Vec<String> => [],
        /// Whether files that are newer than the archive's stay.
        keep_newer: bool => [default("no")],
        /// Whether the result names all members.
        list_files: bool => [default("no")],
        /// Further words for the host's program, such as `--strip-components=1`.
        extra_opts: Vec<String> => [],
        /// Permission bits of all members, or a change of them.
        mode: FileMode => [],
        /// Owner of all members by name or number.
        owner: Option<String> => [],
        /// Group of all members by name or number.
        group: Option<String> => [],
        /// Whether a vaulted archive is decrypted.
        decrypt: bool => [default("yes")],
    }
    rules [Rule::MutuallyExclusive(&["include", "exclude"])]
}

/// Its documentation.
pub static DOC: Doc = Doc {
    name: "unarchive",
    full_names: &["ansible.builtin.unarchive", "ansible.legacy.unarchive"],
    short: "Unpack an archive on a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[
        Example {
            title: "A release, without its top directory",
            yaml: "unarchive: {src: files/app-1.2.tar.gz, dest: /usr/local/app, extra_opts: [--strip-components=1], owner: root, group: wheel}",
        },
        Example {
            title: "What is on the host already, once",
            yaml: "unarchive: {src: /var/cache/site.zip, dest: /var/www, remote_src: true, creates: /var/www/index.html}",
        },
    ],
    returns: &[
        ("dest", "the directory"),
        ("src", "the archive on the host"),
        ("handler", "what kind of archive it is"),
        ("files", "all members, with list_files"),
        ("differences", "members that differed, with the reason, at most a hundred"),
    ],
};
