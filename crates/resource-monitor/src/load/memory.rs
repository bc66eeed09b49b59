//! How much memory there is and is taken: the container's, where it has less than the machine.
//!
//! A container sees the machine's `/proc/meminfo`, but dies at its own limit. That limit is its control
//! group's or one above; both generations of control groups are read. Cached files do not count as
//! taken, as far as the kernel would give them up first.

use std::{
    fs,
    path::{Component, Path},
};

use procfs::{Current, Meminfo, ProcResult, ProcessCGroup, process::Process};

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// An amount of memory and what of it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) used_bytes: u64,
    pub(super) total_bytes: u64,
}

impl Memory {
    /// Measures now.
    pub(super) fn measure() -> ProcResult<Self> {
        let machine = Self::of_machine()?;
        let groups = Process::myself()?.cgroups()?;
        let container = of_container(Path::new(MOUNT), &groups.0);
        Ok(container.filter(|container| container.total_bytes < machine.total_bytes).unwrap_or(machine))
    }

    fn of_machine() -> ProcResult<Self> {
        let memory = Meminfo::current()?;
        let available = memory.mem_available.unwrap_or(memory.mem_free + memory.cached);
        let used_bytes = memory.mem_total.saturating_sub(available);
        Ok(Self { used_bytes, total_bytes: memory.mem_total })
    }
}

/// What the files of a generation are called.
struct Generation {
    /// Below the mount.
    folder: &'static str,
    limit: &'static str,
    used: &'static str,
    /// The line of `memory.stat` with the cache that is given up first.
    inactive: &'static str,
}

const FIRST: Generation = Generation {
    folder: "memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    inactive: "total_inactive_file ",
};

const SECOND: Generation =
    Generation { folder: "", limit: "memory.max", used: "memory.current", inactive: "inactive_file " };

/// The narrowest limit that holds for a process in these groups, if there is one.
fn of_container(mount: &Path, groups: &[ProcessCGroup]) -> Option<Memory> {
    let limits = groups.iter().filter_map(|group| {
        let generation = match group {
            ProcessCGroup { hierarchy: 0, .. } => SECOND,
            group if group.controllers.iter().any(|controller| controller == "memory") => FIRST,
            _ => return None,
        };
        generation.narrowest(mount, Path::new(&group.pathname))
    });
    limits.min_by_key(|memory| memory.total_bytes)
}

impl Generation {
    /// The narrowest limit of a group and those above it.
    fn narrowest(&self, mount: &Path, group: &Path) -> Option<Memory> {
        let inner = group.strip_prefix("/").unwrap_or(group);
        // A group outside of what this container sees is told with `..`: what it sees is the root.
        let is_outside = inner.components().any(|part| part == Component::ParentDir);
        let inner = if is_outside { Path::new("") } else { inner };
        let folder = mount.join(self.folder);
        inner
            .ancestors()
            .filter_map(|group| self.read(&folder.join(group)))
            .min_by_key(|memory| memory.total_bytes)
    }

    /// `None` where there is no such group, or it has no limit.
    fn read(&self, group: &Path) -> Option<Memory> {
        let number = |file| fs::read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
        let total_bytes = number(self.limit)?;
        let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let inactive = stat.lines().find_map(|line| line.strip_prefix(self.inactive)?.trim().parse().ok());
        let used_bytes = number(self.used)?.saturating_sub(inactive.unwrap_or(0));
        Some(Memory { used_bytes, total_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(hierarchy: u32, controllers: &[&str], pathname: &str) -> ProcessCGroup {
        let controllers = controllers.iter().map(|&name| name.into()).collect();
        ProcessCGroup { hierarchy, controllers, pathname: pathname.into() }
    }

    fn write(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).unwrap();
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
    }

    #[test]
    fn the_narrowest_limit_above_a_process_counts() {
        let mount = tempfile::tempdir().unwrap();
        let own = mount.path().join("pod/container");
        write(&own, &[("memory.max", "max\n"), ("memory.current", "7\n")]);
        let above = [("memory.max", "1000\n"), ("memory.current", "600\n")];
        write(&mount.path().join("pod"), &above);
        write(&mount.path().join("pod"), &[("memory.stat", "anon 300\ninactive_file 100\nx 1\n")]);
        let groups = [group(1, &["name=systemd"], "/other"), group(0, &[], "/pod/container")];
        let expected = Memory { used_bytes: 500, total_bytes: 1000 };
        assert_eq!(of_container(mount.path(), &groups), Some(expected));
        // As a container sees it: its own group is the root.
        write(mount.path(), &[("memory.max", "900\n"), ("memory.current", "90\n")]);
        for seen in ["/", "/../../elsewhere"] {
            let memory = of_container(mount.path(), &[group(0, &[], seen)]);
            assert_eq!(memory, Some(Memory { used_bytes: 90, total_bytes: 900 }), "{seen}");
        }
    }

    #[test]
    fn the_first_generation_is_read_too() {
        let mount = tempfile::tempdir().unwrap();
        let files = [
            ("memory.limit_in_bytes", "2000\n"),
            ("memory.usage_in_bytes", "1500\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 400\n"),
        ];
        write(&mount.path().join("memory/docker/x"), &files);
        let groups = [group(4, &["cpu"], "/docker/x"), group(3, &["memory"], "/docker/x")];
        let expected = Memory { used_bytes: 1100, total_bytes: 2000 };
        assert_eq!(of_container(mount.path(), &groups), Some(expected));
        assert_eq!(of_container(mount.path(), &[group(0, &[], "/docker/x")]), None);
    }

    #[test]
    fn this_machine_can_be_measured() {
        let memory = Memory::measure().unwrap();
        assert!(memory.used_bytes > 0 && memory.used_bytes <= memory.total_bytes, "{memory:?}");
    }
}
