//! Whatever is refused, and whenever: the person at git's end reads the sentence.

use std::{
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
};

use crate::support::{self, Bench, chat_capability};
use axum::{Router, extract::Request, http::StatusCode};
use ocweb_demo::faults::{Fault, Part};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn what_github_says_in_the_middle_of_a_transfer_is_read() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    // More than git sends in one piece, so that it is still sending when it is refused.
    let noise: Vec<u8> = (0..3_000_000_u64).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()[0]).collect();
    std::fs::write(worktree.join("noise"), noise).unwrap();
    bench.commit(&worktree, "one").await;
    for status in [403, 422, 500] {
        bench.world.faults().add(Fault::status(Part::Git, status).on_path(".git/git-receive-pack"));
        let said = bench.git(&worktree, &chat, &["push", "origin", "HEAD"]).await.unwrap_err();
        let sentence = format!("remote: ocweb: GitHub refuses this for demo/hello-web ({status})");
        assert!(said.contains(&sentence), "{said}");
        bench.world.faults().clear();
    }
    for status in [403, 429, 502] {
        bench.world.faults().add(Fault::status(Part::Git, status).on_path(".git/git-upload-pack").times(3));
        let said = bench.git(&worktree, &chat, &["fetch", "origin"]).await.unwrap_err();
        let sentence = format!("remote error: ocweb: GitHub refuses this for demo/hello-web ({status})");
        assert!(said.contains(&sentence), "{said}");
        bench.world.faults().clear();
    }
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_is_deleted_while_it_pushes_is_told() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.commit(&worktree, "one").await;
    let clone = bench.projects("repos/demo__hello-web");
    // git calls it between its question and its push.
    let hook = clone.join(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let gone = worktree.with_extension("gone");
    std::fs::write(&hook, format!("#!/bin/sh\nmv '{}' '{}'\n", worktree.display(), gone.display())).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let said = bench.git(&clone, &chat, &["push", "origin", "ocweb/fix-1"]).await.unwrap_err();
    assert!(said.contains("remote: ocweb: the chat that this folder belonged to was deleted."), "{said}");
    assert!(said.contains("[remote rejected]"), "{said}");
    assert_eq!(bench.at_remote("refs/heads/ocweb/fix-1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_cannot_be_read_is_answered_in_its_own_protocol() {
    let bench = Bench::new().await;
    bench.chat().await;
    let push = || bench.ask(Method::POST, "demo/hello-web.git/git-receive-pack");
    for (request, reason) in [
        (push().body("nonsense"), "this is not what git sends when it pushes"),
        (push().header("content-encoding", "gzip").body("x"), "a compressed push cannot be read"),
        (push().body("0013push-cert\0 quiet0000"), "signed pushes"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/x-git-receive-pack-result");
        let body = answer.text().await.unwrap();
        assert!(body.contains("unpack ") && body.contains(reason), "{body}");
    }
}

/// A proxy that answers by itself, and remembers what it was asked for.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let router = Router::new().fallback(move |request: Request| {
        record.lock().unwrap().push(request.uri().to_string());
        async { (StatusCode::FORBIDDEN, "the proxy says no\n") }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_persons_proxy_is_the_way_to_github_and_back() {
    let (url, seen) = proxy().await;
    let bench = Bench::with(&[("http_proxy", &url)]).await;
    let remote = format!("{}/demo/hello-web.git", bench.world.url());
    let chat = support::capability(ocweb_git_access::Grant::transfer(60));
    let said = bench.git(bench.folder.path(), &chat, &["ls-remote", &remote]).await.unwrap_err();
    assert!(said.contains("remote: the proxy says no"), "{said}");
    let listed = ocweb_service::local_client_builder().build().unwrap();
    let listed = listed.get(format!("{}/admin/repos/github", bench.api)).send().await.unwrap();
    assert_eq!(listed.status(), 502);
    let seen_then = seen.lock().unwrap().clone();
    assert!(seen_then[0].starts_with(&format!("{remote}/info/refs?")), "{seen_then:?}");
    assert!(seen_then[1].contains("/user/repos?"), "{seen_then:?}");

    let bench = Bench::with(&[("http_proxy", &url), ("NO_PROXY", "127.0.0.1")]).await;
    let remote = format!("{}/demo/hello-web.git", bench.world.url());
    bench.git(bench.folder.path(), &chat, &["ls-remote", &remote]).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), seen_then.len());
}
