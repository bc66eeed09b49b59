//! `ocweb stop`.

use std::time::Duration;

use serde_json::json;

use crate::{context::Context, failure::Failure, service::Verb};

/// The supervisor takes five seconds at most; a machine may be slow.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Stops what runs, and comes back when all of it is gone.
pub fn run(context: &Context) -> Result<String, Failure> {
    let instance = context.instance()?;
    // Else its manager might take its end for a fall.
    let stopped = match instance.manager() {
        Some(manager) => manager.tell(Verb::Stop).map(|()| true)?,
        None => instance.stop(PATIENCE)?,
    };
    if !stopped {
        return Err(Failure::Other(format!(
            "Process {} still runs after {} seconds. Its log says why: `ocweb logs`.",
            instance.pid,
            PATIENCE.as_secs()
        )));
    }
    context.say("ocweb has stopped.");
    Ok(if context.manner.json { json!({ "stopped": instance.pid }).to_string() } else { String::new() })
}
