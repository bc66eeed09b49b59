//! The person's own certificate is taken up again when it changes, whatever Caddy does meanwhile.

use crate::pair;
use std::fs;

use crate::harness::{World, wait_until};

#[test]
fn a_certificate_that_is_renewed_while_caddy_does_not_answer_is_taken_up_once_it_does() {
    let mut world = World::new();
    world.behave("caddy", "held");
    renew(&world, "first");
    let mut environment = world.environment();
    let port = (world.port + 1).to_string();
    environment.extend(
        [("OCWEB_HOST", "127.0.0.1"), ("OCWEB_HTTPS_PORT", port.as_str())]
            .map(|(name, value)| (name.into(), value.into())),
    );
    for name in ["OCWEB_TLS_CERTIFICATE", "OCWEB_TLS_KEY"] {
        environment.insert(name.into(), world.path("own.pem").display().to_string());
    }
    world.start_with(environment);
    let pid = world.wait_for_state("caddy", "running")["pid"].clone();

    fs::write(world.path("caddy.held"), "").unwrap();
    world.wait_for_state("caddy", "unresponsive");
    let second = renew(&world, "second");
    wait_until("the new one is seen", || world.log().contains("has changed, and is taken up"));
    assert_eq!(world.state("caddy").unwrap(), "unresponsive");
    assert_eq!(fs::read(world.path("run/caddy/certificate.pem")).unwrap(), second);
    assert!(!world.path("caddy.reloads").exists(), "it is not told yet");

    fs::remove_file(world.path("caddy.held")).unwrap();
    wait_until("it is told", || world.path("caddy.reloads").exists());
    assert_eq!(world.wait_for_state("caddy", "running")["pid"], pid, "and goes on");
}

/// Puts another one in the place of the person's own: a certificate and its key in one file.
fn renew(world: &World, name: &str) -> Vec<u8> {
    let both = pair::made(&world.path(""), name).concat();
    fs::write(world.path("new.pem"), &both).unwrap();
    fs::rename(world.path("new.pem"), world.path("own.pem")).unwrap();
    both
}
