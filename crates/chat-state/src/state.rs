//! The one rule of what a chat is doing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::run::Outcome;

/// What a chat is doing, as its person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is to be done, and waits for its turn or for opencode.
    Queued,
    /// Its working copy is being made.
    Preparing,
    /// The agent is at work.
    Working,
    /// The model's provider refused for now; opencode tries again by itself.
    Retrying,
    /// The agent waits for a permission or an answer.
    NeedsYou,
    /// Done, and nobody has looked yet.
    Unread,
    /// Done, or never begun.
    Done,
    /// It ended with an error, or could not be made ready.
    Failed,
    /// It was cut off in the middle of its work, and nothing goes on by itself.
    Interrupted,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Preparing,
        Self::Working,
        Self::Retrying,
        Self::NeedsYou,
        Self::Unread,
        Self::Done,
        Self::Failed,
        Self::Interrupted,
    ];

    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working => "working",
            Self::Retrying => "retrying",
            Self::NeedsYou => "needs_you",
            Self::Unread => "unread",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How far the making of its working copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// Taken in, not begun.
    Queued,
    /// Begun.
    UnderWay,
    /// There, or made by somebody else.
    Ready,
    /// Given up.
    Failed,
}

/// What its sessions are doing: the busiest of them, subagents included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// Nothing runs.
    Idle,
    /// Waits to ask the model again.
    Retrying,
    /// Something runs.
    Busy,
}

/// What becomes of the prompts that opencode does not have yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompts {
    /// There are none.
    None,
    /// They wait for their turn.
    Waiting,
    /// The first of them was refused; the others wait behind it.
    Refused,
}

/// Everything that the state depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its working copy.
    pub making: Making,
    /// Its sessions.
    pub activity: Activity,
    /// Whether a permission or a question of one of its sessions waits for an answer.
    pub asks: bool,
    /// The prompts that opencode does not have yet.
    pub prompts: Prompts,
    /// How its last run ended, if it ever had one.
    pub last: Option<Outcome>,
    /// Whether somebody has looked since the last run ended.
    pub seen: bool,
}

/// Decides what a chat is doing. The first line that fits holds.
pub fn decide(facts: &Facts) -> State {
    match *facts {
        Facts { making: Making::Failed, .. } => State::Failed,
        Facts { making: Making::Queued, .. } => State::Queued,
        Facts { making: Making::UnderWay, .. } => State::Preparing,
        // opencode keeps the questions of a run that was stopped: nothing waits where nothing runs.
        Facts { activity: Activity::Busy | Activity::Retrying, asks: true, .. } => State::NeedsYou,
        Facts { activity: Activity::Busy, .. } => State::Working,
        Facts { activity: Activity::Retrying, .. } => State::Retrying,
        Facts { prompts: Prompts::Refused, .. } => State::Failed,
        Facts { prompts: Prompts::Waiting, .. } => State::Queued,
        Facts { last: Some(Outcome::Interrupted), .. } => State::Interrupted,
        Facts { last: Some(Outcome::Failed), .. } => State::Failed,
        // Who stopped it knows that it ended.
        Facts { last: Some(Outcome::Completed), seen: false, .. } => State::Unread,
        Facts { last: Some(Outcome::Completed | Outcome::Stopped) | None, .. } => State::Done,
    }
}

#[cfg(test)]
mod tests {
    use Activity::{Busy, Idle, Retrying};
    use Making::{Ready, UnderWay};
    use Outcome::{Completed, Interrupted, Stopped};
    use Prompts::{Refused, Waiting};

    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }

    const NEW: Facts =
        Facts { making: Ready, activity: Idle, asks: false, prompts: Prompts::None, last: None, seen: false };

    #[test]
    fn every_line_of_the_rule() {
        let ended = |outcome| Facts { last: Some(outcome), ..NEW };
        let table = [
            ("a new chat without a task", NEW, State::Done),
            ("taken in", Facts { making: Making::Queued, prompts: Waiting, ..NEW }, State::Queued),
            ("its clone runs", Facts { making: UnderWay, prompts: Waiting, ..NEW }, State::Preparing),
            ("its clone failed", Facts { making: Making::Failed, prompts: Waiting, ..NEW }, State::Failed),
            ("its prompt waits for opencode", Facts { prompts: Waiting, ..NEW }, State::Queued),
            ("at work", Facts { activity: Busy, ..NEW }, State::Working),
            ("at work, the next waits", Facts { activity: Busy, prompts: Waiting, ..NEW }, State::Working),
            (
                "at work again after a failure",
                Facts { activity: Busy, ..ended(Outcome::Failed) },
                State::Working,
            ),
            ("at work, asks", Facts { activity: Busy, asks: true, ..NEW }, State::NeedsYou),
            (
                "one asks while another retries",
                Facts { activity: Retrying, asks: true, ..NEW },
                State::NeedsYou,
            ),
            ("the model is overloaded", Facts { activity: Retrying, ..NEW }, State::Retrying),
            ("asked in a run that was stopped", Facts { asks: true, ..ended(Stopped) }, State::Done),
            ("asked before a restart", Facts { asks: true, ..ended(Interrupted) }, State::Interrupted),
            ("done", ended(Completed), State::Unread),
            ("done and seen", Facts { seen: true, ..ended(Completed) }, State::Done),
            ("stopped by its person", ended(Stopped), State::Done),
            ("failed", ended(Outcome::Failed), State::Failed),
            ("failed and seen", Facts { seen: true, ..ended(Outcome::Failed) }, State::Failed),
            ("failed, the next waits", Facts { prompts: Waiting, ..ended(Outcome::Failed) }, State::Queued),
            ("cut off", ended(Interrupted), State::Interrupted),
            ("cut off and seen", Facts { seen: true, ..ended(Interrupted) }, State::Interrupted),
            ("cut off, to be continued", Facts { prompts: Waiting, ..ended(Interrupted) }, State::Queued),
            ("its prompt was refused", Facts { prompts: Refused, ..ended(Completed) }, State::Failed),
            (
                "refused while the last one runs",
                Facts { prompts: Refused, activity: Busy, ..NEW },
                State::Working,
            ),
        ];
        for (name, facts, expected) in table {
            assert_eq!(decide(&facts), expected, "{name}");
        }
    }

    /// Whatever the rest says: what runs is never called done, and what does not run never runs.
    #[test]
    fn no_combination_lies() {
        for making in [Making::Queued, UnderWay, Ready, Making::Failed] {
            for activity in [Idle, Retrying, Busy] {
                for asks in [false, true] {
                    for prompts in [Prompts::None, Waiting, Refused] {
                        for last in
                            [None, Some(Completed), Some(Outcome::Failed), Some(Stopped), Some(Interrupted)]
                        {
                            for seen in [false, true] {
                                let state = decide(&Facts { making, activity, asks, prompts, last, seen });
                                let runs =
                                    matches!(state, State::Working | State::Retrying | State::NeedsYou);
                                assert_eq!(runs, making == Ready && activity != Idle);
                                assert!(state != State::NeedsYou || asks);
                                assert!(state != State::Unread || !seen);
                                assert!(state != State::Interrupted || last == Some(Interrupted));
                            }
                        }
                    }
                }
            }
        }
    }
}
