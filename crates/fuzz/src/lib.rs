//! What the fuzz tests of our parsers share; for tests only.
//!
//! Random bytes are refused at the first check. What finds mistakes is what is nearly right: real inputs, spoiled in a
//! few places. A failure shrinks to the fewest of them. Each crate's own `fuzz.rs` says what must hold; `dev/fuzz` runs
//! them all for as long as one likes.

mod spoil;
mod time;

use proptest::test_runner::Config;

pub use spoil::{pieces, spoiled, spoiled_text};
pub use time::assert_linear;

/// By how much `dev/fuzz` multiplies the cases.
const FACTOR: &str = "OCWEB_FUZZ_FACTOR";

/// So many cases in a usual run of the tests.
pub fn cases(usual: u32) -> Config {
    let factor = std::env::var(FACTOR).ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    Config { max_global_rejects: u32::MAX, ..Config::with_cases(usual.saturating_mul(factor)) }
}

/// Whether a sentence can be shown to the person whose input was refused: short, printable, with an end.
///
/// # Panics
/// When it cannot.
pub fn assert_is_a_sentence(text: &str) {
    assert!((10..600).contains(&text.len()), "too short or too long: {text:?}");
    assert!(!text.contains(|letter: char| letter.is_control()), "not printable: {text:?}");
    assert!(text.ends_with('.') && !text.ends_with(".."), "it has no end: {text:?}");
}
