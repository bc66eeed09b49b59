//! Clone, fetch and checkout as they are told of, and ended before they are done: from a remote that is slow or stands
//! still.

use crate::support::{self, Bench, Service, entries, eventually, processes_marked};
use reqwest::StatusCode;
use serde_json::{Value, json};

const REPOSITORY: &str = "demo/slow-assets";

/// A bench whose remote may stand still for longer than this test takes.
async fn patient() -> (Bench, String) {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_REMOTE_STALL_SECONDS", "120");
    let instance = bench.folder.path().display().to_string();
    bench.set("OCWEB_INSTANCE", &instance);
    (bench, format!("OCWEB_INSTANCE={instance}"))
}

/// Bytes that cannot be compressed.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u8::try_from(state >> 56).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// Waits until a chat tells of its progress as `wanted` says.
async fn progress(service: &Service, chat: &str, state: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(&format!("progress of {state}"), async || {
        let chat = service.get(&format!("/admin/chats/{chat}")).await;
        assert_ne!(chat["state"], "failed", "{chat}");
        (chat["state"] == state && wanted(&chat["progress"])).then(|| chat["progress"].clone())
    })
    .await
}

fn moves(progress: &Value) -> bool {
    progress["phase"] == "receiving"
        && progress["bytes"].as_u64().unwrap() > 0
        && progress["bytes_per_second"].as_u64().unwrap() > 0
        && progress["total_objects"].as_u64().unwrap() > 0
}

async fn no_git_is_left(service: &Service, mark: &str) {
    eventually("no git is left", async || processes_marked(mark, service.pid()).is_empty().then_some(()))
        .await;
}

async fn cancel(service: &Service, id: &str) {
    let (status, chat) = service.post(&format!("/admin/chats/{id}/cancel"), json!({})).await;
    assert_eq!((status, &chat["state"]), (StatusCode::OK, &json!("failed")), "{chat}");
    assert_eq!((&chat["error"]["type"], &chat["prompts"][0]["text"]), (&json!("cancelled"), &json!("go")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_only_a_cancelled_chat_wanted_leaves_nothing() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    bench.world.rates().set(REPOSITORY, Some(200_000));
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    progress(&service, &id, "cloning", moves).await;
    // A remote that stands still is told of as such, long before it is given up.
    bench.world.rates().set(REPOSITORY, Some(1));
    progress(&service, &id, "cloning", |it| it["bytes_per_second"] == 0 && it["bytes"] != 0).await;
    // Another chat waits for the same clone: it goes on.
    let other = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    progress(&service, &other, "cloning", Value::is_object).await;
    cancel(&service, &id).await;
    assert_eq!(service.get("/admin/repos").await["repos"][0]["state"], "cloning");
    cancel(&service, &other).await;
    assert_eq!(service.get("/admin/repos").await, json!({"repos": []}));
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);
    no_git_is_left(&service, &mark).await;

    bench.world.rates().set(REPOSITORY, None);
    service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    let (status, problem) = service.post(&format!("/admin/chats/{id}/cancel"), json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_from_the_list_is_told_of_and_cancelled() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    bench.world.rates().set(REPOSITORY, Some(200_000));
    let request = service.client.post("http://service/admin/repos/clone").header("Prefer", "respond-async");
    let answer = request.json(&json!({"repo": REPOSITORY, "extent": "latest_only"})).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    eventually("it is told of", async || {
        let listed = service.get("/admin/repos").await;
        let repository = &listed["repos"][0];
        assert_eq!((&repository["state"], &repository["extent"]), (&json!("cloning"), &json!("latest_only")));
        moves(&repository["progress"]).then_some(())
    })
    .await;
    support::deleted(&service, &format!("/admin/repos/{REPOSITORY}")).await;
    assert_eq!(entries(&bench.data().join("projects/repos")), [""; 0]);
    no_git_is_left(&service, &mark).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_is_told_of_and_cancelled() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    bench.world.rates().set(REPOSITORY, None);
    service.clone_repository(REPOSITORY).await;
    bench.push_content(REPOSITORY, "main", "noise", &noise(3_000_000));
    bench.world.rates().set(REPOSITORY, Some(150_000));
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    progress(&service, &id, "fetching", |it| it["phase"] == "receiving").await;
    let listed = service.get("/admin/repos").await;
    assert_eq!(
        (&listed["repos"][0]["state"], &listed["repos"][0]["progress"]["phase"]),
        (&json!("ready"), &json!("receiving"))
    );
    cancel(&service, &id).await;
    no_git_is_left(&service, &mark).await;
    eventually("it is over", async || {
        let listed = service.get("/admin/repos").await;
        assert_eq!(listed["repos"][0]["state"], "ready");
        listed["repos"][0]["progress"].is_null().then_some(())
    })
    .await;
    assert_eq!(entries(&bench.data().join("projects/worktrees")), [""; 0]);

    // So is one that is asked for by itself, when nobody waits for it any more.
    let client = service.client.clone();
    let address = format!("http://service/admin/repos/{REPOSITORY}/fetch");
    let fetching = tokio::spawn(async move { client.post(address).send().await });
    eventually("it fetches", async || {
        let listed = service.get("/admin/repos").await;
        (listed["repos"][0]["progress"]["phase"] == "receiving").then_some(())
    })
    .await;
    fetching.abort();
    no_git_is_left(&service, &mark).await;
    bench.world.rates().set(REPOSITORY, None);
    let (status, fetched) = service.post(&format!("/admin/repos/{REPOSITORY}/fetch"), json!({})).await;
    assert_eq!((status, &fetched["progress"]), (StatusCode::OK, &json!(null)), "{fetched}");
    service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
}

/// The gits of a service that fetch.
fn fetching(service: &Service, mark: &str) -> Vec<u32> {
    let gits = processes_marked(mark, service.pid()).into_iter();
    gits.filter(|(_, command)| command.contains(" fetch ")).map(|(pid, _)| pid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_goes_on_for_whoever_waits_for_it() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    bench.world.rates().set(REPOSITORY, None);
    service.clone_repository(REPOSITORY).await;
    bench.push_content(REPOSITORY, "main", "noise", &noise(3_000_000));
    bench.world.rates().set(REPOSITORY, Some(150_000));
    let first = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    progress(&service, &first, "fetching", moves).await;
    let second = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    progress(&service, &second, "fetching", moves).await;
    let gits = fetching(&service, &mark);
    assert!(!gits.is_empty());
    cancel(&service, &first).await;
    progress(&service, &second, "fetching", moves).await;
    assert_eq!(fetching(&service, &mark), gits, "it is the same fetch");
    cancel(&service, &second).await;
    no_git_is_left(&service, &mark).await;
    bench.world.rates().set(REPOSITORY, None);
    for id in [first, second] {
        service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
        assert_eq!(service.settled(&id).await["state"], "ready");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commits_of_a_pull_request_are_told_of_and_come_again_after_a_cut() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    bench.push_content("demo/hello-web", "theirs", "noise", &noise(3_000_000));
    let remote = bench.folder.path().join("github/repositories/demo/hello-web.git");
    support::git(&remote, &["update-ref", "refs/pull/77/head", "refs/heads/theirs"]);
    support::git(&remote, &["update-ref", "-d", "refs/heads/theirs"]);
    bench.world.rates().set("demo/hello-web", Some(300_000));
    let id =
        service.create_chat(json!({"repo": "demo/hello-web", "prompt": "go", "base": "pull/77/head"})).await;
    progress(&service, &id, "adding_worktree", moves).await;
    let first = fetching(&service, &mark);
    let of_remote = format!("GIT_PROJECT_ROOT={}", bench.folder.path().join("github/repositories").display());
    for (pid, _) in processes_marked(&of_remote, 0) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
        // It may have ended with the one before.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
    }
    eventually("it is tried again", async || {
        let again = fetching(&service, &mark);
        (!again.is_empty() && again.iter().all(|pid| !first.contains(pid))).then_some(())
    })
    .await;
    bench.world.rates().set("demo/hello-web", None);
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    let folder = std::path::PathBuf::from(chat["directory"].as_str().unwrap());
    assert_eq!(std::fs::read(folder.join("noise")).unwrap(), noise(3_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_told_of_and_cancelled() {
    let (bench, mark) = patient().await;
    let service = bench.service().await;
    bench.push_content("demo/big-monorepo", "main", ".gitattributes", b"*.ts filter=slow\n");
    service.clone_repository("demo/big-monorepo").await;
    let clone = bench.clone_path("demo/big-monorepo");
    support::git(&clone, &["config", "filter.slow.smudge", "sleep 0.05; cat"]);
    let id = service.create_chat(json!({"repo": "demo/big-monorepo", "prompt": "go"})).await;
    let told =
        progress(&service, &id, "adding_worktree", |it| it["phase"] == "checkout" && it["objects"] != 0)
            .await;
    assert!(told["total_objects"].as_u64().unwrap() > 1000, "{told}");
    cancel(&service, &id).await;
    no_git_is_left(&service, &mark).await;
    assert_eq!(entries(&bench.data().join("projects/worktrees")), [""; 0]);
    assert_eq!(support::git(&clone, &["branch", "--list", "ocweb/*"]), "");
    support::git(&clone, &["config", "--unset", "filter.slow.smudge"]);
    service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
}
