//! Server-sent events out of bytes, however the bytes are cut.

use std::collections::VecDeque;

/// A frame that is longer than this is no frame of ours, in bytes.
const MOST_BYTES: usize = 32 << 20;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its number, if it has one.
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// Collects bytes until they are whole frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// What is not a whole line yet.
    rest: Vec<u8>,
    /// How much of `rest` is known to hold no end of a line.
    searched: usize,
    id: Option<String>,
    data: Option<String>,
    ready: VecDeque<Frame>,
}

impl Frames {
    /// Takes bytes as they come.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.rest.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(length) = self.rest[self.searched.max(begin)..].iter().position(|&byte| byte == b'\n')
        {
            let end = self.searched.max(begin) + length;
            let line = self.rest[begin..end].strip_suffix(b"\r").unwrap_or(&self.rest[begin..end]);
            let line = String::from_utf8_lossy(line).into_owned();
            self.line(&line);
            begin = end + 1;
        }
        self.rest.drain(..begin);
        self.searched = self.rest.len();
        let held = self.rest.len() + self.data.as_ref().map_or(0, String::len);
        if held > MOST_BYTES { Err("a frame is longer than 32 MiB") } else { Ok(()) }
    }

    /// The next whole frame.
    pub(super) fn next(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let id = self.id.take();
            if let Some(data) = self.data.take() {
                self.ready.push_back(Frame { id, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("id", _) => self.id = Some(value.to_owned()),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", data) => *data = Some(value.to_owned()),
            // Comments and fields that mean nothing here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_are_the_same_however_the_bytes_are_cut() {
        let text = "id: e-1\ndata: {\"a\":\"é\"}\n\n: comment\n\ndata: 1\r\ndata:2\r\n\r\nid: e-2\n\nid:e-3\ndata:\n\ndata: cut";
        let frame = |id: Option<&str>, data: &str| Frame { id: id.map(str::to_owned), data: data.into() };
        let expected = [frame(Some("e-1"), "{\"a\":\"é\"}"), frame(None, "1\n2"), frame(Some("e-3"), "")];
        for size in 1..=text.len() {
            let mut frames = Frames::default();
            for chunk in text.as_bytes().chunks(size) {
                frames.push(chunk).unwrap();
            }
            let found: Vec<_> = std::iter::from_fn(|| frames.next()).collect();
            assert_eq!(found, expected, "cut into pieces of {size}");
        }
    }

    fn found_in<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Vec<Frame> {
        let mut frames = Frames::default();
        pieces.into_iter().for_each(|piece| frames.push(piece).unwrap());
        std::iter::from_fn(|| frames.next()).collect()
    }

    proptest! {
        #![proptest_config(ocweb_fuzz::cases(500))]
        #[test]
        fn fuzz_spoiled_frames_are_the_same_however_the_bytes_are_cut(
            bytes in ocweb_fuzz::spoiled(&[b"id: e-1\ndata: {\"a\":1}\n\n: x\n\ndata: 1\r\ndata:2\r\n\r\n"]),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            prop_assert_eq!(found_in(ocweb_fuzz::pieces(&bytes, &cuts)), found_in([&bytes[..]]));
        }
    }

    #[test]
    fn fuzz_long_frames_take_no_longer_than_they_are() {
        for piece in ["data: x\n", "\n", "x", "data: x\n\n"] {
            let long = |size: usize| piece.repeat(size / piece.len());
            ocweb_fuzz::assert_linear("frames", long, |text| found_in(text.as_bytes().chunks(7)));
        }
    }

    #[test]
    fn a_frame_without_end_is_given_up() {
        let mut frames = Frames::default();
        let piece = vec![b'a'; 1 << 20];
        let error = (0..40).find_map(|_| frames.push(&piece).err());
        assert_eq!(error, Some("a frame is longer than 32 MiB"));
    }
}
