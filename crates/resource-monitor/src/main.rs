//! `ocweb-resource-monitor` serves `/admin/disk` and `/admin/processes*` on its unix socket.

use std::process::ExitCode;

use ocweb_resource_monitor::{SERVICE, disk::Disk, processes::Processes, router};
use ocweb_service::{Environment, Listener, config::Folders, exit_code, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let folders = Folders::from_environment(&environment)?;
    let listener = Listener::bind(&folders.socket(SERVICE)).await?;
    let router = router(Disk::of(&folders), Processes::of(&folders));
    serve(SERVICE, listener, router, CancellationToken::new()).await?;
    Ok(())
}
