//! `ocweb-github-gateway` serves git on loopback, and the person's requests on its unix socket.

use std::process::ExitCode;

use anyhow::Context;
use ocweb_github_gateway::{BODY_LIMIT, Config, Gateway, SERVICE, git_router, router};
use ocweb_service::{Environment, Listener, exit_code, hide, init_telemetry, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let config = Config::from_environment(&environment)?;
    let (address, socket) = (config.address, config.socket.clone());
    let gateway = Gateway::new(config)?;
    let git = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let listener = Listener::bind(&socket).await?.with_body_limit(BODY_LIMIT);
    let stop = CancellationToken::new();
    tracing::info!(%address, "git comes in");
    let read = gateway.clone();
    let listener = listener.with_metrics(move |readings| read.read_metrics(readings));
    let git = axum::serve(git, git_router(gateway.clone())).into_future();
    tokio::select! {
        // Transfers that are still open end with the process; git says so and tries again.
        served = serve(SERVICE, listener, router(gateway), stop) => served?,
        served = git => served.context("git's door failed")?,
    }
    Ok(())
}
