//! Which names ocweb answers for, and which origins are its own.
//!
//! Answering for any name would let another site point its own name at this machine and talk to it
//! as if it were itself (DNS rebinding). An IP address in the address bar cannot be pointed anywhere.

use std::net::{Ipv4Addr, Ipv6Addr};

/// How the browser reached us, as Caddy tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Without TLS: on this machine or the home network.
    Http,
    /// With TLS, ended by Caddy or by the edge in front of it.
    Https,
}

impl Scheme {
    /// Parses `http` or `https` as they stand in `X-Forwarded-Proto` and in origins.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host with an optional port, as in a `Host` header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority<'a> {
    name: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Parses `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`; anything else is refused.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let name_end =
            if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
        let (name, rest) = text.split_at(name_end);
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            // `parse` alone would take a leading plus sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            _ => return None,
        };
        let is_name = (1..=253).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        (is_name || ipv6(name).is_some()).then_some(Self { name, port })
    }

    fn is_ip_address(self) -> bool {
        self.name.parse::<Ipv4Addr>().is_ok() || ipv6(self.name).is_some()
    }

    fn is_local(self) -> bool {
        let last_label = self.name.rsplit('.').next().unwrap_or_default();
        last_label.eq_ignore_ascii_case("localhost")
    }

    fn same(self, other: Authority<'_>, scheme: Scheme) -> bool {
        let port = |authority: Authority<'_>| authority.port.unwrap_or(scheme.default_port());
        self.name.eq_ignore_ascii_case(other.name) && port(self) == port(other)
    }
}

fn ipv6(name: &str) -> Option<Ipv6Addr> {
    name.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// True when `origin` (an `Origin` header) is the site at `scheme` and `host` itself. `null` and
/// anything that is no origin is not.
pub(crate) fn is_own_origin(origin: &str, scheme: Scheme, host: Authority<'_>) -> bool {
    let Some((origin_scheme, authority)) = origin.split_once("://") else { return false };
    Scheme::parse(origin_scheme) == Some(scheme)
        && Authority::parse(authority).is_some_and(|authority| authority.same(host, scheme))
}

/// The names that ocweb answers for, besides IP addresses, `localhost` and `*.localhost`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// Parses a comma-separated list of host names. The error is the entry that is none.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        list.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| match Authority::parse(entry) {
                Some(Authority { name, port: None }) => Ok(name.to_owned()),
                _ => Err(entry.to_owned()),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Adds one name.
    pub(crate) fn add(&mut self, name: String) {
        self.0.push(name);
    }

    /// True when requests for `host` are meant for us, on whatever port.
    pub(crate) fn answer_for(&self, host: Authority<'_>) -> bool {
        host.is_ip_address()
            || host.is_local()
            || self.0.iter().any(|name| name.eq_ignore_ascii_case(host.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_ours_and_that_are_not() {
        let mut hosts = Hosts::parse("ocweb.example.org, box").unwrap();
        hosts.add("mine.fly.dev".into());
        for (host, ours) in [
            ("ocweb.example.org", true),
            ("OCWEB.Example.ORG:8443", true),
            ("box:8080", true),
            ("mine.fly.dev", true),
            ("localhost", true),
            ("localhost:8080", true),
            ("chat.localhost:1", true),
            ("127.0.0.1:8080", true),
            ("192.168.1.20", true),
            ("[::1]:8080", true),
            ("[fe80::1]", true),
            ("example.org", false),
            ("evil.ocweb.example.org", false),
            ("ocweb.example.org.evil.test", false),
            ("localhost.evil.test", false),
            ("notlocalhost", false),
            ("other.fly.dev", false),
            ("127.1", false),
            ("0x7f000001", false),
        ] {
            let parsed = Authority::parse(host).unwrap_or_else(|| panic!("{host} is an authority"));
            assert_eq!(hosts.answer_for(parsed), ours, "{host}");
        }
    }

    #[test]
    fn what_is_no_authority() {
        for text in [
            "",
            ":80",
            "a b",
            "user@localhost",
            "localhost:80:80",
            "localhost:+80",
            "localhost:65536",
            "localhost:x",
            "localhost/",
            "::1",
            "[::1",
            "[::1]x",
            "[localhost]",
            "a,b",
            "a\0b",
            "http://localhost",
            "löcalhost",
        ] {
            assert!(Authority::parse(text).is_none(), "{text:?}");
        }
        assert!(Authority::parse(&"a".repeat(254)).is_none());
    }

    #[test]
    fn a_wrong_entry_of_the_list_is_named() {
        assert_eq!(Hosts::parse("a.example, https://b.example").unwrap_err(), "https://b.example");
        assert_eq!(Hosts::parse("a.example:8080").unwrap_err(), "a.example:8080");
    }

    #[test]
    fn origins_compare_scheme_host_and_port() {
        for (origin, scheme, host, own) in [
            ("https://a.example", Scheme::Https, "a.example", true),
            ("https://A.example:443", Scheme::Https, "a.example", true),
            ("https://a.example", Scheme::Https, "a.example:443", true),
            ("http://localhost:8080", Scheme::Http, "localhost:8080", true),
            ("http://[::1]:8080", Scheme::Http, "[::1]:8080", true),
            ("http://a.example", Scheme::Https, "a.example", false),
            ("https://a.example", Scheme::Http, "a.example", false),
            ("http://localhost:3000", Scheme::Http, "localhost:8080", false),
            ("http://localhost", Scheme::Http, "localhost:8080", false),
            ("https://evil.a.example", Scheme::Https, "a.example", false),
            ("https://a.example/", Scheme::Https, "a.example", false),
            ("https://a.example@evil.test", Scheme::Https, "a.example", false),
            ("null", Scheme::Https, "a.example", false),
            ("", Scheme::Https, "a.example", false),
            ("HTTPS://a.example", Scheme::Https, "a.example", false),
        ] {
            let host = Authority::parse(host).unwrap();
            assert_eq!(is_own_origin(origin, scheme, host), own, "{origin} against {host:?}");
        }
    }
}
