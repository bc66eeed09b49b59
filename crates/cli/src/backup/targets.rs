//! Where backups go, as the settings say.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use ocweb_backup::{Outcome, Repository};
use time::OffsetDateTime;

use crate::resolution::Variables;

/// Where backups go.
pub struct Targets {
    /// A folder.
    pub folder: Option<PathBuf>,
    /// A restic repository.
    pub repository: Option<Repository>,
    /// How long they are kept there.
    pub keep_days: u32,
    /// How often the clock has one made.
    pub every: Duration,
}

impl Targets {
    /// What the settings say.
    pub fn of(environment: &Variables) -> Self {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        Self {
            folder: get("OCWEB_BACKUP_TO").map(PathBuf::from),
            repository: get("OCWEB_BACKUP_REPOSITORY")
                .map(|address| Repository { address: address.clone(), environment: of_restic(environment) }),
            keep_days: get("OCWEB_BACKUP_KEEP_DAYS").and_then(|days| days.parse().ok()).unwrap_or(14),
            every: Duration::from_hours(
                get("OCWEB_BACKUP_EVERY_HOURS").and_then(|hours| hours.parse().ok()).unwrap_or(0),
            ),
        }
    }

    /// Those that no backup has reached for so long: where one fails, the others are not given another each time it is tried
    /// again. All of them where it is time for none.
    pub(super) fn due(self, last: &Outcome, now: OffsetDateTime) -> Self {
        let is_due = |place: &str| last.is_due(place, self.every, now);
        let folder = self.folder.clone().filter(|folder| is_due(&place_of(folder)));
        let is_repositorys = self.repository.as_ref().is_some_and(|repository| is_due(&repository.place()));
        match (folder, is_repositorys) {
            (None, false) => self,
            (folder, true) => Self { folder, ..self },
            (folder, false) => Self { folder, repository: None, ..self },
        }
    }
}

/// What restic is given: what any program needs, its own settings, and the keys of the store.
fn of_restic(environment: &Variables) -> BTreeMap<String, String> {
    const NAMES: [&str; 5] = ["PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    const BEGINNINGS: [&str; 5] = ["RESTIC_", "AWS_", "B2_", "AZURE_", "GOOGLE_"];
    const OURS: [(&str, &str); 3] = [
        ("OCWEB_BACKUP_PASSWORD", "RESTIC_PASSWORD"),
        ("OCWEB_BACKUP_S3_KEY_ID", "AWS_ACCESS_KEY_ID"),
        ("OCWEB_BACKUP_S3_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"),
    ];
    let is_restics = |name: &str| {
        NAMES.contains(&name)
            || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
            || name.to_lowercase().ends_with("_proxy")
    };
    let given = environment.iter().filter(|(name, _)| is_restics(name));
    let mut given: BTreeMap<_, _> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (ours, theirs) in OURS {
        given.extend(environment.get(ours).map(|value| (theirs.to_owned(), value.clone())));
    }
    given
}

/// What a folder is called among the places that backups go to.
pub(super) fn place_of(folder: &Path) -> String {
    folder.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_tries_again_only_where_none_came() {
        let settings = [
            ("OCWEB_BACKUP_TO", "/mnt/disk"),
            ("OCWEB_BACKUP_REPOSITORY", "s3:store"),
            ("OCWEB_BACKUP_EVERY_HOURS", "24"),
        ];
        let settings: Variables =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let memory = tempfile::tempdir().unwrap();
        let begun = OffsetDateTime::now_utc();
        let due = |now| {
            let targets = Targets::of(&settings).due(&Outcome::read(memory.path()), now);
            (targets.folder.is_some(), targets.repository.is_some())
        };
        assert_eq!(due(begun), (true, true));
        let failed = Err("The store's key has expired.".into());
        Outcome::note_places(memory.path(), begun, &["/mnt/disk".into()], failed).unwrap();
        assert_eq!(due(begun + Duration::from_hours(1)), (false, true));
        assert_eq!(due(begun + Duration::from_hours(24)), (true, true));
    }
}
