//! A folder that goes into a restic repository and comes out of it, in a folder and in an S3-like store. Only where there is a
//! restic, and for the store an rclone, which `OCWEB_RCLONE` names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use ocweb_backup::{Archive, Error, Making, Manifest, Repository};
use tempfile::TempDir;
use time::OffsetDateTime;

const KEY_ID: &str = "AKIDEXAMPLE0123456789";
const SECRET_KEY: &str = "a-secret-key-of-the-store";

/// What restic is given for a repository that `more` belongs to.
fn environment(home: &TempDir, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let (path, home) = (std::env::var("PATH").unwrap(), home.path().display().to_string());
    let given = [("PATH", path.as_str()), ("HOME", &home), ("RESTIC_PASSWORD", "words")];
    given.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Puts a backup with such words into a repository, where older ones of the same ocweb are kept for no day.
fn store(repository: &Repository, words: &str, ocweb: &str) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let mut making = Making::begin(folder.path(), "staged", false)?;
    making.add("words", &mut words.as_bytes())?;
    let manifest = Manifest::new("1.0.0", folder.path(), OffsetDateTime::now_utc());
    let archive = making.finish(manifest, "staged")?;
    repository.prepare(false)?;
    repository.store(&archive.path, ocweb)?;
    repository.forget_old(ocweb, 0)
}

/// The words of a backup that comes out of a repository.
fn fetched(repository: &Repository, snapshot: Option<&str>) -> Result<String, Error> {
    let place = tempfile::tempdir().unwrap();
    let archive = Archive::open(&repository.fetch(snapshot, place.path())?)?;
    archive.check()?;
    Ok(fs::read_to_string(archive.path.join("words")).unwrap())
}

fn is_restic_here() -> bool {
    let version = Command::new("restic").arg("version").stdout(Stdio::null()).status();
    let is_here = version.is_ok_and(|status| status.success());
    if !is_here {
        eprintln!("not tried: there is no restic here");
    }
    is_here
}

#[test]
fn two_ocwebs_share_a_repository_and_each_keeps_its_last() {
    if !is_restic_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("repository").display().to_string();
    let repository = Repository { address: address.clone(), environment: environment(&folder, &[]) };
    store(&repository, "first", "one").unwrap();
    store(&repository, "second", "one").unwrap();
    assert_eq!(fetched(&repository, None).unwrap(), "second");
    store(&repository, "third", "other").unwrap();
    let refused = fetched(&repository, Some("latest")).unwrap_err().to_string();
    assert!(refused.contains("more than one ocweb"), "{refused}");
    let lines: Vec<_> =
        refused.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    // Kept for no day, each has its last.
    assert_eq!(lines.len(), 2, "{refused}");
    for line in lines {
        let words = fetched(&repository, Some(line[0])).unwrap();
        assert_eq!(words, if line[2] == "one" { "second" } else { "third" });
    }
    let wrong = environment(&folder, &[("RESTIC_PASSWORD", "others")]);
    let locked = Repository { address, environment: wrong };
    assert!(locked.prepare(true).unwrap_err().to_string().contains("restic failed"));
    // As while its disk is not mounted.
    let away = folder.path().join("away");
    fs::rename(&repository.address, &away).unwrap();
    assert!(repository.prepare(true).unwrap_err().to_string().contains("is its disk mounted?"));
    assert!(!Path::new(&repository.address).exists());
}

#[test]
fn a_store_that_speaks_s3_holds_them_encrypted_for_who_has_its_keys() {
    let Some(rclone) = std::env::var_os("OCWEB_RCLONE") else {
        eprintln!("not tried: OCWEB_RCLONE names no rclone");
        return;
    };
    if !is_restic_here() {
        return;
    }
    let server = S3::start(Path::new(&rclone));
    let home = tempfile::tempdir().unwrap();
    let with_keys = |id, key| Repository {
        address: format!("s3:{}/backups", server.address),
        environment: environment(&home, &[("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", key)]),
    };
    let refused =
        store(&with_keys("AKIDOTHER0123456789", SECRET_KEY), "first", "one").unwrap_err().to_string();
    assert!(refused.contains("Access Key Id"), "{refused}");
    assert!(server.files().is_empty(), "{:?}", server.files());

    // The bucket is made, too.
    let repository = with_keys(KEY_ID, SECRET_KEY);
    store(&repository, "the first words", "one").unwrap();
    store(&repository, "the second words", "one").unwrap();
    assert_eq!(fetched(&repository, None).unwrap(), "the second words");
    let files = server.files();
    let of =
        |kind: &str| files.iter().filter(|(path, _)| path.starts_with(&format!("backups/{kind}"))).count();
    assert_eq!((of("config"), of("snapshots/")), (1, 1), "the first is gone: {:?}", files.keys());
    let is_told = |bytes: &Vec<u8>| bytes.windows(5).any(|window| window == b"words");
    assert!(!files.values().any(is_told), "it is not encrypted");
}

/// A store on loopback that speaks S3, for as long as this lives.
struct S3 {
    server: Child,
    address: String,
    folder: TempDir,
}

impl S3 {
    fn start(rclone: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Command::new(rclone)
            .args(["serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", &format!("{KEY_ID},{SECRET_KEY}")])
            .arg(folder.path())
            .env("RCLONE_CONFIG", "/dev/null")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = said.find_map(|line| {
            let (_, address) = line.split_once("server on [")?;
            Some(address.trim_end_matches("/]").to_owned())
        });
        // It would end where nobody hears what else it says.
        std::thread::spawn(move || said.for_each(drop));
        Self { server, address: address.unwrap(), folder }
    }

    /// What it has stored, by its path.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let path = entry.path();
                    let name = path.strip_prefix(&self.folder).unwrap().display().to_string();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
