//! What git says of a transfer or a checkout on standard error, as numbers.

use serde::Serialize;
use utoipa::ToSchema;

/// What git is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waiting for the remote's answer.
    #[default]
    Connecting,
    /// The remote counts what there is.
    Counting,
    /// The remote packs it.
    Compressing,
    /// The pack is on its way; `bytes` grows.
    Receiving,
    /// Deltas are being resolved here.
    Resolving,
    /// Files are being written.
    Checkout,
}

/// How far a clone, a fetch or a checkout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Progress {
    /// What it is busy with.
    pub phase: Phase,
    /// Objects (or files, in `checkout`) done in this phase.
    pub objects: u64,
    /// Objects (or files) there are in this phase; 0 while not known.
    pub total_objects: u64,
    /// Bytes received so far.
    pub bytes: u64,
    /// Bytes that come in a second; 0 while none come.
    pub bytes_per_second: u64,
    /// Of this phase, 0 to 100.
    pub percent: u8,
}

impl Progress {
    /// Takes in one line; false when it says nothing about progress.
    pub fn read(&mut self, line: &str) -> bool {
        let line = line.trim_start_matches("remote: ");
        let Some((label, rest)) = line.split_once(':') else { return false };
        self.phase = match label {
            "Enumerating objects" | "Counting objects" => Phase::Counting,
            "Compressing objects" => Phase::Compressing,
            "Receiving objects" | "Unpacking objects" => Phase::Receiving,
            "Resolving deltas" => Phase::Resolving,
            "Updating files" | "Checking out files" => Phase::Checkout,
            _ => return false,
        };
        (self.objects, self.total_objects) = counts(rest).unwrap_or((0, 0));
        self.percent = percent(self.objects, self.total_objects);
        let amounts = rest.split_once("), ").map(|(_, amounts)| amounts);
        if let Some(received) = amounts.and_then(bytes) {
            self.bytes = received;
        }
        let rate = amounts.and_then(|amounts| bytes(amounts.split_once("| ")?.1));
        self.bytes_per_second = rate.unwrap_or_default();
        true
    }
}

/// `45% (450/1000)`.
fn counts(text: &str) -> Option<(u64, u64)> {
    let (_, inside) = text.split_once('(')?;
    let (done, total) = inside.split_once(')')?.0.split_once('/')?;
    Some((done.trim().parse().ok()?, total.trim().parse().ok()?))
}

fn percent(done: u64, total: u64) -> u8 {
    let hundredths = u128::from(done) * 100 / u128::from(total.max(1));
    u8::try_from(hundredths.min(100)).unwrap_or(100)
}

/// `1.20 MiB | 2.00 MiB/s`, `2.00 MiB/s` or `512 bytes`.
fn bytes(text: &str) -> Option<u64> {
    let mut words = text.split([' ', ',']);
    let (number, unit) = (words.next()?, words.next()?);
    let scale: u64 = match unit.trim_end_matches("/s") {
        "bytes" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    let (whole, hundredths) = number.split_once('.').unwrap_or((number, "0"));
    let (whole, hundredths): (u64, u64) = (whole.parse().ok()?, format!("{hundredths:0<2}").parse().ok()?);
    whole.checked_mul(scale)?.checked_add(hundredths.checked_mul(scale)? / 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(lines: &[&str]) -> Progress {
        let mut progress = Progress::default();
        for line in lines {
            assert!(progress.read(line), "{line:?}");
        }
        progress
    }

    #[test]
    fn the_lines_of_a_clone_are_understood() {
        assert_eq!(after(&["remote: Enumerating objects: 7, done."]).phase, Phase::Counting);
        let receiving = after(&["Receiving objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s"]);
        let expected = Progress {
            phase: Phase::Receiving,
            objects: 450,
            total_objects: 1000,
            bytes: 1_258_291,
            bytes_per_second: 2 << 20,
            percent: 45,
        };
        assert_eq!(receiving, expected);
        let resolved = after(&[
            "Receiving objects: 100% (3/3), 512 bytes | 512.00 KiB/s, done.",
            "Resolving deltas:  50% (1/2)",
        ]);
        assert_eq!((resolved.phase, resolved.bytes, resolved.percent), (Phase::Resolving, 512, 50));
        assert_eq!(resolved.bytes_per_second, 0);
        assert_eq!(after(&["Unpacking objects: 100% (8/8), 1.00 KiB | 9 bytes/s"]).bytes_per_second, 9);
        assert_eq!(after(&["Updating files: 100% (9/9), done."]).phase, Phase::Checkout);
    }

    proptest! {
        #[test]
        fn no_line_upsets_it(line in "(remote: )?(Receiving objects|x): *.{0,60}|Receiving objects: \\PC{0,20}\\([0-9/]{0,30}\\), [0-9.]{0,30} GiB") {
            let mut progress = Progress::default();
            progress.read(&line);
            prop_assert!(progress.percent <= 100);
        }
    }
}
