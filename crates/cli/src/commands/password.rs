//! `ocweb password`: another one, for who is at the machine; whoever is locked out gets in again by it.

use std::io::{self, BufRead};

use serde_json::json;

use crate::{
    context::Context,
    failure::Failure,
    layout::Layout,
    program,
    resolution::{self, Origin, Variables},
    settings,
    terminal::Terminal,
    tokens,
};

/// Asks for the new password and sets it.
pub fn run(context: &Context) -> Result<String, Failure> {
    refuse_where_it_would_not_hold(context)?;
    let instance = match context.instance() {
        Ok(instance) => Some(instance),
        Err(Failure::NotRunning(_)) => None,
        Err(failure) => return Err(failure),
    };
    if let Some(instance) = &instance
        && tokens::password_is_fixed(instance)?
    {
        return Err(Failure::Setting(
            "The ocweb that runs was started with AUTH_PASSWORD, which this shell does not know: change it where that \
             is set, and restart ocweb. Taken away there, ocweb keeps one of its own."
                .into(),
        ));
    }
    let data = context.data()?;
    if instance.is_none() && !data.join("ocweb").is_dir() {
        return Err(Failure::NotRunning(format!(
            "No ocweb was ever started on {}. If root runs it: sudo ocweb password",
            data.display()
        )));
    }
    let password = read_password()?;
    if let Some(instance) = &instance {
        tokens::change_password(instance, &password, current_password)?;
        context.say("The password is changed. Everybody is logged out, and all tokens are revoked.");
    } else {
        set(&password, &mut context.environment()?)?;
        context.say(&format!(
            "The password of the ocweb on {} is set. It holds from the next start; old logins and tokens do not.",
            data.display()
        ));
    }
    Ok(if context.manner.json {
        json!({ "changed": true, "running": instance.is_some() }).to_string()
    } else {
        String::new()
    })
}

/// A password that somebody has set elsewhere wins over the one that ocweb keeps.
fn refuse_where_it_would_not_hold(context: &Context) -> Result<(), Failure> {
    let Some(setting) = settings::by_key("password") else { return Ok(()) };
    let place = match resolution::hold(setting, &context.variables, &context.said()?)?.origin {
        Origin::Variable(name) => format!("{name} is set in the environment: change it there"),
        Origin::File(key) if key == setting.key => {
            "It is set in the config file: change it with `ocweb config set password`".into()
        }
        Origin::File(key) => format!("The config file names a file of it, as {key}: change that"),
        Origin::Default | Origin::Nobody => return Ok(()),
    };
    Err(Failure::Setting(format!(
        "{place}, and restart ocweb. Taken away there, ocweb keeps one of its own."
    )))
}

/// The password that holds, where `auth` wants it as a proof: unseen from a person, or a line from a program.
pub fn current_password() -> Result<String, Failure> {
    match Terminal::of_process() {
        Some(terminal) => terminal
            .ask_secret("The password that you log in with")
            .map_err(|error| Failure::Other(error.to_string())),
        None => read_line(
            "Here the agent is the same user as you, so this takes the password that you log in with: give it as a line on \
             standard input.",
        ),
    }
}

fn read_line(what_is_missing: &str) -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| Failure::Other(error.to_string()))?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::Usage(what_is_missing.into())),
        line => Ok(line.into()),
    }
}

/// Twice from a person without an echo, or a line from a program.
fn read_password() -> Result<String, Failure> {
    let Some(terminal) = Terminal::of_process() else {
        return read_line("Give the new password as a line on standard input.");
    };
    let ask = |question| terminal.ask_secret(question).map_err(|error| Failure::Other(error.to_string()));
    loop {
        let password = ask("New password")?;
        if password.is_empty() {
            terminal.say("It cannot be empty. Once more:");
        } else if ask("The same again")? == password {
            return Ok(password);
        } else {
            terminal.say("These were two different ones. Once more:");
        }
    }
}

/// While nothing runs, the program of `auth` keeps it.
pub fn set(password: &str, environment: &mut Variables) -> Result<(), Failure> {
    // Of the parts it takes one.
    let whole = Layout::here().complete(environment);
    if !environment.contains_key("OCWEB_BIN_DIR") {
        return whole;
    }
    program::run("ocweb-auth", "set-password", &format!("{password}\n"), environment).map(drop)
}
