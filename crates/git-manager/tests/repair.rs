//! Fault 18, git's half: whatever is damaged in a clone or between it and its working copies is found, set aside, had
//! again or named, and no file of a working copy is touched.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::support::{
    Bench, commit,
    damaged::{
        REPOSITORY, Scene, age, found_at_start, fsck, garbled, notices, overwrite, overwrite_empty, text,
        truncated,
    },
    eventually, git,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn heads_references_and_links_are_set_right() {
    let scene = Scene::new().await;
    let (branch, tip) = (scene.branch(), git(&scene.one, &["rev-parse", "HEAD"]));
    let reference = format!("refs/heads/{branch}");
    let is_back = || {
        assert_eq!(git(&scene.one, &["rev-parse", &reference]), tip);
        assert_eq!(scene.branch(), branch);
    };
    let notice = found_at_start(&scene, |scene| overwrite(&scene.git_directory().join("HEAD"), b"")).await;
    assert!(text(&notice, "found").contains("HEAD of the clone") && notice["lost"] == json!([]), "{notice}");

    let loose = scene.git_directory().join(&reference);
    let notice = found_at_start(&scene, |_| overwrite(&loose, b"")).await;
    assert!(text(&notice, "done").contains("as its history says") && notice["lost"] == json!([]), "{notice}");
    is_back();
    found_at_start(&scene, |_| overwrite(&loose, &[0; 41])).await;
    is_back();
    // One that is gone altogether, and an older state of it that is packed.
    git(&scene.clone, &["pack-refs", "--all"]);
    found_at_start(&scene, |_| {
        fs::create_dir_all(loose.parent().unwrap()).unwrap();
        fs::write(&loose, "garbage").unwrap();
    })
    .await;
    is_back();
    git(&scene.clone, &["pack-refs", "--all"]);
    let notice = found_at_start(&scene, |scene| {
        let packed = scene.git_directory().join("packed-refs");
        let text = fs::read_to_string(&packed).unwrap();
        fs::write(&packed, text.replace(&tip, "0000")).unwrap();
    })
    .await;
    assert!(text(&notice, "found").contains("packed references"), "{notice}");
    is_back();

    found_at_start(&scene, |scene| overwrite(&scene.entry().join("HEAD"), b"")).await;
    is_back();
    found_at_start(&scene, |scene| fs::remove_file(scene.one.join(".git")).unwrap()).await;
    is_back();
    found_at_start(&scene, |scene| overwrite(&scene.entry().join("commondir"), b"")).await;
    let notice = found_at_start(&scene, |scene| fs::remove_dir_all(scene.entry()).unwrap()).await;
    assert!(text(&notice, "lost").contains("staged"), "{notice}");
    is_back();
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_and_locks_are_set_right() {
    let scene = Scene::new().await;
    for damage in [overwrite_empty as fn(&Path), truncated, garbled, |path| fs::remove_file(path).unwrap()] {
        let notice = found_at_start(&scene, |scene| damage(&scene.entry().join("index"))).await;
        assert!(text(&notice, "found").contains("index"), "{notice}");
        assert_eq!(git(&scene.one, &["status", "--porcelain"]), "?? staged\n?? untracked");
    }
    let notice = found_at_start(&scene, |scene| overwrite_empty(&scene.git_directory().join("index"))).await;
    assert!(text(&notice, "found").contains("index of repos/demo__hello-web"), "{notice}");

    let locks = [scene.entry().join("index.lock"), scene.git_directory().join("packed-refs.lock")];
    let notice = found_at_start(&scene, |scene| {
        for lock in &locks {
            fs::write(lock, "").unwrap();
            age(lock);
        }
        git(&scene.clone, &["status"]);
    })
    .await;
    assert!(
        locks.iter().all(|lock| !lock.exists()) && text(&notice, "found").contains("index.lock"),
        "{notice}"
    );
    commit(&scene.one, "third");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_come_back_from_the_files_or_are_named() {
    let scene = Scene::new().await;
    // A file that a working copy still has.
    for damage in [overwrite_empty as fn(&Path), truncated, garbled] {
        let notice = found_at_start(&scene, |scene| damage(&scene.object("HEAD:second"))).await;
        assert!(text(&notice, "done").contains("written again from"), "{notice}");
        assert_eq!(notice["lost"], json!([]));
    }
    // However long ago it was made.
    let notice = found_at_start(&scene, |scene| {
        let object = scene.object("HEAD:second");
        truncated(&object);
        let file = fs::File::options().write(true).open(&object).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(1000)).unwrap();
    })
    .await;
    assert_eq!(notice["lost"], json!([]), "{notice}");
    // A folder, which the index still has.
    let notice = found_at_start(&scene, |scene| {
        git(&scene.one, &["reset", "--quiet"]);
        overwrite_empty(&scene.object("HEAD^{tree}"));
    })
    .await;
    assert_eq!(notice["lost"], json!([]), "{notice}");
    assert_eq!(git(&scene.one, &["show", "HEAD:second"]), "second");

    // The last commit: its branch goes back by one, and what it changed is still in the files.
    let (lost, before) = (git(&scene.one, &["rev-parse", "HEAD"]), git(&scene.one, &["rev-parse", "HEAD~"]));
    let notice = found_at_start(&scene, |scene| overwrite_empty(&scene.object("HEAD"))).await;
    assert!(text(&notice, "lost").contains(&format!("{} “commit: second”", &lost[..7])), "{notice}");
    assert_eq!(git(&scene.one, &["rev-parse", "HEAD"]), before);
    assert!(git(&scene.one, &["status", "--porcelain"]).contains("second"));

    // A file that is nowhere else: named by its place, and nothing else is wrong.
    commit(&scene.one, "gone");
    git(&scene.one, &["rm", "--quiet", "gone"]);
    git(&scene.one, &["commit", "--quiet", "-m", "without"]);
    let files = scene.files();
    let id = git(&scene.one, &["rev-parse", "HEAD~:gone"]);
    overwrite_empty(&scene.object("HEAD~:gone"));
    let service = scene.looked_at().await;
    let notice = notices(&service).await.remove(0);
    assert!(text(&notice, "lost").contains(":gone") && text(&notice, "lost").contains(&id[..7]), "{notice}");
    assert_eq!((notice["lost"].as_array().unwrap().len(), scene.files()), (1, files), "{notice}");
    let said = String::from_utf8(fsck(&scene.clone).stdout).unwrap();
    assert_eq!(said.lines().filter(|line| line.starts_with("missing")).count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_come_back_from_the_remote_and_from_what_is_left_of_them() {
    let scene = Scene::new().await;
    for damage in [overwrite_empty as fn(&Path), truncated] {
        scene.pack_what_was_cloned();
        let notice = found_at_start(&scene, |scene| damage(&scene.pack())).await;
        assert!(text(&notice, "done").contains("fetched again"), "{notice}");
        assert_eq!(notice["lost"], json!([]));
    }
    scene.pack_what_was_cloned();
    found_at_start(&scene, |scene| overwrite_empty(&scene.pack().with_extension("idx"))).await;
    // What no remote has, in one pack with everything: damage in its middle is found by a check.
    git(&scene.clone, &["repack", "-a", "-d", "-q"]);
    let before = scene.files();
    garbled(&scene.pack());
    let service = scene.looked_at().await;
    let report = scene.checked(&service).await;
    // Where it hit what the start looks at, it was found then.
    let mut said: String = notices(&service).await.iter().map(|notice| text(notice, "found")).collect();
    said.push_str(&text(&report, "found"));
    assert!(said.contains("pack"), "{said}");
    assert_eq!(scene.files(), before);
    if report["lost"] == json!([]) {
        scene.assert_sound();
    }
    let clean = scene.checked(&service).await;
    assert!(
        report["lost"] != json!([]) || clean["found"] == json!([]) && clean["lost"] == json!([]),
        "{clean}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_and_working_copies_that_vanished_come_back() {
    let scene = Scene::new().await;
    let notice = found_at_start(&scene, |scene| fs::remove_dir_all(&scene.clone).unwrap()).await;
    assert!(text(&notice, "done").contains("cloned again"), "{notice}");
    assert!(text(&notice, "lost").contains("only in that clone"), "{notice}");
    let status = git(&scene.one, &["status", "--porcelain"]);
    assert!(["first", "second", "staged", "untracked"].iter().all(|file| status.contains(file)), "{status}");

    git(&scene.one, &["add", "."]);
    git(&scene.one, &["commit", "--quiet", "-m", "all"]);
    let notice = {
        fs::remove_dir_all(&scene.one).unwrap();
        let service = scene.looked_at().await;
        notices(&service).await.remove(0)
    };
    assert!(text(&notice, "done").contains("made again from its branch"), "{notice}");
    assert!(text(&notice, "lost").contains("in no commit"), "{notice}");
    assert_eq!(fs::read_to_string(scene.one.join("second")).unwrap(), "second");
    scene.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agents_git_trips_over_is_repaired_when_the_chat_is_looked_at() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": REPOSITORY, "prompt": "go"})).await;
    let directory = PathBuf::from(service.settled(&id).await["directory"].as_str().unwrap());
    commit(&directory, "mine");
    let entry = PathBuf::from(git(&directory, &["rev-parse", "--absolute-git-dir"]));
    // A lock: only the agent's git trips over it.
    let lock = entry.join("index.lock");
    fs::write(&lock, "").unwrap();
    age(&lock);
    service.get(&format!("/admin/chats/{id}/git")).await;
    assert!(!lock.exists());
    commit(&directory, "more");
    // An object and the index: the page cannot read them either.
    let head = git(&directory, &["rev-parse", "HEAD^{tree}"]);
    overwrite_empty(&bench.clone_path(REPOSITORY).join(".git/objects").join(&head[..2]).join(&head[2..]));
    overwrite(&entry.join("HEAD"), b"");
    let (status, answer) = service.send(Method::GET, &format!("/admin/chats/{id}/git"), None).await;
    assert_eq!(status, StatusCode::OK, "{answer} {}", service.log());
    git(&directory, &["status"]);
    assert!(fsck(&bench.clone_path(REPOSITORY)).status.success());
    let notices = notices(&service).await;
    assert!(notices.iter().all(|notice| notice["trigger"] == "error"), "{notices:?}");
    assert_eq!(service.get(&format!("/admin/repos/{REPOSITORY}/check")).await["check"], json!(null));
    let (status, _) = service.post("/admin/repos/demo/not-cloned/check", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_opencodes_database_is_said_until_it_is_put_away() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let aside = bench.data().join("opencode-state/damaged/2026-11-21T21-00-00.000Z");
    fs::create_dir_all(&aside).unwrap();
    fs::create_dir(aside.with_file_name("of the agent's own")).unwrap();
    fs::write(aside.with_file_name("of the agent's own").join("notice.json"), "[").unwrap();
    let notice = json!({
        "id": "database-1", "repo": null, "trigger": "start", "at": "2026-11-21T21:00:00.000Z",
        "found": ["opencode's database was damaged: it was empty."], "done": [], "lost": ["All."],
        "aside": aside, "unfinished": false,
    });
    fs::write(aside.join("notice.json"), notice.to_string()).unwrap();
    let said = notices(&service).await;
    assert_eq!((said.len(), &said[0]["found"], &said[0]["repo"]), (1, &notice["found"], &json!(null)));
    assert_eq!(service.delete("/admin/repairs/database-1").await.0, StatusCode::NO_CONTENT);
    assert_eq!(service.get("/admin/repairs").await["repairs"], json!([]));
    assert!(aside.is_dir());
    assert_eq!(service.delete("/admin/repairs/database-1").await.0, StatusCode::NOT_FOUND);
}

/// The work of a start, with nothing wrong, beside fifty working copies.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; run it by hand"]
async fn a_look_at_fifty_working_copies() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/big-monorepo").await;
    for number in 0..50 {
        service.add_worktree("demo/big-monorepo", &format!("ses_{number}")).await;
    }
    drop(service);
    for _ in 0..3 {
        let begun = std::time::Instant::now();
        let service = bench.service().await;
        println!("ready after {} ms", begun.elapsed().as_millis());
        let line = eventually("looked at", async || {
            service.log().lines().find(|line| line.contains("all clones were looked at")).map(str::to_owned)
        })
        .await;
        println!("{line}");
    }
}
