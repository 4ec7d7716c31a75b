//! Arguments of `user`.

use crate::modules::accounts::Presence;
use crate::spec::Rule;
use crate::spec::args::{MarkedText, PathText};

crate::choices! {
    /// When a password is set.
    pub enum Update {
        Always = "always",
        OnCreate = "on_create",
    }
}

crate::args! {
    /// The user that is wanted.
    pub struct Args {
        /// Login name.
        name: String => [required(), aliases(&["user"])],
        /// Whether the user is there.
        state: Presence => [default("present")],
        /// Number.
        uid: Option<i64> => [],
        /// Whether the number may belong to another user as well.
        non_unique: bool => [default("no")],
        /// Primary group by name or number.
        group: Option<String> => [],
        /// Further groups; an empty list: none.
        groups: Option<Vec<String>> => [],
        /// Whether `groups` are added to those the user is in.
        append: bool => [default("no")],
        /// The comment (GECOS) field.
        comment: Option<String> => [],
        /// Home directory.
        home: Option<PathText> => [],
        /// Whether a missing home directory is made.
        create_home: bool => [default("yes"), aliases(&["createhome"])],
        /// Whether the old home directory is moved to the new place.
        move_home: bool => [default("no")],
        /// Directory whose contents a new home directory gets.
        skeleton: Option<String> => [],
        /// File creation mask of a new home directory.
        umask: Option<String> => [],
        /// Login shell.
        shell: Option<PathText> => [],
        /// The password's hash.
        password: Option<MarkedText> => [no_log()],
        /// Whether a password that differs is set, or only that of a new user.
        update_password: Update => [default("always")],
        /// Whether the password is locked.
        password_lock: Option<bool> => [],
        /// Days until a password must be changed (Linux).
        password_expire_max: Option<i64> => [],
        /// Days until a password may be changed (Linux).
        password_expire_min: Option<i64> => [],
        /// Days of warning before a password ends (Linux).
        password_expire_warn: Option<i64> => [],
        /// Days after a password's end until the account is disabled (Linux).
        password_expire_account_disable: Option<i64> => [],
        /// Seconds since 1970 at which the account ends; negative: never.
        expires: Option<f64> => [],
        /// Login class (FreeBSD).
        login_class: Option<String> => [],
        /// Whether a new user gets a number for system users (Linux).
        system: bool => [default("no")],
        /// Lowest number that a new user may get (Linux).
        uid_min: Option<i64> => [],
        /// Highest number that a new user may get (Linux).
        uid_max: Option<i64> => [],
        /// Whether files go with a removed user.
        remove: bool => [default("no")],
        /// Whether a user who is logged in is removed (Linux).
        force: bool => [default("no")],
    }
    rules [Rule::RequiredIf("append", "True", &["groups"])]
}
