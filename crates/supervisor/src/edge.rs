//! How Caddy is spoken to: at which addresses, who makes it TLS, and whose word about a client is believed.
//!
//! Passwords and cookies go through here, so plain HTTP is for this machine, for a proxy in front that has TLS, or for who
//! says that it is meant. Caddy reads what is set here as words of its configuration, so each is checked to be only that.

mod proxies;
mod source;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use ocweb_service::{ConfigError, Environment};

pub(crate) use source::Source;

use self::{
    proxies::{CLIENT_IP_HEADER, TRUSTED_PROXIES},
    source::{CERTIFICATE, DIRECTORY, DOMAIN, EMAIL, KEY},
};
use crate::{environment::Variables, settings::invalid};

pub(crate) const HOST: &str = "OCWEB_HOST";
const PORT: &str = "OCWEB_PORT";
const HTTPS_PORT: &str = "OCWEB_HTTPS_PORT";
const PLAIN_HTTP: &str = "OCWEB_PLAIN_HTTP";

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

impl Edge {
    /// Reads the settings. The error is a sentence that says what the choices are.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let trusted = proxies::trusted(environment)?;
        proxies::check_client_ip_header(environment)?;
        let domains = source::domains(environment)?;
        let tls = match Source::from_environment(environment, !domains.is_empty())? {
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

#[cfg(test)]
mod tests {
    use super::{
        proxies::PRIVATE_RANGES,
        source::{LETS_ENCRYPT, ROOT},
        *,
    };

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
