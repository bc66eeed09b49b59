//! What Prometheus is told of the whole, whatever its parts are doing.

use std::fs;

use crate::harness::{World, wait_for};

const LOGINS: &str = "# HELP ocweb_logins_total Logins.\n# TYPE ocweb_logins_total counter\n";
const FAMILY: &str = "# HELP ocweb_http_requests_total Requests.\n# TYPE ocweb_http_requests_total counter\n";

fn scrape(world: &World) -> String {
    let (status, head, text) = world.send("GET", "/admin/metrics").unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    text
}

#[test]
fn a_service_that_is_down_hangs_or_talks_nonsense_costs_its_own_values_and_no_others() {
    let mut world = World::new();
    let tells = |name: &str, text: &str| fs::write(world.path(&format!("{name}.metrics")), text).unwrap();
    tells(
        "auth",
        &format!(
            "{LOGINS}ocweb_logins_total{{outcome=\"accepted\"}} 3\n{FAMILY}ocweb_http_requests_total 7\n"
        ),
    );
    tells("notifier", &format!("{FAMILY}ocweb_http_requests_total 8\n"));
    // Whoever took the place of this one would like to be heard as another, and to break the document.
    tells("resource-monitor", &format!("{LOGINS}ocweb_logins_total{{service=\"auth\"}} 99\nnonsense\n"));
    world.behave("git-manager", "die");
    world.behave("github-gateway", "silent");
    fs::create_dir_all(world.path("data/ocweb/supervisor/backup")).unwrap();
    let outcome =
        r#"{"last_success_at":"2026-01-02T03:04:05Z","size_bytes":7000,"failed_at":null,"reason":null}"#;
    fs::write(world.path("data/ocweb/supervisor/backup/last.json"), outcome).unwrap();
    world.start();
    for name in ["opencode", "auth", "notifier", "resource-monitor", "event-relay"] {
        world.wait_for_state(name, "running");
    }
    world.wait_for_state("git-manager", "failed");

    let text = scrape(&world);
    for line in [
        r#"ocweb_up{service="opencode"} 1"#,
        r#"ocweb_up{service="auth"} 1"#,
        r#"ocweb_up{service="git-manager"} 0"#,
        r#"ocweb_up{service="github-gateway"} 0"#,
        r#"ocweb_up{service="caddy"} 0"#,
        r#"ocweb_restarts_total{service="auth"} 0"#,
        // Five deaths in a row are a failure.
        r#"ocweb_restarts_total{service="git-manager"} "#,
        r#"ocweb_last_exit_timestamp_seconds{service="git-manager",code="3",signal=""} "#,
        r#"ocweb_start_time_seconds{service="opencode"} 1"#,
        r#"ocweb_cpu_seconds_total{service="opencode"} "#,
        r#"ocweb_memory_resident_bytes{service="supervisor"} "#,
        r#"ocweb_opencode_info{version="1.2.3"} 1"#,
        "ocweb_backup_last_success_timestamp_seconds 1767323045",
        "ocweb_backup_size_bytes 7000",
        r#"ocweb_scrape_success{service="auth"} 1"#,
        r#"ocweb_scrape_success{service="supervisor"} 1"#,
        r#"ocweb_scrape_success{service="git-manager"} 0"#,
        r#"ocweb_scrape_success{service="github-gateway"} 0"#,
        r#"ocweb_scrape_success{service="resource-monitor"} 0"#,
        r#"ocweb_logins_total{service="auth",outcome="accepted"} 3"#,
        r#"ocweb_http_requests_total{service="auth"} 7"#,
        r#"ocweb_http_requests_total{service="notifier"} 8"#,
        r#"ocweb_http_requests_total{service="supervisor",method="GET",route="/admin/services",status="2xx"} "#,
    ] {
        assert!(text.lines().any(|told| told.starts_with(line)), "{line} is not in\n{text}");
    }
    assert!(!text.contains(r#"ocweb_restarts_total{service="git-manager"} 0"#), "{text}");
    assert!(!text.contains("ocweb_backup_last_failure"), "{text}");
    assert!(!text.contains("} 99") && !text.contains("nonsense"), "{text}");
    assert_eq!(text.matches("# TYPE ocweb_http_requests_total ").count(), 1, "{text}");
    let starts = text.lines().filter(|line| line.starts_with("# TYPE")).count();
    assert_eq!(text.lines().filter(|line| line.starts_with("# HELP")).count(), starts, "{text}");
}

#[test]
fn what_caddy_passed_on_to_opencode_is_counted_as_its_own_and_not_logged() {
    let mut world = World::new();
    let told = |rest: &str| {
        format!(
            r#"{{"level":"info","ts":1.5,"logger":"http.log.access.opencode","msg":"handled request",{rest}}}"#
        )
    };
    let ordinary = r#"{"level":"warn","ts":1.5,"logger":"tls","msg":"an ordinary line"}"#.to_owned();
    let lines = [
        told(r#""status":200,"method":"GET","latency":0.003"#),
        told(r#""status":503,"method":"GET","latency":0.003,"failure":502"#),
        // Whoever could write here would like to be heard as another, to have names of its own, and to break the document.
        told(
            r#""status":200,"method":"POST\",service=\"auth","latency":0.003,"service":"auth","route":"/a""#,
        ),
        told(r#""status":200,"method":"PUT","latency":-1"#),
        told(r#""status":200,"method":"PUT","latency":NaN"#),
        ordinary,
    ];
    fs::write(world.path("caddy.says"), lines.join("\n") + "\n").unwrap();
    // Others' output is not read so.
    fs::write(world.path("event-relay.says"), told(r#""status":200,"method":"PATCH","latency":1"#) + "\n")
        .unwrap();
    world.start();
    world.wait_for_state("caddy", "running");

    let text = wait_for("Caddy's lines are counted", || {
        Some(scrape(&world)).filter(|text| text.contains(r#"method="other""#))
    });
    for line in [
        r#"ocweb_http_requests_total{service="opencode",method="GET",route="*",status="2xx"} 1"#,
        r#"ocweb_http_requests_total{service="opencode",method="GET",route="*",status="5xx"} 1"#,
        r#"ocweb_http_requests_total{service="opencode",method="other",route="*",status="2xx"} 1"#,
        r#"ocweb_http_request_duration_seconds_count{service="opencode",method="GET",route="*"} 1"#,
        r#"ocweb_http_requests_total{service="supervisor",method="GET",route="/admin/services",status="2xx"} "#,
    ] {
        assert!(text.lines().any(|told| told.starts_with(line)), "{line} is not in\n{text}");
    }
    assert_eq!(text.matches(r#"ocweb_http_requests_total{service="opencode""#).count(), 3, "{text}");
    assert!(!text.contains("PUT") && !text.contains("PATCH"), "{text}");
    wait_for("the rest is in the log", || {
        let log = fs::read_to_string(world.path("data/ocweb/supervisor/log")).unwrap();
        let said = |words: &str| log.matches(words).count();
        // The two that are not understood, and what another said.
        (said("an ordinary line") == 1 && said("http.log.access.opencode") == 3).then_some(())
    });
}
