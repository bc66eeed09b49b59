//! What comes in pages: a verdict on a later one counts, and what is not read is said.

use crate::support::{BRANCH, Bench, PULLS};
use ocweb_demo::faults::{Fault, Part};
use serde_json::{Value, json};

async fn checked(bench: &Bench, checks: Vec<Value>, statuses: Vec<Value>) {
    let what = json!({"kind": "checks", "repository": "demo/hello-web", "branch": BRANCH,
        "checks": checks, "statuses": statuses});
    bench.happens(what).await;
}

async fn get(bench: &Bench, what: &str) -> Value {
    let (status, answer) = bench.page_asks("GET", &format!("{PULLS}/1/{what}"), None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn failed(checks: &Value) -> Vec<&str> {
    let checks = checks["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["state"] == "failed").filter_map(|check| check["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_on_a_later_page_fails() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    let check = |number: usize, conclusion: &str| json!({"name": format!("check {number}"), "conclusion": conclusion, "log": "x"});
    let mut checks: Vec<_> = (0..20).map(|number| check(number, "success")).collect();
    checks.push(check(20, "failure"));
    let mut statuses: Vec<_> =
        (0..10).map(|number| json!({"context": format!("status {number}"), "state": "success"})).collect();
    statuses.push(json!({"context": "status 10", "state": "failure"}));
    checked(&bench, checks, statuses).await;
    let told = get(&bench, "checks").await;
    assert_eq!((told["checks"].as_array().unwrap().len(), &told["unreadable"]), (32, &Value::Null));
    assert_eq!(failed(&told), ["check 20", "status 10"]);
    // So do jobs, where check runs cannot be read.
    bench.world.faults().add(Fault::status(Part::Api, 403).on_path("check-runs"));
    assert_eq!(failed(&get(&bench, "checks").await), ["check 20", "status 10"]);

    let many = (0..100).map(|number| check(number, "success")).collect();
    checked(&bench, many, Vec::new()).await;
    let told = get(&bench, "checks").await;
    assert_eq!(told["unreadable"], "There are more checks than are read here; GitHub shows them all.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_review_counts() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    for number in 0..9 {
        let state = if number == 8 { "CHANGES_REQUESTED" } else { "APPROVED" };
        bench
            .happens(json!({"kind": "review", "repository": "demo/hello-web", "number": 1,
                "user": format!("reviewer-{number}"), "state": state}))
            .await;
    }
    assert_eq!(bench.found().await["review"], "changes_requested");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_failures_the_first_are_told_and_all_are_counted() {
    let bench = Bench::pushed().await;
    bench.open(false).await;
    let log = "words of a log ".repeat(20) + "\n";
    let remarks = json!([
        {"path": "one", "start_line": 1, "message": null, "title": "Unused"},
        {"path": "two", "start_line": 2, "message": "No."},
    ]);
    let check = |number: usize| {
        json!({"name": format!("check {number:02}"), "conclusion": "failure", "summary": "é".repeat(5_000),
            "log": log.repeat(100), "annotations": remarks})
    };
    checked(&bench, (0..12).map(check).collect(), Vec::new()).await;
    let told = get(&bench, "failures").await;
    let failures = told["failures"].as_array().unwrap();
    assert_eq!((&told["failed"], failures.len()), (&json!(12), 10));
    assert!(told.to_string().len() < 70_000, "{}", told.to_string().len());
    let messages: Vec<_> = failures[9]["annotations"].as_array().unwrap().iter().collect();
    assert_eq!((&messages[0]["message"], &messages[1]["message"]), (&json!("Unused"), &json!("No.")));
    assert!(failures[9]["log"].as_str().unwrap().ends_with("words of a log"));
}
