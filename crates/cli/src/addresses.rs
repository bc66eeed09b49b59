//! At which addresses this ocweb is reached, told from its settings.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

use nix::{ifaddrs::getifaddrs, net::if_::InterfaceFlags};

use crate::resolution::Variables;

/// From where an address is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From anywhere.
    World,
    /// From the same network.
    Network,
    /// From this machine alone.
    Machine,
}

/// An address to open in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub url: String,
    /// From where it is reached.
    pub reach: Reach,
}

/// The addresses that follow from the settings, the one for the phone first. A container that was told no name has none: its
/// own addresses lead nowhere from outside.
pub fn addresses(settings: &Variables) -> Vec<Address> {
    let in_a_container = ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists())
        || settings.contains_key("KUBERNETES_SERVICE_HOST");
    known(settings, in_a_container)
}

fn known(settings: &Variables, in_a_container: bool) -> Vec<Address> {
    let value = |name: &str| settings.get(name).map(String::as_str).filter(|value| !value.is_empty());
    if let Some(app) = value("FLY_APP_NAME") {
        return vec![Address { url: format!("https://{app}.fly.dev"), reach: Reach::World }];
    }
    let has_certificate = value("OCWEB_TLS_CERTIFICATE").is_some();
    if value("OCWEB_DOMAIN").is_some() || has_certificate {
        let port = value("OCWEB_HTTPS_PORT").filter(|&port| port != "443");
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        // A certificate of the person's own is for names that only they know.
        let Some(names) = value("OCWEB_DOMAIN").or(value("OCWEB_HOSTS")) else {
            let (name, reach) = match value("OCWEB_HOST").and_then(|host| host.parse::<IpAddr>().ok()) {
                Some(address) if address.is_unspecified() || address.is_loopback() => {
                    ("localhost".into(), Reach::Machine)
                }
                Some(IpAddr::V6(address)) => (format!("[{address}]"), Reach::Network),
                Some(address) => (address.to_string(), Reach::Network),
                None => ("localhost".into(), Reach::Machine),
            };
            return vec![Address { url: format!("https://{name}{port}"), reach }];
        };
        let names = names.split([',', ' ']).filter(|name| !name.is_empty());
        return names
            .map(|name| {
                let reach = if has_certificate { Reach::Network } else { Reach::World };
                Address { url: format!("https://{name}{port}"), reach }
            })
            .collect();
    }
    if let (Some(_), Some(names)) = (value("OCWEB_TRUSTED_PROXIES"), value("OCWEB_HOSTS")) {
        // A proxy that is told whom it speaks for has TLS.
        return names
            .split(',')
            .map(|name| Address { url: format!("https://{}", name.trim()), reach: Reach::World })
            .collect();
    }
    let port = value("OCWEB_PORT").unwrap_or("8080");
    let plain = |host: &str, reach| Address { url: format!("http://{host}:{port}"), reach };
    let here = plain("localhost", Reach::Machine);
    match value("OCWEB_HOST").map_or(Ok(Ipv4Addr::LOCALHOST.into()), str::parse::<IpAddr>) {
        Ok(address) if address.is_unspecified() && in_a_container => Vec::new(),
        Ok(address) if address.is_unspecified() => {
            let own = own_addresses().into_iter().map(|address| plain(&address.to_string(), Reach::Network));
            own.chain([here]).collect()
        }
        Ok(IpAddr::V6(address)) if !address.is_loopback() => {
            vec![plain(&format!("[{address}]"), Reach::Network)]
        }
        Ok(address) if !address.is_loopback() => vec![plain(&address.to_string(), Reach::Network)],
        _ => vec![here],
    }
}

/// The IPv4 addresses of this machine in its networks. Those of containers' bridges are of no use to a phone.
fn own_addresses() -> Vec<Ipv4Addr> {
    let of_a_bridge =
        |name: &str| ["docker", "br-", "veth", "virbr", "cni"].iter().any(|prefix| name.starts_with(prefix));
    let interfaces = getifaddrs().into_iter().flatten();
    interfaces
        .filter(|interface| {
            interface.flags.contains(InterfaceFlags::IFF_UP) && !of_a_bridge(&interface.interface_name)
        })
        .filter_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip()))
        .filter(|address| !address.is_loopback() && !address.is_link_local())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Vec<Address> {
        somewhere(pairs, false)
    }

    fn somewhere(pairs: &[(&str, &str)], in_a_container: bool) -> Vec<Address> {
        known(&pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect(), in_a_container)
    }

    #[test]
    fn a_container_knows_an_address_only_by_a_name_that_it_was_told() {
        let everywhere = ("OCWEB_HOST", "0.0.0.0");
        assert_eq!(somewhere(&[everywhere], true), []);
        let urls = |pairs: &[(&str, &str)]| {
            let known = somewhere(&[&[everywhere], pairs].concat(), true);
            known.into_iter().map(|address| address.url).collect::<Vec<_>>()
        };
        assert_eq!(urls(&[("OCWEB_DOMAIN", "a.example")]), ["https://a.example"]);
        let behind = [("OCWEB_TRUSTED_PROXIES", "private_ranges"), ("OCWEB_HOSTS", "a.example")];
        assert_eq!(urls(&behind), ["https://a.example"]);
        assert_eq!(somewhere(&[], true), of(&[]), "what listens to itself alone");
    }

    #[test]
    fn the_address_follows_from_the_settings() {
        let machine = |url: &str| vec![Address { url: url.into(), reach: Reach::Machine }];
        assert_eq!(of(&[]), machine("http://localhost:8080"));
        assert_eq!(
            of(&[("OCWEB_PORT", "9000"), ("OCWEB_HOST", "localhost")]),
            machine("http://localhost:9000")
        );
        let network = Address { url: "http://10.1.2.3:8080".into(), reach: Reach::Network };
        assert_eq!(of(&[("OCWEB_HOST", "10.1.2.3")]), [network]);
        let fly = Address { url: "https://mine.fly.dev".into(), reach: Reach::World };
        assert_eq!(of(&[("FLY_APP_NAME", "mine"), ("OCWEB_HOST", "0.0.0.0")]), [fly]);
        let world = |url: &str| Address { url: url.into(), reach: Reach::World };
        assert_eq!(
            of(&[("OCWEB_DOMAIN", "a.example,b.example"), ("OCWEB_PORT", "80")]),
            [world("https://a.example"), world("https://b.example")]
        );
        let behind = [("OCWEB_TRUSTED_PROXIES", "127.0.0.1"), ("OCWEB_HOSTS", "a.example")];
        assert_eq!(of(&behind), [world("https://a.example")]);
        let own = [("OCWEB_TLS_CERTIFICATE", "/c"), ("OCWEB_HOSTS", "box.lan"), ("OCWEB_HTTPS_PORT", "8443")];
        assert_eq!(of(&own), [Address { url: "https://box.lan:8443".into(), reach: Reach::Network }]);
        let nameless = |host| of(&[("OCWEB_TLS_CERTIFICATE", "/c"), ("OCWEB_HOST", host)]);
        let network = |url: &str| vec![Address { url: url.into(), reach: Reach::Network }];
        assert_eq!(nameless("10.1.2.3"), network("https://10.1.2.3"));
        assert_eq!(nameless("2001:db8::1"), network("https://[2001:db8::1]"));
        assert_eq!(nameless("0.0.0.0"), machine("https://localhost"));
        assert_eq!(of(&[("OCWEB_HOST", "0.0.0.0")]).last().unwrap().reach, Reach::Machine);
    }
}
