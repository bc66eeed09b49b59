//! Whether an opencode keeps what ocweb relies on.
//!
//! `docs/opencode.md` says what that is, one fact in a row. Here each is tried on a program, whichever it is: it is started in a
//! folder of its own, with a model that is played on loopback, and asked what our services and the page ask. So a new version
//! is known before anybody's chats meet it. What cannot be tried, or need not be, says why ([`checks::UNCHECKED`]).

pub mod checks;
pub mod document;
mod events;
pub mod finding;
mod program;
mod stage;

use std::{path::Path, time::Duration};

use futures_util::StreamExt;

use checks::{ALONE, BESIDE, Check};
use finding::{Broken, Finding, Outcome};
use stage::Stage;

/// How long one fact may take to be seen: so many times as long as the program took to start, for the machine may be slow or
/// have much else to do.
const STARTS: u32 = 25;
const LEAST: Duration = Duration::from_mins(1);
const MOST: Duration = Duration::from_mins(6);
/// How many are looked at side by side: most of them wait for a model that speaks slowly.
const SIDE_BY_SIDE: usize = 4;

/// A program could not be examined at all, for no fault of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder, a file or a repository could not be made.
    #[error("the examination could not be prepared: {0}")]
    Io(#[from] std::io::Error),
    /// The played model could not be started.
    #[error(transparent)]
    World(#[from] ocweb_demo::StartError),
    /// A client for HTTP could not be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// Tries every fact, or those that are named, on a program. The findings come in the order of the document.
pub async fn examine(program: &Path, only: &[&str]) -> Result<Vec<Finding>, Error> {
    let folder = tempfile::tempdir()?;
    let is_wanted = |check: &&Check| only.is_empty() || only.contains(&check.fact);
    let mut findings = match Stage::set(program, folder.path()).await? {
        Err(broken) => vec![Finding { fact: "health", outcome: Outcome::Broken(broken) }],
        Ok(stage) => {
            let beside = BESIDE.iter().filter(is_wanted).map(|check| look(check, &stage));
            let mut findings: Vec<_> =
                futures_util::stream::iter(beside).buffer_unordered(SIDE_BY_SIDE).collect().await;
            for check in ALONE.iter().filter(is_wanted) {
                findings.push(look(check, &stage).await);
            }
            stage.strike().await;
            findings
        }
    };
    let places: Vec<_> = document::facts().map(|fact| fact.id).collect();
    findings.sort_by_key(|finding| places.iter().position(|id| *id == finding.fact));
    Ok(findings)
}

async fn look(check: &Check, stage: &Stage) -> Finding {
    let patience = (stage.start * STARTS).clamp(LEAST, MOST);
    let outcome = match tokio::time::timeout(patience, (check.look)(stage)).await {
        Ok(Ok(())) => Outcome::Kept,
        Ok(Err(broken)) => Outcome::Broken(broken),
        Err(_) => {
            Outcome::Broken(Broken::new("it to be seen", format!("nothing in {} s", patience.as_secs())))
        }
    };
    Finding { fact: check.fact, outcome }
}
