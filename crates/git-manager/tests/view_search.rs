//! A search for text ends once enough was found, or its time is over, however large the working copy is.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use crate::support::{Bench, Service, eventually};
use serde_json::json;

/// A service whose `git grep` is this shell script, which notes its process first.
async fn service_with(bench: &mut Bench, script: &str) -> Service {
    let folder = bench.folder.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let path = std::env::var("PATH").unwrap();
    let git =
        std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.is_file()).unwrap();
    let (git, noted) = (git.display(), folder.join("pid"));
    let wrapper = format!(
        "#!/bin/sh\ncase \" $* \" in *\" grep \"*) echo $$ > {}\n{script};;\nesac\nexec {git} \"$@\"\n",
        noted.display()
    );
    fs::write(folder.join("git"), wrapper).unwrap();
    fs::set_permissions(folder.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.set("PATH", &format!("{}:{path}", folder.display()));
    bench.service().await
}

async fn ready(service: &Service) -> String {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    id
}

/// Waits until the search that was noted runs no more.
async fn ended(bench: &Bench) {
    let pid = fs::read_to_string(bench.folder.path().join("bin/pid")).unwrap();
    let process = std::path::Path::new("/proc").join(pid.trim());
    eventually("it is gone", async || (!process.exists()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_once_there_is_enough() {
    let mut bench = Bench::new().await;
    // It would go on for ever.
    let service = service_with(&mut bench, "while :; do printf 'a.txt\\0001\\000needle\\n'; done").await;
    let id = ready(&service).await;
    let begun = Instant::now();
    let found = service.get(&format!("/admin/chats/{id}/search?in=text&query=needle&limit=3")).await;
    let line = json!({"path": "a.txt", "line": 1, "text": "needle"});
    assert_eq!(found, json!({"matches": [line, line, line], "truncated": true}));
    assert!(begun.elapsed() < Duration::from_secs(5), "before its time was over");
    ended(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_in_time_is_told() {
    let mut bench = Bench::new().await;
    let service = service_with(&mut bench, "printf 'a.txt\\0007\\000needle\\n'; sleep 600").await;
    let id = ready(&service).await;
    let found = service.get(&format!("/admin/chats/{id}/search?in=text&query=needle")).await;
    let line = json!({"path": "a.txt", "line": 7, "text": "needle"});
    assert_eq!(found, json!({"matches": [line], "truncated": true}));
    ended(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lines_are_cut_and_those_behind_them_found() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    let chat = service.get(&format!("/admin/chats/{id}")).await;
    let directory = std::path::Path::new(chat["directory"].as_str().unwrap());
    fs::write(directory.join("long.txt"), format!("needle {}\nneedle\n", "ü".repeat(4 << 20))).unwrap();
    let found = service.get(&format!("/admin/chats/{id}/search?in=text&query=needle")).await;
    let matches = found["matches"].as_array().unwrap();
    let lengths: Vec<_> = matches.iter().map(|found| found["text"].as_str().unwrap().len()).collect();
    assert_eq!((lengths, &found["truncated"]), (vec![499, 6], &json!(false)));
}
