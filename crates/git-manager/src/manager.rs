//! The parts put together, and what has to happen before the first request.

use std::{future::Future, sync::Arc, time::Duration};

use ocweb_opencode_client::{Client, SessionId as ChatId, folder_aside};
use ocweb_service::metrics::Readings;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, SERVICE,
    access::Access,
    backup::{Backups, Returning},
    changes::Changes,
    chats::{Chat, Chats, State},
    clones::Clones,
    conversations::Conversations,
    delivery::Delivery,
    error::Error,
    garbage::{self, Collected},
    git::{Git, Leftovers, LeftoversError, Progress},
    names::SessionId,
    proposals::Proposals,
    removal::Removal,
    repair::Repairs,
    saved::Saved,
    setup::Setups,
    shipping::{Parts, Shipping},
    underway::Underway,
    view::View,
    worktrees::Worktrees,
};

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder is in use.
    #[error(transparent)]
    Leftovers(#[from] LeftoversError),
    /// A client for HTTP could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// A folder could not be made or read.
    #[error("cannot use the data folder: {0}")]
    Io(#[from] std::io::Error),
    /// What an earlier run left could not be put in order.
    #[error("cannot put in order what an earlier run left: {0}")]
    Repair(#[from] Error),
}

/// The whole domain. Cheap to clone.
#[derive(Clone)]
pub struct Manager {
    pub(crate) backups: Arc<Backups>,
    pub(crate) clones: Arc<Clones>,
    pub(crate) worktrees: Arc<Worktrees>,
    pub(crate) chats: Arc<Chats>,
    pub(crate) changes: Arc<Changes>,
    pub(crate) repairs: Arc<Repairs>,
    pub(crate) stop: CancellationToken,
    pub(crate) view: Arc<View>,
    pub(crate) proposals: Arc<Proposals>,
    pub(crate) shipping: Arc<Shipping>,
    removal: Removal,
    opencode: Client,
    tasks: TaskTracker,
}

impl Manager {
    /// Takes the data folder, puts in order what an earlier run left, and goes on with its chats.
    /// All background work ends when `stop` is cancelled.
    pub async fn start(config: &Config, stop: CancellationToken) -> Result<Self, StartError> {
        let own = config.folders.own(SERVICE);
        std::fs::create_dir_all(&own)?;
        let git = Arc::new(Git::new(config, &own, Leftovers::end(&own)?)?);
        let tasks = TaskTracker::new();
        let opencode = Client::new(config.opencode_url.clone(), config.opencode_password.clone())?
            .supervised_in(&config.folders.run);
        let underway = Arc::new(Underway::default());
        let clones = Arc::new(Clones::open(
            &config.folders.repositories(),
            own.join("clones"),
            Arc::clone(&git),
            Arc::clone(&underway),
            tasks.clone(),
            stop.clone(),
        )?);
        let access =
            Access::new(config.folders.agent_configuration().join("git"), clones.folder().to_owned(), config);
        let worktrees = Arc::new(Worktrees::open(
            &config.folders.worktrees(),
            own.join("worktrees"),
            Arc::clone(&git),
            access,
            underway,
        )?);
        let repairs = Repairs::open(&own, &config.folders.data, &clones, &worktrees, &git, &tasks, &stop)?;
        let returning = Returning::open(&own, config, &clones, &worktrees, &git)?;
        let changes = Arc::new(Changes::default());
        let chats = Arc::new(Chats::open(
            &own,
            Arc::clone(&changes),
            Arc::clone(&clones),
            Arc::clone(&worktrees),
            Arc::clone(&repairs),
            Setups::open(&own.join("setup"), Arc::clone(&git), config)?,
            Conversations::open(own.join("conversations"), opencode.clone(), config)?,
            returning.clone(),
            opencode.clone(),
            tasks.clone(),
            stop.clone(),
        )?);
        // Repaired before anything is made or delivered.
        put_in_order(&clones, &worktrees).await?;
        worktrees.lead_if_possible();
        repairs.look_at_all();
        resume(&chats, &changes, returning, &tasks, &stop);
        let delivery = Delivery::start(
            Arc::clone(&chats),
            opencode.clone(),
            Duration::from_secs(config.settle_seconds),
            &changes,
            tasks.clone(),
            stop.clone(),
        );
        let view = Arc::new(View::new(
            Arc::clone(&git),
            Arc::clone(&clones),
            Arc::clone(&chats),
            Arc::clone(&worktrees),
            Arc::clone(&repairs),
        ));
        let aside = folder_aside(&config.folders.agent_state());
        let proposals = Arc::new(Proposals::new(Arc::clone(&view), opencode.clone(), aside));
        clean_up(&proposals, &tasks, &stop);
        let parts = Parts {
            git: Arc::clone(&git),
            clones: Arc::clone(&clones),
            worktrees: Arc::clone(&worktrees),
            chats: Arc::clone(&chats),
            delivery: Arc::clone(&delivery),
            opencode: opencode.clone(),
        };
        let shipping = Arc::new(Shipping::open(parts, &own)?);
        let removal = Removal {
            clones: Arc::clone(&clones),
            worktrees: Arc::clone(&worktrees),
            chats: Arc::clone(&chats),
            changes: Arc::clone(&changes),
            repairs: Arc::clone(&repairs),
            delivery,
            saved: Saved::start(own.join("saved"), config, &tasks, &stop)?,
            git,
            opencode: opencode.clone(),
            run: config.folders.run.clone(),
        };
        Ok(Self {
            backups: Arc::new(Backups::open(removal.clone(), own.join("backup"))?),
            clones,
            worktrees,
            chats,
            changes,
            repairs,
            stop,
            view,
            proposals,
            shipping,
            removal,
            opencode,
            tasks,
        })
    }

    /// What was saved before it was deleted.
    pub(crate) fn saved(&self) -> &Saved {
        &self.removal.saved
    }

    /// Does something that must come to its end even when the request that began it is cut.
    pub(crate) async fn detached<T, F>(&self, work: impl FnOnce(Removal) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.to_its_end(work(self.removal.clone())).await
    }

    /// The same for what deletes nothing.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.tasks.spawn(work).await;
        done.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
    }

    /// How far the step is that a chat's creation is at, where it takes a while. A clone or a fetch may go on for several.
    pub(crate) fn progress(&self, chat: &Chat) -> Option<Progress> {
        match chat.state {
            State::Cloning => Some(self.clones.progress(&chat.repo).unwrap_or_default()),
            State::Fetching => self.clones.progress(&chat.repo),
            State::AddingWorktree => self.worktrees.progress(&chat.repo, &SessionId::from(&chat.id)),
            State::Queued | State::SettingUp | State::CreatingSession | State::Ready | State::Failed => None,
        }
    }

    /// The same of all chats of which there is something to tell.
    pub(crate) fn all_progress(&self) -> Vec<(ChatId, Progress)> {
        let chats = self.chats.list().into_iter();
        chats.filter_map(|chat| Some((self.progress(&chat)?, chat.id))).map(|(now, id)| (id, now)).collect()
    }

    /// Adds what was counted.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.clones.read_metrics(readings);
        self.opencode.read_metrics(readings);
    }

    /// Waits until all background work has ended, after `stop` was cancelled.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Goes on with what an earlier run did not finish, and with what a backup brought.
fn resume(
    chats: &Arc<Chats>,
    changes: &Arc<Changes>,
    returning: Option<Arc<Returning>>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    chats.resume();
    if let Some(returning) = returning {
        returning.go_on(chats, changes, tasks, stop);
    }
}

/// Ends what a killed run left of proposals, in the background.
fn clean_up(proposals: &Arc<Proposals>, tasks: &TaskTracker, stop: &CancellationToken) {
    let (proposals, stop) = (Arc::clone(proposals), stop.clone());
    tasks.spawn(async move { stop.run_until_cancelled(proposals.clean_up()).await });
}

/// Removes half-made clones, and settles worktrees that were being added or deleted.
async fn put_in_order(clones: &Clones, worktrees: &Worktrees) -> Result<(), Error> {
    for (name, session) in worktrees.unfinished()? {
        let clone = clones.exclusive(&name).await;
        // One damaged clone must not keep the others from being served; the next start tries again.
        if let Err(error) = worktrees.repair(&clone, &session).await {
            tracing::error!(repository = %name, %session, %error, "a worktree that was left unfinished stays so");
        }
    }
    let mut found = Collected::default();
    for folder in [clones.folder(), worktrees.folder()] {
        garbage::leftovers(folder, |_| true, false, &api_reason, &mut found).await;
    }
    if !found.removed.is_empty() {
        tracing::warn!(count = found.removed.len(), "removed what a killed run left half-made");
    }
    Ok(())
}

fn api_reason(error: &Error) -> String {
    error.to_string()
}
