//! Fault 18, opencode's half: a damaged database, under the real opencode.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::World;
use nix::sys::signal::Signal;
use serde_json::Value;

fn opencode() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/opencode").canonicalize().unwrap()
}

fn database(world: &World) -> PathBuf {
    world.path("data/opencode-state/data/opencode/opencode.db")
}

/// Runs SQL with opencode's own `SQLite`, and gives the last statement's first value.
fn sql(world: &World, statements: &[&str]) -> String {
    let script = "import { Database } from 'bun:sqlite'; const [path, ...all] = process.argv.slice(1); \
                  const opened = new Database(path); let read = []; \
                  for (const each of all) read = opened.query(each).values(); \
                  console.log(String(read[0]?.[0])); opened.close();";
    let mut command = Command::new(opencode());
    let command = command.env("BUN_BE_BUN", "1").args(["-e", script]).arg(database(world)).args(statements);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Starts everything with the real opencode, waits until it answers, and ends it.
fn run_once(world: &mut World) {
    let mut environment = world.environment();
    environment.insert("OCWEB_OPENCODE_BIN".into(), opencode().display().to_string());
    world.start_with(environment);
    world.wait_until_ready();
    assert_eq!(world.service("opencode").unwrap()["restarts"], 0, "{}", world.log());
    world.signal(Signal::SIGTERM);
    world.wait_for_end();
}

/// What was set aside, the latest last.
fn aside(world: &World) -> Vec<PathBuf> {
    let folders = fs::read_dir(world.path("data/opencode-state/damaged")).into_iter().flatten().flatten();
    let mut folders: Vec<_> = folders.map(|folder| folder.path()).collect();
    folders.sort();
    folders
}

/// Puts this in the database's place, starts once, and gives the notice. What was there is set aside as it was.
fn found(world: &mut World, content: &[u8]) -> Value {
    let before = aside(world).len();
    fs::write(database(world), content).unwrap();
    run_once(world);
    let folders = aside(world);
    assert_eq!(folders.len(), before + 1, "{}", world.log());
    let folder = folders.last().unwrap();
    assert!(fs::read(folder.join("opencode.db")).unwrap() == content, "it is set aside as it was");
    let notice: Value = serde_json::from_slice(&fs::read(folder.join("notice.json")).unwrap()).unwrap();
    assert_eq!(notice["aside"], folder.display().to_string());
    assert_eq!(sql(world, &["PRAGMA integrity_check"]), "ok");
    notice
}

#[test]
fn a_damaged_database_is_set_aside_and_what_can_be_read_of_it_is_kept() {
    let mut world = World::new();
    run_once(&mut world);
    sql(
        &world,
        &[
            "INSERT INTO project (id, worktree, time_created, time_updated, sandboxes) VALUES ('p', '/p', 1, 1, '[]')",
            "INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated) \
             VALUES ('ses_1', 'p', 's', '/p', 'Kept', '1', 1, 1)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
             INSERT INTO message SELECT 'msg_' || i, 'ses_1', i, i, json_object('x', hex(randomblob(200))) FROM n",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ],
    );
    run_once(&mut world);
    assert_eq!(aside(&world), Vec::<PathBuf>::new(), "what is whole is left alone: {}", world.log());
    let sound = {
        sql(&world, &["PRAGMA wal_checkpoint(TRUNCATE)"]);
        fs::read(database(&world)).unwrap()
    };
    let messages = "SELECT count(*) FROM message";

    // A page among the messages, over which opencode would start and then answer 500.
    let mut torn = sound.clone();
    let middle = torn.len() / 2 / 4096 * 4096;
    torn[middle..middle + 4096].fill(0xa5);
    let notice = found(&mut world, &torn);
    assert_eq!(sql(&world, &["SELECT title FROM session"]), "Kept", "{notice}");
    let kept: u32 = sql(&world, &[messages]).parse().unwrap();
    assert!((1000..2000).contains(&kept), "{kept} {notice}");
    assert!(notice["lost"][0].as_str().unwrap().contains("of messages"), "{notice}");
    assert!(notice["done"][0].as_str().unwrap().contains("1 conversations"), "{notice}");

    // Cut off at its end, of which SQLite by itself reads nothing.
    let notice = found(&mut world, &sound[..sound.len() * 3 / 4]);
    assert!(notice["found"][0].as_str().unwrap().contains("was damaged"), "{notice}");
    assert_eq!(sql(&world, &["SELECT title FROM session"]), "Kept", "{notice}");

    // Nothing to be had: a beginning, garbage, nothing at all.
    for content in [&sound[..50], b"no database ".repeat(400).as_slice(), b""] {
        let notice = found(&mut world, content);
        assert!(notice["lost"][0].as_str().unwrap().starts_with("All conversations."), "{notice}");
        assert_eq!(sql(&world, &[messages]), "0");
    }

    // Killed between setting aside and putting in place.
    let salvaged = database(&world).with_extension("db.salvaged");
    fs::write(&salvaged, &sound).unwrap();
    fs::write(database(&world), &torn).unwrap();
    let before = aside(&world).len();
    run_once(&mut world);
    assert_eq!((sql(&world, &[messages]).as_str(), aside(&world).len()), ("2000", before));
    assert!(!salvaged.exists());
}

#[test]
fn the_look_runs_nothing_that_the_agent_left_where_opencode_begins() {
    let mut world = World::new();
    run_once(&mut world);
    let script = world.path("agents.js");
    // opencode itself may take notice of it.
    let text = "if (process.env.BUN_BE_BUN) require('node:fs').writeFileSync(process.env.HOME + '/ran', '');";
    fs::write(&script, text).unwrap();
    let bunfig = format!("preload = [{:?}]\n", script.display().to_string());
    fs::write(world.path("data/opencode-state/empty/bunfig.toml"), bunfig).unwrap();
    run_once(&mut world);
    assert!(!world.path("data/opencode-state/home/ran").exists());
}
