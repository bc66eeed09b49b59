//! The log on the volume, as the supervisor writes it: `TIME NAME | TEXT`, in `log` and, before it, `log.1`, `log.2` …

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written, as RFC 3339 in UTC.
    pub time: String,
    /// The process that said it.
    pub name: String,
    /// What it said.
    pub text: String,
}

impl Line {
    /// `None` for what is no line of a log: half a line that a killed machine left.
    fn parse(line: &str) -> Option<Self> {
        let (head, text) = line.split_once(" | ")?;
        let (time, name) = head.split_once(' ')?;
        Some(Self { time: time.into(), name: name.into(), text: text.into() })
    }

    /// For a person: the time to the second, and of a structured line what it says.
    pub fn readable(&self) -> String {
        let time = self.time.get(..19).unwrap_or(&self.time).replace('T', " ");
        inert(&format!("{time} {}: {}", self.name, words(&self.text)))
    }
}

/// Text that does nothing to a terminal, whoever wrote it.
pub fn inert(text: &str) -> String {
    text.chars()
        .map(|letter| if letter == '\t' { ' ' } else { letter })
        .filter(|letter| !letter.is_control())
        .collect()
}

/// A structured line in words; others as they are.
fn words(text: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return text.into() };
    members.remove("timestamp");
    let mut take = |name: &str| members.remove(name).and_then(|value| value.as_str().map(str::to_owned));
    let level = take("level").filter(|level| !level.eq_ignore_ascii_case("info"));
    let Some(message) = take("message").or_else(|| take("msg")) else { return text.into() };
    let rest = members.iter().map(|(name, value)| match value {
        Value::String(value) => format!("{name}={value}"),
        value => format!("{name}={value}"),
    });
    level.into_iter().chain([message]).chain(rest).collect::<Vec<_>>().join(" ")
}

/// The last `count` lines of the log in a folder, of one process or of all.
pub fn last(folder: &Path, count: usize, name: Option<&str>) -> io::Result<Vec<Line>> {
    let mut lines = VecDeque::new();
    if count == 0 {
        return Ok(Vec::new());
    }
    for path in files(folder) {
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            let Some(line) = Line::parse(&String::from_utf8_lossy(&line?)) else { continue };
            if name.is_none_or(|name| line.name == name) {
                if lines.len() == count {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        }
    }
    Ok(lines.into())
}

/// The files that are there, the oldest first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let path = folder.join("log");
    let before =
        (1_u32..).map(|number| path.with_extension(number.to_string())).take_while(|path| path.exists());
    let mut files: Vec<_> = before.collect();
    files.reverse();
    files.extend(path.exists().then_some(path));
    files
}

/// Goes on where a log ends, over the beginning of new files.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// What there is of a line that is being written.
    begun: Vec<u8>,
}

impl Follower {
    /// Begins at the end of the log in a folder.
    pub fn at_the_end(folder: &Path) -> io::Result<Self> {
        let path = folder.join("log");
        let mut file = File::open(&path).map(BufReader::new).ok();
        if let Some(file) = &mut file {
            io::Seek::seek(file, io::SeekFrom::End(0))?;
        }
        Ok(Self { path, file, begun: Vec::new() })
    }

    /// The lines that have come since.
    pub fn news(&mut self) -> io::Result<Vec<Line>> {
        let mut lines = Vec::new();
        self.read(&mut lines)?;
        let now = fs::metadata(&self.path).ok().map(|found| found.ino());
        let ours =
            self.file.as_ref().and_then(|file| file.get_ref().metadata().ok()).map(|found| found.ino());
        if now.is_some() && now != ours {
            // What came to the old one between the two looks.
            self.read(&mut lines)?;
            self.file = File::open(&self.path).map(BufReader::new).ok();
            self.read(&mut lines)?;
        }
        Ok(lines)
    }

    fn read(&mut self, lines: &mut Vec<Line>) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        while file.read_until(b'\n', &mut self.begun)? > 0 {
            if self.begun.last() != Some(&b'\n') {
                break;
            }
            lines.extend(Line::parse(String::from_utf8_lossy(&self.begun).trim_end()));
            self.begun.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_last_lines_come_from_as_many_files_as_they_need() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        put("log.2", "T auth | 1\nT caddy | 2\n");
        put("log.1", "T auth | 3\nhalf a li");
        put("log", "T auth | 4\n");
        assert_eq!(texts(&last(folder.path(), 3, None).unwrap()), ["2", "3", "4"]);
        assert_eq!(texts(&last(folder.path(), 9, Some("auth")).unwrap()), ["1", "3", "4"]);
        assert!(last(folder.path(), 0, None).unwrap().is_empty());
    }

    #[test]
    fn it_is_followed_into_the_next_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "T a | before\n").unwrap();
        let mut follower = Follower::at_the_end(folder.path()).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"T a | one\nT a | tw").unwrap();
        assert_eq!(texts(&follower.news().unwrap()), ["one"]);
        file.write_all(b"o\n").unwrap();
        fs::rename(&path, folder.path().join("log.1")).unwrap();
        fs::write(&path, "T a | three\n").unwrap();
        assert_eq!(texts(&follower.news().unwrap()), ["two", "three"]);
    }

    #[test]
    fn a_structured_line_is_put_in_words() {
        let text = r#"{"timestamp":"T","level":"WARN","message":"died","name":"auth","pid":7}"#;
        let line =
            Line { time: "2026-01-02T03:04:05.6Z".into(), name: "supervisor".into(), text: text.into() };
        assert_eq!(line.readable(), "2026-01-02 03:04:05 supervisor: WARN died name=auth pid=7");
        let text = "a\u{1b}]0;mine\u{7}\u{9b}2Jb\tc".into();
        let line = Line { time: "now".into(), name: "opencode".into(), text };
        assert_eq!(line.readable(), "now opencode: a]0;mine2Jb c", "a terminal is told nothing");
    }
}
