//! How the last backup went, as the command that makes backups writes it down.

use std::time::Duration;

use ocweb_service::{
    config::Folders,
    metrics::{Readings, number},
};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{metrics::seconds, supervisor::NAME};

/// What is told of it; its reason may name paths.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Outcome {
    #[serde(with = "time::serde::rfc3339::option")]
    last_success_at: Option<OffsetDateTime>,
    size_bytes: u64,
    #[serde(with = "time::serde::rfc3339::option")]
    failed_at: Option<OffsetDateTime>,
}

/// The last one; nothing where none was ever made, or where the volume does not answer in time.
pub(crate) async fn last(folders: &Folders, patience: Duration) -> Option<Outcome> {
    let text = timeout(patience, tokio::fs::read(folders.own(NAME).join("backup/last.json"))).await;
    serde_json::from_slice(&text.ok()?.ok()?).ok()
}

impl Outcome {
    pub(crate) fn read_metrics(&self, readings: &mut Readings) {
        let mut add = |name, help, value: Option<f64>| {
            readings.gauges::<0, String>(name, help, value.map(|value| ([], value)));
        };
        add(
            "ocweb_backup_last_success_timestamp_seconds",
            "When the last backup that worked was begun, in seconds since 1970.",
            self.last_success_at.map(seconds),
        );
        add(
            "ocweb_backup_last_failure_timestamp_seconds",
            "When a backup failed since the last one that worked, in seconds since 1970.",
            self.failed_at.map(seconds),
        );
        add(
            "ocweb_backup_size_bytes",
            "The size of the last backup that worked.",
            self.last_success_at.map(|_| number(self.size_bytes)),
        );
    }
}
