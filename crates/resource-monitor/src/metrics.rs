//! What Prometheus is told of the machine: the volume and who fills it, memory, load.
//!
//! Nothing is measured for it on the spot. The load is what was measured within the last half minute, and the disk's owners
//! within minutes: a walk over all files at each scrape would cost more than all else that this service does.

use std::time::Duration;

use ocweb_service::metrics::{Readings, number};

use crate::{
    disk::{Disk, DiskUsage},
    load::Load,
};

/// How old the sizes of clones and worktrees may be before they are measured anew.
const DISK_AGE: Duration = Duration::from_mins(5);

/// Adds what is known.
pub fn read(disk: &Disk, load: &Load, readings: &mut Readings) {
    if let Some(sample) = load.last() {
        readings.gauge(
            "ocweb_volume_available_bytes",
            "What can still be written to the volume.",
            number(sample.disk_available_bytes),
        );
        readings.gauge(
            "ocweb_machine_memory_used_bytes",
            "Memory of the machine, or of the container where it has a limit of its own, that is taken.",
            number(sample.memory_used_bytes),
        );
        readings.gauge(
            "ocweb_machine_memory_bytes",
            "Memory that the machine, or the container where it has a limit of its own, has.",
            number(sample.memory_total_bytes),
        );
        readings.gauge(
            "ocweb_machine_load1",
            "How many threads ran or waited to run, on average over a minute.",
            sample.load_1.into(),
        );
    }
    if let Some(usage) = disk.known(DISK_AGE) {
        read_disk(&usage, readings);
    }
}

fn read_disk(usage: &DiskUsage, readings: &mut Readings) {
    let DiskUsage { volume, repos, worktrees, opencode, ocweb, measured_at: _ } = usage;
    let clones = repos.iter().map(|clone| clone.size_bytes).sum();
    let copies = worktrees.iter().map(|worktree| worktree.size_bytes).sum();
    readings.gauge("ocweb_volume_size_bytes", "The size of the volume.", number(volume.total_bytes));
    readings.gauges(
        "ocweb_disk_used_bytes",
        "What is allocated on the volume for clones, for the chats' working copies, and for opencode's and ocweb's own state.",
        [("clones", clones), ("worktrees", copies), ("opencode", opencode.size_bytes), ("ocweb", ocweb.size_bytes)]
            .map(|(owner, bytes)| ([("owner", owner)], number(bytes))),
    );
    readings.gauge("ocweb_clones", "Clones on the volume.", number(repos.len() as u64));
    readings.gauge(
        "ocweb_worktrees",
        "Working copies of chats on the volume.",
        number(worktrees.len() as u64),
    );
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use ocweb_service::config::Folders;

    use super::*;

    #[tokio::test]
    async fn sizes_are_measured_beside_the_scrape() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders { data: folder.path().into(), run: folder.path().into() };
        std::fs::create_dir_all(folders.repositories().join("a__b")).unwrap();
        std::fs::write(folders.repositories().join("a__b/file"), vec![1; 100_000]).unwrap();
        let (disk, load) = (Disk::of(&folders), Load::open(&folders).unwrap());
        let text = || {
            let mut readings = Readings::default();
            read(&disk, &load, &mut readings);
            readings.to_text().unwrap()
        };
        assert_eq!(text(), "", "nothing was measured yet");
        let begun = Instant::now();
        let told = loop {
            let told = text();
            if !told.is_empty() {
                break told;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "never measured");
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(told.contains("ocweb_clones 1\n") && told.contains("ocweb_worktrees 0\n"), "{told}");
        let clones =
            told.lines().find_map(|line| line.strip_prefix(r#"ocweb_disk_used_bytes{owner="clones"} "#));
        assert!(clones.unwrap().parse::<u64>().unwrap() >= 100_000, "{told}");
        assert!(told.contains("ocweb_volume_size_bytes "), "{told}");
    }
}
