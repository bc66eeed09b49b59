//! The one rule of what is told: how every chat stands now, compared with what was already handled.
//!
//! Pure. Whoever calls it again with the same chats gets the same ruling, so a lost or doubled event
//! changes nothing: only what is still so is told, and what was told is not told again. How a run ended is
//! ruled on once it is known whether somebody saw it. A request that waits for an answer holds the agent up,
//! so what keeps it from being told now (somebody looks, quiet hours) only delays it.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use time::OffsetDateTime;

use crate::{
    chats::{ChatState, ChatView, Chats},
    event::{Event, Key, Notice},
    settings::Settings,
};

/// How long something must stand before it is told: what is answered within it is nobody's business.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// How long nobody must have looked before it is told what somebody may have seen: a reload, a cut connection
/// or the other tab are no reason.
pub(crate) const LOOKED_AWAY: Duration = Duration::from_secs(15);

/// For how long somebody counts as looking who has not said so again, by the relay's count, and some more:
/// who looks for longer than this has looked within it.
const LOOK: Duration = Duration::from_secs(45);

/// How soon the wall clock is read again while it is quiet, because it may jump.
const QUIET_STEP: Duration = Duration::from_mins(1);

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// For what people mean by time.
    pub(crate) wall: OffsetDateTime,
    /// For how long something took.
    pub(crate) monotonic: Instant,
}

impl Moment {
    /// This moment.
    pub(crate) fn now() -> Self {
        Self { wall: OffsetDateTime::now_utc(), monotonic: Instant::now() }
    }
}

/// What was already handled, as far as a review needs to know.
pub(crate) trait Handled {
    /// Whether this was told or held back for good.
    fn contains(&self, key: &Key) -> bool;
    /// Runs that ended before this were over when the notifier began, and are nobody's news.
    fn news_since(&self) -> OffsetDateTime;
}

/// Why something is not told. Its text is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    SwitchedOff(Event),
    Muted,
    Viewed,
    QuietHours,
    /// The request was gone before it was told.
    AnsweredAtOnce,
    /// What ended went on before it was told, or its next prompt is on its way.
    GoesOn,
    /// How long it took, and how long it would have had to take, in seconds.
    TooShort(i64, u32),
    Read,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SwitchedOff(event) => {
                write!(formatter, "Notifications of \"{}\" are switched off.", event.name())
            }
            Self::Muted => formatter.write_str("The chat is muted."),
            Self::Viewed => formatter.write_str("Somebody was looking at the chat."),
            Self::QuietHours => formatter.write_str("It is within the quiet hours."),
            Self::AnsweredAtOnce => formatter.write_str("It was answered within a moment."),
            Self::GoesOn => formatter.write_str("The chat goes on by itself."),
            Self::TooShort(took, least) => {
                write!(formatter, "The run took {took} s; only those of {least} s and more are told.")
            }
            Self::Read => formatter.write_str("It was read already."),
        }
    }
}

/// Something that is not told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldBack {
    pub(crate) notice: Notice,
    pub(crate) reason: Reason,
}

/// What is neither told nor ruled out yet. Handed from one review to the next; lost with a restart, which
/// only makes it begin anew.
#[derive(Debug, Default)]
pub(crate) struct Waiting(BTreeMap<Key, Wait>);

#[derive(Debug)]
struct Wait {
    notice: Notice,
    begun: Instant,
    not_before: Instant,
    looks: Looks,
    /// Whether the chat was about to go on by itself.
    is_continuing: bool,
    /// Why it was already said not to be told.
    said: Option<Reason>,
}

/// Who looks at the chat of what waits to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Nobody,
    /// Somebody who looked already when it happened, and may have gone without our knowing: a phone that
    /// lost its network.
    Perhaps,
    /// Somebody who began to look, or said so again, after it happened.
    Somebody,
}

/// The outcome of a review.
#[derive(Debug)]
pub(crate) struct Review {
    /// To be told now.
    pub(crate) tell: Vec<Notice>,
    /// To be written down as held back; each said once.
    pub(crate) held_back: Vec<HeldBack>,
    /// Told or ruled out for good, never to come up again.
    pub(crate) settled: Vec<Key>,
    /// For the next review.
    pub(crate) waiting: Waiting,
    /// When to review again although nothing changed.
    pub(crate) again_in: Option<Duration>,
}

/// A ruling on one occurrence.
enum Ruling {
    Tell,
    Never(Reason),
    /// Not now, and this is worth saying.
    Later(Reason, Duration),
    /// Not now, because it is too early to say.
    TooEarly(Duration),
}

/// Rules on everything that there is to tell.
pub(crate) fn review(
    chats: &Chats,
    settings: &Settings,
    handled: &impl Handled,
    mut before: Waiting,
    now: Moment,
) -> Review {
    let mut review = Review {
        tell: Vec::new(),
        held_back: Vec::new(),
        settled: Vec::new(),
        waiting: Waiting::default(),
        again_in: None,
    };
    for chat in chats.iter() {
        let ended = chat.outcome().filter(|(_, at)| *at > handled.news_since()).map(|(notice, _)| notice);
        for notice in chat.requests().chain(ended) {
            if handled.contains(&notice.key) {
                continue;
            }
            let mut wait = before.0.remove(&notice.key).unwrap_or_else(|| Wait::new(&notice, chat, now));
            wait.see(chat, now);
            match rule(chat, &notice, &wait, settings, now) {
                Ruling::Tell => {
                    review.settled.push(notice.key.clone());
                    review.tell.push(notice);
                }
                Ruling::Never(reason) => {
                    review.settled.push(notice.key.clone());
                    if wait.said.as_ref() != Some(&reason) {
                        review.held_back.push(HeldBack { notice, reason });
                    }
                }
                Ruling::Later(reason, again_in) => {
                    if wait.said.is_none() {
                        wait.said = Some(reason.clone());
                        review.held_back.push(HeldBack { notice, reason });
                    }
                    review.wait(wait, again_in);
                }
                Ruling::TooEarly(again_in) => review.wait(wait, again_in),
            }
        }
    }
    if !chats.is_complete() {
        // What is not here may still be so: it goes on waiting where it was.
        review.waiting.0.append(&mut before.0);
    }
    // Gone before it was told. Not settled: if it ever stands again, it is news again.
    for (_, wait) in before.0 {
        let reason =
            if wait.notice.event.waits_for_answer() { Reason::AnsweredAtOnce } else { Reason::GoesOn };
        if wait.said.is_none() {
            review.held_back.push(HeldBack { notice: wait.notice, reason });
        }
    }
    review
}

impl Review {
    fn wait(&mut self, wait: Wait, again_in: Duration) {
        self.again_in = Some(self.again_in.map_or(again_in, |earlier| earlier.min(again_in)));
        self.waiting.0.insert(wait.notice.key.clone(), wait);
    }

    /// Whether there is nothing to write down.
    pub(crate) fn is_empty(&self) -> bool {
        self.tell.is_empty() && self.held_back.is_empty() && self.settled.is_empty()
    }
}

impl Wait {
    fn new(notice: &Notice, chat: &ChatView, now: Moment) -> Self {
        let looks = if chat.is_viewed() { Looks::Perhaps } else { Looks::Nobody };
        let not_before = now.monotonic + GRACE;
        let is_continuing = chat.is_continuing;
        Self { notice: notice.clone(), begun: now.monotonic, not_before, looks, is_continuing, said: None }
    }

    fn see(&mut self, chat: &ChatView, now: Moment) {
        self.looks = match (chat.is_viewed(), self.looks) {
            (false, Looks::Nobody) => Looks::Nobody,
            (false, Looks::Perhaps | Looks::Somebody) => {
                self.not_before = now.monotonic + LOOKED_AWAY;
                Looks::Nobody
            }
            (true, Looks::Perhaps) if self.doubt(now).is_some() => Looks::Perhaps,
            (true, _) => Looks::Somebody,
        };
        if std::mem::replace(&mut self.is_continuing, chat.is_continuing) && !chat.is_continuing {
            // Either it goes on, or it was given up: the next news says which.
            self.not_before = self.not_before.max(now.monotonic + GRACE);
        }
    }

    /// For how much longer it is unknown whether who looked when it happened still looks.
    fn doubt(&self, now: Moment) -> Option<Duration> {
        (self.begun + LOOK).checked_duration_since(now.monotonic).filter(|rest| !rest.is_zero())
    }
}

fn rule(chat: &ChatView, notice: &Notice, wait: &Wait, settings: &Settings, now: Moment) -> Ruling {
    if !settings.events.include(notice.event) {
        return Ruling::Never(Reason::SwitchedOff(notice.event));
    }
    if settings.is_muted(&chat.id) {
        return Ruling::Never(Reason::Muted);
    }
    if notice.event == Event::Interrupted && chat.is_continuing {
        // What becomes of that is a change, and brings the next review by itself.
        return Ruling::Later(Reason::GoesOn, QUIET_STEP);
    }
    let quiet = settings.quiet_hours.as_ref().and_then(|hours| hours.rest(now.wall));
    if !notice.event.waits_for_answer()
        && let Some(reason) = ruled_out(chat, notice.event, settings, wait.looks, quiet.is_some())
    {
        return Ruling::Never(reason);
    }
    if wait.looks != Looks::Nobody {
        // The end of the looking is a change, and brings the next review by itself.
        return Ruling::Later(Reason::Viewed, wait.doubt(now).unwrap_or(QUIET_STEP));
    }
    if let Some(rest) = quiet {
        return Ruling::Later(Reason::QuietHours, rest.min(QUIET_STEP));
    }
    match wait.not_before.checked_duration_since(now.monotonic).filter(|rest| !rest.is_zero()) {
        Some(rest) => Ruling::TooEarly(rest),
        None => Ruling::Tell,
    }
}

/// Why it is not told how a run ended, if there is a reason.
fn ruled_out(
    chat: &ChatView,
    event: Event,
    settings: &Settings,
    looks: Looks,
    is_quiet: bool,
) -> Option<Reason> {
    let least = settings.done_after_seconds;
    let took = chat.run_took().filter(|_| event == Event::Done).map(time::Duration::whole_seconds);
    if let Some(took) = took.filter(|took| *took < i64::from(least)) {
        return Some(Reason::TooShort(took, least));
    }
    if event != Event::Failed && chat.goes_on() {
        return Some(Reason::GoesOn);
    }
    if looks == Looks::Somebody {
        return Some(Reason::Viewed);
    }
    if event == Event::Done && chat.state == ChatState::Done {
        return Some(Reason::Read);
    }
    is_quiet.then_some(Reason::QuietHours)
}
