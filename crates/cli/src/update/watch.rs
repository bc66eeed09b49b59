//! Restarting a process of a running ocweb, and watching it for a while.

use std::{
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;

use crate::{
    commands::status,
    failure::Failure,
    instance::{Instance, SUPERVISOR},
    interruption,
};

/// How long a start may take; the supervisor gives opencode as much.
const START: Duration = Duration::from_mins(5);
/// For so long it must run without a fall.
const HOLD: Duration = Duration::from_secs(10);
/// A process that falls so often does not come up.
const FALLS: u64 = 2;
const PAUSE: Duration = Duration::from_millis(200);

/// Restarts a process. It fails unless it then runs, and goes on running.
pub fn restart(instance: &Instance, name: &str) -> Result<(), Failure> {
    let look = || -> Result<(bool, bool, u64), Failure> {
        let services = status::services(instance)?;
        let found = services.iter().find(|found| found["name"] == name);
        let found = found.ok_or_else(|| Failure::Other(format!("ocweb runs no {name}.")))?;
        Ok((found["state"] == "running", found["state"] == "failed", found["restarts"].as_u64().unwrap_or(0)))
    };
    let (_, _, before) = look()?;
    let path = format!("/admin/services/{name}/restart");
    instance.send(SUPERVISOR, Method::POST, &path, None)?.expect_success()?;
    let begin = Instant::now();
    // Since when it runs, and how often it had been started by then.
    let mut steady: Option<(Instant, u64)> = None;
    loop {
        interruption::check()?;
        let (runs, has_failed, restarts) = look()?;
        steady = match steady {
            _ if !runs || restarts <= before => None,
            Some((since, then)) if then == restarts => Some((since, then)),
            _ => Some((Instant::now(), restarts)),
        };
        if steady.is_some_and(|(since, _)| since.elapsed() >= HOLD) {
            return Ok(());
        }
        if has_failed || restarts > before + FALLS || begin.elapsed() > START {
            return Err(Failure::Other(format!(
                "It did not come up, or did not stay up: `ocweb logs {name}` says why."
            )));
        }
        thread::sleep(PAUSE);
    }
}
