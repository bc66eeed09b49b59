//! The providers that opencode knows, made slim, and what takes up a change of them.
//!
//! opencode reads keys when it opens a directory, and never again: a directory that is open learns of a new provider
//! only once it is closed (`/instance/dispose`), which ends what runs in it. So a change is taken up directory by
//! directory, each as soon as no agent and no terminal is at work in it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ocweb_chat_state::State;
use ocweb_opencode_client::{Catalogue, CatalogueEntry, Client, Error as CallError};
use serde::Serialize;
use tokio::{sync::Notify, time::sleep};
use utoipa::ToSchema;

use crate::hub::Hub;

/// So long the list is given again without asking: opencode takes a second or two, and 6.4 MB.
const FRESH: Duration = Duration::from_secs(30);
/// How often it is looked whether a directory has come to rest.
const PAUSE: Duration = Duration::from_secs(3);
/// Of so many chats, the latest ones, the directories may be open.
const MOST_DIRECTORIES: usize = 64;

/// Where a provider's connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// A variable of opencode's environment.
    Environment,
    /// opencode's configuration.
    Configuration,
    /// A key that was handed to opencode.
    Key,
    /// A login, or nothing is needed.
    Other,
}

/// A provider of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CatalogueProvider {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The variables that would connect it.
    pub(crate) env: Vec<String>,
    pub(crate) connected: bool,
    /// Where the connection comes from; `null` without one.
    pub(crate) origin: Option<Origin>,
    /// How many models it has.
    pub(crate) models: usize,
}

/// What is known of providers.
pub(crate) struct Providers {
    client: Client,
    /// Held while opencode is asked, so that it is asked once for all who wait.
    latest: tokio::sync::Mutex<Option<(Instant, Arc<[CatalogueProvider]>)>>,
    due: Mutex<BTreeSet<PathBuf>>,
    came: Notify,
}

impl Providers {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, latest: tokio::sync::Mutex::default(), due: Mutex::default(), came: Notify::new() }
    }

    /// All providers, those that are connected first.
    pub(crate) async fn list(&self) -> Result<Arc<[CatalogueProvider]>, CallError> {
        let mut latest = self.latest.lock().await;
        if let Some((at, providers)) = &*latest
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(providers));
        }
        let providers: Arc<[_]> = slim(self.client.catalogue().await?).into();
        *latest = Some((Instant::now(), Arc::clone(&providers)));
        Ok(providers)
    }

    /// A provider was connected or disconnected. What names no directory knows of it when this returns, and new
    /// chats do; the answer is how many directories have to come to rest first.
    pub(crate) async fn changed(&self, hub: &Hub) -> Result<usize, CallError> {
        let own = PathBuf::from(self.client.own_directory().await?);
        let (resting, busy) = directories(hub);
        {
            let mut due = self.due();
            due.extend(resting);
            due.extend(busy.iter().cloned());
            due.insert(own.clone());
        }
        self.renew(&own, hub).await?;
        *self.latest.lock().await = None;
        self.came.notify_one();
        Ok(busy.len())
    }

    /// Takes changes up, for ever.
    pub(crate) async fn keep_renewing(self: Arc<Self>, hub: Arc<Hub>) {
        loop {
            let (_, busy) = directories(&hub);
            let due: Vec<_> = self.due().difference(&busy).cloned().collect();
            for directory in &due {
                match self.renew(directory, &hub).await {
                    // Tried again.
                    Err(error) if error.is_unavailable() => {}
                    Err(error) => {
                        tracing::warn!(%error, "a directory cannot be opened anew");
                        self.due().remove(directory);
                    }
                    Ok(()) => {}
                }
            }
            if self.due().is_empty() {
                self.came.notified().await;
            } else {
                sleep(PAUSE).await;
            }
        }
    }

    /// Has a directory opened anew when it is next used, if nothing is at work in it.
    async fn renew(&self, directory: &Path, hub: &Hub) -> Result<(), CallError> {
        let is_at_work = !self.client.busy_sessions(directory).await?.is_empty()
            || self.client.has_terminals(directory).await?
            // Last, and of what is known here: a prompt that came while opencode was asked is not cut off.
            || directories(hub).1.contains(directory);
        if !is_at_work {
            self.client.dispose(directory).await?;
            self.due().remove(directory);
        }
        Ok(())
    }

    fn due(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The directories of chats: in which nothing is at work, and in which something is.
fn directories(hub: &Hub) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
    let state = hub.look();
    let mut views: Vec<_> = state.world.views().collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.updated_at));
    let rests = |state| matches!(state, State::Unread | State::Done | State::Failed | State::Interrupted);
    let mut busy = BTreeSet::new();
    let mut resting = BTreeSet::new();
    for view in views.into_iter().take(MOST_DIRECTORIES) {
        let Some(directory) = &view.directory else { continue };
        if rests(view.state) { &mut resting } else { &mut busy }.insert(PathBuf::from(directory));
    }
    resting.retain(|directory| !busy.contains(directory));
    (resting, busy)
}

fn slim(catalogue: Catalogue) -> Vec<CatalogueProvider> {
    let Catalogue { all, connected } = catalogue;
    let mut providers: Vec<_> = all
        .into_iter()
        .map(|CatalogueEntry { id, name, source, env, model_count }| {
            let connected = connected.contains(&id);
            let origin = match source.as_str() {
                "env" => Origin::Environment,
                "config" => Origin::Configuration,
                "api" => Origin::Key,
                _ => Origin::Other,
            };
            CatalogueProvider {
                id,
                name,
                env,
                connected,
                origin: connected.then_some(origin),
                models: model_count,
            }
        })
        .collect();
    providers.sort_by(|one, other| (!one.connected, &one.name).cmp(&(!other.connected, &other.name)));
    providers
}
