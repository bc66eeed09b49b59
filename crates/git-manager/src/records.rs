//! Small JSON records that survive a power cut, one file each.
//!
//! A record is written beside its place, synced, renamed over it, and the folder is synced: whoever reads
//! sees the old one or the new one. Files are 0600: a chat's record holds its prompt.

use std::{
    fs::{self, File},
    io::{self, Write},
    marker::PhantomData,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// A folder of records of one kind.
pub struct Records<T> {
    folder: PathBuf,
    kind: PhantomData<fn(T)>,
}

impl<T: Serialize + DeserializeOwned> Records<T> {
    /// The records in `folder`, which is made if need be. What a killed run left half-written is removed.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { folder, kind: PhantomData })
    }

    /// Every record that can be read, with its name. One that cannot is set aside and logged.
    pub fn all(&self) -> io::Result<Vec<(String, T)>> {
        let mut found = Vec::new();
        for name in self.names()? {
            let path = self.path(&name);
            match read(&path) {
                Ok(record) => found.push((name, record)),
                Err(error) => {
                    tracing::error!(record = %path.display(), %error, "a record cannot be read and was set aside");
                    fs::rename(&path, path.with_extension("unreadable"))?;
                }
            }
        }
        Ok(found)
    }

    /// The name of every record.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let file = entry?.file_name();
            names.extend(file.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        Ok(names)
    }

    /// One record, if it is there and can be read.
    pub fn get(&self, name: &str) -> Option<T> {
        read(&self.path(name)).ok()
    }

    /// One record, if it is there. One that cannot be read is an error.
    pub fn read(&self, name: &str) -> io::Result<Option<T>> {
        match read(&self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            record => record.map(Some),
        }
    }

    /// Writes a record; when this returns it is on the disk.
    pub fn put(&self, name: &str, record: &T) -> io::Result<()> {
        let path = self.path(name);
        let beside = path.with_extension("new");
        let written = write(&beside, record).and_then(|()| fs::rename(&beside, &path));
        if written.is_err() {
            // Half a record would only take room on a disk that may be full. The first error is the one to tell.
            let _ = fs::remove_file(&beside);
            return written;
        }
        sync_folder(&self.folder)
    }

    /// The file of a record that is there, for a program to read.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.path(name)).filter(|path| path.exists())
    }

    /// Removes a record, if it is there.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Ok(()) => sync_folder(&self.folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Names are folder names and session ids, so they cannot leave the folder. One may hold dots, so
    /// the extension is appended, never replaced.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

/// Makes a rename in `folder` survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn write<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    serde_json::to_writer(&mut file, record)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn records_are_private_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::<Vec<u8>>::open(folder.path().join("a/b")).unwrap();
        records.put("o__n.js", &vec![1, 2]).unwrap();
        records.put("o__n.js", &vec![3]).unwrap();
        records.put("o__n.ts", &vec![4]).unwrap();
        assert_eq!(records.get("o__n.js"), Some(vec![3]));
        assert_eq!(records.all().unwrap().len(), 2);
        let mode = fs::metadata(records.path("o__n.js")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        records.remove("o__n.js").unwrap();
        records.remove("o__n.js").unwrap();
        assert_eq!(records.get("o__n.js"), None);
    }

    #[test]
    fn one_that_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::<u8>::open(folder.path().into()).unwrap();
        records.put("good", &1).unwrap();
        fs::write(folder.path().join("bad.json"), "{").unwrap();
        fs::write(folder.path().join("half.new"), "{").unwrap();
        assert_eq!((records.get("bad"), records.get("none")), (None, None));
        records.read("bad").unwrap_err();
        assert_eq!(records.read("none").unwrap(), None);
        assert_eq!(records.all().unwrap(), [("good".to_owned(), 1)]);
        Records::<u8>::open(folder.path().into()).unwrap();
        assert!(!folder.path().join("half.new").exists());
        assert!(folder.path().join("bad.unreadable").exists());
    }
}
