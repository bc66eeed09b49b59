//! Backups by the clock: when they are made, what becomes of those that fail or hang, and what is told of them.

use std::{collections::BTreeMap, fs};

use crate::harness::{World, is_alive, stat, wait_for, wait_until};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// A world with what makes backups, which behaves like that, and settings that want them so often.
fn scheduled(behaviour: &str, hours: u32) -> (World, BTreeMap<String, String>) {
    let world = World::new();
    world.stand_in("backup", "ocweb");
    world.behave("backup", behaviour);
    let mut settings = world.environment();
    settings.insert("OCWEB_BACKUP_TO".into(), world.path("backups").display().to_string());
    settings.insert("OCWEB_BACKUP_EVERY_HOURS".into(), hours.to_string());
    (world, settings)
}

/// What is told of the last one.
fn told(world: &World) -> Option<Value> {
    Some(world.get("/admin/instance")?.2["backup"].clone())
}

/// Waits until that one failed, and what is told of it holds `words`.
#[track_caller]
fn wait_for_failure(world: &World, words: &str) -> Value {
    wait_for(&format!("a failure with {words}; log:\n{}", world.log()), || {
        told(world).filter(|backup| backup["reason"].as_str().is_some_and(|reason| reason.contains(words)))
    })
}

/// The times between the starts of the backups so far.
fn pauses(world: &World) -> Vec<f64> {
    world.starts("backup").windows(2).map(|two| two[1] - two[0]).collect()
}

fn in_words(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

#[test]
fn one_is_made_when_it_is_due_and_not_twice() {
    // Each is an hour old two seconds after it was made.
    let (mut world, mut settings) = scheduled("made=3598", 1);
    let memory = world.path("data/ocweb/supervisor/backup");
    fs::create_dir_all(&memory).unwrap();
    let due = OffsetDateTime::now_utc() + Duration::seconds(8);
    let last = json!({"last_success_at": in_words(due - Duration::HOUR), "size_bytes": 1, "failed_at": null, "reason": null});
    fs::write(memory.join("last.json"), last.to_string()).unwrap();
    settings.insert("OCWEB_BACKUP_PASSWORD".into(), "words".into());
    world.start_with(settings);
    world.wait_until_ready();
    wait_until("three backups", || world.starts("backup").len() >= 3);
    let due = (due - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
    assert!(world.starts("backup")[0] >= due, "{due}: {:?}", world.starts("backup"));
    assert!(pauses(&world).iter().all(|pause| *pause >= 1.99), "{:?}", pauses(&world));

    wait_until("it is told", || told(&world).is_some_and(|backup| backup["size_bytes"] == 7000));
    let backup = told(&world).unwrap();
    assert!(backup["last_success_at"].is_string() && backup["failed_at"].is_null(), "{backup}");
    let unheld = json!([{"repo": "octo/large", "session_id": "ses_1", "reason": "Its files are too large."}]);
    assert_eq!(backup["not_held"], unheld);
    let is_given = |name: &str| world.environment_of(name).contains_key("OCWEB_BACKUP_PASSWORD");
    assert!(is_given("backup") && !is_given("opencode") && !is_given("auth"));
}

#[test]
fn one_that_failed_is_told_and_tried_again_after_an_hour() {
    // The hour is over two seconds after it failed; a day is not.
    let (mut world, settings) = scheduled("broken=3598", 24);
    world.start_with(settings);
    let backup = wait_for_failure(&world, "The store is closed.");
    assert!(backup["failed_at"].is_string() && backup["last_success_at"].is_null(), "{backup}");
    wait_until("it is tried again", || world.starts("backup").len() >= 2);
    assert!(pauses(&world).iter().all(|pause| *pause >= 1.99), "{:?}", pauses(&world));
    world.behave("backup", "made=0");
    let backup = wait_for("one that worked", || told(&world).filter(|backup| backup["reason"].is_null()));
    assert!(backup["last_success_at"].is_string() && backup["failed_at"].is_null(), "{backup}");
    assert!(world.log().contains("the backup failed"), "{}", world.log());
}

#[test]
fn one_that_writes_nothing_down_is_told_by_how_it_ended() {
    let (mut world, settings) = scheduled("die", 1);
    world.start_with(settings);
    let said = "it ended with code 3: ocweb: THE_SETTING is not set: set it";
    let backup = wait_for_failure(&world, said);
    assert!(backup["failed_at"].is_string(), "{backup}");
    assert_eq!(world.starts("backup").len(), 1, "it is not tried again at once");

    let (mut world, settings) = scheduled("", 1);
    fs::write(world.path("bin/ocweb"), "#!/nonexistent/interpreter\n").unwrap();
    world.start_with(settings);
    wait_for_failure(&world, "could not be started: No such file");
}

#[test]
fn one_that_takes_too_long_is_ended_with_all_that_it_started() {
    let (mut world, mut settings) = scheduled("group hang", 1);
    settings.insert("OCWEB_BACKUP_LIMIT_SECONDS".into(), "2".into());
    world.start_with(settings);
    let grouped = world.noted_pid("backup.grouped");
    let (_, leader) = stat(grouped).unwrap();
    assert!(is_alive(leader) && leader != world.supervisor().pid);
    wait_for_failure(&world, "longer than it may: 2 s (OCWEB_BACKUP_LIMIT_SECONDS)");
    wait_until("all of it is gone", || !is_alive(leader) && !is_alive(grouped));
    assert_eq!(world.starts("backup").len(), 1, "it is not tried again at once");
}

#[test]
fn settings_that_cannot_be_meant_are_named() {
    for (name, value) in [("OCWEB_BACKUP_EVERY_HOURS", "-1"), ("OCWEB_BACKUP_LIMIT_SECONDS", "0")] {
        let (world, mut settings) = scheduled("", 1);
        settings.insert(name.into(), value.into());
        assert_eq!(world.command(settings, &[]).status().unwrap().code(), Some(3));
        assert!(world.log().starts_with(&format!("ocweb: {name} ")), "{}", world.log());
    }
    let (world, mut settings) = scheduled("", 1);
    settings.remove("OCWEB_BACKUP_TO");
    assert_eq!(world.command(settings, &[]).status().unwrap().code(), Some(3));
    assert!(world.log().contains("say where to"), "{}", world.log());
}
