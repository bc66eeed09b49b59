//! `ocweb-auth` serves `/auth/*`; `ocweb-auth ensure-password` makes a password where there is none.

use std::{process::ExitCode, sync::Arc};

use anyhow::bail;
use ocweb_auth::{Authenticator, Clock, SERVICE, Settings, ensure_password, router};
use ocweb_service::{Environment, Listener, config::Folders, exit_code, hide, init_telemetry, serve};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(start().await)
}

async fn start() -> anyhow::Result<()> {
    hide();
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let settings = Settings::from_environment(&environment)?;
    match std::env::args().nth(1).as_deref() {
        None => run(&environment, settings).await,
        Some("ensure-password") => {
            if let Some(password) = ensure_password(&settings)? {
                println!("password {password}");
            }
            Ok(())
        }
        Some(_) => bail!("usage: ocweb-auth [ensure-password]"),
    }
}

async fn run(environment: &Environment, settings: Settings) -> anyhow::Result<()> {
    let folders = Folders::from_environment(environment)?;
    let listener = Listener::bind(&folders.socket(SERVICE)).await?;
    let authenticator = Arc::new(Authenticator::open(settings, Clock::system())?);
    let stop = CancellationToken::new();
    let keeper = tokio::spawn(Arc::clone(&authenticator).keep_sessions(stop.clone()));
    serve(SERVICE, listener, router(authenticator), stop).await?;
    Ok(keeper.await?)
}
