//! The commits of a chat's branch.

use std::collections::HashSet;

use git2::{Oid, Repository, Sort};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    Failure,
    place::{Place, head, lossy},
};

/// How many subjects show a repository's manner.
const SUBJECTS: usize = 8;
/// The longest body of a message that is shown, in bytes.
const BODY: usize = 16 << 10;

/// A commit of a chat's branch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Commit {
    /// Its whole id.
    pub id: String,
    /// As much of it as tells it apart.
    pub short_id: String,
    /// The first line of its message.
    pub subject: String,
    /// The rest of its message.
    pub body: String,
    /// Who wrote it.
    pub author_name: String,
    /// Their address.
    pub author_email: String,
    /// When it was committed.
    #[serde(with = "time::serde::rfc3339")]
    pub committed_at: OffsetDateTime,
    /// Whether a branch of the remote has it, as last fetched or pushed.
    pub pushed: bool,
}

/// The commits that the base does not have, the newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct History {
    /// At most as many as asked for.
    pub commits: Vec<Commit>,
    /// Whether there are more.
    pub more: bool,
    /// Whether the clone was made without history: what was before it is not here.
    pub shallow: bool,
}

impl History {
    pub(super) fn read(place: &Place, limit: usize) -> Result<Self, Failure> {
        let repository = place.open()?;
        let Some(head) = head(&repository)?.map(|head| head.id()) else {
            return Ok(Self { commits: Vec::new(), more: false, shallow: false });
        };
        let shallow = repository.is_shallow();
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(head)?;
        if let Some(base) = place.base_commit(&repository) {
            walk.hide(base)?;
        }
        let mut ids: Vec<Oid> = walk.take(limit + 1).collect::<Result<_, _>>()?;
        let more = ids.len() > limit;
        ids.truncate(limit);
        let unpushed = unpushed(&repository, head)?;
        let commits = ids.into_iter().map(|id| commit(&repository, id, !unpushed.contains(&id)));
        Ok(Self { commits: commits.collect::<Result<_, _>>()?, more, shallow })
    }
}

/// The subjects of the latest commits, merges aside.
pub(super) fn recent_subjects(place: &Place) -> Result<Vec<String>, Failure> {
    let repository = place.open()?;
    let Some(head) = head(&repository)? else { return Ok(Vec::new()) };
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TIME)?;
    walk.push(head.id())?;
    let commits = walk.take(4 * SUBJECTS).map(|id| repository.find_commit(id?));
    let commits: Vec<_> = commits.collect::<Result<_, _>>()?;
    let own = commits.iter().filter(|commit| commit.parent_count() < 2);
    Ok(own.take(SUBJECTS).filter_map(|commit| Some(lossy(commit.summary_bytes()?))).collect())
}

/// The commits that no branch of the remote has.
fn unpushed(repository: &Repository, head: Oid) -> Result<HashSet<Oid>, git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.push(head)?;
    walk.hide_glob("refs/remotes/*")?;
    walk.collect()
}

fn commit(repository: &Repository, id: Oid, pushed: bool) -> Result<Commit, git2::Error> {
    let commit = repository.find_commit(id)?;
    let message = lossy(commit.message_bytes());
    let (subject, body) = message.trim_start().split_once('\n').unwrap_or((message.trim(), ""));
    let body = body.trim();
    let author = commit.author();
    Ok(Commit {
        id: id.to_string(),
        short_id: lossy(&commit.as_object().short_id()?),
        subject: subject.trim_end().to_owned(),
        body: body[..body.floor_char_boundary(BODY)].to_owned(),
        author_name: lossy(author.name_bytes()),
        author_email: lossy(author.email_bytes()),
        committed_at: OffsetDateTime::from_unix_timestamp(commit.time().seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        pushed,
    })
}
