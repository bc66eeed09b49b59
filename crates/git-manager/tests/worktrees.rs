//! Worktrees, what may be deleted, and garbage collection, with the real git and a fake opencode.

use std::path::{Path, PathBuf};

use crate::support::{Bench, Service, commit, deleted, deleted_anyway, entries, git, push, reasons, refused};
use ocweb_demo::faults::{Fault, Part};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_begins_at_the_freshly_fetched_base_and_goes_with_its_branch() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    bench.push_to_remote("demo/hello-web", "main", "pushed-later.txt");
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    assert!(path.join("pushed-later.txt").exists());
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    let body = json!({"repo": "demo/hello-web", "session_id": "ses_2", "base": "feature/clock"});
    let (status, other) = service.post("/admin/worktrees", body.clone()).await;
    assert_eq!((status, &other["base"]), (StatusCode::CREATED, &json!("feature/clock")));
    let clone = bench.clone_path("demo/hello-web");
    assert_eq!(
        git(Path::new(other["path"].as_str().unwrap()), &["rev-parse", "HEAD"]),
        git(&clone, &["rev-parse", "origin/feature/clock"])
    );

    let (status, problem) = service.post("/admin/worktrees", body).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("conflict")));
    let nowhere = json!({"repo": "demo/hello-web", "session_id": "ses_3", "base": "no/such"});
    assert_eq!(service.post("/admin/worktrees", nowhere).await.0, StatusCode::NOT_FOUND);
    let unknown = json!({"repo": "demo/tally", "session_id": "ses_3"});
    assert_eq!(service.post("/admin/worktrees", unknown).await.0, StatusCode::NOT_FOUND);

    let listed = service.get("/admin/worktrees").await;
    assert_eq!(listed["worktrees"].as_array().unwrap().len(), 2);
    assert_eq!(listed["worktrees"][0], other);
    deleted(&service, "/admin/worktrees/demo/hello-web/ses_2").await;
    deleted(&service, "/admin/worktrees/Demo/Hello-Web/ses_1").await;
    assert_eq!(service.get("/admin/worktrees").await, json!({"worktrees": []}));
    assert_eq!(service.delete("/admin/worktrees/demo/hello-web/ses_1").await.0, StatusCode::NOT_FOUND);
    assert_eq!(git(&clone, &["branch", "--list", "ocweb/*"]), "");
    assert_eq!(git(&clone, &["worktree", "list", "--porcelain"]).matches("worktree ").count(), 1);
    assert!(bench.opencode.memory().disposed.contains(path.to_str().unwrap()));
    deleted(&service, "/admin/repos/demo/hello-web").await;
    assert_eq!(service.get("/admin/repos").await, json!({"repos": []}));
}

/// Fault 6.
#[tokio::test(flavor = "multi_thread")]
async fn fault_6_eight_chats_at_once_are_eight_and_one_clone() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    eight_at_once(&service).await;
    assert_eq!(service.log().matches("\"cloning\"").count(), 1, "one clone for all");
}

/// Fault 6, where the clone is there: one fetch.
#[tokio::test(flavor = "multi_thread")]
async fn fault_6_eight_chats_at_once_are_one_fetch() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/tally").await;
    bench.push_to_remote("demo/tally", "main", "new");
    let begun = std::time::Instant::now();
    let directories = eight_at_once(&service).await;
    assert!(directories.iter().all(|directory| directory.join("new").exists()), "each has what is new");
    let fetches = service.log().matches("\"fetched\"").count() as u64;
    // One fetch serves whoever asks within two seconds of its beginning: on a machine that takes longer there are more.
    let most = 1 + begun.elapsed().as_secs() / 2;
    assert!((1..=most).contains(&fetches), "{fetches} fetches, at most {most} expected");
}

/// A failure is shared by those who waited for it, and later ones try again.
#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_fails_fails_for_all_that_wait_and_is_tried_again() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/tally").await;
    bench.world.faults().add(Fault::status(Part::Git, 403).times(1000));
    let fetch = async || service.post("/admin/repos/demo/tally/fetch", json!({})).await;
    let all = futures_util::future::join_all((0..8).map(|_| fetch())).await;
    assert!(all.iter().all(|(_, problem)| problem["type"] == "github-forbidden"), "{all:?}");
    bench.world.faults().clear();
    assert_eq!(fetch().await.0, StatusCode::OK);
}

async fn eight_at_once(service: &Service) -> Vec<PathBuf> {
    let adding: Vec<_> = (0..8)
        .map(|number| {
            let client = service.client.clone();
            tokio::spawn(async move {
                let body = json!({"repo": "demo/tally", "prompt": format!("task {number}")});
                client
                    .post("http://service/admin/chats")
                    .json(&body)
                    .send()
                    .await
                    .unwrap()
                    .json::<Value>()
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut branches = std::collections::BTreeSet::new();
    let mut directories = Vec::new();
    for chat in adding {
        let id = chat.await.unwrap()["id"].as_str().unwrap().to_owned();
        let chat = service.settled(&id).await;
        assert_eq!(chat["state"], "ready", "{chat}");
        let directory = Path::new(chat["directory"].as_str().unwrap());
        assert_eq!(git(directory, &["status", "--porcelain"]), "");
        branches.insert(git(directory, &["branch", "--show-current"]));
        directories.push(directory.to_owned());
    }
    assert_eq!(branches.len(), 8);
    assert_eq!(service.get("/admin/worktrees").await["worktrees"].as_array().unwrap().len(), 8);
    directories
}

#[tokio::test(flavor = "multi_thread")]
async fn uncommitted_work_is_not_deleted() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    let address = "/admin/worktrees/demo/hello-web/ses_1";

    std::fs::create_dir(path.join("new")).unwrap();
    std::fs::write(path.join("new/one"), "1").unwrap();
    std::fs::write(path.join("new/two"), "2").unwrap();
    // What a person's or an agent's settings hide still counts.
    git(&path, &["config", "status.showUntrackedFiles", "no"]);
    let problem = refused(&service, address, "uncommitted-changes").await;
    assert_eq!(problem["count"], 2, "{problem}");
    assert_eq!(entries(&path.join("new")), ["one", "two"], "nothing was changed");
    git(&path, &["add", "new/one"]);
    assert_eq!(refused(&service, address, "uncommitted-changes").await["count"], 2);
    git(&path, &["rm", "--quiet", "-rf", "--cached", "new"]);
    std::fs::remove_dir_all(path.join("new")).unwrap();

    let tracked = git(&path, &["ls-files"]).lines().next().unwrap().to_owned();
    std::fs::write(path.join(&tracked), "changed").unwrap();
    assert_eq!(refused(&service, address, "uncommitted-changes").await["count"], 1);
    git(&path, &["mv", &tracked, "moved"]);
    refused(&service, address, "uncommitted-changes").await;
    git(&path, &["reset", "--hard", "--quiet"]);

    // A merge that is not finished, although no file differs.
    let git_dir = git(&path, &["rev-parse", "--absolute-git-dir"]);
    std::fs::write(Path::new(&git_dir).join("MERGE_HEAD"), git(&path, &["rev-parse", "HEAD"])).unwrap();
    let problem = refused(&service, address, "unfinished-operation").await;
    assert!(problem["detail"].as_str().unwrap().contains("a merge"), "{problem}");
    std::fs::remove_file(Path::new(&git_dir).join("MERGE_HEAD")).unwrap();

    // Ignored files do not count.
    std::fs::create_dir_all(bench.clone_path("demo/hello-web").join(".git/info")).unwrap();
    std::fs::write(bench.clone_path("demo/hello-web").join(".git/info/exclude"), "*.ignored\n").unwrap();
    std::fs::write(path.join("x.ignored"), "").unwrap();
    deleted(&service, address).await;
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn unpushed_commits_are_not_deleted() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    let address = "/admin/worktrees/demo/hello-web/ses_1";
    commit(&path, "one");
    commit(&path, "two");
    assert_eq!(refused(&service, address, "unpushed-commits").await["count"], 2);
    push(&bench, &path);
    // Pushed, but a commit on a detached HEAD is reachable from nothing else.
    git(&path, &["checkout", "--quiet", "--detach"]);
    commit(&path, "three");
    assert_eq!(refused(&service, address, "unpushed-commits").await["count"], 1);
    git(&path, &["checkout", "--quiet", "-"]);
    // On another branch, the chat's own branch still counts.
    commit(&path, "four");
    git(&path, &["checkout", "--quiet", "--detach", "origin/main"]);
    assert_eq!(refused(&service, address, "unpushed-commits").await["count"], 1);
    git(&path, &["checkout", "--quiet", "-"]);
    push(&bench, &path);
    deleted(&service, address).await;

    let path = service.add_worktree("demo/hello-web", "ses_2").await;
    commit(&path, "five");
    deleted_anyway(&service, "/admin/worktrees/demo/hello-web/ses_2").await;
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_counts_as_work() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    commit(&path, "committed");
    std::fs::write(path.join("new"), "new").unwrap();
    let address = "/admin/worktrees/demo/hello-web/ses_1";
    // What can be repaired is, and tells what it has.
    std::fs::remove_file(path.join(".git")).unwrap();
    let told = reasons(&service, address).await;
    let kinds: Vec<_> =
        told.iter().map(|reason| (reason["kind"].as_str().unwrap(), &reason["count"])).collect();
    assert_eq!(kinds, [("uncommitted-changes", &json!(1)), ("unpushed-commits", &json!(1))]);

    let head = git(&path, &["rev-parse", "HEAD"]);
    git(&path, &["update-index", "--add", "--cacheinfo", &format!("160000,{head},inside")]);
    std::fs::create_dir(path.join("inside")).unwrap();
    std::fs::write(path.join("inside/.git"), "gitdir: /nowhere\n").unwrap();
    refused(&service, address, "unreadable").await;
    // Nor can it be saved, but its branch can.
    let (status, problem) = service.delete(&format!("{address}?force=true")).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("not-saved")),
        "{problem}"
    );
    assert!(path.exists());
    let (status, answer) = service.delete(&format!("{address}?force=true&unsaved=true")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let saved = &answer["saved"][0];
    assert_eq!((&saved["kind"], &saved["commits"]), (&json!("branch"), &json!(1)), "{answer}");
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_staged_in_a_worktree_that_is_gone_stays() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    std::fs::write(path.join("staged"), "staged").unwrap();
    git(&path, &["add", "staged"]);
    std::fs::remove_dir_all(&path).unwrap();
    let (_, collected) = service.post("/admin/gc", json!({})).await;
    let refused = collected["refused"].as_array().unwrap();
    let entry = refused.iter().find(|item| item["kind"] == "entry").unwrap_or_else(|| panic!("{collected}"));
    assert!(entry["reason"].as_str().unwrap().contains("1 file"), "{collected}");
    assert!(Path::new(entry["path"].as_str().unwrap()).join("index").exists());
}

/// Fault 20.
#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_whose_chat_runs_is_refused_or_stopped_first() {
    let mut bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    let address = "/admin/worktrees/demo/hello-web/ses_1";
    bench.opencode.memory().busy.insert("ses_1".into(), path.display().to_string());
    refused(&service, address, "chat-running").await;
    assert!(path.exists());
    // Who listens and does not answer may be at work.
    bench.opencode.memory().fail_with = Some(500);
    assert_eq!(service.delete(&format!("{address}?accept=chat-running:1")).await.0, StatusCode::BAD_GATEWAY);
    assert!(path.exists());
    bench.opencode.memory().fail_with = None;
    deleted_anyway(&service, address).await;
    assert!(bench.opencode.memory().busy.is_empty(), "it was aborted first");
    drop(service);

    // Nobody listens: nothing runs.
    bench.set("OCWEB_OPENCODE_URL", "http://127.0.0.1:1/");
    let service = bench.service().await;
    service.add_worktree("demo/hello-web", "ses_2").await;
    deleted(&service, "/admin/worktrees/demo/hello-web/ses_2").await;
}

/// Fault 20, as bad luck has it: nobody asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_that_is_removed_in_a_terminal_is_said() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let path: PathBuf = service.settled(&id).await["directory"].as_str().unwrap().into();
    let other = service.add_worktree("demo/hello-web", "ses_other").await;
    bench.opencode.memory().busy.insert(id.clone(), path.display().to_string());
    std::fs::remove_dir_all(&path).unwrap();
    for what in ["git", "diff", "log", "files"] {
        let address = format!("/admin/chats/{id}/{what}");
        let (status, problem) = service.send(reqwest::Method::GET, &address, None).await;
        assert!([404, 409].contains(&status.as_u16()), "{what}: {status} {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("working copy"), "{problem}");
    }
    // The clone and the others are as before, and the chat can be deleted.
    assert_eq!(git(&other, &["status", "--porcelain"]), "");
    assert!(service.add_worktree("demo/hello-web", "ses_next").await.exists());
    deleted(&service, &format!("/admin/chats/{id}?force=true")).await;
    assert!(other.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_not_deleted_while_something_would_be_lost() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let address = "/admin/repos/demo/hello-web";
    assert_eq!(service.delete("/admin/repos/demo/tally").await.0, StatusCode::NOT_FOUND);

    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    assert_eq!(refused(&service, address, "worktrees-exist").await["count"], 1);
    deleted(&service, "/admin/worktrees/demo/hello-web/ses_1").await;

    git(&clone, &["checkout", "--quiet", "-b", "mine"]);
    commit(&clone, "one");
    git(&clone, &["checkout", "--quiet", "main"]);
    assert_eq!(refused(&service, address, "unpushed-commits").await["count"], 1);
    git(&clone, &["branch", "-D", "mine"]);
    std::fs::write(clone.join("new"), "").unwrap();
    assert_eq!(refused(&service, address, "uncommitted-changes").await["count"], 1);
    git(&clone, &["add", "new"]);
    git(&clone, &["stash", "--quiet"]);
    assert_eq!(refused(&service, address, "stash-entries").await["count"], 1);
    assert!(clone.exists());

    let worktree = service.add_worktree("demo/hello-web", "ses_2").await;
    commit(&worktree, "two");
    deleted_anyway(&service, address).await;
    assert!(!clone.exists() && !worktree.exists() && !path.exists());
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);
    assert_eq!(entries(&bench.data().join("projects/worktrees")), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_repository_has_worktrees_too() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/empty").await;
    let path = service.add_worktree("demo/empty", "ses_1").await;
    assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/ocweb/ses_1");
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    deleted(&service, "/admin/worktrees/demo/empty/ses_1").await;
    let path = service.add_worktree("demo/empty", "ses_2").await;
    commit(&path, "first");
    assert_eq!(refused(&service, "/admin/worktrees/demo/empty/ses_2", "unpushed-commits").await["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_branch_that_was_renamed_is_followed() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/museum").await;
    bench.push_to_remote("demo/museum", "trunk", "x");
    let bare = bench.folder.path().join("github/repositories/demo/museum.git");
    git(&bare, &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    git(&bare, &["branch", "-D", "master"]);
    let path = service.add_worktree("demo/museum", "ses_1").await;
    assert!(path.join("x").exists());
    let listed = service.get("/admin/repos").await;
    assert_eq!(listed["repos"][0]["default_branch"], "trunk");
    let branches = service.get("/admin/repos/demo/museum/branches").await;
    assert_eq!(branches, json!({"branches": [{"name": "trunk", "default": true}]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_collected_by_the_same_rule() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let used = service.add_worktree("demo/hello-web", "ses_used").await;
    let known = (used.display().to_string(), None);
    bench.opencode.memory().sessions.insert("ses_used".into(), known);
    let stale = service.add_worktree("demo/hello-web", "stale").await;
    let work = service.add_worktree("demo/hello-web", "ses_work").await;
    commit(&work, "one");
    let vanished = service.add_worktree("demo/hello-web", "ses_vanished").await;
    std::fs::remove_dir_all(&vanished).unwrap();
    let vanished_with_work = service.add_worktree("demo/hello-web", "ses_both").await;
    commit(&vanished_with_work, "two");
    std::fs::remove_dir_all(&vanished_with_work).unwrap();

    let of = |collected: &Value, list: &str| -> Vec<(String, String)> {
        let items = collected[list].as_array().unwrap().iter();
        let mut found: Vec<_> = items
            .map(|item| {
                (item["kind"].as_str().unwrap().to_owned(), item["session_id"].as_str().unwrap().to_owned())
            })
            .collect();
        found.sort();
        found
    };
    let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(kind, session)| ((*kind).to_owned(), (*session).to_owned())).collect()
    };
    let removed =
        [("branch", "ses_vanished"), ("entry", "ses_both"), ("entry", "ses_vanished"), ("worktree", "stale")];
    let refused = [("branch", "ses_both"), ("worktree", "ses_work")];

    let (_, dry) = service.post("/admin/gc", json!({"dry_run": true})).await;
    assert_eq!(
        (of(&dry, "removed"), of(&dry, "refused")),
        (expected(&removed), expected(&refused)),
        "{dry:#}"
    );
    assert!(stale.exists());
    let (status, done) = service.send(reqwest::Method::POST, "/admin/gc", None).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        (of(&done, "removed"), of(&done, "refused")),
        (expected(&removed), expected(&refused)),
        "{done:#}"
    );
    assert!(!stale.exists() && work.exists() && used.exists());
    assert!(done["refused"].to_string().contains("1 commit"), "{done}");
    let branches = git(&clone, &["for-each-ref", "--format=%(refname:short)", "refs/heads/ocweb"]);
    assert_eq!(branches.lines().collect::<Vec<_>>(), ["ocweb/ses_both", "ocweb/ses_used", "ocweb/ses_work"]);

    // With opencode silent it cannot be known which sessions are gone.
    bench.opencode.memory().fail_with = Some(500);
    git(&work, &["reset", "--hard", "--quiet", "HEAD~1"]);
    let (_, unsure) = service.post("/admin/gc", json!({})).await;
    assert_eq!(unsure["removed"], json!([]), "{unsure}");
    assert!(work.exists());
}
