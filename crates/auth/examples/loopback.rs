//! The auth service on a loopback TCP port of the system's choice, which it prints.
//!
//! For load generators, which speak no unix sockets. Everything but the listener is as in the
//! service: its settings, its routes, its fallbacks, one thread.

use std::sync::Arc;

use ocweb_auth::{Authenticator, Clock, SERVICE, Settings, router};
use ocweb_service::{Environment, init_telemetry, with_fallbacks};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let environment = Environment::of_process();
    init_telemetry(&environment)?;
    let settings = Settings::from_environment(&environment)?;
    let authenticator = Arc::new(Authenticator::open(settings, Clock::system())?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, with_fallbacks(SERVICE, router(authenticator))).await?;
    Ok(())
}
