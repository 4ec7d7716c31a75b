//! Arguments of `get_url`.

use crate::spec::args::{Dict, FileMode, MarkedText, PathText};
use crate::spec::{Doc, Example, Support};

crate::args! {
    /// What is fetched, and where it goes.
    pub struct Args {
        /// Where it is: http, https, ftp, or `file:` on the host itself.
        url: MarkedText => [required()],
        /// The file on the host; in a directory it is named as the server or the URL says.
        dest: PathText => [required()],
        /// Whether it is fetched again although it is there and no checksum says otherwise. Without it the server is
        /// asked for a newer one only.
        force: bool => [default("no")],
        /// What the file must be: `sha256:HEX`, or `sha256:URL` of a list of such sums. A file that is there and has it
        /// is not fetched.
        checksum: String => [default("")],
        /// Whether the old file is kept beside it.
        backup: bool => [default("no")],
        /// Permission bits, or a change of them.
        mode: FileMode => [],
        /// Owner by name or number.
        owner: Option<String> => [],
        /// Group by name or number.
        group: Option<String> => [],
        /// Seconds without any progress after which it fails.
        timeout: i64 => [default("10")],
        /// Further headers of the request; the host needs curl or GNU wget for them.
        headers: Option<Dict> => [],
        /// Name of the client.
        http_agent: String => [default("ansible-httpget")],
        /// User for basic authentication; the host needs curl or GNU wget for it.
        url_username: Option<String> => [aliases(&["username"])],
        /// The user's password.
        url_password: Option<String> => [no_log(), aliases(&["password"])],
        /// Whether user and password are sent before they are asked for.
        force_basic_auth: bool => [default("no")],
        /// Whether the host's proxy variables count.
        use_proxy: bool => [default("yes")],
        /// Whether the server must prove who it is.
        validate_certs: bool => [default("yes")],
        /// Directory that holds the file until it is whole; else the session's own.
        tmp_dest: Option<PathText> => [],
        /// Whether the file may be overwritten in place where renaming is impossible.
        unsafe_writes: bool => [default("no")],
    }
    rules []
}

/// Its documentation.
pub static DOC: Doc = Doc {
    name: "get_url",
    full_names: &["ansible.builtin.get_url", "ansible.legacy.get_url"],
    short: "Fetch a file from a server to a host.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Partial(
        "the server is asked, but only the file itself tells whether it differs",
    ),
    diff: Support::None,
    examples: &[
        Example {
            title: "A file that must be this one",
            yaml: "get_url: {url: \"https://example.org/app-1.2.tar.gz\", dest: /var/cache/app-1.2.tar.gz, checksum: \"sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c\"}",
        },
        Example {
            title: "By the server's own list of sums",
            yaml: "get_url: {url: \"https://example.org/app.iso\", dest: /var/iso/, checksum: \"sha256:https://example.org/SHA256SUMS\"}",
        },
    ],
    returns: &[
        ("dest", "the file"),
        ("url", "where it came from, without its password"),
        ("checksum_src", "SHA-1 of what was fetched"),
        ("checksum_dest", "SHA-1 of what was there"),
        ("md5sum", "MD5 of the file"),
        ("status_code", "the server's answer"),
        ("elapsed", "seconds"),
        ("backup_file", "where the old file is kept"),
    ],
};
