//! A volume that goes into a backup and comes out of it, and what is refused on the way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ocweb_backup::{Archive, Error, Folders, Making, Manifest, Obstacle, Outcome, identity, restore};
use time::OffsetDateTime;

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn volume(root: &Path) -> PathBuf {
    let data = root.join("data");
    put(&data, "opencode-state/home/.bashrc", "alias");
    put(&data, "opencode-state/cache/large", "again");
    put(&data, "opencode-state/config/opencode/node_modules/a", "again");
    put(&data, "ocweb/git-manager/chats/one.json", "{}");
    put(&data, "ocweb/git-manager/backup/work/saved_1/record.json", "{}");
    put(&data, "ocweb/git-manager/restored/work/saved_0/record.json", "{}");
    put(&data, "ocweb/auth/secret", "signs");
    data
}

fn made(root: &Path, data: &Path) -> Archive {
    let mut making = Making::begin(&root.join("backups"), "one", true).unwrap();
    for (name, paths) in
        [("agent.tar", &["opencode-state", "ocweb/git-manager"][..]), ("keeper.tar", &["ocweb/auth"])]
    {
        let paths = paths.iter().map(PathBuf::from).collect();
        let mut source = Folders { data, paths }.read().unwrap().unwrap();
        making.add(name, &mut source).unwrap();
        source.end().unwrap();
    }
    let identity = Some(identity(&Outcome::folder(data)).unwrap());
    making
        .finish(Manifest { identity, ..Manifest::new("1.0.0", data, OffsetDateTime::now_utc()) }, "one")
        .unwrap()
}

fn files(root: &Path) -> Vec<String> {
    let listed = Command::new("find").args([".", "-type", "f"]).current_dir(root).output().unwrap();
    let mut files: Vec<_> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    files.sort();
    files
}

#[test]
fn it_comes_back_without_what_can_be_had_again_and_what_is_there_is_moved_aside_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    let empty = folder.path().join("empty");
    assert!(restore(&archive, &empty, None, Path::new("opencode")).unwrap().is_none());
    assert_eq!(
        files(&empty),
        [
            "./ocweb/auth/secret",
            "./ocweb/git-manager/chats/one.json",
            "./ocweb/git-manager/restored/work/saved_0/record.json",
            "./ocweb/git-manager/restored/work/saved_1/record.json",
            "./ocweb/supervisor/backup/name",
            "./opencode-state/home/.bashrc",
        ]
    );
    let name = identity(&Outcome::folder(&empty)).unwrap();
    assert_eq!(name, identity(&Outcome::folder(&data)).unwrap(), "it is the same ocweb");
    let again = restore(&archive, &empty, None, Path::new("opencode"));
    assert!(matches!(again, Err(Obstacle::NotEmpty(_))), "{again:?}");
    let aside = restore(&archive, &empty, Some("before-restore-1"), Path::new("opencode")).unwrap().unwrap();
    assert_eq!(files(&aside).len(), 6);
    assert_eq!(fs::read_to_string(empty.join("ocweb/auth/secret")).unwrap(), "signs");
    // What a broken off one left is no obstacle, and is not taken for anything.
    let broken = folder.path().join("broken");
    put(&broken, ".restoring/ocweb/auth/secret", "half");
    restore(&archive, &broken, None, Path::new("opencode")).unwrap();
    assert_eq!(files(&broken), files(&folder.path().join("empty/before-restore-1")));
}

#[test]
fn a_cut_off_one_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    let part = archive.path.join("agent.tar.gz");
    let half = fs::read(&part).unwrap();
    fs::write(&part, &half[..half.len() / 2]).unwrap();
    let empty = folder.path().join("empty");
    let refused = restore(&archive, &empty, None, Path::new("opencode")).unwrap_err().to_string();
    assert!(refused.contains("agent.tar.gz has"), "{refused}");
    assert!(!empty.exists());
}

#[test]
fn the_agents_part_brings_nothing_of_the_keepers() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    // As an agent might have it who got hold of the process that reads its folders.
    put(&data, "ocweb/notifier/keys", "the agent's");
    let mut making = Making::begin(&folder.path().join("backups"), "one", false).unwrap();
    let paths = ["opencode-state", "ocweb"].map(PathBuf::from).to_vec();
    let mut source = Folders { data: &data, paths }.read().unwrap().unwrap();
    making.add("agent.tar", &mut source).unwrap();
    source.end().unwrap();
    let archive = making.finish(Manifest::new("1.0.0", &data, OffsetDateTime::now_utc()), "one").unwrap();
    let empty = folder.path().join("empty");
    restore(&archive, &empty, None, Path::new("opencode")).unwrap();
    assert!(empty.join("ocweb/git-manager/chats/one.json").exists());
    assert!(!empty.join("ocweb/notifier").exists() && !empty.join("ocweb/auth").exists());
}

/// A backup whose part of the agent's is what it likes to be.
fn forged(root: &Path, data: &Path, agents: &[u8]) -> Archive {
    let mut making = Making::begin(&root.join("backups"), "forged", false).unwrap();
    making.add("agent.tar", &mut &*agents).unwrap();
    making.add("opencode.db", &mut "a database".as_bytes()).unwrap();
    let mut source = Folders { data, paths: vec!["ocweb/auth".into()] }.read().unwrap().unwrap();
    making.add("keeper.tar", &mut source).unwrap();
    source.end().unwrap();
    making.finish(Manifest::new("1.0.0", &root.join("empty"), OffsetDateTime::now_utc()), "forged").unwrap()
}

/// A tar of a link, and of what lies behind it. (tar itself makes a link with `..` last.)
fn tar_of_a_link(root: &Path, link: &str, to: &str, behind: Option<&str>) -> Vec<u8> {
    let (links, files, tar) = (root.join("links"), root.join("files"), root.join("forged.tar"));
    fs::create_dir_all(links.join(link).parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(to, links.join(link)).unwrap();
    let pack = |mode: &str, folder: &Path, path: &str| {
        let done = Command::new("tar").arg(mode).arg(&tar).arg(path).current_dir(folder).status();
        assert!(done.unwrap().success());
    };
    pack("-cf", &links, link);
    if let Some(behind) = behind.map(|behind| format!("{link}/{behind}")) {
        put(&files, &behind, "the agent's");
        pack("-rf", &files, &behind);
    }
    fs::read(tar).unwrap()
}

#[test]
fn a_link_in_the_agents_part_leads_to_nothing_of_the_keepers() {
    for (link, to, behind) in [
        ("ocweb/resource-monitor", ".", Some("config.jsonc")),
        ("ocweb/git-manager", ".", Some("auth/secret")),
        ("ocweb/git-manager/backup/work", "../../auth", None),
        ("opencode-state/data", "../ocweb/auth", None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = volume(folder.path());
        let tar = tar_of_a_link(folder.path(), link, to, behind);
        let archive = forged(folder.path(), &data, &tar);
        let empty = folder.path().join("empty");
        let refused = restore(&archive, &empty, None, Path::new("opencode")).unwrap_err().to_string();
        assert!(refused.contains("something else"), "{link}: {refused}");
        assert_eq!(files(&empty), Vec::<String>::new(), "{link}");
    }
}

#[test]
fn what_cannot_be_unpacked_leaves_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let before = files(&data);
    let archive = forged(folder.path(), &data, b"no tar, but long enough to be taken for a broken one");
    restore(&archive, &data, Some("before-restore-1"), Path::new("opencode")).unwrap_err();
    assert_eq!(files(&data), before);
}

#[test]
fn one_that_lies_on_the_volume_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    // As `ocweb backup --to` a folder of the volume makes it.
    let archive = made(&data, &data);
    let aside = restore(&archive, &data, Some("before-restore-1"), Path::new("opencode")).unwrap().unwrap();
    assert!(aside.join("opencode-state/cache/large").exists() && aside.join("ocweb/auth/secret").exists());
    assert!(data.join("ocweb/auth/secret").exists() && !data.join("opencode-state/cache").exists());
    Archive::open(&archive.path).unwrap().check().unwrap();
    // One that was broken off between its last steps goes on.
    fs::create_dir(data.join(".restoring")).unwrap();
    fs::rename(data.join("ocweb"), data.join(".restoring/ocweb")).unwrap();
    fs::write(data.join(".restoring/.whole"), archive.manifest.made_at.to_string()).unwrap();
    restore(&archive, &data, None, Path::new("opencode")).unwrap();
    assert!(data.join("ocweb/auth/secret").exists() && !data.join(".restoring").exists());
    // And on a volume with nothing else there is nothing in the way.
    fs::remove_dir_all(data.join("ocweb")).unwrap();
    fs::remove_dir_all(data.join("opencode-state")).unwrap();
    assert!(restore(&archive, &data, None, Path::new("opencode")).unwrap().is_none());
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut making = Making::begin(folder.path(), "one", false).unwrap();
    let error = making.add("words", &mut Full).unwrap_err();
    assert!(matches!(error, Error::DiskFull(_)), "{error}");
    drop(making);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Fails as a write to a full disk does.
struct Full;

impl std::io::Read for Full {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
}
