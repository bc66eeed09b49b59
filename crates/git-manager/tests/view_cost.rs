//! What looking at many working copies costs: time while nothing changes, and memory afterwards.

use std::{fs, path::PathBuf, time::Instant};

use crate::support::{Bench, Service, git};
use serde_json::{Value, json};

const CHATS: usize = 20;
const FILES: usize = 5000;

/// Resident memory of the service's own, in KiB.
fn memory(service: &Service) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `cargo test -p ocweb-git-manager --test suite view_cost -- --ignored --nocapture`, with `--release` for figures.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; takes minutes in a debug build"]
async fn many_chats_on_a_large_repository() {
    let mut bench = Bench::new().await;
    // As the supervisor sets them.
    bench.set("MALLOC_ARENA_MAX", "2");
    bench.set("MALLOC_MMAP_THRESHOLD_", "131072");
    let work = bench.folder.path().join("work");
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    git(bench.folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), work.to_str().unwrap()]);
    for number in 0..FILES {
        let folder = work.join(format!("part-{}/section-{}", number % 25, number % 500));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("file-{number}.txt")), format!("{number}\n").repeat(200)).unwrap();
    }
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "large"]);
    git(&work, &["push", "--quiet"]);
    let service = bench.service().await;
    let mut chats = Vec::new();
    for _ in 0..CHATS {
        let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
        let directory = service.settled(&id).await["directory"].as_str().unwrap().to_owned();
        chats.push((id, PathBuf::from(directory)));
    }
    println!("memory before: {} KiB", memory(&service));
    let timed = async |what: &str, query: &str| {
        let begun = Instant::now();
        let answer: Value = service.get(&format!("/admin/chats/git{query}")).await;
        println!("{what}: {:.1} ms, memory {} KiB", begun.elapsed().as_secs_f64() * 1000.0, memory(&service));
        assert_eq!(answer["chats"].as_array().unwrap().len(), CHATS);
    };
    let all = async |what: &str| timed(what, "").await;
    all("all, measured").await;
    for _ in 0..5 {
        all("all, nothing changed").await;
    }
    for _ in 0..5 {
        timed("all, as known", "?known=true").await;
    }
    let (id, path) = &chats[0];
    fs::write(path.join("main.js"), "changed\n").unwrap();
    all("all, one changed").await;
    for number in 0..2000 {
        let file = path.join(format!("part-{}/section-{}/file-{number}.txt", number % 25, number % 500));
        fs::write(file, format!("{number} changed\n").repeat(200)).unwrap();
    }
    for route in ["git", "diff", "search?query=file1", "search?query=4999&in=text", "log", "files"] {
        let begun = Instant::now();
        service.get(&format!("/admin/chats/{id}/{route}")).await;
        println!(
            "{route}: {:.1} ms, memory {} KiB",
            begun.elapsed().as_secs_f64() * 1000.0,
            memory(&service)
        );
    }
    for rounds in 1..=5 {
        for _ in 0..20 {
            service.get(&format!("/admin/chats/{id}/diff")).await;
        }
        println!("memory after {} diffs of 2,000 files: {} KiB", rounds * 20, memory(&service));
    }
}
