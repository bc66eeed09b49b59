//! Fault 18 where more than one thing is wrong, or where the repair itself is cut off or cannot do all it should.

use std::{fs, path::Path, process::Command};

use crate::support::{
    commit,
    damaged::{Scene, found_at_start, garbled, notices, overwrite, overwrite_empty, text, truncated},
    eventually, git,
};
use ocweb_demo::faults::{Fault, Part};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_and_an_object_that_end_too_soon_are_repaired_together() {
    let scene = Scene::new().await;
    scene.pack_what_was_cloned();
    let lost = git(&scene.one, &["rev-parse", "HEAD"]);
    let notice = found_at_start(&scene, |scene| {
        truncated(&scene.object("HEAD"));
        truncated(&scene.pack());
    })
    .await;
    assert!(text(&notice, "lost").contains(&lost[..7]), "{notice}");
    assert!(text(&notice, "done").contains("fetched again"), "{notice}");
    assert_eq!(git(&scene.one, &["log", "-1", "--format=%s"]), "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_and_a_folder_are_repaired_together() {
    let scene = Scene::new().await;
    let before = git(&scene.one, &["rev-parse", "HEAD~"]);
    let notice = found_at_start(&scene, |scene| {
        overwrite_empty(&scene.object("HEAD^{tree}"));
        garbled(&scene.entry().join("index"));
        fs::remove_file(scene.one.join(".git")).unwrap();
    })
    .await;
    // Without its index nobody knows the folder: the commit before it is the last whole one.
    assert_eq!(git(&scene.one, &["rev-parse", "HEAD"]), before);
    assert!(text(&notice, "found").contains("index") && text(&notice, "lost").contains("second"), "{notice}");
    assert!(git(&scene.one, &["status", "--porcelain"]).contains("second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_is_killed_goes_on_with_what_it_had_set_aside() {
    let scene = Scene::new().await;
    // All objects are in one pack, also those that no remote has; its last bytes are others.
    git(&scene.clone, &["repack", "-a", "-d", "-q"]);
    let (tip, files, pack) = (git(&scene.one, &["rev-parse", "HEAD"]), scene.files(), scene.pack());
    let mut content = fs::read(&pack).unwrap();
    content.iter_mut().rev().take(4).for_each(|byte| *byte = !*byte);
    overwrite(&pack, &content);
    scene.bench.world.faults().add(Fault::delay(Part::Git, 600_000).times(100));
    let mut service = scene.bench.service().await;
    let begun = eventually("the repair waits for the remote", async || {
        let notice = notices(&service).await.pop()?;
        (!pack.exists()).then_some(notice)
    })
    .await;
    service.kill();
    assert!(text(&begun, "found").contains("has not come to its end"), "{begun}");
    let aside = begun["aside"].as_str().unwrap();
    assert!(Path::new(aside).is_dir());

    scene.bench.world.faults().clear();
    let service = scene.looked_at().await;
    scene.assert_sound();
    assert_eq!((git(&scene.one, &["rev-parse", "HEAD"]), scene.files()), (tip, files));
    let notices = notices(&service).await;
    assert_eq!((notices.len(), &notices[0]["unfinished"]), (1, &json!(false)), "{notices:?}");
    assert!(notices[0].to_string().contains(aside), "{notices:?}");
    assert_eq!(text(&notices[0], "lost"), "", "{notices:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_repaired_is_said_once_and_hides_nothing_else() {
    let scene = Scene::new().await;
    let branch = scene.branch();
    fs::remove_dir_all(&scene.one).unwrap();
    // Its branch is in use at another place, so git does not make it again.
    let elsewhere = scene.bench.folder.path().join("elsewhere");
    git(&scene.clone, &["worktree", "add", "--force", "--quiet", elsewhere.to_str().unwrap(), &branch]);
    let other = git(&scene.other, &["rev-parse", "--absolute-git-dir"]);
    garbled(&Path::new(&other).join("index"));
    for _ in 0..2 {
        let service = scene.looked_at().await;
        let notices = notices(&service).await;
        let lost: Vec<_> = notices.iter().map(|notice| text(notice, "lost")).collect();
        assert!(lost.iter().all(|lost| lost.contains("could not be put right")), "{lost:?}");
        assert_eq!(lost.len(), 1, "{notices:?}");
        assert_eq!(git(&scene.other, &["status", "--porcelain"]), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_copy_that_was_moved_is_left_alone() {
    let scene = Scene::new().await;
    let elsewhere = scene.bench.folder.path().join("elsewhere");
    let status = git(&scene.one, &["status", "--porcelain"]);
    git(&scene.clone, &["worktree", "move", scene.one.to_str().unwrap(), elsewhere.to_str().unwrap()]);
    let service = scene.looked_at().await;
    assert_eq!(service.get("/admin/repairs").await["repairs"], json!([]));
    assert_eq!(git(&elsewhere, &["status", "--porcelain"]), status);
    assert!(!scene.one.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_vanished_working_copy_named_outlives_a_clearing() {
    let scene = Scene::new().await;
    git(&scene.one, &["checkout", "--quiet", "--detach"]);
    commit(&scene.one, "detached");
    fs::write(scene.one.join("staged later"), "staged later").unwrap();
    git(&scene.one, &["add", "staged later"]);
    let head = git(&scene.one, &["rev-parse", "HEAD"]);
    fs::remove_dir_all(&scene.one).unwrap();
    let service = scene.looked_at().await;
    let notice = notices(&service).await.remove(0);
    assert!(text(&notice, "done").contains("is kept as refs/ocweb/aside/"), "{notice}");
    git(&scene.clone, &["-c", "gc.worktreePruneExpire=now", "gc", "--prune=now", "--quiet"]);
    let kept = git(&scene.clone, &["for-each-ref", "--format=%(refname)", "refs/ocweb/aside"]);
    let kept: Vec<_> = kept.lines().collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(git(&scene.clone, &["rev-parse", kept[0]]), head);
    let staged = format!("{}:staged later", kept[1]);
    assert_eq!(git(&scene.clone, &["show", &staged]), "staged later");
    scene.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_flaw_in_a_history_is_no_damage() {
    let scene = Scene::new().await;
    let flawed = scene.bench.folder.path().join("flawed");
    let text = git(&scene.one, &["cat-file", "commit", "HEAD"]);
    fs::write(&flawed, text.replace(" +0000", " +051800") + "\n").unwrap();
    let write = ["hash-object", "-t", "commit", "-w", "--literally", flawed.to_str().unwrap()];
    let id = git(&scene.one, &write);
    git(&scene.one, &["update-ref", "HEAD", &id]);
    let said = Command::new("git").args(["fsck"]).current_dir(&scene.clone).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("badTimezone"), "{said:?}");
    let service = scene.looked_at().await;
    let report = scene.checked(&service).await;
    assert_eq!((&report["found"], &report["done"], &report["lost"]), (&json!([]), &json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_that_hold_less_than_everything_are_repaired_too() {
    for extent in ["without_old_files", "latest_only"] {
        let scene = Scene::of(extent).await;
        let tip = git(&scene.one, &["rev-parse", "HEAD"]);
        scene.pack_what_was_cloned();
        // What came is older than what the remote has by now.
        scene.bench.push_to_remote("demo/hello-web", "main", "newer");
        for damage in [truncated as fn(&Path), overwrite_empty] {
            let notice = found_at_start(&scene, |scene| damage(&scene.pack())).await;
            assert_eq!(text(&notice, "lost"), "", "{extent}: {notice}");
            assert_eq!(git(&scene.one, &["rev-parse", "HEAD"]), tip, "{extent}");
            scene.pack_what_was_cloned();
        }
        let notice = found_at_start(&scene, |scene| overwrite_empty(&scene.object("HEAD"))).await;
        assert!(text(&notice, "lost").contains("second"), "{extent}: {notice}");
        assert_eq!(git(&scene.one, &["log", "-1", "--format=%s"]), "first", "{extent}");
    }
}
