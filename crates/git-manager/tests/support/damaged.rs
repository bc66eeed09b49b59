//! A clone that is damaged while nobody is there, and what is found of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Bench, Service, commit, eventually, git};

pub const REPOSITORY: &str = "demo/hello-web";

/// A clone with two chats' working copies, in which something was done and nothing pushed.
pub struct Scene {
    pub bench: Bench,
    pub clone: PathBuf,
    pub one: PathBuf,
    pub other: PathBuf,
}

/// Every file of a working copy with its content.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

impl Scene {
    /// With the service that made it ended: nobody is there while the damage is done.
    pub async fn new() -> Self {
        Self::of("full").await
    }

    /// The same in a clone that holds less than everything.
    pub async fn of(extent: &str) -> Self {
        let mut bench = Bench::new().await;
        // Long enough for a transfer that a test holds up.
        bench.set("OCWEB_REMOTE_STALL_SECONDS", "60");
        let mut service = bench.service().await;
        let (status, made) =
            service.post("/admin/repos/clone", json!({"repo": REPOSITORY, "extent": extent})).await;
        assert!(status.is_success(), "{made}");
        let one = service.add_worktree(REPOSITORY, "ses_one").await;
        let other = service.add_worktree(REPOSITORY, "ses_other").await;
        commit(&one, "first");
        commit(&one, "second");
        fs::write(one.join("staged"), "staged").unwrap();
        git(&one, &["add", "staged"]);
        fs::write(one.join("untracked"), "untracked").unwrap();
        service.kill();
        let clone = bench.clone_path(REPOSITORY);
        Self { bench, clone, one, other }
    }

    pub fn git_directory(&self) -> PathBuf {
        self.clone.join(".git")
    }

    pub fn entry(&self) -> PathBuf {
        self.git_directory().join("worktrees").join(self.one.file_name().unwrap())
    }

    pub fn branch(&self) -> String {
        git(&self.one, &["branch", "--show-current"])
    }

    /// The file of a loose object.
    pub fn object(&self, name: &str) -> PathBuf {
        let id = git(&self.one, &["rev-parse", name]);
        self.git_directory().join("objects").join(&id[..2]).join(&id[2..])
    }

    /// Packs what the remote has: so small a repository arrives as loose objects.
    pub fn pack_what_was_cloned(&self) {
        let script = "git rev-parse origin/main | git pack-objects -q --missing=allow-promisor --revs .git/objects/pack/pack && git prune-packed -q";
        let packed = Command::new("sh").args(["-c", script]).current_dir(&self.clone).output().unwrap();
        assert!(packed.status.success(), "{packed:?}");
    }

    pub fn pack(&self) -> PathBuf {
        let packs = fs::read_dir(self.git_directory().join("objects/pack")).unwrap().flatten();
        packs.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|it| it == "pack")).unwrap()
    }

    pub fn files(&self) -> Files {
        let mut files = Files::new();
        for folder in [&self.one, &self.other] {
            read_files(folder, &mut files);
        }
        files
    }

    /// Starts the service and waits until it has looked at everything.
    pub async fn looked_at(&self) -> Service {
        let service = self.bench.service().await;
        eventually("all clones were looked at", async || {
            service.log().contains("all clones were looked at").then_some(())
        })
        .await;
        service
    }

    /// Has the clone checked through and through, and gives the report.
    pub async fn checked(&self, service: &Service) -> Value {
        let path = format!("/admin/repos/{REPOSITORY}/check");
        let (status, _) = service.post(&path, json!({})).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        eventually("the check is over", async || {
            let check = service.get(&path).await["check"].clone();
            assert_ne!(check["state"], "failed", "{check}");
            (check["state"] == "done").then(|| check["report"].clone())
        })
        .await
    }

    pub fn assert_sound(&self) {
        let output = fsck(&self.clone);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for folder in [&self.one, &self.other] {
            git(folder, &["status", "--porcelain"]);
            git(folder, &["log", "--oneline"]);
        }
    }
}

pub fn fsck(clone: &Path) -> std::process::Output {
    let mut command = Command::new("git");
    command.args(["fsck", "--full", "--no-dangling"]).current_dir(clone);
    command.output().unwrap()
}

pub fn read_files(folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() == ".git" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            read_files(&entry.path(), files);
        } else {
            files.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
}

pub fn overwrite(path: &Path, content: &[u8]) {
    // git's objects are read-only.
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
}

pub fn truncated(path: &Path) {
    let content = fs::read(path).unwrap();
    overwrite(path, &content[..content.len() / 2]);
}

pub async fn notices(service: &Service) -> Vec<Value> {
    service.get("/admin/repairs").await["repairs"].as_array().unwrap().clone()
}

pub fn text(notice: &Value, part: &str) -> String {
    let lines = notice[part].as_array().unwrap().iter();
    lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// One damage: done, found at the start, and afterwards all is sound and each file as it was. Gives the notice.
pub async fn found_at_start(scene: &Scene, damage: impl FnOnce(&Scene)) -> Value {
    let before = scene.files();
    damage(scene);
    let service = scene.looked_at().await;
    let mut notices = notices(&service).await;
    assert_eq!(notices.len(), 1, "{notices:?} {}", service.log());
    let notice = notices.remove(0);
    assert_eq!((&notice["trigger"], &notice["repo"]), (&json!("start"), &json!(REPOSITORY)));
    assert_eq!(scene.files(), before, "no file is touched");
    scene.assert_sound();
    if let Some(aside) = notice["aside"].as_str() {
        assert!(Path::new(aside).is_dir(), "{notice}");
    }
    let id = notice["id"].as_str().unwrap();
    assert_eq!(service.delete(&format!("/admin/repairs/{id}")).await.0, StatusCode::NO_CONTENT);
    drop(service);
    // What was repaired is not found again.
    let service = scene.looked_at().await;
    assert_eq!(service.get("/admin/repairs").await["repairs"], json!([]));
    notice
}

pub fn overwrite_empty(path: &Path) {
    overwrite(path, b"");
}

pub fn garbled(path: &Path) {
    let mut content = fs::read(path).unwrap();
    let middle = content.len() / 2;
    content[middle..].iter_mut().take(8).for_each(|byte| *byte = !*byte);
    overwrite(path, &content);
}

pub fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_mins(1)).unwrap();
}
