//! Saves work before it is deleted.

use std::{
    collections::HashSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use git2::{Oid, Repository};
use nix::sys::statvfs::statvfs;
use time::OffsetDateTime;

use super::{
    Making, Record, Saved, SavedKind, SavedWork,
    bundle::Bundle,
    contents::{Contents, Copy, CopyKind, Head, Named},
    snapshot::{self, Changes, Place},
};
use crate::{
    chats::Chat,
    clones::{Exclusive, Extent, reference_of},
    error::Error,
    git::{Git, Workshop},
    loss::{self, Beside, Loss, Remote, count_unpushed, is_own, is_stash_of},
    names::{BranchName, RepositoryName, SessionId},
    reasons::ReasonKind,
};

/// What is left free on the disk, in bytes.
const RESERVE: u64 = 32 << 20;
const TAGS: &str = "refs/tags/";

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
    /// Branches of a clone that are saved with the working copies of its chats.
    pub elsewhere: Vec<BranchName>,
}

impl Subject {
    /// A clone without the working copies of its chats.
    pub fn of_clone(clone: &Exclusive) -> Self {
        Self {
            kind: SavedKind::Clone,
            repo: clone.name().clone(),
            path: clone.path().to_owned(),
            session_id: None,
            title: None,
            branch: None,
            base: None,
            began_at: None,
            chat: None,
            elsewhere: Vec::new(),
        }
    }
}

/// What goes into a bundle.
struct Collected {
    contents: Contents,
    /// Commits and annotated tags that lead to all of it.
    tips: Vec<String>,
    /// What is left out of it, as revisions: one a line.
    excluded: String,
}

impl Saved {
    /// Saves what deleting `subject` would lose, of a clone that has this extent. When this returns it is on the disk, and was
    /// read back.
    pub async fn save(
        &self,
        git: &Git,
        subject: Subject,
        extent: Extent,
        loss: &Loss,
    ) -> Result<SavedWork, Error> {
        let making = Making::new(self)?;
        let workshop = git.workshop()?;
        let collected = self.collect(git, &workshop, &subject, at_remote(&subject, extent, loss)?).await?;
        bundle_up(git, &workshop, &collected, &making.bundle()).await?;
        drop(workshop);
        read_back(git, &subject.path, &collected, &making.bundle()).await?;
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
        let record = Record { work, extent, began_at, chat, contents: collected.contents };
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
        excluded: String,
    ) -> Result<Collected, Error> {
        let outermost = Repository::open(&subject.path)?.commondir().to_owned();
        let mut collected = Collected { contents: Contents::default(), tips: Vec::new(), excluded };
        let mut left = self.limit;
        let mut waiting = match subject.kind {
            SavedKind::Branch => Vec::new(),
            // Outer ones are taken first.
            _ => loss::linked_within(&subject.path)?.into_iter().rev().collect(),
        };
        waiting.push(PathBuf::new());
        while let Some(path) = waiting.pop() {
            if collected.contents.copies.iter().any(|copy| copy.path == path) {
                continue;
            }
            let number = collected.contents.copies.len();
            let root = subject.path.join(&path);
            let beside = match subject.kind {
                SavedKind::Branch => Beside::default(),
                _ => loss::beside(git, &root).await?,
            };
            let (mut copy, place) = describe(&root, &path, &outermost, subject, beside)?;
            workshop.lend(&place.common)?;
            let tips = tips(git, &subject.repo, &copy).await;
            let excluded = if copy.kind == CopyKind::Nested { "" } else { collected.excluded.as_str() };
            let history = history(git, workshop, &tips, excluded).await?;
            collected.tips.extend(tips);
            let changes = match subject.kind {
                SavedKind::Branch => None,
                _ => Some(snapshot::changes(git, workshop, &place).await?),
            };
            left = within(left, history, changes.as_ref(), &root)?;
            room(&self.folder, self.limit - left)?;
            if let Some(changes) = changes {
                let name = format!("refs/copies/{number}");
                let commit = snapshot::take(git, workshop, &place, &changes, &name).await?;
                collected.tips.push(commit.clone());
                copy.snapshot = Some(commit);
                waiting.extend(changes.nested.iter().map(|inner| path.join(inner)));
                for (inner, commit) in &place.beside.submodules {
                    // What is as it can be had again is not kept.
                    if !loss::is_submodule_at(git, &root.join(inner), *commit).await? {
                        waiting.push(path.join(inner));
                    }
                }
            }
            collected.contents.copies.push(copy);
        }
        Ok(collected)
    }
}

/// What the remote will still have when the work comes back, as revisions to leave out: of what it has now its default branch,
/// and the one that the work began at. Any other may be merged and deleted, or replaced, the next day. Of a clone that holds
/// less than everything it is all of it, for what leads to that is not here.
fn at_remote(subject: &Subject, extent: Extent, loss: &Loss) -> Result<String, git2::Error> {
    let repository = Repository::open(&subject.path)?;
    let names =
        ["refs/remotes/origin/HEAD".to_owned()].into_iter().chain(subject.base.as_ref().map(reference_of));
    let references = names.filter_map(|name| repository.find_reference(&name).ok());
    let lasting: HashSet<_> = references.filter_map(|name| Some(name.peel_to_commit().ok()?.id())).collect();
    let mut excluded = String::new();
    for commit in loss.at_remote.iter().filter(|commit| extent != Extent::Full || lasting.contains(*commit)) {
        // Writing to a String cannot fail.
        let _ = writeln!(excluded, "^{commit}");
    }
    Ok(excluded)
}

/// What leads to all that is to be saved of a copy, its snapshot aside. Tags that the remote has come back from there: in a clone
/// they would lead to the whole of its old releases.
async fn tips(git: &Git, name: &RepositoryName, copy: &Copy) -> Vec<String> {
    let is_tag = |named: &&Named| copy.kind == CopyKind::Outermost && named.name.starts_with(TAGS);
    let tags: Vec<_> = copy.references.iter().filter(is_tag).collect();
    let tags: Vec<_> = tags.iter().filter_map(|tag| Oid::from_str(&tag.value).ok()).collect();
    let own = if tags.is_empty() { tags } else { Remote::new(git, name.clone()).lacking(tags).await };
    let own: HashSet<_> = own.iter().map(Oid::to_string).collect();
    let references = copy.references.iter().filter(|named| !is_tag(named) || own.contains(&named.value));
    let named = references.chain(&copy.stashes).map(|named| named.value.as_str());
    named.chain(copy.head.commit()).map(str::to_owned).collect()
}

/// How many bytes the commits take that lead to `tips` and are not left out.
async fn history(git: &Git, workshop: &Workshop, tips: &[String], excluded: &str) -> Result<u64, Error> {
    if tips.is_empty() {
        return Ok(0);
    }
    let count = git.within(workshop).args(["rev-list", "--objects", "--disk-usage", "--stdin"]);
    let counted = count.unlimited().run_with(revisions(tips, excluded)).await?;
    let counted = String::from_utf8_lossy(&counted).trim().parse();
    counted.map_err(|error| Error::Internal(format!("git tells no size: {error}")))
}

/// What `--stdin` reads.
fn revisions(tips: &[String], excluded: &str) -> Vec<u8> {
    let mut revisions = tips.join("\n");
    revisions.push('\n');
    revisions.push_str(excluded);
    revisions.into_bytes()
}

/// Writes the bundle.
async fn bundle_up(
    git: &Git,
    workshop: &Workshop,
    collected: &Collected,
    bundle: &Path,
) -> Result<(), Error> {
    let mut references = String::new();
    for (number, tip) in collected.tips.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(references, "create refs/tips/{number} {tip}");
    }
    git.within(workshop).args(["update-ref", "--stdin"]).run_with(references.into_bytes()).await?;
    let create = git.within(workshop).args(["bundle", "create", "--quiet"]).arg(bundle);
    let create = create.args(["--all", "--stdin"]).unlimited();
    create.run_with(collected.excluded.clone().into_bytes()).await?;
    Ok(())
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
            let elsewhere: Vec<_> =
                subject.elsewhere.iter().map(|branch| format!("refs/heads/{branch}")).collect();
            let is_elsewhere = |name: &[u8]| elsewhere.iter().any(|branch| branch.as_bytes() == name);
            let is_kept =
                |name: &[u8]| (is_own(name) || name.starts_with(TAGS.as_bytes())) && !is_elsewhere(name);
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
        let commit = repository.find_commit(Oid::from_str(head.trim()).ok()?).ok()?;
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

/// How many bytes may still be saved after a history of that size and these files.
fn within(left: u64, history: u64, changes: Option<&Changes>, root: &Path) -> Result<u64, Error> {
    let (files, largest) = changes.map_or((0, None), |changes| changes.size(root));
    left.checked_sub(history.saturating_add(files)).ok_or_else(|| {
        let largest = largest.filter(|_| files > history);
        let largest = largest.map(|path| format!(", the largest is {}", path.display())).unwrap_or_default();
        let [history, files] = [history, files].map(|size| size >> 20);
        Error::NotSaved(format!(
            "its commits have {history} MB and its uncommitted files {files} MB, more than is kept{largest}"
        ))
    })
}

/// Whether there is room for files of that size: in the workshop, in the bundle, and while that is read back.
fn room(folder: &Path, size: u64) -> Result<(), Error> {
    let disk = statvfs(folder).map_err(std::io::Error::from)?;
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    if free < size.saturating_mul(3).saturating_add(RESERVE) { Err(Error::DiskFull) } else { Ok(()) }
}

/// Takes the bundle apart again: every object of it is read and checked, and what was to be saved must be in it. The clone,
/// which has all of it as well and is about to be deleted, is only looked into for what the bundle builds on.
async fn read_back(git: &Git, path: &Path, collected: &Collected, bundle: &Path) -> Result<(), Error> {
    let Collected { contents, tips, excluded } = collected;
    let workshop = contents.workshop(git, path)?;
    let index = Bundle::read(bundle)?.unpack(git, &workshop).await?;
    let mut held = HashSet::new();
    // Of each object: where it is, its name, a checksum.
    let note = |line: &[u8]| held.extend(line.split(|byte| *byte == b' ').nth(1).map(<[u8]>::to_owned));
    git.within(&workshop).arg("show-index").unlimited().run_pieces(fs::read(index)?, b'\n', note).await?;
    // Of a history that is cut off git leaves out what is in the files of the excluded commits, too.
    let is_cut_off = workshop.path().join("shallow").exists();
    let objects = if is_cut_off { "--objects-edge-aggressive" } else { "--objects" };
    let list = git.within(&workshop).args(["rev-list", objects, "--no-object-names", "--stdin"]).unlimited();
    let mut lacking = 0;
    let compare = |line: &[u8]| lacking += usize::from(!line.starts_with(b"-") && !held.contains(line));
    list.run_pieces(revisions(tips, excluded), b'\n', compare).await?;
    if lacking == 0 {
        return Ok(());
    }
    Err(Error::NotSaved(format!("the bundle that was written lacks {lacking} of the objects")))
}
