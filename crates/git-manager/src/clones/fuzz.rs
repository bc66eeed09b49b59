//! Spoiled lists of a remote and of `rev-list`: what is read stands there.

use ocweb_fuzz::{assert_linear, cases, spoiled_text};
use proptest::prelude::*;

use super::fetching::{branches_in, head_of, missing_in};

const LISTED: &[&str] = &[
    "ref: refs/heads/trunk\tHEAD\n1111111111111111111111111111111111111111\tHEAD\n",
    "1111111111111111111111111111111111111111\trefs/heads/main\n2222222222222222222222222222222222222222\trefs/heads/ocweb/fix-1\n",
    "ref: refs/heads/--upload-pack=x\tHEAD\n1111111111111111111111111111111111111111\trefs/heads/../x\n",
];
const MISSING: &[&str] = &[
    "?1111111111111111111111111111111111111111\n?2222222222222222222222222222222222222222\n",
    "?1111111111111111111111111111111111111111\n?22222222",
];

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_a_remote_lists(listed in spoiled_text(LISTED)) {
        for (branch, commit) in branches_in(&listed) {
            let line = format!("{commit}\trefs/heads/{branch}");
            prop_assert!(listed.lines().any(|listed| listed == line), "{:?}", line);
        }
        if let Some(head) = head_of(&listed) {
            let line = format!("ref: refs/heads/{head}\tHEAD");
            prop_assert!(listed.lines().any(|listed| listed == line), "{:?}", line);
        }
    }

    #[test]
    fn what_is_missing(listed in spoiled_text(MISSING)) {
        let missing: Vec<_> = missing_in(&listed).collect();
        let whole = listed.matches('\n').count();
        let is_listed = |name: &&str| listed.contains(&format!("?{name}\n"));
        prop_assert!(missing.len() <= whole && missing.iter().all(is_listed), "{:?}", missing);
    }
}

#[test]
fn long_lists_take_no_longer_than_they_are() {
    for piece in ["a\trefs/heads/x\n", "ref: refs/heads/", "\tHEAD", "?1\n", "x"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("branches", long, |text| branches_in(text).count());
        assert_linear("a head", long, |text| head_of(text));
        assert_linear("what is missing", long, |text| missing_in(text).count());
    }
}
