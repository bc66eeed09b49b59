//! What is done before each start of opencode, as its user, for the agent may have put anything in the places looked at.
//!
//! **What earlier ones left behind.** A Bun unpacks each library that it carries into the temporary folder when it is
//! first needed, under a name of its own each time, and leaves it there: 6 MB for each start of opencode (terminals and
//! the search for files), in a container of memory that its agent then lacks. A library that is in use stays so
//! without its name, so all are removed but those that somebody is just unpacking.
//!
//! **The database.** opencode does not start over one that `SQLite` cannot open, takes an empty one for a new beginning,
//! and answers 500 to whatever meets a damaged page. So a script looks first, with the `SQLite` that is in opencode's own
//! program: that is a Bun, and with `BUN_BE_BUN` it runs scripts, in some 50 ms. What it did it writes beside what it
//! set aside, where git-manager reads it.

use std::{ffi::OsString, path::Path};

/// It is tidied up by the system's `find`, not by what the agent may have installed under that name. It is looked from root's
/// folder: Bun runs what a `bunfig.toml` names where it begins, and opencode begins in a folder of the agent's. Becomes
/// opencode afterwards, whatever came of it: opencode has the last word on what it can open.
const FIRST_LOOK: &str = r#"look=$1 database=$2 aside=$3
shift 3
(PATH=/usr/bin:/bin:$PATH
find "${TMPDIR:-/tmp}/" -maxdepth 1 -name '.????????????????-????????.so' -type f -user "$(id -u)" -mmin +1 -delete
) </dev/null >/dev/null 2>&1
if [ -e "$database" ] || [ -e "$database.salvaged" ]; then
    (cd / && BUN_BE_BUN=1 exec "$0" -e "$look" "$database" "$aside")
fi
exec "$0" "$@"
"#;

/// The program that does it all.
pub(crate) const SHELL: &str = "/bin/sh";

/// The arguments with which [`SHELL`] tidies up, looks at `database`, sets it aside below `aside` where it is damaged, and
/// then is `opencode` with its arguments.
pub(crate) fn look_first(
    opencode: &Path,
    database: &Path,
    aside: &Path,
    arguments: impl IntoIterator<Item = OsString>,
) -> Vec<OsString> {
    let own = ["-c".into(), FIRST_LOOK.into(), opencode.into(), include_str!("database.js").into()];
    own.into_iter().chain([database.into(), aside.into()]).chain(arguments).collect()
}
