//! Spoiled streams, buttons and addresses.

use ocweb_fuzz::{assert_linear, cases, spoiled_text};
use proptest::prelude::*;
use reqwest::Url;
use time::OffsetDateTime;

use crate::{
    capability::{Bond, Capability, Grant},
    event::Verdict,
    settings::Address,
};

const ADDRESSES: &[&str] =
    &["https://ntfy.sh/", "http://127.0.0.1:8080/x?y=1", "https://user:pw@h/", "file:///etc", "https://h/#x"];

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_button_is_good_for_its_own_request_only(damage in spoiled_text(&["A", " ", "\n", "="]), at in any::<prop::sample::Index>()) {
        let now = OffsetDateTime::UNIX_EPOCH;
        let (capability, grant) = Grant::issue("per_1", Verdict::Once, Bond::Era { era: "1".into() }, now);
        let text = capability.into_text();
        let mut changed = text.clone();
        let at = at.index(text.len());
        changed.replace_range(at..text.len().min(at + damage.len()), &damage);
        let is_same = changed.trim() == text;
        prop_assert_eq!(grant.permits(&Capability::presented(&changed).hash(), now), is_same);
    }

    #[test]
    fn addresses(text in spoiled_text(ADDRESSES)) {
        let Ok(address) = Address::parse(&text) else { return Ok(()) };
        prop_assert!(matches!(address.url().scheme(), "http" | "https") && address.url().host_str().is_some());
        prop_assert!(address.url().username().is_empty() && address.url().password().is_none());
        let again = Url::parse(address.text()).unwrap();
        prop_assert_eq!(again.origin(), address.url().origin());
        if let Ok(origin) = Address::parse_origin(&text) {
            let joined = Url::parse(&origin.join("/chat/ses_1")).unwrap();
            prop_assert_eq!((joined.origin(), joined.path()), (address.url().origin(), "/chat/ses_1"));
        }
    }
}

#[test]
fn long_inputs_take_no_longer_than_they_are() {
    let long = |size: usize| "A".repeat(size);
    assert_linear("a capability", long, |text| Capability::presented(text).hash());
    assert_linear(
        "an address",
        |size| format!("https://h/{}", "a/../".repeat(size / 5)),
        |text| Address::parse(text).is_ok(),
    );
}
