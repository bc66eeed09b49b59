//! A refusal as git's own protocol tells it, so that git shows it as it shows a remote's.
//!
//! Format: gitprotocol-pack, "Report Status", in bands where the pusher asked for them.

use super::{Commands, Refused};

/// The largest packet's content.
const PACKET: usize = 65_515;
const REPORT: u8 = 1;
const WORDS: u8 = 2;

/// The body of the answer, `application/x-git-receive-pack-result`.
pub(crate) fn refuse(commands: &Commands, refused: &Refused) -> Vec<u8> {
    // Without references there is nothing else to hang the reason on.
    let unpacked = if commands.list.is_empty() { refused.sentence.as_str() } else { "ok" };
    let mut report = packet(format!("unpack {unpacked}\n").as_bytes());
    for (command, reason) in commands.list.iter().zip(&refused.reasons) {
        report.extend(packet(format!("ng {} {reason}\n", command.reference).as_bytes()));
    }
    report.extend(b"0000");
    if !commands.bands {
        return report;
    }
    let mut answer = band(WORDS, format!("{}\n", refused.sentence).as_bytes());
    answer.extend(report.chunks(PACKET).flat_map(|piece| band(REPORT, piece)));
    answer.extend(b"0000");
    answer
}

fn band(number: u8, content: &[u8]) -> Vec<u8> {
    packet(&[&[number], content].concat())
}

fn packet(content: &[u8]) -> Vec<u8> {
    [format!("{:04x}", content.len() + 4).as_bytes(), content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::Command;

    #[test]
    fn it_is_written_as_git_reads_it() {
        let command = Command { old: None, new: None, reference: "refs/heads/main".into() };
        let refused = Refused { reasons: vec!["no".into()], sentence: "ocweb: no.".into() };
        let plain = Commands { list: vec![command], bands: false, options: false };
        assert_eq!(
            String::from_utf8(refuse(&plain, &refused)).unwrap(),
            "000eunpack ok\n001ang refs/heads/main no\n0000"
        );
        let banded = Commands { bands: true, ..plain };
        assert_eq!(
            String::from_utf8(refuse(&banded, &refused)).unwrap(),
            "0010\u{2}ocweb: no.\n0031\u{1}000eunpack ok\n001ang refs/heads/main no\n00000000"
        );
        let unread = Commands { list: Vec::new(), ..banded };
        assert_eq!(
            String::from_utf8(refuse(&unread, &refused)).unwrap(),
            "0010\u{2}ocweb: no.\n001f\u{1}0016unpack ocweb: no.\n00000000"
        );
    }
}
