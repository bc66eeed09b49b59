//! Disk usage over the socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, path::Path, process::Command};

use reqwest::Method;
use serde_json::{Value, json};
use support::Instance;

fn du(path: &Path) -> u64 {
    let output = Command::new("du").args(["-s", "-B1"]).arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

fn write(path: &Path, bytes: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![b'x'; bytes]).unwrap();
}

#[tokio::test]
async fn every_byte_has_its_owner() {
    let instance = Instance::start().await;
    let data = instance.data();
    let clone = data.join("projects/repos/demo__hello");
    let worktree = instance.worktree("demo__data__pipe__ses_1");
    write(&clone.join("a/large"), 1_000_000);
    fs::hard_link(clone.join("a/large"), clone.join("again")).unwrap();
    fs::File::create(clone.join("sparse")).unwrap().set_len(1 << 32).unwrap();
    write(&worktree.join("file"), 70_000);
    write(&data.join("opencode-state/data/opencode.db"), 300_000);
    // Half a clone and a stray file have no owner, and harm nothing.
    write(&data.join("projects/repos/.unfinished/file"), 10);
    write(&data.join("projects/repos/demo__file"), 10);

    let usage = instance.get("/admin/disk").await;
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    assert_eq!(
        usage["repos"],
        json!([{"name": "demo/hello", "path": text(&clone), "size_bytes": du(&clone)}])
    );
    assert_eq!(
        usage["worktrees"],
        json!([{
            "repo": "demo/data__pipe", "session_id": "ses_1",
            "path": text(&worktree), "size_bytes": du(&worktree),
        }])
    );
    let opencode = data.join("opencode-state");
    assert_eq!(usage["opencode"], json!({"path": text(&opencode), "size_bytes": du(&opencode)}));
    let ocweb = data.join("ocweb");
    assert_eq!(usage["ocweb"], json!({"path": text(&ocweb), "size_bytes": du(&ocweb)}));

    let volume = &usage["volume"];
    let bytes = |name: &str| volume[name].as_u64().unwrap();
    let output = Command::new("df").args(["-B1", "--output=size"]).arg(&data).output().unwrap();
    let size: u64 = String::from_utf8(output.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap();
    assert_eq!(bytes("total_bytes"), size);
    assert!(bytes("used_bytes") + bytes("available_bytes") <= size, "{volume}");
}

#[tokio::test]
async fn a_measurement_is_shared_and_refreshed_on_demand() {
    let instance = Instance::start().await;
    let measured = |usage: &Value| usage["measured_at"].as_str().unwrap().to_owned();
    let (first, second) = tokio::join!(instance.get("/admin/disk"), instance.get("/admin/disk"));
    assert_eq!(measured(&first), measured(&second));

    write(&instance.data().join("ocweb/auth/sessions"), 50_000);
    let fresh = instance.get("/admin/disk?refresh=true").await;
    assert_ne!(measured(&fresh), measured(&first));
    assert_eq!(fresh["ocweb"]["size_bytes"], du(&instance.data().join("ocweb")));
    assert_eq!(measured(&instance.get("/admin/disk").await), measured(&fresh));

    let (status, _) = instance.call(Method::GET, "/admin/disk?refresh=perhaps", None).await;
    assert_eq!(status, 400);
}
