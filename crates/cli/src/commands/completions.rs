//! `ocweb completions`: what a shell needs to complete what is typed.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::arguments::Arguments;

/// The script for a shell.
pub fn run(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "ocweb", &mut script);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}
