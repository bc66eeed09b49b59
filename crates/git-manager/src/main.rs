//! The git-manager's process.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use ocweb_git_manager::{BODY_LIMIT, Config, Manager, SERVICE, router};
use ocweb_service::{Environment, Listener, exit_code, hide, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    exit_code(start())
}

fn start() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    run(&environment)
}

fn run(environment: &Environment) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let ended = runtime.block_on(run_until_stopped(environment));
    // A reading that hangs on what the agent put in its way ends with this process.
    runtime.shutdown_background();
    ended
}

async fn run_until_stopped(environment: &Environment) -> anyhow::Result<()> {
    let config = Config::from_environment(environment)?;
    let listener = Listener::bind(&config.folders.socket(SERVICE)).await?.with_body_limit(BODY_LIMIT);
    let stop = CancellationToken::new();
    let manager = Manager::start(&config, stop.clone()).await?;
    let read = manager.clone();
    let listener = listener.with_metrics(move |readings| read.read_metrics(readings));
    serve(SERVICE, listener, router(manager.clone()), stop).await?;
    // What does not end in time is killed with this process, and goes on at the next start.
    let _ = tokio::time::timeout(Duration::from_secs(1), manager.finished()).await;
    Ok(())
}
