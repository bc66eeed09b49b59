//! systemd's journal, which keeps the lines of a service (journalctl(1)).

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    failure::Failure,
    log_lines::Line,
    service::{Manager, NAME},
};

/// Whether a journal keeps what a service of this manager says.
pub fn keeps(manager: Manager) -> bool {
    manager != Manager::Launchd && Path::new("/run/systemd/journal/socket").exists()
}

/// How many of the last entries are looked through for those of one process.
const LOOKED_THROUGH: usize = 20_000;

/// The last `count` lines, of one process or of all, and where they end.
pub fn last(
    manager: Manager,
    count: usize,
    name: Option<&str>,
) -> Result<(Vec<Line>, Option<String>), Failure> {
    let looked_through = if name.is_some() { LOOKED_THROUGH } else { count };
    let mut lines = VecDeque::new();
    let mut cursor = None;
    read(manager, &[format!("--lines={looked_through}")], |line, at| {
        cursor = Some(at);
        if name.is_none_or(|name| line.name == name) {
            lines.push_back(line);
        }
        if lines.len() > count {
            lines.pop_front();
        }
        true
    })?;
    Ok((lines.into(), cursor))
}

/// Gives the lines that come after a place to `take`, until it wants no more.
pub fn follow(
    manager: Manager,
    after: Option<&str>,
    mut take: impl FnMut(Line) -> bool,
) -> Result<(), Failure> {
    let place = after.map_or_else(|| "--lines=0".to_owned(), |cursor| format!("--after-cursor={cursor}"));
    read(manager, &["--follow".to_owned(), place], |line, _| take(line))
}

fn read(
    manager: Manager,
    arguments: &[String],
    take: impl FnMut(Line, String) -> bool,
) -> Result<(), Failure> {
    entries(journalctl(manager).args(arguments), take)
}

/// What asks the journal for the lines of the service.
fn journalctl(manager: Manager) -> Command {
    let mut command = Command::new("journalctl");
    match manager {
        Manager::User => command.arg(format!("--user-unit={NAME}")),
        Manager::System | Manager::Launchd => command.arg(format!("--unit={NAME}")),
    };
    // Without --all, long lines are left out.
    command.args(["--output=json", "--output-fields=MESSAGE", "--all", "--no-pager"]);
    command
}

fn entries(command: &mut Command, mut take: impl FnMut(Line, String) -> bool) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Other(format!("journalctl cannot be asked: {error}."));
    let mut journal = Ended(command.stdout(Stdio::piped()).spawn().map_err(failed)?);
    for entry in journal.0.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        if let Some((line, cursor)) = parse(&entry.map_err(failed)?)
            && !take(line, cursor)
        {
            return Ok(());
        }
    }
    let status = journal.0.wait().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Other(format!("journalctl did not give the lines ({status}); it said why above.")))
}

/// Ended with us.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An entry of the journal. What the service manager says of the service is the supervisor's, as are its own lines.
fn parse(entry: &str) -> Option<(Line, String)> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let message = &text(&entry["MESSAGE"])?;
    let microseconds: i128 = entry["__REALTIME_TIMESTAMP"].as_str()?.parse().ok()?;
    let time = OffsetDateTime::from_unix_timestamp_nanos(microseconds * 1000).ok()?.format(&Rfc3339).ok()?;
    let of_a_child = message.split_once(" | ").filter(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    let (name, text) = of_a_child.unwrap_or(("supervisor", message));
    let cursor = entry["__CURSOR"].as_str()?.to_owned();
    Some((Line { time, name: name.into(), text: text.into() }, cursor))
}

/// What is not plain text comes as its bytes.
fn text(value: &Value) -> Option<String> {
    if let Value::Array(bytes) = value {
        let bytes = bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()));
        return Some(String::from_utf8_lossy(&bytes.collect::<Option<Vec<_>>>()?).into_owned());
    }
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_there_as_a_whole() {
        // As journalctl(1) says: without --all a field of more than 4096 bytes is null.
        let script = r#"
            message=\"$(head -c 5000 /dev/zero | tr '\0' x)\"
            case " $* " in *" --all "*) ;; *) message=null ;; esac
            echo "{\"MESSAGE\": $message, \"__REALTIME_TIMESTAMP\": \"0\", \"__CURSOR\": \"c\"}"
        "#;
        for manager in [Manager::System, Manager::User] {
            let mut stand_in = Command::new("sh");
            stand_in.args(["-c", script, "journalctl"]).args(journalctl(manager).get_args());
            let mut lengths = Vec::new();
            let taken = entries(&mut stand_in, |line, _| {
                lengths.push(line.text.len());
                true
            });
            taken.unwrap();
            assert_eq!(lengths, [5000], "{manager:?}");
        }
    }

    #[test]
    fn an_entry_is_a_line_of_a_process() {
        let entry = r#"{"MESSAGE": "auth | listening", "__REALTIME_TIMESTAMP": "1000000", "__CURSOR": "c"}"#;
        let (line, _) = parse(entry).unwrap();
        assert_eq!(
            (line.time.as_str(), line.name.as_str(), line.text.as_str()),
            ("1970-01-01T00:00:01Z", "auth", "listening")
        );
        let own = r#"{"MESSAGE": "{\"message\":\"a | b\"}", "__REALTIME_TIMESTAMP": "0", "__CURSOR": "c"}"#;
        assert_eq!(parse(own).unwrap().0.name, "supervisor");
        let coloured =
            r#"{"MESSAGE": [97, 32, 124, 32, 27, 98], "__REALTIME_TIMESTAMP": "0", "__CURSOR": "c"}"#;
        let (line, _) = parse(coloured).unwrap();
        assert_eq!((line.name.as_str(), line.text.as_str()), ("a", "\u{1b}b"));
        assert!(parse(r#"{"MESSAGE": null, "__REALTIME_TIMESTAMP": "0", "__CURSOR": "c"}"#).is_none());
    }
}
