//! Why something is not deleted unless whoever deletes it says so.
//!
//! A refusal tells every reason with its number, and who deletes all the same names them. So what has come up since
//! they were shown is refused again: nobody overrides what they have not seen.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;

/// What speaks against deleting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// Changed, staged and new files that no commit has, ignored ones aside.
    UncommittedChanges,
    /// A merge, a rebase or the like that goes on.
    UnfinishedOperation,
    /// Commits that no branch of a remote has.
    UnpushedCommits,
    /// Entries of the stash, which goes with a clone.
    StashEntries,
    /// Working copies of which it cannot be told what would be lost.
    Unreadable,
    /// Folders in which an agent is at work.
    ChatRunning,
    /// Chats that are being prepared.
    ChatBeingCreated,
    /// Prompts that opencode does not have yet.
    PromptsWaiting,
    /// Processes whose folder it is.
    ProcessesRunning,
    /// Other conversations in the same folder.
    FolderShared,
    /// Working copies of a clone.
    WorktreesExist,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub kind: ReasonKind,
    /// How many there are.
    pub count: usize,
    /// What they are called, where that helps.
    pub names: Vec<String>,
}

/// All that speaks against a deletion, of each kind one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons(BTreeMap<ReasonKind, Reason>);

impl Reasons {
    /// Adds so many of a kind; none is no reason.
    #[must_use]
    pub fn with(mut self, kind: ReasonKind, count: usize) -> Self {
        self.add(Reason { kind, count, names: Vec::new() });
        self
    }

    /// Adds some that have names.
    #[must_use]
    pub fn with_names(mut self, kind: ReasonKind, names: Vec<String>) -> Self {
        self.add(Reason { kind, count: names.len(), names });
        self
    }

    /// Those of two things that would go together.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        others.0.into_values().for_each(|reason| self.add(reason));
        self
    }

    /// All but those of one kind.
    #[must_use]
    pub fn without(mut self, kind: ReasonKind) -> Self {
        self.0.remove(&kind);
        self
    }

    /// How many there are of a kind.
    pub fn count(&self, kind: ReasonKind) -> usize {
        self.0.get(&kind).map_or(0, |reason| reason.count)
    }

    /// What those of a kind are called.
    pub fn names(&self, kind: ReasonKind) -> &[String] {
        self.0.get(&kind).map_or(&[], |reason| &reason.names)
    }

    /// Whether nothing speaks against it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, reason: Reason) {
        if reason.count == 0 {
            return;
        }
        let Reason { kind, count, names } = reason;
        let known = self.0.entry(kind).or_insert(Reason { kind, count: 0, names: Vec::new() });
        known.count += count;
        known.names.extend(names);
    }
}

/// The reasons in spite of which somebody deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// These, each with the number that was shown.
    These(BTreeMap<ReasonKind, usize>),
    /// Whatever they are: for scripts, which are shown nothing.
    All,
}

impl Default for Accepted {
    /// None.
    fn default() -> Self {
        Self::These(BTreeMap::new())
    }
}

impl Accepted {
    /// Refuses to delete `what` if there is a reason that was not accepted, or more of one; with all there are.
    pub fn require(&self, what: &str, reasons: Reasons) -> Result<(), Error> {
        if reasons.0.values().all(|reason| self.covers(reason)) {
            return Ok(());
        }
        Err(Error::NotDeleted { what: what.into(), reasons: reasons.0.into_values().collect() })
    }

    fn covers(&self, reason: &Reason) -> bool {
        // What is at work starts and ends processes all the time.
        let is_volatile = matches!(reason.kind, ReasonKind::ChatRunning | ReasonKind::ProcessesRunning);
        match self {
            Self::All => true,
            Self::These(these) => {
                these.get(&reason.kind).is_some_and(|accepted| is_volatile || *accepted >= reason.count)
            }
        }
    }
}

/// A text that names no reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Name each reason as it was told, with its number: unpushed-commits:2,chat-running:1.")]
pub struct InvalidAccepted;

/// On which terms something is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// In spite of what.
    pub accepted: Accepted,
    /// Whether it is deleted without being saved first: for when it cannot be.
    pub unsaved: bool,
}

impl FromStr for Accepted {
    type Err = InvalidAccepted;

    /// `kind:number`, with commas between.
    fn from_str(text: &str) -> Result<Self, InvalidAccepted> {
        let reason = |part: &str| {
            let (kind, count) = part.split_once(':')?;
            let kind = serde_json::from_value(kind.into()).ok()?;
            Some((kind, count.parse().ok()?))
        };
        let reasons = text.split(',').filter(|part| !part.is_empty()).map(reason);
        reasons.collect::<Option<_>>().map(Self::These).ok_or(InvalidAccepted)
    }
}

#[cfg(test)]
mod tests {
    use ReasonKind::{ChatRunning, ProcessesRunning, UncommittedChanges, UnpushedCommits};

    use super::*;

    fn accepted(text: &str) -> Accepted {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_not_shown_is_refused_with_everything_else() {
        let reasons = Reasons::default().with(UncommittedChanges, 2).with(UnpushedCommits, 1);
        for too_little in ["", "uncommitted-changes:2", "uncommitted-changes:1,unpushed-commits:1"] {
            let refused = accepted(too_little).require("x", reasons.clone()).unwrap_err();
            let Error::NotDeleted { reasons, .. } = refused else { panic!("{refused}") };
            assert_eq!(reasons.iter().map(|reason| reason.count).collect::<Vec<_>>(), [2, 1]);
        }
        assert_eq!(accepted("unpushed-commits:1,uncommitted-changes:3").require("x", reasons), Ok(()));
        assert_eq!(Accepted::default().require("x", Reasons::default().with(ChatRunning, 0)), Ok(()));
    }

    #[test]
    fn a_script_accepts_all() {
        let reasons = Reasons::default().with(UncommittedChanges, 2).with(UnpushedCommits, 1);
        assert_eq!(Accepted::All.require("x", reasons), Ok(()));
    }

    #[test]
    fn what_is_at_work_may_be_more_by_now() {
        let processes = |count| Reasons::default().with_names(ProcessesRunning, vec!["node".into(); count]);
        assert_eq!(accepted("processes-running:1").require("x", processes(3)), Ok(()));
        assert!(accepted("chat-running:1").require("x", processes(1)).is_err());
    }

    #[test]
    fn reasons_of_several_things_are_counted_together() {
        let one = Reasons::default().with(UncommittedChanges, 1).with(ChatRunning, 1);
        let both = one.clone().and(one.without(ChatRunning));
        assert_eq!(both, Reasons::default().with(UncommittedChanges, 2).with(ChatRunning, 1));
    }

    #[test]
    fn what_is_no_reason_is_refused() {
        for text in ["true", "uncommitted-changes", "uncommitted-changes:x", "uncommitted-changes:-1", "x:1"]
        {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
    }
}
