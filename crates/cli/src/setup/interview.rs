//! The questions of `ocweb setup`, and the setup without any.

mod reach;

use super::{
    finding::Finding,
    github,
    known::Known,
    password,
    plan::{NewPassword, Plan},
    provider,
    topic::{State, Topic, states},
};
use crate::{
    failure::Failure,
    resolution::Held,
    settings::PROVIDERS,
    terminal::{Terminal, Unanswered},
};

/// How often somebody may mistype before it goes on without.
const TRIES: u32 = 3;

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        Self::Other(format!("{unanswered} Nothing was changed."))
    }
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
        if self.known.runs_with_a_fixed_password() {
            terminal.say(
                "The ocweb that runs was started with AUTH_PASSWORD, which this shell does not know. It takes no other until \
                 that is changed where it is set, so none is asked for.",
            );
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
}

fn question(name: &str, is_set: bool) -> String {
    format!("{name}, or Enter to {}", if is_set { "keep what is set" } else { "go on without" })
}

/// What nobody sees is confirmed all the same: a paste may have been cut off.
fn received(secret: &str) -> String {
    format!("{} characters. Checking …", secret.chars().count())
}
