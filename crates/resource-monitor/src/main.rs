//! `ocweb-resource-monitor` serves `/admin/disk`, `/admin/load` and `/admin/processes*` on its unix socket.

use std::process::ExitCode;

use anyhow::Context;
use ocweb_resource_monitor::{SERVICE, disk::Disk, load::Load, metrics, processes::Processes, router};
use ocweb_service::{Environment, Listener, config::Folders, exit_code, hide, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let folders = Folders::from_environment(&environment)?;
    let listener = Listener::bind(&folders.socket(SERVICE)).await?;
    let load = Load::open(&folders).context("cannot read what was measured before")?;
    let disk = Disk::of(&folders);
    let listener = listener.with_metrics({
        let (disk, load) = (disk.clone(), load.clone());
        move |readings| metrics::read(&disk, &load, readings)
    });
    let router = router(disk, load.clone(), Processes::of(&folders));
    let watch = tokio::spawn(load.clone().watch());
    serve(SERVICE, listener, router, CancellationToken::new()).await?;
    watch.abort();
    load.write().await;
    Ok(())
}
