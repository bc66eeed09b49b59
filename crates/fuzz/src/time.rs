//! Whether a parser's time grows with its input and no faster.

use std::time::Duration;

const SMALL: usize = 1 << 13;
const TIMES: usize = 16;
/// Linear is 16, quadratic 256; what is between leaves room for caches and a busy machine.
const MOST: u32 = 96;
/// What is below this is too little to be measured.
const FLOOR: Duration = Duration::from_micros(50);
const ATTEMPTS: usize = 5;

/// Runs a parser on an input of some 8 KiB and on one 16 times as long, which `make` makes for a size in bytes.
///
/// # Panics
/// When the time that the processor needs grows much faster than the input.
pub fn assert_linear<I, O>(what: &str, make: impl Fn(usize) -> I, parse: impl Fn(&I) -> O) {
    let (small, large) = (make(SMALL), make(SMALL * TIMES));
    let quickest = |input: &I| {
        let runs = (0..ATTEMPTS).map(|_| {
            let begun = time_on_processor();
            std::hint::black_box(parse(std::hint::black_box(input)));
            time_on_processor().saturating_sub(begun)
        });
        runs.min().unwrap_or_default().max(FLOOR)
    };
    let (short, long) = (quickest(&small), quickest(&large));
    assert!(long <= short * MOST, "{what}: {short:?} for {SMALL} bytes, {long:?} for {TIMES} times as many");
}

/// Of this thread alone, so that it does not matter what else the machine does.
fn time_on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linear_passes() {
        let sum = |bytes: &Vec<u8>| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        assert_linear("a sum", |size| vec![1; size], sum);
    }

    #[test]
    #[should_panic(expected = "times as many")]
    fn what_is_quadratic_does_not() {
        let pairs = |bytes: &Vec<u8>| {
            bytes.iter().map(|one| bytes.iter().filter(|other| *other < one).count()).sum::<usize>()
        };
        assert_linear("pairs", |size| (0..size / 32).map(|at| at.to_le_bytes()[0]).collect(), pairs);
    }
}
