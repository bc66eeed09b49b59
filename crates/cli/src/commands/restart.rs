//! `ocweb restart`: one process, or the whole.

use std::time::Duration;

use reqwest::Method;

use crate::{
    commands::{start, status, stop},
    context::Context,
    failure::Failure,
    instance::{Instance, SUPERVISOR},
    service::{Manager, Verb},
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
        None => Way::of(&instance)?.restart(context),
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

/// Who restarts the whole.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// Whoever keeps it as a service.
    Manager(Manager),
    /// We, in the background.
    Ourselves,
}

impl Way {
    /// The one for an ocweb that runs. The failure says why it cannot be restarted from here.
    pub fn of(instance: &Instance) -> Result<Self, Failure> {
        if let Some(manager) = instance.manager() {
            return Ok(Self::Manager(manager));
        }
        if instance.pid == 1 {
            return Err(Failure::Usage(
                "Here ocweb is the container itself: restart the container, or one process by its name."
                    .into(),
            ));
        }
        if instance.has_a_terminal() {
            return Err(Failure::Usage(format!(
                "ocweb runs in somebody's terminal (process {}): stop it there with Ctrl-C and start it again, or restart \
                 one process by its name.",
                instance.pid
            )));
        }
        Ok(Self::Ourselves)
    }

    /// Restarts the whole, also where it has ended meanwhile, and comes back when all of it runs.
    pub fn restart(self, context: &Context) -> Result<String, Failure> {
        match self {
            Self::Manager(manager) => start::by_its_manager(manager, Verb::Restart, context),
            Self::Ourselves => {
                match stop::run(context) {
                    Ok(_) | Err(Failure::NotRunning(_)) => {}
                    Err(failure) => return Err(failure),
                }
                start::in_the_background(context)
            }
        }
    }
}
