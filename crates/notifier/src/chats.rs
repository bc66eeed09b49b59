//! How every chat stands, as far as the notifier reads it: the few fields of the relay's chat view.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    event::{Ask, Event, Key, Notice, Verdict},
    text::one_line,
};

/// One chat.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChatView {
    pub(crate) id: String,
    pub(crate) repo: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) state: ChatState,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) since: OffsetDateTime,
    pub(crate) error: Option<ChatError>,
    #[serde(default)]
    pub(crate) prompts: Vec<Prompt>,
    #[serde(default)]
    pub(crate) requests: Vec<Request>,
    pub(crate) run: Option<Run>,
    #[serde(default)]
    pub(crate) viewers: u64,
    /// Whether it was put away.
    #[serde(default, rename = "archived")]
    pub(crate) is_archived: bool,
    /// Whether its run, which was cut off, will be continued in a moment without the person.
    #[serde(default, rename = "continuing")]
    pub(crate) is_continuing: bool,
}

/// What a chat is doing, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatState {
    NeedsYou,
    /// Done and not looked at.
    Unread,
    /// Done and read.
    Done,
    Failed,
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ChatError {
    pub(crate) title: String,
    pub(crate) detail: String,
}

/// A prompt that opencode does not have yet.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Prompt {
    pub(crate) state: PromptState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromptState {
    Waiting,
    Sending,
    #[serde(other)]
    Other,
}

/// A permission or question that waits for an answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) kind: RequestKind,
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) details: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestKind {
    Permission,
    Question,
}

/// The last run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Run {
    pub(crate) message_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(crate) ended_at: Option<OffsetDateTime>,
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Completed,
    Failed,
    Interrupted,
    /// Stopped by the person, who knows.
    #[serde(other)]
    Other,
}

impl ChatView {
    /// Whether somebody looks at it now.
    pub(crate) fn is_viewed(&self) -> bool {
        self.viewers > 0
    }

    /// Whether its next prompt is on its way, so that what ended goes on by itself.
    pub(crate) fn goes_on(&self) -> bool {
        self.prompts.iter().any(|prompt| matches!(prompt.state, PromptState::Waiting | PromptState::Sending))
    }

    /// How long its last run took; `None` while that is not known.
    pub(crate) fn run_took(&self) -> Option<time::Duration> {
        let run = self.run.as_ref()?;
        Some(run.ended_at? - run.started_at)
    }

    /// The permissions and questions that wait for an answer.
    pub(crate) fn requests(&self) -> impl Iterator<Item = Notice> + '_ {
        self.requests.iter().map(|request| {
            let event = match request.kind {
                RequestKind::Permission => Event::Permission,
                RequestKind::Question => Event::Question,
            };
            let choices = Verdict::choices(event, &request.details);
            let ask = Ask { id: request.id.clone(), choices };
            let key = Key::of_request(event, &request.id);
            self.notice(key, event, &request.summary, Some(ask))
        })
    }

    /// How its last run ended, and when; `None` while it runs, or when its person stopped it.
    pub(crate) fn outcome(&self) -> Option<(Notice, OffsetDateTime)> {
        let told = self.run.as_ref().and_then(|run| match run.outcome? {
            Outcome::Completed => Some((run, Event::Done)),
            Outcome::Failed => Some((run, Event::Failed)),
            Outcome::Interrupted => Some((run, Event::Interrupted)),
            Outcome::Other => None,
        });
        // A chat can fail without a run: its clone, or the delivery of its prompt.
        let failed_without_run =
            self.state == ChatState::Failed && !matches!(told, Some((_, Event::Failed | Event::Interrupted)));
        if failed_without_run {
            let key = Key::of_outcome(Event::Failed, &self.id, &self.since.unix_timestamp().to_string());
            return Some((self.notice(key, Event::Failed, &self.failure(), None), self.since));
        }
        let (run, event) = told?;
        let text = match event {
            Event::Done => self.run_took().map_or("The run is done.".into(), |took| {
                format!("The run is done after {}.", in_words(took.whole_seconds()))
            }),
            Event::Interrupted => "The run was cut off, because opencode ended or was restarted.".into(),
            Event::Failed | Event::Permission | Event::Question => self.failure(),
        };
        let started = run.started_at.unix_timestamp().to_string();
        let key = Key::of_outcome(event, &self.id, run.message_id.as_deref().unwrap_or(&started));
        Some((self.notice(key, event, &text, None), run.ended_at.unwrap_or(self.since)))
    }

    fn failure(&self) -> String {
        match &self.error {
            None => "The run ended with an error.".into(),
            Some(error) if error.detail.is_empty() => error.title.clone(),
            Some(error) => error.detail.clone(),
        }
    }

    fn notice(&self, key: Key, event: Event, text: &str, ask: Option<Ask>) -> Notice {
        let named = self.title.as_deref().map(one_line).filter(|title| !title.is_empty());
        let title = named.or_else(|| self.repo.clone()).unwrap_or_else(|| "A chat".into());
        Notice {
            key,
            event,
            chat_id: self.id.clone(),
            title,
            repo: self.repo.clone(),
            text: one_line(text),
            ask,
        }
    }
}

fn in_words(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// All chats, as far as the relay knows them.
#[derive(Debug, Clone)]
pub(crate) struct Chats {
    by_id: BTreeMap<String, ChatView>,
    /// Whether the relay knows all there is. While it does not, what is not here may still be so.
    is_complete: bool,
}

impl Chats {
    /// These chats, which are all that there is to know if `is_complete`.
    pub(crate) fn new(chats: Vec<ChatView>, is_complete: bool) -> Self {
        Self { by_id: chats.into_iter().map(|chat| (chat.id.clone(), chat)).collect(), is_complete }
    }

    /// Whether what is not here is not so.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes a chat in place of what was known of it.
    pub(crate) fn put(&mut self, chat: ChatView) {
        self.by_id.insert(chat.id.clone(), chat);
    }

    /// Forgets a chat that was deleted.
    pub(crate) fn remove(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChatView> {
        self.by_id.values()
    }

    /// Whether the request certainly waits for no answer any more.
    pub(crate) fn has_answered(&self, request: &str) -> bool {
        let asks = |chat: &ChatView| chat.requests.iter().any(|pending| pending.id == request);
        self.is_complete && !self.iter().any(asks)
    }

    /// What the app's badge shows, by the page's own rule (`countWaiting` in `web/src/features/chats/status.ts`): the
    /// chats that wait for the person, and those that are done and not looked at, unless they were put away. `None`
    /// while the relay does not know all.
    pub(crate) fn badge(&self) -> Option<usize> {
        let counts = |chat: &&ChatView| match chat.state {
            ChatState::NeedsYou => true,
            ChatState::Unread => !chat.is_archived,
            ChatState::Done | ChatState::Failed | ChatState::Other => false,
        };
        self.is_complete.then(|| self.iter().filter(counts).count())
    }
}
