//! What Prometheus is told of chats: how many do what, what waits for the person, and what models cost.

use ocweb_chat_state::{RequestKind, State};
use ocweb_service::metrics::{Readings, number};

use crate::{Relay, hub, instance::Opencode};

impl Relay {
    /// Adds what is known now.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.hub.look().read_metrics(readings);
        self.opencode.read_metrics(readings);
    }
}

impl hub::State {
    fn read_metrics(&self, readings: &mut Readings) {
        let chats = || self.world.views().filter(|chat| !chat.archived);
        readings.gauges(
            "ocweb_chats",
            "Chats that are not archived, by what they are doing.",
            State::ALL
                .map(|state| ([("state", state.name())], count(chats().filter(|chat| chat.state == state)))),
        );
        readings.gauge(
            "ocweb_prompts_waiting",
            "Prompts that opencode does not have yet, because their chat is at work, opencode is down, or they were refused.",
            count(chats().flat_map(|chat| &chat.prompts)),
        );
        let requests = self.world.requests();
        let of_kind = |kind| count(requests.iter().filter(|request| request.kind == kind));
        readings.gauges(
            "ocweb_requests_waiting",
            "Permissions and questions in the inbox, which wait for the person.",
            [
                ([("kind", "permission")], of_kind(RequestKind::Permission)),
                ([("kind", "question")], of_kind(RequestKind::Question)),
            ],
        );
        // The oldest comes first. Where nothing waits there is no such time.
        readings.gauges::<0, String>(
            "ocweb_oldest_request_timestamp_seconds",
            "When the person was asked what waits in the inbox for the longest time, in seconds since 1970.",
            requests.first().map(|request| ([], seconds(request.asked_at.unix_timestamp()))),
        );
        readings.gauge(
            "ocweb_opencode_connected",
            "1 while opencode's stream of events is followed, 0 while it is not.",
            f64::from(u8::from(self.instance.opencode == Opencode::Up)),
        );
        readings.gauge(
            "ocweb_opencode_sessions",
            "Sessions of opencode that are known, subagents' included: the latest 500 at its start, and what came since.",
            number(self.world.session_count() as u64),
        );
        readings.gauge(
            "ocweb_event_streams",
            "Streams of events that pages and programs have open.",
            number(self.clients.stream_count() as u64),
        );
        self.spending.read_metrics(readings);
    }
}

fn count(items: impl Iterator) -> f64 {
    number(items.count() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
fn seconds(timestamp: i64) -> f64 {
    timestamp as f64
}
