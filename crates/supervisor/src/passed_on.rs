//! What Caddy passed on to opencode, which counts no requests itself: Caddy tells of each in a line on its output.
//!
//! A line has a method, a status and a time, and becomes one count among opencode's own. So whoever could write to that
//! output could make those wrong, and nothing else; and there are as many series as methods and classes of status.

use std::{borrow::Cow, time::Duration};

use axum::http::StatusCode;
use ocweb_service::metrics::Requests;
use serde::{Deserialize, de::IgnoredAny};

/// Caddy's name for the log of these (`caddy/Caddyfile`).
const LOGGER: &str = "http.log.access.opencode";

/// The paths are opencode's and full of ids, and Caddy does not tell them.
const ROUTE: &str = "*";

/// What Caddy notes of an asker who has gone.
const GONE: u16 = 499;

/// What a line says.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    logger: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    status: u16,
    /// Seconds until the head of the answer was there; missing where the answer broke off later.
    latency: Option<f64>,
    /// There where Caddy answered in opencode's place: the time is that of auth then.
    failure: Option<IgnoredAny>,
}

/// Counts the request that a line tells of. False if it tells of none, or is not understood: then it is one of the log.
pub(crate) fn count(line: &str, requests: &Requests) -> bool {
    let Some((Line { method, status, failure, .. }, code, took)) = read(line) else { return false };
    // As with the services, an answer to nobody is none.
    if status != GONE {
        requests.note(&method, ROUTE, code, took.filter(|_| failure.is_none()));
    }
    true
}

fn read(line: &str) -> Option<(Line<'_>, StatusCode, Option<Duration>)> {
    let line: Line<'_> = serde_json::from_str(line).ok().filter(|line: &Line<'_>| line.logger == LOGGER)?;
    let code = StatusCode::from_u16(line.status).ok()?;
    let took = line.latency.map(Duration::try_from_secs_f64).transpose().ok()?;
    Some((line, code, took))
}

#[cfg(test)]
mod tests {
    use ocweb_service::metrics::Readings;

    use super::*;

    fn told(lines: &[&str]) -> (Vec<bool>, String) {
        let requests = Requests::default();
        let counted = lines.iter().map(|line| count(line, &requests)).collect();
        let mut readings = Readings::default();
        requests.read(&mut readings);
        (counted, readings.to_text().unwrap())
    }

    fn line(rest: &str) -> String {
        format!(r#"{{"level":"info","ts":1795319722.39,"logger":"{LOGGER}","msg":"handled request",{rest}}}"#)
    }

    #[test]
    fn requests_are_counted_and_timed_where_opencode_answered() {
        let lines = [
            r#""status":200,"method":"GET","latency":0.004587046"#,
            r#""status":200,"method":"GET","latency":30"#,
            // It broke off.
            r#""status":200,"method":"GET""#,
            // opencode was down, and the latency is that of auth.
            r#""status":503,"method":"POST","latency":0.0003,"failure":502"#,
            // Nobody waited for the answer.
            r#""status":499,"method":"DELETE","latency":0.0003"#,
            r#""status":404,"method":"A&'<>\"B","latency":0.2"#,
        ]
        .map(line);
        let (counted, text) = told(&lines.each_ref().map(String::as_str));
        assert_eq!(counted, [true; 6]);
        for told in [
            r#"requests_total{method="GET",route="*",status="2xx"} 3"#,
            r#"requests_total{method="POST",route="*",status="5xx"} 1"#,
            r#"requests_total{method="other",route="*",status="4xx"} 1"#,
            r#"request_duration_seconds_bucket{method="GET",route="*",le="0.005"} 1"#,
            r#"request_duration_seconds_bucket{method="GET",route="*",le="10"} 1"#,
            r#"request_duration_seconds_count{method="GET",route="*"} 2"#,
            r#"request_duration_seconds_sum{method="GET",route="*"} 30.004587046"#,
            r#"request_duration_seconds_count{method="other",route="*"} 1"#,
        ] {
            assert!(text.contains(&format!("ocweb_http_{told}\n")), "{told} is not in\n{text}");
        }
        assert!(!text.contains("DELETE") && !text.contains(r#"_count{method="POST""#), "{text}");
    }

    #[test]
    fn what_is_no_such_line_is_left_to_the_log() {
        let (good, bad) = (line(r#""status":200,"method":"GET","latency":0.1"#), "\"status\":200,\"method\"");
        let lines = [
            "",
            "not JSON",
            r#"{"level":"warn","logger":"admin","msg":"admin endpoint disabled"}"#,
            // Another's log, and another's words.
            &good.replace(LOGGER, "http.log.access"),
            &format!(r#"{{"level":"warn","logger":"tls","msg":{good:?}}}"#),
            &good[..good.len() - 1],
            &line(&format!(r#"{bad}:"GET","latency":-1"#)),
            &line(&format!(r#"{bad}:"GET","latency":1e300"#)),
            &line(&format!(r#"{bad}:"GET","latency":"1""#)),
            &line(&format!("{bad}:7")),
            &line(r#""status":0,"method":"GET""#),
            &line(r#""status":-1,"method":"GET""#),
            &line(r#""status":200,"method":"GET","status":200"#),
            &line(r#""status":200"#),
        ];
        let (counted, text) = told(&lines);
        assert_eq!((counted, text), (vec![false; lines.len()], String::new()));
    }
}
