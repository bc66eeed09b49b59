//! `ocweb-notifier` serves `/admin/notifications*` on its unix socket, and tells the person.

use std::{process::ExitCode, time::Duration};

use ocweb_notifier::{Notifier, SERVICE, router};
use ocweb_service::{
    Environment, Listener, Proxies, config::Folders, exit_code, hide, init_telemetry, serve,
};
use tokio_util::sync::CancellationToken;

/// How long what is being sent may take to end at a stop, within the supervisor's patience.
const LAST_SENDING: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let folders = Folders::from_environment(&environment)?;
    let proxies = Proxies::from_environment(&environment)?;
    let listener = Listener::bind(&folders.socket(SERVICE)).await?;
    let stop = CancellationToken::new();
    let notifier = Notifier::start(&folders, proxies, stop.clone())?;
    let read = notifier.clone();
    let listener = listener.with_metrics(move |readings| read.read_metrics(readings));
    serve(SERVICE, listener, router(notifier.clone()), stop).await?;
    // What does not end in time is found at the next start, and not sent a second time.
    let _ = tokio::time::timeout(LAST_SENDING, notifier.finished()).await;
    Ok(())
}
