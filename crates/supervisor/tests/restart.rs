//! Restarting: what dies, what hangs, what always dies, and what is left of each.

use std::time::{Duration, Instant};

use crate::harness::{BACKENDS, World, is_alive, send, stat, wait_for, wait_until, zombies_of};
use nix::sys::signal::Signal::{SIGKILL, SIGSTOP};

#[test]
fn what_is_killed_is_back_at_once_each_time() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    for restarts in 1..=6 {
        let before = world.pid("auth");
        send(before, SIGKILL);
        let auth = wait_for("auth is back", || {
            world.service("auth").filter(|auth| auth["state"] == "running" && auth["restarts"] == restarts)
        });
        assert_ne!(auth["pid"], before);
        assert_eq!(auth["last_exit"]["signal"], 9);
        assert!(auth["last_exit"]["code"].is_null());
        assert_eq!(auth["last_exit"]["message"], "it was ended by SIGKILL");
    }
    // Never away for long: each start within the pause that a process gets which had been ready.
    let log = world.log();
    assert_eq!(log.matches("died").count(), 6, "{log}");
    assert_eq!(world.starts("caddy").len(), 1, "the others go on");
    wait_until("all is well again", || world.get("/admin/health").unwrap().0 == 200);
}

#[test]
fn an_end_by_any_signal_there_is_can_be_told() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    // A real-time signal, which has no name.
    let pid = world.pid("auth").to_string();
    assert!(std::process::Command::new("sh").args(["-c", "kill -34 $0", &pid]).status().unwrap().success());
    let auth = wait_for("auth is back", || world.service("auth").filter(|auth| auth["restarts"] == 1));
    assert_eq!(auth["last_exit"]["signal"], 34);
    assert_eq!(auth["last_exit"]["message"], "it was ended by signal 34");
    world.wait_for_state("auth", "running");
}

#[test]
fn one_that_is_busy_is_shown_and_left_alone() {
    let mut world = World::new();
    world.behave("git-manager", "busy");
    world.start();
    world.wait_until_ready();
    let pid = world.pid("git-manager");
    std::fs::write(world.path("busy.new"), "12").unwrap();
    std::fs::rename(world.path("busy.new"), world.path("git-manager.busy")).unwrap();
    world.wait_for_state("git-manager", "unresponsive");
    assert_eq!(world.get("/admin/health").unwrap().0, 503);
    let after = world.wait_for_state("git-manager", "running");
    assert_eq!((after["pid"].as_i64(), after["restarts"].as_u64()), (Some(pid.into()), Some(0)));
}

#[test]
fn one_that_dies_from_time_to_time_is_started_again() {
    let mut world = World::new();
    world.behave("git-manager", "die-after=0.3");
    world.start();
    let exit = wait_for("three restarts", || {
        world.service("git-manager").filter(|service| service["restarts"].as_u64() >= Some(3))
    });
    assert_eq!(exit["last_exit"]["code"], 7);
    assert_ne!(exit["state"], "failed", "it gets ready each time");
}

#[test]
fn one_that_always_dies_fails_visibly_and_the_rest_goes_on() {
    let mut world = World::new();
    world.behave("git-manager", "die");
    world.start();
    let failed = world.wait_for_state("git-manager", "failed");
    assert_eq!(failed["last_exit"]["code"], 3);
    assert_eq!(failed["last_exit"]["message"], "it ended with code 3: ocweb: THE_SETTING is not set: set it");
    assert!(failed["pid"].is_null());
    assert!(failed["next_start_at"].is_string(), "it is still tried again");
    // The gate has opened all the same.
    for name in ["opencode", "auth", "resource-monitor", "caddy"] {
        world.wait_for_state(name, "running");
    }
    let (status, _, problem) = world.get("/admin/health").unwrap();
    assert_eq!(status, 503);
    assert_eq!(problem["waiting_for"], serde_json::json!([{"name": "git-manager", "state": "failed"}]));
    // Five starts, each later than the one before by a growing pause.
    let starts = world.starts("git-manager");
    assert_eq!(starts.len(), 5);
    let pauses: Vec<_> = starts.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses[1] > 0.375 && pauses[2] > 0.75 && pauses[3] > 1.5, "{pauses:?}");
}

#[test]
fn one_that_cannot_be_started_fails_with_the_reason() {
    let mut world = World::new();
    let script = world.path("bin/ocweb-auth");
    std::fs::write(&script, "#!/nonexistent/interpreter\n").unwrap();
    world.start();
    let failed = world.wait_for_state("auth", "failed");
    let message = failed["last_exit"]["message"].as_str().unwrap();
    assert!(message.starts_with("it could not be started: No such file"), "{message}");
}

#[test]
fn one_that_stands_still_is_seen_within_ten_seconds_and_replaced() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let (opencode, auth) = (world.pid("opencode"), world.pid("auth"));
    let begin = Instant::now();
    send(opencode, SIGSTOP);
    send(auth, SIGSTOP);
    wait_until("both are killed", || !is_alive(opencode) && !is_alive(auth));
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
    for name in ["opencode", "auth"] {
        let back = world.wait_for_state(name, "running");
        assert_eq!(back["restarts"], 1);
        let message = back["last_exit"]["message"].as_str().unwrap();
        assert!(message.starts_with("it was killed because it hung: no answer within"), "{message}");
    }
    assert_eq!(world.starts("caddy").len(), 1);
}

#[test]
fn a_group_dies_with_its_leader_and_what_detached_itself_lives_on() {
    let mut world = World::new();
    world.behave("opencode", "detach group");
    world.start();
    world.wait_until_ready();
    let (detached, grouped) = (world.noted_pid("opencode.detached"), world.noted_pid("opencode.grouped"));
    assert!(is_alive(detached) && is_alive(grouped));
    world.behave("opencode", "");
    send(world.pid("opencode"), SIGKILL);
    wait_until("the group is gone", || !is_alive(grouped));
    wait_for("opencode is back", || world.service("opencode").filter(|service| service["restarts"] == 1));
    world.wait_for_state("opencode", "running");
    let supervisor = world.supervisor().pid;
    assert_eq!(stat(detached).map(|(_, parent)| parent), Some(supervisor), "an agent's own process lives on");
}

#[test]
fn orphans_that_come_to_us_are_buried() {
    let mut world = World::new();
    world.behave("opencode", "zombies");
    world.start();
    world.wait_until_ready();
    let supervisor = world.supervisor().pid;
    // Caddy is no backend.
    let own = BACKENDS.len() + 1;
    wait_until("only those that belong here are left", || world.marked().len() == own);
    wait_until("no zombies", || zombies_of(supervisor).is_empty());
}

#[test]
fn a_list_of_processes_follows_a_restart() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let before = world.pid("auth");
    send(before, SIGKILL);
    wait_until("the list names the new process", || {
        let text = std::fs::read(world.path("run/processes.json")).unwrap();
        let list: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let auth = list.iter().find(|process| process["name"] == "auth");
        auth.is_some_and(|process| process["pid"] != before)
    });
}

#[test]
fn one_that_is_restarted_on_purpose_is_back_at_once_and_did_not_die() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let before = world.pid("auth");
    assert_eq!(world.post("/admin/services/auth/restart"), 202);
    let auth = wait_for("auth is back", || {
        world.service("auth").filter(|auth| auth["state"] == "running" && auth["restarts"] == 1)
    });
    assert_ne!(auth["pid"], before);
    assert_eq!(world.post("/admin/services/auth/restart"), 202);
    wait_for("auth is back again", || {
        world.service("auth").filter(|auth| auth["state"] == "running" && auth["restarts"] == 2)
    });
    assert_eq!(world.post("/admin/services/nobody/restart"), 404);
    let log = world.log();
    assert!(!log.contains("died"), "{log}");
    assert_eq!(world.starts("caddy").len(), 1, "the others go on");
}
