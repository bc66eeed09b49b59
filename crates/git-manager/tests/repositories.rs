//! Clones and GitHub's list, over the real socket, with the real git, from a GitHub that demands the token.

use std::{io::Write, path::Path};

use crate::support::{self, Bench, Service, entries, eventually, git};
use ocweb_demo::faults::{Fault, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_cloned_once_and_listed() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    assert_eq!(service.get("/admin/repos").await, json!({"repos": []}));

    let (status, made) = service.post("/admin/repos/clone", json!({"repo": "demo/weather-log"})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!((&made["state"], &made["default_branch"]), (&json!("ready"), &json!("master")));
    assert_eq!(made["path"], json!(bench.clone_path("demo/weather-log")));
    let (status, there) = service.post("/admin/repos/clone", json!({"repo": "demo/weather-log"})).await;
    assert_eq!((status, &there["cloned_at"]), (StatusCode::OK, &made["cloned_at"]));

    let listed = service.get("/admin/repos").await;
    assert_eq!(listed["repos"].as_array().unwrap().len(), 1);
    assert_eq!(listed["repos"][0]["name"], "demo/weather-log");
    git(&bench.clone_path("demo/weather-log"), &["fsck", "--strict"]);
    assert_eq!(git(&bench.clone_path("demo/weather-log"), &["status", "--porcelain"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_spellings_of_one_repository_are_one_clone() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let there = service.clone_repository("demo/hello-web").await;
    let (status, again) = service.post("/admin/repos/clone", json!({"repo": "Demo/Hello-Web"})).await;
    assert_eq!((status, again), (StatusCode::OK, there));
    assert_eq!(entries(&bench.data().join("projects/repos")), ["demo__hello-web"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_can_be_watched_and_is_shared_and_outlives_its_request() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let client = service.client.clone();
    let asynchronous = client
        .post("http://service/admin/repos/clone")
        .header("Prefer", "respond-async")
        .json(&json!({"repo": "demo/slow-assets"}))
        .send()
        .await
        .unwrap();
    assert_eq!(asynchronous.status(), StatusCode::ACCEPTED);
    eventually("bytes have come", async || {
        let listed = service.get("/admin/repos").await;
        let repository = &listed["repos"][0];
        assert!(repository["state"] == "cloning", "{repository}");
        (repository["progress"]["bytes"].as_u64()? > 0).then_some(())
    })
    .await;
    bench.world.rates().set("demo/slow-assets", None);
    let (status, made) = service.post("/admin/repos/clone", json!({"repo": "demo/slow-assets"})).await;
    assert_eq!((status, &made["state"]), (StatusCode::CREATED, &json!("ready")));
    assert_eq!(entries(&bench.data().join("projects/repos")), ["demo__slow-assets"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_listed_with_and_without_a_clone() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let path = "/admin/repos/demo/weather-log/branches";
    let expected = json!({"branches": [
        {"name": "fix/negative-temperatures", "default": false},
        {"name": "master", "default": true},
        {"name": "units", "default": false},
    ]});
    assert_eq!(service.get(path).await, expected);
    service.clone_repository("demo/weather-log").await;
    assert_eq!(service.get(path).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_repositories_forks_and_odd_names_are_cloned() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    for name in
        ["demo/empty", "demo/hello-fork", "demo/data__pipeline.v2", "demo/Old.Project", "acme-labs/billing"]
    {
        let made = service.clone_repository(name).await;
        assert_eq!((&made["name"], &made["state"]), (&json!(name), &json!("ready")));
    }
    assert_eq!(service.get("/admin/repos/demo/empty/branches").await, json!({"branches": []}));
    assert_eq!(service.get("/admin/repos").await["repos"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_cannot_be_meant_are_refused_and_change_nothing() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let long = format!("o/{}", "a".repeat(5000));
    let names = [
        "",
        "../x/y",
        "-u/x",
        "a/b/c",
        ".git",
        "ext::sh",
        "file:///etc",
        "o/r\0",
        "o/r%00",
        &long,
        "git@github.com:o/r",
    ];
    for name in names {
        let (status, problem) = service.post("/admin/repos/clone", json!({"repo": name})).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::BAD_REQUEST, &json!("invalid-name")),
            "{name:?}: {problem}"
        );
        let (status, _) = service.post("/admin/chats", json!({"repo": name, "prompt": "x"})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name:?}");
    }
    for path in
        ["/admin/repos/-u/x", "/admin/repos/o/r%00", "/admin/repos/o/..%2f..%2fx", "/admin/repos/a__b/c"]
    {
        let (status, problem) = service.delete(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {problem}");
    }
    for branch in ["--upload-pack=touch /tmp/x", "..", "a.lock", "@{", "a b", ""] {
        let body = json!({"repo": "demo/hello-web", "session_id": "s", "base": branch});
        let (status, problem) = service.post("/admin/worktrees", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{branch:?}: {problem}");
    }
    for session in ["../", "a__b", "", "a/b"] {
        let body = json!({"repo": "demo/hello-web", "session_id": session});
        let (status, problem) = service.post("/admin/worktrees", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{session:?}: {problem}");
    }
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);
    assert_eq!(service.get("/admin/chats").await, json!({"chats": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_make_no_sense_are_problems() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    for (path, body, expected) in [
        ("/admin/repos/clone", "{", 400),
        ("/admin/repos/clone", "{}", 422),
        ("/admin/chats", r#"{"repo": 7}"#, 422),
        ("/admin/gc", r#"{"dry_run": "yes"}"#, 422),
        ("/admin/gc", "[", 422),
    ] {
        let request =
            service.client.post(format!("http://service{path}")).header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{path} {body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path} {body}");
    }
    let huge = json!({"repo": "o/n", "prompt": "x".repeat(5 << 20)});
    let answer = service.client.post("http://service/admin/chats").json(&huge).send().await;
    // The answer comes before the body was read, which some see as a cut connection.
    assert!(answer.is_err() || answer.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(service.get("/admin/chats").await, json!({"chats": []}));
    for path in ["/admin/chats/x", "/admin/chats/ses_..%2fx", "/admin/chats/ses_%00"] {
        assert_eq!(service.send(Method::GET, path, None).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
    for path in ["/admin/chats/ses_0123456789abAAAAAAAAAAAAAA", "/admin/nothing"] {
        assert_eq!(service.send(Method::GET, path, None).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_it_is_said_what_to_set() {
    let mut bench = Bench::new().await;
    bench.set("GITHUB_TOKEN", "");
    let service = bench.service().await;
    let (status, problem) = service.post("/admin/repos/clone", json!({"repo": "demo/hello-web"})).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::BAD_GATEWAY, &json!("github-unauthorized")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("GITHUB_TOKEN"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_16_what_a_remote_refuses_or_lacks_is_said_clearly_and_nothing_remains() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let clone = async |name: &str| service.post("/admin/repos/clone", json!({"repo": name})).await;
    let expected = [
        (403, 502, "github-forbidden"),
        (404, 404, "repository-not-found"),
        (429, 429, "github-rate-limited"),
        (500, 502, "github-error"),
        (503, 502, "github-error"),
    ];
    for (from, to, kind) in expected {
        bench.world.faults().add(Fault::status(Part::Git, from).times(100));
        let (status, problem) = clone("demo/hello-web").await;
        assert_eq!((status.as_u16(), &problem["type"]), (to, &json!(kind)), "{from}: {problem}");
        bench.world.faults().clear();
    }
    let (status, problem) = clone("demo/not-there").await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::NOT_FOUND, &json!("repository-not-found")),
        "{problem}"
    );
    let (status, problem) = clone("demo/broken").await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("remote-damaged")), "{problem}");
    bench.world.faults().add(Fault::delay(Part::Git, 600_000).times(100));
    let (status, problem) = clone("demo/hello-web").await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::GATEWAY_TIMEOUT, &json!("github-timeout")),
        "{problem}"
    );
    bench.world.faults().clear();
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);

    // A failure stays to be seen until it is tried again, and a short one is got over at once.
    let listed = service.get("/admin/repos").await;
    let failed =
        listed["repos"].as_array().unwrap().iter().find(|repo| repo["name"] == "demo/hello-web").unwrap();
    assert_eq!((&failed["state"], &failed["error"]["type"]), (&json!("failed"), &json!("github-timeout")));
    bench.world.faults().add(Fault::cut(Part::Git, 200).on_path("git-upload-pack"));
    assert_eq!(clone("demo/hello-web").await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_from_a_missing_repository() {
    let mut bench = Bench::new().await;
    bench.set("GITHUB_TOKEN", "ghp_wrong");
    let service = bench.service().await;
    let (status, problem) = service.post("/admin/repos/clone", json!({"repo": "demo/hello-web"})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("github-unauthorized")));
    assert!(problem["detail"].as_str().unwrap().contains("GITHUB_TOKEN"), "{problem}");
}

/// The same where the repository is cloned already, and a chat fetches: the clone stays as it was.
#[tokio::test(flavor = "multi_thread")]
async fn fault_16_what_a_fetch_meets_is_said_clearly_and_the_clone_stays_whole() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let before = git(&clone, &["rev-parse", "origin/main"]);
    bench.push_to_remote("demo/hello-web", "main", "new");
    let fetch = async || service.post("/admin/repos/demo/hello-web/fetch", json!({})).await;
    let status = |code| Fault::status(Part::Git, code).times(100);
    let expected = [
        (status(401), 502, "github-unauthorized"),
        (status(403), 502, "github-forbidden"),
        (status(404), 404, "repository-not-found"),
        (status(429), 429, "github-rate-limited"),
        (status(500), 502, "github-error"),
        (Fault::delay(Part::Git, 600_000).times(100), 504, "github-timeout"),
        (Fault::cut(Part::Git, 200).on_path("git-upload-pack").times(100), 502, "github-interrupted"),
    ];
    for (fault, to, kind) in expected {
        bench.world.faults().add(fault);
        let (status, problem) = fetch().await;
        assert_eq!((status.as_u16(), &problem["type"]), (to, &json!(kind)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "a sentence: {problem}");
        bench.world.faults().clear();
        assert_eq!(git(&clone, &["rev-parse", "origin/main"]), before);
    }
    git(&clone, &["fsck", "--strict"]);
    assert_eq!(fetch().await.0, StatusCode::OK);
    assert_ne!(git(&clone, &["rev-parse", "origin/main"]), before);

    // Objects that the remote itself has lost.
    bench.push_to_remote("demo/hello-web", "main", "lost");
    let remote = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let object = git(&remote, &["rev-parse", "main:lost"]);
    let (folder, file) = object.split_at(2);
    let at = git(&clone, &["rev-parse", "origin/main"]);
    std::fs::remove_file(remote.join("objects").join(folder).join(file)).unwrap();
    let (status, problem) = fetch().await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("remote-damaged")), "{problem}");
    assert_eq!(git(&clone, &["rev-parse", "origin/main"]), at);
    git(&clone, &["fsck", "--strict"]);
}

/// Fault 7 where nobody may mount: no file may grow beyond a megabyte, which is answered like a full disk.
#[tokio::test(flavor = "multi_thread")]
async fn fault_7_what_may_not_grow_is_said_and_nothing_half_made_stays() {
    let bench = Bench::new().await;
    // Units of 512 bytes or, with some shells, of 1024.
    let wrapper = ["sh", "-c", "trap '' XFSZ && ulimit -f 1024 && exec \"$0\""];
    let service = Service::start(&bench, Some(&wrapper)).await;
    bench.world.rates().set("demo/slow-assets", None);
    for extent in ["full", "without_old_files", "latest_only"] {
        let body = json!({"repo": "demo/slow-assets", "extent": extent});
        let (status, problem) = service.post("/admin/repos/clone", body).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::INSUFFICIENT_STORAGE, &json!("disk-full")),
            "{extent}: {problem}"
        );
        assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0], "{extent}");
    }
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "x"})).await;
    let chat = service.settled(&id).await;
    assert_eq!((&chat["state"], &chat["error"]["type"]), (&json!("failed"), &json!("disk-full")), "{chat}");
    assert_eq!(chat["prompts"][0]["text"], "x");
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);
    service.clone_repository("demo/dotfiles").await;
}

/// Fault 7: a volume of its own, so small that the clone does not fit. Where nobody may mount one, what is left of it is
/// the test above. That the login still works is seen with the whole stack (`web/e2e/disk.test.ts`).
#[tokio::test(flavor = "multi_thread")]
async fn fault_7_a_full_disk_is_said_and_nothing_half_made_stays() {
    let bench = Bench::new().await;
    std::fs::create_dir_all(bench.data()).unwrap();
    let mount = format!("mount -t tmpfs -o size=1m none {} && exec \"$0\"", bench.data().display());
    let wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", &mount];
    let possible = std::process::Command::new(wrapper[0]).args(&wrapper[1..]).arg("/bin/true").status();
    if !possible.is_ok_and(|status| status.success()) {
        // Past the harness, which shows nothing of a test that passes.
        let said =
            "\nLEFT OUT: fault 7 on a small volume, as nobody may mount one in a namespace of its own here\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    }
    let service = Service::start(&bench, Some(&wrapper)).await;
    bench.world.rates().set("demo/slow-assets", None);
    let (status, problem) = service.post("/admin/repos/clone", json!({"repo": "demo/slow-assets"})).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("disk-full")),
        "{problem}"
    );
    let inside = format!("/proc/{}/root{}", service.pid(), bench.data().join("projects/repos").display());
    assert_eq!(entries(Path::new(&inside)), [""; 0]);
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "x"})).await;
    let chat = service.settled(&id).await;
    assert_eq!((&chat["state"], &chat["error"]["type"]), (&json!("failed"), &json!("disk-full")), "{chat}");
    assert_eq!(chat["prompts"][0]["text"], "x");
    // A prompt that does not fit is not promised to be kept.
    let photo = format!("data:image/png;base64,{}", "A".repeat(2 << 20));
    let files = json!([{"mime": "image/png", "filename": "a.png", "url": photo}]);
    let (status, problem) = service
        .post(&format!("/admin/chats/{id}/prompts"), json!({"id": "msg_1", "text": "y", "files": files}))
        .await;
    assert_eq!((status, &problem["type"]), (StatusCode::INSUFFICIENT_STORAGE, &json!("disk-full")));
    assert_eq!(service.prompt(&id, "msg_1", "y").await["files"], json!([]));
    let listed: Value = service.get("/admin/repos").await;
    assert_eq!(listed["repos"][0]["state"], "failed");
    // A small one still fits.
    service.clone_repository("demo/dotfiles").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_not_up_is_waited_for_and_then_named() {
    let mut bench = Bench::new().await;
    let address = format!("127.0.0.1:{}", ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap());
    bench.set("OCWEB_GATEWAY_URL", &format!("http://{address}"));
    let service = bench.service().await;
    let clone = json!({"repo": "demo/hello-web"});
    let (status, problem) = service.post("/admin/repos/clone", clone.clone()).await;
    assert_eq!((status, &problem["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("gateway-down")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the github-gateway") && detail.contains("is not running"), "{detail}");
    // Asked for while it starts.
    let asked = service.post("/admin/repos/clone", clone);
    let started = async {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        support::gateway(&bench, listener)
    };
    let ((status, cloned), _) = tokio::join!(asked, started);
    assert!(status.is_success(), "{cloned}");
}
