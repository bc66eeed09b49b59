//! The numbers and files that are shown are git's own, on working copies that nobody thought out.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    os::unix::{
        ffi::OsStringExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Bench, git};
use serde_json::{Value, json};

/// Numbers that are the same at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Lines that are like no others.
    fn lines(&mut self, count: usize, end: &str) -> String {
        let lines: Vec<_> =
            (0..count).map(|_| format!("{} {}{end}", self.below(1 << 30), self.below(1 << 30))).collect();
        lines.concat()
    }

    /// A name that is not taken; some are awkward.
    fn name(&mut self) -> PathBuf {
        let number = self.below(1 << 30);
        match self.below(6) {
            0 => OsString::from_vec(
                format!("dir {number}/\u{fc}-").into_bytes().into_iter().chain([0xff]).collect(),
            )
            .into(),
            1 => format!("deep/{}/{number}.txt", self.below(3)).into(),
            2 => format!("quote\"tab\t{number}").into(),
            _ => format!("file-{number}.txt").into(),
        }
    }
}

/// The files that are there.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() != ".git" {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Does one thing to a working copy that an agent might do.
fn change(dice: &mut Dice, root: &Path) {
    let all = files(root);
    let some = all[dice.below(all.len())].clone();
    let is_link = some.symlink_metadata().unwrap().is_symlink();
    match dice.below(14) {
        0 => write(&root.join(dice.name()), dice.lines(30, "\n")),
        1 => write(&root.join(dice.name()), dice.lines(5, "\r\n")),
        2 => write(&root.join(dice.name()), dice.lines(3, "\n").trim_end()),
        3 => write(&root.join(dice.name()), [0_u8, 1, 2, 255]),
        4 => write(&root.join(dice.name()), [0xff, b'\n', 0xfe, b'a', b'\n']),
        5 => {
            let name = root.join(dice.name());
            fs::create_dir_all(name.parent().unwrap()).unwrap();
            symlink(format!("to {}", dice.below(1 << 30)), name).unwrap();
        }
        6 => fs::remove_file(some).unwrap(),
        7 => {
            let target = root.join(dice.name());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::rename(some, target).unwrap();
        }
        8 if !is_link => {
            let mode = if dice.below(2) == 0 { 0o755 } else { 0o644 };
            fs::set_permissions(some, fs::Permissions::from_mode(mode)).unwrap();
        }
        9 => drop(Command::new("git").args(["add", "--", "."]).current_dir(root).output().unwrap()),
        10 => {
            git(root, &["add", "-A"]);
            git(root, &["commit", "--quiet", "--allow-empty", "-m", "step"]);
        }
        11 if !is_link => {
            // A file becomes a link.
            fs::remove_file(&some).unwrap();
            symlink("elsewhere", some).unwrap();
        }
        _ if !is_link => {
            let content = fs::read(&some).unwrap();
            let mut lines: Vec<_> =
                content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let at = dice.below(lines.len() + 1);
            match dice.below(3) {
                0 => lines.insert(at, dice.lines(2, "\n").into_bytes()),
                1 if at < lines.len() => drop(lines.remove(at)),
                _ => lines.push(dice.lines(1, "").into_bytes()),
            }
            fs::write(some, lines.concat()).unwrap();
        }
        _ => {}
    }
}

/// A path with its additions and deletions; those of a binary file are not counted.
type Counted = (String, Option<u64>, Option<u64>);

/// What git itself counts from `from` to the working tree with all that is in it.
fn counted_by_git(root: &Path, from: &str) -> BTreeSet<Counted> {
    let index = tempfile::NamedTempFile::new().unwrap();
    let real = git(root, &["rev-parse", "--path-format=absolute", "--git-path", "index"]);
    fs::copy(real, index.path()).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(root)
            .env("GIT_INDEX_FILE", index.path())
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&["add", "-A"]);
    let told = run(&["diff", "--cached", "--numstat", "-z", "-M", from]);
    let mut fields = told.split_terminator('\0');
    let mut counted = BTreeSet::new();
    while let Some(field) = fields.next() {
        let [additions, deletions, path] = field.splitn(3, '\t').collect::<Vec<_>>().try_into().unwrap();
        let path = if path.is_empty() { fields.nth(1).unwrap() } else { path };
        counted.insert((path.to_owned(), additions.parse().ok(), deletions.parse().ok()));
    }
    counted
}

/// The same as the service tells it.
fn counted_by_us(diff: &Value) -> BTreeSet<Counted> {
    let files = diff["files"].as_array().unwrap().iter();
    let number = |file: &Value, name: &str| file[name].as_u64().filter(|_| file["binary"] == false);
    files
        .map(|file| {
            (file["path"].as_str().unwrap().to_owned(), number(file, "additions"), number(file, "deletions"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_what_git_counts() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let root = PathBuf::from(service.settled(&id).await["directory"].as_str().unwrap());
    let base = git(&root, &["rev-parse", "origin/main"]);
    for seed in 0..20 {
        let mut dice = Dice(seed);
        git(&root, &["reset", "--quiet", "--hard", &base]);
        git(&root, &["clean", "--quiet", "-ffdx"]);
        if seed % 4 == 3 {
            fs::write(root.join(".gitattributes"), "*.txt text\n").unwrap();
        }
        for step in 0..10 {
            change(&mut dice, &root);
            if files(&root).is_empty() {
                break;
            }
            if step % 3 != 0 {
                continue;
            }
            let place = format!("seed {seed}, step {step}, {}", root.display());
            let diff = service.get(&format!("/admin/chats/{id}/diff")).await;
            let expected = counted_by_git(&root, &base);
            assert_eq!(counted_by_us(&diff), expected, "{place}");
            let head = service.get(&format!("/admin/chats/{id}/diff?against=head")).await;
            assert_eq!(counted_by_us(&head), counted_by_git(&root, "HEAD"), "{place}");

            let stat = service.get(&format!("/admin/chats/{id}/git")).await;
            let sum = |of: fn(&Counted) -> Option<u64>| expected.iter().filter_map(of).sum::<u64>();
            assert_eq!(stat["files"], expected.len(), "{place}");
            assert_eq!(
                (&stat["additions"], &stat["deletions"]),
                (&json!(sum(|it| it.1)), &json!(sum(|it| it.2))),
                "{place}"
            );
            let status = Command::new("git")
                .args(["status", "--porcelain=v2", "-z", "--untracked-files=all"])
                .current_dir(&root)
                .output();
            let status = status.unwrap().stdout;
            let entries = status
                .split(|byte| *byte == 0)
                .filter(|entry| entry.get(1) == Some(&b' ') && b"12u?".contains(&entry[0]));
            assert_eq!(stat["uncommitted_files"], entries.count(), "{place}");
            let ahead = git(&root, &["rev-list", "--count", &format!("{base}..HEAD")]);
            assert_eq!(stat["ahead"].to_string(), ahead, "{place}");
            // Whoever asks for all gets the same, though it may have been measured before.
            let all = service.get("/admin/chats/git").await;
            let numbers = |stat: &Value| {
                ["files", "additions", "deletions", "uncommitted_files"].map(|name| stat[name].clone())
            };
            assert_eq!(numbers(&all["chats"][0]), numbers(&stat), "{place}");
        }
    }
}
