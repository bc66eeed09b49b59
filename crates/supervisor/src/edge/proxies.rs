//! Whose word about a client is believed, and in which header.

use std::net::IpAddr;

use ocweb_service::{ConfigError, Environment};

use crate::settings::invalid;

pub(super) const TRUSTED_PROXIES: &str = "OCWEB_TRUSTED_PROXIES";
pub(super) const CLIENT_IP_HEADER: &str = "OCWEB_CLIENT_IP_HEADER";

/// What `private_ranges` stands for: the networks in which proxies are. Caddy's own word has this machine's own addresses as
/// well, at which the agent is. Whoever has a proxy there names it.
pub(super) const PRIVATE_RANGES: &str = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fd00::/8";

/// The ranges on one line, if there are any. All addresses are none: everybody would be believed.
pub(super) fn trusted(environment: &Environment) -> Result<Option<String>, ConfigError> {
    let is_range = |word: &str| {
        let (address, bits) =
            word.split_once('/').map_or((word, None), |(address, bits)| (address, Some(bits)));
        let most = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.is_none_or(|bits| {
            bits.bytes().all(|byte| byte.is_ascii_digit())
                && bits.parse::<u8>().is_ok_and(|bits| (1..=most).contains(&bits))
        })
    };
    let words: Vec<_> = environment.get(TRUSTED_PROXIES).unwrap_or_default().split_whitespace().collect();
    if words.iter().all(|&word| word == "private_ranges" || is_range(word)) {
        let ranges: Vec<_> =
            words.iter().map(|&word| if word == "private_ranges" { PRIVATE_RANGES } else { word }).collect();
        Ok(Some(ranges.join(" ")).filter(|ranges| !ranges.is_empty()))
    } else {
        Err(invalid(
            TRUSTED_PROXIES,
            "it must list IP addresses or ranges such as 10.0.0.0/8, with spaces between",
        ))
    }
}

/// Caddy reads it as a word of its configuration.
pub(super) fn check_client_ip_header(environment: &Environment) -> Result<(), ConfigError> {
    let value = environment.get(CLIENT_IP_HEADER).unwrap_or_default();
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(())
    } else {
        Err(invalid(CLIENT_IP_HEADER, "it must be the name of one header, such as Fly-Client-IP"))
    }
}
