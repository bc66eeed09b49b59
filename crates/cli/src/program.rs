//! One of ocweb's own programs, run to its end.

use std::{
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

use ocweb_service::WRONG_SETTING;

use crate::{failure::Failure, resolution::Variables};

/// Runs it with `input`, and gives what it printed. A failure is what it said; one of the settings has their code. The
/// environment says where the programs lie.
pub fn run(name: &str, argument: &str, input: &str, environment: &Variables) -> Result<String, Failure> {
    let program = Path::new(&environment["OCWEB_BIN_DIR"]).join(name);
    let failed = |error: io::Error| Failure::Other(format!("{} cannot be used: {error}.", program.display()));
    let mut command = Command::new(&program);
    command.arg(argument).env_clear().envs(environment);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Where it has ended already, it has said why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let ended = child.wait_with_output().map_err(failed)?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).trim().into());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let reason = match said.trim() {
        "" => format!("{} ended ({}).", program.display(), ended.status),
        said => said.trim_start_matches("ocweb: ").into(),
    };
    Err(if ended.status.code() == Some(WRONG_SETTING.into()) {
        Failure::Setting(reason)
    } else {
        Failure::Other(reason)
    })
}
