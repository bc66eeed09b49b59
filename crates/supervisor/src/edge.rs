//! How Caddy is spoken to: at which addresses, who makes it TLS, and whose word about a client is believed.
//!
//! Passwords and cookies go through here, so plain HTTP is for this machine, for a proxy in front that has TLS, or for who
//! says that it is meant. Caddy reads what is set here as words of its configuration, so each is checked to be only that.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use ocweb_service::{ConfigError, Environment};

use crate::{
    environment::Variables,
    settings::{file, invalid},
};

pub(crate) const HOST: &str = "OCWEB_HOST";
const PORT: &str = "OCWEB_PORT";
const HTTPS_PORT: &str = "OCWEB_HTTPS_PORT";
const DOMAIN: &str = "OCWEB_DOMAIN";
const CERTIFICATE: &str = "OCWEB_TLS_CERTIFICATE";
const KEY: &str = "OCWEB_TLS_KEY";
const EMAIL: &str = "OCWEB_ACME_EMAIL";
const DIRECTORY: &str = "OCWEB_ACME_DIRECTORY";
const ROOT: &str = "OCWEB_ACME_ROOT";
const PLAIN_HTTP: &str = "OCWEB_PLAIN_HTTP";
const TRUSTED_PROXIES: &str = "OCWEB_TRUSTED_PROXIES";
const CLIENT_IP_HEADER: &str = "OCWEB_CLIENT_IP_HEADER";

/// Whom certificates are asked of, if nobody else is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What `private_ranges` stands for: the networks in which proxies are. Caddy's own word has this machine's own addresses as
/// well, at which the agent is. Whoever has a proxy there names it.
const PRIVATE_RANGES: &str = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fd00::/8";

/// Where Caddy listens, and with what.
#[derive(Debug)]
pub(crate) struct Edge {
    /// Where plain HTTP is spoken. With TLS that only leads there, and answers the health check.
    pub(crate) plain: SocketAddr,
    /// TLS, where Caddy speaks it.
    pub(crate) tls: Option<Tls>,
    /// Names by which it is reached.
    pub(crate) domains: Vec<String>,
    /// Whether plain HTTP is for proxies alone, at an address that others may reach as well.
    is_for_proxies: bool,
    /// What Caddy is told about proxies.
    proxies: Variables,
}

/// TLS that Caddy speaks.
#[derive(Debug)]
pub(crate) struct Tls {
    /// On the same address as plain HTTP.
    pub(crate) port: u16,
    /// Where certificates come from.
    pub(crate) source: Source,
}

/// Where certificates come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The person's own files.
    Files {
        /// The certificate, and those that lead to its root.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// An authority that Caddy asks by ACME.
    Acme {
        /// Where problems are told; nowhere if empty.
        email: String,
        /// The authority's address.
        directory: String,
        /// The authority's own certificate, where the system does not know it.
        root: Option<PathBuf>,
    },
}

impl Edge {
    /// Reads the settings. The error is a sentence that says what the choices are.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let trusted = trusted_proxies(environment)?;
        check_client_ip_header(environment)?;
        let domains = domains(environment)?;
        let tls = match source(environment, !domains.is_empty())? {
            Some(source) => Some(Tls { port: port(environment, HTTPS_PORT, 443)?, source }),
            None => None,
        };
        let plain = SocketAddr::new(
            host(environment, tls.is_some())?,
            port(environment, PORT, if tls.is_some() { 80 } else { 8080 })?,
        );
        if plain.port() == 443 {
            return Err(invalid(PORT, "443 is where browsers speak TLS, and this is the port of plain HTTP"));
        }
        if tls.as_ref().is_some_and(|tls| tls.port == plain.port()) {
            return Err(invalid(
                HTTPS_PORT,
                "plain HTTP has that port, and needs one of its own to lead here",
            ));
        }
        let is_exposed = tls.is_none() && !plain.ip().is_loopback();
        let is_for_proxies = is_exposed && !is_meant(environment, plain.ip(), trusted.is_some())?;
        let mut proxies = crate::environment::pick(environment, &[&[CLIENT_IP_HEADER]]);
        proxies.extend(trusted.map(|ranges| (TRUSTED_PROXIES.into(), ranges)));
        Ok(Self { plain, tls, domains, is_for_proxies, proxies })
    }

    /// The address to show to a person.
    pub(crate) fn url(&self) -> String {
        let (scheme, port, usual) =
            self.tls.as_ref().map_or(("http", self.plain.port(), 80), |tls| ("https", tls.port, 443));
        let host = match (self.domains.first(), self.plain.ip()) {
            (Some(domain), _) if self.tls.is_some() => domain.clone(),
            (_, address) if address.is_unspecified() || address.is_loopback() => "localhost".into(),
            (_, IpAddr::V4(address)) => address.to_string(),
            (_, IpAddr::V6(address)) => format!("[{address}]"),
        };
        if port == usual { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
    }

    /// An address at which this machine itself reaches Caddy's plain HTTP.
    pub(crate) fn plain_from_here(&self) -> SocketAddr {
        let address = match self.plain.ip() {
            IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            address => address,
        };
        SocketAddr::new(address, self.plain.port())
    }

    /// Where Caddy listens, each with the setting that says so.
    pub(crate) fn listens(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        let tls = self.tls.as_ref().map(|tls| (HTTPS_PORT, SocketAddr::new(self.plain.ip(), tls.port)));
        [(PORT, self.plain)].into_iter().chain(tls)
    }

    /// What Caddy's configuration is filled in with.
    pub(crate) fn variables(&self) -> Variables {
        let mut variables = self.proxies.clone();
        let mut set = |name: &str, value: String| variables.insert(name.into(), value);
        set(HOST, self.plain.ip().to_string());
        set(PORT, self.plain.port().to_string());
        let Some(Tls { port, source }) = &self.tls else {
            set("OCWEB_EDGE", if self.is_for_proxies { "proxied" } else { "plain" }.into());
            return variables;
        };
        set(HTTPS_PORT, port.to_string());
        match source {
            Source::Files { .. } => {
                set("OCWEB_EDGE", "certificate".into());
            }
            Source::Acme { email, directory, .. } => {
                let sites: Vec<_> = self.domains.iter().map(|domain| format!("https://{domain}")).collect();
                set("OCWEB_EDGE", "acme".into());
                set("OCWEB_SITES", sites.join(", "));
                set(EMAIL, email.clone());
                set(DIRECTORY, directory.clone());
            }
        }
        variables
    }
}

/// Where certificates come from; nothing where there is to be no TLS.
fn source(environment: &Environment, has_domain: bool) -> Result<Option<Source>, ConfigError> {
    let files = (environment.get(CERTIFICATE), environment.get(KEY));
    if files != (None, None) {
        let certificate = file(environment, CERTIFICATE, "give the certificate that the key is for")?;
        let key = file(environment, KEY, "give the private key of the certificate")?;
        return Ok(Some(Source::Files { certificate, key }));
    }
    if !has_domain {
        return Ok(None);
    }
    let email = environment.get(EMAIL).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.+-_".contains(&byte);
    if !email.bytes().all(is_plain) || (!email.is_empty() && !email.contains('@')) {
        return Err(invalid(EMAIL, "it must be one e-mail address"));
    }
    let directory = environment.get(DIRECTORY).unwrap_or(LETS_ENCRYPT);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_~%?=&[]".contains(&byte);
    if !directory.starts_with("https://") || !directory.bytes().all(is_plain) {
        return Err(invalid(DIRECTORY, "it must be the https address of an authority's ACME directory"));
    }
    let root = environment.get(ROOT).map(|_| file(environment, ROOT, "")).transpose()?;
    Ok(Some(Source::Acme { email: email.into(), directory: directory.into(), root }))
}

fn domains(environment: &Environment) -> Result<Vec<String>, ConfigError> {
    let list = environment.get(DOMAIN).unwrap_or_default();
    let names = list.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            if is_domain(name) {
                Ok(name.to_ascii_lowercase())
            } else {
                Err(invalid(DOMAIN, format!("`{name}` is no domain name such as code.example.org")))
            }
        })
        .collect()
}

/// True for a name with a dot in it that somebody can be asked to certify: no address, no `*`.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && name.parse::<IpAddr>().is_err()
}

fn port(environment: &Environment, name: &'static str, usual: u16) -> Result<u16, ConfigError> {
    match environment.parsed(name, usual)? {
        0 => Err(invalid(name, "it must be a port from 1 to 65535")),
        port => Ok(port),
    }
}

fn host(environment: &Environment, has_tls: bool) -> Result<IpAddr, ConfigError> {
    match environment.get(HOST) {
        // Who gives it a certificate wants to be reached. The one address of IPv6 is for IPv4 as well, where there is IPv6.
        None if has_tls => Ok(match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
            Ok(_) => Ipv6Addr::UNSPECIFIED.into(),
            Err(_) => Ipv4Addr::UNSPECIFIED.into(),
        }),
        None | Some("localhost") => Ok(Ipv4Addr::LOCALHOST.into()),
        Some(text) => text
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .map_err(|_| invalid(HOST, "it must be an IP address of this machine, such as 0.0.0.0")),
    }
}

/// Plain HTTP for others than this machine has to be meant: true where it is for anybody, false where it is for proxies.
fn is_meant(environment: &Environment, host: IpAddr, has_proxies: bool) -> Result<bool, ConfigError> {
    match environment.get(PLAIN_HTTP) {
        None | Some("no") => {}
        Some("yes") => return Ok(true),
        Some(_) => return Err(invalid(PLAIN_HTTP, "it must be yes or no")),
    }
    if has_proxies {
        return Ok(false);
    }
    let reason = format!(
        "at {host} the password would cross the network in plain HTTP; set {DOMAIN} to have a certificate fetched, or \
         {CERTIFICATE} and {KEY} to use one of yours, or {TRUSTED_PROXIES} if a proxy in front speaks TLS, or \
         {PLAIN_HTTP}=yes if plain HTTP is what you want"
    );
    Err(invalid(HOST, reason))
}

/// The ranges on one line, if there are any. All addresses are none: everybody would be believed.
fn trusted_proxies(environment: &Environment) -> Result<Option<String>, ConfigError> {
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

fn check_client_ip_header(environment: &Environment) -> Result<(), ConfigError> {
    let value = environment.get(CLIENT_IP_HEADER).unwrap_or_default();
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(())
    } else {
        Err(invalid(CLIENT_IP_HEADER, "it must be the name of one header, such as Fly-Client-IP"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Edge, ConfigError> {
        Edge::from_environment(&pairs.iter().copied().collect())
    }

    fn edge(pairs: &[(&str, &str)]) -> Edge {
        read(pairs).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn plain_http_beyond_this_machine_is_refused_with_the_choices_unless_it_is_meant() {
        for host in ["0.0.0.0", "::", "192.168.1.20", "2001:db8::1"] {
            let text = read(&[(HOST, host)]).unwrap_err().to_string();
            let choices = [DOMAIN, CERTIFICATE, KEY, TRUSTED_PROXIES, "OCWEB_PLAIN_HTTP=yes"];
            assert!(text.starts_with("OCWEB_HOST cannot be used: at ") && !text.contains('\n'), "{text}");
            assert!(choices.iter().all(|choice| text.contains(choice)), "{text}");
            assert!(read(&[(HOST, host), (PLAIN_HTTP, "no")]).is_err());
            assert!(read(&[(HOST, host), (TRUSTED_PROXIES, " ")]).is_err());
            let kind = |setting| edge(&[(HOST, host), setting]).variables()["OCWEB_EDGE"].clone();
            assert_eq!(kind((PLAIN_HTTP, "yes")), "plain");
            assert_eq!(kind((TRUSTED_PROXIES, "10.0.0.0/8")), "proxied", "others get nothing");
            let both = edge(&[(HOST, host), (TRUSTED_PROXIES, "10.0.0.0/8"), (PLAIN_HTTP, "yes")]);
            assert_eq!(both.variables()["OCWEB_EDGE"], "plain");
        }
        assert_eq!(edge(&[(TRUSTED_PROXIES, "127.0.0.1")]).variables()["OCWEB_EDGE"], "plain");
        for host in ["127.0.0.1", "localhost", "::1", "[::1]"] {
            assert!(edge(&[(HOST, host)]).plain.ip().is_loopback());
        }
        assert_eq!(edge(&[]).plain.to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn a_domain_makes_caddy_get_certificates_and_listen_everywhere() {
        let edge = edge(&[(DOMAIN, "code.example.org, Other.example.org"), (EMAIL, "me@example.org")]);
        assert!(edge.plain.ip().is_unspecified());
        let variables = edge.variables();
        for (name, value) in [
            ("OCWEB_EDGE", "acme"),
            ("OCWEB_SITES", "https://code.example.org, https://other.example.org"),
            (PORT, "80"),
            (HTTPS_PORT, "443"),
            (EMAIL, "me@example.org"),
            (DIRECTORY, LETS_ENCRYPT),
        ] {
            assert_eq!(variables[name], value, "{name}");
        }
        assert_eq!(edge.url(), "https://code.example.org");
    }

    #[test]
    fn own_files_are_taken_in_pairs_with_or_without_a_domain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.pem");
        std::fs::write(&path, "").unwrap();
        let path = path.to_str().unwrap();
        let both = [(CERTIFICATE, path), (KEY, path)];
        let own = edge(&[&both[..], &[(HTTPS_PORT, "8443"), (HOST, "10.1.2.3")]].concat());
        assert_eq!(
            (own.variables()["OCWEB_EDGE"].as_str(), own.url()),
            ("certificate", "https://10.1.2.3:8443".into())
        );
        assert_eq!(edge(&[&both[..], &[(DOMAIN, "a.example")]].concat()).url(), "https://a.example");
        for one in both {
            let text = read(&[one]).unwrap_err().to_string();
            assert!(text.contains("is not set: give the"), "{text}");
        }
    }

    #[test]
    fn proxies_are_written_on_one_line_whatever_stood_between_them() {
        let told = edge(&[(TRUSTED_PROXIES, "203.0.113.7\n  2001:db8::/32\tprivate_ranges ")]);
        assert_eq!(
            told.variables()[TRUSTED_PROXIES],
            format!("203.0.113.7 2001:db8::/32 {PRIVATE_RANGES}"),
            "and what is private is not this machine"
        );
        assert!(!PRIVATE_RANGES.contains("127.") && !PRIVATE_RANGES.contains("::1"));
        assert!(!edge(&[]).variables().contains_key(TRUSTED_PROXIES));
    }

    #[test]
    fn each_wrong_value_is_named_in_one_sentence() {
        for (name, value) in [
            (PORT, "80800"),
            (PORT, "0"),
            (PORT, "443"),
            (HOST, "example.org"),
            (DOMAIN, "*.example.org"),
            (DOMAIN, "10.0.0.1"),
            (DOMAIN, "a.example { respond }"),
            (DOMAIN, "https://a.example"),
            (DOMAIN, "box"),
            (TRUSTED_PROXIES, "10.0.0.0/8 } respond"),
            (TRUSTED_PROXIES, "2001:db8::/129"),
            (TRUSTED_PROXIES, "10.0.0.0/+8"),
            (TRUSTED_PROXIES, "10.0.0.0/"),
            (TRUSTED_PROXIES, "0.0.0.0/0"),
            (TRUSTED_PROXIES, "::/0"),
            (CLIENT_IP_HEADER, "X-Real-IP } respond"),
        ] {
            let text = read(&[(name, value)]).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{name} ")) && !text.contains('\n'), "{text}");
        }
        for (name, value) in [
            (EMAIL, "me@example.org } respond"),
            (EMAIL, "me"),
            (DIRECTORY, "http://ca.example/directory"),
            (DIRECTORY, "https://ca.example/ } respond"),
            (ROOT, "/nonexistent"),
            (HTTPS_PORT, "80"),
        ] {
            let text = read(&[(DOMAIN, "a.example"), (name, value)]).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{name} ")) && !text.contains('\n'), "{text}");
        }
        assert!(read(&[(HOST, "0.0.0.0"), (PLAIN_HTTP, "maybe")]).is_err());
    }

    #[test]
    fn caddy_is_reached_from_here_wherever_it_listens() {
        for (host, url, here) in [
            ("0.0.0.0", "http://localhost:8080", "127.0.0.1:8080"),
            ("::", "http://localhost:8080", "[::1]:8080"),
            ("10.1.2.3", "http://10.1.2.3:8080", "10.1.2.3:8080"),
            ("2001:db8::1", "http://[2001:db8::1]:8080", "[2001:db8::1]:8080"),
        ] {
            let edge = edge(&[(HOST, host), (PLAIN_HTTP, "yes")]);
            assert_eq!((edge.url().as_str(), edge.plain_from_here().to_string().as_str()), (url, here));
        }
    }
}
