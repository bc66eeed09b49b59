//! Following the relay, and reviewing what it says.

use std::time::Duration;

use super::Notifier;
use crate::{
    channel::{Channel, Target},
    ledger::Ledger,
    relay::{StreamError, Update},
    review::{Moment, Waiting, review},
    subscription::Subscription,
};

/// The first wait before connecting anew; each further one is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often old records are forgotten.
const PRUNING: Duration = Duration::from_hours(1);

impl Notifier {
    /// Keeps the chats as the relay says they stand, while there is somebody to tell.
    pub(super) async fn follow(self) {
        let mut last = None;
        let mut wait = FIRST_WAIT;
        while !self.0.stop.is_cancelled() {
            if self.channels().is_empty() {
                // What was known grows old meanwhile: the next stream begins with a snapshot.
                last = None;
                *self.chats() = None;
                self.0.changed.notify_one();
                tokio::select! {
                    () = self.0.switched.notified() => {}
                    () = self.0.stop.cancelled() => {}
                }
                continue;
            }
            self.prepare_outbound().await;
            let Some(error) = self.read_stream(&mut last, &mut wait).await else { continue };
            // A relay that is restarted is no event; one that stays away is.
            if wait == LONGEST_WAIT {
                tracing::warn!(%error, "the event relay's stream was lost; connecting anew");
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.0.stop.cancelled() => {}
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Makes ready to send, so that the first notification is as quick as the others, and so that little time
    /// passes between writing an attempt down and making it.
    pub(super) async fn prepare_outbound(&self) {
        let notifier = self.clone();
        let prepared = tokio::task::spawn_blocking(move || notifier.0.outbound.prepare()).await;
        if let Ok(Err(error)) = prepared {
            tracing::error!(error, "no HTTP client could be made");
        }
    }

    /// Reads one stream to its end. `None` when it need not be read any more.
    async fn read_stream(&self, last: &mut Option<String>, wait: &mut Duration) -> Option<StreamError> {
        let mut stream = match self.0.relay.open(last.as_deref()).await {
            Ok(stream) => stream,
            Err(error) => return Some(error),
        };
        loop {
            let update = tokio::select! {
                update = stream.next() => update,
                () = self.0.stop.cancelled() => return None,
                () = self.0.switched.notified() => {
                    if self.channels().is_empty() {
                        return None;
                    }
                    continue;
                }
            };
            match update {
                Ok(update) => {
                    *wait = FIRST_WAIT;
                    self.take(update);
                    *last = stream.last().map(str::to_owned);
                }
                Err(error @ StreamError::Malformed(_)) => {
                    tracing::error!(%error, "the event relay's stream cannot be read");
                    *last = None;
                    *wait = LONGEST_WAIT;
                    return Some(error);
                }
                Err(error) => {
                    *last = stream.last().map(str::to_owned);
                    return Some(error);
                }
            }
        }
    }

    fn take(&self, update: Update) {
        let mut chats = self.chats();
        match (update, chats.as_mut()) {
            (Update::All(all), _) => *chats = Some(all),
            (Update::One(chat), Some(chats)) => chats.put(*chat),
            (Update::Removed(id), Some(chats)) => chats.remove(&id),
            // Before the first snapshot nothing is known to be changed.
            (Update::One(_) | Update::Removed(_), None) => {}
        }
        drop(chats);
        self.0.changed.notify_one();
    }

    /// Reviews the chats whenever something changed or a wait is over.
    pub(super) async fn watch(self) {
        let mut waiting = Waiting::default();
        loop {
            let again_in = self.review(&mut waiting);
            tokio::select! {
                () = self.0.changed.notified() => {}
                () = tokio::time::sleep(again_in) => {}
                () = self.0.stop.cancelled() => return,
            }
        }
    }

    /// One review. Answers when the next one is due although nothing changes.
    fn review(&self, waiting: &mut Waiting) -> Duration {
        let now = Moment::now();
        let channels = self.channels();
        let ledger = &self.0.ledger;
        if channels.is_empty() == ledger.read(Ledger::is_following) {
            ledger.change(|ledger| ledger.follow(Some(now.wall).filter(|_| !channels.is_empty())));
            self.write_soon();
        }
        let chats = self.chats();
        let Some(chats) = chats.as_ref().filter(|_| !channels.is_empty()) else {
            *waiting = Waiting::default();
            return PRUNING;
        };
        let settings = self.settings();
        let ruled = ledger.read(|ledger| review(chats, &settings, ledger, std::mem::take(waiting), now));
        let has_answered = ledger.read(|ledger| ledger.has_answered(chats));
        let again_in = ruled.again_in.unwrap_or(PRUNING);
        if !ruled.is_empty() || has_answered {
            let ids = ledger.change(|ledger| {
                ledger.drop_answered(chats, now.wall);
                ledger.prune(chats, now.wall);
                let targets = targets(&channels, ledger.subscriptions());
                ledger.record(ruled.settled, ruled.held_back, ruled.tell, &targets, now.wall)
            });
            if ids.is_empty() {
                self.write_soon();
            }
            // Each attempt writes before it sends, and with it what was recorded here.
            for id in ids {
                self.0.tasks.spawn(self.clone().deliver(id));
            }
        }
        *waiting = ruled.waiting;
        again_in
    }

    /// Writes the ledger, for what nobody waits for.
    fn write_soon(&self) {
        let ledger = self.0.ledger.clone();
        self.0.tasks.spawn(async move {
            if let Err(error) = ledger.flush().await {
                tracing::error!(%error, "what was handled could not be written down");
            }
        });
    }
}

/// Every receiver of these channels.
fn targets(channels: &[Channel], devices: &[Subscription]) -> Vec<Target> {
    let mut targets = Vec::new();
    for channel in channels {
        match channel {
            Channel::Ntfy => targets.push(Target::Ntfy),
            Channel::Discord => targets.push(Target::Discord),
            Channel::Webhook => targets.push(Target::Webhook),
            Channel::WebPush => {
                let ids = devices.iter().map(|device| device.id.clone());
                targets.extend(ids.map(|subscription| Target::WebPush { subscription }));
            }
        }
    }
    targets
}
