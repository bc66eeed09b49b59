//! What of the clones and working copies a backup holds, and its way back on an empty machine.
//!
//! Everything else of a backup is files that are copied. Clones are not: the remote has most of them. So of each working copy
//! is taken what only it has, by the same rule and in the same form as before a deletion (`loss`, `saved`), and nothing is
//! deleted. After a restoration the repositories are cloned again, and each chat goes through the steps of its creation once
//! more, with its own work in place of a fresh working copy.

mod returning;
mod taking;

pub use returning::Returning;
pub use taking::{Backups, HeldClone, Holding, NotHeld};
