//! `ocweb start`: the settings become the environment of the supervisor, and this process becomes the supervisor.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command as Process, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use ocweb_service::WRONG_SETTING;

use crate::{
    commands::{service, status, url},
    context::Context,
    failure::Failure,
    instance::Instance,
    interruption,
    layout::Layout,
    program,
    resolution::Variables,
    service::{Manager, Verb},
};

/// How long to wait until it is ready: what a throttled processor may need (`start_limit` of the supervisor).
const PATIENCE: Duration = Duration::from_mins(5);

/// How often it is looked whether it is ready.
const PAUSE: Duration = Duration::from_millis(200);

/// Starts ocweb in the way that was asked for, or that there is.
pub fn run(background: bool, foreground: bool, context: &Context) -> Result<String, Failure> {
    match service::installed(context) {
        _ if background => in_the_background(context),
        Some(manager) if !foreground => by_its_manager(manager, Verb::Start, context),
        _ => in_the_foreground(context),
    }
}

/// Has a service's manager start or restart it, and waits until it is ready.
pub fn by_its_manager(manager: Manager, verb: Verb, context: &Context) -> Result<String, Failure> {
    let context = &service::its_context(manager, context)?;
    // What nothing could come of is said at once.
    context.environment()?;
    manager.tell(verb)?;
    until_ready(context, || still_wanted(manager))
}

/// This process becomes the supervisor, so it comes back only with a failure.
fn in_the_foreground(context: &Context) -> Result<String, Failure> {
    let environment = ready_environment(context)?;
    let program = Path::new(&environment["OCWEB_BIN_DIR"]).join("ocweb-supervisor");
    context.detail(&format!("starting {}", program.display()));
    let error = Process::new(&program).env_clear().envs(&environment).exec();
    Err(Failure::Other(format!("{} cannot be started: {error}.", program.display())))
}

/// Starts ocweb in a session of its own, and comes back when it is ready. Its log is on the volume.
pub fn in_the_background(context: &Context) -> Result<String, Failure> {
    let environment = ready_environment(context)?;
    let program = Path::new(&environment["OCWEB_BIN_DIR"]).join("ocweb-supervisor");
    let started = Process::new("setsid")
        .arg(&program)
        .env_clear()
        .envs(&environment)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut started = started
        .map_err(|error| Failure::Other(format!("{} cannot be started: {error}.", program.display())))?;
    until_ready(context, || match started.try_wait() {
        Ok(Some(end)) => {
            let text = format!(
                "ocweb ended at once ({end}). `ocweb logs` says why; where it has no log yet, `ocweb start --foreground` does."
            );
            Err(if end.code() == Some(WRONG_SETTING.into()) {
                Failure::Setting(text)
            } else {
                Failure::Other(text)
            })
        }
        _ => Ok(()),
    })
}

/// Waits until everything runs, and tells the address; `look` sees what would make waiting useless.
pub fn until_ready(
    context: &Context,
    mut look: impl FnMut() -> Result<(), Failure>,
) -> Result<String, Failure> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        look()?;
        interruption::check()?;
        if context.instance().is_ok_and(|instance| status::is_healthy(&instance)) {
            return url::run(context);
        }
        sleep(PAUSE);
    }
    Err(Failure::Other(
        "ocweb was started and is not ready yet. `ocweb status` says what it waits for.".into(),
    ))
}

/// Fails where the service's manager has given up, or waits to try again; the journal says why.
pub fn still_wanted(manager: Manager) -> Result<(), Failure> {
    match manager.state()?.as_str() {
        state @ ("failed" | "inactive") => {
            Err(Failure::Other(format!("The service did not start ({state}). `ocweb logs` says why.")))
        }
        // It had begun when the manager was done with starting it, so it fell.
        "activating" => Err(Failure::Other(
            "The service fell right after its start. It is tried again and again, by itself; `ocweb logs` says why."
                .into(),
        )),
        _ => Ok(()),
    }
}

/// As [`prepare`], where nothing runs yet.
fn ready_environment(context: &Context) -> Result<Variables, Failure> {
    if let Ok(Instance { pid, .. }) = context.instance() {
        return Err(Failure::Other(format!(
            "ocweb runs already, as process {pid}. `ocweb status` says how it is, `ocweb stop` stops it."
        )));
    }
    prepare(context)
}

/// The whole environment of the supervisor, once all that can be known beforehand is well: the parts are there, the folder
/// of the data too, and a password, which the person is shown.
pub fn prepare(context: &Context) -> Result<Variables, Failure> {
    let mut environment = context.environment()?;
    let data = Path::new(&environment["OCWEB_DATA"]).to_owned();
    Layout::here().complete(&mut environment)?;
    check(&environment)?;
    fs::create_dir_all(&data).map_err(|error| {
        // A disk that is not there yet: that can come right by itself.
        Failure::Other(format!(
            "OCWEB_DATA cannot be used: the folder {} cannot be made: {error}.",
            data.display()
        ))
    })?;
    greet(context, &environment)?;
    Ok(environment)
}

/// Has those who judge settings read them, as they will when they start. The environment says where the parts lie.
pub fn check(environment: &Variables) -> Result<(), Failure> {
    agent_is_root(environment)?;
    program::run("ocweb-auth", "check-settings", "", environment).map(drop)
}

/// Has the supervisor read its settings, and gives why the agent would be root then, where nobody wants that.
pub fn agent_is_root(environment: &Variables) -> Result<Option<String>, Failure> {
    let told = program::run("ocweb-supervisor", "--check", "", environment)?;
    Ok(Some(told).filter(|told| !told.is_empty()))
}

/// Makes a password where there is none, and says with which one to log in.
fn greet(context: &Context, environment: &Variables) -> Result<(), Failure> {
    let password = program::run("ocweb-auth", "ensure-password", "", environment)?;
    if !password.is_empty() {
        // Also to somebody who wants to hear nothing else: it is told this once.
        eprintln!("ocweb: log in with the {password} (shown this once; `ocweb password` sets another)");
    } else if environment.get("AUTH_PASSWORD").is_none_or(String::is_empty) {
        context.say(
            "ocweb: log in with the password that the first start showed; `ocweb password` sets another",
        );
    }
    Ok(())
}
