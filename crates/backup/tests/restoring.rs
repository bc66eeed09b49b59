//! A volume that goes into a backup and comes out of it, and what is refused on the way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use ocweb_backup::{Archive, Error, Folders, Making, Manifest, Obstacle, Outcome, Volume, identity};
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

fn restore(archive: &Archive, data: &Path, aside: Option<&str>) -> Result<Option<PathBuf>, Obstacle> {
    ocweb_backup::restore(archive, &Volume::take(data)?, aside, Path::new("opencode"))
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
    assert!(restore(&archive, &empty, None).unwrap().is_none());
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
    let again = restore(&archive, &empty, None);
    assert!(matches!(again, Err(Obstacle::NotEmpty(_))), "{again:?}");
    let aside = restore(&archive, &empty, Some("before-restore-1")).unwrap().unwrap();
    assert_eq!(files(&aside).len(), 6);
    assert_eq!(fs::read_to_string(empty.join("ocweb/auth/secret")).unwrap(), "signs");
    // What a broken off one left is no obstacle, and is not taken for anything.
    let broken = folder.path().join("broken");
    put(&broken, ".restoring/ocweb/auth/secret", "half");
    restore(&archive, &broken, None).unwrap();
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
    let refused = restore(&archive, &empty, None).unwrap_err().to_string();
    assert!(refused.contains("agent.tar.gz has"), "{refused}");
    assert_eq!(fs::read_dir(empty).unwrap().count(), 0);
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
    restore(&archive, &empty, None).unwrap();
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
    symlink(to, links.join(link)).unwrap();
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
        let refused = restore(&archive, &empty, None).unwrap_err().to_string();
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
    restore(&archive, &data, Some("before-restore-1")).unwrap_err();
    assert_eq!(files(&data), before);
}

#[test]
fn one_that_lies_on_the_volume_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    // As `ocweb backup --to` a folder of the volume makes it.
    let archive = made(&data, &data);
    let aside = restore(&archive, &data, Some("before-restore-1")).unwrap().unwrap();
    assert!(aside.join("opencode-state/cache/large").exists() && aside.join("ocweb/auth/secret").exists());
    assert!(data.join("ocweb/auth/secret").exists() && !data.join("opencode-state/cache").exists());
    Archive::open(&archive.path).unwrap().check().unwrap();
    // One that was broken off between its last steps goes on.
    fs::create_dir(data.join(".restoring")).unwrap();
    fs::rename(data.join("ocweb"), data.join(".restoring/ocweb")).unwrap();
    fs::write(data.join(".restoring/.whole"), archive.manifest.made_at.to_string()).unwrap();
    restore(&archive, &data, None).unwrap();
    assert!(data.join("ocweb/auth/secret").exists() && !data.join(".restoring").exists());
    // And on a volume with nothing else there is nothing in the way.
    fs::remove_dir_all(data.join("ocweb")).unwrap();
    fs::remove_dir_all(data.join("opencode-state")).unwrap();
    assert!(restore(&archive, &data, None).unwrap().is_none());
}

#[test]
fn an_empty_folder_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    // Where another volume is mounted: a runtime made it, and it may be moved by root alone.
    fs::create_dir(data.join("projects")).unwrap();
    let aside = restore(&archive, &data, Some("before-restore-1")).unwrap().unwrap();
    assert!(data.join("projects").exists() && !aside.join("projects").exists());
    let empty = folder.path().join("empty");
    fs::create_dir_all(empty.join("projects")).unwrap();
    restore(&archive, &empty, None).unwrap();
}

#[test]
fn the_config_file_of_the_volume_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    put(&data, "ocweb/config.jsonc", "settings");
    fs::set_permissions(data.join("ocweb/config.jsonc"), Permissions::from_mode(0o600)).unwrap();
    let aside = restore(&archive, &data, Some("before-restore-1")).unwrap().unwrap();
    for place in [data, aside] {
        let file = place.join("ocweb/config.jsonc");
        assert_eq!(fs::read_to_string(&file).unwrap(), "settings");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_start_between_the_last_steps_keeps_nothing_from_going_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    restore(&archive, &data, Some("before-restore-1")).unwrap();
    fs::create_dir(data.join(".restoring")).unwrap();
    fs::rename(data.join("ocweb"), data.join(".restoring/ocweb")).unwrap();
    fs::write(data.join(".restoring/.aside"), "before-restore-1").unwrap();
    fs::write(data.join(".restoring/.whole"), archive.manifest.made_at.to_string()).unwrap();
    assert!(Volume::may_start(&data).unwrap_err().to_string().contains("Run it again"));
    // One that does not ask, of a version before.
    put(&data, "ocweb/auth/secret", "begun anew");
    let refused = restore(&archive, &data, None);
    assert!(matches!(refused, Err(Obstacle::NotEmpty(_))), "{refused:?}");
    let aside = restore(&archive, &data, Some("before-restore-2")).unwrap().unwrap();
    assert_eq!(fs::read_to_string(aside.join("ocweb/auth/secret")).unwrap(), "begun anew");
    assert_eq!(fs::read_to_string(data.join("ocweb/auth/secret")).unwrap(), "signs");
    assert!(data.join("opencode-state/home/.bashrc").exists());
    Volume::may_start(&data).unwrap();
}

#[test]
fn one_that_fails_at_its_last_step_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let archive = made(folder.path(), &data);
    let before = files(&data);
    // Something of that name is there already, and not empty.
    put(&data, "before-restore-1/ocweb/auth/secret", "older");
    restore(&archive, &data, Some("before-restore-1")).unwrap_err();
    fs::remove_dir_all(data.join("before-restore-1")).unwrap();
    assert_eq!(files(&data), before);
    Volume::may_start(&data).unwrap();
}

#[test]
fn roots_tar_makes_no_devices_and_no_programs_of_roots() {
    if !nix::unistd::Uid::effective().is_root() {
        eprintln!("not tried: only root can make a device");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let forgery = folder.path().join("forgery");
    put(&forgery, "opencode-state/sh", "a shell");
    fs::set_permissions(forgery.join("opencode-state/sh"), Permissions::from_mode(0o6755)).unwrap();
    symlink("sh", forgery.join("opencode-state/link")).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).current_dir(&forgery).status().unwrap().success());
    };
    // The null device: what it is does not matter, and it does no harm.
    run("mknod", &["-m", "666", "opencode-state/disk", "c", "1", "3"]);
    run("mkfifo", &["opencode-state/pipe"]);
    run("tar", &["-cf", "../forged.tar", "opencode-state"]);
    let archive = forged(folder.path(), &data, &fs::read(folder.path().join("forged.tar")).unwrap());
    let empty = folder.path().join("empty");
    restore(&archive, &empty, None).unwrap();
    let state = empty.join("opencode-state");
    assert!(!state.join("disk").exists() && !state.join("pipe").exists() && state.join("link").is_symlink());
    assert_eq!(state.join("sh").metadata().unwrap().permissions().mode() & 0o7777, 0o755);
}

#[test]
fn a_hole_in_a_file_is_neither_read_nor_laid_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = volume(folder.path());
    let file = "opencode-state/home/image";
    put(&data, file, "begins");
    fs::File::options().append(true).open(data.join(file)).unwrap().set_len(1 << 30).unwrap();
    let mut making = Making::begin(&folder.path().join("backups"), "one", false).unwrap();
    let mut source = Folders { data: &data, paths: vec!["opencode-state".into()] }.read().unwrap().unwrap();
    making.add("agent.tar", &mut source).unwrap();
    source.end().unwrap();
    let archive = making.finish(Manifest::new("1.0.0", &data, OffsetDateTime::now_utc()), "one").unwrap();
    assert!(archive.manifest.size_bytes() < 1 << 20, "{}", archive.manifest.size_bytes());
    let empty = folder.path().join("empty");
    restore(&archive, &empty, None).unwrap();
    let found = empty.join(file).metadata().unwrap();
    assert!(found.len() == 1 << 30 && found.blocks() * 512 < 1 << 20, "{} blocks", found.blocks());
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
