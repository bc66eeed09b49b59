//! A fresh working copy is set up before its agent begins, and whatever goes wrong with that keeps no chat from beginning.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{self, Bench, Service, commit, eventually, git};
use reqwest::StatusCode;
use serde_json::{Value, json};

const REPOSITORY: &str = "demo/hello-web";

/// Has the repository say something of its own about its setup.
fn commit_setup(bench: &Bench, said: &str) {
    let bare = bench.folder.path().join(format!("github/repositories/{REPOSITORY}.git"));
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
    let work = work.path().join("w");
    fs::create_dir(work.join(".ocweb")).unwrap();
    fs::write(work.join(".gitignore"), ".env\n").unwrap();
    fs::write(work.join(".ocweb/setup.json"), said).unwrap();
    commit(&work, "more");
    git(&work, &["push", "--quiet", "origin", "HEAD"]);
}

async fn begun(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    (id, PathBuf::from(chat["directory"].as_str().unwrap()))
}

async fn setup_of(service: &Service, id: &str) -> Value {
    service.get(&format!("/admin/chats/{id}/setup")).await["setup"].clone()
}

async fn set(service: &Service, settings: Value) -> StatusCode {
    let path = format!("/admin/repos/{REPOSITORY}/setup");
    service.send(reqwest::Method::PUT, &path, Some(settings)).await.0
}

fn texts(setup: &Value) -> String {
    let steps = setup["steps"].as_array().unwrap().iter();
    steps.map(|step| step["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_repository_and_the_person_say_is_done() {
    let mut bench = Bench::new().await;
    bench.set(
        "OCWEB_AGENT_ENVIRONMENT",
        &json!({"PATH": std::env::var("PATH").unwrap(), "HOME": "/nowhere"}).to_string(),
    );
    commit_setup(&bench, r#"{"copy": [".env", "local/key"], "run": "echo theirs"}"#);
    let service = bench.service().await;
    service.clone_repository(REPOSITORY).await;
    fs::write(bench.clone_path(REPOSITORY).join(".env"), "FROM=clone").unwrap();
    let settings = json!({"files": [{"path": "local/key", "text": "mine"}], "copy": [], "command":
        "printf '\\033[31mred\\033[0m\\n'; env; pwd; ls -A; touch made", "follow_repository": true});
    assert_eq!(set(&service, settings.clone()).await, StatusCode::NO_CONTENT);
    let shown = service.get(&format!("/admin/repos/{REPOSITORY}/setup")).await;
    assert_eq!((&shown["settings"], &shown["committed"]["run"]), (&settings, &json!("echo theirs")));

    let (id, directory) = begun(&service).await;
    assert_eq!(fs::read_to_string(directory.join(".env")).unwrap(), "FROM=clone");
    assert_eq!(fs::read_to_string(directory.join("local/key")).unwrap(), "mine");
    assert!(directory.join("made").exists());
    let setup = setup_of(&service, &id).await;
    assert_eq!((&setup["state"], &setup["command"]["source"]), (&json!("succeeded"), &json!("settings")));
    let output = setup["output"].as_str().unwrap();
    assert!(output.contains("\u{1b}[31mred") && output.contains(directory.to_str().unwrap()), "{output}");
    assert!(output.contains("HOME=/nowhere") && output.contains(".env"), "{output}");
    assert!(!output.contains("password") && !output.contains("GATEWAY_SECRET"), "{output}");
    assert!(texts(&setup).contains("local/key was written. Git does not ignore it"), "{setup}");
    assert_eq!(bench.opencode.memory().texts(&id), [["go"]], "of a success the agent is not told");
    support::deleted_anyway(&service, &format!("/admin/chats/{id}")).await;
    assert_eq!(setup_of(&service, &id).await, json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_shown_and_told_and_the_chat_begins() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"copy": ["missing"], "run": "echo so far; echo why >&2; exit 3"}"#);
    let service = bench.service().await;
    let (id, _) = begun(&service).await;
    let setup = setup_of(&service, &id).await;
    assert_eq!((&setup["state"], &setup["output"]), (&json!("failed"), &json!("so far\nwhy\n")));
    assert!(texts(&setup).contains("missing was not copied"), "{setup}");
    assert!(texts(&setup).contains("The command failed: exit status: 3."), "{setup}");
    let told = bench.opencode.memory().texts(&id);
    assert_eq!((told[0][0].as_str(), told[0].len()), ("go", 2), "{told:?}");
    assert!(told[0][1].contains("exit status: 3") && told[0][1].contains("why"), "{told:?}");
    for message in &bench.opencode.memory().messages {
        assert!(message.parts.values().any(|part| part["synthetic"] == true), "the person is not shown it");
    }
    // Once is enough.
    service.prompt(&id, "msg_0199aaaaaaaaaaaaaaaaaaaaaa", "next").await;
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id)[1], ["next"]);

    // What is not understood is said too.
    commit_broken(&bench);
    let (id, _) = begun(&service).await;
    let setup = setup_of(&service, &id).await;
    assert!(texts(&setup).contains(".ocweb/setup.json cannot be followed"), "{setup}");
    for wrong in [
        json!({"files": [{"path": "../x", "text": ""}], "command": null}),
        json!({"copy": [".git/config"], "command": null}),
        json!({"command": "x".repeat(9000)}),
    ] {
        assert!(set(&service, wrong).await.is_client_error());
    }
}

fn commit_broken(bench: &Bench) {
    bench.push_to_remote(REPOSITORY, "main", "other");
    let bare = bench.folder.path().join(format!("github/repositories/{REPOSITORY}.git"));
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
    let work = work.path().join("w");
    fs::write(work.join(".ocweb/setup.json"), "{").unwrap();
    commit(&work, "broken");
    git(&work, &["push", "--quiet", "origin", "HEAD"]);
}

/// The processes whose working directory is below a folder.
fn running_in(folder: &Path) -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_its_time_its_chat_or_when_it_is_skipped() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_SETUP_LIMIT_SECONDS", "2");
    // It detaches a part of itself, which has to end with it.
    commit_setup(&bench, r#"{"run": "echo begun; setsid sleep 1000 & sleep 1000"}"#);
    let mut service = bench.service().await;
    let (id, directory) = begun(&service).await;
    assert!(texts(&setup_of(&service, &id).await).contains("not done after 2 s"));
    eventually("nothing of it runs on", async || (running_in(&directory) == 0).then_some(())).await;

    service.kill();
    bench.set("OCWEB_SETUP_LIMIT_SECONDS", "1000");
    let service = bench.service().await;
    let begin = async || {
        let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
        eventually("its output is shown while it runs", async || {
            let setup = setup_of(&service, &id).await;
            (setup["state"] == "running" && setup["output"] == "begun\n").then_some(())
        })
        .await;
        let chat = service.get(&format!("/admin/chats/{id}")).await;
        assert_eq!(chat["state"], "setting_up");
        (id, PathBuf::from(chat["directory"].as_str().unwrap()))
    };
    let (id, directory) = begin().await;
    let (status, _) = service.post(&format!("/admin/chats/{id}/setup/skip"), json!({})).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert!(texts(&setup_of(&service, &id).await).contains("skipped"));
    assert_eq!(running_in(&directory), 0);

    let (id, directory) = begin().await;
    let (status, problem) = service.delete(&format!("/admin/chats/{id}?force=true")).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{problem}");
    eventually("nothing of it runs on", async || (running_in(&directory) == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_refused_does_not_cut_it_off() {
    let bench = Bench::new().await;
    let proof = bench.folder.path().join("runs");
    let said = json!({"run": format!("echo $$ >> {}; exec sleep 1000", proof.display())});
    commit_setup(&bench, &said.to_string());
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    let runs = || fs::read_to_string(&proof).unwrap_or_default();
    let pid = eventually("it runs", async || runs().strip_suffix('\n').map(str::to_owned)).await;
    support::refused(&service, &format!("/admin/chats/{id}"), "prompts-waiting").await;
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(!command.is_empty(), "it goes on");
    assert_eq!(setup_of(&service, &id).await["state"], "running");
    assert_eq!(runs().trim(), pid, "and was not begun anew");
    support::deleted_anyway(&service, &format!("/admin/chats/{id}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_by_a_restart_it_is_begun_once_more() {
    let bench = Bench::new().await;
    let proof = bench.folder.path().join("runs");
    let said = json!({"run": format!("echo run >> {}; setsid sleep 1000 & sleep 1000", proof.display())});
    commit_setup(&bench, &said.to_string());
    let mut service = bench.service().await;
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    let runs = || fs::read_to_string(&proof).unwrap_or_default().lines().count();
    let mut directory = PathBuf::new();
    for run in 1..=2 {
        eventually("it runs", async || (runs() == run).then_some(())).await;
        let chat = service.get(&format!("/admin/chats/{id}")).await;
        directory = PathBuf::from(chat["directory"].as_str().unwrap());
        service.kill();
        service = bench.service().await;
    }
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(runs(), 2);
    assert!(texts(&setup_of(&service, &id).await).contains("cut off twice"));
    eventually("nothing of it runs on", async || (running_in(&directory) == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_and_tried_again_it_begins_from_nothing() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"run": "echo begun; test -e ../go || sleep 1000"}"#);
    let service = bench.service().await;
    let settings = json!({"files": [{"path": ".env", "text": "SECRET"}], "command": null});
    assert_eq!(set(&service, settings).await, StatusCode::NO_CONTENT);
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    eventually("it runs", async || (setup_of(&service, &id).await["output"] == "begun\n").then_some(()))
        .await;
    let (status, chat) = service.post(&format!("/admin/chats/{id}/cancel"), json!({})).await;
    assert_eq!((status, &chat["state"]), (StatusCode::OK, &json!("failed")), "{chat}");
    assert_eq!(setup_of(&service, &id).await, json!(null), "it is gone with the working copy");
    fs::write(bench.data().join("projects/worktrees/go"), "").unwrap();
    service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    let directory = Path::new(chat["directory"].as_str().unwrap());
    assert_eq!(fs::read_to_string(directory.join(".env")).unwrap(), "SECRET");
    assert_eq!(setup_of(&service, &id).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_leaves_running_may_go_on_writing() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"run": "(sleep 1; echo x; touch survived) &"}"#);
    let service = bench.service().await;
    let (id, directory) = begun(&service).await;
    assert_eq!(setup_of(&service, &id).await["state"], "succeeded");
    eventually("it goes on", async || directory.join("survived").exists().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_files_are_placed_it_has_them_whole_and_says_so() {
    const SIZE: usize = 16 << 20;
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"copy": ["large/1", "large/2", "large/3"], "run": "true"}"#);
    let mut service = bench.service().await;
    service.clone_repository(REPOSITORY).await;
    let clone = bench.clone_path(REPOSITORY);
    fs::create_dir(clone.join("large")).unwrap();
    for name in ["1", "2", "3"] {
        fs::write(clone.join("large").join(name), vec![b'x'; SIZE]).unwrap();
    }
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    let large = bench.data().join(format!("projects/worktrees/demo__hello-web__{id}/large"));
    eventually("the first file is there", async || large.join("1").exists().then_some(())).await;
    service.kill();
    for name in support::entries(&large) {
        assert_eq!(fs::metadata(large.join(&name)).unwrap().len(), SIZE as u64, "{name} is whole");
    }
    // The record of it is written after the last file.
    let record = bench.data().join(format!("ocweb/git-manager/setup/chats/{id}.json"));
    fs::remove_file(record).ok();
    rewrite(&bench.data().join(format!("ocweb/git-manager/chats/{id}.json")), "state", json!("setting_up"));
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    let setup = setup_of(&service, &id).await;
    assert_eq!(setup["state"], "succeeded", "{setup}");
    assert_eq!(support::entries(&large), ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_said_all_the_same() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"run": "echo why; exit 3"}"#);
    let service = bench.service().await;
    // As good as a full disk: nothing can be written there.
    fs::remove_dir(bench.data().join("ocweb/git-manager/setup/chats")).unwrap();
    let (id, _) = begun(&service).await;
    let setup = setup_of(&service, &id).await;
    assert_eq!((&setup["state"], &setup["output"]), (&json!("failed"), &json!("why\n")));
    let told = bench.opencode.memory().texts(&id);
    assert!(told[0].iter().any(|text| text.contains("exit status: 3")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_read_are_not_taken_for_none() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"run": "touch ran"}"#);
    let service = bench.service().await;
    let switched_off = json!({"command": "true", "follow_repository": false});
    assert_eq!(set(&service, switched_off.clone()).await, StatusCode::NO_CONTENT);
    let kept = bench.data().join("ocweb/git-manager/setup/settings/demo__hello-web.json");
    fs::write(&kept, "{").unwrap();
    let (id, directory) = begun(&service).await;
    let setup = setup_of(&service, &id).await;
    assert!(texts(&setup).contains("cannot be read, so nothing is done"), "{setup}");
    assert!(!directory.join("ran").exists());
    let path = format!("/admin/repos/{REPOSITORY}/setup");
    let shown = service.get(&path).await;
    assert!(shown["problem"].as_str().unwrap().contains("cannot be read"), "{shown}");
    assert_eq!(shown["settings"]["follow_repository"], false);
    assert_eq!(set(&service, switched_off).await, StatusCode::NO_CONTENT);
    assert_eq!(service.get(&path).await["problem"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_commit_gets_no_files_and_runs_nothing() {
    let bench = Bench::new().await;
    commit_setup(&bench, r#"{"run": "touch ran"}"#);
    let mut service = bench.service().await;
    service.clone_repository(REPOSITORY).await;
    assert_eq!(
        set(&service, json!({"files": [{"path": ".env", "text": "SECRET"}], "command": null})).await,
        StatusCode::NO_CONTENT
    );
    // A chat whose working copy is there, and began at a commit that no branch of the remote has.
    let (id, directory) = begun(&service).await;
    let clone = bench.clone_path(REPOSITORY);
    git(&directory, &["commit", "--quiet", "--allow-empty", "-m", "from elsewhere"]);
    let commit = git(&directory, &["rev-parse", "HEAD"]);
    service.kill();
    let own = bench.data().join("ocweb/git-manager");
    rewrite(&own.join(format!("worktrees/demo__hello-web__{id}.json")), "commit", json!(commit));
    rewrite(&own.join(format!("chats/{id}.json")), "state", json!("setting_up"));
    for name in [".env", "ran"] {
        fs::remove_file(directory.join(name)).unwrap();
    }
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    let setup = setup_of(&service, &id).await;
    assert!(texts(&setup).contains("on no branch of demo/hello-web"), "{setup}");
    assert!(!directory.join(".env").exists() && !directory.join("ran").exists());
    assert!(clone.join(".git").exists());
}

fn rewrite(record: &Path, name: &str, value: Value) {
    let mut content: Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    content[name] = value;
    fs::write(record, content.to_string()).unwrap();
}
