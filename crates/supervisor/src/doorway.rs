//! The places where Caddy listens, held for it from before the first child until we end.
//!
//! Caddy starts last and may be restarted, and the agent runs meanwhile: whoever listened in Caddy's place would be shown the
//! cookie, or the password. So each place is bound by a socket that does not listen, made in the name of Caddy's user: the
//! kernel lets that user bind it a second time (`SO_REUSEPORT`), and nobody else. Where everything is one user, that holds
//! nobody off.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
};

use nix::unistd::setfsuid;
use ocweb_service::ConfigError;
use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, bind, listen, shutdown, socket_with,
    sockopt::{set_ipv6_v6only, set_socket_reuseaddr, set_socket_reuseport},
};

use crate::{edge::Edge, settings::invalid, users::User};

/// What holds the places, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Doorway {
    _places: Vec<OwnedFd>,
}

impl Doorway {
    /// Holds the places where `caddy`, or else our own user, is going to listen, and those that the same name leads to.
    pub(crate) fn hold(edge: &Edge, caddy: Option<User>) -> Result<Self, ConfigError> {
        let mut places = Vec::new();
        for (setting, address) in edge.listens() {
            let taken = |error| invalid(setting, format!("{address} cannot be held for Caddy: {error}"));
            places.push(place(address, false, caddy).map_err(taken)?);
            let Some(twin) = twin(address) else { continue };
            match place(twin, true, caddy) {
                Ok(place) => places.push(place),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    let reason = format!("something else listens on {twin}, where localhost leads as well");
                    return Err(invalid(setting, reason));
                }
                // Not every machine has both families, and then nobody can listen there.
                Err(_) => {}
            }
        }
        Ok(Self { _places: places })
    }
}

/// The address of the other family to which `localhost` leads as well, and which `address` leaves free.
fn twin(address: SocketAddr) -> Option<SocketAddr> {
    let other: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv6Addr::UNSPECIFIED.into(),
        IpAddr::V6(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        // The one address of IPv6 is IPv4's as well.
        _ => return None,
    };
    Some(SocketAddr::new(other, address.port()))
}

fn place(address: SocketAddr, is_twin: bool, user: Option<User>) -> io::Result<OwnedFd> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    // Whose a socket is, is who its maker is to the file system.
    let us = user.map(|user| setfsuid(user.uid));
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    if let Some(us) = us {
        setfsuid(us);
    }
    let socket = socket?;
    if address.is_ipv6() {
        set_ipv6_v6only(&socket, is_twin)?;
    }
    // Connections of an earlier run that nobody has closed yet are in nobody's way, ...
    set_socket_reuseaddr(&socket, true)?;
    set_socket_reuseport(&socket, true)?;
    bind(&socket, &address)?;
    // ... but from then on nobody is to say the same of us. What has listened once the kernel no longer lets anybody join
    // unasked.
    listen(&socket, 0)?;
    set_socket_reuseaddr(&socket, false)?;
    shutdown(&socket, Shutdown::Both)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_localhost_leads_as_well_is_held_too() {
        for (address, other) in [
            ("127.0.0.1:8080", Some("[::1]:8080")),
            ("[::1]:8080", Some("127.0.0.1:8080")),
            ("0.0.0.0:80", Some("[::]:80")),
            ("[::]:80", None),
            ("10.1.2.3:80", None),
            ("[2001:db8::1]:80", None),
        ] {
            let other = other.map(|other| other.parse().unwrap());
            assert_eq!(twin(address.parse().unwrap()), other, "{address}");
        }
    }
}
