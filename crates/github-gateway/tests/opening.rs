//! The token is used for what the person opened, whatever was signed.

use std::sync::{Arc, Mutex};

use crate::support::{BRANCH, Bench, capability_for};
use axum::{Router, body::Bytes, http::Uri, response::IntoResponse};
use ocweb_git_access::Grant;
use serde_json::json;

/// Private, and of the same token.
const OTHER: &str = "demo/weather-log";

/// A git-manager that notes what it is asked.
fn git_manager(bench: &Bench) -> Arc<Mutex<Vec<(String, String)>>> {
    let socket = bench.folder.path().join("run/git-manager/socket");
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let answer = move |uri: Uri, body: Bytes| {
        noted.lock().unwrap().push((uri.to_string(), String::from_utf8_lossy(&body).into_owned()));
        async {
            (axum::http::StatusCode::ACCEPTED, [("set-cookie", "a=b")], axum::Json(json!({"id": 7})))
                .into_response()
        }
    };
    let listener = tokio::net::UnixListener::bind(socket).unwrap();
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_for_a_repository_that_nobody_opened_is_refused() {
    let bench = Bench::new().await;
    let url = format!("{}/{OTHER}.git", bench.world.url());
    let here = bench.folder.path();
    let chat = Grant::Chat { session: "ses_1".parse().unwrap(), branch: BRANCH.parse().unwrap(), base: None };
    std::fs::create_dir_all(bench.projects("worktrees/demo__weather-log__ses_1")).unwrap();
    let worktree = bench.chat().await;
    let sentence = format!("remote: ocweb: nobody has opened {OTHER} here.");
    for grant in [Grant::transfer(60), chat] {
        let capability = capability_for(OTHER, grant);
        for arguments in [&["clone", &url, "stolen"][..], &["ls-remote", &url]] {
            let said = bench.git(here, &capability, arguments).await.unwrap_err();
            assert!(said.contains(&sentence) && said.contains("403"), "{said}");
        }
        let said =
            bench.git(&worktree, &capability, &["push", &url, &format!("HEAD:{BRANCH}")]).await.unwrap_err();
        assert!(said.contains(&sentence), "{said}");
    }
    assert!(!here.join("stolen").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_asks_of_git_manager_opens_it_and_goes_on_as_it_is() {
    let bench = Bench::new().await;
    let (status, _) = bench.page_asks("POST", "/admin/repos/clone", Some(json!({"repo": "demo/gone"}))).await;
    assert_eq!(status, 503, "git-manager is not there");
    let asked = git_manager(&bench);
    let reading = capability_for(OTHER, Grant::transfer(60));
    let url = format!("{}/{OTHER}.git", bench.world.url());
    // What names no repository opens none, and is git-manager's to refuse.
    for body in [json!({"repo": "../x"}), json!({"repo": 7}), json!({})] {
        let answered = bench.page_asks("POST", "/admin/chats", Some(body.clone())).await;
        assert_eq!(answered, (202, json!({"id": 7})));
        assert_eq!(asked.lock().unwrap().pop(), Some(("/admin/chats".into(), body.to_string())));
    }
    bench.git(bench.folder.path(), &reading, &["ls-remote", &url]).await.unwrap_err();
    let body = json!({"prompt": {"text": "repo"}, "repo": "Demo/Weather-Log"});
    assert_eq!(bench.page_asks("POST", "/admin/chats", Some(body)).await.0, 202);
    bench.git(bench.folder.path(), &reading, &["ls-remote", &url]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_is_passed_on() {
    let bench = Bench::new().await;
    let asked = git_manager(&bench);
    let body = json!({"repo": OTHER, "text": "x".repeat(ocweb_github_gateway::BODY_LIMIT)});
    let (status, problem) = bench.page_asks("POST", "/admin/chats", Some(body)).await;
    assert_eq!((status, &problem["status"]), (413, &json!(413)));
    assert!(asked.lock().unwrap().is_empty());
}
