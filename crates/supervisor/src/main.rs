//! The binary: settings in, exit code out. `ocweb-supervisor --check` only says whether the settings can be used; what
//! is to be known of them all the same stands on standard output.

use std::process::ExitCode;

use anyhow::Context;
use ocweb_service::{Environment, exit_code, hide};
use ocweb_supervisor::{PortError, RunError, Settings, check, finish_log, init_log, run};

fn main() -> ExitCode {
    hide();
    let outcome = start(&Environment::of_process());
    finish_log();
    exit_code(outcome)
}

fn start(environment: &Environment) -> anyhow::Result<()> {
    init_log(environment)?;
    let settings = Settings::from_environment(environment)?;
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
    match runtime.block_on(run(settings)) {
        // A service is not started again after a wrong setting (`RestartPreventExitStatus`), so that is what does not come right
        // by itself.
        Err(RunError::Config(error) | RunError::Port(PortError::Forbidden(error))) => Err(error.into()),
        outcome => Ok(outcome?),
    }
}
