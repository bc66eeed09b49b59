//! What a setup is about, and what is known of it before anything is asked: held against the real thing.

use std::net::IpAddr;

use super::{
    address::{self, Way},
    finding::Finding,
    known::{Known, ProviderKey},
    provider,
};
use crate::failure::Failure;

/// Where ocweb listens if nobody says otherwise.
pub(super) const USUAL_PORT: u16 = 8080;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Password,
    GitHub,
    Provider,
    Address,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Password, Self::GitHub, Self::Provider, Self::Address];

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Password => "Password",
            Self::GitHub => "GitHub",
            Self::Provider => "Model",
            Self::Address => "Address",
        }
    }
}

/// What is known of a topic.
pub(super) struct State {
    /// What it is about.
    pub(super) topic: Topic,
    /// What is set, in words and without secrets; nothing where it has to be asked for.
    pub(super) set: Option<String>,
    /// What a check of it found.
    pub(super) finding: Option<Finding>,
}

/// What is known of each topic, held against the real thing.
pub(super) fn states(known: &Known<'_>) -> Result<Vec<State>, Failure> {
    let state = |topic| {
        let (set, finding) = match topic {
            Topic::Password => (known.password()?, None),
            Topic::GitHub => match known.token()? {
                Some((token, origin)) => {
                    (Some(format!("a token ({origin})")), Some(known.check_token(&token)?))
                }
                None => (None, None),
            },
            Topic::Provider => {
                let keys = known.provider_keys()?;
                let names: Vec<_> =
                    keys.iter().map(|key| format!("{} ({})", key.variable, key.origin)).collect();
                let checkable = keys.iter().find(|key| provider::by_variable(&key.variable).is_some());
                let finding =
                    checkable.map(|ProviderKey { variable, value, .. }| known.check_key(variable, value));
                ((!names.is_empty()).then(|| names.join(", ")), finding)
            }
            Topic::Address => address_state(known)?,
        };
        Ok(State { topic, set, finding })
    };
    Topic::ALL.into_iter().map(state).collect()
}

fn address_state(known: &Known<'_>) -> Result<(Option<String>, Option<Finding>), Failure> {
    let (way, is_wanted) = known.way()?;
    let port = port(known)?;
    let names = known.value("OCWEB_DOMAIN")?.or(known.value("OCWEB_HOSTS")?).unwrap_or_default();
    let text = match way {
        Way::Domain if names.is_empty() => "a certificate of your own".into(),
        Way::Domain => format!("{names}, encrypted"),
        Way::Proxy => format!("{names} through a proxy, port {port}"),
        Way::Machine | Way::Network => format!("{}, port {port}", way.about()),
    };
    // What listens there now is ocweb itself.
    let finding = match way {
        Way::Domain if names.is_empty() => None,
        Way::Domain => Some(address::check_names(&names)),
        _ if known.runs() => None,
        _ => Some(address::check_port(listening(known, way)?, port)),
    };
    Ok((is_wanted.then_some(text), finding))
}

/// Where it listens as things stand.
fn listening(known: &Known<'_>, way: Way) -> Result<IpAddr, Failure> {
    let said = known.value("OCWEB_HOST")?.and_then(|host| host.parse().ok());
    Ok(said.unwrap_or_else(|| way.host()))
}

/// The port of plain HTTP as things stand.
pub(super) fn port(known: &Known<'_>) -> Result<u16, Failure> {
    Ok(known.value("OCWEB_PORT")?.and_then(|port| port.parse().ok()).unwrap_or(USUAL_PORT))
}
