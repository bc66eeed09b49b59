//! What the made-up repositories hold. Everything is computed, and the same each time.

use super::catalogue::{Content, Repository};

/// A commit: its message and the files it writes.
pub(super) struct Commit {
    pub(super) message: String,
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// The default branch's history, oldest first. Empty for a repository without commits.
pub(super) fn history(repository: &Repository) -> Vec<Commit> {
    let readme = readme(repository);
    match repository.content {
        Content::Empty => Vec::new(),
        Content::Notes | Content::Broken => vec![
            commit("Begin", [("README.md", readme)]),
            commit(
                "Write down the first thoughts",
                [("notes/first.md", "- begin\n- go on\n- finish\n".into())],
            ),
        ],
        Content::Web => vec![
            commit("Begin", [("README.md", readme)]),
            commit(
                "Greet in the browser",
                [("index.html", WEB_PAGE.into()), ("style.css", WEB_STYLE.into())],
            ),
            commit("Count the visits", [("main.js", WEB_SCRIPT.into())]),
        ],
        Content::Rust => vec![
            commit("Begin", [("README.md", readme), ("Cargo.toml", RUST_MANIFEST.into())]),
            commit(
                "Count words and lines",
                [("src/main.rs", RUST_MAIN.into()), ("src/count.rs", RUST_COUNT.into())],
            ),
        ],
        Content::Python => vec![
            commit("Begin", [("README.md", readme)]),
            commit(
                "Keep a diary",
                [("weather/__init__.py", String::new()), ("weather/log.py", PYTHON_LOG.into())],
            ),
            commit("Test it", [("tests/test_log.py", PYTHON_TEST.into())]),
        ],
        Content::Many => vec![commit("Begin", [("README.md", readme)]), many_files()],
        Content::Assets => vec![commit("Begin", [("README.md", readme)]), assets()],
    }
}

/// The one commit that a further branch has on top of the default branch.
pub(super) fn branch_commit(branch: &str) -> Commit {
    let path = format!("docs/{}.md", branch.replace('/', "-"));
    commit(
        &format!("Start work on {branch}"),
        [(path.as_str(), format!("# {branch}\n\nWork in progress.\n"))],
    )
}

fn commit<const N: usize>(message: &str, files: [(&str, String); N]) -> Commit {
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    Commit { message: message.to_owned(), files }
}

fn readme(repository: &Repository) -> String {
    let name = repository.full_name;
    let description = match repository.description {
        "" => "No description yet.",
        text => text,
    };
    format!(
        "# {name}\n\n{description}.\n\nThis repository was made by the ocweb demo; push to it as you like.\n"
    )
}

/// Some 2,000 small TypeScript files in 40 packages.
fn many_files() -> Commit {
    let files = (0..40).flat_map(|package| {
        (0..50).map(move |module| {
            let path = format!("packages/package-{package:02}/src/module-{module:02}.ts");
            let text = format!(
                "// Module {module} of package {package}.\n\
                 export interface Item{module} {{\n  id: number;\n  label: string;\n}}\n\n\
                 export function makeItem{module}(id: number): Item{module} {{\n  \
                   return {{ id, label: `package-{package}/item-{module}/${{id}}` }};\n}}\n"
            );
            (path, text.into_bytes())
        })
    });
    Commit { message: "Add forty packages".into(), files: files.collect() }
}

/// 400 files of 10 KB that do not compress: about 4 MB on the wire.
fn assets() -> Commit {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let files = (0..400).map(|number| (format!("assets/texture-{number:03}.bin"), noise.bytes(10_000)));
    Commit { message: "Add textures".into(), files: files.collect() }
}

/// Xorshift: bytes that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        // A loop over slices: an iterator over bytes takes a fifth of a second in a debug build.
        for chunk in bytes.chunks_mut(size_of::<u64>()) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
        bytes
    }
}

const WEB_PAGE: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Hello</title>
    <link rel="stylesheet" href="style.css" />
  </head>
  <body>
    <h1>Hello, world</h1>
    <p>You were here <span id="visits">0</span> times.</p>
    <script src="main.js"></script>
  </body>
</html>
"#;

const WEB_STYLE: &str = "body {\n  font-family: sans-serif;\n  margin: 4rem auto;\n  max-width: 40rem;\n}\n";

const WEB_SCRIPT: &str = r#"const key = "visits";
const visits = Number(localStorage.getItem(key) ?? 0) + 1;
localStorage.setItem(key, String(visits));
document.getElementById("visits").textContent = String(visits);
"#;

const RUST_MANIFEST: &str = "[package]\nname = \"tally\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

const RUST_MAIN: &str = r#"mod count;

use std::io::Read;

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let tally = count::tally(&text);
    println!("{} lines, {} words, {} letters", tally.lines, tally.words, tally.letters);
    Ok(())
}
"#;

const RUST_COUNT: &str = r#"/// What a text consists of.
#[derive(Debug, PartialEq, Eq)]
pub struct Tally {
    pub lines: usize,
    pub words: usize,
    pub letters: usize,
}

pub fn tally(text: &str) -> Tally {
    Tally {
        lines: text.lines().count(),
        words: text.split_whitespace().count(),
        letters: text.chars().filter(|letter| letter.is_alphabetic()).count(),
    }
}

#[test]
fn counts_each_kind() {
    assert_eq!(tally("one two\nthree"), Tally { lines: 2, words: 3, letters: 11 });
}
"#;

const PYTHON_LOG: &str = r#""""A diary of the weather in a CSV file."""

import csv
from datetime import date
from pathlib import Path


def add(path: Path, day: date, celsius: float, sky: str) -> None:
    """Appends one day."""
    with path.open("a", newline="") as file:
        csv.writer(file).writerow([day.isoformat(), celsius, sky])


def warmest(path: Path) -> tuple[str, float]:
    """The day with the highest temperature."""
    with path.open(newline="") as file:
        return max(((row[0], float(row[1])) for row in csv.reader(file)), key=lambda day: day[1])
"#;

const PYTHON_TEST: &str = r#"from datetime import date

from weather.log import add, warmest


def test_warmest(tmp_path):
    diary = tmp_path / "diary.csv"
    add(diary, date(2026, 1, 1), -3.5, "snow")
    add(diary, date(2026, 7, 1), 29.0, "sun")
    assert warmest(diary) == ("2026-07-01", 29.0)
"#;
