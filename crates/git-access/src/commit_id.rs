//! The id of a commit, whole or its beginning.

use crate::{InvalidName, text_name};

/// 4 to 40 hexadecimal digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitId(String);

text_name!(CommitId);

impl CommitId {
    fn check(text: &str) -> Result<(), InvalidName> {
        let fits = (4..=40).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let rule = "it is 4 to 40 digits and letters a to f";
        if fits { Ok(()) } else { Err(InvalidName::new("the id of a commit", text, rule)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_digits_are_taken() {
        for text in
            ["", "abc", "--upload-pack=x", "HEAD", "-O", "..", "abcd\0", "ABCD", "xyz0", &"a".repeat(41)]
        {
            assert!(text.parse::<CommitId>().is_err(), "{text:?}");
        }
        for text in ["abcd", "0123456789", &"f".repeat(40)] {
            assert!(text.parse::<CommitId>().is_ok(), "{text:?}");
        }
    }
}
