//! Data on one volume and working copies on another, as on Kubernetes: nothing can be renamed from one to the other, and
//! nothing is.

use std::{fs, io::ErrorKind, io::Write, path::Path, process::Command};

use crate::support::{
    Bench, commit,
    damaged::{Scene, found_at_start, overwrite_empty, text},
    deleted, eventually, git,
    restoring::{chat, restored, saved},
};
use reqwest::StatusCode;
use serde_json::json;

/// Whether somebody may mount here, in a namespace of their own; says so past the harness where not.
fn possible() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut unshare = Command::new("unshare");
    unshare.args(["--map-root-user", "--mount", "mount", "--bind"]).args([folder.path(), folder.path()]);
    let possible = unshare.status().is_ok_and(|status| status.success());
    if !possible {
        let said = "\nLEFT OUT: two volumes, as nobody may mount one in a namespace of its own here\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    possible
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_deleted_is_saved_and_comes_back() {
    if !possible() {
        return;
    }
    let mut bench = Bench::new().await;
    bench.two_volumes = true;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "committed");
    fs::write(directory.join("new"), "new").unwrap();
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
    assert!(!directory.exists());
    deleted(&service, "/admin/repos/demo/hello-web").await;
    assert!(!bench.clone_path("demo/hello-web").exists());
    restored(&service, &work).await;
    let chat = service.settled(&id).await;
    let directory = Path::new(chat["directory"].as_str().unwrap());
    assert_eq!(fs::read_to_string(directory.join("new")).unwrap(), "new");
    assert_eq!(git(directory, &["log", "-1", "--format=%s"]), "committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_is_set_aside() {
    if !possible() {
        return;
    }
    let mut scene = Scene::new().await;
    scene.bench.two_volumes = true;
    let notice = found_at_start(&scene, |scene| overwrite_empty(&scene.entry().join("index"))).await;
    assert!(text(&notice, "found").contains("index"), "{notice}");
    // A whole clone, of which only rubble is left.
    let rubble = scene.clone.join("rubble");
    fs::remove_dir_all(&scene.clone).unwrap();
    fs::create_dir(&scene.clone).unwrap();
    fs::write(&rubble, "rubble").unwrap();
    let service = scene.looked_at().await;
    let notice = eventually("it was cloned again", async || {
        let (_, answer) = service.send(reqwest::Method::GET, "/admin/repairs", None).await;
        answer["repairs"].as_array()?.iter().find(|it| text(it, "done").contains("cloned again")).cloned()
    })
    .await;
    let aside = Path::new(notice["aside"].as_str().unwrap());
    assert!(aside.starts_with(scene.bench.data().join("projects")), "{notice}");
    assert_eq!(fs::read_to_string(aside.join("repos/demo__hello-web/rubble")).unwrap(), "rubble");
    assert_eq!(rubble.metadata().unwrap_err().kind(), ErrorKind::NotFound);
    let (status, _) = service.post("/admin/gc", json!({})).await;
    assert_eq!(status, StatusCode::OK);
}
