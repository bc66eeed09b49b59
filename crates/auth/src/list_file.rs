//! The file of a list that lives in memory: what sessions and tokens have in common.
//!
//! A change is told with [`ListFile::changed`], and the file has it after the next [`ListFile::flush`]. What could not
//! be written, because the disk is full, stays due and is tried again.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ocweb_service::private_file;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const VERSION: u8 = 1;

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Content<T> {
    version: u8,
    /// Tells under which key the cookies were signed, or the hashes made. What is of another key is of no use to anybody.
    key: String,
    #[serde(flatten)]
    list: T,
}

/// Where a list is kept, and whether memory is ahead of it.
pub(crate) struct ListFile {
    path: PathBuf,
    key: Mutex<String>,
    /// True when memory knows what the file does not.
    is_due: AtomicBool,
    /// Held while writing: whoever writes last writes the latest.
    writing: Mutex<()>,
}

impl ListFile {
    /// Reads the list kept at `path` for the key named `key`; an empty one where there is none, and `loss` says what
    /// that means. A file that cannot be read is set aside.
    pub(crate) fn open<T: DeserializeOwned + Default>(
        path: &Path,
        key: String,
        loss: &str,
    ) -> io::Result<(Arc<Self>, T)> {
        let list = match read::<T>(path) {
            Ok(Some(content)) if content.key == key => content.list,
            Ok(Some(_)) => {
                tracing::info!("the password or AUTH_SECRET was changed: {loss}");
                // For good: whoever goes back to the former key revives nothing.
                fs::remove_file(path)?;
                T::default()
            }
            Ok(None) => T::default(),
            Err(error) => {
                let aside = path.with_extension("json.damaged");
                fs::rename(path, &aside)?;
                tracing::warn!(%error, kept_as = %aside.display(), "a list was damaged: {loss}");
                T::default()
            }
        };
        let path = path.to_owned();
        let key = Mutex::new(key);
        Ok((Arc::new(Self { path, key, is_due: AtomicBool::new(false), writing: Mutex::new(()) }), list))
    }

    /// What is in the list is from now on of another key.
    pub(crate) fn change_key(&self, key: String) {
        *self.key() = key;
        self.changed();
    }

    fn key(&self) -> MutexGuard<'_, String> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Memory knows what the file does not.
    pub(crate) fn changed(&self) {
        self.is_due.store(true, Ordering::Release);
    }

    /// Whether there is something to write.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Acquire)
    }

    /// Writes what `list` says, if it is due. Goes on to its end even when nobody waits for it any more.
    pub(crate) async fn flush<T: Serialize>(
        self: &Arc<Self>,
        list: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<()> {
        if !self.is_due() {
            return Ok(());
        }
        let file = Arc::clone(self);
        tokio::task::spawn_blocking(move || file.write(list)).await.map_err(io::Error::other)?
    }

    fn write<T: Serialize>(&self, list: impl FnOnce() -> T) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Cleared before memory is read: what changes meanwhile is due again.
        if !self.is_due.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let content = Content { version: VERSION, key: self.key().clone(), list: list() };
        let written = serde_json::to_vec(&content)
            .map_err(io::Error::other)
            .and_then(|content| private_file::write(&self.path, &content));
        if written.is_err() {
            self.changed();
        }
        written
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<Content<T>>> {
    let Some(text) = private_file::read(path)? else { return Ok(None) };
    let content: Content<T> = serde_json::from_str(&text)?;
    if content.version != VERSION {
        return Err(io::Error::other(format!("version {} is not known here", content.version)));
    }
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Names {
        names: Vec<String>,
    }

    fn open(path: &Path, key: &str) -> (Arc<ListFile>, Names) {
        ListFile::open(path, key.into(), "they are gone").unwrap()
    }

    fn names() -> Names {
        Names { names: vec!["one".into()] }
    }

    #[tokio::test]
    async fn a_list_is_read_again_under_its_own_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.json");
        let (file, _) = open(&path, "key");
        file.flush(names).await.unwrap();
        assert!(!path.exists(), "nothing was changed");
        file.changed();
        file.flush(names).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"version":1,"key":"key","names":["one"]}"#);
        assert_eq!(open(&path, "key").1, names());
        assert_eq!(open(&path, "other").1, Names::default());
        assert_eq!(
            open(&path, "key").1,
            Names::default(),
            "what was revoked stays so under its own key as well"
        );
        file.change_key("other".into());
        file.flush(names).await.unwrap();
        assert_eq!(open(&path, "other").1, names());
    }

    #[test]
    fn a_damaged_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.json");
        for content in [&b""[..], b"{", b"\xff", b"[]", br#"{"version":2,"key":"key","names":[]}"#] {
            fs::write(&path, content).unwrap();
            assert_eq!(open(&path, "key").1, Names::default());
            assert_eq!(fs::read(path.with_extension("json.damaged")).unwrap(), content);
            assert!(!path.exists());
        }
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/names.json");
        let (file, _) = open(&path, "key");
        file.changed();
        file.flush(names).await.unwrap_err();
        fs::create_dir(folder.path().join("gone")).unwrap();
        file.flush(names).await.unwrap();
        assert_eq!(open(&path, "key").1, names());
    }
}
