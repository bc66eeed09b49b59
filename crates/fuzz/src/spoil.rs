//! Spoils real inputs.

use proptest::{collection::vec, prelude::*, sample::Index};

/// What parsers stumble over: ends, separators, escapes, numbers at their limits, ways out of a folder, and text that is
/// not ASCII, not UTF-8 or not printable.
const TOKENS: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b".",
    b"..",
    b"/",
    b"//",
    b"../",
    b"\\",
    b"-",
    b"--",
    b"_",
    b"__",
    b"@",
    b"@{",
    b":",
    b"://",
    b";",
    b",",
    b"=",
    b"?",
    b"#",
    b"&",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"%",
    b"%00",
    b"%2f",
    b"%2e%2e",
    b"%0a",
    b"+",
    b"0",
    b"-1",
    b"0000",
    b"0001",
    b"ffff",
    b"65536",
    b"4294967296",
    b"18446744073709551615",
    b"18446744073709551616",
    b"1e999",
    b".git",
    b".lock",
    b"HEAD",
    b"--upload-pack=x",
    b"ext::sh -c x",
    b"null",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\xbd",
    b"\\ud83d",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xae",
    b"\x1b[31m",
];

/// One thing that is done to an input.
#[derive(Debug, Clone)]
enum Damage {
    Insert(Index, Index),
    Remove(Index, usize),
    Replace(Index, u8),
    Repeat(Index, usize, usize),
    /// From here on as another seed goes on.
    Splice(Index, Index, Index),
    SwapCase(Index),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        6 => (place(), place()).prop_map(|(at, token)| Damage::Insert(at, token)),
        3 => (place(), 1..6_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        3 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        1 => (place(), 1..12_usize, 1..300_usize).prop_map(|(at, length, times)| Damage::Repeat(at, length, times)),
        2 => (place(), place(), place()).prop_map(|(at, seed, from)| Damage::Splice(at, seed, from)),
        1 => place().prop_map(Damage::SwapCase),
        1 => place().prop_map(Damage::Cut),
    ]
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>, seeds: &[&[u8]]) {
        let place = |at: &Index, length: usize| at.index(length + 1);
        let size = bytes.len();
        match self {
            Self::Insert(at, token) => {
                let at = place(at, size);
                bytes.splice(at..at, TOKENS[token.index(TOKENS.len())].iter().copied());
            }
            Self::Remove(at, length) => {
                let at = place(at, size);
                bytes.drain(at..size.min(at + length));
            }
            Self::Replace(at, byte) if size > 0 => bytes[at.index(size)] = *byte,
            Self::Repeat(at, length, times) => {
                let at = place(at, size);
                let repeated = bytes[at..size.min(at + length)].repeat(*times);
                bytes.splice(at..at, repeated);
            }
            Self::Splice(at, seed, from) => {
                let other = seeds[seed.index(seeds.len())];
                bytes.truncate(place(at, size));
                bytes.extend_from_slice(&other[place(from, other.len())..]);
            }
            Self::SwapCase(at) if size > 0 => bytes[at.index(size)] ^= 0x20,
            Self::Cut(at) => bytes.truncate(place(at, size)),
            Self::Replace(..) | Self::SwapCase(_) => {}
        }
    }
}

/// The seeds as they are, spoiled in up to six places, and now and then no seed at all.
pub fn spoiled(seeds: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let seed = any::<Index>().prop_map(move |index| seeds[index.index(seeds.len())].to_vec());
    let start = prop_oneof![15 => seed, 1 => vec(any::<u8>(), 0..200)];
    (start, vec(damage(), 0..6)).prop_map(move |(mut bytes, damages)| {
        for damage in damages {
            damage.to(&mut bytes, seeds);
        }
        bytes
    })
}

/// The same as text: bytes that are none are replaced.
pub fn spoiled_text(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    let bytes: Vec<&'static [u8]> = seeds.iter().map(|seed| seed.as_bytes()).collect();
    // Once for each test of a process that ends soon.
    spoiled(Vec::leak(bytes)).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The same bytes in pieces, as a connection brings them. Some of the pieces are empty.
pub fn pieces<'b>(bytes: &'b [u8], cuts: &[Index]) -> Vec<&'b [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let starts = std::iter::once(0).chain(places.iter().copied());
    let ends = places.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}
