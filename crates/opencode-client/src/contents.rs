//! The contents of files in opencode's JSON.
//!
//! opencode puts a file whole into each message and event that has it, as a `data:` URL. A photo is then megabytes of
//! text that nobody who follows a conversation needs. So they are taken out while the bytes come in, before anything
//! is parsed, and a mark stands in their place.

/// What comes before a file's content in opencode's JSON, which has no spaces. Inside a text its quotes would be escaped.
const BEGINNING: &[u8] = b"\"url\":\"data:";
/// The longest content that stays, in bytes.
const STAYS: usize = 1 << 10;
/// What stands in the place of a content: this and its number.
const MARK: &str = "ocweb-content,";

/// The number of the content that stood in the place of this URL; `None` for any other URL.
pub fn content_number(url: &str) -> Option<usize> {
    url.strip_prefix("data:")?.strip_prefix(MARK)?.parse().ok()
}

/// Whether JSON has a mark in it, or something like one.
pub fn has_content_mark(json: &[u8]) -> bool {
    json.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// Takes contents out of JSON that comes in pieces.
#[derive(Debug, Default)]
pub struct ContentCutter {
    place: Place,
    /// The beginning of a content that may stay.
    held: Vec<u8>,
    /// How many contents were taken out.
    count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// So many of the last bytes are those of [`BEGINNING`].
    Outside(usize),
    /// In a content that may stay.
    Held,
    /// In a content that is taken out.
    Inside,
}

impl Default for Place {
    fn default() -> Self {
        Self::Outside(0)
    }
}

/// A piece of what came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Of the JSON, without the contents.
    Json(&'a [u8]),
    /// Of the content of this number: what follows `data:`.
    Content(usize, &'a [u8]),
}

impl ContentCutter {
    /// Takes in bytes, and gives `each` what they are.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            let (taken, rest) = match self.place {
                Place::Outside(matched) => {
                    let (length, matched) = through_beginning(bytes, matched);
                    each(Piece::Json(&bytes[..length]));
                    self.place =
                        if matched == BEGINNING.len() { Place::Held } else { Place::Outside(matched) };
                    (length, &bytes[length..])
                }
                // Neither base64 nor what else a URL is made of has a quote in it.
                Place::Held | Place::Inside => {
                    let end = bytes.iter().position(|&byte| byte == b'"');
                    let length = end.unwrap_or(bytes.len());
                    self.take_content(&bytes[..length], end.is_some(), &mut each);
                    (length, &bytes[length..])
                }
            };
            debug_assert!(taken > 0 || matches!(self.place, Place::Outside(_)), "it goes on");
            bytes = rest;
        }
    }

    fn take_content(&mut self, bytes: &[u8], is_end: bool, each: &mut impl FnMut(Piece<'_>)) {
        if self.place == Place::Held {
            if self.held.len() + bytes.len() <= STAYS {
                self.held.extend_from_slice(bytes);
            } else {
                self.place = Place::Inside;
                each(Piece::Content(self.count, &self.held));
            }
        }
        if self.place == Place::Inside {
            each(Piece::Content(self.count, bytes));
        }
        if is_end {
            if self.place == Place::Inside {
                each(Piece::Json(format!("{MARK}{}", self.count).as_bytes()));
                self.count += 1;
            } else {
                each(Piece::Json(&self.held));
            }
            self.place = Place::Outside(0);
        }
        if self.place != Place::Held {
            self.held.clear();
        }
    }
}

/// The length of what ends with [`BEGINNING`], or all, and how much of it the last bytes are.
fn through_beginning(bytes: &[u8], mut matched: usize) -> (usize, usize) {
    for (at, &byte) in bytes.iter().enumerate() {
        matched = match () {
            () if byte == BEGINNING[matched] => matched + 1,
            // In JSON no shorter beginning than its first quote can be in it.
            () => usize::from(byte == BEGINNING[0]),
        };
        if matched == BEGINNING.len() {
            return (at + 1, matched);
        }
    }
    (bytes.len(), matched)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn cut(pieces: &[&[u8]]) -> (String, BTreeMap<usize, String>) {
        let (mut json, mut contents) = (Vec::new(), BTreeMap::<usize, Vec<u8>>::new());
        let mut cutter = ContentCutter::default();
        for bytes in pieces {
            cutter.push(bytes, |piece| match piece {
                Piece::Json(bytes) => json.extend_from_slice(bytes),
                Piece::Content(number, bytes) => contents.entry(number).or_default().extend_from_slice(bytes),
            });
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(json), contents.into_iter().map(|(number, bytes)| (number, text(bytes))).collect())
    }

    #[test]
    fn only_large_contents_of_files_are_taken_out_wherever_the_bytes_are_cut() {
        let large = |kind: &str| format!("{kind};base64,{}", "A".repeat(2 * STAYS));
        let small = "image/png;base64,AAAA";
        let said = serde_json::json!(format!(r#""url":"data:{}""#, large("x/y")));
        let json = |first: &str, second: &str| {
            format!(
                r#"{{"parts":[{{"url":"data:{first}","text":{said}}},{{"url":"data:{small}"}},{{"url":"","a":[{{"url":"data:{second}"}}]}},{{"text":"data:{}"}}]}}"#,
                large("a/b")
            )
        };
        let whole = json(&large("image/png"), &large("text/plain"));
        let expected = json("ocweb-content,0", "ocweb-content,1");
        let contents = BTreeMap::from([(0, large("image/png")), (1, large("text/plain"))]);
        let bytes = whole.as_bytes();
        for at in 0..bytes.len() {
            let (json, found) = cut(&[&bytes[..at], &bytes[at..]]);
            assert!(json == expected && found == contents, "cut at {at}: {json}");
        }
        for size in [1, 7] {
            assert_eq!(cut(&bytes.chunks(size).collect::<Vec<_>>()), (expected.clone(), contents.clone()));
        }
    }

    #[test]
    fn a_mark_is_known_again() {
        assert_eq!(content_number("data:ocweb-content,12"), Some(12));
        for other in ["data:image/png;base64,AAAA", "data:ocweb-content,", "ocweb-content,1", ""] {
            assert_eq!(content_number(other), None);
        }
    }
}
