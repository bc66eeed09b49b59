//! The config file on the disk: read as a whole, and put in its place as a whole.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::{
    config_file::{self, Said},
    failure::Failure,
    settings,
};

/// The file's text; nothing where there is none.
pub fn text(path: &Path) -> Result<String, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::Setting(format!("{} cannot be read: {error}.", path.display()))),
    }
}

/// Written beside and put in its place: it is never half there. With a secret in it, it is for its person alone.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        // A link is kept: people keep their configuration elsewhere.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension("jsonc.new");
        let _ = fs::remove_file(&beside);
        let before = path.metadata().map_or(0o600, |found| found.permissions().mode() & 0o777);
        let mode =
            if has_secret(&config_file::read(text).unwrap_or_default()) { before & 0o700 } else { before };
        let mut file = fs::File::options().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    };
    write().map_err(|error| Failure::Other(format!("{} cannot be written: {error}.", path.display())))
}

fn has_secret(said: &Said) -> bool {
    said.keys().any(|key| settings::is_secret(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_secret_is_for_its_person_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.jsonc");
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        write(&path, "{}").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, r#"{"log": "info"}"#).unwrap();
        assert_eq!(mode(), 0o644);
        write(&path, r#"{"github": {"token": "ghp_1"}}"#).unwrap();
        assert_eq!(mode(), 0o600);
        assert_eq!(text(&path).unwrap(), r#"{"github": {"token": "ghp_1"}}"#);
    }
}
