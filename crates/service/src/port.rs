//! Ports for programs that are told theirs now and open it later.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

/// For what runs behind the door. Linux takes the ports of outgoing connections, and those of whoever asks for any, from 32768
/// on (ip(7), `ip_local_port_range`): below, nobody sits on one by chance before its owner opens it, or while that is down.
pub const BACKEND_PORTS: Range<u16> = 20_000..32_000;

/// How often it is drawn again: with half of the ports taken, this is still enough.
const TRIES: usize = 50;

/// One of `ports`, drawn at random, that nothing listens on at 127.0.0.1; any other that is free where none is found.
///
/// # Errors
///
/// The system gives no random bytes, or has no free port.
pub fn free_port(ports: Range<u16>) -> io::Result<u16> {
    for _ in 0..TRIES {
        let random = getrandom::u32().map_err(io::Error::other)?;
        let width = u32::from(ports.end - ports.start);
        let port = ports.start + u16::try_from(random % width).map_err(io::Error::other)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::{BACKEND_PORTS, free_port};

    #[test]
    fn it_is_one_of_them_and_free() {
        for _ in 0..100 {
            let port = free_port(BACKEND_PORTS).unwrap();
            assert!(BACKEND_PORTS.contains(&port));
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        }
    }

    #[test]
    fn where_all_are_taken_it_is_another() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert_ne!(free_port(taken..taken + 1).unwrap(), taken);
    }
}
