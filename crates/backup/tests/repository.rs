//! A folder that goes into a restic repository and comes out of it. Only where there is a restic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use ocweb_backup::{Archive, Making, Manifest, Repository};
use time::OffsetDateTime;

fn made(folder: &Path, words: &str) -> Archive {
    let mut making = Making::begin(folder, "staged", false).unwrap();
    making.add("words", &mut words.as_bytes()).unwrap();
    making.finish(Manifest::new("1.0.0", folder, OffsetDateTime::now_utc()), "staged").unwrap()
}

#[test]
fn two_ocwebs_share_a_repository_and_each_keeps_its_last() {
    let version = Command::new("restic").arg("version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        eprintln!("not tried: there is no restic here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let environment = BTreeMap::from([
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("HOME".to_owned(), path("home")),
        ("RESTIC_PASSWORD".to_owned(), "words".to_owned()),
    ]);
    let repository = Repository { address: path("repository"), environment: environment.clone() };
    let store = |words: &str, ocweb: &str| {
        let archive = made(&folder.path().join(ocweb), words);
        repository.prepare(false).unwrap();
        repository.store(&archive.path, ocweb).unwrap();
        repository.forget_old(ocweb, 0).unwrap();
    };
    let fetched = |name: Option<&str>| {
        let place = tempfile::tempdir().unwrap();
        let archive = Archive::open(&repository.fetch(name, place.path())?).unwrap();
        archive.check().unwrap();
        Ok::<_, ocweb_backup::Error>(fs::read_to_string(archive.path.join("words")).unwrap())
    };
    store("first", "one");
    store("second", "one");
    assert_eq!(fetched(None).unwrap(), "second");
    store("third", "other");
    let refused = fetched(Some("latest")).unwrap_err().to_string();
    assert!(refused.contains("more than one ocweb"), "{refused}");
    let lines: Vec<_> =
        refused.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    // Kept for no day, each has its last.
    assert_eq!(lines.len(), 2, "{refused}");
    for line in lines {
        let words = fetched(Some(line[0])).unwrap();
        assert_eq!(words, if line[2] == "one" { "second" } else { "third" });
    }
    let wrong = BTreeMap::from_iter([("RESTIC_PASSWORD".to_owned(), "others".to_owned())]);
    let locked = Repository {
        address: path("repository"),
        environment: environment.into_iter().chain(wrong).collect(),
    };
    assert!(locked.prepare(true).unwrap_err().to_string().contains("restic failed"));
    // As while its disk is not mounted.
    fs::rename(path("repository"), path("away")).unwrap();
    assert!(repository.prepare(true).unwrap_err().to_string().contains("is its disk mounted?"));
    assert!(!Path::new(&path("repository")).exists());
}
