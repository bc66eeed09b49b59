//! The binary: settings in, exit code out. `ocweb-supervisor --check` only says whether the settings can be used; what
//! is to be known of them all the same stands on standard output.

use std::process::ExitCode;

use anyhow::Context;
use ocweb_service::{Environment, hide};
use ocweb_supervisor::{PortError, RunError, Settings, check, finish_log, init_log, run};

/// Exit code for a setting that is missing or wrong, as `ocweb` has it; everything else that goes wrong is 1. A service is not
/// started again after it (`RestartPreventExitStatus`), so it is for what does not come right by itself.
const WRONG_SETTING: u8 = 3;

fn main() -> ExitCode {
    hide();
    let environment = Environment::of_process();
    let outcome = start(&environment);
    finish_log();
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("ocweb: {error:#}");
    match error.downcast_ref() {
        Some(RunError::Config(_) | RunError::Port(PortError::Forbidden(_))) => ExitCode::from(WRONG_SETTING),
        _ => ExitCode::FAILURE,
    }
}

fn start(environment: &Environment) -> anyhow::Result<()> {
    init_log(environment).map_err(RunError::from)?;
    let settings = Settings::from_environment(environment).map_err(RunError::from)?;
    if std::env::args().nth(1).as_deref() == Some("--check") {
        if let Some(agent_is_root) = check(&settings)? {
            println!("{agent_is_root}");
        }
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    Ok(runtime.block_on(run(settings))?)
}
