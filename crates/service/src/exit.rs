//! The last word of a process.

use std::process::ExitCode;

use crate::config::ConfigError;

/// The exit code for a setting that is missing or wrong, of `ocweb` and of every process that it starts; everything else
/// that goes wrong is 1.
pub const WRONG_SETTING: u8 = 3;

/// Ends a `main`: a failure is said in one line with its causes, whatever `RUST_BACKTRACE` says. The
/// supervisor keeps that line as the reason why the process ended.
pub fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("ocweb: {error:#}");
    if error.is::<ConfigError>() { ExitCode::from(WRONG_SETTING) } else { ExitCode::FAILURE }
}
