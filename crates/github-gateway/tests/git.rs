//! The real git through the gateway, to the demo's GitHub with the real `git http-backend`.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::{Bench, capability, chat_capability};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use ocweb_git_access::{Capability, Grant, Key};
use tokio::{sync::Notify, time::timeout};

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_pushes_to_its_branch_and_may_rewrite_and_delete_it() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
    let head = bench.git(&worktree, &chat, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/ocweb/fix-1").await.as_deref(), Some(head.trim()));
    bench.git(&worktree, &chat, &["commit", "-q", "--amend", "-m", "again"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "--force", "origin", "HEAD"]).await.unwrap();
    bench.git(&worktree, &chat, &["fetch", "-q", "origin"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "origin", ":ocweb/fix-1"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/ocweb/fix-1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_push_is_refused_with_a_sentence_and_changes_nothing() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.commit(&worktree, "one").await;
    let before = bench.at_remote("refs/heads/main").await;
    assert!(before.is_some());
    bench.git(&worktree, &chat, &["tag", "v1"]).await.unwrap();
    for arguments in [
        &["push", "origin", "HEAD:main"][..],
        &["push", "--force", "origin", "HEAD:main"],
        &["push", "origin", ":main"],
        &["push", "origin", "v1"],
        &["push", "origin", "HEAD:refs/heads/ocweb/other"],
        &["push", "--atomic", "origin", "HEAD", "HEAD:main"],
        &["push", "origin", "HEAD", "v1"],
    ] {
        let said = bench.git(&worktree, &chat, arguments).await.unwrap_err();
        assert!(said.contains("remote: ocweb: "), "{arguments:?}: {said}");
        assert!(
            said.contains("[remote rejected]") || said.contains("[remote failure]"),
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(bench.at_remote("refs/heads/main").await, before);
    for reference in ["refs/tags/v1", "refs/heads/ocweb/other", "refs/heads/ocweb/fix-1"] {
        assert_eq!(bench.at_remote(reference).await, None, "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_allows_more_but_no_rewriting() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.allow(r#"{"branches":["main"],"tags":true}"#).await;
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["tag", "v1"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD:main", "v1"]).await.unwrap();
    let head = bench.git(&worktree, &chat, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(head.trim()));
    bench.git(&worktree, &chat, &["commit", "-q", "--amend", "-m", "another"]).await.unwrap();
    let said = bench.git(&worktree, &chat, &["push", "--force", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("rewritten"), "{said}");
    let said = bench.git(&worktree, &chat, &["push", "origin", ":main"]).await.unwrap_err();
    assert!(said.contains("deleted"), "{said}");
    assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(head.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_many_megabytes_passes_in_pieces() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    // Noise, which no compression makes smaller; more than git sends in one piece (http.postBuffer, 1 MB).
    let noise: Vec<u8> = std::iter::successors(Some(1_u64), |last| {
        Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1))
    })
    .take(4_000_000)
    .flat_map(|number| (number >> 33).to_le_bytes()[..4].to_vec())
    .collect();
    std::fs::write(worktree.join("noise"), noise).unwrap();
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
    let said = bench.git(&worktree, &chat, &["push", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("this chat may only push to ocweb/fix-1"), "{said}");
}

/// Half of a pack: more than any buffer on the way.
const HALF: usize = 8 << 20;

/// A GitHub that says when it has half of a push, and answers a fetch with a half, and the other when it is let.
async fn halves(request: Request, has_half: Arc<Notify>, may_go_on: Arc<Notify>) -> Response {
    if request.uri().path().ends_with("/git-receive-pack") {
        let (mut pieces, mut length) = (request.into_body().into_data_stream(), 0);
        while let Some(Ok(piece)) = pieces.next().await {
            length += piece.len();
            if length >= HALF {
                has_half.notify_one();
            }
        }
        return length.to_string().into_response();
    }
    Body::from_stream(two_halves(may_go_on)).into_response()
}

/// A pack whose second half comes when something has happened.
fn two_halves(happened: Arc<Notify>) -> impl stream::Stream<Item = io::Result<Vec<u8>>> {
    let second = async move {
        happened.notified().await;
        Ok(vec![1; HALF])
    };
    stream::iter([Ok(vec![0; HALF])]).chain(stream::once(second))
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_go_on_before_they_are_whole() {
    let (has_half, may_go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let at_github = (has_half.clone(), may_go_on.clone());
    let github = Router::new().fallback(move |request: Request| {
        let (has_half, may_go_on) = at_github.clone();
        halves(request, has_half, may_go_on)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, github).into_future());
    let bench = Bench::with(&[("GITHUB_URL", &url)]).await;
    std::fs::create_dir_all(bench.projects("worktrees/demo__hello-web__ses_1")).unwrap();
    let post = |service: &str| bench.ask(reqwest::Method::POST, &format!("demo/hello-web.git/{service}"));
    let patience = Duration::from_mins(3);

    let line = format!("{} {} refs/heads/ocweb/fix-1\0 report-status", "0".repeat(40), "1".repeat(40));
    let list = format!("{:04x}{line}0000", line.len() + 4);
    let length = list.len() + 2 * HALF;
    let push = stream::iter([Ok(list.into_bytes())]).chain(two_halves(has_half));
    let push = post("git-receive-pack").body(reqwest::Body::wrap_stream(push)).send();
    let answer = timeout(patience, push).await.expect("half of the push is at GitHub before all is here");
    assert_eq!(answer.unwrap().text().await.unwrap(), length.to_string());

    let fetched = async {
        let mut pieces = post("git-upload-pack").body("0000").send().await.unwrap().bytes_stream();
        let mut length = 0;
        while let Some(piece) = pieces.next().await {
            length += piece.unwrap().len();
            if length >= HALF {
                may_go_on.notify_one();
            }
        }
        length
    };
    let fetched = timeout(patience, fetched).await.expect("half of the pack is here before GitHub sent all");
    assert_eq!(fetched, 2 * HALF);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_capability_or_another_gets_nothing() {
    let bench = Bench::new().await;
    let worktree = bench.chat().await;
    let expired = capability(Grant::Transfer { until: 1 });
    let stolen_key = Key::new(&"x".repeat(32)).unwrap();
    let forged = stolen_key
        .sign(&Capability { repository: "demo/hello-web".parse().unwrap(), grant: Grant::transfer(60) });
    for capability in ["", "x", bench.world.token(), &expired, &forged] {
        let said = bench.git(&worktree, capability, &["fetch", "origin"]).await.unwrap_err();
        assert!(said.contains("only the git of a chat's folder"), "{said}");
    }
    let of_main = capability(Grant::Chat {
        session: "ses_1".parse().unwrap(),
        branch: "main".parse().unwrap(),
        base: None,
    });
    let said = bench.git(&worktree, &of_main, &["push", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("only the git of a chat's folder"), "{said}");
    // Reading is not pushing.
    let reading = capability(Grant::transfer(60));
    bench.git(&worktree, &reading, &["fetch", "-q", "origin"]).await.unwrap();
    bench.commit(&worktree, "one").await;
    let said = bench.git(&worktree, &reading, &["push", "origin", "HEAD"]).await.unwrap_err();
    assert!(said.contains("only a chat can push"), "{said}");
    // Another repository is read as anybody would, which here is not at all, and not pushed to.
    let chat = chat_capability();
    let other = format!("{}/demo/slow-assets.git", bench.world.url());
    let said = bench.git(&worktree, &chat, &["ls-remote", &other]).await.unwrap_err();
    assert!(said.contains("is not public (401)"), "{said}");
    let said = bench.git(&worktree, &chat, &["push", &other, "HEAD:ocweb/fix-1"]).await.unwrap_err();
    assert!(said.contains("may only push to ocweb/fix-1 of demo/hello-web"), "{said}");
    // A chat that was deleted has no say any more.
    std::fs::rename(&worktree, worktree.with_extension("gone")).unwrap();
    let clone = bench.projects("repos/demo__hello-web");
    let said = bench.git(&clone, &chat, &["fetch", "origin"]).await.unwrap_err();
    assert!(said.contains("was deleted"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_or_address_gets_nothing() {
    let bench = Bench::new().await;
    bench.chat().await;
    let client = ocweb_service::local_client_builder().build().unwrap();
    let refs = format!("http://{}/demo/hello-web.git/info/refs?service=git-upload-pack", bench.address);
    let ask = |url: &str| client.get(url).basic_auth("ocweb", Some(chat_capability()));
    assert_eq!(ask(&refs).send().await.unwrap().status(), 200);
    for host in ["github.com", "evil.example", "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(ask(&refs).header("host", host).send().await.unwrap().status(), 421, "{host}");
    }
    for path in
        ["/", "/user/repos", "/demo/hello-web.git/HEAD", "/admin/push-rules/demo/hello-web", "/health"]
    {
        let answer = ask(&format!("http://{}{path}", bench.address)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_is_said_in_words() {
    let bench = Bench::with_token("wrong").await;
    let url = format!("{}/demo/hello-web.git", bench.world.url());
    let transfer = capability(Grant::transfer(60));
    let said = bench.git(bench.folder.path(), &transfer, &["ls-remote", &url]).await.unwrap_err();
    assert!(said.contains("GitHub does not take GITHUB_TOKEN") && said.contains("403"), "{said}");
    assert!(!said.contains("wrong is"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn git_that_is_led_elsewhere_arrives_with_empty_hands() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let thief = Router::new().fallback(move |request: Request| {
        record.lock().unwrap().push(request.headers().get("authorization").cloned());
        async { StatusCode::FORBIDDEN }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let thiefs = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, thief).into_future());
    let remote = format!("{}/demo/hello-web.git", bench.world.url());
    let by_address = format!("url.{thiefs}/demo/.insteadOf={}/demo/", bench.world.url());
    let by_push_address = format!("url.{thiefs}/.pushInsteadOf={}/", bench.world.url());
    for (setting, what) in [(&by_address, "ls-remote"), (&by_push_address, "push")] {
        bench.git(&worktree, &chat, &["-c", setting, what, &remote]).await.unwrap_err();
    }
    assert_eq!(*seen.lock().unwrap(), [None, None]);
    // The other way round, anything that git takes for the gateway's is still asked of GitHub alone.
    let elsewhere = format!("url.http://{}/.insteadOf=http://elsewhere.example/", bench.address);
    let said =
        bench.git(&worktree, &chat, &["-c", &elsewhere, "ls-remote", "http://elsewhere.example/o/n"]).await;
    assert!(said.unwrap_err().contains("(401)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_in_behind_a_question() {
    let bench = Bench::new().await;
    bench.chat().await;
    let before = bench.at_remote("refs/heads/main").await.unwrap();
    let delete = format!("{before} {} refs/heads/main\0report-status delete-refs", "0".repeat(40));
    let delete = format!("{:04x}{delete}0000", delete.len() + 4);
    // As one piece, as two, and with a length that covers the question alone.
    for pieces in [vec![format!("0000{delete}")], vec!["0000".into(), delete.clone()]] {
        for with_length in [false, true] {
            let body = reqwest::Body::wrap_stream(futures_util::stream::iter(
                pieces.clone().into_iter().map(Ok::<_, std::io::Error>),
            ));
            let mut push = bench.ask(reqwest::Method::POST, "demo/hello-web.git/git-receive-pack");
            if with_length {
                push = push.header("content-length", "4");
            }
            // Whatever is answered, or nothing.
            let _ = push.body(body).send().await;
            assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(before.as_str()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_leaves_in_the_clone_holds_up_no_push() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.allow(r#"{"branches":["main"],"tags":false}"#).await;
    let before = bench.at_remote("refs/heads/main").await.unwrap();
    // Nobody ever writes into this pipe: who opens it to read waits for ever.
    let pipe = bench.projects("repos/demo__hello-web/.git/objects/aa").join("b".repeat(38));
    std::fs::create_dir_all(pipe.parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let push = format!("{before} aa{} refs/heads/main\0report-status", "b".repeat(38));
    let push = format!("{:04x}{push}0000PACK", push.len() + 4);
    for _ in 0..5 {
        let ask = bench.ask(reqwest::Method::POST, "demo/hello-web.git/git-receive-pack").body(push.clone());
        let said = ask.send().await.unwrap().text().await.unwrap();
        assert!(said.contains("only the chat's own branch may be rewritten"), "{said}");
    }
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD", "HEAD:main"]).await.unwrap();
    let head = bench.git(&worktree, &chat, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(head.trim()));
}
