//! What of a job's log tells why it failed. Pure.

/// So many lines are told, up to the last error.
const LINES: usize = 60;
/// The longest line that is told, in characters.
const LINE: usize = 400;
const ERROR: &str = "##[error]";

/// The lines before the last error and that error, or else the end; without time stamps, colours and marks of groups.
pub(crate) fn excerpt(log: &str) -> String {
    let lines: Vec<String> =
        log.lines().map(plain).filter(|line| !line.starts_with("##[endgroup]")).collect();
    let end = lines.iter().rposition(|line| line.starts_with(ERROR)).map_or(lines.len(), |at| at + 1);
    let told = lines[end.saturating_sub(LINES)..end].iter();
    let told = told.map(|line| match line.strip_prefix(ERROR) {
        Some(error) => format!("error: {error}"),
        None => line.strip_prefix("##[group]").unwrap_or(line).to_owned(),
    });
    told.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn plain(line: &str) -> String {
    let line = line.trim_start_matches('\u{feff}');
    // `2026-06-12T12:00:00.1234567Z text`
    let text = match line.split_once(' ') {
        Some((stamp, text)) if stamp.ends_with('Z') && stamp.len() >= 20 && stamp.as_bytes()[10] == b'T' => {
            text
        }
        _ => line,
    };
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // A colour: up to its letter.
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else if !letter.is_control() || letter == '\t' {
            plain.push(letter);
        }
    }
    match plain.char_indices().nth(LINE) {
        Some((end, _)) => format!("{} …", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_last_error_is_told_plainly() {
        let log = "\u{feff}2026-06-12T12:00:00.1234567Z ##[group]Run tests\n\
            2026-06-12T12:00:00.1234567Z ##[endgroup]\n\
            2026-06-12T12:00:01.1234567Z \u{1b}[31massertion\u{1b}[0m failed: 1 == 2\r\n\
            2026-06-12T12:00:01.1234567Z ##[error]Process completed with exit code 1.\n\
            2026-06-12T12:00:02.1234567Z Cleaning up\n";
        assert_eq!(
            excerpt(log),
            "Run tests\nassertion failed: 1 == 2\nerror: Process completed with exit code 1."
        );
    }

    #[test]
    fn without_an_error_it_is_the_end_and_never_too_much() {
        let lines: Vec<_> = (0..500).map(|number| format!("line {number}")).collect();
        let long = lines.join("\n");
        let told = excerpt(&long);
        assert_eq!((told.lines().count(), told.lines().last()), (LINES, Some("line 499")));
        assert!(excerpt(&"é".repeat(10_000)).chars().count() <= LINE + 2);
        assert_eq!(excerpt(""), "");
        assert_eq!(excerpt("abc Z\nTZ x\néééééééééééZ y"), "abc Z\nTZ x\néééééééééééZ y");
    }
}
