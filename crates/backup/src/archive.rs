//! The folder of a backup: written part by part under another name, checked as a whole.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    Error,
    manifest::{FORMAT, MANIFEST, Manifest, Part},
};

const PIECE: usize = 256 << 10;
const UNFINISHED: &str = ".making-";

/// A backup in the making: removed again unless it is finished.
#[derive(Debug)]
pub struct Making {
    path: PathBuf,
    /// Compressed by us, unless whoever stores it does that better.
    is_compressed: bool,
    parts: Vec<Part>,
}

impl Making {
    /// Begins one in `folder`, which is made if need be. What killed ones left there is removed, so no other may be in the
    /// making in it.
    pub fn begin(folder: &Path, name: &str, is_compressed: bool) -> Result<Self, Error> {
        private_folder(folder)?;
        for entry in fs::read_dir(folder).map_err(Error::io(folder))?.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                remove(&entry.path())?;
            }
        }
        let path = folder.join(format!("{UNFINISHED}{name}"));
        private_folder(&path)?;
        Ok(Self { path, is_compressed, parts: Vec::new() })
    }

    /// Adds what `read` gives as a part, which is on the disk when this returns.
    pub fn add(&mut self, name: &str, read: &mut dyn Read) -> Result<(), Error> {
        let file = if self.is_compressed { format!("{name}.gz") } else { name.to_owned() };
        let path = self.path.join(&file);
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut written = Sum { file: open.map_err(Error::io(&path))?, hash: Sha256::new(), size: 0 };
        let failed = Error::io(&self.path);
        let copied = if self.is_compressed {
            let mut packed = GzEncoder::new(&mut written, Compression::fast());
            copy(read, &mut packed).and_then(|()| packed.finish().map(|_| ()))
        } else {
            copy(read, &mut written)
        };
        copied.and_then(|()| written.file.sync_all()).map_err(failed)?;
        self.parts.push(Part { file, size_bytes: written.size, sha256: hex(&written.hash.finalize()) });
        Ok(())
    }

    /// Gives it its name: from then on it is a backup.
    pub fn finish(mut self, mut manifest: Manifest, name: &str) -> Result<Archive, Error> {
        manifest.parts = std::mem::take(&mut self.parts);
        let place = self.path.with_file_name(name);
        let failed = || Error::io(&place);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed()(error.into()))?;
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(MANIFEST));
        let mut file = open.map_err(failed())?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed())?;
        sync(&self.path).map_err(failed())?;
        remove(&place)?;
        fs::rename(&self.path, &place).map_err(failed())?;
        place.parent().map_or(Ok(()), sync).map_err(failed())?;
        Ok(Archive { path: place, manifest })
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // Not there once it has its name; what resists is removed by the next one.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A backup whose manifest was read.
#[derive(Debug)]
pub struct Archive {
    /// Its folder.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
}

impl Archive {
    /// Reads the manifest of a backup.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = fs::read(path.join(MANIFEST)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::Unusable(format!(
                "{} is no backup, or not a whole one: it has no {MANIFEST}.",
                path.display()
            )),
            _ => Error::io(path)(error),
        })?;
        let unusable = |why: String| Error::Unusable(format!("{} cannot be used: {why}.", path.display()));
        let cut = |error| unusable(format!("its {MANIFEST} cannot be read: {error}"));
        let Form { format } = serde_json::from_slice(&text).map_err(cut)?;
        if format != FORMAT {
            return Err(unusable(format!(
                "it has the form {format}, which a newer ocweb reads; update this one"
            )));
        }
        Ok(Self { path: path.to_owned(), manifest: serde_json::from_slice(&text).map_err(cut)? })
    }

    /// Reads all of it: each part must be what was written.
    pub fn check(&self) -> Result<(), Error> {
        for part in &self.manifest.parts {
            let path = self.path.join(&part.file);
            let unusable = |why: &str| {
                Error::Unusable(format!("{} is damaged: {} {why}.", self.path.display(), part.file))
            };
            let Ok(mut file) = File::open(&path) else { return Err(unusable("is not there")) };
            let mut sum = Sum { file: io::sink(), hash: Sha256::new(), size: 0 };
            copy(&mut file, &mut sum).map_err(Error::io(&path))?;
            if sum.size != part.size_bytes {
                return Err(unusable(&format!("has {} bytes of {}", sum.size, part.size_bytes)));
            }
            if hex(&sum.hash.finalize()) != part.sha256 {
                return Err(unusable("is not what was written: its checksum is another"));
            }
        }
        Ok(())
    }

    /// The content of a part, unpacked; nothing where there is none of that name.
    pub(crate) fn part(&self, name: &str) -> Result<Option<Box<dyn Read>>, Error> {
        let packed = format!("{name}.gz");
        let Some(part) = self.manifest.parts.iter().find(|part| part.file == name || part.file == packed)
        else {
            return Ok(None);
        };
        let path = self.path.join(&part.file);
        let file = File::open(&path).map_err(Error::io(&path))?;
        Ok(Some(if part.file == packed {
            Box::new(flate2::read::GzDecoder::new(file))
        } else {
            Box::new(file)
        }))
    }
}

/// The part of a manifest that all of them have.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// Counts and sums what is written through it.
struct Sum<W> {
    file: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Write for Sum<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return to.flush(),
            Ok(length) => to.write_all(&piece[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(crate) fn private_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::io(path))
}

pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}

pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt;

    use time::OffsetDateTime;

    use super::*;

    pub(crate) fn manifest() -> Manifest {
        Manifest::new("1.0.0", Path::new("/data"), OffsetDateTime::now_utc())
    }

    fn made(folder: &Path, is_compressed: bool) -> Archive {
        let mut making = Making::begin(folder, "one", is_compressed).unwrap();
        making.add("words", &mut "words, words".as_bytes()).unwrap();
        assert!(!folder.join("one").exists());
        making.finish(manifest(), "one").unwrap()
    }

    #[test]
    fn what_was_written_is_private_and_comes_back() {
        for is_compressed in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            made(folder.path(), is_compressed);
            let archive = Archive::open(&folder.path().join("one")).unwrap();
            archive.check().unwrap();
            let mut text = String::new();
            archive.part("words").unwrap().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "words, words");
            for entry in fs::read_dir(&archive.path).unwrap().flatten() {
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            }
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn one_that_is_cut_off_or_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = made(folder.path(), false);
        let part = archive.path.join("words");
        fs::write(&part, "words, wards").unwrap();
        assert!(archive.check().unwrap_err().to_string().contains("its checksum is another"));
        fs::write(&part, "words").unwrap();
        assert!(archive.check().unwrap_err().to_string().contains("words has 5 bytes of 12"));
        fs::remove_file(&part).unwrap();
        assert!(archive.check().unwrap_err().to_string().contains("words is not there"));
        fs::write(archive.path.join(MANIFEST), "{\"format\": 1").unwrap();
        assert!(Archive::open(&archive.path).unwrap_err().to_string().contains("cannot be read"));
        fs::write(archive.path.join(MANIFEST), "{\"format\": 2}").unwrap();
        assert!(Archive::open(&archive.path).unwrap_err().to_string().contains("update this one"));
        assert!(Archive::open(folder.path()).unwrap_err().to_string().contains("is no backup"));
    }

    #[test]
    fn one_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".making-ocweb-killed/part")).unwrap();
        let mut making = Making::begin(folder.path(), "one", true).unwrap();
        making.add("words", &mut "words".as_bytes()).unwrap();
        drop(making);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
