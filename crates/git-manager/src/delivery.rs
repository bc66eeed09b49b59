//! Takes prompts out of their outboxes and hands them to opencode, strictly in order in each chat.
//!
//! Whoever has a chat that is ready and a prompt that waits gets a worker; all that can change this is
//! noted in [`Changes`], so nobody has to remember to start one. `handover` sees to it that a prompt
//! arrives exactly once.

mod handover;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::handover::Outcome;
use crate::{
    changes::Changes,
    chats::{Chat, Chats, State},
    error::Error,
    prompts::{Prompt, Prompts},
    worktrees::Worktrees,
};

/// How long to wait after what was to be written down could not be.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// Delivers the prompts of all chats.
pub struct Delivery {
    chats: Arc<Chats>,
    prompts: Prompts,
    worktrees: Arc<Worktrees>,
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
        worktrees: Arc<Worktrees>,
        opencode: Client,
        settle: Duration,
        changes: &Arc<Changes>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (prompts, working) = (chats.prompts().clone(), Mutex::default());
        let delivery = Arc::new(Self { chats, prompts, worktrees, opencode, settle, working, tasks, stop });
        let mut follower = changes.follow();
        let dispatcher = Arc::clone(&delivery);
        delivery.tasks.spawn(async move {
            let dispatch = async {
                for chat in dispatcher.chats.list() {
                    dispatcher.look_at(&chat.id);
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
            while let Some((chat, prompt)) = self.next(id) {
                self.deliver(&chat, &prompt).await;
            }
            let mut working = self.lock();
            // Asked again under the lock: whoever brings a prompt now finds this worker, or starts another.
            if !self.is_due(id) {
                working.workers.remove(id);
                return;
            }
        }
    }

    /// The prompt that is to be delivered to a chat now.
    fn next(&self, id: &ChatId) -> Option<(Chat, Prompt)> {
        let chat = self.chats.get(id).ok().filter(|chat| chat.state == State::Ready)?;
        Some((chat, self.prompts.next(id)?))
    }

    /// Whether there is a prompt that is to be delivered to a chat now.
    fn is_due(&self, id: &ChatId) -> bool {
        self.prompts.has_next(id) && self.chats.get(id).is_ok_and(|chat| chat.state == State::Ready)
    }

    async fn deliver(&self, chat: &Chat, prompt: &Prompt) {
        let written = match self.hand_over(chat, prompt).await {
            Ok(Outcome::Withdrawn) => Ok(()),
            Ok(Outcome::Arrived) => {
                tracing::info!(chat = %chat.id, prompt = %prompt.id, "prompt delivered");
                self.prompts.delivered(&chat.id, prompt.id.clone()).await
            }
            // What stands in our way here is no reason to give the prompt up.
            Err(error @ (Error::DiskFull | Error::Internal(_))) => Err(error),
            Err(error) => {
                tracing::warn!(chat = %chat.id, prompt = %prompt.id, %error, "a prompt could not be delivered");
                self.prompts.fail(&chat.id, prompt.id.clone(), error).await
            }
        };
        if let Err(error) = written {
            tracing::error!(chat = %chat.id, prompt = %prompt.id, %error, "the state of a prompt could not be written down");
            tokio::time::sleep(AFTER_TROUBLE).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Working> {
        // Every change under this lock is one statement, so a panic cannot leave a half.
        self.working.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
