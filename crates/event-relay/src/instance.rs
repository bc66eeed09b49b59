//! How opencode and the volume are.

use std::path::Path;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// With less room than this, in bytes, nothing can be relied on to be stored.
const LITTLE: u64 = 200 << 20;
/// The same as a part of the whole: one in so many.
const PART: u64 = 50;
/// A change of the free room is worth telling when it is one in so many of the whole.
const NOTEWORTHY: u64 = 100;

/// Whether opencode answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Opencode {
    /// It does.
    Up,
    /// It does not, or has not yet.
    Down,
}

/// The volume's room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct InstanceDisk {
    /// What is left.
    available_bytes: u64,
    /// All there is.
    total_bytes: u64,
    /// Whether it is so little that things will fail.
    low: bool,
}

impl InstanceDisk {
    /// Looks at the volume of the data, and at the clones' where that is another. Gives the one with less room: it is the one
    /// on which something fails first.
    pub(crate) fn of(data: &Path) -> nix::Result<Self> {
        let of_data = Self::of_volume(data)?;
        // Not there before the first clone.
        let of_projects = Self::of_volume(&data.join("projects")).unwrap_or(of_data);
        Ok([of_data, of_projects]
            .into_iter()
            .min_by_key(|disk| (!disk.low, disk.available_bytes))
            .unwrap_or(of_data))
    }

    fn of_volume(folder: &Path) -> nix::Result<Self> {
        let volume = nix::sys::statvfs::statvfs(folder)?;
        let unit = volume.fragment_size();
        Ok(Self::new(volume.blocks_available() * unit, volume.blocks() * unit))
    }

    fn new(available_bytes: u64, total_bytes: u64) -> Self {
        let low = available_bytes < LITTLE || available_bytes < total_bytes / PART;
        Self { available_bytes, total_bytes, low }
    }

    /// Whether the difference is worth telling.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        self.low != other.low
            || self.total_bytes != other.total_bytes
            || self.available_bytes.abs_diff(other.available_bytes) > self.total_bytes / NOTEWORTHY
    }
}

/// How opencode and the volume are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Instance {
    /// Whether opencode answers.
    #[schema(inline)]
    pub(crate) opencode: Opencode,
    /// Since when it does, or does not.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) since: OffsetDateTime,
    /// The volume's room.
    pub(crate) disk: InstanceDisk,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_little_of_a_large_volume_too() {
        const GIB: u64 = 1 << 30;
        for (available, total, low) in [
            (GIB, 10 * GIB, false),
            (LITTLE - 1, GIB, true),
            (LITTLE, GIB, false),
            (GIB, 100 * GIB, true),
            (2 * GIB, 100 * GIB, false),
        ] {
            assert_eq!(InstanceDisk::new(available, total).low, low, "{available} of {total}");
        }
    }

    #[test]
    fn small_changes_are_not_told() {
        let disk = |available| InstanceDisk::new(available, 8 << 30);
        assert!(!disk(5 << 30).differs_from(&disk((5 << 30) + (50 << 20))));
        assert!(disk(5 << 30).differs_from(&disk(6 << 30)));
        assert!(disk(LITTLE).differs_from(&disk(LITTLE - 1)));
    }

    #[test]
    fn a_real_volume_is_seen() {
        let disk = InstanceDisk::of(Path::new("/")).unwrap();
        assert!(disk.total_bytes > 0 && disk.available_bytes <= disk.total_bytes);
    }

    #[test]
    fn of_two_volumes_the_one_with_less_room_counts() {
        let data = tempfile::tempdir().unwrap();
        let alone = InstanceDisk::of(data.path()).unwrap();
        // A file system that has no room at all.
        std::os::unix::fs::symlink("/proc", data.path().join("projects")).unwrap();
        let both = InstanceDisk::of(data.path()).unwrap();
        assert!(alone.available_bytes > 0 && both.low && both.available_bytes == 0);
    }
}
