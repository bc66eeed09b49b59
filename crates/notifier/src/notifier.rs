//! The notifier as a whole: follows the relay, has what it says reviewed, and sends.
//!
//! Two tasks. One keeps the chats as the relay says they stand, as long as a channel is on; the other
//! reviews them whenever something changed or a wait is over. Each delivery is a task of its own, so that a
//! slow receiver holds up nobody else.

mod actions;
mod devices;
mod sending;
mod watching;

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

pub(crate) use actions::ActError;
use ocweb_opencode_client::SessionId;
use ocweb_service::{Proxies, config::Folders, metrics::Readings, private_file};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    SERVICE,
    channel::{Channel, Target, web_push::VapidKey},
    chats::Chats,
    kept::Kept,
    ledger::Ledger,
    login::Logins,
    metrics::Counts,
    outbound::Outbound,
    relay::Relay,
    settings::{Change, InvalidSetting, Settings},
};

/// Something on the volume that the notifier cannot do without. Its text is a sentence.
#[derive(Debug, thiserror::Error)]
#[error("the notifier cannot use {}", path.display())]
pub struct StartError {
    path: PathBuf,
    source: io::Error,
}

/// Why the settings were not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error(transparent)]
    Invalid(#[from] InvalidSetting),
    /// They could not be written down, so the old ones hold.
    #[error("the change could not be written down")]
    NotWritten(#[from] io::Error),
}

/// The notifier; cloning it is cheap.
#[derive(Clone)]
pub struct Notifier(Arc<Inner>);

struct Inner {
    settings: Arc<Kept<Settings>>,
    ledger: Arc<Kept<Ledger>>,
    vapid: VapidKey,
    outbound: Outbound,
    relay: Relay,
    logins: Logins,
    /// As the relay last said; `None` before it said anything.
    chats: Mutex<Option<Chats>>,
    /// Until when a receiver wants to be left alone.
    not_before: Mutex<HashMap<Target, Instant>>,
    /// One change of the settings at a time.
    changing: tokio::sync::Mutex<()>,
    /// Something that a review depends on changed.
    changed: Notify,
    /// Whether the relay is to be followed may have changed.
    switched: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
    counts: Counts,
}

impl Notifier {
    /// Reads what is kept in the service's folder and goes on where it was, until `stop` is cancelled.
    pub fn start(folders: &Folders, proxies: Proxies, stop: CancellationToken) -> Result<Self, StartError> {
        let folder = folders.own(SERVICE);
        let failed = |path: &PathBuf| {
            let path = path.clone();
            move |source| StartError { path, source }
        };
        private_file::create_folder(&folder).map_err(failed(&folder))?;
        let [settings, ledger, vapid] =
            ["settings.json", "ledger.json", "vapid.key"].map(|name| folder.join(name));
        let notifier = Self(Arc::new(Inner {
            settings: Arc::new(Kept::open(&settings).map_err(failed(&settings))?),
            ledger: Arc::new(Kept::open(&ledger).map_err(failed(&ledger))?),
            vapid: VapidKey::open(&vapid).map_err(failed(&vapid))?,
            outbound: Outbound::new(proxies),
            relay: Relay::at(&folders.socket("event-relay")),
            logins: Logins::at(&folders.socket("auth")),
            chats: Mutex::default(),
            not_before: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            switched: Notify::new(),
            tasks: TaskTracker::new(),
            stop,
            counts: Counts::new(),
        }));
        notifier.resume_deliveries();
        notifier.0.tasks.spawn(notifier.clone().follow());
        notifier.0.tasks.spawn(notifier.clone().watch());
        notifier.0.tasks.close();
        Ok(notifier)
    }

    /// Waits until every task has ended; they end when the stop was asked for.
    pub async fn finished(&self) {
        self.0.tasks.wait().await;
    }

    /// Adds what was counted, and how many devices there are.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.0.counts.read_metrics(readings, self.ledger(|ledger| ledger.subscriptions().len()));
    }

    /// The settings as they are.
    pub(crate) fn settings(&self) -> Settings {
        self.0.settings.read(Clone::clone)
    }

    /// The key that browsers subscribe with.
    pub(crate) fn public_key(&self) -> String {
        self.0.vapid.public()
    }

    /// Changes the settings; when this returns they are on the disk.
    pub(crate) async fn change_settings(&self, change: Change) -> Result<Settings, ChangeError> {
        self.replace_settings(|settings| change.apply(settings)).await
    }

    /// Mutes a chat, or lets it be heard again.
    pub(crate) async fn mute(&self, chat: SessionId, is_muted: bool) -> Result<(), ChangeError> {
        let change = |settings: &Settings| {
            let mut new = settings.clone();
            if is_muted {
                new.muted_chats.insert(chat);
            } else {
                new.muted_chats.remove(&chat);
            }
            Ok(new)
        };
        self.replace_settings(change).await.map(|_| ())
    }

    async fn replace_settings(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings, InvalidSetting>,
    ) -> Result<Settings, ChangeError> {
        let _changing = self.0.changing.lock().await;
        let old = self.settings();
        let new = change(&old)?;
        self.0.settings.change(|settings| *settings = new.clone());
        if let Err(error) = self.0.settings.flush().await {
            self.0.settings.change(|settings| *settings = old);
            return Err(error.into());
        }
        self.settings_changed();
        Ok(new)
    }

    fn settings_changed(&self) {
        self.0.switched.notify_one();
        self.0.changed.notify_one();
    }

    /// The channels that notifications go to.
    fn channels(&self) -> Vec<Channel> {
        let subscriptions = self.0.ledger.read(|ledger| ledger.subscriptions().len());
        self.0.settings.read(|settings| settings.channels(subscriptions))
    }

    /// Looks at what is kept.
    pub(crate) fn ledger<R>(&self, look: impl FnOnce(&Ledger) -> R) -> R {
        self.0.ledger.read(look)
    }

    fn chats(&self) -> MutexGuard<'_, Option<Chats>> {
        self.0.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
