//! Brings saved work back to where it was.
//!
//! The bundle is opened in a workshop that sees the clone, and each repository is given what is its own. What is in the way
//! stays, and what was saved stays saved then.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path, time::Duration};

use git2::Repository;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Record, SavedKind,
    contents::{Contents, Copy, CopyKind, Head, Named},
    filling,
};
use crate::{
    clones::{Base, Exclusive, Extent},
    error::Error,
    git::{Git, Workshop},
    loss,
    names::{BranchName, RepositoryName, SessionId},
    removal::Removal,
    worktrees::is_checked_out_elsewhere,
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

/// Brings one piece of saved work back, and forgets it then.
pub async fn restore(to: &Removal, id: &str) -> Result<Restored, Error> {
    let _changing = to.saved.changing.lock().await;
    let record = to.saved.read(id)?;
    let (name, _) = to.clones.ensure(&record.work.repo, Extent::default()).await?;
    let mut clone = to.clones.exclusive(&name).await;
    if missing(clone.path(), &record.contents)?.is_some() {
        drop(clone);
        clone = to.clones.fetch(&name, record.work.base.as_ref(), Duration::ZERO).await?;
    }
    if let Some(commit) = missing(clone.path(), &record.contents)? {
        to.clones.fetch_commit(&clone, &commit).await?;
    }
    let bench = Bench::new(&to.git, clone.path(), &record.contents)?;
    let unbundle = to.git.within(&bench.workshop).args(["bundle", "unbundle"]).arg(to.saved.bundle(id));
    unbundle.unlimited().run_with(Vec::new()).await?;
    let session = record.work.session_id.clone();
    let is_worktree = matches!(record.work.kind, SavedKind::Chat | SavedKind::Worktree);
    let branch = if let Some(session) = session.as_ref().filter(|_| is_worktree) {
        Some(worktree(to, &bench, &clone, session, &record).await?)
    } else {
        into_clone(&bench, &clone).await?;
        None
    };
    drop(clone);
    if let (Some(chat), Some(branch)) = (record.chat, &branch) {
        to.chats.bring_back(chat, record.work.title, branch.clone())?;
    }
    to.saved.discard(id)?;
    tracing::info!(saved = %id, repository = %name, "saved work was restored");
    Ok(Restored { repo: name, session_id: session, branch })
}

/// A commit that the bundle builds on and the clone lacks.
fn missing(clone: &Path, contents: &Contents) -> Result<Option<String>, Error> {
    let repository = Repository::open(clone)?;
    let is_there =
        |commit: &String| git2::Oid::from_str(commit).is_ok_and(|oid| repository.find_commit(oid).is_ok());
    Ok(contents.prerequisites.iter().find(|commit| !is_there(commit)).cloned())
}

/// Brings a working copy with its branch back.
async fn worktree(
    to: &Removal,
    bench: &Bench<'_>,
    clone: &Exclusive,
    session: &SessionId,
    record: &Record,
) -> Result<BranchName, Error> {
    let (Some(outermost), Some(wanted)) = (bench.contents.copies.first(), &record.work.branch) else {
        return Err(Error::Unreadable("This saved work has no working copy.".into()));
    };
    let own = format!("refs/heads/{wanted}");
    // Without a commit of its own it has none yet, or was deleted by hand.
    let commit =
        outermost.references.iter().find(|reference| reference.name == own).map(|own| own.value.clone());
    bench.deliver(outermost, clone.path()).await?;
    let branch = free_name(clone.path(), wanted)?;
    let at = Base { branch: record.work.base.clone(), commit };
    let fill = async |path: &Path| {
        let is_own = matches!(&outermost.head, Head::Branch(head, _) if *head == own);
        if !is_own {
            bench.point_head(clone.path(), path, &outermost.head).await?;
        }
        bench.fill_all(path).await
    };
    to.worktrees.add_filled(clone, session, &branch, &at, record.began_at.clone(), fill).await?;
    bench.stash(clone.path(), &outermost.stashes).await?;
    Ok(branch)
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

/// Brings the references of a clone back, and its own working copy.
async fn into_clone(bench: &Bench<'_>, clone: &Exclusive) -> Result<(), Error> {
    let Some(outermost) = bench.contents.copies.first() else { return Ok(()) };
    let (git, path) = (bench.git, clone.path());
    let has_files = outermost.snapshot.is_some();
    if has_files && !loss::is_untouched(git, path).await? {
        let words =
            format!("The clone of {} has changes of its own, which would be in the way.", clone.name());
        return Err(Error::Conflict(words));
    }
    bench.deliver(outermost, path).await?;
    if has_files {
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
        bench.point_head(path, path, &head).await?;
        bench.fill_all(path).await?;
    }
    bench.stash(path, &outermost.stashes).await
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

/// An opened bundle, and the clone that it belongs to.
struct Bench<'a> {
    git: &'a Git,
    workshop: Workshop,
    contents: &'a Contents,
}

impl<'a> Bench<'a> {
    fn new(git: &'a Git, clone: &Path, contents: &'a Contents) -> Result<Self, Error> {
        let workshop = git.workshop()?;
        workshop.lend(Repository::open(clone)?.commondir())?;
        let shallow: String = contents.copies.iter().filter_map(|copy| copy.shallow.as_deref()).collect();
        if !shallow.is_empty() {
            fs::write(workshop.path().join("shallow"), shallow)?;
        }
        Ok(Self { git, workshop, contents })
    }

    /// Gives a repository the objects of a copy: all of them, or beyond those that the clone has.
    async fn deliver(&self, copy: &Copy, repository: &Path) -> Result<(), Error> {
        let common = Repository::open(repository)?.commondir().to_owned();
        let named = copy.references.iter().chain(&copy.stashes).map(|named| named.value.as_str());
        let mut wanted = String::new();
        for commit in named.chain(copy.head.commit()).chain(copy.snapshot.as_deref()) {
            let _ = writeln!(wanted, "{commit}");
        }
        if copy.kind != CopyKind::Nested {
            wanted.push_str("--not\n");
            for commit in &self.contents.prerequisites {
                let _ = writeln!(wanted, "{commit}");
            }
        }
        let pack = self.git.within(&self.workshop).args(["pack-objects", "--revs", "--quiet"]);
        let pack = pack.arg(common.join("objects/pack/pack")).unlimited();
        fs::create_dir_all(common.join("objects/pack"))?;
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
