//! `ocweb backup`.

use ocweb_backup::Manifest;
use serde_json::json;

use crate::{
    arguments::BackupArguments,
    backup::{self, Made, Occasion, Targets},
    context::Context,
    failure::Failure,
};

/// Makes a backup into a folder, or where the settings say.
pub fn run(arguments: &BackupArguments, context: &Context) -> Result<String, Failure> {
    let BackupArguments { to, anew, due } = arguments;
    let mut targets = Targets::of(&context.environment()?);
    let occasion = match to {
        Some(_) => Occasion::Elsewhere,
        None if *due => Occasion::Clock,
        None => Occasion::Person,
    };
    if let Some(folder) = to {
        let folder = std::path::absolute(folder).map_err(|error| Failure::Usage(error.to_string()))?;
        targets = Targets { folder: Some(folder), repository: None, ..targets };
    }
    let made = backup::make(&context.instance()?, targets, occasion, *anew)?;
    for warning in &made.warnings {
        eprintln!("ocweb: {warning}");
    }
    if context.manner.json {
        let Made { manifest, places, kept, warnings } = &made;
        let kept = kept.map(|kept| json!({ "kept": kept.kept, "removed": kept.removed }));
        return Ok(json!({
            "places": places, "size_bytes": manifest.size_bytes(), "made_at": json!(manifest)["made_at"],
            "chats": manifest.chats.len(), "clones": manifest.clones.len(), "not_held": manifest.not_held,
            "before": kept, "warnings": warnings,
        })
        .to_string());
    }
    tell(&made, context);
    Ok(made.places.join("\n"))
}

fn tell(made: &Made, context: &Context) {
    let Made { manifest, kept, .. } = made;
    context.say(&format!(
        "A backup with {} chats, the work of {} repositories, all conversations and settings: {}.",
        manifest.chats.len(),
        manifest.clones.len(),
        megabytes(manifest.size_bytes()),
    ));
    tell_what_is_not_in_it(manifest);
    if let Some(kept) = kept.filter(|kept| kept.removed > 0) {
        context.say(&format!("{} old ones were removed, {} are there.", kept.removed, kept.kept));
    }
    context.say("It holds your provider keys and what your login is checked with: keep it where only you can read it.");
}

/// Also to somebody who wants to hear nothing else: it went wrong.
pub fn tell_what_is_not_in_it(manifest: &Manifest) {
    for work in &manifest.not_held {
        let chat = work.session_id.as_deref().unwrap_or("the clone itself");
        eprintln!("ocweb: not in it: uncommitted work of {} in {chat}: {}", work.repo, work.reason);
    }
}

/// A size in words.
pub fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is shown with one digit behind the point")]
    let megabytes = bytes as f64 / f64::from(1 << 20);
    format!("{megabytes:.1} MB")
}
