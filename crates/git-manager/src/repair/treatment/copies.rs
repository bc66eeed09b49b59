//! Working copies and their other halves in the clone: links, whole folders, indexes.

use std::{fs, path::Path};

use time::OffsetDateTime;

use super::{
    super::{
        aside::put,
        examination::{IndexState, index_state, is_head, is_object_name, opens},
        patient::shown,
        references,
    },
    Treatment,
};
use crate::error::Error;

/// Where references to what would be forgotten are kept; they are nobody's branches.
const ASIDE: &str = "refs/ocweb/aside/";

impl Treatment<'_> {
    /// Has a working copy and its entry in the clone point to each other again.
    pub(super) fn link(&mut self, number: usize) -> Result<(), Error> {
        let copy = self.patient.copies[number].clone();
        let place = shown(&copy.path);
        self.found(format!("The link between the clone and the working copy {place} was damaged."));
        let name = copy.path.file_name().unwrap_or_default().to_owned();
        let entry = self.patient.entry(&copy);
        let is_new = entry.is_none();
        let entry = entry.unwrap_or_else(|| self.patient.git_directory().join("worktrees").join(name));
        let head = if is_new { copy.branch.to_string() } else { references::branch_of(&entry, &copy) };
        let files = [
            (copy.path.join(".git"), format!("gitdir: {}\n", entry.display())),
            (entry.join("gitdir"), format!("{}\n", copy.path.join(".git").display())),
            (entry.join("commondir"), "../..\n".to_owned()),
        ];
        for (path, content) in files {
            if fs::read_to_string(&path).ok().as_ref() != Some(&content) {
                self.aside.take(&path)?;
                put(&path, &content)?;
            }
        }
        if is_head(&entry.join("HEAD")) {
            self.done("They point to each other again; its files are as they were.");
        } else {
            self.aside.take(&entry.join("HEAD"))?;
            put(&entry.join("HEAD"), &format!("ref: refs/heads/{head}\n"))?;
            self.done(format!("The working copy {place} is on {head} again."));
        }
        if is_new {
            self.lost(format!("What was staged in {place}, and its own stashed history."));
        }
        Ok(())
    }

    /// Makes the folder of a working copy again that is gone, from its branch.
    pub(super) async fn bring_back(&mut self, number: usize) -> Result<(), Error> {
        let copy = self.patient.copies[number].clone();
        let place = shown(&copy.path);
        let branch = copy.branch.as_str();
        let exists = self.git.reading(&self.patient.clone).args(["rev-parse", "--verify", "--quiet"]);
        if exists.arg(format!("refs/heads/{branch}^{{tree}}")).run().await.is_err() {
            return Ok(());
        }
        self.found(format!("The working copy {place} was gone."));
        if let Some(entry) = self.patient.entry(&copy) {
            self.keep_objects_of(&entry).await;
            self.aside.take(&entry)?;
        }
        let add =
            self.git.local(&self.patient.clone).args(["worktree", "add", "--quiet", "--no-checkout", "--"]);
        add.arg(&copy.path).arg(branch).run().await?;
        self.git.local(&copy.path).args(["reset", "--hard", "--quiet"]).run().await?;
        self.done(format!("It was made again from its branch {branch}."));
        self.lost(format!("Changes in {place} that were in no commit, and files that git ignored."));
        Ok(())
    }

    /// Names what only an entry knows: the commit that was checked out without a branch, and what was staged. Set aside it
    /// would name them to nobody, and the agent's git would clear them away.
    async fn keep_objects_of(&mut self, entry: &Path) {
        let clone = &self.patient.clone;
        let head = fs::read_to_string(entry.join("HEAD")).unwrap_or_default();
        let index = entry.join("index").display().to_string();
        let staged = self.git.local(clone).environment(&[("GIT_INDEX_FILE", &index)]).args(["write-tree"]);
        // Where it is damaged, or what it names, nothing can be kept of it.
        let staged = if Path::new(&index).exists() { staged.run().await.ok() } else { None };
        let known = self.git.reading(clone).args(["rev-parse", "--verify", "--quiet"]);
        let known = known.arg(format!("{}^{{tree}}", head.trim().trim_start_matches("ref: "))).run().await;
        let known = known.map(|tree| tree.text).unwrap_or_default();
        let staged = staged.map(|tree| tree.text).filter(|tree| *tree != known).unwrap_or_default();
        let folder = format!("{ASIDE}{}", OffsetDateTime::now_utc().unix_timestamp());
        for (what, part, id) in [
            ("The commit that was checked out", "head", head.trim()),
            ("What was staged", "staged", staged.trim()),
        ] {
            let reference = format!("{folder}/{part}");
            let keep = self.git.local(&self.patient.clone).args(["update-ref", &reference, id]);
            if is_object_name(id) && keep.run().await.is_ok() {
                self.done(format!("{what} is kept as {reference}."));
            }
        }
    }

    /// Makes an index anew from what is checked out. The files are as they were: only what was staged is not any more.
    pub(super) async fn rebuild_index(&mut self, path: &Path) -> Result<(), Error> {
        if !opens(path) {
            return Ok(());
        }
        let git_directory = self
            .patient
            .copies
            .iter()
            .find(|copy| copy.path == path)
            .map_or_else(|| Some(self.patient.git_directory()), |copy| self.patient.entry(copy));
        let Some(index) = git_directory.map(|folder| folder.join("index")) else { return Ok(()) };
        let is_unknown = matches!(index_state(&index), IndexState::Unknown);
        if is_unknown && self.git.reading(path).args(["ls-files", "--stage"]).run().await.is_ok() {
            return Ok(());
        }
        self.found(format!("The index of {} was damaged.", shown(path)));
        self.aside.take(&index)?;
        self.git.local(path).args(["read-tree", "HEAD"]).run().await?;
        self.done("It was made again from the commit that is checked out. What was staged is unstaged; no file was touched.");
        Ok(())
    }
}
