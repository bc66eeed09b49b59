//! Pull requests, their checks and issues, at the demo's GitHub with real branches in a real repository.

use crate::support::{BRANCH, Bench, PULLS, chat_capability};
use ocweb_demo::faults::{Fault, Part};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_opened_changed_and_followed_to_its_end() {
    let bench = Bench::pushed().await;
    assert_eq!(bench.found().await, Value::Null);
    let opened = bench.open(true).await;
    assert_eq!(
        (&opened["number"], &opened["state"], &opened["base"]),
        (&json!(1), &json!("draft"), &json!("main"))
    );
    assert_eq!(opened["url"], format!("{}/demo/hello-web/pull/1", bench.world.url()));
    let now = bench.found().await;
    assert_eq!(
        (&now["mergeable"], &now["review"], &now["body"]),
        (&json!("yes"), &json!("none"), &json!("It is one."))
    );

    let change = json!({"title": "Uno", "body": "", "draft": false});
    let (status, changed) = bench.page_asks("PATCH", &format!("{PULLS}/1"), Some(change)).await;
    assert_eq!(
        (status, &changed["title"], &changed["body"], &changed["state"]),
        (200, &json!("Uno"), &json!(""), &json!("open"))
    );
    let (status, changed) =
        bench.page_asks("PATCH", &format!("{PULLS}/1"), Some(json!({"draft": true}))).await;
    assert_eq!((status, &changed["state"], &changed["title"]), (200, &json!("draft"), &json!("Uno")));
    bench.page_asks("PATCH", &format!("{PULLS}/1"), Some(json!({"draft": false}))).await;

    let review = |user: &str, state: &str| json!({"kind": "review", "repository": "demo/hello-web", "number": 1, "user": user, "state": state});
    bench.happens(review("ada", "CHANGES_REQUESTED")).await;
    assert_eq!(bench.found().await["review"], "changes_requested");
    bench.happens(review("ada", "APPROVED")).await;
    assert_eq!(bench.found().await["review"], "approved");

    let kept = bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await;
    assert_eq!((kept.0, &kept.1["type"]), (409, &json!("branch-kept")), "it is still open");
    let (status, _) = bench.at_github("PUT", "/pulls/1/merge", json!({"merge_method": "squash"})).await;
    assert_eq!(status, 200);
    let merged = bench.found().await;
    assert_eq!((&merged["state"], &merged["number"]), (&json!("merged"), &json!(1)));
    let head = bench.at_remote(&format!("refs/heads/{BRANCH}")).await.unwrap();
    assert_eq!(merged["head"]["commit"], head.as_str());
    let file = bench.at_remote("refs/heads/main:one").await;
    assert!(file.is_some(), "the squashed commit is really there");

    let (status, _) = bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await;
    assert_eq!((status, bench.at_remote(&format!("refs/heads/{BRANCH}")).await), (204, None));
    let (status, _) = bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await;
    assert_eq!(status, 204, "it was gone before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_went_on_after_the_merge_stays() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    bench.at_github("PUT", "/pulls/1/merge", json!({"merge_method": "merge"})).await;
    bench.commit(&bench.projects("worktrees/demo__hello-web__ses_1"), "two").await;
    bench.push().await;
    let (status, problem) = bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await;
    assert_eq!((status, &problem["type"]), (409, &json!("branch-kept")));
    assert!(bench.at_remote(&format!("refs/heads/{BRANCH}")).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_refuses_is_said_in_its_words() {
    let bench = Bench::pushed().await;
    let refused = async |new: Value| {
        let (status, problem) = bench.page_asks("POST", PULLS, Some(new)).await;
        (status, problem["detail"].as_str().unwrap_or_default().to_owned())
    };
    let new = |head: &str, base: &str| json!({"title": "x", "head": head, "base": base});
    let nothing = refused(new("dark-mode", "dark-mode")).await;
    assert_eq!(
        nothing,
        (422, "GitHub refuses opening the pull request: No commits between dark-mode and dark-mode.".into())
    );
    let unpushed = refused(new("ocweb/never", "main")).await;
    assert_eq!(unpushed.0, 422);
    assert!(unpushed.1.contains("push it first"), "{}", unpushed.1);
    bench.open(false).await;
    let twice = refused(new(BRANCH, "main")).await;
    assert!(twice.1.contains(&format!("A pull request already exists for demo:{BRANCH}")), "{}", twice.1);
    assert_eq!(refused(json!({"title": " ", "head": BRANCH, "base": "main"})).await.0, 400);
    assert_eq!(refused(new("--upload-pack=x", "main")).await.0, 422, "no branch can be called so");

    let (status, problem) =
        bench.page_asks("POST", "/admin/pull-requests/demo/tally", Some(new("a", "b"))).await;
    assert_eq!((status, &problem["type"]), (404, &json!("not-cloned")));
    let (status, problem) = bench.page_asks("GET", "/admin/pull-requests/demo/hello-web/99", None).await;
    assert_eq!((status, &problem["type"]), (404, &json!("github-not-found")));

    let headers = [("x-accepted-github-permissions".to_owned(), "pull_requests=write".to_owned())];
    let body = Some(json!({"message": "Resource not accessible by personal access token"}));
    bench.world.faults().add(Fault { headers: headers.into(), body, ..Fault::status(Part::Api, 403) });
    let forbidden = refused(new(BRANCH, "main")).await;
    assert_eq!(forbidden.0, 502);
    assert!(
        forbidden.1.ends_with("GITHUB_TOKEN needs the permission pull requests: write."),
        "{}",
        forbidden.1
    );
    bench.world.faults().add(Fault::status(Part::Api, 401));
    let (status, problem) = bench.page_asks("GET", &format!("{PULLS}/1"), None).await;
    assert_eq!((status, &problem["type"]), (502, &json!("github-unauthorized")));
    let body = Some(json!({"message": "You have exceeded a secondary rate limit."}));
    bench.world.faults().add(Fault { body, ..Fault::status(Part::Api, 403) });
    assert_eq!(refused(new(BRANCH, "main")).await.0, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_and_statuses_are_one_list_and_the_failed_ones_tell_why() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    let log = "2026-06-12T12:00:00.0Z compiling\n2026-06-12T12:00:00.0Z ##[error]it does not compile\n";
    bench
        .happens(json!({"kind": "checks", "repository": "demo/hello-web", "branch": BRANCH,
            "checks": [
                {"name": "lint", "conclusion": "success"},
                {"name": "test", "conclusion": "failure", "log": log},
                {"name": "review-bot", "conclusion": "failure", "title": "1 remark", "summary": "Look at it.", "annotations": [
                    {"path": "one", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "No."}]},
                {"name": "slow", "status": "in_progress"},
                {"name": "docs", "conclusion": "skipped"},
            ],
            "statuses": [
                {"context": "ci/deploy", "state": "pending", "description": "queued"},
                {"context": "ci/old", "state": "error", "target_url": "https://ci.example/1"},
            ]}))
        .await;
    let (status, checks) = bench.page_asks("GET", &format!("{PULLS}/1/checks"), None).await;
    assert_eq!((status, &checks["unreadable"]), (200, &Value::Null), "{checks}");
    let listed = |checks: &Value| -> Vec<(String, String)> {
        let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
        let checks = checks["checks"].as_array().unwrap().iter();
        checks.map(|check| (text(check, "name"), text(check, "state"))).collect()
    };
    let expected = [
        ("ci/old", "failed"),
        ("review-bot", "failed"),
        ("test", "failed"),
        ("slow", "running"),
        ("ci/deploy", "waiting"),
        ("lint", "passed"),
        ("docs", "skipped"),
    ];
    let expected = expected.map(|(name, state)| (name.to_owned(), state.to_owned()));
    assert_eq!(listed(&checks), expected);

    let (status, told) = bench.page_asks("GET", &format!("{PULLS}/1/failures"), None).await;
    assert_eq!(status, 200);
    let told = told["failures"].as_array().unwrap();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0]["url"], "https://ci.example/1");
    assert_eq!(
        (&told[1]["summary"], &told[1]["annotations"][0]["message"]),
        (&json!("1 remark\nLook at it."), &json!("No."))
    );
    // Where logs are stored a token would be refused.
    assert_eq!(told[2]["log"], "compiling\nerror: it does not compile");

    // A fine-grained token cannot read check runs; the jobs of GitHub Actions it can.
    let body = Some(json!({"message": "Resource not accessible by personal access token"}));
    let fault = Fault { body, ..Fault::status(Part::Api, 403).on_path("check-runs").times(2) };
    bench.world.faults().add(fault);
    let (status, checks) = bench.page_asks("GET", &format!("{PULLS}/1/checks"), None).await;
    let expected = [("ci/old", "failed"), ("test", "failed"), ("ci/deploy", "waiting")];
    assert_eq!(
        (status, listed(&checks)),
        (200, expected.map(|(name, state)| (name.into(), state.into())).into())
    );
    assert!(checks["unreadable"].as_str().unwrap().contains("fine-grained"), "{checks}");
    let (_, told) = bench.page_asks("GET", &format!("{PULLS}/1/failures"), None).await;
    assert_eq!(told["failures"][1]["log"], "compiling\nerror: it does not compile", "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_seen_although_old_answers_are_kept() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    let first = bench.found().await;
    assert_eq!(bench.found().await, first, "answered with what is kept");
    bench.commit(&bench.projects("worktrees/demo__hello-web__ses_1"), "two").await;
    bench.push().await;
    assert_ne!(bench.found().await["head"]["commit"], first["head"]["commit"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_can_begin_from_an_issue_or_a_pull_request() {
    let bench = Bench::pushed().await;
    let issue = json!({"kind": "issue", "repository": "demo/hello-web", "author": "ada", "title": "Late", "body": "An hour.\r\nToo late."});
    assert_eq!(bench.happens(issue).await["number"], 1);
    bench.open(false).await;
    let fork = json!({"kind": "fork", "repository": "demo/hello-web", "author": "mallory", "title": "Mine", "body": "", "path": "theirs", "content": "x"});
    assert_eq!(bench.happens(fork).await["number"], 3);
    let get = async |address: &str| {
        let address = address.replace('#', "%23");
        bench.page_asks("GET", &format!("/admin/issues?address={address}"), None).await
    };
    let host = bench.world.url();
    let (status, topic) = get(&format!("{host}/demo/hello-web/issues/1")).await;
    assert_eq!(
        (status, &topic["author"], &topic["body"]),
        (200, &json!("ada"), &json!("An hour.\nToo late."))
    );
    assert_eq!((&topic["pull_request"], &topic["repo"]), (&Value::Null, &json!("demo/hello-web")));
    let (_, topic) = get("demo/hello-web#2").await;
    assert_eq!(topic["pull_request"]["begin_at"], BRANCH);
    let (_, topic) = get(&format!("{host}/demo/hello-web/pull/3/files")).await;
    assert_eq!(
        (&topic["pull_request"]["begin_at"], &topic["pull_request"]["head"]["repo"]),
        (&json!("pull/3/head"), &json!("mallory/hello-web"))
    );
    assert!(bench.at_remote("refs/pull/3/head").await.is_some());

    // Where the address says it, nothing is asked that needs to read issues.
    bench.world.faults().add(Fault::status(Part::Api, 403).on_path("/issues/"));
    assert_eq!(get(&format!("{host}/demo/hello-web/pull/2")).await.0, 200);
    bench.world.faults().clear();
    let (status, topic) = get(&format!("{host}/demo/hello-web/pull/1")).await;
    assert_eq!((status, &topic["pull_request"]), (200, &Value::Null), "an issue under such an address");

    let (status, problem) = get("https://evil.example/demo/hello-web/issues/1").await;
    assert_eq!((status, &problem["type"]), (400, &json!("not-an-issue")));
    let (status, problem) = get("demo/museum#1").await;
    assert_eq!(
        (status, &problem["detail"]),
        (410, &json!("GitHub says that it is gone (410): Issues are disabled for this repo."))
    );
    assert_eq!(get("demo/hello-web#99").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_saved_was_not_and_what_was_is_said() {
    let bench = Bench::new().await;
    std::fs::create_dir_all(bench.projects("repos/demo__weather-log")).unwrap();
    let pulls = "/admin/pull-requests/demo/weather-log";
    let no_drafts = "Draft pull requests are not supported in this repository.";
    let new = |draft: bool| Some(json!({"title": "One", "head": "units", "base": "master", "draft": draft}));
    let (status, problem) = bench.page_asks("POST", pulls, new(true)).await;
    let sentence = format!("GitHub refuses opening the pull request: {no_drafts}");
    assert_eq!((status, &problem["detail"]), (422, &json!(sentence)));
    assert_eq!(bench.page_asks("POST", pulls, new(false)).await.0, 201);
    let change = json!({"title": "Uno", "draft": true});
    let (status, problem) = bench.page_asks("PATCH", &format!("{pulls}/1"), Some(change)).await;
    let sentence = format!("GitHub refuses changing the pull request: {no_drafts}");
    assert_eq!((status, &problem["detail"]), (422, &json!(sentence)));
    assert_eq!(bench.page_asks("GET", &format!("{pulls}/1"), None).await.1["title"], "One");

    let bench = Bench::pushed().await;
    bench.open(false).await;
    let change = || Some(json!({"draft": true, "base": "nowhere"}));
    let (status, problem) = bench.page_asks("PATCH", &format!("{PULLS}/1"), change()).await;
    let sentence = "GitHub refuses changing title, text and base of the pull request, which is a draft, or none any more, already: the branch to merge into is not at GitHub.";
    assert_eq!((status, &problem["detail"]), (422, &json!(sentence)));
    let body =
        Some(json!({"data": null, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}));
    bench.world.faults().add(Fault { body, ..Fault::status(Part::Api, 200).on_path("graphql") });
    let (status, problem) =
        bench.page_asks("PATCH", &format!("{PULLS}/1"), Some(json!({"draft": false}))).await;
    assert_eq!((status, &problem["type"]), (502, &json!("github-forbidden")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_whose_branch_is_deleted_is_closed() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    // To a token that may not see branches GitHub says the same as of one that is not there.
    bench.at_github("PATCH", "/pulls/1", json!({"state": "closed"})).await;
    bench.world.faults().add(Fault::status(Part::Api, 404).on_path("refs/heads/"));
    let (status, problem) = bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await;
    assert_eq!((status, &problem["type"]), (404, &json!("github-not-found")));
    bench.at_github("PATCH", "/pulls/1", json!({"state": "open"})).await;

    let worktree = bench.projects("worktrees/demo__hello-web__ses_1");
    bench.git(&worktree, &chat_capability(), &["push", "-q", "origin", &format!(":{BRANCH}")]).await.unwrap();
    let closed = bench.found().await;
    assert_eq!((&closed["state"], &closed["mergeable"]), (&json!("closed"), &json!("unknown")));
    assert_eq!(bench.page_asks("DELETE", &format!("{PULLS}/1/branch"), None).await.0, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn gits_door_leads_to_none_of_this() {
    let bench = Bench::pushed().await;
    let client = ocweb_service::local_client_builder().build().unwrap();
    for (method, path) in [
        ("GET", "/admin/pull-requests/demo/hello-web?branch=main"),
        ("POST", "/admin/pull-requests/demo/hello-web"),
        ("GET", "/admin/issues?address=demo/hello-web%231"),
        ("GET", "/admin/repos/github"),
        ("PUT", "/admin/push-rules/demo/hello-web"),
        ("GET", "/api/user"),
        ("POST", "/graphql"),
    ] {
        let request = client.request(method.parse().unwrap(), format!("http://{}{path}", bench.address));
        let answer = request.basic_auth("ocweb", Some(chat_capability())).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_it_is_said_what_to_set() {
    let bench = Bench::with_token("").await;
    for path in [format!("{PULLS}?branch=main"), "/admin/issues?address=demo/hello-web%231".into()] {
        let (status, problem) = bench.page_asks("GET", &path, None).await;
        assert_eq!((status, &problem["type"]), (503, &json!("github-token-missing")), "{path}");
    }
}
