//! Spoiled words of git, which repeats what remotes and working copies say.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use ocweb_fuzz::{assert_linear, cases, spoiled_text};
use proptest::prelude::*;

use super::{GitError, Progress, stale_locks::lock_in_the_way};

const PROGRESS: &[&str] = &[
    "Receiving objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s",
    "remote: Counting objects: 100% (18446744073709551615/1), done.",
    "Resolving deltas:  50% (1/2)",
    "Receiving objects: 100% (3/3), 17179869183.99 GiB | 512.00 KiB/s, done.",
    "Updating files: 100% (9/9), done.",
];
const SAID: &[&str] = &[
    "remote: ocweb: GitHub does not take GITHUB_TOKEN for o/n (401): it is wrong or has expired.\nfatal: unable to access 'http://h/o/n.git/': The requested URL returned error: 403\n",
    "fatal: Unable to create '/d/o__n/.git/packed-refs.lock': File exists.\n\nAnother git process seems to be running",
    "error: RPC failed; curl 92\nfatal: early EOF\n",
    "fatal: write error: No space left on device",
];

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn progress(lines in proptest::collection::vec(spoiled_text(PROGRESS), 1..4)) {
        let mut progress = Progress::default();
        for line in lines {
            let before = progress;
            let is_progress = progress.read(&line);
            prop_assert!(progress.percent <= 100);
            prop_assert!(is_progress || progress == before, "{:?} says nothing", line);
        }
    }

    #[test]
    fn failures(said in spoiled_text(SAID), status in any::<u8>()) {
        let error = GitError::failed("fetch", ExitStatus::from_raw(i32::from(status) << 8), said.clone());
        prop_assert!(!error.reason().trim().is_empty());
        prop_assert!(!error.to_string().contains('\n'), "one line: {}", error);
        let _ = (error.at_remote(), error.is_disk_full(), error.found_nothing());
        if let Some(lock) = lock_in_the_way(&said) {
            prop_assert!(lock.to_string_lossy().ends_with(".lock") && said.contains("File exists"));
        }
    }
}

#[test]
fn long_words_take_no_longer_than_they_are() {
    for piece in ["fatal: x\n", "Unable to create '", ".lock': File exists", "remote: ", "(1/2), ", "9"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("progress", long, |text| Progress::default().read(text));
        assert_linear("a lock", long, |text| lock_in_the_way(text));
        assert_linear("a failure", long, |text| {
            GitError::failed("fetch", ExitStatus::from_raw(256), text.clone()).at_remote()
        });
    }
}
