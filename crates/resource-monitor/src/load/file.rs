//! The samples as they are written down: one row of numbers each, some 150 kB for a day.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::LoadSample;

/// Of the form below; another one is not read.
const VERSION: u8 = 1;

/// Seconds since 1970, memory used and there, load, disk available, opencode's memory.
type Row = (i64, u64, u64, f32, u64, Option<u64>);

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    samples: Vec<Row>,
}

/// The file of one instance.
pub(super) struct HistoryFile(PathBuf);

impl HistoryFile {
    /// What was written to `load.json` in a folder, which is made where it is missing.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<LoadSample>)> {
        private_file::create_folder(folder)?;
        let path = folder.join("load.json");
        let samples = match private_file::read(&path)?.map(|text| parse(&text)) {
            None => Vec::new(),
            Some(Ok(samples)) => samples,
            Some(Err(error)) => {
                let aside = path.with_extension("json.damaged");
                fs::rename(&path, &aside)?;
                tracing::warn!(error, kept_as = %aside.display(), "what was measured before cannot be read and is set aside");
                Vec::new()
            }
        };
        Ok((Self(path), samples))
    }

    /// Replaces what was written before.
    pub(super) fn write(&self, samples: &[LoadSample]) -> io::Result<()> {
        let samples = samples.iter().map(row).collect();
        private_file::write(&self.0, &serde_json::to_vec(&Stored { version: VERSION, samples })?)
    }
}

fn parse(text: &str) -> Result<Vec<LoadSample>, String> {
    let stored: Stored = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if stored.version != VERSION {
        return Err(format!("it is of version {}", stored.version));
    }
    stored.samples.into_iter().map(sample).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn row(sample: &LoadSample) -> Row {
    (
        sample.at.unix_timestamp(),
        sample.memory_used_bytes,
        sample.memory_total_bytes,
        sample.load_1,
        sample.disk_available_bytes,
        sample.opencode_memory_bytes,
    )
}

fn sample(row: Row) -> Result<LoadSample, time::error::ComponentRange> {
    let (at, memory_used_bytes, memory_total_bytes, load_1, disk_available_bytes, opencode_memory_bytes) =
        row;
    Ok(LoadSample {
        at: OffsetDateTime::from_unix_timestamp(at)?,
        memory_used_bytes,
        memory_total_bytes,
        load_1,
        disk_available_bytes,
        opencode_memory_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_small() {
        let folder = tempfile::tempdir().unwrap();
        let (file, before) = HistoryFile::open(folder.path()).unwrap();
        assert_eq!(before, []);
        let day: Vec<_> = (0..2880)
            .map(|tick| {
                (
                    1_900_000_000 + tick * 30,
                    612_345_678,
                    1_024_000_000,
                    0.25,
                    9_876_543_210,
                    Some(312_345_678),
                )
            })
            .chain([(1_900_086_400, 1, 2, 12.5, 3, None)])
            .map(|row| sample(row).unwrap())
            .collect();
        file.write(&day).unwrap();
        assert!(fs::metadata(&file.0).unwrap().len() < 200_000);
        assert_eq!(HistoryFile::open(folder.path()).unwrap().1, day);
    }

    #[test]
    fn a_damaged_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("load.json");
        let damaged = ["", "{", "[]", r#"{"version":2,"samples":[]}"#];
        let wrong_time = r#"{"version":1,"samples":[[9223372036854775807,1,1,1,1,null]]}"#;
        for content in damaged.into_iter().chain([wrong_time]) {
            fs::write(&path, content).unwrap();
            assert_eq!(HistoryFile::open(folder.path()).unwrap().1, [], "{content}");
            assert_eq!(fs::read_to_string(path.with_extension("json.damaged")).unwrap(), content);
            assert!(!path.exists());
        }
    }
}
