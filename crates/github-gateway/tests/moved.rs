//! Repositories and issues that are called otherwise at GitHub by now than they are here.

use crate::support::{BRANCH, Bench};
use serde_json::{Value, json};

const OLD: &str = "/admin/pull-requests/before/hello-web";

async fn moved(bench: &Bench, from: &str, to: &str) {
    bench.happens(json!({"kind": "moved", "from": from, "to": to})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pull_request_of_a_repository_with_another_owner_by_now_is_found_to_its_end() {
    let bench = Bench::pushed().await;
    moved(&bench, "before/hello-web", "demo/hello-web").await;
    std::fs::create_dir_all(bench.projects("repos/before__hello-web")).unwrap();
    let found = async || bench.page_asks("GET", &format!("{OLD}?branch={BRANCH}"), None).await.1;
    assert_eq!(found().await["pull_request"], Value::Null);
    let new = json!({"title": "One", "head": BRANCH, "base": "main"});
    let (status, opened) = bench.page_asks("POST", OLD, Some(new)).await;
    assert_eq!((status, &opened["number"]), (201, &json!(1)), "{opened}");
    assert_eq!(found().await["pull_request"]["number"], 1);
    let (status, changed) =
        bench.page_asks("PATCH", &format!("{OLD}/1"), Some(json!({"title": "Uno", "draft": true}))).await;
    assert_eq!((status, &changed["title"], &changed["state"]), (200, &json!("Uno"), &json!("draft")));
    bench.page_asks("PATCH", &format!("{OLD}/1"), Some(json!({"draft": false}))).await;
    bench.at_github("PUT", "/pulls/1/merge", json!({"merge_method": "squash"})).await;
    let (status, problem) = bench.page_asks("DELETE", &format!("{OLD}/1/branch"), None).await;
    assert_eq!(status, 204, "{problem}");
    assert_eq!(bench.at_remote(&format!("refs/heads/{BRANCH}")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_is_told_where_it_is() {
    let bench = Bench::pushed().await;
    for repository in ["demo/hello-web", "demo/tally", "demo/tally"] {
        bench
            .happens(json!({"kind": "issue", "repository": repository, "author": "ada", "title": "Late", "body": ""}))
            .await;
    }
    bench.open(false).await;
    moved(&bench, "demo/hello-web/issues/1", "demo/tally/issues/2").await;
    moved(&bench, "before/hello-web", "demo/hello-web").await;
    moved(&bench, "before/tally", "demo/tally").await;
    let get = async |address: &str| {
        let address = address.replace('#', "%23");
        let (status, topic) = bench.page_asks("GET", &format!("/admin/issues?address={address}"), None).await;
        assert_eq!(status, 200, "{topic}");
        (topic["repo"].clone(), topic["number"].clone(), topic["pull_request"]["begin_at"].clone())
    };
    assert_eq!(get("demo/hello-web#1").await, (json!("demo/tally"), json!(2), Value::Null));
    // A clone keeps the name under which it was made.
    assert_eq!(get("before/tally#1").await, (json!("before/tally"), json!(1), Value::Null));
    assert_eq!(get("before/hello-web#2").await, (json!("before/hello-web"), json!(2), json!(BRANCH)));
}
