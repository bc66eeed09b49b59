//! Work in places that are easily overlooked, and what deletions do about it.

use crate::support::{Bench, commit, deleted, deleted_anyway, entries, git, push, refused};
use serde_json::json;

const ADDRESS: &str = "/admin/worktrees/demo/hello-web/ses_1";

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_git_was_told_not_to_see_are_not_deleted() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    for (hide, show) in
        [("--skip-worktree", "--no-skip-worktree"), ("--assume-unchanged", "--no-assume-unchanged")]
    {
        git(&path, &["update-index", hide, "main.js"]);
        std::fs::write(path.join("main.js"), "changed").unwrap();
        assert_eq!(git(&path, &["status", "--porcelain"]), "");
        assert_eq!(refused(&service, ADDRESS, "uncommitted-changes").await["count"], 1);
        git(&path, &["update-index", show, "main.js"]);
        git(&path, &["checkout", "--", "main.js"]);
    }
    // Hidden, and as it was or not there at all, it is no work.
    git(&path, &["update-index", "--skip-worktree", "main.js", "style.css"]);
    std::fs::remove_file(path.join("style.css")).unwrap();
    deleted(&service, ADDRESS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_in_a_submodule_are_not_deleted() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    git(&path, &["init", "--quiet", "inside"]);
    commit(&path.join("inside"), "one");
    commit(&path, "with-inside");
    push(&bench, &path);
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    assert_eq!(refused(&service, ADDRESS, "unpushed-commits").await["count"], 1);
    git(&path.join("inside"), &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    deleted(&service, ADDRESS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entry_of_a_moved_worktree_keeps_its_commits() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    git(&path, &["checkout", "--quiet", "--detach"]);
    commit(&path, "one");
    std::fs::rename(&path, bench.folder.path().join("moved")).unwrap();
    let (_, done) = service.post("/admin/gc", json!({})).await;
    assert_eq!((&done["refused"][0]["kind"], &done["refused"][1]), (&json!("entry"), &json!(null)), "{done}");
    assert!(done["refused"][0]["reason"].as_str().unwrap().contains("1 commit "), "{done}");
    refused(&service, "/admin/repos/demo/hello-web", "unpushed-commits").await;

    // On a branch that keeps the commit, the entry is worth nothing, unless somebody locked it.
    let head = git(&bench.folder.path().join("moved"), &["rev-parse", "HEAD"]);
    git(&clone, &["branch", "kept", &head]);
    let entry = clone.join(".git/worktrees").join(&entries(&clone.join(".git/worktrees"))[0]);
    std::fs::write(entry.join("locked"), "on a stick").unwrap();
    let (_, done) = service.post("/admin/gc", json!({})).await;
    assert!(done["refused"][0]["reason"].as_str().unwrap().contains("on a stick"), "{done}");
    std::fs::write(entry.join("locked"), "initializing").unwrap();
    let (_, done) = service.post("/admin/gc", json!({})).await;
    assert_eq!((&done["removed"][0]["kind"], &done["refused"]), (&json!("entry"), &json!([])), "{done}");
    assert!(!entry.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_that_the_agent_added_keeps_its_repository() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    git(&path, &["worktree", "add", "--quiet", "--detach", "../own"]);
    deleted(&service, ADDRESS).await;
    let problem = refused(&service, "/admin/repos/demo/hello-web", "worktrees-exist").await;
    assert_eq!(problem["count"], 1, "{problem}");
    git(&bench.clone_path("demo/hello-web"), &["worktree", "remove", "../../worktrees/own"]);
    deleted(&service, "/admin/repos/demo/hello-web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_deleted_folders_are_collected_and_only_those_of_the_repository_at_hand() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let [repositories, worktrees] =
        ["repos", "worktrees"].map(|kind| bench.data().join("projects").join(kind));
    let ours = [
        repositories.join(".incoming-demo__hello-web-msg_1"),
        worktrees.join(".deleting-demo__hello-web__ses_1-msg_1"),
    ];
    // The clone of x/y-demo__hello-web-z may be on its way.
    let theirs = [
        repositories.join(".incoming-x__y-demo__hello-web-z-msg_1"),
        worktrees.join(".deleting-x__y-demo__hello-web-z__ses_1-msg_1"),
        repositories.join(".incoming-demo__hello-web__z-msg_1"),
    ];
    ours.iter().chain(&theirs).for_each(|folder| std::fs::create_dir(folder).unwrap());
    let (_, done) = service.post("/admin/gc", json!({})).await;
    assert_eq!(done["removed"].as_array().unwrap().len(), 2, "{done}");
    assert!(!ours.iter().any(|folder| folder.exists()) && theirs.iter().all(|folder| folder.exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_behind_a_link_is_the_same_volume() {
    let bench = Bench::new().await;
    let real = bench.folder.path().join("real");
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, bench.data()).unwrap();
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    service.add_worktree("demo/hello-web", "ses_1").await;
    deleted(&service, ADDRESS).await;
    let clone = bench.clone_path("demo/hello-web");
    assert_eq!(entries(&clone.join(".git/worktrees")), [""; 0]);
    assert_eq!(git(&clone, &["branch", "--list", "ocweb/*"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_clone_does_not_keep_the_service_from_starting() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    service.add_worktree("demo/hello-web", "ses_1").await;
    service.kill();
    let record = bench.data().join("ocweb/git-manager/worktrees/demo__hello-web__ses_1.json");
    let unfinished = std::fs::read_to_string(&record).unwrap().replace("\"ready\"", "\"adding\"");
    std::fs::write(&record, unfinished).unwrap();
    let head = bench.clone_path("demo/hello-web").join(".git/HEAD");
    std::fs::write(&head, "").unwrap();
    let mut service = bench.service().await;
    service.clone_repository("demo/dotfiles").await;
    // Repaired, it is put in order at the next start.
    service.kill();
    std::fs::write(&head, "ref: refs/heads/main\n").unwrap();
    let service = bench.service().await;
    assert_eq!(service.get("/admin/worktrees").await, json!({"worktrees": []}));
    assert!(!record.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_chat_goes_with_its_session() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    bench.opencode.memory().fail_with = Some(500);
    let id = service.create_chat(json!({"repo": "demo/dotfiles", "prompt": "go"})).await;
    assert_eq!(service.settled(&id).await["state"], "failed");
    // It answered with an error and made the session all the same.
    bench.opencode.memory().fail_with = None;
    bench.opencode.memory().sessions.insert(id.clone(), (String::new(), None));
    deleted_anyway(&service, &format!("/admin/chats/{id}")).await;
    assert!(bench.opencode.memory().sessions.is_empty());
}
