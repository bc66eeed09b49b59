//! Saves work before it is deleted.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use git2::Repository;
use nix::sys::statvfs::statvfs;
use time::OffsetDateTime;

use super::{
    Making, Record, Saved, SavedKind, SavedWork,
    contents::{Contents, Copy, CopyKind, Head, Named},
    snapshot::{self, Changes, Place},
};
use crate::{
    chats::Chat,
    error::Error,
    git::{Git, Workshop},
    loss::{self, Beside, Loss, count_unpushed, is_own, is_stash_of},
    names::{BranchName, RepositoryName, SessionId},
    reasons::ReasonKind,
};

/// What is left free on the disk, in bytes.
const RESERVE: u64 = 32 << 20;

/// What is about to be deleted.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What it is.
    pub kind: SavedKind,
    /// The repository.
    pub repo: RepositoryName,
    /// The working copy; of a branch, the clone.
    pub path: PathBuf,
    /// The chat that worked there.
    pub session_id: Option<SessionId>,
    /// What the chat was called.
    pub title: Option<String>,
    /// The branch that goes with it.
    pub branch: Option<BranchName>,
    /// The remote's branch that it began at.
    pub base: Option<BranchName>,
    /// The commit that it began at.
    pub began_at: Option<String>,
    /// The chat's record, if that is deleted too.
    pub chat: Option<Chat>,
}

impl Saved {
    /// Saves what deleting `subject` would lose. When this returns it is on the disk, and was read back.
    pub async fn save(&self, git: &Git, subject: Subject, loss: &Loss) -> Result<SavedWork, Error> {
        let making = Making::new(self)?;
        let workshop = git.workshop()?;
        let contents = self.collect(git, &workshop, &subject, loss).await?;
        self.bundle_up(git, &workshop, &contents, &making).await?;
        drop(workshop);
        read_back(git, &subject.path, &contents, &making.bundle()).await?;
        let saved_at = OffsetDateTime::now_utc();
        let Subject { kind, repo, session_id, title, branch, base, began_at, chat, .. } = subject;
        let work = SavedWork {
            id: making.id.clone(),
            kind,
            repo,
            session_id,
            title,
            branch,
            base,
            commits: loss.reasons.count(ReasonKind::UnpushedCommits) + loss.unasked,
            files: loss.reasons.count(ReasonKind::UncommittedChanges),
            stashes: loss.reasons.count(ReasonKind::StashEntries),
            size_bytes: making.bundle().metadata()?.len(),
            saved_at,
            until: saved_at + self.keep,
        };
        let record = Record { work, began_at, chat, contents };
        making.finish(&self.folder, &record)?;
        let SavedWork { id, repo, size_bytes, .. } = &record.work;
        tracing::info!(saved = %id, repository = %repo, size_bytes, "saved what a deletion takes along");
        Ok(record.work)
    }

    /// Brings everything into the workshop.
    async fn collect(
        &self,
        git: &Git,
        workshop: &Workshop,
        subject: &Subject,
        loss: &Loss,
    ) -> Result<Contents, Error> {
        let outermost = Repository::open(&subject.path)?.commondir().to_owned();
        let prerequisites = loss.at_remote.iter().map(ToString::to_string).collect();
        let mut contents = Contents { prerequisites, copies: Vec::new() };
        let mut left = self.limit;
        let mut waiting = match subject.kind {
            SavedKind::Branch => Vec::new(),
            // Outer ones are taken first.
            _ => loss::linked_within(&subject.path)?.into_iter().rev().collect(),
        };
        waiting.push(PathBuf::new());
        while let Some(path) = waiting.pop() {
            if contents.copies.iter().any(|copy| copy.path == path) {
                continue;
            }
            let number = contents.copies.len();
            let root = subject.path.join(&path);
            let beside = match subject.kind {
                SavedKind::Branch => Beside::default(),
                _ => loss::beside(git, &root).await?,
            };
            let (mut copy, place) = describe(&root, &path, &outermost, subject, beside)?;
            workshop.lend(&place.common)?;
            if subject.kind != SavedKind::Branch {
                let changes = snapshot::changes(git, workshop, &place).await?;
                left = within(left, &changes, &root)?;
                room(&self.folder, self.limit - left)?;
                let name = format!("refs/copies/{number}/snapshot");
                copy.snapshot = Some(snapshot::take(git, workshop, &place, &changes, &name).await?);
                waiting.extend(changes.nested.iter().map(|inner| path.join(inner)));
                for (inner, commit) in &place.beside.submodules {
                    // What is as it can be had again is not kept.
                    if !loss::is_submodule_at(git, &root.join(inner), *commit).await? {
                        waiting.push(path.join(inner));
                    }
                }
            }
            contents.copies.push(copy);
        }
        Ok(contents)
    }

    /// Writes the bundle.
    async fn bundle_up(
        &self,
        git: &Git,
        workshop: &Workshop,
        contents: &Contents,
        making: &Making,
    ) -> Result<(), Error> {
        let mut references = String::new();
        for (number, copy) in contents.copies.iter().enumerate() {
            let named = copy.references.iter().chain(&copy.stashes);
            for (index, Named { value, .. }) in named.enumerate() {
                // Writing to a String cannot fail.
                let _ = writeln!(references, "create refs/copies/{number}/{index} {value}");
            }
        }
        git.within(workshop).args(["update-ref", "--stdin"]).run_with(references.into_bytes()).await?;
        let mut excluded = String::new();
        for commit in &contents.prerequisites {
            let _ = writeln!(excluded, "^{commit}");
        }
        let bundle = git.within(workshop).args(["bundle", "create", "--quiet"]).arg(making.bundle());
        bundle.args(["--all", "--stdin"]).unlimited().run_with(excluded.into_bytes()).await?;
        Ok(())
    }
}

/// What is to be saved of the repository at `root`.
fn describe(
    root: &Path,
    path: &Path,
    outermost: &Path,
    subject: &Subject,
    beside: Beside,
) -> Result<(Copy, Place), Error> {
    let repository = Repository::open(root)?;
    let kind = match (path.as_os_str().is_empty(), repository.commondir() == outermost) {
        (true, _) => CopyKind::Outermost,
        (false, true) => CopyKind::Linked,
        (false, false) => CopyKind::Nested,
    };
    let branch = subject.branch.as_ref().filter(|_| kind == CopyKind::Outermost);
    let (references, stashes) = match (kind, branch) {
        (CopyKind::Linked, _) => (Vec::new(), Vec::new()),
        (CopyKind::Outermost, Some(branch)) => {
            let stashes = stashes(&repository, |message| is_stash_of(message, branch));
            (named(&repository, |name| name == format!("refs/heads/{branch}").as_bytes())?, stashes)
        }
        (CopyKind::Outermost, None) => {
            let is_kept = |name: &[u8]| is_own(name) || name.starts_with(b"refs/tags/");
            let mut references = named(&repository, is_kept)?;
            references.extend(detached(&repository));
            (references, stashes(&repository, |_| true))
        }
        (CopyKind::Nested, _) => {
            (named(&repository, |name| name != b"refs/stash")?, stashes(&repository, |_| true))
        }
    };
    let remotes = if kind == CopyKind::Nested { remotes(&repository)? } else { Vec::new() };
    let shallow = std::fs::read_to_string(repository.commondir().join("shallow")).ok();
    let branch = branch.map(|branch| format!("refs/heads/{branch}"));
    let place = Place::new(&repository, root, branch.as_deref(), beside);
    let head = head(&repository, place.head.clone())?;
    let copy =
        Copy { path: path.to_owned(), kind, head, snapshot: None, references, stashes, remotes, shallow };
    Ok((copy, place))
}

fn head(repository: &Repository, commit: Option<String>) -> Result<Head, Error> {
    let reference = repository.find_reference("HEAD")?;
    match (reference.symbolic_target().ok().flatten(), commit) {
        (Some(branch), commit) => Ok(Head::Branch(branch.to_owned(), commit)),
        (None, Some(commit)) => Ok(Head::Detached(commit)),
        (None, None) => Err(Error::Unreadable("Its HEAD cannot be read.".into())),
    }
}

/// The references that are wanted. One whose name is no UTF-8 is kept under another.
fn named(repository: &Repository, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<Named>, git2::Error> {
    let mut found = Vec::new();
    for reference in repository.references()?.flatten() {
        let name = reference.name_bytes();
        if let Some(target) = reference.target().filter(|_| name.starts_with(b"refs/") && wanted(name)) {
            found.push(Named::new(String::from_utf8_lossy(name), &target));
        }
    }
    Ok(found)
}

/// The commits that other working copies of a clone, or those that are gone, have checked out without a branch, as branches.
fn detached(repository: &Repository) -> Vec<Named> {
    let names = repository.worktrees().ok();
    let names: Vec<_> = names
        .iter()
        .flat_map(git2::string_array::StringArray::iter)
        .flatten()
        .flatten()
        .map(str::to_owned)
        .collect();
    let found = names.into_iter().filter_map(|name| {
        let head = std::fs::read_to_string(repository.commondir().join("worktrees").join(&name).join("HEAD"))
            .ok()?;
        let commit = repository.find_commit(git2::Oid::from_str(head.trim()).ok()?).ok()?;
        let is_own = count_unpushed(repository, |walk| {
            walk.push(commit.id())?;
            walk.hide_glob("refs/heads/*")
        });
        is_own.is_ok_and(|commits| commits > 0).then_some(())?;
        Some(Named::new(format!("refs/heads/detached-{name}"), &commit.id()))
    });
    found.collect()
}

fn stashes(repository: &Repository, wanted: impl Fn(&[u8]) -> bool) -> Vec<Named> {
    let Ok(stash) = repository.find_reference("refs/stash") else { return Vec::new() };
    let log = repository.reflog("refs/stash").ok();
    let entries = log.iter().flat_map(git2::Reflog::iter).filter_map(|entry| {
        let message = entry.message_bytes().unwrap_or_default();
        wanted(message).then(|| Named::new(String::from_utf8_lossy(message), &entry.id_new()))
    });
    let mut found: Vec<_> = entries.collect();
    if log.is_none_or(|log| log.is_empty()) && wanted(b"") {
        found.extend(stash.target().map(|commit| Named::new("", &commit)));
    }
    found
}

fn remotes(repository: &Repository) -> Result<Vec<Named>, git2::Error> {
    let mut found = Vec::new();
    for name in repository.remotes()?.iter().flatten().flatten() {
        let remote = repository.find_remote(name)?;
        found.extend(remote.url().ok().map(|url| Named::new(name, &url)));
    }
    Ok(found)
}

/// How many bytes may still be saved after these.
fn within(left: u64, changes: &Changes, root: &Path) -> Result<u64, Error> {
    let (size, largest) = changes.size(root);
    left.checked_sub(size).ok_or_else(|| {
        let largest = largest.map(|path| format!(", the largest is {}", path.display())).unwrap_or_default();
        Error::NotSaved(format!("its uncommitted files have {} MB, more than is kept{largest}", size >> 20))
    })
}

/// Whether there is room for files of that size: in the workshop, in the bundle, and while that is read back.
fn room(folder: &Path, size: u64) -> Result<(), Error> {
    let disk = statvfs(folder).map_err(std::io::Error::from)?;
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    if free < size.saturating_mul(3).saturating_add(RESERVE) { Err(Error::DiskFull) } else { Ok(()) }
}

/// Takes the bundle apart where nothing is known but what the remote has: every object of it is read and checked.
async fn read_back(git: &Git, path: &Path, contents: &Contents, bundle: &Path) -> Result<(), Error> {
    let workshop = git.workshop()?;
    workshop.lend(Repository::open(path)?.commondir())?;
    git.within(&workshop).args(["bundle", "verify", "--quiet"]).arg(bundle).unlimited().run().await?;
    git.within(&workshop).args(["bundle", "unbundle"]).arg(bundle).unlimited().run_with(Vec::new()).await?;
    let mut wanted = String::new();
    for copy in &contents.copies {
        let named = copy.references.iter().chain(&copy.stashes).map(|named| named.value.as_str());
        for commit in named.chain(copy.head.commit()).chain(copy.snapshot.as_deref()) {
            wanted.push_str(commit);
            wanted.push('\n');
        }
    }
    let found =
        git.within(&workshop).args(["cat-file", "--batch-check"]).run_with(wanted.into_bytes()).await?;
    if String::from_utf8_lossy(&found).lines().any(|line| line.ends_with(" missing")) {
        return Err(Error::NotSaved("the bundle that was written lacks something".into()));
    }
    Ok(())
}
