//! The looks: each at the facts alone, and `None` where nothing is found or nothing is known.

use rustix::process::Signal;
use serde_json::Value;

use super::Facts;

/// Free room below which the volume counts as nearly full, as the share of all: one part of so many.
const ROOM: u64 = 20;

/// Free memory below which it counts as nearly used up: one part of so many.
const MEMORY: u64 = 12;

/// How long a small file may take to the disk, in seconds.
const WRITE_SECONDS: f64 = 2.0;

/// Restarts after which a process counts as one that falls again and again.
const FALLS: u64 = 3;

pub(super) fn settings(facts: &Facts) -> Option<String> {
    facts.settings.clone()
}

pub(super) fn parts(facts: &Facts) -> Option<String> {
    facts.parts.clone()
}

pub(super) fn port(facts: &Facts) -> Option<String> {
    facts.port.clone()
}

pub(super) fn not_running(facts: &Facts) -> Option<String> {
    facts.not_running.clone()
}

pub(super) fn process_down(facts: &Facts) -> Option<String> {
    let down = facts.services.iter().filter(|service| service["state"] != "running").map(|service| {
        let how = service["last_exit"]["message"].as_str().map(|how| format!(": {how}")).unwrap_or_default();
        format!("{} is {}{how}", text(&service["name"]), text(&service["state"]))
    });
    some(&down.collect::<Vec<_>>())
}

pub(super) fn falls(facts: &Facts) -> Option<String> {
    // One that was restarted on purpose ended with code 0, or by the signal that asks for it.
    let fell = |service: &&Value| {
        let exit = &service["last_exit"];
        service["restarts"].as_u64() >= Some(FALLS)
            && (exit["signal"].as_i64().is_some_and(|signal| signal != i64::from(Signal::TERM.as_raw()))
                || exit["code"].as_i64() > Some(0))
    };
    let falling = facts.services.iter().filter(fell).map(|service| {
        let how = text(&service["last_exit"]["message"]);
        format!("{} was started again {} times; {how}", text(&service["name"]), service["restarts"])
    });
    some(&falling.collect::<Vec<_>>())
}

pub(super) fn agent_is_root(facts: &Facts) -> Option<String> {
    facts.instance["agent_is_root"].as_str().map(str::to_owned)
}

pub(super) fn no_provider(facts: &Facts) -> Option<String> {
    missing(facts, |name| name.contains("provider"))
}

pub(super) fn no_token(facts: &Facts) -> Option<String> {
    missing(facts, |name| name == "GITHUB_TOKEN")
}

fn missing(facts: &Facts, is_it: impl Fn(&str) -> bool) -> Option<String> {
    list(&facts.instance["missing"])
        .find(|missing| is_it(text(&missing["name"])))
        .map(|missing| text(&missing["name"]).to_owned() + " is not set")
}

pub(super) fn github(facts: &Facts) -> Option<String> {
    facts.github.clone().filter(|_| no_token(facts).is_none())
}

pub(super) fn waits_for_you(facts: &Facts) -> Option<String> {
    chats(facts, "needs_you")
}

pub(super) fn interrupted(facts: &Facts) -> Option<String> {
    chats(facts, "interrupted")
}

pub(super) fn provider_refuses(facts: &Facts) -> Option<String> {
    let retrying = list(&facts.status["chats"]).filter(|chat| chat["state"] == "retrying");
    some(
        &retrying
            .map(|chat| format!("{}: {}", title(chat), text(&chat["retry"]["message"])))
            .collect::<Vec<_>>(),
    )
}

fn chats(facts: &Facts, state: &str) -> Option<String> {
    some(&list(&facts.status["chats"]).filter(|chat| chat["state"] == state).map(title).collect::<Vec<_>>())
}

fn title(chat: &Value) -> String {
    chat["title"].as_str().or(chat["id"].as_str()).unwrap_or_default().to_owned()
}

pub(super) fn opencode_down(facts: &Facts) -> Option<String> {
    (facts.status["instance"]["opencode"] == "down").then(|| "it is down".into())
}

pub(super) fn memory(facts: &Facts) -> Option<String> {
    let (available, total) = facts.memory?;
    (available < total / MEMORY).then(|| format!("{} of {} are left", size(available), size(total)))
}

pub(super) fn left_behind(facts: &Facts) -> Option<String> {
    let orphans = list(&facts.processes["processes"]).filter(|process| process["orphan"] == true);
    some(
        &orphans
            .map(|orphan| format!("{} ({})", text(&orphan["command"]), orphan["pid"]))
            .collect::<Vec<_>>(),
    )
}

pub(super) fn disk(facts: &Facts) -> Option<String> {
    let volume = facts.volume?;
    (volume.available < volume.total / ROOM)
        .then(|| format!("{} of {} are left", size(volume.available), size(volume.total)))
}

pub(super) fn volume(facts: &Facts) -> Option<String> {
    match facts.write.as_ref()? {
        Ok(took) if took.as_secs_f64() < WRITE_SECONDS => None,
        Ok(took) => Some(format!("a small file took {:.1} s", took.as_secs_f64())),
        Err(error) => Some(error.clone()),
    }
}

pub(super) fn no_channel(facts: &Facts) -> Option<String> {
    let settings = facts.notifications.as_object()?;
    let enabled = |channel: &str| settings.get(channel).is_some_and(|channel| channel["enabled"] == true);
    let devices = list(&facts.subscriptions["subscriptions"]).count();
    let reaches =
        ["ntfy", "discord", "webhook"].into_iter().any(enabled) || (enabled("web_push") && devices > 0);
    (!reaches).then(|| "no device and no channel".into())
}

pub(super) fn no_address(facts: &Facts) -> Option<String> {
    let settings = &facts.notifications;
    let leads = ["ntfy", "discord"].into_iter().any(|channel| settings[channel]["enabled"] == true);
    (leads && settings["public_url"].is_null()).then(|| "the address is not set".into())
}

pub(super) fn channel_fails(facts: &Facts) -> Option<String> {
    let mut seen = Vec::new();
    let mut failing = Vec::new();
    // The latest first; what was held back or is still tried says nothing.
    for entry in list(&facts.notification_log["entries"]) {
        let outcome = text(&entry["outcome"]);
        if !matches!(outcome, "sent" | "failed") || seen.contains(&&entry["channel"]) {
            continue;
        }
        seen.push(&entry["channel"]);
        if outcome == "failed" {
            failing.push(format!("{}: {}", text(&entry["channel"]), text(&entry["detail"])));
        }
    }
    some(&failing)
}

pub(super) fn database(facts: &Facts) -> Option<String> {
    let times = facts.databases_set_aside;
    (times > 0).then(|| format!("{times} times; opencode-state/damaged has them"))
}

pub(super) fn repairs(facts: &Facts) -> Option<String> {
    let repaired = list(&facts.repairs["repairs"]).map(|repair| {
        let lost = list(&repair["lost"]).count();
        let lost = if lost == 0 { "nothing lost".into() } else { format!("{lost} things lost") };
        format!("{}, {lost}", repair["repo"].as_str().unwrap_or("a clone"))
    });
    some(&repaired.collect::<Vec<_>>())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn some(found: &[String]) -> Option<String> {
    (!found.is_empty()).then(|| found.join("; "))
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!("{} GB", bytes >> 30) } else { format!("{} MB", bytes >> 20) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::{examine, facts::Volume};
    use super::*;

    fn found(facts: &Facts) -> Vec<&'static str> {
        examine(facts).iter().map(|finding| finding.cause).collect()
    }

    #[test]
    fn of_a_machine_of_which_nothing_is_known_nothing_is_said() {
        assert_eq!(found(&Facts::default()), [""; 0]);
    }

    #[test]
    fn each_fact_is_seen_as_its_cause() {
        let facts = Facts {
            services: vec![
                json!({"name": "auth", "state": "failed", "restarts": 5, "last_exit": {"code": 1, "message": "no disk"}}),
                json!({"name": "caddy", "state": "running", "restarts": 9, "last_exit": {"code": 0}}),
            ],
            instance: json!({"missing": [{"name": "GITHUB_TOKEN"}, {"name": "A model provider key"}],
                "agent_is_root": "user 65521 cannot reach /root/ocweb"}),
            status: json!({
                "instance": {"opencode": "down"},
                "chats": [{"state": "needs_you", "title": "Fix it"}, {"state": "interrupted", "id": "ses_1"},
                    {"state": "retrying", "title": "Wait", "retry": {"message": "no money"}}],
            }),
            github: Some("401".into()),
            volume: Some(Volume { available: 1, total: 100 }),
            write: Some(Ok(Duration::from_secs(3))),
            memory: Some((1, 100)),
            databases_set_aside: 1,
            ..Facts::default()
        };
        let expected = [
            "process-down",
            "waits-for-you",
            "no-provider",
            "provider-refuses",
            "opencode-down",
            "interrupted",
            "falls-again-and-again",
            "memory",
            "disk",
            "volume",
            "no-token",
            "database",
            "agent-is-root",
        ];
        assert_eq!(found(&facts), expected);
        let finding = &examine(&facts)[0];
        assert_eq!((finding.found.as_str(), finding.fault), ("auth is failed: no disk", true));
    }

    #[test]
    fn a_restart_that_was_asked_for_is_no_fall() {
        let ended = |signal: i32| Facts {
            services: vec![
                json!({"name": "caddy", "state": "running", "restarts": 9, "last_exit": {"signal": signal, "message": "killed"}}),
            ],
            ..Facts::default()
        };
        assert_eq!(falls(&ended(15)), None);
        assert_eq!(falls(&ended(9)).unwrap(), "caddy was started again 9 times; killed");
    }

    #[test]
    fn the_last_outcome_of_a_channel_counts() {
        let entry =
            |channel: &str, outcome: &str| json!({"channel": channel, "outcome": outcome, "detail": "403"});
        let log = |entries: Vec<Value>| Facts {
            notification_log: json!({ "entries": entries }),
            ..Facts::default()
        };
        let mended = log(vec![entry("ntfy", "retrying"), entry("ntfy", "sent"), entry("ntfy", "failed")]);
        assert_eq!(channel_fails(&mended), None);
        let failing = log(vec![entry("discord", "failed"), entry("ntfy", "sent")]);
        assert_eq!(channel_fails(&failing).unwrap(), "discord: 403");
    }
}
