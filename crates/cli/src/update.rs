//! Moving ocweb to other versions: of itself, of opencode and of Caddy.
//!
//! A new program is put beside the one in use, tried ([`trial`]), switched to in one moment ([`shelf`]) and watched
//! ([`watch`]); what fails on the way leaves the old one in use, or takes it back into use.

pub mod checkout;
pub mod database;
pub mod origin;
pub mod shelf;
pub mod source;
pub mod trial;
pub mod watch;

use std::{
    fmt,
    fs::{File, TryLockError},
    path::Path,
};

use crate::{failure::Failure, instance::Instance, interruption};

/// A program of others that ocweb runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The agent.
    Opencode,
    /// The door.
    Caddy,
}

impl Tool {
    /// As it is called in files, by its registry and by the supervisor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opencode => "opencode",
            Self::Caddy => "caddy",
        }
    }

    /// The variable that says where its program lies.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Opencode => "OCWEB_OPENCODE_BIN",
            Self::Caddy => "OCWEB_CADDY_BIN",
        }
    }

    /// The version that this ocweb was tested with.
    pub fn pinned(self) -> String {
        source::pin(self)["version"].as_str().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Opencode => "opencode",
            Self::Caddy => "Caddy",
        })
    }
}

/// Where an update that has lost its terminal goes on speaking, in the folder of the programs.
const LOG: &str = "update.log";

/// Begins to move what lies beside this folder of programs: nobody else does until what is answered is dropped, and neither a
/// closed terminal nor an interruption leaves it half-way.
pub fn begin(programs: &Path) -> Result<File, Failure> {
    let log = programs.join(LOG);
    let failed = |error: &dyn fmt::Display| Failure::Other(format!("{}: {error}.", programs.display()));
    let turn = File::open(programs).map_err(|error| failed(&error))?;
    match turn.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Failure::Other(format!(
                "Another `ocweb update` is under way: wait for it. What it says after its terminal was closed is in {}.",
                log.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(&error)),
    }
    interruption::guard(log)?;
    Ok(turn)
}

/// What came of a switch.
#[derive(Debug, PartialEq, Eq)]
pub enum Switched {
    /// It runs, and has for a while.
    Runs,
    /// Nothing runs; the next start takes it.
    AtTheNextStart,
}

/// Switches to a program and watches it start; a failure says that the one before is in use again.
pub fn switch(
    tool: Tool,
    shelf: &shelf::Shelf,
    to: &Path,
    instance: Option<&Instance>,
) -> Result<Switched, Failure> {
    let (before, earlier) = (shelf.current()?, shelf.previous());
    shelf.switch(to)?;
    let Some(instance) = instance else { return Ok(Switched::AtTheNextStart) };
    let Err(why) = watch::restart(instance, tool.name()) else { return Ok(Switched::Runs) };
    let why = interruption::go_back().unwrap_or(why);
    shelf.switch(&before)?;
    // What failed is nothing to go back to.
    shelf.remember(earlier.as_deref())?;
    let back = match watch::restart(instance, tool.name()) {
        Ok(()) => format!("The {tool} from before is in use again."),
        Err(failure) => format!("The {tool} from before is in its place again, but: {failure}"),
    };
    Err(Failure::Other(format!("{why} {back}")))
}
