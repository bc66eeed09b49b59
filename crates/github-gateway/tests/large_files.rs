//! What git-lfs asks, as its protocol has it, and the real git-lfs where it is installed.

use crate::support::{Bench, capability, chat_capability};
use ocweb_git_access::Grant;
use reqwest::Method;
use serde_json::{Value, json};

const OID: &str = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const KIND: &str = "application/vnd.git-lfs+json";

async fn send(request: reqwest::RequestBuilder, capability: &str, body: Option<Value>) -> (u16, Value) {
    let request = request.header("accept", KIND).header("accept-encoding", "gzip");
    let request = request.basic_auth("ocweb", Some(capability));
    let answer = match body {
        Some(body) => request.header("content-type", KIND).body(body.to_string()),
        None => request,
    };
    let answer = answer.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], KIND);
    (status, answer.json().await.unwrap())
}

fn list(operation: &str) -> Value {
    json!({"operation": operation, "transfers": ["basic"], "objects": [{"oid": OID, "size": 12}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_stored_by_the_chat_and_loaded_by_who_may_read() {
    let bench = Bench::new().await;
    bench.chat().await;
    let batch = |repository: &str| {
        let client = ocweb_service::local_client_builder().build().unwrap();
        client.post(format!("http://{}/{repository}.git/info/lfs/objects/batch", bench.address))
    };
    let (chat, reading) = (chat_capability(), capability(Grant::transfer(60)));
    let (status, stored) = send(batch("demo/hello-web"), &chat, Some(list("upload"))).await;
    let action = &stored["objects"][0]["actions"]["upload"];
    assert_eq!(status, 200, "{stored}");
    let client = ocweb_service::local_client_builder().build().unwrap();
    let put = client.put(action["href"].as_str().unwrap());
    let put = put.header("authorization", action["header"]["Authorization"].as_str().unwrap());
    assert_eq!(put.body("hello world!").send().await.unwrap().status(), 200);
    for capability in [&chat, &reading] {
        let (status, found) = send(batch("demo/hello-web"), capability, Some(list("download"))).await;
        assert_eq!(status, 200, "{found}");
        assert!(found["objects"][0]["actions"]["download"]["href"].is_string(), "{found}");
        assert!(!found.to_string().contains(bench.world.token()));
    }
    let (status, refused) = send(batch("demo/hello-web"), &reading, Some(list("upload"))).await;
    assert_eq!(status, 403);
    assert_eq!(
        refused["message"],
        "ocweb: large files of demo/hello-web can only be stored by a chat of it."
    );
    // Of another private repository nothing is known here.
    let (status, refused) = send(batch("demo/slow-assets"), &chat, Some(list("download"))).await;
    assert_eq!(status, 403);
    assert!(refused["message"].as_str().unwrap().contains("is not public (401)"), "{refused}");
    let (status, refused) = send(batch("demo/hello-web"), "x", Some(list("download"))).await;
    assert_eq!(status, 403);
    assert!(refused["message"].as_str().unwrap().starts_with("ocweb: only the git"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_are_shown_and_not_made() {
    let bench = Bench::new().await;
    bench.chat().await;
    let chat = chat_capability();
    let locks = "demo/hello-web.git/info/lfs/locks";
    let ask = |method, path: &str| {
        let client = ocweb_service::local_client_builder().build().unwrap();
        client.request(method, format!("http://{}/{path}", bench.address))
    };
    let (status, listed) = send(ask(Method::GET, &format!("{locks}?path=locked.bin")), &chat, None).await;
    assert_eq!((status, &listed["locks"][0]["path"]), (200, &json!("locked.bin")));
    let push = Some(json!({"ref": {"name": "refs/heads/ocweb/fix-1"}}));
    let (status, theirs) = send(ask(Method::POST, &format!("{locks}/verify")), &chat, push).await;
    assert_eq!((status, &theirs["theirs"][0]["owner"]["name"]), (200, &json!("octocat")));
    for path in [locks.to_owned(), format!("{locks}/7/unlock")] {
        let (status, refused) = send(ask(Method::POST, &path), &chat, Some(json!({"path": "a"}))).await;
        assert_eq!(status, 403, "{path}");
        assert!(
            refused["message"].as_str().unwrap().contains("locks and unlocks no large files"),
            "{refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs git-lfs: dev/lib/install-package git-lfs git-lfs tests"]
async fn the_real_git_lfs_pushes_and_loads_a_file() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    let git = async |arguments: &[&str]| bench.git(&worktree, &chat, arguments).await.unwrap();
    git(&["lfs", "install", "--local"]).await;
    git(&["lfs", "track", "*.bin"]).await;
    std::fs::write(worktree.join("large.bin"), "large".repeat(100_000)).unwrap();
    bench.commit(&worktree, "one").await;
    git(&["push", "-q", "origin", "HEAD"]).await;
    assert!(bench.at_remote("refs/heads/ocweb/fix-1").await.is_some());

    let transfer = capability(Grant::transfer(60));
    let url = format!("{}/demo/hello-web.git", bench.world.url());
    let other = bench.folder.path().join("other");
    let clone = ["clone", "-q", "-b", "ocweb/fix-1", &url, other.to_str().unwrap()];
    bench.git(bench.folder.path(), &transfer, &clone).await.unwrap();
    assert!(std::fs::read_to_string(other.join("large.bin")).unwrap().starts_with("version https://git-lfs"));
    bench.git(&other, &transfer, &["lfs", "install", "--local"]).await.unwrap();
    bench.git(&other, &transfer, &["lfs", "pull"]).await.unwrap();
    assert_eq!(std::fs::read_to_string(other.join("large.bin")).unwrap(), "large".repeat(100_000));

    let listed = bench.git(&worktree, &chat, &["lfs", "locks"]).await.unwrap();
    assert!(listed.contains("locked.bin") && listed.contains("octocat"), "{listed}");
    let said = bench.git(&worktree, &chat, &["lfs", "lock", "large.bin"]).await.unwrap_err();
    assert!(said.contains("ocweb: a chat locks and unlocks no large files"), "{said}");
    std::fs::write(worktree.join("other.bin"), "other").unwrap();
    bench.commit(&worktree, "two").await;
    // As a reader it may not store, and says why.
    let said = bench.git(&worktree, &transfer, &["lfs", "push", "origin", "ocweb/fix-1"]).await.unwrap_err();
    assert!(said.contains("can only be stored by a chat of it"), "{said}");
}
