//! How good a password is, in words. What may be one at all is said by `ocweb-auth`.

/// Fewer characters than this are guessed, however they are mixed.
const SHORTEST: usize = 8;

/// With this many guesses (as a power of two) somebody who has the hash needs years.
const STRONG: u32 = 60;

/// Why it should be another one; nothing where it is good.
pub fn weakness(password: &str) -> Option<&'static str> {
    let characters: Vec<char> = password.to_lowercase().chars().collect();
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    if characters.len() < SHORTEST {
        return Some("It is short: fewer than 8 characters are guessed.");
    }
    if different.len() < 5 || is_a_row(&characters) {
        return Some("It repeats itself or counts up: such are tried first.");
    }
    if COMMON.iter().any(|word| password.to_lowercase().contains(word)) && characters.len() < 16 {
        return Some("There is a word in it that is tried first.");
    }
    (bits(password) < STRONG).then_some("It is so-so: a longer one, such as four words, is much better.")
}

/// About how many guesses it takes, as a power of two.
fn bits(password: &str) -> u32 {
    let has = |is_kind: fn(char) -> bool| password.chars().any(is_kind);
    let alphabet = 26 * u128::from(has(char::is_lowercase))
        + 26 * u128::from(has(char::is_uppercase))
        + 10 * u128::from(has(char::is_numeric))
        + 20 * u128::from(has(|letter| !letter.is_alphanumeric()));
    let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    // In tenths of a bit, which count in twelve characters.
    length.saturating_mul(alphabet.max(2).pow(10).ilog2()) / 10
}

/// `12345678`, `abcdefgh`.
fn is_a_row(characters: &[char]) -> bool {
    let steps = characters.windows(2).filter(|pair| u32::from(pair[1]).abs_diff(u32::from(pair[0])) == 1);
    steps.count() * 4 >= characters.len() * 3
}

const COMMON: [&str; 10] = [
    "password", "passwort", "qwert", "letmein", "iloveyou", "admin", "welcome", "ocweb", "opencode", "monkey",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ones_are_told_from_good_ones() {
        for weak in ["short1!", "aaaaaaaaaaaa", "12345678", "abcdefghij", "Password1234", "swordfish"] {
            assert!(weakness(weak).is_some(), "{weak}");
        }
        for good in ["correct horse battery staple", "x7!Kp2mQ9z#w", "k3fh-92md-x0qp-17vn-2b8s"] {
            assert_eq!(weakness(good), None, "{good}");
        }
    }
}
