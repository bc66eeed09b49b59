//! Logs: one structured line per event, on standard error, without secrets.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{ConfigError, Environment};

/// Starts logging for a process. `OCWEB_LOG` takes a level, or targets with levels such as
/// `info,ocweb_auth=debug` (default `info`); lines are JSON unless a person is watching the terminal
/// directly, or `OCWEB_LOG_FORMAT` is `text`.
///
/// `Targets` rather than `EnvFilter`: the latter brings regular expressions, which cost each service
/// half a megabyte.
pub fn init(environment: &Environment) -> Result<(), ConfigError> {
    init_to(environment, std::io::stderr)
}

/// As [`init`], for a process that writes to standard error in its own way.
pub fn init_to<W>(environment: &Environment, writer: W) -> Result<(), ConfigError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = environment.parsed("OCWEB_LOG", Targets::new().with_default(LevelFilter::INFO))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_target(false);
    let lines = if std::io::stderr().is_terminal() || environment.get("OCWEB_LOG_FORMAT") == Some("text") {
        lines.boxed()
    } else {
        lines.json().flatten_event(true).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    Ok(())
}
