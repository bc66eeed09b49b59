//! `ocweb logs`: what the processes said, also those of a run that is over.

use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use ocweb_service::config::Folders;
use serde_json::json;

use crate::{
    arguments::{LogsArguments, Manner},
    commands::{service, status},
    context::Context,
    failure::Failure,
    instance::SUPERVISOR,
    journal,
    log_lines::{Follower, Line, last},
};

/// How often it is looked for new lines.
const PAUSE: Duration = Duration::from_millis(250);

/// Prints the last lines, and goes on with those to come where that was asked for.
pub fn run(arguments: &LogsArguments, context: &Context) -> Result<String, Failure> {
    let name = arguments.service.as_deref();
    if let Some(manager) = service::installed(context).filter(|manager| journal::keeps(*manager)) {
        let (lines, end) = journal::last(manager, arguments.lines, name)?;
        check_name(arguments, &lines, context)?;
        print(&lines, context.manner);
        if arguments.follow {
            journal::follow(manager, end.as_deref(), |line| {
                name.is_some_and(|name| line.name != name) || print(&[line], context.manner)
            })?;
        }
        return Ok(String::new());
    }
    let folder = Folders { data: context.data()?, run: std::path::PathBuf::new() }.own(SUPERVISOR);
    let unreadable = |error: io::Error| {
        Failure::Other(format!("The log in {} cannot be read: {error}.", folder.display()))
    };
    if !folder.join("log").exists() {
        return Err(Failure::NotRunning(format!(
            "There is no log in {}: ocweb has not been started on it.",
            folder.display()
        )));
    }
    let mut follower = Follower::at_the_end(&folder).map_err(unreadable)?;
    let lines = last(&folder, arguments.lines, name).map_err(unreadable)?;
    check_name(arguments, &lines, context)?;
    print(&lines, context.manner);
    if !arguments.follow {
        return Ok(String::new());
    }
    loop {
        thread::sleep(PAUSE);
        let mut lines = follower.news().map_err(unreadable)?;
        lines.retain(|line| name.is_none_or(|name| line.name == name));
        if !print(&lines, context.manner) {
            return Ok(String::new());
        }
    }
}

/// Fails where no process has the name that was asked for. One that has said nothing yet is told by the supervisor.
fn check_name(arguments: &LogsArguments, found: &[Line], context: &Context) -> Result<(), Failure> {
    let Some(name) = arguments.service.as_deref().filter(|name| found.is_empty() && *name != SUPERVISOR)
    else {
        return Ok(());
    };
    let Some(services) = context.instance().ok().and_then(|instance| status::services(&instance).ok()) else {
        let is_known = arguments.follow || arguments.lines == 0;
        return if is_known {
            Ok(())
        } else {
            Err(Failure::Usage(format!("The log has no line of {name}.")))
        };
    };
    let names: Vec<_> = services.iter().filter_map(|service| service["name"].as_str()).collect();
    if names.contains(&name) {
        return Ok(());
    }
    Err(Failure::Usage(format!("There is no {name}; there are {SUPERVISOR}, {}.", names.join(", "))))
}

/// False where nobody reads any more.
fn print(lines: &[Line], manner: Manner) -> bool {
    let mut out = io::stdout().lock();
    let written = lines.iter().try_for_each(|line| {
        if manner.json {
            let Line { time, name, text } = line;
            writeln!(out, "{}", json!({ "time": time, "name": name, "text": text }))
        } else {
            writeln!(out, "{}", line.readable())
        }
    });
    written.and_then(|()| out.flush()).is_ok()
}
