//! Takes prompts out of their outboxes and hands them to opencode, strictly in order in each chat.
//!
//! Whoever has a chat that is ready and a prompt that waits gets a worker; all that can change this is
//! noted in [`Changes`], so nobody has to remember to start one. `handover` sees to it that a prompt
//! arrives exactly once.

mod handover;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::handover::Outcome;
use crate::{
    changes::Changes,
    chats::Chats,
    error::Error,
    prompts::{Prompt, Prompts},
};

/// How long to wait after what was to be written down could not be.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// Delivers the prompts of all chats.
pub struct Delivery {
    chats: Arc<Chats>,
    prompts: Prompts,
    opencode: Client,
    /// How long a prompt may take from being sent to being stored.
    settle: Duration,
    working: Mutex<Working>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Default)]
struct Working {
    workers: HashMap<ChatId, Worker>,
    /// Chats that nothing may be delivered to, and how often each is held.
    held: HashMap<ChatId, usize>,
}

struct Worker {
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

/// While this lives, nothing is delivered to a chat.
pub struct Hold {
    delivery: Arc<Delivery>,
    chat: ChatId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut working = self.delivery.lock();
        if let Some(count) = working.held.get_mut(&self.chat) {
            *count -= 1;
            if *count == 0 {
                working.held.remove(&self.chat);
            }
        }
        drop(working);
        self.delivery.look_at(&self.chat);
    }
}

impl Delivery {
    /// Begins to deliver what waits, and goes on until `stop` is cancelled.
    pub fn start(
        chats: Arc<Chats>,
        opencode: Client,
        settle: Duration,
        changes: &Arc<Changes>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (prompts, working) = (chats.prompts().clone(), Mutex::default());
        let delivery = Arc::new(Self { chats, prompts, opencode, settle, working, tasks, stop });
        let mut follower = changes.follow();
        let dispatcher = Arc::clone(&delivery);
        delivery.tasks.spawn(async move {
            let dispatch = async {
                for chat in dispatcher.prompts.chats() {
                    dispatcher.look_at(&chat);
                }
                loop {
                    for chat in follower.next().await {
                        dispatcher.look_at(&chat);
                    }
                }
            };
            dispatcher.stop.run_until_cancelled(dispatch).await;
        });
        delivery
    }

    /// Delivers nothing to a chat for as long as the answer lives.
    pub async fn hold(self: &Arc<Self>, chat: &ChatId) -> Hold {
        let worker = {
            let mut working = self.lock();
            *working.held.entry(chat.clone()).or_default() += 1;
            working.workers.remove(chat)
        };
        let hold = Hold { delivery: Arc::clone(self), chat: chat.clone() };
        if let Some(worker) = worker {
            worker.cancel.cancel();
            // A panic in it was logged; the worker is gone in any case.
            let _ = worker.task.await;
        }
        hold
    }

    /// Gives a chat a worker if it needs one and has none.
    fn look_at(self: &Arc<Self>, chat: &ChatId) {
        let mut working = self.lock();
        if !self.is_due(chat) || working.held.contains_key(chat) {
            return;
        }
        // One that ended in a panic is still there.
        if working.workers.get(chat).is_some_and(|worker| !worker.task.is_finished()) {
            return;
        }
        let cancel = self.stop.child_token();
        let (delivery, token, id) = (Arc::clone(self), cancel.clone(), chat.clone());
        let task = self.tasks.spawn(async move {
            // Cancelled at any point: the ledger tells where to go on.
            let _ = token.run_until_cancelled(Box::pin(delivery.work(&id))).await;
        });
        working.workers.insert(chat.clone(), Worker { cancel, task });
    }

    async fn work(&self, id: &ChatId) {
        loop {
            while let Some((directory, prompt)) = self.next(id) {
                self.deliver(id, directory, &prompt).await;
            }
            let mut working = self.lock();
            // Asked again under the lock: whoever brings a prompt now finds this worker, or starts another.
            if !self.is_due(id) {
                working.workers.remove(id);
                return;
            }
        }
    }

    /// The prompt that is to be delivered to a chat now, and the folder that it runs in.
    fn next(&self, id: &ChatId) -> Option<(PathBuf, Prompt)> {
        Some((self.chats.ready_directory(id)?, self.prompts.next(id)?))
    }

    /// Whether there is a prompt that is to be delivered to a chat now.
    fn is_due(&self, id: &ChatId) -> bool {
        self.prompts.has_next(id) && self.chats.ready_directory(id).is_some()
    }

    async fn deliver(&self, chat: &ChatId, directory: PathBuf, prompt: &Prompt) {
        let written = match self.hand_over(chat, directory, prompt).await {
            Ok(Outcome::Withdrawn) => Ok(()),
            Ok(Outcome::Arrived) => {
                tracing::info!(%chat, prompt = %prompt.id, "prompt delivered");
                self.prompts.delivered(chat, prompt.id.clone()).await
            }
            // What stands in our way here is no reason to give the prompt up.
            Err(error @ (Error::DiskFull | Error::Internal(_))) => Err(error),
            Err(error) => {
                tracing::warn!(%chat, prompt = %prompt.id, %error, "a prompt could not be delivered");
                self.prompts.fail(chat, prompt.id.clone(), error).await
            }
        };
        if let Err(error) = written {
            tracing::error!(%chat, prompt = %prompt.id, %error, "the state of a prompt could not be written down");
            tokio::time::sleep(AFTER_TROUBLE).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Working> {
        // Every change under this lock is one statement, so a panic cannot leave a half.
        self.working.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
