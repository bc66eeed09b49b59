//! Brings saved work back to where it was.
//!
//! The bundle is opened in a workshop that sees the clone, and each repository is given what is its own. What is in the way
//! stays, and what was saved stays saved then.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    sync::Arc,
    time::Duration,
};

use git2::Repository;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Changing, Record, Saved, SavedKind, Subject,
    bundle::Bundle,
    contents::{Contents, Copy, CopyKind, Head, Named, remote_commits},
    filling,
};
use crate::{
    clones::{Base, Clones, Exclusive},
    error::{Error, RemoteFailure},
    git::{Git, Workshop},
    loss,
    names::{BranchName, RepositoryName, SessionId},
    removal::Removal,
    worktrees::{Again, Worktree, Worktrees, is_checked_out_elsewhere},
};

/// What is there again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Restored {
    /// The repository.
    pub repo: RepositoryName,
    /// The chat whose working copy it is.
    pub session_id: Option<SessionId>,
    /// Its branch, which has another name if there is one of the old name by now.
    pub branch: Option<BranchName>,
}

/// Where saved work lies, and where it goes back to.
#[derive(Clone)]
pub struct Home {
    /// The clones.
    pub clones: Arc<Clones>,
    /// The worktrees.
    pub worktrees: Arc<Worktrees>,
    /// What was saved.
    pub saved: Arc<Saved>,
    /// git.
    pub git: Arc<Git>,
}

/// Brings one piece of saved work back, and forgets it then. One that broke off goes on when it is asked for again.
pub async fn restore(to: &Removal, id: &str) -> Result<Restored, Error> {
    let home = to.home();
    let changing = home.saved.change(id)?;
    let record = home.saved.read(&changing)?;
    let (chat, title) = (record.chat.clone(), record.work.title.clone());
    let restored = home.put_back(record, &changing).await?;
    if let (Some(chat), Some(branch)) = (chat, &restored.branch)
        && to.chats.get(&chat.id).is_err()
    {
        to.chats.bring_back(chat, title, branch.clone())?;
    }
    home.saved.discard(&changing)?;
    tracing::info!(saved = %id, repository = %restored.repo, "saved work was restored");
    Ok(restored)
}

impl Home {
    /// Brings the files and references of one piece of saved work back, and leaves it saved.
    pub(crate) async fn restore_work(&self, id: &str) -> Result<Restored, Error> {
        let changing = self.saved.change(id)?;
        let record = self.saved.read(&changing)?;
        self.put_back(record, &changing).await
    }

    async fn put_back(&self, mut record: Record, changing: &Changing<'_>) -> Result<Restored, Error> {
        let (name, _) = self.clones.ensure(&record.work.repo, record.extent).await?;
        let session = record.work.session_id.clone();
        let is_worktree = matches!(record.work.kind, SavedKind::Chat | SavedKind::Worktree);
        let branch = if let Some(session) = session.as_ref().filter(|_| is_worktree) {
            let worktree = match self.worktrees.restored_from(&name, session, &changing.id) {
                Some(worktree) => worktree,
                None => Bench::open(self, &name, &mut record).await?.worktree(session, &record).await?,
            };
            Some(worktree.branch)
        } else {
            Bench::open(self, &name, &mut record).await?.into_clone(changing).await?;
            None
        };
        Ok(Restored { repo: name, session_id: session, branch })
    }
}

/// The branch's name, or one like it where there is such a branch by now.
fn free_name(clone: &Path, wanted: &BranchName) -> Result<BranchName, Error> {
    let repository = Repository::open(clone)?;
    let others = (1..100).map(|number| format!("{wanted}-restored-{number}"));
    let mut names = std::iter::once(wanted.to_string()).chain(others);
    let free = names.find(|name| repository.find_reference(&format!("refs/heads/{name}")).is_err());
    let free = free.and_then(|name| name.parse().ok());
    free.ok_or_else(|| Error::Conflict(format!("There are too many branches like {wanted}.")))
}

/// The tree of nothing.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// What `update-ref` is told, and under which names references go that are in nobody's way so.
fn placed(clone: &Path, references: &[Named]) -> Result<(String, BTreeMap<String, String>), git2::Error> {
    let repository = Repository::open(clone)?;
    let (mut changes, mut names) = (String::new(), BTreeMap::new());
    for Named { name, value } in references {
        let there = repository.find_reference(name).ok().and_then(|there| there.target());
        let is_remotes =
            |there| loss::count_unpushed(&repository, |walk| walk.push(there)).map(|count| count == 0);
        let name = match there {
            Some(there) if there.to_string() == *value => continue,
            // In a new clone it is what the remote has.
            Some(there)
                if name.starts_with("refs/heads/")
                    && is_remotes(there)?
                    && !is_checked_out_elsewhere(clone, clone, name) =>
            {
                name.clone()
            }
            Some(_) => {
                let other = format!("{name}-restored");
                names.insert(name.clone(), other.clone());
                other
            }
            None => name.clone(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(changes, "update {name} {value}");
    }
    Ok((changes, names))
}

/// Whether a clone has all of these commits.
fn has_all(clone: &Path, commits: &[String]) -> Result<bool, git2::Error> {
    Ok(lacking(clone, commits)?.is_empty())
}

/// Those that a repository does not have.
fn lacking(repository: &Path, objects: &[String]) -> Result<BTreeSet<String>, git2::Error> {
    let repository = Repository::open(repository)?;
    let all = repository.odb()?;
    let is_there = |object: &String| git2::Oid::from_str(object).is_ok_and(|object| all.exists(object));
    Ok(objects.iter().filter(|object| !is_there(object)).cloned().collect())
}

/// The error of asking for a commit that may be gone at the remote.
fn lost(error: Error, name: &RepositoryName, commit: &str) -> Error {
    match &error {
        Error::Remote { failure: RemoteFailure::Other(said), .. } if said.contains("not our ref") => {
            Error::Conflict(format!(
                "GitHub has lost the commit {commit} of {name}, and this work cannot be restored without it."
            ))
        }
        _ => error,
    }
}

/// An opened bundle, and the clone that it belongs to.
struct Bench<'a> {
    to: &'a Home,
    git: &'a Git,
    clone: Exclusive,
    workshop: Workshop,
    contents: Contents,
    /// Commits that the clone has, with all that leads to them: what the bundle builds on, and the remote's branches.
    there: Vec<String>,
}

impl<'a> Bench<'a> {
    /// Opens it, once the clone has what it builds on.
    async fn open(to: &'a Home, name: &RepositoryName, record: &mut Record) -> Result<Self, Error> {
        let bundle = Bundle::read(&to.saved.bundle(&record.work.id))?;
        let mut clone = to.clones.exclusive(name).await;
        if !has_all(clone.path(), &bundle.prerequisites)? {
            drop(clone);
            clone = to.clones.fetch(name, record.work.base.as_ref(), Duration::ZERO).await?;
        }
        for commit in &bundle.prerequisites {
            to.clones.ensure_commit(&clone, commit).await.map_err(|error| lost(error, name, commit))?;
        }
        let mut there = remote_commits(&Repository::open(clone.path())?)?;
        there.extend_from_slice(&bundle.prerequisites);
        let contents = std::mem::take(&mut record.contents);
        let workshop = contents.workshop(&to.git, clone.path())?;
        bundle.unpack(&to.git, &workshop).await?;
        let mut bench = Self { to, git: &to.git, clone, workshop, contents, there };
        bench.find_references().await?;
        Ok(bench)
    }

    /// Has the references of the clone lead to what is there. Those to what the remote had are not in the bundle: a branch's
    /// commit is asked for, a tag that the remote has lost is no work of anybody here.
    async fn find_references(&mut self) -> Result<(), Error> {
        let workshop = self.workshop.path();
        let Some(outermost) = self.contents.copies.first_mut() else { return Ok(()) };
        let values: Vec<_> = outermost.references.iter().map(|reference| reference.value.clone()).collect();
        let lacking = lacking(workshop, &values)?;
        outermost.references.retain(|Named { name, value }| {
            let is_lost = name.starts_with("refs/tags/") && lacking.contains(value);
            if is_lost {
                tracing::warn!(repository = %self.clone.name(), tag = name, "a tag that the remote has lost is not restored");
            }
            !is_lost
        });
        for Named { value, .. } in outermost.references.iter().filter(|named| lacking.contains(&named.value))
        {
            let asked = self.to.clones.ensure_commit(&self.clone, value).await;
            asked.map_err(|error| lost(error, self.clone.name(), value))?;
        }
        Ok(())
    }

    /// Brings a working copy with its branch back.
    async fn worktree(self, session: &SessionId, record: &Record) -> Result<Worktree, Error> {
        let (Some(outermost), Some(wanted)) = (self.contents.copies.first(), &record.work.branch) else {
            return Err(Error::Unreadable("This saved work has no working copy.".into()));
        };
        let own = format!("refs/heads/{wanted}");
        // Without a commit of its own it has none yet, or was deleted by hand.
        let commit =
            outermost.references.iter().find(|reference| reference.name == own).map(|own| own.value.clone());
        let clone = self.clone.path();
        self.deliver(outermost, clone).await?;
        let again = Again {
            branch: free_name(clone, wanted)?,
            at: Base { branch: record.work.base.clone(), commit },
            began_at: record.began_at.clone(),
            saved: record.work.id.clone(),
        };
        let fill = async |path: &Path| {
            let is_own = matches!(&outermost.head, Head::Branch(head, _) if *head == own);
            if !is_own {
                self.point_head(clone, path, &outermost.head).await?;
            }
            self.fill_all(path).await?;
            self.stash(clone, &outermost.stashes).await
        };
        self.to.worktrees.add_again(&self.clone, session, again, fill).await
    }

    /// Brings the references of a clone back, and its own working copy.
    async fn into_clone(self, changing: &Changing<'_>) -> Result<(), Error> {
        let Some(outermost) = self.contents.copies.first() else { return Ok(()) };
        let (git, path) = (self.git, self.clone.path());
        let has_files = outermost.snapshot.is_some();
        if has_files && !loss::is_untouched(git, path).await? {
            self.make_way(changing).await?;
        }
        self.deliver(outermost, path).await?;
        if has_files {
            changing.note_begun()?;
            // Nothing of the old files may remain beside those that come.
            git.local(path).args(["read-tree", "-u", "--reset", EMPTY_TREE]).run().await?;
        }
        let (changes, names) = placed(path, &outermost.references)?;
        git.local(path).args(["update-ref", "--stdin"]).run_with(changes.into_bytes()).await?;
        if has_files {
            let head = match outermost.head.clone() {
                Head::Branch(name, commit) => Head::Branch(names.get(&name).cloned().unwrap_or(name), commit),
                detached @ Head::Detached(_) => detached,
            };
            self.point_head(path, path, &head).await?;
            self.fill_all(path).await?;
        }
        self.stash(path, &outermost.stashes).await
    }

    /// Where the files of a clone are in the way: those that an earlier attempt left are saved themselves, others stay.
    async fn make_way(&self, changing: &Changing<'_>) -> Result<(), Error> {
        let (name, path) = (self.clone.name(), self.clone.path());
        if !changing.was_begun() {
            let words = format!("The clone of {name} has changes of its own, which would be in the way.");
            return Err(Error::Conflict(words));
        }
        let loss = loss::of_clone(self.git, path, &self.to.worktrees.remote(name)).await;
        if !loss.is_nothing() {
            let (saved, extent) = (&self.to.saved, self.to.clones.extent(name));
            saved.save(self.git, Subject::of_clone(&self.clone), extent, &loss).await?;
        }
        // New files are saved, and go; what is ignored stays.
        self.git.local(path).args(["clean", "--quiet", "-d", "--force", "--force"]).run().await?;
        Ok(())
    }

    /// Gives a repository the objects of a copy: all of them, or beyond those that the clone has.
    async fn deliver(&self, copy: &Copy, repository: &Path) -> Result<(), Error> {
        let objects = Repository::open(repository)?.commondir().join("objects");
        let mut wanted = String::new();
        for commit in copy.tips() {
            // Writing to a String cannot fail.
            let _ = writeln!(wanted, "{commit}");
        }
        if copy.kind != CopyKind::Nested {
            for commit in &self.there {
                let _ = writeln!(wanted, "^{commit}");
            }
        }
        let pack = self.git.within_for(&self.workshop, &objects).args(["pack-objects", "--revs", "--quiet"]);
        let pack = pack.arg(objects.join("pack/pack")).unlimited();
        fs::create_dir_all(objects.join("pack"))?;
        pack.run_with(wanted.into_bytes()).await?;
        Ok(())
    }

    /// Has a working copy of the clone stand where it stood, unless that would take a branch away from another.
    async fn point_head(&self, clone: &Path, path: &Path, head: &Head) -> Result<(), Error> {
        let branch = match head {
            Head::Branch(branch, commit) => {
                let there =
                    Repository::open(clone)?.find_reference(branch).ok().and_then(|there| there.target());
                let there = there.map(|there| there.to_string());
                if let (None, Some(commit)) = (&there, commit) {
                    self.git.local(clone).args(["update-ref", branch, commit]).run().await?;
                }
                let is_same = there.is_none() || there == *commit;
                (is_same && !is_checked_out_elsewhere(clone, path, branch)).then_some(branch)
            }
            Head::Detached(_) => None,
        };
        let local = self.git.local(path);
        let point = match (branch, head.commit()) {
            (Some(branch), _) => local.args(["symbolic-ref", "HEAD", branch]),
            (None, Some(commit)) => local.args(["update-ref", "--no-deref", "HEAD", commit]),
            (None, None) => return Ok(()),
        };
        point.run().await?;
        Ok(())
    }

    /// Brings the files of all copies back, of which the first is at `root`.
    async fn fill_all(&self, root: &Path) -> Result<(), Error> {
        for copy in &self.contents.copies {
            let path = root.join(&copy.path);
            match copy.kind {
                CopyKind::Outermost => {}
                CopyKind::Nested => self.make(&path, copy).await?,
                CopyKind::Linked => self.link(root, &path, copy).await?,
            }
            if let Some(commit) = &copy.snapshot {
                filling::put_back(self.git, &self.workshop, commit, &path).await?;
            }
        }
        Ok(())
    }

    /// A repository of its own.
    async fn make(&self, path: &Path, copy: &Copy) -> Result<(), Error> {
        fs::create_dir_all(path)?;
        let local = || self.git.local(path);
        local().args(["init", "--quiet", "--template="]).run().await?;
        if let Some(shallow) = &copy.shallow {
            fs::write(path.join(".git/shallow"), shallow)?;
        }
        self.deliver(copy, path).await?;
        let mut references = String::new();
        for Named { name, value } in &copy.references {
            let _ = writeln!(references, "create {name} {value}");
        }
        local().args(["update-ref", "--stdin"]).run_with(references.into_bytes()).await?;
        for Named { name, value } in &copy.remotes {
            local().args(["remote", "add", "--", name, value]).run().await?;
        }
        match &copy.head {
            Head::Branch(branch, _) => local().args(["symbolic-ref", "HEAD", branch]).run().await?,
            Head::Detached(commit) => {
                local().args(["update-ref", "--no-deref", "HEAD", commit]).run().await?
            }
        };
        self.stash(path, &copy.stashes).await
    }

    /// A further worktree of the clone.
    async fn link(&self, root: &Path, path: &Path, copy: &Copy) -> Result<(), Error> {
        let clone = Repository::open(root)?.commondir().to_owned();
        let clone = clone.parent().unwrap_or(root);
        self.deliver(copy, clone).await?;
        if let Some(commit) = copy.head.commit() {
            let add = self.git.local(root).args([
                "worktree",
                "add",
                "--quiet",
                "--no-checkout",
                "--detach",
                "-f",
                "-f",
            ]);
            add.arg("--").arg(path).arg(commit).run().await?;
            self.point_head(clone, path, &copy.head).await
        } else {
            fs::create_dir_all(path)?;
            self.git.local(path).args(["init", "--quiet", "--template="]).run().await?;
            Ok(())
        }
    }

    /// Adds the entries of a stash that are not in it.
    async fn stash(&self, repository: &Path, entries: &[Named]) -> Result<(), Error> {
        let known: Vec<_> = {
            let log = Repository::open(repository)?.reflog("refs/stash").ok();
            log.iter().flat_map(git2::Reflog::iter).map(|entry| entry.id_new().to_string()).collect()
        };
        for Named { name, value } in entries.iter().rev().filter(|entry| !known.contains(&entry.value)) {
            self.git.local(repository).args(["stash", "store", "--quiet", "-m", name, value]).run().await?;
        }
        Ok(())
    }
}
