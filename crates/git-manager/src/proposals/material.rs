//! What a model is shown of a chat's changes: never more than fits, and of every file something.

use std::fmt::Write;

use crate::view::{Change, ChangeStatus, Commit};

/// How much of all patches is shown, in bytes: some 8,000 tokens.
const PATCHES: usize = 28 << 10;
/// How many files are named, and shown.
const FILES: usize = 200;
/// How many commits are told of.
pub(super) const COMMITS: usize = 30;

/// All that is shown.
pub(super) struct Material<'a> {
    /// What changed.
    pub(super) files: &'a [Change],
    /// The commits that the changes are in already, the newest first.
    pub(super) of_branch: Vec<Commit>,
    /// Subjects of the repository's latest commits, for its manner.
    pub(super) recent: Vec<String>,
}

impl Material<'_> {
    /// As text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        if !self.recent.is_empty() {
            let _ = writeln!(text, "Recent commits of the repository:\n{}\n", self.recent.join("\n"));
        }
        if !self.of_branch.is_empty() {
            let _ = writeln!(text, "Commits of this branch, the latest first:");
            for commit in &self.of_branch {
                let _ = writeln!(text, "- {}\n{}", commit.subject, commit.body);
            }
            text.push('\n');
        }
        let _ = writeln!(text, "Changed files:");
        for file in self.files.iter().take(FILES) {
            let _ = writeln!(
                text,
                "{} {} (+{} -{})",
                word(file.status),
                file.path,
                file.additions,
                file.deletions
            );
        }
        if self.files.len() > FILES {
            let _ = writeln!(text, "and {} more", self.files.len() - FILES);
        }
        for (path, patch) in self.patches() {
            let _ = write!(text, "\n--- {path}\n{patch}\n");
        }
        text
    }

    /// The patches, the small ones whole and the rest of the room shared by the large ones; in the files' order.
    fn patches(&self) -> Vec<(&str, &str)> {
        let with_patch = |(at, file): (usize, &'_ Change)| Some((at, file.patch.as_deref()?.len()));
        let mut sizes: Vec<_> = self.files.iter().take(FILES).enumerate().filter_map(with_patch).collect();
        sizes.sort_by_key(|&(_, size)| size);
        let (mut room, count) = (PATCHES, sizes.len());
        let mut shown: Vec<_> = sizes
            .into_iter()
            .enumerate()
            .map(|(done, (at, size))| {
                let share = size.min(room / (count - done));
                room -= share;
                (at, share)
            })
            .collect();
        shown.sort_unstable();
        let cut = |(at, share): (usize, usize)| {
            let file = self.files.get(at)?;
            let patch = file.patch.as_deref()?;
            let patch = &patch[..patch.floor_char_boundary(share)];
            (!patch.is_empty()).then_some((file.path.as_str(), patch))
        };
        shown.into_iter().filter_map(cut).collect()
    }
}

fn word(status: ChangeStatus) -> &'static str {
    match status {
        ChangeStatus::Added | ChangeStatus::Untracked => "new",
        ChangeStatus::Modified => "changed",
        ChangeStatus::Deleted => "deleted",
        ChangeStatus::Renamed => "renamed",
        ChangeStatus::Conflicted => "in conflict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, patch: Option<String>) -> Change {
        Change {
            path: name.into(),
            old_path: None,
            status: ChangeStatus::Modified,
            additions: 1,
            deletions: 0,
            binary: patch.is_none(),
            patch,
            truncated: false,
        }
    }

    #[test]
    fn small_changes_are_whole_and_large_ones_share_the_room() {
        let files = [
            change("large", Some("é".repeat(PATCHES))),
            change("picture", None),
            change("small", Some("+one\n".into())),
            change("larger", Some("b".repeat(2 * PATCHES))),
        ];
        let material = Material { files: &files, of_branch: Vec::new(), recent: vec!["Fix it".into()] };
        let patches = material.patches();
        assert_eq!(patches.iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["large", "small", "larger"]);
        assert_eq!(patches[1].1, "+one\n");
        let total: usize = patches.iter().map(|(_, patch)| patch.len()).sum();
        assert!(total <= PATCHES && total > PATCHES - 4, "{total}");
        assert!(patches[0].1.len().abs_diff(patches[2].1.len()) <= 2);
        let text = material.text();
        assert!(text.contains("changed picture (+1 -0)") && text.contains("Fix it"), "{text}");
    }

    #[test]
    fn very_many_files_are_counted() {
        let files: Vec<_> = (0..5000).map(|at| change(&format!("f{at}"), Some("+x".repeat(500)))).collect();
        let text = Material { files: &files, of_branch: Vec::new(), recent: Vec::new() }.text();
        assert!(text.contains("and 4800 more"));
        assert!(text.len() < 3 * PATCHES + 20 * FILES, "{}", text.len());
    }
}
