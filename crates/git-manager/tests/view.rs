//! What a chat's working copy is shown to hold.

use std::{fs, path::PathBuf};

use crate::support::{Bench, Service, commit, git, push};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A chat of demo/hello-web that is ready, with its working copy.
async fn chat(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    (format!("/admin/chats/{id}"), PathBuf::from(chat["directory"].as_str().unwrap()))
}

/// The file of a diff that has this path.
fn file<'a>(diff: &'a Value, path: &str) -> &'a Value {
    let files = diff["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("no {path} in {diff}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chats_changes_are_told_against_its_base_its_head_and_one_by_one() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!(
        (&stat["state"], &stat["base"], &stat["ahead"], &stat["files"], &stat["uncommitted_files"]),
        (&json!("clean"), &json!("main"), &json!(0), &json!(0), &json!(0)),
        "{stat}"
    );
    assert_eq!(stat["branch"], git(&path, &["branch", "--show-current"]));

    commit(&path, "committed.txt");
    let script = fs::read_to_string(path.join("main.js")).unwrap();
    fs::write(path.join("main.js"), format!("{script}one\ntwo")).unwrap();
    fs::write(path.join("new.txt"), "a\nb\nc\n").unwrap();
    git(&path, &["rm", "--quiet", "style.css"]);
    let deleted = git(&path, &["show", "HEAD:style.css"]).lines().count();
    let stat = service.get(&format!("{chat}/git")).await;
    assert_eq!(
        (&stat["ahead"], &stat["behind"], &stat["files"], &stat["additions"], &stat["deletions"]),
        (&json!(1), &json!(0), &json!(4), &json!(1 + 2 + 3), &json!(deleted)),
        "{stat}"
    );
    assert_eq!((&stat["uncommitted_files"], &stat["state"]), (&json!(3), &json!("changed")), "{stat}");

    let diff = service.get(&format!("{chat}/diff")).await;
    let parted = git(&path, &["merge-base", "HEAD", "origin/main"]);
    assert_eq!(
        (&diff["against"], &diff["base"], &diff["from"]),
        (&json!("base"), &json!("main"), &json!(parted))
    );
    assert_eq!(file(&diff, "committed.txt")["status"], "added");
    assert_eq!(
        file(&diff, "committed.txt")["patch"],
        "@@ -0,0 +1 @@\n+committed.txt\n\\ No newline at end of file\n"
    );
    assert_eq!(file(&diff, "new.txt")["status"], "untracked");
    assert_eq!(file(&diff, "new.txt")["patch"], "@@ -0,0 +1,3 @@\n+a\n+b\n+c\n");
    assert_eq!(file(&diff, "style.css")["status"], "deleted");
    let hunks = file(&diff, "main.js")["patch"].as_str().unwrap();
    assert!(
        hunks.starts_with("@@ -") && hunks.ends_with("+one\n+two\n\\ No newline at end of file\n"),
        "{hunks}"
    );

    let diff = service.get(&format!("{chat}/diff?against=head")).await;
    assert_eq!(diff["files"].as_array().unwrap().len(), 3, "{diff}");
    let id = git(&path, &["rev-parse", "HEAD"]);
    let diff = service.get(&format!("{chat}/diff?against={id}")).await;
    assert_eq!(
        (&diff["against"], &diff["from"], &diff["files"][1]),
        (&json!(id), &json!(parted), &Value::Null)
    );

    let log = service.get(&format!("{chat}/log")).await;
    let newest = &log["commits"][0];
    assert_eq!(
        (&newest["id"], &newest["subject"], &newest["pushed"]),
        (&json!(id), &json!("committed.txt"), &json!(false))
    );
    assert_eq!((&log["commits"][1], &log["more"]), (&Value::Null, &json!(false)));
    push(&bench, &path);
    assert_eq!(service.get(&format!("{chat}/log")).await["commits"][0]["pushed"], true);

    let all = service.get("/admin/chats/git").await;
    let mut again = service.get(&format!("{chat}/git")).await;
    again["measured_at"] = all["chats"][0]["measured_at"].clone();
    assert_eq!(all, json!({"chats": [again]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_measured_last_is_told_at_once_and_as_it_was() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    let known = async || service.get("/admin/chats/git?known=true").await;
    assert_eq!(known().await, json!({"chats": []}), "nothing was measured yet");
    let clean = service.get("/admin/chats/git").await;
    fs::write(path.join("new.txt"), "a\n").unwrap();
    assert_eq!(known().await, clean);
    let changed = service.get("/admin/chats/git").await;
    assert_eq!((&changed["chats"][0]["files"], &clean["chats"][0]["files"]), (&json!(1), &json!(0)));
    assert_eq!(known().await, changed);
    // Whoever looks at one chat alone leaves it for those who look at all.
    fs::write(path.join("newer.txt"), "a\n").unwrap();
    let measured = service.get(&format!("{chat}/git")).await;
    assert_eq!(known().await, json!({"chats": [measured]}));
    fs::rename(&path, path.with_extension("gone")).unwrap();
    assert_eq!(known().await, json!({"chats": []}));
    let (status, problem) = service.send(Method::GET, "/admin/chats/git?known=maybe", None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
}
