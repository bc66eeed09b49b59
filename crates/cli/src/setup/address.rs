//! Where ocweb is to be reached, and what can be known of that beforehand.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs, UdpSocket},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::finding::Finding;

/// A name server that does not answer is not waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From this machine, or through a tunnel to it.
    Machine,
    /// From whatever is in the same network, in plain HTTP.
    Network,
    /// By a domain, with TLS of its own.
    Domain,
    /// Through a proxy that has TLS.
    Proxy,
}

impl Way {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Machine, Self::Network, Self::Domain, Self::Proxy];

    /// What it is, for who has to choose.
    pub fn about(self) -> &'static str {
        match self {
            Self::Machine => "this machine only, or an SSH tunnel to it",
            Self::Network => "my own network, without encryption",
            Self::Domain => "a domain of mine, encrypted; needs the ports 80 and 443",
            Self::Proxy => "through a proxy of mine that does HTTPS, or `tailscale serve`",
        }
    }

    /// Where it listens then.
    pub fn host(self) -> IpAddr {
        match self {
            Self::Machine | Self::Proxy => Ipv4Addr::LOCALHOST.into(),
            Self::Network | Self::Domain => Ipv4Addr::UNSPECIFIED.into(),
        }
    }
}

/// Where something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Here,
    /// On another one, perhaps.
    Elsewhere,
}

/// Where proxies with these addresses and ranges run; nothing where the supervisor would not take the list.
pub fn place_of_proxies(list: &str) -> Option<Place> {
    let place = |word: &str| {
        if word == "private_ranges" {
            return Some(Place::Elsewhere);
        }
        let (address, bits) =
            word.split_once('/').map_or((word, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        // A whole loopback network: 127.0.0.0/8, ::1/128.
        let (most, loopback) = if address.is_ipv4() { (32, 8) } else { (128, 128) };
        let bits: u8 = bits.map_or(Ok(most), str::parse).ok().filter(|&bits| bits <= most)?;
        Some(if address.is_loopback() && bits >= loopback { Place::Here } else { Place::Elsewhere })
    };
    let places: Vec<_> = list.split_whitespace().map(place).collect::<Option<_>>()?;
    let is_here = places.iter().all(|&place| place == Place::Here);
    (!places.is_empty()).then_some(if is_here { Place::Here } else { Place::Elsewhere })
}

/// Whether ocweb could listen there.
pub fn check_port(host: IpAddr, port: u16) -> Finding {
    match TcpListener::bind((host, port)).map_err(|error| error.kind()) {
        Ok(_) => Finding::Works(format!("Port {port} is free.")),
        Err(io::ErrorKind::AddrInUse) => {
            Finding::Refused(format!("Something else listens on port {port} already."))
        }
        Err(io::ErrorKind::PermissionDenied) => {
            Finding::Refused(format!("Only root may listen on port {port} here. Take one from 1024 on."))
        }
        Err(kind) => Finding::Refused(format!("Nothing can listen on port {port}: {kind}.")),
    }
}

/// The first port from `first` on that is free.
pub fn free_port(host: IpAddr, first: u16) -> Option<u16> {
    (first..=u16::MAX).take(100).find(|&port| TcpListener::bind((host, port)).is_ok())
}

/// Whether a certificate can be had here: the authority asks at port 80, the phone at 443.
pub fn check_web_ports() -> Finding {
    let refused = [80, 443].iter().find_map(|&port| {
        let address = SocketAddr::from((Way::Domain.host(), port));
        TcpListener::bind(address).err().map(|error| (port, error.kind()))
    });
    match refused {
        None => Finding::Works("The ports 80 and 443 are free. Let them through the firewall, too.".into()),
        Some((port, io::ErrorKind::AddrInUse)) => Finding::Unknown(format!(
            "Something else listens on port {port} already, a web server perhaps. Stop it before ocweb starts, or go through \
             it: choose the proxy."
        )),
        Some((port, io::ErrorKind::PermissionDenied)) => Finding::Unknown(format!(
            "Only root may listen on port {port} here. Allow it to all, for good: echo net.ipv4.ip_unprivileged_port_start=80 | sudo \
             tee /etc/sysctl.d/50-ocweb.conf && sudo sysctl --system"
        )),
        Some((port, kind)) => Finding::Unknown(format!("Nothing can listen on port {port} now: {kind}.")),
    }
}

/// Whether it is a name that can be looked up: `code.example.org`.
pub fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label) && text.parse::<IpAddr>().is_err()
}

/// The names of a list, with commas or spaces between.
pub fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|name| !name.is_empty())
}

/// Whether all of the names lead here: what has to be known of the first that may not.
pub fn check_names(list: &str) -> Finding {
    let mut works = Finding::Unknown("There is no name.".into());
    for name in names(list) {
        match check_name(name) {
            found @ Finding::Works(_) => works = found,
            other => return other,
        }
    }
    works
}

/// Whether the name leads here, as far as this machine can know.
fn check_name(name: &str) -> Finding {
    let addresses = looked_up(name);
    let listed: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    if addresses.is_empty() {
        return Finding::Unknown(format!(
            "{name} has no address yet. Add an A record with this machine's address where the domain was bought."
        ));
    }
    if addresses.iter().any(|&address| is_ours(address)) {
        return Finding::Works(format!("{name} leads to this machine."));
    }
    Finding::Unknown(format!(
        "{name} leads to {}, which this machine does not have itself. That is right where a router or a cloud stands in front \
         and passes it on, and wrong otherwise.",
        listed.join(" and ")
    ))
}

fn looked_up(name: &str) -> Vec<IpAddr> {
    let (found, answer) = mpsc::channel();
    let name = name.to_owned();
    // The system's own look-up cannot be interrupted, only left alone.
    thread::spawn(move || {
        let addresses = (name, 0).to_socket_addrs().map(|all| all.map(|address| address.ip()).collect());
        let _ = found.send(addresses.unwrap_or_default());
    });
    let mut addresses: Vec<IpAddr> = answer.recv_timeout(PATIENCE).unwrap_or_default();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Only an address of this machine can be listened at.
fn is_ours(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_tried() {
        let host = Way::Machine.host();
        let taken = TcpListener::bind((host, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(check_port(host, port).is_refusal());
        let other = free_port(host, port).unwrap();
        assert!(other > port);
    }

    #[test]
    fn a_proxy_of_this_machine_is_known_however_it_is_written() {
        for here in ["127.0.0.1", "127.0.0.1/32", "127.0.0.0/8", "::1", "::1/128", "127.0.0.1 ::1"] {
            assert_eq!(place_of_proxies(here), Some(Place::Here), "{here}");
        }
        for elsewhere in ["10.0.0.0/8", "127.0.0.1 10.0.0.1", "private_ranges", "127.0.0.0/1", "::/0"] {
            assert_eq!(place_of_proxies(elsewhere), Some(Place::Elsewhere), "{elsewhere}");
        }
        for wrong in ["nginx", "", "10.0.0.0/33", "10.0.0.1,10.0.0.2", "127.0.0.1 nginx"] {
            assert_eq!(place_of_proxies(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_looked_up() {
        assert!(matches!(check_name("localhost"), Finding::Works(_)));
        // RFC 6761: never anybody's.
        assert!(matches!(check_name("code.invalid"), Finding::Unknown(_)));
        assert!(check_names("localhost, code.invalid").text().starts_with("code.invalid has no address"));
        assert!(is_name("code.example.org"));
        for wrong in [
            "localhost",
            "https://a.example",
            "a..b",
            "10.0.0.1",
            "-a.example",
            "a.example:80",
            "a.example/x",
        ] {
            assert!(!is_name(wrong), "{wrong}");
        }
    }
}
