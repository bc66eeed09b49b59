//! `ocweb-event-relay` serves `/admin/events*`, `/admin/transcripts/*`, `/admin/status` and `/admin/inbox*`.

use std::{process::ExitCode, time::Duration};

use ocweb_event_relay::{Config, Relay, SERVICE, router};
use ocweb_service::{Environment, Listener, exit_code, hide, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(start().await)
}

async fn start() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let config = Config::from_environment(&environment)?;
    let listener = Listener::bind(&config.folders.socket(SERVICE)).await?;
    let stop = CancellationToken::new();
    let relay = Relay::start(&config, stop.clone())?;
    let read = relay.clone();
    let listener = listener.with_metrics(move |readings| read.read_metrics(readings));
    serve(SERVICE, listener, router(relay.clone()), stop).await?;
    // What is remembered is being stored; a disk that hangs must not hold the stop up.
    let _ = tokio::time::timeout(Duration::from_secs(1), relay.finished()).await;
    Ok(())
}
