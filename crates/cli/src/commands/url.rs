//! `ocweb url`: the address, also as a picture that the phone's camera reads.

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde_json::json;

use crate::{
    addresses::{Address, Reach, addresses},
    context::Context,
    failure::Failure,
};

/// What a container can tell.
const UNKNOWN: &str = "A container does not know its address. On the machine that it runs on it is where the port was published: \
                       http://localhost:8080, as docker compose does. For the phone give it a name: OCWEB_DOMAIN, or OCWEB_HOSTS and \
                       OCWEB_TRUSTED_PROXIES behind a proxy; docs/tls.md.";

/// The addresses, the phone's first.
pub fn run(context: &Context) -> Result<String, Failure> {
    let addresses = addresses(&context.environment()?);
    if context.manner.json {
        let urls: Vec<_> = addresses.iter().map(|address| &address.url).collect();
        return Ok(json!({ "url": urls.first(), "urls": urls }).to_string());
    }
    if context.manner.quiet {
        return Ok(addresses.first().map(|address| address.url.clone()).unwrap_or_default());
    }
    Ok(shown(&addresses))
}

/// The addresses for a person who sits at a terminal and holds a phone.
pub fn shown(addresses: &[Address]) -> String {
    let mut parts: Vec<String> = addresses.iter().map(|address| address.url.clone()).collect();
    match addresses.first() {
        None => parts.push(UNKNOWN.into()),
        Some(address) if address.reach != Reach::Machine => parts.extend(picture(&address.url)),
        _ => parts.push(
            "Only this machine reaches it. For the phone: a domain, Tailscale, or the same network; docs/tls.md says how."
                .into(),
        ),
    }
    parts.join("\n")
}

/// The address as a picture of half blocks: light on dark, as terminals are.
fn picture(url: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(url, EcLevel::L).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}
