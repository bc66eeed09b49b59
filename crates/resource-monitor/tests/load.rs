//! Memory, load and disk over the socket, through restarts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use support::Instance;

/// The answer, as soon as something was measured.
async fn measured(instance: &Instance, path: &str) -> Value {
    for _ in 0..600 {
        let report = instance.get(path).await;
        if report["samples"] != json!([]) {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is measured");
}

#[tokio::test]
async fn the_machine_is_measured_at_once_and_a_restart_keeps_it() {
    let mut instance = Instance::start().await;
    let report = measured(&instance, "/admin/load").await;
    assert_eq!(report["interval_seconds"], 60);
    let first = &report["samples"][0];
    let number = |name: &str| first[name].as_u64().unwrap();
    assert!(number("memory_used_bytes") > 1_000_000);
    assert!(number("memory_used_bytes") <= number("memory_total_bytes"));
    assert!(number("disk_available_bytes") > 0);
    assert!(first["load_1"].as_f64().unwrap() >= 0.0);
    assert_eq!(first["opencode_memory_bytes"], json!(null));

    instance.stop();
    let file = instance.data().join("ocweb/resource-monitor/load.json");
    let mut stored: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let at = stored["samples"][0][0].as_i64().unwrap();
    stored["samples"].as_array_mut().unwrap().insert(0, json!([at - 5400, 5, 6, 0.5, 7, 8]));
    fs::write(&file, stored.to_string()).unwrap();
    instance.start_again().await;
    let report = measured(&instance, "/admin/load?hours=2").await;
    assert_eq!(report["samples"][0]["opencode_memory_bytes"], 8);
    assert_eq!(report["samples"][0]["memory_used_bytes"], 5);
    let recent = measured(&instance, "/admin/load?hours=1").await;
    assert_ne!(recent["samples"][0]["memory_used_bytes"], 5, "{recent}");
}

#[tokio::test]
async fn more_than_is_kept_cannot_be_asked_for() {
    let instance = Instance::start().await;
    for hours in ["0", "25", "-1", "1.5", "x", "256", ""] {
        let (status, problem) = instance.call(Method::GET, &format!("/admin/load?hours={hours}"), None).await;
        assert_eq!(status, 400, "{hours}: {problem}");
    }
    assert_eq!(instance.get("/admin/load?hours=24").await["interval_seconds"], 240);
}
