//! `ocweb-demo --root DIR [--listen 127.0.0.1:0] [-- COMMAND ARGS…]`
//!
//! Starts a demo world and in it the command, with the environment that points the product to it.
//! TERM and INT go on to the command; when it ends, the world ends with its exit code. Without a
//! command the world's address and environment are printed as JSON, and it lasts until TERM or INT.

mod command;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use ocweb_demo::World;
use ocweb_service::{Environment, hide, init_telemetry};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: ocweb-demo --root DIR [--listen 127.0.0.1:0] [-- COMMAND ARGS…]";

#[tokio::main]
async fn main() -> Result<ExitCode> {
    hide();
    init_telemetry(&Environment::of_process())?;
    let arguments = Arguments::parse(std::env::args_os().skip(1))?;
    // Before anything else, so that no signal finds us without an ear for it.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let world = World::start(&arguments.root, arguments.listen).await?;

    let code = if arguments.command.is_empty() {
        let environment: serde_json::Map<_, _> =
            world.environment().into_iter().map(|(name, value)| (name, value.into())).collect();
        println!("{}", serde_json::json!({"address": world.url(), "environment": environment}));
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        ExitCode::SUCCESS
    } else {
        command::run(&arguments.command, world.environment(), &mut terminate, &mut interrupt).await?
    };
    world.stop().await;
    Ok(code)
}

struct Arguments {
    root: PathBuf,
    listen: SocketAddr,
    command: Vec<OsString>,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut root = None;
        let mut listen = SocketAddr::from(([127, 0, 0, 1], 0));
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("a value is missing\n{USAGE}"));
            match argument.to_str() {
                Some("--root") => root = Some(PathBuf::from(value()?)),
                Some("--listen") => {
                    let text = value()?;
                    listen = text
                        .to_str()
                        .and_then(|text| text.parse().ok())
                        .with_context(|| format!("--listen takes an address such as 127.0.0.1:0\n{USAGE}"))?;
                }
                Some("--") => break,
                _ => bail!("{} is not understood\n{USAGE}", argument.display()),
            }
        }
        if !listen.ip().is_loopback() {
            bail!("--listen has to be a loopback address: the demo is for this machine only");
        }
        let root = root.with_context(|| format!("--root is missing\n{USAGE}"))?;
        Ok(Self { root, listen, command: arguments.collect() })
    }
}
