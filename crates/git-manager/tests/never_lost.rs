//! Whatever a working copy holds: deleting it is refused, or all of it can be brought back, byte for byte.
//!
//! States are made by steps that a seed chooses, with real git, and deleted in every way there is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod support;

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{
    Bench, Service, accepting, eventually, git,
    working_copy::{Contents, quietly},
};

/// Enough to meet each step many times; on a slow machine fewer are tried.
const STATES: u64 = 40;
const TIME: Duration = Duration::from_secs(30);
const REPOSITORY: &str = "/admin/repos/demo/hello-web";

/// Choices that are the same at each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    fn content(&mut self) -> Vec<u8> {
        let length = *self.pick(&[0, 1, 30, 3000, 100_000]);
        (0..length).map(|_| u8::try_from(self.roll(256)).unwrap()).collect()
    }

    fn name(&mut self) -> PathBuf {
        let names: [&[u8]; 12] = [
            b"plain.txt",
            b"with space",
            b"quote\"d",
            "\u{fc}ml\u{e4}ut \u{1f600}".as_bytes(),
            b"tab\tand\nline",
            b"-dash",
            b"back\\slash",
            b"\xff\xfe not text",
            b"deep/er/file",
            b"git~1",
            b"a'b;$(c)",
            b"*.star",
        ];
        let name: &&[u8] = self.pick(&names);
        let name = OsStr::from_bytes(name);
        PathBuf::from(if self.roll(2) == 0 {
            name.to_owned()
        } else {
            Path::new(&format!("d{}", self.roll(3))).join(name).into()
        })
    }
}

/// What an agent may do. Not every step can be taken in every state; what git refuses is not done.
#[derive(Debug, Clone, Copy)]
enum Step {
    New,
    Change,
    Stage,
    Commit,
    Delete,
    Unstage,
    Rename,
    Mode,
    Link,
    Ignored,
    Stash,
    Detach,
    Switch,
    Merge,
    Conflict,
    Amend,
    Tag,
    Nested,
    Submodule,
    Worktree,
    Attributes,
    Intend,
    Hide,
    TypeChange,
    Push,
    Squashed,
    Rebased,
    Reset,
    PushInVain,
    EmptySubmodule,
    IgnoredWorktree,
    SplitIndex,
}

const STEPS: [Step; 32] = {
    use Step::*;
    [
        New,
        Change,
        Stage,
        Commit,
        Delete,
        Unstage,
        Rename,
        Mode,
        Link,
        Ignored,
        Stash,
        Detach,
        Switch,
        Merge,
        Conflict,
        Amend,
        Tag,
        Nested,
        Submodule,
        Worktree,
        Attributes,
        Intend,
        Hide,
        TypeChange,
        Push,
        Squashed,
        Rebased,
        Reset,
        PushInVain,
        EmptySubmodule,
        IgnoredWorktree,
        SplitIndex,
    ]
};

/// What `git status` is silent about. Each is the last step of a state also where few are tried.
const SILENT: [Step; 4] = [Step::PushInVain, Step::EmptySubmodule, Step::IgnoredWorktree, Step::SplitIndex];

fn write(path: &Path, content: &[u8]) {
    // Something else may be in its way.
    let _ = fs::create_dir_all(path.parent().unwrap());
    let _ = fs::write(path, content);
}

fn commit_new(root: &Path, dice: &mut Dice) {
    let name = format!("committed-{}", dice.roll(1000));
    write(&root.join(&name), &dice.content());
    quietly(root, &["add", "-A"]);
    quietly(root, &["commit", "--quiet", "-m", &name]);
}

fn take(bench: &Bench, root: &Path, step: Step, dice: &mut Dice) {
    let run = |arguments: &[&str]| quietly(root, arguments);
    match step {
        Step::New => write(&root.join(dice.name()), &dice.content()),
        Step::Change => write(&root.join(dice.pick(&["main.js", "style.css", "README.md"])), &dice.content()),
        Step::Stage => drop(run(&["add", "-A"])),
        Step::Commit => commit_new(root, dice),
        Step::Delete => drop(fs::remove_file(root.join(dice.pick(&["main.js", "style.css"])))),
        Step::Unstage => drop(run(&["rm", "--quiet", "--cached", "main.js"])),
        Step::Rename => drop(run(&["mv", "style.css", "renamed.css"])),
        Step::Mode => drop(fs::set_permissions(root.join("main.js"), fs::Permissions::from_mode(0o755))),
        Step::Link => {
            drop(symlink(dice.pick(&["main.js", "nowhere", "/etc/passwd", ".."]), root.join(dice.name())));
        }
        Step::Ignored => {
            write(&root.join(".gitignore"), b"*.log\n");
            write(&root.join("a.log"), b"ignored");
        }
        Step::Stash => drop(run(&["stash", "push", "--quiet", "--include-untracked"])),
        Step::Detach => drop(run(&["checkout", "--quiet", "--detach"])),
        Step::Switch => drop(run(&["checkout", "--quiet", "-b", &format!("other-{}", dice.roll(1_000_000))])),
        Step::Merge => {
            let head = run(&["rev-parse", "HEAD"]);
            commit_new(root, dice);
            let other = run(&["rev-parse", "HEAD"]);
            run(&["reset", "--quiet", "--hard", &head]);
            commit_new(root, dice);
            run(&["merge", "--quiet", "--no-ff", "-m", "merged", &other]);
        }
        Step::Conflict => conflict(root),
        Step::Amend => drop(run(&["commit", "--quiet", "--amend", "-m", "amended"])),
        Step::Tag => {
            run(&["tag", "-a", "-m", "kept", &format!("tag-{}", dice.roll(1_000_000))]);
        }
        Step::Nested | Step::Submodule => {
            let inside = root.join(format!("inside-{}", dice.roll(2)));
            fs::create_dir_all(&inside).unwrap();
            quietly(&inside, &["init", "--quiet"]);
            if dice.roll(4) > 0 {
                commit_new(&inside, dice);
            }
            if let Step::Submodule = step {
                run(&["add", "-A"]);
                run(&["commit", "--quiet", "-m", "with a submodule"]);
            }
            write(&inside.join(dice.name()), &dice.content());
            if dice.roll(2) == 0 {
                quietly(&inside, &["stash", "push", "--quiet", "--include-untracked"]);
            }
        }
        Step::Worktree => {
            let own = format!("own-{}", dice.roll(1_000_000));
            run(&["worktree", "add", "--quiet", "--detach", &own]);
            write(&root.join(own).join(dice.name()), &dice.content());
        }
        Step::Attributes => {
            write(&root.join(".gitattributes"), b"* text=auto\n*.txt eol=crlf\n");
            write(&root.join("lines.txt"), b"one\ntwo\r\nthree");
        }
        Step::Intend => {
            write(&root.join("intended"), &dice.content());
            run(&["add", "--intent-to-add", "intended"]);
        }
        Step::Hide => {
            let hide: &&str = dice.pick(&["--skip-worktree", "--assume-unchanged"]);
            run(&["update-index", hide, "README.md"]);
            write(&root.join("README.md"), &dice.content());
        }
        Step::TypeChange => {
            let _ = fs::remove_file(root.join("main.js"));
            if dice.roll(2) == 0 {
                let _ = symlink("README.md", root.join("main.js"));
            } else {
                write(&root.join("main.js/file"), &dice.content());
            }
        }
        Step::Push => drop(push(bench, root)),
        Step::Squashed | Step::Rebased => merge_at_github(bench, root, matches!(step, Step::Squashed)),
        Step::Reset => drop(run(&["reset", "--quiet", "--hard", "HEAD~1"])),
        silent => take_silent(bench, root, silent, dice),
    }
}

/// One of those of which `git status` tells nothing, or not all.
fn take_silent(bench: &Bench, root: &Path, step: Step, dice: &mut Dice) {
    let run = |arguments: &[&str]| quietly(root, arguments);
    match step {
        Step::PushInVain => {
            commit_new(root, dice);
            if let Some(branch) = push(bench, root) {
                quietly(&at_github(bench), &["branch", "-D", &branch]);
            }
        }
        Step::EmptySubmodule => {
            let commit = run(&["rev-parse", "HEAD"]);
            run(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},vendor/sub")]);
            run(&["commit", "--quiet", "-m", "with a submodule that is not there"]);
            write(&root.join("vendor/sub").join(dice.name()), &dice.content());
        }
        Step::IgnoredWorktree => {
            write(&root.join(".worktrees/.gitignore"), b"*\n");
            let own = format!(".worktrees/{}", dice.roll(1_000_000));
            run(&["worktree", "add", "--quiet", "--detach", &own]);
            write(&root.join(&own).join(dice.name()), &dice.content());
            if dice.roll(2) == 0 {
                commit_new(&root.join(own), dice);
            }
        }
        Step::SplitIndex => {
            write(&root.join("staged"), &dice.content());
            run(&["add", "staged"]);
            run(&["update-index", "--split-index"]);
        }
        other => panic!("{other:?} is no silent step"),
    }
}

fn at_github(bench: &Bench) -> PathBuf {
    bench.folder.path().join("github/repositories/demo/hello-web.git")
}

/// Pushes the branch of HEAD, if it is on one.
fn push(bench: &Bench, root: &Path) -> Option<String> {
    let branch = quietly(root, &["symbolic-ref", "--quiet", "--short", "HEAD"]);
    let bare = at_github(bench);
    let bare = bare.to_str().unwrap();
    if !quietly(root, &["push", "--quiet", bare, "HEAD"]).is_empty() || branch.is_empty() {
        return None;
    }
    quietly(root, &["fetch", "--quiet", bare, &format!("+refs/heads/{branch}:refs/remotes/origin/{branch}")]);
    Some(branch)
}

/// A merge that stops half-way.
fn conflict(root: &Path) {
    let run = |arguments: &[&str]| quietly(root, arguments);
    let head = run(&["rev-parse", "HEAD"]);
    write(&root.join("main.js"), b"one\n");
    run(&["commit", "--quiet", "-am", "one"]);
    let other = run(&["rev-parse", "HEAD"]);
    run(&["reset", "--quiet", "--hard", &head]);
    write(&root.join("main.js"), b"two\n");
    run(&["commit", "--quiet", "-am", "two"]);
    run(&["merge", &other]);
}

/// What the green button does with the commits of HEAD.
fn merge_at_github(bench: &Bench, root: &Path, squash: bool) {
    let bare = at_github(bench);
    let work = tempfile::tempdir().unwrap();
    let work = work.path().join("w");
    git(bench.folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), work.to_str().unwrap()]);
    quietly(&work, &["fetch", "--quiet", root.to_str().unwrap(), "HEAD"]);
    if squash {
        quietly(&work, &["merge", "--quiet", "--squash", "FETCH_HEAD"]);
        quietly(&work, &["commit", "--quiet", "-m", "squashed"]);
    } else {
        quietly(&work, &["cherry-pick", "main..FETCH_HEAD"]);
    }
    quietly(&work, &["push", "--quiet", "origin", "HEAD:main"]);
    quietly(root, &["fetch", "--quiet", bare.to_str().unwrap(), "+refs/heads/main:refs/remotes/origin/main"]);
}

/// Of the whole clone: what it holds beside its working copies.
fn references(clone: &Path) -> Vec<String> {
    let listed =
        git(clone, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"]);
    let stash = quietly(clone, &["stash", "list", "--format=stash %H %gs"]);
    // A commit that was checked out without a branch, in a working copy that is gone, gets one.
    let kept = listed.lines().filter(|line| !line.starts_with("refs/heads/detached-"));
    let mut references: Vec<_> = kept.chain(stash.lines()).map(str::to_owned).collect();
    references.sort();
    references
}

async fn restore(service: &Service, answer: &Value) {
    for saved in answer["saved"].as_array().unwrap() {
        let path = format!("/admin/saved/{}/restore", saved["id"].as_str().unwrap());
        let (status, restored) = service.post(&path, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{restored}");
    }
}

/// Deletes what is there, in spite of everything.
async fn delete(service: &Service, path: &str) -> Value {
    let (mut status, mut answer) = service.delete(path).await;
    if status == StatusCode::CONFLICT {
        let reasons = answer["reasons"].as_array().unwrap().clone();
        (status, answer) = service.delete(&format!("{path}{}", accepting(&reasons))).await;
    }
    assert!(status.is_success(), "{answer}");
    answer
}

/// Whether git itself, asked in other words, finds work there that is not at GitHub.
fn has_work(bench: &Bench, root: &Path) -> bool {
    let head = quietly(root, &["rev-parse", "HEAD"]);
    let branches = quietly(&at_github(bench), &["for-each-ref", "--count=1", "--contains", &head]);
    let within = Contents::of(root).within;
    branches.is_empty()
        || !quietly(root, &["status", "--porcelain"]).is_empty()
        || within.keys().any(|path| !quietly(&root.join(path), &["status", "--porcelain"]).is_empty())
        || root.join("vendor/sub").exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_of_a_working_copy_is_lost() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let (begun, mut refused, mut tried) = (Instant::now(), 0, 0);
    for seed in 0..STATES {
        if begun.elapsed() > TIME && tried >= 5 {
            break;
        }
        tried += 1;
        let mut dice = Dice(seed);
        let session = format!("ses_{seed}");
        let root = service.add_worktree("demo/hello-web", &session).await;
        let mut steps: Vec<_> = (0..=dice.roll(8)).map(|_| *dice.pick(&STEPS)).collect();
        steps.extend(SILENT.get(usize::try_from(seed).unwrap()));
        for step in &steps {
            take(&bench, &root, *step, &mut dice);
        }
        let before = Contents::of(&root);
        let branches = references(&clone);
        let address = format!("/admin/worktrees/demo/hello-web/{session}");
        let said = format!("seed {seed}: {steps:?}");

        // Nobody who was not told loses anything; nor does the collection of garbage take it.
        let worked = has_work(&bench, &root);
        service.post("/admin/gc", json!({})).await;
        let answer = if root.exists() {
            let (status, answer) = service.delete(&address).await;
            if status == StatusCode::CONFLICT {
                refused += 1;
                assert_eq!(Contents::of(&root), before, "{said}");
                let reasons = answer["reasons"].as_array().unwrap().clone();
                delete_accepting(&service, &address, &reasons).await
            } else {
                assert!(status.is_success(), "{said}: {answer}");
                answer
            }
        } else {
            service.get("/admin/saved").await
        };
        assert!(!root.exists(), "{said}");
        if answer.is_null() || answer["saved"].as_array().unwrap().is_empty() {
            assert!(!worked, "{said}: nothing was saved");
            continue;
        }
        restore(&service, &answer).await;
        assert_eq!(Contents::of(&root), before, "{said}");
        assert_eq!(references(&clone), branches, "{said}");

        // With the clone, all of it comes back as well.
        if seed % 4 == 0 {
            let answer = delete(&service, REPOSITORY).await;
            assert!(!clone.exists() && !root.exists(), "{said}");
            restore(&service, &answer).await;
            assert_eq!(Contents::of(&root), before, "{said}, with the clone");
            assert_eq!(references(&clone), branches, "{said}, with the clone");
        }
        let (status, answer) = service.delete(&format!("{address}?force=true&unsaved=true")).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{said}: {answer}");
        assert_eq!(service.get("/admin/saved").await["saved"], json!([]), "{said}");
    }
    println!("{tried} states in {:?}, of which {refused} were refused at first", begun.elapsed());
    assert!(refused * 2 > tried, "{refused} of {tried} were refused");
}

async fn delete_accepting(service: &Service, path: &str, reasons: &[Value]) -> Value {
    eventually("it is deleted", async || {
        let (status, answer) = service.delete(&format!("{path}{}", accepting(reasons))).await;
        assert!(status.is_success(), "{answer}");
        Some(answer)
    })
    .await
}
