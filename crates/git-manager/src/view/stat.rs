//! A chat's numbers: how far it is from its base, and what it changed.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    Failure, Patience,
    comparison::{Changes, uncommitted, unstaged},
    operation::Operation,
    place::{Place, head, lossy, merge_base},
    survey::Survey,
};

/// How many files in conflict are named.
const NAMED: usize = 50;

/// Whether there is something to do about a working copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As its base.
    Clean,
    /// It has changes, committed or not.
    Changed,
    /// Files are in conflict.
    Conflicts,
}

/// A chat's working copy in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = GitStat)]
pub struct Stat {
    /// The chat.
    pub id: String,
    /// The branch that is checked out; `null` when none is.
    pub branch: Option<String>,
    /// The remote's branch that the chat began at, or that its work belongs to since.
    pub base: Option<String>,
    /// Commits that the base does not have, as last fetched.
    pub ahead: usize,
    /// Commits that only the base has.
    pub behind: usize,
    /// Files that differ from where the branch parted from its base, new ones included.
    pub files: usize,
    /// Lines that are new. Those beyond the first 3,000 files are not counted.
    pub additions: usize,
    /// Lines that are gone.
    pub deletions: usize,
    /// Files with changes that no commit has, as `git status` counts them.
    pub uncommitted_files: usize,
    /// Files in conflict.
    pub conflicts: usize,
    /// The first 50 of them, by path.
    pub conflicting_files: Vec<String>,
    /// What git has begun here and not finished.
    pub operation: Option<Operation>,
    /// The commit that is checked out; `null` while there is none.
    pub head: Option<String>,
    /// The chat's own branch at the remote, as last fetched or pushed; `null` while it is not there. All is pushed when
    /// its `commit` is `head`.
    pub remote: Option<RemoteBranch>,
    /// All of it in a word.
    #[schema(inline)]
    pub state: State,
    /// When it was measured.
    #[serde(with = "time::serde::rfc3339")]
    pub measured_at: OffsetDateTime,
}

/// A chat's own branch at the remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemoteBranch {
    /// Its name.
    pub name: String,
    /// The commit that it is at.
    pub commit: String,
    /// Commits that are checked out here and that it does not have.
    pub ahead: usize,
    /// Commits that only it has: it was rewritten here, or somebody else pushed.
    pub behind: usize,
    /// Whether its commit was checked out here before, so that nothing in it is of somebody else.
    pub was_here: bool,
}

/// A chat's numbers, and by what is seen whether they still hold.
pub(super) struct Measured {
    pub(super) stat: Stat,
    /// Nothing when that cannot be seen cheaply.
    survey: Option<Survey>,
}

impl Measured {
    /// The numbers as those of one of the chats in the working copy.
    pub(super) fn stat_of(&self, place: &Place) -> Stat {
        Stat { id: place.chat.to_string(), ..self.stat.clone() }
    }

    pub(super) fn still_holds(&self, place: &Place) -> bool {
        let same_base =
            self.stat.base.as_deref() == place.base.as_ref().map(crate::names::BranchName::as_str);
        same_base && self.survey.as_ref().is_some_and(|survey| survey.still_holds(&place.path))
    }
}

/// Measures a working copy.
pub(super) fn measure(place: &Place, patience: &Patience) -> Result<Measured, Failure> {
    let repository = place.open()?;
    let measured_at = OffsetDateTime::now_utc();
    // First: what changes while it is measured makes it measured again.
    let survey = Survey::take(place, &repository, patience)?;
    let base = place.base_commit(&repository);
    let head = head(&repository)?.map(|head| head.id());
    let (ahead, behind) = match (head, base) {
        (Some(head), Some(base)) => repository.graph_ahead_behind(head, base)?,
        (Some(head), None) => {
            let mut walk = repository.revwalk()?;
            walk.push(head)?;
            (walk.count(), 0)
        }
        _ => (0, 0),
    };
    patience.check()?;
    let from = merge_base(&repository, head, base)?;
    let unstaged = unstaged(&repository)?;
    patience.check()?;
    let uncommitted_files = uncommitted(&repository, head, &unstaged)?.len();
    let numbers = Changes::with_unstaged(&repository, from, &unstaged)?.numbers(place, patience)?;
    let in_conflict = unstaged.deltas().filter(|delta| delta.status() == git2::Delta::Conflicted);
    let conflicting: Vec<_> = in_conflict.filter_map(|delta| path_of(&delta)).collect();
    let conflicts = conflicting.len();
    let state = match (conflicts, numbers.files + uncommitted_files + ahead) {
        (1.., _) => State::Conflicts,
        (0, 0) => State::Clean,
        (0, _) => State::Changed,
    };
    let stat = Stat {
        id: place.chat.to_string(),
        branch: branch(&repository),
        base: place.base.as_ref().map(ToString::to_string),
        ahead,
        behind,
        files: numbers.files,
        additions: numbers.additions,
        deletions: numbers.deletions,
        uncommitted_files,
        conflicts,
        conflicting_files: conflicting.into_iter().take(NAMED).collect(),
        operation: Operation::of(&repository),
        head: head.map(|head| head.to_string()),
        remote: remote(place, &repository, head)?,
        state,
        measured_at,
    };
    Ok(Measured { stat, survey })
}

/// The chat's branch at the remote, compared with what is checked out.
fn remote(
    place: &Place,
    repository: &git2::Repository,
    head: Option<git2::Oid>,
) -> Result<Option<RemoteBranch>, git2::Error> {
    let (Some(name), Some(reference)) = (&place.own, place.remote_reference()) else { return Ok(None) };
    let Ok(commit) = repository.refname_to_id(&reference) else { return Ok(None) };
    let (ahead, behind) = match head {
        Some(head) => repository.graph_ahead_behind(head, commit)?,
        None => (0, 0),
    };
    let was_here =
        repository.reflog("HEAD").is_ok_and(|log| log.iter().any(|entry| entry.id_new() == commit));
    Ok(Some(RemoteBranch { name: name.to_string(), commit: commit.to_string(), ahead, behind, was_here }))
}

/// Where the file of a delta is, or was.
fn path_of(delta: &git2::DiffDelta<'_>) -> Option<String> {
    delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes()).map(lossy)
}

/// The branch that is checked out, with or without a commit.
fn branch(repository: &git2::Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    let target = head.symbolic_target_bytes()?;
    Some(lossy(target.strip_prefix(b"refs/heads/")?))
}
