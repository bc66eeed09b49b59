//! Spoiled objects, histories and words of `git fsck`: what is taken for whole is what was written, and nothing outside a
//! clone's objects is taken for damaged.

use std::{io::Write, path::Path, sync::LazyLock};

use flate2::{Compression, Decompress, FlushDecompress, Status, write::ZlibEncoder};
use git2::{ObjectType, Oid};
use ocweb_fuzz::{assert_linear, cases, spoiled, spoiled_text};
use proptest::prelude::*;

use super::{
    examination::{is_object_name, is_packed_line},
    fsck::{Checked, Progress},
    loose,
    references::moves,
};

const ONE: &str = "1111111111111111111111111111111111111111";
const SAID: &[&str] = &[
    "Checking objects:  45% (9/20)",
    "error: 2268: object corrupt or missing: .git/objects/22/68",
    "error: y: object corrupt or missing: /etc/hosts",
    "error: /c/.git/objects/pack/pack-98.pack pack checksum mismatch",
    "error: hash-path mismatch, found at: '.git/objects/22/68'",
    "fatal: commit-graph file .git/objects/info/commit-graph is too small",
    "missing blob 2268fd (:45% x)",
    "missing commit 1111111111111111111111111111111111111111 (refs/heads/main)",
];
const HISTORY: &[&str] = &[
    "0000000000000000000000000000000000000000 1111111111111111111111111111111111111111 A <a@b> 1700000000 +0000\tcommit (initial): x\n\
     1111111111111111111111111111111111111111 2222222222222222222222222222222222222222 A B <a@b> 1700000000 +0000\tcheckout: moving from a to b\n",
    "1111111111111111111111111111111111111111 22 A <a@b> 1700000000 +0000\tcommit: cut off",
];
const PACKED: &[&str] = &[
    "# pack-refs with: peeled fully-peeled sorted ",
    "1111111111111111111111111111111111111111 refs/heads/main",
    "^1111111111111111111111111111111111111111",
];
const CONTENTS: &[(ObjectType, &[u8])] = &[
    (ObjectType::Blob, b"some text, some text, some text\n"),
    (ObjectType::Blob, b""),
    (ObjectType::Tree, b"100644 a\0aaaaaaaaaaaaaaaaaaaa"),
    (ObjectType::Commit, b"tree 1111111111111111111111111111111111111111\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n"),
];

/// A loose object: its name, what is in the file, and the file.
struct Object {
    id: Oid,
    content: Vec<u8>,
}

static OBJECTS: LazyLock<Vec<Object>> = LazyLock::new(|| {
    let object = |(kind, data): &(ObjectType, &[u8])| Object {
        id: Oid::hash_object(*kind, data).unwrap(),
        content: [format!("{} {}\0", kind.str(), data.len()).as_bytes(), data].concat(),
    };
    CONTENTS.iter().map(object).collect()
});

fn files() -> &'static [&'static [u8]] {
    let file = |object: &Object| {
        let mut file = ZlibEncoder::new(Vec::new(), Compression::default());
        file.write_all(&object.content).unwrap();
        &*file.finish().unwrap().leak()
    };
    OBJECTS.iter().map(file).collect::<Vec<_>>().leak()
}

/// Whether a file holds this content and nothing else.
fn holds(file: &[u8], content: &[u8]) -> bool {
    let mut found = Vec::with_capacity(content.len() + 1);
    let mut zlib = Decompress::new(true);
    let end = zlib.decompress_vec(file, &mut found, FlushDecompress::Finish);
    end.is_ok_and(|end| end == Status::StreamEnd)
        && usize::try_from(zlib.total_in()) == Ok(file.len())
        && found == content
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn objects(bytes in spoiled(files()), which in 0..CONTENTS.len()) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let Object { id, content } = &OBJECTS[which];
        prop_assert_eq!(loose::is_whole(file.path(), *id), holds(&bytes, content));
    }

    #[test]
    fn what_a_check_says(lines in proptest::collection::vec(spoiled_text(SAID), 1..5)) {
        let mut checked = Checked::default();
        for line in lines.iter().flat_map(|text| text.lines()) {
            let before = (checked.files.len(), checked.missing.len(), checked.complaints.len());
            checked.read(line, Path::new("/c"));
            if let Some(Progress { percent, .. }) = Progress::read(line) {
                prop_assert!(percent <= 100);
                let after = (checked.files.len(), checked.missing.len(), checked.complaints.len());
                prop_assert_eq!(before, after, "{:?} is both", line);
            }
        }
        for file in &checked.files {
            let inner = file.strip_prefix("/c/.git/objects");
            prop_assert!(inner.is_ok_and(|inner| inner.components().all(|part| matches!(part, std::path::Component::Normal(_)))), "{:?}", file);
        }
        prop_assert!(checked.complaints.len() <= 20);
    }

    #[test]
    fn histories(text in spoiled_text(HISTORY)) {
        for moved in moves(&text) {
            prop_assert!(text.to_ascii_lowercase().contains(&format!(" {}", moved.to)), "{:?}", moved);
            prop_assert!(!moved.to.is_zero() && !moved.what.contains('\n'), "{:?}", moved);
        }
    }

    #[test]
    fn packed_references(line in spoiled_text(PACKED)) {
        if is_packed_line(&line) && !line.starts_with('#') {
            let id = line.trim_start_matches('^').split(' ').next().unwrap_or_default();
            prop_assert!(is_object_name(id) && !line.contains('\0'), "{:?}", line);
        }
    }
}

#[test]
fn long_words_take_no_longer_than_they_are() {
    let lines = |line: fn(usize) -> String| move |size: usize| (0..size / 60).map(line).collect::<Vec<_>>();
    let check = |lines: &Vec<String>| {
        let mut checked = Checked::default();
        for line in lines {
            checked.read(line, Path::new("/c"));
        }
        checked
    };
    assert_linear("what is missing", lines(|number| format!("missing blob {number:040x}")), check);
    let damaged = |number| format!("error: x: object corrupt or missing: .git/objects/22/{number:038x}");
    assert_linear("what is damaged", lines(damaged), check);
    for piece in ["error: x: ", "missing blob (", "/pack/pack-", "7%"] {
        let long = |size: usize| vec![piece.repeat(size / piece.len())];
        assert_linear("a long line", long, check);
        assert_linear("progress", long, |lines| Progress::read(&lines[0]));
    }
    let history = format!("{ONE} {ONE} A <a@b> 1700000000 +0000\tx\n");
    let long = |size: usize| history.repeat(size / history.len());
    assert_linear("a history", long, |text| moves(text).count());
}
