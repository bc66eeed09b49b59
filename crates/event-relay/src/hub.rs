//! Where everything meets: what comes in changes the world and the ring, and what goes out is read from them.
//!
//! Nothing in here waits. All of it happens under one lock, so that a number always stands for one state.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ocweb_chat_state::{Change, ChatView, World};
use ocweb_opencode_client::{is_aside, whole_characters};
use serde::Serialize;
use time::OffsetDateTime;
use tokio::{
    sync::{Notify, watch},
    time::timeout_at,
};

use crate::{
    clients::{Affected, Clients},
    files,
    filter::{Place, Scope},
    instance::{Instance, InstanceDisk, Opencode},
    ring::Ring,
    slim::{Outgoing, Slimmer},
    spending::Spending,
    upstream::{Event, Parser},
};

/// The most sessions that are to be asked for because an event named them.
const MOST_STRANGERS: usize = 256;
/// So long after the start a client may wait for the first that is known.
const START: Duration = Duration::from_secs(3);

/// The state, and how others hear that it changed.
pub(crate) struct Hub {
    state: Mutex<State>,
    /// Something may have been added to the ring.
    ring_changed: watch::Sender<()>,
    /// Whether opencode and git-manager have both said what there is.
    is_complete: watch::Sender<bool>,
    /// Until when that is waited for.
    complete_by: tokio::time::Instant,
    /// Something may have to be stored.
    pub(crate) memory_changed: Notify,
    /// A session was named that nothing is known of.
    pub(crate) stranger_came: Notify,
}

/// All that is known.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) ring: Ring,
    pub(crate) clients: Clients,
    pub(crate) instance: Instance,
    pub(crate) slimmer: Slimmer,
    pub(crate) spending: Spending,
    /// The repositories of the chats that are shown.
    repositories: BTreeMap<String, Arc<str>>,
    /// Sessions that events named and that nothing is known of.
    strangers: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Own<'a> {
    Chat { chat: &'a ChatView },
    ChatRemoved { id: &'a str },
    Instance { instance: &'a Instance },
}

impl Hub {
    pub(crate) fn new(world: World, spending: Spending, disk: InstanceDisk) -> Self {
        let instance = Instance { opencode: Opencode::Down, since: OffsetDateTime::now_utc(), disk };
        let state = State {
            world,
            ring: Ring::new(),
            clients: Clients::default(),
            instance,
            slimmer: Slimmer::default(),
            spending,
            repositories: BTreeMap::new(),
            strangers: BTreeSet::new(),
        };
        Self {
            state: Mutex::new(state),
            ring_changed: watch::Sender::new(()),
            is_complete: watch::Sender::new(false),
            complete_by: tokio::time::Instant::now() + START,
            memory_changed: Notify::new(),
            stranger_came: Notify::new(),
        }
    }

    /// Looks at the state.
    pub(crate) fn look(&self) -> MutexGuard<'_, State> {
        // A panic while it was held left at worst one event half taken in.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells everybody what came of it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, OffsetDateTime) -> T) -> T {
        let mut state = self.look();
        let (before, was_complete) = (state.ring.head(), state.world.is_complete());
        let now = OffsetDateTime::now_utc();
        let result = change(&mut state, now);
        state.publish_changes(now);
        let is_complete = state.world.is_complete();
        if is_complete && !was_complete {
            // Who was shown what there was before takes all of it anew.
            state.begin_epoch();
        }
        let (changed, strangers) = (state.ring.head() != before, !state.strangers.is_empty());
        drop(state);
        self.is_complete.send_if_modified(|known| is_complete && !std::mem::replace(known, true));
        if changed {
            self.ring_changed.send_replace(());
        }
        if strangers {
            self.stranger_came.notify_one();
        }
        self.memory_changed.notify_one();
        result
    }

    /// Hears of each change of the ring.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.ring_changed.subscribe()
    }

    /// Waits a while for what is not known yet: a page that is shown half of the chats at a start takes the others
    /// for deleted.
    pub(crate) async fn completed(&self) {
        let mut is_complete = self.is_complete.subscribe();
        // Who stays away is said in what follows; the sender lives as long as we do.
        let _ = timeout_at(self.complete_by, is_complete.wait_for(|is_complete| *is_complete)).await;
    }

    /// Takes in bytes of opencode's stream.
    pub(crate) fn take_bytes(&self, parser: &mut Parser, bytes: &[u8]) {
        self.change(|state, now| {
            parser.push(bytes, |data| {
                if !Event::is_noise(data)
                    && let Some(event) = Event::read(&files::addressed(whole_characters(data)))
                {
                    // What we ourselves ask a model beside the chats is paid for, too.
                    if event.kind == "message.updated" {
                        state.spending.note(event.properties.get());
                    }
                    if !is_aside(&*event.directory) {
                        state.take(&event, now);
                    }
                }
            });
        });
    }

    /// When something that waits has to go.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.look().slimmer.deadline()
    }

    /// Sends what has waited long enough.
    pub(crate) fn send_due(&self) {
        self.change(|state, _| {
            let due = state.slimmer.due(Instant::now());
            state.send(due);
        });
    }

    /// Counts anew how many look at chats.
    pub(crate) fn change_clients<T>(&self, change: impl FnOnce(&mut Clients) -> (Affected, T)) -> T {
        self.change(|state, _| {
            let (affected, result) = change(&mut state.clients);
            for chat in affected {
                // One that is not known yet is counted when it appears.
                if state.world.view(&chat).is_some() {
                    let viewers = state.clients.viewers(&chat);
                    state.world.set_viewers(&chat, viewers);
                }
            }
            result
        })
    }
}

impl State {
    fn take(&mut self, event: &Event<'_>, now: OffsetDateTime) {
        if let Some(news) = ocweb_chat_state::Event::read(&event.kind, event.properties.get()) {
            self.world.apply(news, &event.directory, now);
        }
        if let Some(session) = event.session() {
            let is_stranger = event.kind != "session.deleted" && !self.world.knows_session(&session);
            if is_stranger && self.strangers.len() < MOST_STRANGERS {
                self.strangers.insert(session.into_owned());
            } else if matches!(&*event.kind, "session.idle" | "session.deleted") {
                self.slimmer.forget_session(&session);
            }
        }
        if event.is_forwarded() {
            let outgoing = self.slimmer.take(event, Instant::now());
            self.send(outgoing);
        }
    }

    /// The sessions that nothing is known of, each told once.
    pub(crate) fn take_strangers(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.strangers)
    }

    /// Brings the ring up to what is known of a session.
    pub(crate) fn flush(&mut self, session: &str) {
        let waiting = self.slimmer.flush(session, Instant::now());
        self.send(waiting);
    }

    fn send(&mut self, outgoing: impl IntoIterator<Item = Outgoing>) {
        for Outgoing { session, json } in outgoing {
            let scope = Scope::Conversation(self.place(self.world.chat_of(&session)));
            self.ring.push(scope, &json);
        }
    }

    fn place(&self, chat: &str) -> Place {
        Place { chat: chat.into(), repo: self.repositories.get(chat).cloned() }
    }

    /// Puts what has become of the chats into the ring.
    fn publish_changes(&mut self, now: OffsetDateTime) {
        for change in self.world.take_changes(now) {
            match change {
                Change::Changed(view) => {
                    // Somebody may have looked at it before it was known.
                    let viewers = self.clients.viewers(&view.id);
                    if viewers != view.viewers {
                        self.world.set_viewers(&view.id, viewers);
                    }
                    if let Some(repo) = &view.repo {
                        self.repositories.insert(view.id.clone(), repo.as_str().into());
                    }
                    self.push(Scope::Chat(self.place(&view.id)), &Own::Chat { chat: &view });
                }
                Change::Removed(id) => {
                    self.push(Scope::Chat(self.place(&id)), &Own::ChatRemoved { id: &id });
                    self.repositories.remove(&id);
                }
            }
        }
    }

    /// Changes what is known of opencode and the volume.
    pub(crate) fn set_instance(&mut self, opencode: Opencode, disk: InstanceDisk, now: OffsetDateTime) {
        let is_news = opencode != self.instance.opencode || disk.differs_from(&self.instance.disk);
        if opencode != self.instance.opencode {
            self.instance.since = now;
        }
        self.instance.opencode = opencode;
        if is_news {
            self.instance.disk = disk;
            let instance = self.instance.clone();
            self.push(Scope::Everybody, &Own::Instance { instance: &instance });
        }
    }

    /// Events may have been missed: everybody takes a snapshot.
    pub(crate) fn begin_epoch(&mut self) {
        self.slimmer = Slimmer::default();
        self.ring.begin_epoch();
    }

    fn push(&mut self, scope: Scope, own: &Own<'_>) {
        match serde_json::to_string(own) {
            Ok(json) => self.ring.push(scope, &json),
            // Texts, numbers and times of this century always have a JSON form.
            Err(error) => tracing::error!(%error, "a change could not be told"),
        }
    }
}
