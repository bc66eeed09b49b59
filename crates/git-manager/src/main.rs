//! The git-manager's process; also what git runs when it asks for the token.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use ocweb_git_manager::{BODY_LIMIT, Config, Manager, SERVICE, askpass, router};
use ocweb_service::{Environment, Listener, exit_code, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    exit_code(start())
}

fn start() -> anyhow::Result<()> {
    let environment = Environment::of_process();
    if askpass::is_asked(&environment) {
        let question = std::env::args_os().nth(1);
        let answer =
            askpass::answer(&environment, question.as_deref()).context("this address gets no answer")?;
        println!("{answer}");
        return Ok(());
    }
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
    let own_path = std::env::current_exe().context("this binary's own path is not known")?;
    let config = Config::from_environment(environment, own_path)?;
    let listener = Listener::bind(&config.folders.socket(SERVICE)).await?.with_body_limit(BODY_LIMIT);
    let stop = CancellationToken::new();
    let manager = Manager::start(&config, stop.clone()).await?;
    serve(SERVICE, listener, router(manager.clone()), stop).await?;
    // What does not end in time is killed with this process, and goes on at the next start.
    let _ = tokio::time::timeout(Duration::from_secs(1), manager.finished()).await;
    Ok(())
}
