//! From changes to a pushed branch: real git, the real gateway, and a played GitHub.

use std::{fs, path::PathBuf};

use crate::support::{self, Bench, Service, add_at_remote, bare, commit, git, put_program};
use ocweb_demo::faults::{Fault, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const REPOSITORY: &str = "demo/hello-web";

struct Stage {
    bench: Bench,
    service: Service,
    chat: String,
    copy: PathBuf,
    branch: String,
}

impl Stage {
    async fn set() -> Self {
        Self::of(Bench::new().await).await
    }

    async fn of(bench: Bench) -> Self {
        Self::beginning_at(bench, None).await
    }

    async fn beginning_at(bench: Bench, base: Option<&str>) -> Self {
        let service = bench.service().await;
        let chat = service.create_chat(json!({"repo": REPOSITORY, "base": base})).await;
        let settled = service.settled(&chat).await;
        let text = |field: &str| settled[field].as_str().unwrap_or_else(|| panic!("{settled}")).to_owned();
        let (copy, branch) = (text("directory").into(), text("branch"));
        Self { bench, service, chat, copy, branch }
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.service.send(method, &format!("/admin/chats/{}/{what}", self.chat), body).await
    }

    async fn post(&self, what: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, what, Some(body)).await
    }

    /// Does something that has to succeed.
    async fn done(&self, what: &str, body: Value) -> Value {
        let (status, answer) = self.post(what, body).await;
        assert!(status.is_success(), "{what}: {status} {answer}");
        answer
    }

    /// Does something that has to be refused for this reason, and gives the problem.
    async fn refused(&self, what: &str, body: Value, kind: &str) -> Value {
        let (status, problem) = self.post(what, body).await;
        assert!(status.is_client_error() || status.is_server_error(), "{what}: {status} {problem}");
        assert_eq!(problem["type"], kind, "{problem}");
        problem
    }

    async fn stat(&self) -> Value {
        self.service.get(&format!("/admin/chats/{}/git", self.chat)).await
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.copy.join(path);
        let written = path.parent().map(fs::create_dir_all).and_then(|_| fs::write(&path, content).ok());
        assert!(written.is_some(), "{} cannot be written", path.display());
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.copy, arguments)
    }

    /// The commit that the chat's branch is at in the remote's own repository.
    fn at_remote(&self) -> String {
        git(
            &bare(&self.bench, REPOSITORY),
            &["rev-parse", "--verify", &format!("refs/heads/{}", self.branch)],
        )
    }
}

fn said(problem: &Value) -> &str {
    problem["said"].as_str().unwrap_or_default()
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_was_read_is_committed_in_the_persons_name() {
    let stage = Stage::set().await;
    stage.refused("commits", json!({"message": "x"}), "nothing-to-commit").await;
    stage.write("new folder/ä.txt", "one\n");
    stage.write("main.js", "changed\n");
    fs::remove_file(stage.copy.join("style.css")).unwrap();
    let (status, _) = stage.post("commits", json!({"message": " \n"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let message = "-m odd first line\n\n# no comment\nlast";
    let made = stage.done("commits", json!({"message": message})).await;
    assert_eq!(made["id"], stage.git(&["rev-parse", "HEAD"]));
    assert_eq!(stage.git(&["log", "-1", "--format=%B"]), message);
    let who = "demo <demo@users.noreply.127.0.0.1> demo <demo@users.noreply.127.0.0.1>";
    assert_eq!(stage.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>"]), who);
    assert_eq!(stage.git(&["status", "--porcelain"]), "");

    let ada = json!({"name": "Ada", "email": "ada@example.org"});
    let agent = json!({"name": "opencode", "email": "noreply@opencode.ai"});
    let settings = json!({"author": ada, "co_author": agent});
    let path = "/admin/chats/authorship";
    let (status, _) = stage.service.send(Method::PUT, path, Some(settings.clone())).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let told = stage.service.get(path).await;
    assert_eq!((&told["author"], &told["default_author"]["name"]), (&settings["author"], &json!("demo")));
    let nobody = json!({"author": {"name": "<>", "email": "x"}});
    let (status, _) = stage.service.send(Method::PUT, path, Some(nobody)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    stage.write("main.js", "changed again\n");
    stage.done("commits", json!({"message": "Again"})).await;
    let expected = "Ada <ada@example.org>\nAgain\n\nCo-authored-by: opencode <noreply@opencode.ai>";
    assert_eq!(stage.git(&["log", "-1", "--format=%an <%ae>%n%B"]), expected);
}

#[tokio::test]
async fn without_another_name_commits_are_by_whom_the_token_belongs_to() {
    let mut bench = Bench::new().await;
    bench.settings.retain(|(name, _)| name != "GITHUB_USER");
    let stage = Stage::of(bench).await;
    stage.write("main.js", "changed\n");
    stage.done("commits", json!({"message": "x"})).await;
    let who = "Demo <1+demo@users.noreply.127.0.0.1>";
    assert_eq!(stage.git(&["log", "-1", "--format=%an <%ae>"]), who);
    assert_eq!(
        stage.git(&["config", "--local", "user.email"]),
        "1+demo@users.noreply.127.0.0.1",
        "the agent's, too"
    );
    let told = stage.service.get("/admin/chats/authorship").await;
    assert_eq!(told["default_author"], json!({"name": "Demo", "email": "1+demo@users.noreply.127.0.0.1"}));
}

#[tokio::test]
async fn the_chosen_files_alone_are_committed() {
    let stage = Stage::set().await;
    for path in ["*.md", ":(top)odd", "a b", "left.md"] {
        stage.write(path, "one\n");
    }
    stage.git(&["mv", "style.css", "look.css"]);
    stage.write("main.js", "left too\n");
    let files = json!(["*.md", ":(top)odd", "a b", "style.css", "look.css"]);
    stage.done("commits", json!({"message": "Some", "files": files})).await;
    let committed = stage.git(&["show", "--name-status", "--format=", "HEAD"]);
    let mut committed: Vec<_> = committed.lines().collect();
    committed.sort_unstable();
    assert_eq!(committed, ["A\t*.md", "A\t:(top)odd", "A\ta b", "R100\tstyle.css\tlook.css"]);
    let left = stage.git(&["status", "--porcelain"]);
    assert_eq!(left.lines().collect::<Vec<_>>(), ["M main.js", "?? left.md"]);
    for path in ["../x", "/etc/passwd", ".git/config"] {
        let (status, _) = stage.post("commits", json!({"message": "x", "files": [path]})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    let (status, problem) = stage.post("commits", json!({"message": "x", "files": ["nowhere"]})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("commit-refused")), "{problem}");
}

#[tokio::test]
async fn as_many_files_as_the_diff_tells_of_can_be_chosen() {
    let stage = Stage::set().await;
    // As arguments they would be more than a program can be started with.
    let folder = ["folder of a long name".repeat(10), "another one".repeat(20)].join("/");
    let files: Vec<_> = (0..5000).map(|number| format!("{folder}/{number}")).collect();
    for file in &files {
        stage.write(file, "one\n");
    }
    stage.write("left", "one\n");
    stage.done("commits", json!({"message": "Many", "files": files})).await;
    assert_eq!(stage.git(&["status", "--porcelain"]), "?? left");
    assert_eq!(stage.git(&["show", "--name-only", "--format=", "HEAD"]).lines().count(), 5000);
}

#[tokio::test]
async fn hooks_are_honoured_and_nothing_runs_over_an_agent() {
    let stage = Stage::set().await;
    let hook = stage.bench.clone_path(REPOSITORY).join(".git/hooks/pre-commit");
    put_program(
        &hook,
        "#!/bin/sh\necho \"lint: main.js is wrong, says $(git rev-parse --show-prefix)$HOME\"\nexit 1\n",
    );
    stage.write("main.js", "changed\n");
    let head = stage.git(&["rev-parse", "HEAD"]);
    let problem = stage.refused("commits", json!({"message": "x"}), "commit-refused").await;
    assert!(said(&problem).contains("lint: main.js is wrong"), "{problem}");
    assert!(said(&problem).contains("/opencode-state/home"), "the agent's home: {problem}");
    assert_eq!(stage.git(&["rev-parse", "HEAD"]), head);

    let at_work = (stage.chat.clone(), stage.copy.display().to_string());
    stage.bench.opencode.memory().busy.extend([at_work]);
    let all_the_same = json!({"message": "x", "despite_agent": true, "skip_hooks": true});
    for (what, body) in [("commits", json!({"message": "x"})), ("update", json!({"how": "merge"}))] {
        stage.refused(what, body, "agent-at-work").await;
    }
    stage.done("commits", all_the_same).await;
    assert_eq!(stage.git(&["log", "-1", "--format=%s"]), "x");

    // Another git in the middle, which a phone is told of and nobody's lock is taken from.
    stage.bench.opencode.memory().busy.clear();
    stage.write("main.js", "once more\n");
    let lock = PathBuf::from(stage.git(&["rev-parse", "--absolute-git-dir"])).join("index.lock");
    fs::write(&lock, "").unwrap();
    stage.refused("commits", json!({"message": "x"}), "git-locked").await;
    assert!(lock.exists());
}

#[tokio::test]
async fn a_pushed_branch_is_known_to_be_at_github() {
    let stage = Stage::set().await;
    stage.write("main.js", "changed\n");
    let id = stage.done("commits", json!({"message": "One"})).await["id"].clone();
    let stat = stage.stat().await;
    assert_eq!((&stat["head"], &stat["remote"], &stat["ahead"]), (&id, &Value::Null, &json!(1)));
    let pushed = stage.done("push", json!({})).await;
    assert_eq!(pushed, json!({"branch": stage.branch, "commit": id}));
    assert_eq!(stage.at_remote(), id);
    let stat = stage.stat().await;
    let remote = json!({"name": stage.branch, "commit": id, "ahead": 0, "behind": 0, "was_here": true});
    assert_eq!(stat["remote"], remote, "{stat}");
    // The list, which measures only what changed, has seen it too.
    let stats = stage.service.get("/admin/chats/git").await;
    assert_eq!(stats["chats"][0]["remote"], remote, "{stats}");
    stage.done("push", json!({})).await;
}

#[tokio::test]
async fn a_branch_at_github_is_replaced_only_when_told_and_only_what_was_seen() {
    let stage = Stage::set().await;
    commit(&stage.copy, "one");
    stage.done("push", json!({})).await;
    // Somebody else adds to it; here it is rewritten.
    stage.bench.push_to_remote(REPOSITORY, "unrelated", "elsewhere");
    let bare = bare(&stage.bench, REPOSITORY);
    let before = stage.at_remote();
    let theirs = git(&bare, &["rev-parse", "refs/heads/unrelated"]);
    git(&bare, &["update-ref", &format!("refs/heads/{}", stage.branch), &theirs]);
    stage.git(&["commit", "--quiet", "--amend", "-m", "rewritten"]);
    let problem = stage.refused("push", json!({}), "push-diverged").await;
    assert!(detail(&problem).contains("has commits that this working copy does not have"), "{problem}");
    let stat = stage.stat().await;
    assert_eq!((&stat["remote"]["commit"], &stat["remote"]["behind"]), (&json!(theirs), &json!(1)), "{stat}");
    assert_eq!(stat["remote"]["was_here"], false, "{stat}");
    stage.refused("push", json!({"replacing": before}), "push-diverged").await;
    assert_eq!(stage.at_remote(), theirs);
    stage.refused("push", json!({"replacing": "--force"}), "invalid-name").await;
    stage.done("push", json!({"replacing": theirs})).await;
    assert_eq!(stage.at_remote(), stage.git(&["rev-parse", "HEAD"]));
}

#[tokio::test]
async fn why_a_push_failed_is_said_with_what_to_do() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_REMOTE_STALL_SECONDS", "1");
    let stage = Stage::of(bench).await;
    commit(&stage.copy, "one");
    let faults = stage.bench.world.faults();
    for (status, kind, words) in [
        (401, "github-unauthorized", "it is wrong or has expired"),
        (403, "push-refused", "(a fine-grained one: Contents, read and write)"),
        (404, "repository-not-found", "GITHUB_TOKEN may not see it"),
        (429, "github-rate-limited", "Try again later"),
        (500, "github-error", "Try again in a moment"),
    ] {
        faults.add(Fault::status(Part::Git, status).on_path("info/refs").times(9));
        let problem = stage.refused("push", json!({}), kind).await;
        assert!(detail(&problem).contains(words), "{status}: {problem}");
        faults.clear();
    }
    stage.done("push", json!({})).await;

    // The repository's own hook, which only this push has to get past.
    let own_hook = stage.bench.clone_path(REPOSITORY).join(".git/hooks/pre-push");
    let own_words = "#!/bin/sh\necho 'tests: 1 failed' >&2\nexit 1\n";
    put_program(&own_hook, own_words);
    commit(&stage.copy, "hooked");
    let problem = stage.refused("push", json!({}), "push-hook-refused").await;
    assert!(said(&problem).contains("tests: 1 failed"), "{problem}");
    fs::remove_file(own_hook).unwrap();

    // A rule of GitHub's own.
    let bare = bare(&stage.bench, REPOSITORY);
    put_program(
        &bare.join("hooks/pre-receive"),
        "#!/bin/sh\necho 'error: GH013: Repository rule violations found' >&2\nexit 1\n",
    );
    commit(&stage.copy, "two");
    let problem = stage.refused("push", json!({}), "push-refused").await;
    assert!(detail(&problem).contains("GH013: Repository rule violations found"), "{problem}");
}

#[tokio::test]
async fn without_a_token_nothing_is_pushed_and_that_is_said() {
    let mut stage = Stage::set().await;
    commit(&stage.copy, "one");
    stage.bench.set("GITHUB_TOKEN", "");
    stage.service.kill();
    stage.service = stage.bench.service().await;
    let problem = stage.refused("push", json!({}), "push-refused").await;
    assert!(detail(&problem).starts_with("GITHUB_TOKEN is not set"), "{problem}");
}

#[tokio::test]
async fn a_branch_gets_what_its_base_has() {
    let stage = Stage::set().await;
    assert_eq!(stage.done("update", json!({"how": "merge"})).await["result"], "up_to_date");
    commit(&stage.copy, "mine");
    stage.bench.push_to_remote(REPOSITORY, "main", "theirs");
    stage.write("main.js", "not committed\n");
    let problem = stage.refused("update", json!({"how": "rebase"}), "not-committed").await;
    assert!(detail(&problem).starts_with("1 file is not committed"), "{problem}");
    stage.git(&["checkout", "--quiet", "main.js"]);
    assert_eq!(stage.done("update", json!({"how": "merge"})).await["result"], "updated");
    assert_eq!(
        stage.git(&["log", "-1", "--format=%s by %an"]),
        format!("Merge main into {} by demo", stage.branch)
    );
    stage.bench.push_to_remote(REPOSITORY, "main", "more");
    assert_eq!(stage.done("update", json!({"how": "rebase"})).await["result"], "updated");
    assert_eq!(stage.git(&["log", "-2", "--format=%s by %an"]), "mine by Test\nmore by Test");
    let stat = stage.stat().await;
    assert_eq!((&stat["ahead"], &stat["behind"]), (&json!(1), &json!(0)), "{stat}");
}

#[tokio::test]
async fn new_files_that_no_commit_has_hinder_no_update() {
    let stage = Stage::set().await;
    commit(&stage.copy, "mine");
    stage.bench.push_to_remote(REPOSITORY, "main", "theirs");
    stage.write(".env", "SECRET=1\n");
    assert_eq!(stage.done("update", json!({"how": "rebase"})).await["result"], "updated");
    assert!(stage.copy.join(".env").exists() && stage.copy.join("theirs").exists());
    // One that is in the way stays as it is.
    stage.bench.push_to_remote(REPOSITORY, "main", "late");
    stage.write("late", "mine\n");
    let problem = stage.refused("update", json!({"how": "merge"}), "update-refused").await;
    assert!(said(&problem).contains("late"), "{problem}");
    assert_eq!(fs::read_to_string(stage.copy.join("late")).unwrap(), "mine\n");
}

#[tokio::test]
async fn a_chat_begun_at_a_pull_request_is_updated_from_it() {
    let bench = Bench::new().await;
    add_at_remote(&bench, REPOSITORY, "refs/pull/7/head", "first");
    let stage = Stage::beginning_at(bench, Some("pull/7/head")).await;
    commit(&stage.copy, "mine");
    assert_eq!(stage.done("update", json!({"how": "rebase"})).await["result"], "up_to_date");
    add_at_remote(&stage.bench, REPOSITORY, "refs/pull/7/head", "second");
    assert_eq!(stage.done("update", json!({"how": "rebase"})).await["result"], "updated");
    assert_eq!(stage.git(&["log", "-2", "--format=%s"]), "mine\nsecond");
}

#[tokio::test]
async fn what_others_add_to_the_branch_is_brought_in_and_nothing_is_lost() {
    let stage = Stage::set().await;
    stage.refused("update", json!({"how": "merge", "from": "own_branch"}), "not-found").await;
    commit(&stage.copy, "one");
    stage.done("push", json!({})).await;
    let branch = format!("refs/heads/{}", stage.branch);
    add_at_remote(&stage.bench, REPOSITORY, &branch, "suggestion");
    // Nothing of its own: its branch is moved on.
    let pull = json!({"how": "merge", "from": "own_branch"});
    assert_eq!(stage.done("update", pull.clone()).await["result"], "updated");
    assert_eq!(stage.git(&["rev-parse", "HEAD"]), stage.at_remote());

    for (how, file) in [("merge", "third"), ("rebase", "fourth")] {
        add_at_remote(&stage.bench, REPOSITORY, &branch, file);
        commit(&stage.copy, how);
        stage.refused("push", json!({}), "push-diverged").await;
        let stat = stage.stat().await;
        let remote = &stat["remote"];
        assert_eq!((&remote["ahead"], &remote["behind"]), (&json!(1), &json!(1)), "{stat}");
        assert_eq!(remote["was_here"], false, "{stat}");
        let update = json!({"how": how, "from": "own_branch"});
        assert_eq!(stage.done("update", update).await["result"], "updated");
        stage.done("push", json!({})).await;
        let there = git(&bare(&stage.bench, REPOSITORY), &["log", "--format=%s", &stage.at_remote()]);
        assert!([file, how].iter().all(|subject| there.lines().any(|line| line == *subject)), "{there}");
    }
    assert_eq!(stage.done("update", pull).await["result"], "up_to_date");
}

#[tokio::test]
async fn work_can_belong_to_another_branch() {
    let stage = Stage::set().await;
    commit(&stage.copy, "mine");
    stage.bench.push_to_remote(REPOSITORY, "dev", "theirs");
    let base = |base: &'static str| stage.ask(Method::PUT, "base", Some(json!({"base": base})));
    for (wrong, status) in [("nowhere", StatusCode::NOT_FOUND), ("--all", StatusCode::BAD_REQUEST)] {
        assert_eq!(base(wrong).await.0, status);
    }
    assert_eq!(base("dev").await.0, StatusCode::NO_CONTENT);
    let stat = stage.stat().await;
    assert_eq!(
        (&stat["base"], &stat["ahead"], &stat["behind"]),
        (&json!("dev"), &json!(1), &json!(1)),
        "{stat}"
    );
    assert_eq!(stage.service.get(&format!("/admin/chats/{}", stage.chat)).await["base"], "dev");
    stage.done("update", json!({"how": "merge"})).await;
    assert_eq!(stage.git(&["log", "-1", "--format=%s"]), format!("Merge dev into {}", stage.branch));
}

#[tokio::test]
async fn whatever_git_is_in_the_middle_of_can_be_ended() {
    let stage = Stage::set().await;
    let file = |content: &str| stage.write("both", content);
    let commit_all = |message: &str| {
        stage.git(&["add", "--all"]);
        stage.git(&["commit", "--quiet", "--message", message]);
        stage.git(&["rev-parse", "HEAD"])
    };
    file("first\n");
    commit_all("first");
    file("second\n");
    let second = commit_all("second");
    stage.git(&["format-patch", "--quiet", "-1", "--output=.git-patch", &second]);
    fs::rename(stage.copy.join(".git-patch"), stage.bench.folder.path().join("patch")).unwrap();
    let patch = stage.bench.folder.path().join("patch").display().to_string();
    file("third\n");
    let before = commit_all("third");
    for (operation, begin) in [
        ("cherry_pick", vec!["cherry-pick", second.as_str()]),
        ("revert", vec!["revert", "--no-edit", second.as_str()]),
        ("apply_patches", vec!["am", "--3way", patch.as_str()]),
    ] {
        let begun = || {
            support::working_copy::quietly(&stage.copy, &begin);
        };
        begun();
        let stat = stage.stat().await;
        assert_eq!((&stat["operation"], &stat["conflicts"]), (&json!(operation), &json!(1)), "{stat}");
        stage.refused("push", json!({}), "unfinished-operation").await;
        stage.refused("update", json!({"how": "continue"}), "unfinished-operation").await;
        assert_eq!(stage.ask(Method::DELETE, "update", None).await.0, StatusCode::NO_CONTENT, "{operation}");
        assert_eq!(stage.git(&["rev-parse", "HEAD"]), before);
        begun();
        file("resolved\n");
        stage.git(&["add", "both"]);
        assert_eq!(
            stage.done("update", json!({"how": "continue"})).await["result"],
            "updated",
            "{operation}"
        );
        assert_eq!(stage.git(&["show", "HEAD:both"]), "resolved", "{operation}");
        assert_eq!(stage.stat().await["operation"], Value::Null);
        stage.git(&["reset", "--quiet", "--hard", &before]);
    }
    stage.git(&["bisect", "start", "HEAD", "HEAD~2"]);
    assert_eq!(stage.stat().await["operation"], "bisect");
    stage.refused("push", json!({}), "unfinished-operation").await;
    stage.refused("update", json!({"how": "continue"}), "update-refused").await;
    assert_eq!(stage.ask(Method::DELETE, "update", None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(stage.git(&["symbolic-ref", "--short", "HEAD"]), stage.branch);
}

#[tokio::test]
async fn conflicts_wait_in_the_middle_until_resolved_or_taken_back() {
    let stage = Stage::set().await;
    stage.write("theirs", "mine\n");
    commit(&stage.copy, "mine");
    let before = stage.git(&["rev-parse", "HEAD"]);
    stage.bench.push_to_remote(REPOSITORY, "main", "theirs");
    for how in ["merge", "rebase"] {
        let update = json!({"how": how});
        assert_eq!(stage.done("update", update.clone()).await["result"], "conflicts");
        let stat = stage.stat().await;
        assert_eq!((&stat["operation"], &stat["conflicts"]), (&json!(how), &json!(1)), "{stat}");
        assert_eq!(stat["conflicting_files"], json!(["theirs"]));
        // Marks of conflicts are not committed, and nothing else is begun.
        stage.refused("commits", json!({"message": "x"}), "unfinished-operation").await;
        stage.refused("update", update.clone(), "unfinished-operation").await;
        stage.refused("update", json!({"how": "continue"}), "unfinished-operation").await;
        let (status, _) = stage.ask(Method::DELETE, "update", None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        assert_eq!(stage.git(&["rev-parse", "HEAD"]), before);
        assert_eq!(stage.stat().await["operation"], Value::Null);

        stage.done("update", update).await;
        stage.write("theirs", "both\n");
        stage.git(&["add", "theirs"]);
        assert_eq!(stage.done("update", json!({"how": "continue"})).await["result"], "updated");
        assert_eq!(stage.git(&["show", "HEAD:theirs"]), "both");
        stage.git(&["reset", "--quiet", "--hard", &before]);
    }
    let (status, problem) = stage.ask(Method::DELETE, "update", None).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("update-refused")), "{problem}");
}

#[tokio::test]
async fn who_asks_for_a_chat_that_is_not_there_is_told_so() {
    let stage = Stage::set().await;
    for (what, body) in [
        ("commits", json!({"message": "x"})),
        ("push", json!({})),
        ("update", json!({"how": "merge"})),
        ("proposals/commit", json!({})),
    ] {
        let (status, _) = stage.service.post(&format!("/admin/chats/ses_nowhere/{what}"), body.clone()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{what}");
        let (status, _) = stage.service.post(&format!("/admin/chats/..%2fx/{what}"), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{what}");
    }
}
