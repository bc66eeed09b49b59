//! `ocweb-auth` serves `/auth/*`; `ocweb-auth check-settings` only says whether the settings can be used, `ocweb-auth
//! ensure-password` makes a password where there is none, and `ocweb-auth set-password` sets another, a line on standard
//! input, while ocweb does not run.

use std::{process::ExitCode, sync::Arc};

use anyhow::bail;
use ocweb_auth::{Authenticator, Clock, SERVICE, Settings, ensure_password, router, set_password};
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
        // They have been read.
        Some("check-settings") => Ok(()),
        Some("ensure-password") => {
            if let Some(password) = ensure_password(&settings)? {
                println!("password {password}");
            }
            Ok(())
        }
        Some("set-password") => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line)?;
            Ok(set_password(&settings, line.trim_end_matches(['\r', '\n']))?)
        }
        Some(_) => bail!("usage: ocweb-auth [check-settings | ensure-password | set-password]"),
    }
}

async fn run(environment: &Environment, settings: Settings) -> anyhow::Result<()> {
    let folders = Folders::from_environment(environment)?;
    let listener = Listener::bind(&folders.socket(SERVICE)).await?;
    let authenticator = Arc::new(Authenticator::open(settings, Clock::system())?);
    let stop = CancellationToken::new();
    let keeper = tokio::spawn(Arc::clone(&authenticator).keep_lists(stop.clone()));
    let read = Arc::clone(&authenticator);
    let listener = listener.with_metrics(move |readings| read.read_metrics(readings));
    serve(SERVICE, listener, router(authenticator), stop).await?;
    Ok(keeper.await?)
}
