//! The head of a `git-receive-pack` request: `<old> <new> <reference>` in pkt-lines, up to a flush.
//!
//! Format: gitprotocol-pack, "Reference Update Request and Packfile Transfer".

/// More than any person's push; a mirror of a big repository has thousands of references, and is refused.
const LONGEST: usize = 64 * 1024;
/// More than a file system takes for a reference, and than fits into a refusal's packet beside the reason.
const LONGEST_REFERENCE: usize = 4096;
const ZEROS: &str = "0000000000000000000000000000000000000000";

/// One reference that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// The commit that the pusher takes it to be at; `None`: it is to be made.
    pub old: Option<String>,
    /// The commit that it is to be at; `None`: it is to be deleted.
    pub new: Option<String>,
    /// Its whole name, such as `refs/heads/main`.
    pub reference: String,
}

/// The list of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commands {
    /// In the order in which they came; none at all when git only asks whether it may come in.
    pub list: Vec<Command>,
    /// Whether the answer is to be in bands (`side-band-64k`).
    pub bands: bool,
    /// Whether something for the remote's own rules follows (`git push -o`), which some remotes act on.
    pub options: bool,
}

/// A head that is none, with what is wrong about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// Not what git sends.
    #[error("this is not what git sends when it pushes")]
    Garbled,
    /// Too many references at once.
    #[error("too many references at once; push only the chat's branch")]
    TooLong,
    /// A signed push, whose list is written in another way.
    #[error("signed pushes (push --signed) do not pass through ocweb")]
    Signed,
}

impl Commands {
    /// The list of a push that could not be read, for whoever waits for the answer: every git of today takes it in bands.
    pub(crate) fn unread() -> Self {
        Self { list: Vec::new(), bands: true, options: false }
    }
}

/// Reads the list from the beginning of a body. `None`: more of it has to come.
pub(crate) fn read(body: &[u8]) -> Result<Option<Commands>, Malformed> {
    let mut rest = body;
    let mut commands = Commands { list: Vec::new(), bands: false, options: false };
    loop {
        let Some((length, behind)) = rest.split_first_chunk::<4>() else { return more(body) };
        match packet_length(*length)? {
            0 => return Ok(Some(commands)),
            length => {
                let Some(line) = behind.get(..length - 4) else { return more(body) };
                rest = &behind[length - 4..];
                commands.take(line)?;
            }
        }
    }
}

fn more(body: &[u8]) -> Result<Option<Commands>, Malformed> {
    if body.len() < LONGEST { Ok(None) } else { Err(Malformed::TooLong) }
}

/// Four hexadecimal digits: 0, or the length with themselves.
fn packet_length(digits: [u8; 4]) -> Result<usize, Malformed> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Malformed::Garbled);
    }
    let text = std::str::from_utf8(&digits).map_err(|_| Malformed::Garbled)?;
    match usize::from_str_radix(text, 16) {
        Ok(length) if length == 0 || length > 4 => Ok(length),
        _ => Err(Malformed::Garbled),
    }
}

impl Commands {
    fn take(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let line = std::str::from_utf8(line).map_err(|_| Malformed::Garbled)?;
        let (line, capabilities) = line.split_once('\0').unwrap_or((line, ""));
        if line.starts_with("push-cert") {
            return Err(Malformed::Signed);
        }
        // As git reads them: between its kinds of space, with or without a value.
        let names = capabilities
            .split(|letter: char| letter.is_ascii_whitespace() || letter == '\u{b}')
            .filter_map(|capability| capability.split('=').next());
        let has = |wanted| names.clone().any(|name| name == wanted);
        self.bands |= has("side-band-64k");
        self.options |= has("push-options");
        let line = line.strip_suffix('\n').unwrap_or(line);
        // What a shallow clone has no parents of.
        if line.strip_prefix("shallow ").is_some_and(is_id) {
            return Ok(());
        }
        let mut parts = line.splitn(3, ' ');
        let (Some(old), Some(new), Some(reference)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Malformed::Garbled);
        };
        if !is_id(old) || !is_id(new) || reference.is_empty() || reference.contains(char::is_control) {
            return Err(Malformed::Garbled);
        }
        if reference.len() > LONGEST_REFERENCE {
            return Err(Malformed::Garbled);
        }
        let commit = |id: &str| (id != ZEROS).then(|| id.to_owned());
        self.list.push(Command { old: commit(old), new: commit(new), reference: reference.to_owned() });
        Ok(())
    }
}

/// Ids of SHA-1 repositories, which all of GitHub's are.
fn is_id(text: &str) -> bool {
    text.len() == ZEROS.len() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(line: &str) -> String {
        format!("{:04x}{line}", line.len() + 4)
    }

    fn id(letter: char) -> String {
        letter.to_string().repeat(40)
    }

    #[test]
    fn what_git_sends_is_read() {
        let first =
            packet(&format!("{ZEROS} {} refs/heads/x\0 report-status side-band-64k agent=git/2", id('a')));
        let second = packet(&format!("{} {ZEROS} refs/tags/v1\n", id('b')));
        let shallow = packet(&format!("shallow {}\n", id('c')));
        let body = format!("{shallow}{first}{second}0000PACK…");
        let commands = read(body.as_bytes()).unwrap().unwrap();
        assert!(commands.bands);
        let made = Command { old: None, new: Some(id('a')), reference: "refs/heads/x".into() };
        let deleted = Command { old: Some(id('b')), new: None, reference: "refs/tags/v1".into() };
        assert_eq!(commands.list, [made, deleted]);
    }

    #[test]
    fn options_are_seen_however_they_are_announced() {
        for written in ["push-options", "x push-options=1", "x\u{b}push-options\u{b}y", "x\tpush-options=\n"]
        {
            let line = packet(&format!("{ZEROS} {} refs/heads/x\0{written}", id('a')));
            assert!(read(format!("{line}0000").as_bytes()).unwrap().unwrap().options, "{written:?}");
        }
        let line = packet(&format!("{ZEROS} {} refs/heads/x\0agent=push-options push-optionsx", id('a')));
        assert!(!read(format!("{line}0000").as_bytes()).unwrap().unwrap().options);
    }

    #[test]
    fn a_question_without_a_list_is_read() {
        assert_eq!(read(b"0000"), Ok(Some(Commands { list: vec![], bands: false, options: false })));
    }

    #[test]
    fn other_things_are_refused() {
        let signed = packet("push-cert\0 report-status\n");
        assert_eq!(read(signed.as_bytes()), Err(Malformed::Signed));
        for body in ["zzzz", "0001", "0004", "+00a", "000aPACK..", "-001x"] {
            assert_eq!(read(body.as_bytes()), Err(Malformed::Garbled), "{body}");
        }
        let line = packet(&format!("{} {} refs/heads/x", id('a'), "g".repeat(40)));
        assert_eq!(read(line.as_bytes()), Err(Malformed::Garbled));
        let endless = packet(&format!("{ZEROS} {} refs/heads/{}", id('a'), "x".repeat(60_000)));
        assert_eq!(read(endless.as_bytes()), Err(Malformed::Garbled));
        let many = packet(&format!("{ZEROS} {} refs/heads/x", id('a'))).repeat(5000);
        assert_eq!(read(many.as_bytes()), Err(Malformed::TooLong));
    }

    proptest! {
        #[test]
        fn wherever_it_is_cut_more_is_waited_for(cut in 0..160_usize) {
            let line = packet(&format!("{ZEROS} {} refs/heads/x\0 report-status", id('a')));
            let body = format!("{line}0000");
            let cut = cut % body.len();
            prop_assert_eq!(read(&body.as_bytes()[..cut]), Ok(None));
        }

        #[test]
        fn no_bytes_break_it(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body);
        }
    }
}
