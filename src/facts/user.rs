//! The account in whose name the facts were gathered.

use super::Gathered;
use super::told::Told;

/// Facts that stand for the family.
pub const IDS: &[&str] = &[
    "user_id",
    "user_uid",
    "user_gid",
    "user_gecos",
    "user_dir",
    "user_shell",
    "real_user_id",
    "effective_user_id",
    "effective_group_ids",
];

/// `user_*` and the numbers of the shell.
pub fn read(told: &Told, found: &mut Gathered) {
    found.put("user_id", told.first("user").unwrap_or_default());
    let entry: Vec<&str> = told.first("passwd").unwrap_or_default().split(':').collect();
    if let [_, _, uid, gid, gecos, home, shell] = entry[..] {
        found.put("user_uid", uid.parse::<i64>().ok());
        found.put("user_gid", gid.parse::<i64>().ok());
        found.put("user_gecos", gecos);
        found.put("user_dir", home);
        found.put("user_shell", shell);
    }
    let id = told.first("id").unwrap_or_default();
    let number = |name: &str| {
        let word = id.split_whitespace().find_map(|word| word.strip_prefix(name))?;
        word.split('(').next()?.parse::<i64>().ok()
    };
    found.put("real_user_id", number("uid="));
    found.put("effective_user_id", number("euid=").or_else(|| number("uid=")));
    found.put("real_group_id", number("gid="));
    found.put("effective_group_id", number("gid="));
}
