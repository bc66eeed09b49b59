//! The questions about from where it is reached. Each way takes back what only another one needs.

use std::net::IpAddr;

use super::{
    super::{
        address::{self, Place, Way},
        topic::{USUAL_PORT, port},
    },
    Interview,
};
use crate::{failure::Failure, settings};

impl Interview<'_> {
    pub(super) fn address(&mut self) -> Result<(), Failure> {
        let (before, _) = self.known.way()?;
        let choices = Way::ALL.map(Way::about);
        let default = Way::ALL.iter().position(|&way| way == before).unwrap_or(0);
        let chosen = self.terminal.choose("From where will you open it?", &choices, default)?;
        let way = Way::ALL[chosen];
        if way != Way::Domain {
            self.unset("OCWEB_DOMAIN");
        }
        let has_certificate = way == Way::Domain
            && self.known.value("OCWEB_TLS_CERTIFICATE")?.is_some()
            && self.terminal.confirm("Keep the certificate of your own?", true)?;
        if !has_certificate {
            // It listens everywhere with one.
            self.unset("OCWEB_TLS_CERTIFICATE");
            self.unset("OCWEB_TLS_KEY");
        }
        if way != Way::Proxy {
            self.unset("OCWEB_TRUSTED_PROXIES");
        }
        if way == Way::Network {
            self.set("OCWEB_HOST", &way.host().to_string());
            self.set("OCWEB_PLAIN_HTTP", "yes");
        } else {
            self.unset("OCWEB_HOST");
            self.unset("OCWEB_PLAIN_HTTP");
        }
        match way {
            Way::Domain if has_certificate => return Ok(()),
            Way::Domain => return self.domain(),
            Way::Proxy => self.proxy()?,
            Way::Machine | Way::Network => {}
        }
        self.port(way.host())
    }

    fn domain(&mut self) -> Result<(), Failure> {
        self.terminal.say(address::check_web_ports().text());
        let name = self.name("Domain", &self.known.value("OCWEB_DOMAIN")?.unwrap_or_default())?;
        self.set("OCWEB_DOMAIN", &name);
        self.unset("OCWEB_PORT");
        self.terminal.say(address::check_names(&name).text());
        Ok(())
    }

    fn proxy(&mut self) -> Result<(), Failure> {
        let name =
            self.name("The name it is reached by", &self.known.value("OCWEB_HOSTS")?.unwrap_or_default())?;
        self.set("OCWEB_HOSTS", &name);
        let before = self.known.value("OCWEB_TRUSTED_PROXIES")?.unwrap_or_else(|| "127.0.0.1/32".into());
        loop {
            let proxies = self.terminal.ask("The proxy's IP address", &before)?;
            let Some(place) = address::place_of_proxies(&proxies) else {
                self.terminal.say("That is no IP address, nor a range such as 10.0.0.0/8.");
                continue;
            };
            self.set("OCWEB_TRUSTED_PROXIES", &proxies);
            if place == Place::Elsewhere {
                self.set("OCWEB_HOST", &Way::Network.host().to_string());
            }
            return Ok(());
        }
    }

    fn name(&self, question: &str, default: &str) -> Result<String, Failure> {
        loop {
            let name = self.terminal.ask(question, default)?.to_lowercase();
            let names: Vec<_> = address::names(&name).collect();
            if !names.is_empty() && names.iter().all(|name| address::is_name(name)) {
                return Ok(names.join(","));
            }
            self.terminal.say("That is no name such as code.example.org.");
        }
    }

    fn port(&mut self, host: IpAddr) -> Result<(), Failure> {
        let before = port(self.known)?;
        // What listens there now is ocweb itself.
        let is_own = |port| port == before && self.known.runs();
        let mut default = before;
        if !is_own(before) && address::check_port(host, before).is_refusal() {
            default = address::free_port(host, before.saturating_add(1).max(USUAL_PORT)).unwrap_or(before);
        }
        loop {
            let typed = self.terminal.ask("Port", &default.to_string())?;
            let Ok(port) = typed.parse::<u16>() else {
                self.terminal.say("A port is a number from 1 to 65535.");
                continue;
            };
            let finding = address::check_port(host, port);
            if is_own(port) || !finding.is_refusal() {
                self.set("OCWEB_PORT", &port.to_string());
                return Ok(());
            }
            self.terminal.say(finding.text());
        }
    }

    fn set(&mut self, variable: &str, value: &str) {
        if let Some(setting) = settings::by_variable(variable) {
            self.plan.set(setting.key, value);
        }
    }

    fn unset(&mut self, variable: &str) {
        if let Some(setting) = settings::by_variable(variable) {
            self.plan.unset(setting.key);
        }
    }
}
