//! The pages that are open, which chat each shows, and whether somebody looks.

use std::{
    collections::BTreeMap,
    str::FromStr,
    time::{Duration, Instant},
};

/// Who shows a chat says so every 15 s; a phone that does not has been put away.
const LOOKS_FOR: Duration = Duration::from_secs(40);

/// The most pages that are remembered.
const MOST: usize = 256;

/// The id that a page gave itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientId(String);

/// A text that cannot be a page's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A client's id is 1 to 64 letters, digits, - and _.")]
pub(crate) struct InvalidClientId;

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let valid = (1..=64).contains(&text.len()) && text.bytes().all(fits);
        if valid { Ok(Self(text.into())) } else { Err(InvalidClientId) }
    }
}

#[derive(Debug, Default)]
struct Client {
    /// The chat whose conversation its stream carries.
    shows: Option<String>,
    /// When somebody was last seen looking at it.
    looked_at: Option<Instant>,
    streams: usize,
}

/// The chats at which more or fewer devices look than before. For each it is to be counted anew.
pub(crate) type Affected = Vec<String>;

/// All pages.
#[derive(Debug, Default)]
pub(crate) struct Clients(BTreeMap<ClientId, Client>);

impl Clients {
    /// How many streams are open.
    pub(crate) fn stream_count(&self) -> usize {
        self.0.values().map(|client| client.streams).sum()
    }

    /// A page opened a stream, and says which chat it shows, unless it leaves that as it was.
    pub(crate) fn opened(&mut self, id: &ClientId, shows: Option<String>) {
        let client = self.0.entry(id.clone()).or_default();
        client.streams += 1;
        if shows.is_some() {
            client.shows = shows;
        }
    }

    /// A stream of a page ended. With its last one the page is gone.
    pub(crate) fn closed(&mut self, id: &ClientId) -> Affected {
        let Some(client) = self.0.get_mut(id) else { return Vec::new() };
        client.streams = client.streams.saturating_sub(1);
        if client.streams > 0 {
            return Vec::new();
        }
        self.0.remove(id).and_then(|client| client.shows).into_iter().collect()
    }

    /// Somebody looks at a chat on a page, or at none.
    pub(crate) fn look(&mut self, id: &ClientId, chat: Option<String>, now: Instant) -> Affected {
        if !self.0.contains_key(id) && self.0.len() >= MOST {
            self.0.pop_first();
        }
        let client = self.0.entry(id.clone()).or_default();
        let looked_before = client.looked_at.is_some();
        client.looked_at = chat.is_some().then_some(now);
        let before = std::mem::replace(&mut client.shows, chat.clone());
        if looked_before && before == chat {
            return Affected::new();
        }
        let left = before.filter(|before| Some(before) != chat.as_ref());
        left.into_iter().chain(chat).collect()
    }

    /// Forgets the looks of those who stopped saying so.
    pub(crate) fn expire(&mut self, now: Instant) -> Affected {
        let mut affected = Affected::new();
        for client in self.0.values_mut() {
            if client.looked_at.is_some_and(|at| now >= at + LOOKS_FOR) {
                client.looked_at = None;
                affected.extend(client.shows.clone());
            }
        }
        self.0.retain(|_, client| client.streams > 0 || client.looked_at.is_some());
        affected
    }

    /// On how many pages somebody looks at a chat.
    pub(crate) fn viewers(&self, chat: &str) -> usize {
        let looks = |client: &&Client| client.looked_at.is_some() && client.shows.as_deref() == Some(chat);
        self.0.values().filter(looks).count()
    }

    /// The chat that a page shows.
    pub(crate) fn shown(&self, id: &ClientId) -> Option<&str> {
        self.0.get(id)?.shows.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ClientId {
        text.parse().unwrap()
    }

    #[test]
    fn only_short_plain_ids() {
        for wrong in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(wrong.parse::<ClientId>(), Err(InvalidClientId), "{wrong}");
        }
    }

    #[test]
    fn a_stream_alone_is_nobody_who_looks() {
        let mut clients = Clients::default();
        clients.opened(&id("a"), Some("ses_1".into()));
        assert_eq!((clients.shown(&id("a")), clients.viewers("ses_1")), (Some("ses_1"), 0));
        let now = Instant::now();
        assert_eq!(clients.look(&id("a"), Some("ses_1".into()), now), ["ses_1"]);
        assert_eq!(clients.viewers("ses_1"), 1);
        clients.opened(&id("a"), None);
        assert_eq!(clients.closed(&id("a")), Affected::new());
        assert_eq!(clients.closed(&id("a")), ["ses_1"]);
        assert_eq!((clients.shown(&id("a")), clients.viewers("ses_1")), (None, 0));
    }

    #[test]
    fn a_look_ends_when_it_is_not_renewed_and_the_stream_carries_on() {
        let mut clients = Clients::default();
        let now = Instant::now();
        clients.opened(&id("a"), None);
        clients.look(&id("a"), Some("ses_1".into()), now);
        clients.look(&id("b"), Some("ses_1".into()), now);
        let renewed = clients.look(&id("b"), Some("ses_1".into()), now + Duration::from_secs(20));
        assert_eq!(renewed, Affected::new(), "a chat that was marked as unread meanwhile stays so");
        assert_eq!(clients.expire(now + Duration::from_secs(39)), Affected::new());
        assert_eq!(clients.expire(now + Duration::from_secs(41)), ["ses_1"]);
        assert_eq!((clients.viewers("ses_1"), clients.shown(&id("a"))), (1, Some("ses_1")));
        clients.expire(now + Duration::from_secs(61));
        assert_eq!((clients.viewers("ses_1"), clients.shown(&id("b"))), (0, None));
    }

    #[test]
    fn going_on_to_another_chat_concerns_both() {
        let mut clients = Clients::default();
        let now = Instant::now();
        clients.look(&id("a"), Some("ses_1".into()), now);
        assert_eq!(clients.look(&id("a"), Some("ses_2".into()), now), ["ses_1", "ses_2"]);
        assert_eq!(clients.look(&id("a"), None, now), ["ses_2"]);
        assert_eq!((clients.viewers("ses_1"), clients.viewers("ses_2")), (0, 0));
    }
}
