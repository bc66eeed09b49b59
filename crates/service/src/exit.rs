//! The last word of a process.

use std::{fmt::Display, process::ExitCode};

/// Ends a `main`: a failure is said in one line with its causes, whatever `RUST_BACKTRACE` says. The
/// supervisor keeps that line as the reason why the process ended.
pub fn exit_code<E: Display>(outcome: Result<(), E>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ocweb: {error:#}");
            ExitCode::FAILURE
        }
    }
}
