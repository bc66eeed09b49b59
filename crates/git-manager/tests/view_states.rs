//! The states that a working copy can be in: in conflict, without a commit, without a branch, and odder ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Bench, Service, commit, git};
use serde_json::{Value, json};

async fn chat(service: &Service, repository: &str) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": repository})).await;
    let chat = service.settled(&id).await;
    (format!("/admin/chats/{id}"), PathBuf::from(chat["directory"].as_str().unwrap()))
}

fn file<'a>(diff: &'a Value, path: &str) -> &'a Value {
    let files = diff["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("no {path} in {diff}"))
}

/// Git by hand, which may fail.
fn try_git(folder: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=Test", "-c", "user.email=test@localhost"];
    Command::new("git").args(settings).args(arguments).current_dir(folder).output().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_told_and_shown_with_gits_marks() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/hello-web").await;
    git(&path, &["checkout", "--quiet", "-b", "side"]);
    fs::write(path.join("both.txt"), "theirs\n").unwrap();
    commit(&path, "side.txt");
    git(&path, &["checkout", "--quiet", "-"]);
    fs::write(path.join("both.txt"), "ours\n").unwrap();
    commit(&path, "own.txt");
    try_git(&path, &["merge", "side"]);
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!((&stat["state"], &stat["conflicts"]), (&json!("conflicts"), &json!(1)), "{stat}");
    for against in ["base", "head"] {
        let diff = service.get(&format!("{chat}/diff?against={against}")).await;
        let both = file(&diff, "both.txt");
        assert_eq!(both["status"], "conflicted");
        assert!(both["patch"].as_str().unwrap().contains("+<<<<<<< HEAD\n"), "{both}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_without_a_commit_is_shown() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/empty").await;
    fs::write(path.join("first.txt"), "one\n").unwrap();
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!(
        (&stat["files"], &stat["additions"], &stat["uncommitted_files"], &stat["ahead"]),
        (&json!(1), &json!(1), &json!(1), &json!(0)),
        "{stat}"
    );
    for against in ["base", "head"] {
        let diff = service.get(&format!("{chat}/diff?against={against}")).await;
        assert_eq!(
            (&diff["from"], &file(&diff, "first.txt")["patch"]),
            (&Value::Null, &json!("@@ -0,0 +1 @@\n+one\n"))
        );
    }
    assert_eq!(
        service.get(&format!("{chat}/log")).await,
        json!({"commits": [], "more": false, "shallow": false})
    );
    commit(&path, "second.txt");
    let log = service.get(&format!("{chat}/log")).await;
    let id = log["commits"][0]["id"].as_str().unwrap();
    let diff = service.get(&format!("{chat}/diff?against={id}")).await;
    assert_eq!((&diff["from"], diff["files"].as_array().unwrap().len()), (&Value::Null, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_branch_the_numbers_stay() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/hello-web").await;
    commit(&path, "one.txt");
    git(&path, &["checkout", "--quiet", "--detach"]);
    commit(&path, "two.txt");
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!(
        (&stat["branch"], &stat["ahead"], &stat["files"]),
        (&Value::Null, &json!(2), &json!(2)),
        "{stat}"
    );
    let log = service.get(&format!("{chat}/log?limit=1")).await;
    assert_eq!((&log["commits"][0]["subject"], &log["more"]), (&json!("two.txt"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_moves_on_changes_what_is_behind_and_nothing_else() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/hello-web").await;
    commit(&path, "one.txt");
    bench.push_to_remote("demo/hello-web", "main", "elsewhere.txt");
    let before = service.get("/admin/chats/git").await;
    service.add_worktree("demo/hello-web", "ses_other").await;
    let after = service.get("/admin/chats/git").await;
    assert_eq!(
        (&before["chats"][0]["behind"], &after["chats"][0]["behind"]),
        (&json!(0), &json!(1)),
        "{after}"
    );
    assert_eq!(after["chats"][0]["files"], 1);
    assert_eq!(service.get(&format!("{chat}/diff")).await["files"].as_array().unwrap().len(), 1);
    // The remote's branch goes: where the chat began is known all the same.
    git(&path, &["update-ref", "-d", "refs/remotes/origin/main"]);
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!(
        (&stat["ahead"], &stat["behind"], &stat["files"]),
        (&json!(1), &json!(0), &json!(1)),
        "{stat}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_in_the_repository_are_one_entry() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/hello-web").await;
    git(&path, &["init", "--quiet", "inside"]);
    commit(&path.join("inside"), "one");
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!((&stat["files"], &stat["uncommitted_files"]), (&json!(1), &json!(1)), "{stat}");
    let diff = service.get(&format!("{chat}/diff")).await;
    assert_eq!(file(&diff, "inside")["status"], "untracked");
    git(&path, &["add", "inside"]);
    git(&path, &["commit", "--quiet", "-m", "a repository"]);
    commit(&path.join("inside"), "two");
    let diff = service.get(&format!("{chat}/diff?against=head")).await;
    let hunks = file(&diff, "inside")["patch"].as_str().unwrap();
    assert!(hunks.contains("-Subproject commit ") && hunks.contains("+Subproject commit "), "{hunks}");
    let entries = service.get(&format!("{chat}/files")).await;
    assert_eq!(entries["entries"][0]["kind"], "submodule", "{entries}");
    // Its commits are noted elsewhere, and seen all the same.
    let all = service.get("/admin/chats/git").await;
    assert_eq!(all["chats"][0]["uncommitted_files"], 1, "{all}");
    git(&path.join("inside"), &["reset", "--quiet", "--hard", "HEAD~1"]);
    let all = service.get("/admin/chats/git").await;
    assert_eq!(all["chats"][0]["uncommitted_files"], 0, "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_cut_and_says_so() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service, "demo/hello-web").await;
    fs::write(path.join("long.txt"), "line\n".repeat(200_000)).unwrap();
    fs::write(path.join("huge.txt"), "a\n".repeat(5 << 20)).unwrap();
    for number in 0..6 {
        fs::write(path.join(format!("part-{number}.txt")), "line\n".repeat(80_000)).unwrap();
    }
    let diff = service.get(&format!("{chat}/diff")).await;
    assert_eq!(diff["truncated"], true);
    let long = file(&diff, "long.txt");
    assert_eq!((&long["additions"], &long["truncated"]), (&json!(200_000), &json!(true)));
    assert!(long["patch"].as_str().unwrap().len() <= 512 << 10);
    assert_eq!(file(&diff, "huge.txt")["binary"], true);
    let last = file(&diff, "part-5.txt");
    assert_eq!(
        (&last["additions"], &last["patch"], &last["truncated"]),
        (&json!(80_000), &Value::Null, &json!(true))
    );
    let all: usize =
        diff["files"].as_array().unwrap().iter().map(|file| file["patch"].as_str().map_or(0, str::len)).sum();
    assert!(all <= 2 << 20);
}
