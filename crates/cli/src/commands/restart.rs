//! `ocweb restart`: one process, or the whole.

use std::time::Duration;

use reqwest::Method;

use crate::{
    commands::{start, status, stop},
    context::Context,
    failure::Failure,
    instance::{Instance, SUPERVISOR},
    service::Verb,
};

/// How long a process may take to come back before it is said that it does not.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often it is looked whether it is back.
const PAUSE: Duration = Duration::from_millis(100);

/// Restarts a process by its name; without one, the whole.
pub fn run(service: Option<&str>, context: &Context) -> Result<String, Failure> {
    let instance = context.instance()?;
    match service {
        Some(service) => one(&instance, service, context),
        None => all(&instance, context),
    }
}

fn one(instance: &Instance, service: &str, context: &Context) -> Result<String, Failure> {
    let state = || -> Result<(String, u64), Failure> {
        let services = status::services(instance)?;
        let names =
            || services.iter().filter_map(|service| service["name"].as_str()).collect::<Vec<_>>().join(", ");
        let found = services.iter().find(|found| found["name"] == service);
        let found =
            found.ok_or_else(|| Failure::Usage(format!("There is no {service}; there are {}.", names())))?;
        Ok((found["state"].as_str().unwrap_or_default().into(), found["restarts"].as_u64().unwrap_or(0)))
    };
    let (_, before) = state()?;
    instance
        .send(SUPERVISOR, Method::POST, &format!("/admin/services/{service}/restart"), None)?
        .expect_success()?;
    let began = std::time::Instant::now();
    loop {
        let (now, restarts) = state()?;
        if restarts > before && now == "running" {
            context.say(&format!("{service} is running again."));
            return Ok(String::new());
        }
        if began.elapsed() > PATIENCE || now == "failed" {
            return Err(Failure::Other(format!("{service} is {now}. `ocweb logs {service}` says why.")));
        }
        std::thread::sleep(PAUSE);
    }
}

/// By whoever keeps it: the service's manager, or we, in the background.
fn all(instance: &Instance, context: &Context) -> Result<String, Failure> {
    if let Some(manager) = instance.manager() {
        context.environment()?;
        manager.tell(Verb::Restart)?;
        return start::until_ready(context, || start::still_wanted(manager));
    }
    if instance.pid == 1 {
        return Err(Failure::Usage(
            "Here ocweb is the container itself: restart the container, or one process by its name.".into(),
        ));
    }
    if instance.has_a_terminal() {
        return Err(Failure::Usage(format!(
            "ocweb runs in somebody's terminal (process {}): stop it there with Ctrl-C and start it again, or restart one \
             process by its name.",
            instance.pid
        )));
    }
    stop::run(context)?;
    start::in_the_background(context)
}

/// Whether the whole can be restarted from here: as [`all`] would.
pub fn is_possible(instance: &Instance) -> bool {
    instance.manager().is_some() || (instance.pid != 1 && !instance.has_a_terminal())
}
