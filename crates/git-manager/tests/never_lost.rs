//! Whatever a working copy holds: deleting it is refused, or all of it can be brought back, byte for byte.
//!
//! States are made by steps that a seed chooses, with real git, and deleted in every way there is. The seed comes from the
//! clock and is printed; `OCWEB_TEST_SEED` gives it again. Whether something was lost is told by what lay on the disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use git2::{ObjectType, Oid, Repository};

use crate::support::{
    Bench, Service, accepting, eventually, git,
    working_copy::{Contents, files_below, quietly},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Enough to meet each step many times; on a slow machine fewer are tried, but each step once.
const STATES: u64 = 40;
const TIME: Duration = Duration::from_secs(30);
const REPOSITORY: &str = "/admin/repos/demo/hello-web";

/// Choices that are the same with the same seed.
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

/// Names the steps once: as the kinds that there are, and as the list that is dealt from.
macro_rules! steps {
    ($($step:ident,)*) => {
        /// What an agent may do. Not every step can be taken in every state; what git refuses is not done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Step {
            $($step,)*
        }

        const STEPS: &[Step] = &[$(Step::$step,)*];
    };
}

steps! {
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
    Rebasing,
    Picking,
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
        Step::Conflict => conflict(root, &["merge"]),
        Step::Rebasing => conflict(root, &["rebase", "--quiet"]),
        Step::Picking => conflict(root, &["cherry-pick"]),
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

/// A merge or the like of another commit that stops half-way.
fn conflict(root: &Path, how: &[&str]) {
    let run = |arguments: &[&str]| quietly(root, arguments);
    let head = run(&["rev-parse", "HEAD"]);
    write(&root.join("main.js"), b"one\n");
    run(&["commit", "--quiet", "-am", "one"]);
    let other = run(&["rev-parse", "HEAD"]);
    run(&["reset", "--quiet", "--hard", &head]);
    write(&root.join("main.js"), b"two\n");
    run(&["commit", "--quiet", "-am", "two"]);
    run(&[how, &[&other]].concat());
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

/// What of a working copy is nowhere else, told by the disk: each file, each entry of the index and each commit is looked for
/// at the remote. A commit may be there in other words, once it was merged.
fn nowhere_else(bare: &Path, root: &Path, was_merged: bool) -> Option<String> {
    let remote = Repository::open(bare).unwrap();
    let at_remote = remote.odb().unwrap();
    for path in files_below(root, &|folder| !folder.ends_with(".git")) {
        // The only ignored ones, and the links of further working copies to their repositories.
        if path.extension() == Some(OsStr::new("log")) || path.ends_with(".git") {
            continue;
        }
        let content = fs::read_link(&path)
            .map_or_else(|_| fs::read(&path).unwrap(), |target| target.as_os_str().as_bytes().to_vec());
        // With the ends of lines that git gave it.
        let ends: Vec<_> = String::from_utf8_lossy(&content).replace("\r\n", "\n").into_bytes();
        let ids = [content, ends].map(|bytes| Oid::hash_object(ObjectType::Blob, &bytes).unwrap());
        if !ids.iter().any(|id| at_remote.exists(*id)) {
            return Some(format!("the content of {}", path.display()));
        }
    }
    for repository in files_below(root, &|_| true).iter().filter(|path| path.ends_with(".git/HEAD")) {
        let references = repository.with_file_name("refs");
        if !files_below(&references, &|_| true).is_empty() {
            return Some(format!("a repository with commits at {}", references.display()));
        }
    }
    // mode, object, stage; then the path behind a tab.
    for entry in quietly(root, &["ls-files", "--stage"]).lines().filter(|entry| !entry.starts_with("160000"))
    {
        let staged = entry.split(' ').nth(1).unwrap();
        if !at_remote.exists(Oid::from_str(staged).unwrap()) {
            return Some(format!("the staged {entry}"));
        }
    }
    let head = Oid::from_str(&quietly(root, &["rev-parse", "--verify", "--quiet", "HEAD"])).ok();
    head.filter(|head| !was_merged && !at_remote.exists(*head)).map(|head| format!("the commit {head}"))
}

/// Something that is different after whatever was done.
fn fingerprint(root: &Path, clone: &Path) -> BTreeSet<(PathBuf, u64, SystemTime)> {
    let mut paths = files_below(root, &|_| true);
    paths.extend(files_below(&clone.join(".git"), &|_| true));
    let of = |path: PathBuf| {
        let metadata = path.symlink_metadata().ok()?;
        Some((path, metadata.len(), metadata.modified().ok()?))
    };
    paths.into_iter().filter_map(of).collect()
}

/// All steps in an order that the seed chooses, again and again, so that none is left out for long.
struct Deck(Vec<Step>);

impl Deck {
    fn deal(&mut self, dice: &mut Dice) -> Step {
        if self.0.is_empty() {
            self.0 = STEPS.to_vec();
        }
        self.0.swap_remove(dice.roll(self.0.len()))
    }
}

fn seed() -> u64 {
    let given = std::env::var("OCWEB_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    given.unwrap_or_else(now)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_of_a_working_copy_is_lost() {
    let seed = seed();
    println!("OCWEB_TEST_SEED={seed}");
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let bare = at_github(&bench);
    let (begun, mut refused, mut tried) = (Instant::now(), 0, 0);
    let (mut dice, mut deck) = (Dice(seed), Deck(Vec::new()));
    // How often each step was taken, and how often that changed something.
    let mut taken = BTreeMap::<Step, (usize, usize)>::new();
    while tried < STATES && (begun.elapsed() < TIME || taken.len() < STEPS.len()) {
        let session = format!("ses_{tried}");
        let root = service.add_worktree("demo/hello-web", &session).await;
        let steps: Vec<_> = (0..=dice.roll(8)).map(|_| deck.deal(&mut dice)).collect();
        for step in &steps {
            let before = fingerprint(&root, &clone);
            take(&bench, &root, *step, &mut dice);
            let counts = taken.entry(*step).or_default();
            counts.0 += 1;
            counts.1 += usize::from(fingerprint(&root, &clone) != before);
        }
        let before = Contents::of(&root);
        let branches = references(&clone);
        let address = format!("/admin/worktrees/demo/hello-web/{session}");
        let said = format!("OCWEB_TEST_SEED={seed}, state {tried}: {steps:?}");

        // Nobody who was not told loses anything; nor does the collection of garbage take it.
        let was_merged = steps.iter().any(|step| matches!(step, Step::Squashed | Step::Rebased));
        let worked = nowhere_else(&bare, &root, was_merged);
        let worked = worked.or_else(|| has_work(&bench, &root).then(|| "what git tells".into()));
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
        tried += 1;
        if answer.is_null() || answer["saved"].as_array().unwrap().is_empty() {
            assert_eq!(worked, None, "{said}: nothing was saved");
            continue;
        }
        restore(&service, &answer).await;
        assert_eq!(Contents::of(&root), before, "{said}");
        assert_eq!(references(&clone), branches, "{said}");

        // With the clone, all of it comes back as well.
        if tried % 4 == 0 {
            let answer = delete(&service, REPOSITORY).await;
            assert!(!clone.exists() && !root.exists(), "{said}");
            restore(&service, &answer).await;
            assert_eq!(Contents::of(&root), before, "{said}, with the clone");
            // Branches and tags that lead to nothing of its own are no work: without any, a clone is not saved.
            if answer["saved"].as_array().unwrap().iter().any(|work| work["kind"] == "clone") {
                assert_eq!(references(&clone), branches, "{said}, with the clone");
            }
        }
        let (status, answer) = service.delete(&format!("{address}?force=true&unsaved=true")).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{said}: {answer}");
        assert_eq!(service.get("/admin/saved").await["saved"], json!([]), "{said}");
    }
    println!("{tried} states in {:?}, of which {refused} were refused at first: {taken:?}", begun.elapsed());
    assert!(refused * 2 > tried, "{refused} of {tried} were refused");
    assert_eq!(taken.len(), STEPS.len(), "each step was taken: {taken:?}");
    let (all, told) = taken.values().fold((0, 0), |(all, told), counts| (all + counts.0, told + counts.1));
    assert!(told * 3 > all * 2, "most steps change something: {taken:?}");
}

async fn delete_accepting(service: &Service, path: &str, reasons: &[Value]) -> Value {
    eventually("it is deleted", async || {
        let (status, answer) = service.delete(&format!("{path}{}", accepting(reasons))).await;
        assert!(status.is_success(), "{answer}");
        Some(answer)
    })
    .await
}
