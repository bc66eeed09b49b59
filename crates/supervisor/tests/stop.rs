//! Stopping: in order, in time, by force when asked twice, and nobody is left behind.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use crate::harness::{self, BACKENDS, World, is_alive, stat, wait_for, wait_until, zombies_of};
use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGKILL, SIGTERM};

/// What a stop may take; the tests run beside others, so they allow a little more.
const STOP: Duration = Duration::from_millis(5500);

#[test]
fn a_stop_is_quick_in_order_and_leaves_nothing() {
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        let mut world = World::new();
        world.behave("opencode", "detach");
        // Whoever runs the tests may be ignoring one, and what is ignored at its start is no stop.
        world.start_by(world.environment(), &["env", "--default-signal"]);
        world.wait_until_ready();
        let begin = Instant::now();
        world.signal(signal);
        assert_eq!(world.wait_for_end().code(), Some(0));
        assert!(begin.elapsed() < STOP, "{:?}", begin.elapsed());
        assert_eq!(world.marked(), Vec::<i32>::new());
        assert!(!is_alive(world.noted_pid("opencode.detached")));
        assert!(!world.path("run/supervisor/socket").exists());
        let log = world.log();
        let at = |name: &str| {
            let stopped = |line: &str| line.contains("\"stopped\"") && line.contains(&format!("\"{name}\""));
            log.lines().position(stopped).unwrap_or_else(|| panic!("{name} did not stop:\n{log}"))
        };
        assert!(at("caddy") < at("auth") && at("auth") < at("opencode"), "{log}");
    }
}

#[test]
fn closing_the_terminal_is_no_stop_where_it_was_to_be_ignored() {
    let mut world = World::new();
    world.start_by(world.environment(), &["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]);
    world.wait_until_ready();
    world.signal(SIGHUP);
    // It has met the signal by the time it has done something else.
    let caddy = world.pid("caddy");
    harness::send(caddy, SIGKILL);
    wait_until("the supervisor is still at work", || world.pid("caddy") != caddy);
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0));
}

#[test]
fn a_stop_takes_no_longer_for_open_streams_and_those_who_ignore_it() {
    let mut world = World::new();
    world.behave("caddy", "stream");
    world.behave("auth", "ignore-term");
    world.behave("git-manager", "ignore-term");
    world.behave("opencode", "ignore-term detach");
    world.start();
    world.wait_until_ready();
    let streams: Vec<_> = (0..5).map(|_| world.open_stream()).collect();
    let begin = Instant::now();
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0), "{}", world.log());
    assert!(begin.elapsed() < STOP, "{:?}", begin.elapsed());
    assert_eq!(world.marked(), Vec::<i32>::new());
    drop(streams);
}

#[test]
fn nobody_has_to_read_the_log() {
    let mut world = World::new();
    let (_unread, mut full) = std::io::pipe().unwrap();
    // The capacity of a pipe: not one byte more fits in.
    full.write_all(&vec![b'\n'; 1 << 16]).unwrap();
    let mut command = world.command(world.environment(), &[]);
    let child = command.stderr(full).spawn().unwrap();
    let pid = child.id().cast_signed();
    world.adopt(child, pid);
    world.wait_until_ready();
    let begin = Instant::now();
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0));
    assert!(begin.elapsed() < STOP, "{:?}", begin.elapsed());
}

#[test]
fn a_second_signal_forces() {
    let mut world = World::new();
    for name in ["caddy", "auth", "opencode"] {
        world.behave(name, "ignore-term");
    }
    world.start();
    world.wait_until_ready();
    world.signal(SIGTERM);
    wait_until("the stop has begun", || world.state("caddy").as_deref() == Some("stopping"));
    let begin = Instant::now();
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0));
    // Caddy's grace alone would be 1.3 s, and those of the others come after it.
    assert!(begin.elapsed() < Duration::from_millis(2500), "{:?}", begin.elapsed());
    assert_eq!(world.marked(), Vec::<i32>::new());
    assert!(world.log().contains("by force"));
}

#[test]
fn a_stop_in_the_middle_of_a_start_leaves_nothing() {
    let mut world = World::new();
    world.behave("git-manager", "die");
    world.behave("auth", "silent");
    world.start();
    wait_until("a restart is pending", || world.starts("git-manager").len() >= 2);
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0));
    assert_eq!(world.marked(), Vec::<i32>::new());
    assert!(world.starts("caddy").is_empty());
}

#[test]
fn after_a_kill_the_children_die_and_the_next_start_clears_the_rest() {
    let mut world = World::new();
    world.behave("opencode", "detach");
    world.start();
    world.wait_until_ready();
    let detached = world.noted_pid("opencode.detached");
    let children: Vec<i32> = [
        "opencode",
        "auth",
        "github-gateway",
        "git-manager",
        "resource-monitor",
        "event-relay",
        "notifier",
        "caddy",
    ]
    .map(|name| world.pid(name))
    .into();
    world.signal(SIGKILL);
    world.wait_for_end();
    wait_until("the kernel has ended the children", || children.iter().all(|pid| !is_alive(*pid)));
    assert!(is_alive(detached), "what detached itself is there still");

    world.behave("opencode", "");
    world.start();
    world.wait_until_ready();
    assert!(!is_alive(detached), "the next start has cleared it");
    assert!(world.log().contains("an earlier run"));
    assert_eq!(world.get("/admin/health").unwrap().0, 200);
}

#[test]
fn leftovers_are_found_though_the_run_folder_is_another_now() {
    let mut world = World::new();
    world.behave("opencode", "detach");
    world.start();
    world.wait_until_ready();
    let detached = world.noted_pid("opencode.detached");
    world.signal(SIGKILL);
    world.wait_for_end();
    let mut environment = world.environment();
    environment.insert("OCWEB_RUN_DIR".into(), world.path("run2").display().to_string());
    world.behave("opencode", "");
    world.start_with(environment);
    world.wait_until_ready();
    assert!(!is_alive(detached));
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0));
}

#[test]
fn as_process_one_it_reaps_and_stops() {
    let wrapper = ["unshare", "--pid", "--fork", "--mount-proc"];
    let rootless = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    let works = |wrapper: &[&str]| {
        let mut command = std::process::Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg("true").output().is_ok_and(|output| output.status.success())
    };
    let Some(wrapper) = [&wrapper[..], &rootless[..]].into_iter().find(|wrapper| works(wrapper)) else {
        eprintln!("SKIPPED: this system lets nobody make a PID namespace, so being PID 1 was not tested");
        return;
    };
    let mut world = World::new();
    world.behave("opencode", "zombies detach");
    let child = world.command(world.environment(), wrapper).spawn().unwrap();
    let unshare = child.id().cast_signed();
    let pid = wait_for("the supervisor inside", || {
        harness::processes().find(|pid| stat(*pid).is_some_and(|(_, parent)| parent == unshare))
    });
    world.adopt(child, pid);
    world.wait_until_ready();
    // The supervisor, its backends and Caddy.
    wait_until("the orphans are gone", || world.marked().len() == BACKENDS.len() + 2);
    wait_until("no zombies", || zombies_of(pid).is_empty());
    let begin = Instant::now();
    world.signal(SIGTERM);
    assert_eq!(world.wait_for_end().code(), Some(0), "{}", world.log());
    assert!(begin.elapsed() < STOP, "{:?}", begin.elapsed());
    assert_eq!(world.marked(), Vec::<i32>::new());
}
