//! Takes a stream of bytes apart into server-sent events, however the bytes were cut on their way. The contents of
//! files are left out before anything of them is kept.

use ocweb_opencode_client::{ContentCutter, Piece};

/// The largest event that is taken in, in bytes, without the contents of files. A larger one is left out.
const LARGEST: usize = 32 << 20;

/// What is kept between events, in bytes: a large one's memory is given back.
const KEPT: usize = 64 << 10;

/// Collects bytes until they are whole events.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    cutter: ContentCutter,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// The `data` lines of the event so far.
    data: Vec<u8>,
    has_data: bool,
    too_large: bool,
}

impl Parser {
    /// Takes in the next bytes and calls `each` with the data of each event that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        let mut cutter = std::mem::take(&mut self.cutter);
        cutter.push(bytes, |piece| {
            if let Piece::Json(bytes) = piece {
                self.push_slim(bytes, &mut each);
            }
        });
        self.cutter = cutter;
    }

    fn push_slim(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.line.is_empty() {
                self.end_line(line, each);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.end_line(&whole, each);
                whole.clear();
                whole.shrink_to(KEPT);
                self.line = whole;
            }
        }
        if self.line.len() + bytes.len() > LARGEST {
            self.too_large = true;
            self.line = b"data".to_vec();
        }
        if !self.too_large {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, line: &[u8], each: &mut impl FnMut(&[u8])) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.end_event(each);
        } else if let Some(value) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            if self.data.len() + value.len() > LARGEST {
                self.too_large = true;
            } else {
                self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            }
        }
    }

    fn end_event(&mut self, each: &mut impl FnMut(&[u8])) {
        if self.too_large {
            tracing::warn!("an event of more than 32 MB was left out");
        } else if self.has_data {
            each(&self.data);
        }
        self.data.clear();
        self.data.shrink_to(KEPT);
        self.has_data = false;
        self.too_large = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece, |data| events.push(String::from_utf8(data.to_vec()).unwrap()));
        }
        events
    }

    const STREAM: &[u8] = ": hello\n\ndata: {\"a\":1}\n\nevent: x\r\ndata: é😀\r\ndata:two\r\n\r\nid: 4\n\ndata\n\ndata: last\n\ndata: unfinished\n".as_bytes();

    #[test]
    fn wherever_the_bytes_are_cut_the_events_are_the_same() {
        let whole = events(&[STREAM]);
        assert_eq!(whole, ["{\"a\":1}", "é😀\ntwo", "last"]);
        for cut in 0..=STREAM.len() {
            assert_eq!(events(&[&STREAM[..cut], &STREAM[cut..]]), whole, "cut at {cut}");
        }
        let single: Vec<_> = STREAM.chunks(1).collect();
        assert_eq!(events(&single), whole);
    }

    #[test]
    fn the_content_of_a_file_takes_no_room() {
        let piece = vec![b'A'; 1 << 20];
        let mut pieces: Vec<&[u8]> = vec![b"data: {\"url\":\"data:image/png;base64,"];
        pieces.extend(std::iter::repeat_n(&piece[..], 64));
        pieces.push(b"\",\"id\":1}\n\ndata: next\n\n");
        assert_eq!(events(&pieces), [r#"{"url":"data:ocweb-content,0","id":1}"#, "next"]);
    }

    #[test]
    fn an_event_that_is_too_large_is_left_out_and_the_next_one_is_not() {
        let piece = vec![b'x'; 1 << 20];
        let mut pieces: Vec<&[u8]> = vec![b"data: "];
        pieces.extend(std::iter::repeat_n(&piece[..], 40));
        pieces.push(b"\n\ndata: next\n\n");
        assert_eq!(events(&pieces), ["next"]);
    }
}
