//! Logs: one structured line per event, on standard error, without secrets.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging for a process. `OCWEB_LOG` takes a level or tracing's filter syntax (default
/// `info`); lines are JSON unless a person is watching the terminal directly.
pub fn init(environment: &crate::Environment) {
    let filter = environment
        .get("OCWEB_LOG")
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::io::stderr().is_terminal() || environment.get("OCWEB_LOG_FORMAT") == Some("text") {
        builder.init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
