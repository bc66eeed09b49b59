//! The service killed at any moment, again and again: nothing half-made stays, and every chat is
//! created exactly once.

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::support::{Bench, Delays, Service, entries, eventually, git, processes_marked};
use serde_json::{Value, json};

const BIG: &str = "demo/big-monorepo";

async fn marked() -> (Bench, String) {
    let mut bench = Bench::new().await;
    let instance = bench.folder.path().display().to_string();
    bench.set("OCWEB_INSTANCE", &instance);
    (bench, format!("OCWEB_INSTANCE={instance}"))
}

/// No clone is there, or a whole one.
fn assert_no_half_clone(path: &Path) {
    if path.exists() {
        // All objects are there, but for those that a clone without old files is to lack. fsck would look at half-made
        // worktrees too, which the next start settles.
        let all = ["--objects", "--quiet", "--missing=allow-promisor", "--branches", "--remotes", "HEAD"];
        git(path, &[&["rev-list"], &all[..]].concat());
        git(path, &["verify-pack", "--", &pack_of(path)]);
        git(path, &["rev-parse", "--verify", "HEAD"]);
        assert_eq!(git(path, &["status", "--porcelain"]), "");
    }
}

/// The index of the pack that the clone came in.
fn pack_of(clone: &Path) -> String {
    let packs = clone.join(".git/objects/pack");
    let name =
        entries(&packs).into_iter().find(|name| Path::new(name).extension().is_some_and(|it| it == "idx"));
    packs.join(name.unwrap_or_default()).display().to_string()
}

/// The states of a chat, as they lie on the disk.
fn state_on_disk(bench: &Bench, id: &str) -> Option<String> {
    let record = bench.data().join(format!("ocweb/git-manager/chats/{id}.json"));
    let record: Value = serde_json::from_slice(&std::fs::read(record).ok()?).ok()?;
    Some(record["state"].as_str()?.to_owned())
}

fn assert_delivered_once(bench: &Bench, prompt: &str, chats: usize) {
    let memory = bench.opencode.memory();
    assert_eq!(memory.sessions.len(), chats);
    for session in memory.sessions.keys() {
        assert_eq!(memory.texts(session), [[prompt]], "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_4_killed_in_mid_clone_twenty_times() {
    let (bench, mark) = marked().await;
    bench.world.rates().set("demo/slow-assets", Some(200_000));
    let clone = bench.clone_path("demo/slow-assets");
    let mut delays = Delays(4);
    let mut service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "go"})).await;
    for round in 0..20 {
        if round % 2 == 0 {
            eventually("bytes arrive", async || {
                let chat = service.get(&format!("/admin/chats/{id}")).await;
                (chat["progress"]["bytes"].as_u64()? > 0).then_some(())
            })
            .await;
        } else {
            tokio::time::sleep(delays.next(150)).await;
        }
        service.kill();
        assert_no_half_clone(&clone);
        service = bench.service().await;
        // Nothing of the killed run goes on beside the new one, which has a folder of its own. A child that
        // git has just forked still has the command of its parent.
        let gits = processes_marked(&mark, service.pid());
        let clones: BTreeSet<_> = gits
            .iter()
            .map(|(_, command)| command)
            .filter(|command| command.contains(" clone ") && command.contains("slow-assets"))
            .collect();
        assert!(clones.len() <= 1, "{gits:?}");
        let incoming = entries(&bench.data().join("projects/repos"));
        assert!(incoming.len() <= 1, "{incoming:?}");
    }
    assert!(!clone.exists(), "all kills hit the clone");
    bench.world.rates().set("demo/slow-assets", None);
    service.kill();
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_no_half_clone(&clone);
    assert_eq!(entries(&bench.data().join("projects/repos")), ["demo__slow-assets"]);
    assert_delivered_once(&bench, "go", 1);
}

/// A part of the making of a clone, by what is on the disk meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// The pack is received, or put together.
    Pack,
    /// Files are written, or the clone is put into its place.
    Files,
}

impl Part {
    /// Whether a clone in the making is in this part.
    fn is_met(self, incoming: &Path) -> bool {
        match self {
            Self::Pack => {
                entries(&incoming.join(".git/objects/pack")).iter().any(|name| name.contains("tmp_pack"))
            }
            Self::Files => entries(incoming).iter().any(|name| name != ".git"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_4_killed_in_each_part_of_each_kind_of_clone() {
    for extent in ["full", "without_old_files", "latest_only"] {
        let (bench, _) = marked().await;
        let clone = bench.clone_path(BIG);
        let mut service = bench.service().await;
        let begin = async |service: &Service| {
            service.create_chat(json!({"repo": BIG, "extent": extent, "prompt": "go"})).await
        };
        let mut id = begin(&service).await;
        for part in [Part::Pack, Part::Files, Part::Pack, Part::Files] {
            let mut attempts = 0;
            while !is_killed_in(part, &bench, &mut service).await {
                // It was over before that was seen: another one.
                attempts += 1;
                assert!(attempts < 10, "{extent}: {part:?} is never seen");
                service.settled(&id).await;
                for path in [format!("/admin/chats/{id}"), format!("/admin/repos/{BIG}")] {
                    let (status, problem) = service.delete(&format!("{path}?force=true")).await;
                    assert!(status.is_success(), "{problem}");
                }
                id = begin(&service).await;
            }
        }
        bench.world.rates().set(BIG, None);
        let chat = service.settled(&id).await;
        assert_eq!(chat["state"], "ready", "{chat}");
        assert_no_half_clone(&clone);
        assert_eq!(entries(clone.parent().unwrap()), ["demo__big-monorepo"]);
        assert_eq!(service.get("/admin/repos").await["repos"][0]["extent"], extent);
        let directory = Path::new(chat["directory"].as_str().unwrap());
        assert_eq!(git(directory, &["status", "--porcelain"]), "");
    }
}

/// Kills the service in one part of a clone, and starts it again. False when the clone was over before.
async fn is_killed_in(part: Part, bench: &Bench, service: &mut Service) -> bool {
    let clone = bench.clone_path(BIG);
    let folder = clone.parent().unwrap();
    bench.world.rates().set(BIG, (part == Part::Pack).then_some(100_000));
    eventually("it is in that part, or over", async || {
        let incoming = entries(folder).into_iter().find(|name| name.starts_with(".incoming-"));
        let is_met = incoming.is_some_and(|incoming| part.is_met(&folder.join(incoming)));
        (is_met || clone.exists()).then_some(())
    })
    .await;
    service.kill();
    assert_no_half_clone(&clone);
    let is_hit = !clone.exists();
    *service = bench.service().await;
    is_hit
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_5_killed_in_mid_worktree_twenty_times() {
    let (bench, _) = marked().await;
    let mut delays = Delays(5);
    bench.push_content(BIG, "main", ".gitattributes", b"*.ts filter=slow\n");
    let mut service = bench.service().await;
    service.clone_repository(BIG).await;
    let clone = bench.clone_path(BIG);
    let mut ids: Vec<String> = Vec::new();
    for round in 0..20 {
        // Each other time git is held while it writes the files, and else killed wherever it is.
        let is_held = round % 2 == 0;
        if is_held {
            // Others would be held as well.
            for id in &ids {
                assert_eq!(service.settled(id).await["state"], "ready");
            }
            git(&clone, &["config", "filter.slow.smudge", "sleep 0.05; cat"]);
        }
        let id = service.create_chat(json!({"repo": BIG, "prompt": "go"})).await;
        eventually("the worktree is being added", async || {
            if is_held {
                let progress = &service.get(&format!("/admin/chats/{id}")).await["progress"];
                return (progress["phase"] == "checkout" && progress["objects"] != 0).then_some(());
            }
            let state = state_on_disk(&bench, &id)?;
            (!matches!(state.as_str(), "queued" | "fetching")).then_some(())
        })
        .await;
        tokio::time::sleep(delays.next(100)).await;
        service.kill();
        if is_held {
            assert_eq!(state_on_disk(&bench, &id).unwrap(), "adding_worktree");
            git(&clone, &["config", "--unset", "filter.slow.smudge"]);
        }
        ids.push(id);
        service = bench.service().await;
    }
    for id in &ids {
        let chat = service.settled(id).await;
        assert_eq!(chat["state"], "ready", "{chat}");
        let directory = Path::new(chat["directory"].as_str().unwrap());
        assert_eq!(git(directory, &["status", "--porcelain"]), "");
        assert_eq!(git(directory, &["branch", "--show-current"]), chat["branch"].as_str().unwrap());
    }
    git(&clone, &["fsck", "--no-progress", "--connectivity-only"]);
    let branches = git(&clone, &["for-each-ref", "--format=%(refname)", "refs/heads/ocweb"]);
    assert_eq!(branches.lines().count(), 20);
    assert_eq!(entries(&clone.join(".git/worktrees")).len(), 20);
    assert_eq!(entries(&bench.data().join("projects/worktrees")).len(), 20);
    assert_delivered_once(&bench, "go", 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_between_the_task_and_the_prompt() {
    let (bench, _) = marked().await;
    bench.opencode.memory().store_delay = Duration::from_millis(50);
    let mut delays = Delays(6);
    let mut service = bench.service().await;
    for round in 1..=5 {
        // The first one clones, the others fetch.
        let id = service.create_chat(json!({"repo": "demo/tally", "prompt": "go"})).await;
        for _ in 0..8 {
            tokio::time::sleep(delays.next(120)).await;
            service.kill();
            assert_no_half_clone(&bench.clone_path("demo/tally"));
            service = bench.service().await;
        }
        let chat = service.settled(&id).await;
        assert_eq!(chat["state"], "ready", "{chat}");
        assert_delivered_once(&bench, "go", round);
        assert_eq!(entries(&bench.data().join("projects/worktrees")).len(), round);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_mid_deletion_it_is_deleted_at_the_next_start() {
    let (bench, _) = marked().await;
    let mut delays = Delays(7);
    let mut service = bench.service().await;
    service.clone_repository(BIG).await;
    for round in 0..8 {
        let session = format!("s{round}");
        let path = service.add_worktree(BIG, &session).await;
        let client = service.client.clone();
        let address = format!("http://service/admin/worktrees/demo/big-monorepo/{session}");
        let deleting = tokio::spawn(async move { client.delete(address).send().await });
        tokio::time::sleep(delays.next(60)).await;
        service.kill();
        // Killed, it gives no answer; or it was done before.
        let _ = deleting.await.unwrap();
        service = bench.service().await;
        let left =
            [path.join(".git").exists(), service.get("/admin/worktrees").await["worktrees"] != json!([])];
        assert!(left == [true, true] || left == [false, false], "{left:?}");
        if left[0] {
            assert_eq!(git(&path, &["status", "--porcelain"]), "", "whole or gone");
            let (status, problem) =
                service.delete(&format!("/admin/worktrees/demo/big-monorepo/{session}")).await;
            assert!(status.is_success(), "{problem}");
        }
        assert_eq!(entries(&bench.data().join("projects/worktrees")), [""; 0]);
        let clone = bench.clone_path(BIG);
        assert_eq!(git(&clone, &["branch", "--list", "ocweb/*"]), "");
        assert_eq!(entries(&clone.join(".git/worktrees")), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_a_killed_git_left_is_got_over() {
    let (bench, _) = marked().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    bench.push_to_remote("demo/hello-web", "main", "new");
    let lock = bench.clone_path("demo/hello-web").join(".git/refs/remotes/origin/main.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    // Too young to be nobody's: it is waited for, and not as long as it might be.
    let old = std::time::SystemTime::now() - Duration::from_secs(3);
    std::fs::File::create(&lock).unwrap().set_modified(old).unwrap();
    let path = service.add_worktree("demo/hello-web", "ses_1").await;
    assert!(path.join("new").exists() && !lock.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_no_process_and_loses_no_chat() {
    let (bench, mark) = marked().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "go"})).await;
    eventually("git runs", async || (!processes_marked(&mark, service.pid()).is_empty()).then_some(())).await;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(service.pid()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    eventually("all are gone", async || processes_marked(&mark, 0).is_empty().then_some(())).await;
    drop(service);
    bench.world.rates().set("demo/slow-assets", None);
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
}
