//! Where a branch was before: its history, that of its working copy, the remote, and the commit that the chat began at.

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::Oid;

use super::{
    examination::is_object_name,
    loose,
    patient::{Patient, RecordedCopy},
};

/// One line of a reflog.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) to: Oid,
    /// What was done, such as `commit: Fix it`.
    pub(super) what: String,
}

/// Where a branch is set back to, and what is lost by that.
pub(super) struct Found {
    pub(super) commit: Oid,
    /// How the commit was found.
    pub(super) by: &'static str,
    /// The later steps of the branch, the newest first.
    pub(super) lost: Vec<String>,
}

/// The last state of a branch that can be read.
pub(super) fn last_readable(patient: &Patient, reference: &str) -> Option<Found> {
    let repository = patient.repository()?;
    let short = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    let copy = patient.copies.iter().find(|copy| copy.branch.as_str() == short);
    let mut lost = Vec::new();
    let histories = [
        Some(patient.git_directory().join("logs").join(reference)),
        copy.and_then(|copy| history_of(patient, copy)),
    ];
    for history in histories.into_iter().flatten() {
        for moved in read(&history).into_iter().rev() {
            if loose::is_readable_commit(&repository, moved.to) {
                return Some(Found { commit: moved.to, by: "its history", lost });
            }
            let said = format!("{:.7} “{}” of {short}", moved.to, moved.what);
            if !lost.contains(&said) {
                lost.push(said);
            }
        }
    }
    let of_remote = repository.refname_to_id(&format!("refs/remotes/origin/{short}")).ok();
    if let Some(commit) = of_remote.filter(|commit| loose::is_readable_commit(&repository, *commit)) {
        return Some(Found { commit, by: "the remote", lost });
    }
    let began = copy.and_then(|copy| Oid::from_str(copy.began_at.as_deref()?).ok());
    let began = began.filter(|commit| loose::is_readable_commit(&repository, *commit));
    if let Some(commit) = began {
        return Some(Found { commit, by: "where the chat began", lost });
    }
    let base = copy.and_then(|copy| copy.base.as_ref());
    let base = base.and_then(|base| repository.refname_to_id(&format!("refs/remotes/origin/{base}")).ok());
    base.map(|commit| Found { commit, by: "the branch that the chat began at", lost })
}

/// The branch that a working copy was on, by its own history; its chat's if that tells nothing.
pub(super) fn branch_of(entry: &Path, copy: &RecordedCopy) -> String {
    let switched = read(&entry.join("logs/HEAD")).into_iter().rev().find_map(|moved| {
        Some(moved.what.strip_prefix("checkout: moving from ")?.rsplit_once(" to ")?.1.to_owned())
    });
    let branch = switched.filter(|name| !is_object_name(name));
    branch.and_then(|name| name.parse().ok()).unwrap_or_else(|| copy.branch.clone()).to_string()
}

fn history_of(patient: &Patient, copy: &RecordedCopy) -> Option<PathBuf> {
    Some(patient.entry(copy)?.join("logs/HEAD"))
}

fn read(history: &Path) -> Vec<Moved> {
    let content = fs::read(history).unwrap_or_default();
    moves(&String::from_utf8_lossy(&content)).collect()
}

/// The lines that can be read, the oldest first. `old new name <mail> time zone<TAB>what`.
pub(super) fn moves(text: &str) -> impl DoubleEndedIterator<Item = Moved> {
    text.lines().filter_map(|line| {
        let (facts, what) = line.split_once('\t').unwrap_or((line, ""));
        // The library takes the beginning of a name for a name.
        let name = facts.split(' ').nth(1).filter(|name| is_object_name(name))?;
        Some(Moved { to: Oid::from_str(name).ok()?, what: what.to_owned() })
    })
}
