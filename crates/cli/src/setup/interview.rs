//! The questions of `ocweb setup`, and the setup without any.

use std::net::IpAddr;

use super::{
    address::{self, Place, Way},
    finding::Finding,
    github,
    known::{Known, ProviderKey},
    password,
    plan::{NewPassword, Plan},
    provider,
};
use crate::{
    failure::Failure,
    resolution::Held,
    settings::{self, PROVIDERS},
    terminal::{Terminal, Unanswered},
};

/// How often somebody may mistype before it goes on without.
const TRIES: u32 = 3;

/// Where ocweb listens if nobody says otherwise.
const USUAL_PORT: u16 = 8080;

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        Self::Other(format!("{unanswered} Nothing was changed."))
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Password,
    GitHub,
    Provider,
    Address,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Password, Self::GitHub, Self::Provider, Self::Address];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "Password",
            Self::GitHub => "GitHub",
            Self::Provider => "Model",
            Self::Address => "Address",
        }
    }
}

/// What is known of a topic.
struct State {
    topic: Topic,
    /// What is set, in words and without secrets; nothing where it has to be asked for.
    set: Option<String>,
    /// What a check of it found.
    finding: Option<Finding>,
}

/// What a setup is told on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// What only the environment says is to be written into the file.
    pub save: bool,
    /// Whether it is started with the machine.
    pub service: Service,
}

/// Whether it is started with the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It is to be.
    Wanted,
    /// That can be asked.
    Possible,
    /// It cannot, or is already.
    Settled,
}

/// Asks what has to be asked, and gives the plan. An end before the last answer is a failure, and nothing was changed.
pub fn ask(terminal: &Terminal, known: &Known<'_>, wishes: Wishes) -> Result<Plan, Failure> {
    terminal.say("Enter takes what stands in [brackets]. Ctrl-C ends it, and nothing is changed before the last question.");
    let states = states(known)?;
    let mut interview = Interview { terminal, known, plan: Plan::new(known.said.clone()) };
    let set: Vec<_> = states.iter().filter(|state| state.set.is_some()).collect();
    let mut again = false;
    if !set.is_empty() {
        terminal.say("\nThis is set already:");
        for state in set {
            terminal.say(&format!("  {}: {}", state.topic.name(), state.set.as_deref().unwrap_or_default()));
            if let Some(finding) = &state.finding {
                terminal.say(&format!("    {}", finding.text()));
            }
        }
        again = terminal.confirm("Change any of it?", false)?;
    }
    for State { topic, set, finding } in &states {
        let is_refused = finding.as_ref().is_some_and(Finding::is_refusal);
        if again || set.is_none() || is_refused {
            terminal.say(&format!("\n{}", topic.name()));
            interview.about(*topic, set.is_some())?;
        }
    }
    interview.plan.service = match wishes.service {
        Service::Wanted => true,
        Service::Settled => false,
        Service::Possible => {
            terminal.say("\nService");
            terminal.confirm("Start ocweb with this machine, and again after a crash?", true)?
        }
    };
    interview.save(wishes.save)?;
    Ok(interview.plan)
}

/// Takes every default. What is set and is known not to work is a failure.
pub fn unattended(known: &Known<'_>, wishes: Wishes, say: impl Fn(&str)) -> Result<Plan, Failure> {
    let mut plan = Plan::new(known.said.clone());
    for State { topic, set, finding } in states(known)? {
        let text = finding.as_ref().map_or_else(|| set.as_deref().unwrap_or("not set"), Finding::text);
        if finding.as_ref().is_some_and(Finding::is_refusal) {
            return Err(Failure::Setting(format!("{}: {text} Nothing was changed.", topic.name())));
        }
        say(&format!("{}: {text}", topic.name()));
        if topic == Topic::Password && set.is_none() {
            plan.password = NewPassword::Made;
        }
    }
    plan.service = wishes.service == Service::Wanted;
    // A service is not told what this environment says.
    if wishes.save || plan.service {
        save(&mut plan, known)?;
    }
    Ok(plan)
}

/// What is known of each topic, held against the real thing.
fn states(known: &Known<'_>) -> Result<Vec<State>, Failure> {
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

fn port(known: &Known<'_>) -> Result<u16, Failure> {
    Ok(known.value("OCWEB_PORT")?.and_then(|port| port.parse().ok()).unwrap_or(USUAL_PORT))
}

/// What only the environment says goes into the file. A password does not: its hash is kept on the volume.
fn save(plan: &mut Plan, known: &Known<'_>) -> Result<(), Failure> {
    for (key, value) in known.of_environment()? {
        if plan.decides(&key) {
            // The answer is the newer one.
        } else if key == "password" {
            plan.password = NewPassword::Given(value);
        } else {
            plan.set(&key, &value);
        }
    }
    Ok(())
}

struct Interview<'a> {
    terminal: &'a Terminal,
    known: &'a Known<'a>,
    plan: Plan,
}

impl Interview<'_> {
    fn about(&mut self, topic: Topic, is_set: bool) -> Result<(), Failure> {
        match topic {
            Topic::Password => self.password(is_set),
            Topic::GitHub => self.github(is_set),
            Topic::Provider => self.provider(is_set),
            Topic::Address => self.address(),
        }
    }

    fn password(&mut self, is_set: bool) -> Result<(), Failure> {
        let terminal = self.terminal;
        let Held { value, origin } = self.known.held("AUTH_PASSWORD")?;
        if value.is_some() {
            terminal.say(&format!("It is set by the {origin}, and changed there."));
            return Ok(());
        }
        let of_enter =
            if is_set { "keeps the one there is" } else { "has a strong one made, which is shown once" };
        terminal.say(&format!("You log in with it. Enter {of_enter}."));
        self.plan.password = if is_set { NewPassword::Kept } else { NewPassword::Made };
        for _ in 0..TRIES {
            let typed = terminal.ask_secret("Password")?;
            if typed.is_empty() {
                return Ok(());
            }
            if let Some(weakness) = password::weakness(&typed) {
                terminal.say(weakness);
                if !terminal.confirm("Take it all the same?", false)? {
                    continue;
                }
            }
            if terminal.ask_secret("The same once more")? == typed {
                self.plan.password = NewPassword::Given(typed);
                return Ok(());
            }
            terminal.say("These were two different ones.");
        }
        terminal.say(if is_set { "The old one is kept." } else { "One will be made." });
        Ok(())
    }

    fn github(&mut self, is_set: bool) -> Result<(), Failure> {
        let url = self.known.value("GITHUB_URL")?.unwrap_or_default();
        self.terminal.say(&format!(
            "A token lets ocweb list, clone and push your repositories. Make one for those that you work on, with read and write \
             access to Contents and Pull requests:\n{}",
            github::token_page(&url)
        ));
        let known = self.known;
        let token = self.secret("Token", is_set, |token| known.check_token(token))?;
        if let Some(token) = token {
            self.plan.set("github.token", &token);
        }
        Ok(())
    }

    fn provider(&mut self, is_set: bool) -> Result<(), Failure> {
        self.terminal.say(
            "A key of OpenRouter, Anthropic, OpenAI or any other provider that opencode knows, so that a model answers.",
        );
        for _ in 0..TRIES {
            let key = self.terminal.ask_secret(&question("Key", is_set))?;
            if key.is_empty() {
                break;
            }
            self.terminal.say(&received(&key));
            let variable = self.variable_of(&key)?;
            let finding = self.known.check_key(&variable, &key);
            self.terminal.say(finding.text());
            if !finding.is_refusal() {
                self.plan.set(&format!("{PROVIDERS}.{variable}"), &key);
                break;
            }
        }
        Ok(())
    }

    /// Whose a key is; asked only where its form does not say.
    fn variable_of(&self, key: &str) -> Result<String, Failure> {
        let guess = provider::guess(key).map_or("", |provider| provider.name);
        loop {
            let said = self.terminal.ask("Whose key is it (or its variable, X_API_KEY)", guess)?;
            if let Some(variable) = provider::variable_meant(&said) {
                return Ok(variable);
            }
            self.terminal.say("That is no provider known here: give the variable that opencode's documentation names for its key, such as CEREBRAS_API_KEY.");
        }
    }

    /// A secret that holds, or nothing: then what was before is kept.
    fn secret(
        &self,
        name: &str,
        is_set: bool,
        check: impl Fn(&str) -> Result<Finding, Failure>,
    ) -> Result<Option<String>, Failure> {
        for _ in 0..TRIES {
            let typed = self.terminal.ask_secret(&question(name, is_set))?;
            if typed.is_empty() {
                return Ok(None);
            }
            self.terminal.say(&received(&typed));
            let finding = check(&typed)?;
            self.terminal.say(finding.text());
            if !finding.is_refusal() {
                return Ok(Some(typed));
            }
        }
        self.terminal.say("It goes on without.");
        Ok(None)
    }

    fn address(&mut self) -> Result<(), Failure> {
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

    /// What this shell alone knows is lost to a service, and to the next shell.
    fn save(&mut self, is_wanted: bool) -> Result<(), Failure> {
        let mut lost = self.known.of_environment()?;
        lost.retain(|(key, _)| !self.plan.decides(key));
        if lost.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = lost.iter().map(|(key, _)| key.as_str()).collect();
        let question = format!(
            "\nThis environment alone says: {}.\nWrite it down, so that it holds from another shell, too?",
            names.join(", ")
        );
        if is_wanted || self.terminal.confirm(&question, true)? {
            let typed = self.plan.password.clone();
            save(&mut self.plan, self.known)?;
            if let NewPassword::Given(_) = typed {
                self.plan.password = typed;
            }
        }
        Ok(())
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

fn question(name: &str, is_set: bool) -> String {
    format!("{name}, or Enter to {}", if is_set { "keep what is set" } else { "go on without" })
}

/// What nobody sees is confirmed all the same: a paste may have been cut off.
fn received(secret: &str) -> String {
    format!("{} characters. Checking …", secret.chars().count())
}
