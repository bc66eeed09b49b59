//! The agent, seen from the volume: is it at work in a folder, can it be stopped, does it let go.
//!
//! When nobody listens at opencode's address, nothing runs in any folder. When somebody listens and does
//! not answer, it cannot be known, and nothing is deleted.

use std::{path::Path, time::Duration};

use ocweb_opencode_client::{Client, Error as ClientError};

use crate::error::Error;

/// How long an aborted session may take to come to rest.
const REST: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

/// Makes sure that no session is at work in `directory`: refuses if one is, or ends it with `force`.
pub async fn come_to_rest(client: &Client, directory: &Path, force: bool) -> Result<(), Error> {
    let deadline = tokio::time::Instant::now() + REST;
    loop {
        let busy = match client.busy_sessions(directory).await {
            Err(ClientError::Refused(_)) => return Ok(()),
            answer => answer?,
        };
        if busy.is_empty() {
            return Ok(());
        }
        if !force || tokio::time::Instant::now() > deadline {
            return Err(Error::ChatRunning(directory.display().to_string()));
        }
        for session in &busy {
            match client.abort(session, directory).await {
                Ok(()) | Err(ClientError::NotFound | ClientError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes opencode let go of a folder that is about to be deleted.
pub async fn let_go(client: &Client, directory: &Path) -> Result<(), Error> {
    match client.dispose(directory).await {
        Ok(()) | Err(ClientError::NotFound | ClientError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
