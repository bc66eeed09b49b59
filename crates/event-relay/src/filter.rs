//! Which events a client is told.

use std::sync::Arc;

use ocweb_chat_state::ChatView;

/// The chat that an event happened in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The id of the chat.
    pub(crate) chat: Arc<str>,
    /// `owner/name`, where that is known.
    pub(crate) repo: Option<Arc<str>>,
}

/// Whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everybody.
    Everybody,
    /// Who wants to know how this chat is.
    Chat(Place),
    /// Who reads along in this chat.
    Conversation(Place),
}

/// What a client asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only this chat, with its subagents.
    pub(crate) chat: Option<String>,
    /// Only this repository.
    pub(crate) repo: Option<String>,
}

/// Whose conversation a client reads along in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading<'a> {
    /// A program's: all of them.
    All,
    /// A page's: that of the chat it shows, if any.
    Of(Option<&'a str>),
}

impl Filter {
    /// Whether an event goes to the client.
    pub(crate) fn lets_pass(&self, scope: &Scope, reading: Reading<'_>) -> bool {
        match scope {
            Scope::Everybody => true,
            Scope::Chat(place) => self.wants(&place.chat, place.repo.as_deref()),
            Scope::Conversation(place) => {
                self.wants(&place.chat, place.repo.as_deref())
                    && match reading {
                        Reading::All => true,
                        Reading::Of(chat) => chat == Some(&*place.chat),
                    }
            }
        }
    }

    /// Whether a chat belongs into the client's snapshot.
    pub(crate) fn shows(&self, chat: &ChatView) -> bool {
        self.wants(&chat.id, chat.repo.as_deref())
    }

    fn wants(&self, chat: &str, repo: Option<&str>) -> bool {
        self.chat.as_deref().is_none_or(|wanted| wanted == chat)
            && self.repo.as_deref().is_none_or(|wanted| Some(wanted) == repo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination() {
        let place = |chat: &str, repo: Option<&str>| Place { chat: chat.into(), repo: repo.map(Into::into) };
        let here = place("ses_1", Some("a/b"));
        let chat = Scope::Chat(here.clone());
        let conversation = Scope::Conversation(here);
        let elsewhere = Scope::Conversation(place("ses_2", None));
        let filter = |chat: Option<&str>, repo: Option<&str>| Filter {
            chat: chat.map(Into::into),
            repo: repo.map(Into::into),
        };
        let all = filter(None, None);
        let this = Reading::Of(Some("ses_1"));
        for (filter, scope, reading, expected) in [
            (&all, &Scope::Everybody, Reading::Of(None), true),
            (&all, &chat, Reading::Of(None), true),
            (&all, &conversation, Reading::Of(None), false),
            (&all, &conversation, this, true),
            (&all, &conversation, Reading::All, true),
            (&all, &elsewhere, this, false),
            (&filter(Some("ses_1"), None), &conversation, Reading::All, true),
            (&filter(Some("ses_1"), None), &elsewhere, Reading::All, false),
            (&filter(Some("ses_2"), None), &chat, Reading::All, false),
            (&filter(Some("ses_2"), None), &Scope::Everybody, Reading::All, true),
            (&filter(None, Some("a/b")), &chat, Reading::All, true),
            (&filter(None, Some("a/c")), &chat, Reading::All, false),
            (&filter(None, Some("a/b")), &elsewhere, Reading::All, false),
            (&filter(Some("ses_1"), Some("a/b")), &conversation, this, true),
        ] {
            assert_eq!(filter.lets_pass(scope, reading), expected, "{filter:?} {scope:?} {reading:?}");
        }
    }
}
