//! Clones that hold less than everything: by the real git, through the real gateway.

use std::path::{Path, PathBuf};

use crate::support::{self, Bench, Service, git};
use ocweb_demo::faults::{Fault, Part};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// How many objects of what git knows are not here.
fn missing(clone: &Path) -> usize {
    let listed = git(clone, &["rev-list", "--objects", "--all", "--quiet", "--missing=print"]);
    listed.lines().filter(|line| line.starts_with('?')).count()
}

fn commits(folder: &Path, of: &str) -> usize {
    git(folder, &["rev-list", "--count", of]).parse().unwrap()
}

async fn chat(service: &Service, chat: Value) -> (String, PathBuf) {
    let id = service.create_chat(chat).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    let directory = PathBuf::from(chat["directory"].as_str().unwrap());
    assert_eq!(git(&directory, &["status", "--porcelain"]), "");
    (id, directory)
}

/// Three versions of a file, one commit each.
fn with_old_files(bench: &Bench) {
    for text in ["one\n", "one\ntwo\n", "one\ntwo\nthree\n"] {
        bench.push_content("demo/tally", "main", "versions", text.as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_without_old_files_fetches_them_when_they_are_needed() {
    let bench = Bench::new().await;
    with_old_files(&bench);
    let service = bench.service().await;
    let wanted = json!({"repo": "demo/tally", "extent": "without_old_files", "prompt": "go"});
    let (id, directory) = chat(&service, wanted).await;
    let clone = bench.clone_path("demo/tally");
    assert_eq!(service.get("/admin/repos").await["repos"][0]["extent"], "without_old_files");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    let lacking = missing(&clone);
    assert!(lacking >= 2, "the older versions are not here: {lacking}");

    // Later fetches do not bring them either, nor the contents of what is new until somebody checks it out.
    bench.push_content("demo/tally", "main", "versions", b"four\n");
    bench.push_content("demo/tally", "main", "versions", b"five\n");
    let (status, fetched) = service.post("/admin/repos/demo/tally/fetch", json!({})).await;
    assert_eq!((status, &fetched["progress"]), (StatusCode::OK, &json!(null)), "{fetched}");
    assert_eq!(missing(&clone), lacking + 2);
    let (_, newer) = chat(&service, json!({"repo": "demo/tally", "prompt": "go"})).await;
    assert_eq!(std::fs::read_to_string(newer.join("versions")).unwrap(), "five\n");
    assert_eq!(missing(&clone), lacking + 1);

    // The page shows a commit whose files were never here.
    let old = git(&directory, &["rev-parse", "HEAD~1"]);
    let shown = service.get(&format!("/admin/chats/{id}/diff?against={old}")).await;
    assert!(shown["files"][0]["patch"].as_str().unwrap().contains("+two"), "{shown}");
    assert!(missing(&clone) < lacking + 1);
    let stat = service.get(&format!("/admin/chats/{id}/git")).await;
    assert_eq!((&stat["ahead"], &stat["behind"], &stat["state"]), (&json!(0), &json!(2), &json!("clean")));

    // The agent's own git gets them through the gateway, as this chat.
    let oldest = git(&directory, &["rev-list", "--max-parents=0", "HEAD"]);
    git(&directory, &["cat-file", "-e", &oldest]);
    let blame = bench.agent_git(&directory, &["log", "-p", "--follow", "--", "versions"]);
    let said = String::from_utf8_lossy(&blame.stdout).into_owned();
    assert!(blame.status.success() && said.contains("+one"), "{}", String::from_utf8_lossy(&blame.stderr));
    let merge = bench.agent_git(
        &directory,
        &["-c", "user.name=a", "-c", "user.email=a@b", "merge", "--quiet", "origin/main"],
    );
    assert!(merge.status.success(), "{}", String::from_utf8_lossy(&merge.stderr));
    let origin = git(&clone, &["config", "remote.origin.url"]);
    assert_eq!(origin, format!("{}/demo/tally.git", bench.world.url()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_repository_says_of_its_setup_is_fetched_when_it_changed() {
    let bench = Bench::new().await;
    let say = |text: &str| bench.push_content("demo/tally", "main", ".ocweb/setup.json", text.as_bytes());
    say(r#"{"run": "true"}"#);
    let service = bench.service().await;
    chat(&service, json!({"repo": "demo/tally", "extent": "without_old_files", "prompt": "go"})).await;
    say(r#"{"run": "echo changed"}"#);
    let (status, fetched) = service.post("/admin/repos/demo/tally/fetch", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{fetched}");
    let said = service.get("/admin/repos/demo/tally/setup").await;
    assert_eq!((&said["committed"]["run"], &said["problem"]), (&json!("echo changed"), &json!(null)));

    // Where it cannot be fetched, that is said, and it is not taken for nothing.
    say(r#"{"run": "echo again"}"#);
    let (status, _) = service.post("/admin/repos/demo/tally/fetch", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    bench.world.faults().add(Fault::status(Part::Git, 403).times(100));
    let said = service.get("/admin/repos/demo/tally/setup").await;
    assert!(said["problem"].as_str().unwrap().contains("could not be fetched"), "{said}");
    bench.world.faults().clear();
    assert_eq!(service.get("/admin/repos/demo/tally/setup").await["committed"]["run"], "echo again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_of_the_latest_alone_stays_one() {
    let bench = Bench::new().await;
    with_old_files(&bench);
    let service = bench.service().await;
    let (id, directory) =
        chat(&service, json!({"repo": "demo/tally", "extent": "latest_only", "prompt": "go"})).await;
    let clone = bench.clone_path("demo/tally");
    assert_eq!(service.get("/admin/repos").await["repos"][0]["extent"], "latest_only");
    assert_eq!(commits(&clone, "--all"), 1);

    // What comes later follows what is here, and what was before does not come with it.
    bench.push_to_remote("demo/tally", "main", "new");
    let (status, fetched) = service.post("/admin/repos/demo/tally/fetch", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{fetched}");
    let (_, newer) = chat(&service, json!({"repo": "demo/tally", "prompt": "go"})).await;
    assert!(newer.join("new").exists());
    let subjects = git(&clone, &["log", "--format=%s", "origin/main"]);
    assert!(subjects.contains("new") && !subjects.contains("Begin"), "{subjects}");
    assert_eq!(git(&clone, &["merge-base", "HEAD", "origin/main"]), git(&directory, &["rev-parse", "HEAD"]));
    // The chats' relation to what is new is known, and the page says that there is no more.
    let stat = service.get(&format!("/admin/chats/{id}/git")).await;
    assert_eq!((&stat["ahead"], &stat["behind"]), (&json!(0), &json!(1)), "{stat}");
    support::commit(&directory, "mine");
    let log = service.get(&format!("/admin/chats/{id}/log?limit=50")).await;
    assert_eq!((log["commits"].as_array().unwrap().len(), &log["shallow"]), (1, &json!(true)), "{log}");
    let diff = service.get(&format!("/admin/chats/{id}/diff?against=base")).await;
    assert_eq!(diff["files"].as_array().unwrap().len(), 1, "{diff}");

    // Other branches are known by name, and come when a chat begins from one.
    let branches = service.get("/admin/repos/demo/tally/branches").await;
    assert!(branches["branches"].as_array().unwrap().len() >= 2, "{branches}");
    let base = "faster-counting";
    let (_, other) = chat(&service, json!({"repo": "demo/tally", "prompt": "go", "base": base})).await;
    assert_eq!(commits(&other, "HEAD"), 1);
    let nowhere = service.create_chat(json!({"repo": "demo/tally", "prompt": "go", "base": "no/such"})).await;
    assert_eq!(service.settled(&nowhere).await["error"]["type"], "not-found");

    // The agent pushes its branch, and it is known to be pushed.
    let push = bench.agent_git(&directory, &["push", "--quiet"]);
    assert!(push.status.success(), "{}", String::from_utf8_lossy(&push.stderr));
    let log = service.get(&format!("/admin/chats/{id}/log?limit=50")).await;
    assert_eq!(log["commits"][0]["pushed"], true, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_of_the_latest_alone_forgets_what_is_gone_at_the_remote() {
    let bench = Bench::new().await;
    bench.push_to_remote("demo/tally", "feat", "feature");
    let service = bench.service().await;
    let begin = json!({"repo": "demo/tally", "extent": "latest_only", "prompt": "go", "base": "feat"});
    let (id, directory) = chat(&service, begin).await;
    support::commit(&directory, "mine");
    let push = bench.agent_git(&directory, &["push", "--quiet"]);
    assert!(push.status.success(), "{}", String::from_utf8_lossy(&push.stderr));
    let branch = git(&directory, &["branch", "--show-current"]);
    let bare = bench.folder.path().join("github/repositories/demo/tally.git");
    git(&bare, &["branch", "-D", "feat", &branch]);
    bench.push_to_remote("demo/tally", "feat/a", "another");

    let (_, other) = chat(&service, json!({"repo": "demo/tally", "prompt": "go", "base": "feat/a"})).await;
    assert!(other.join("another").exists());
    let gone = service.create_chat(json!({"repo": "demo/tally", "prompt": "go", "base": "feat"})).await;
    assert_eq!(service.settled(&gone).await["error"]["type"], "not-found");
    let refused = support::refused(&service, &format!("/admin/chats/{id}"), "unpushed-commits").await;
    assert_eq!(refused["count"], 2, "its own, and the one that it began at");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_repositories_can_be_cloned_in_part() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    for extent in ["without_old_files", "latest_only"] {
        let (status, made) =
            service.post("/admin/repos/clone", json!({"repo": "demo/empty", "extent": extent})).await;
        assert_eq!((status, &made["extent"]), (StatusCode::CREATED, &json!(extent)), "{made}");
        chat(&service, json!({"repo": "demo/empty"})).await;
        support::deleted_anyway(&service, "/admin/repos/demo/empty").await;
    }
    let (status, _) = service.post("/admin/repos/clone", json!({"repo": "demo/a", "extent": "some"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
