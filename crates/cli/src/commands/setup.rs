//! `ocweb setup`: the questions, one summary, and then everything that follows from the answers.

use std::{
    path::Path,
    process::{Command as Process, Stdio},
};

use crate::{
    arguments::{ServiceCommand, SetupArguments},
    commands::{password, restart, service, start, stop, url},
    config_store,
    context::Context,
    failure::Failure,
    layout::Layout,
    service::Manager,
    setup::{
        interview::{self, Service, Wishes},
        known::Known,
        plan::{NewPassword, Plan},
    },
    terminal::Terminal,
    tokens,
};

/// Sets it up.
pub fn run(arguments: &SetupArguments, context: &Context) -> Result<String, Failure> {
    let known = Known::read(context)?;
    let mut wishes = Wishes { save: arguments.save, service: service(arguments, context) };
    let mut obstacle = None;
    if wishes.service != Service::Settled
        && let Err(failure) = service::must_be_possible(context)
    {
        if wishes.service == Service::Wanted {
            return Err(failure);
        }
        wishes.service = Service::Settled;
        obstacle = Some(failure);
    }
    if arguments.yes {
        let say = |sentence: &str| context.say(sentence);
        let plan = interview::unattended(&known, wishes, say)?;
        carry_out(&plan, context, &say)?;
        if plan.is_empty() && known.runs() {
            return if arguments.start { url::run(context) } else { Ok(String::new()) };
        }
        return finish(&plan, context, arguments.start, &say);
    }
    let terminal = Terminal::of_process().ok_or_else(|| {
        Failure::Usage("There is no terminal to ask at. Without questions: ocweb setup --yes".into())
    })?;
    let plan = interview::ask(&terminal, &known, wishes)?;
    if let Some(obstacle) = obstacle {
        terminal.say(&format!("\nService\nIt cannot start with this machine. {obstacle}"));
    }
    if plan.is_empty() {
        terminal.say("\nNothing is to be changed.");
    } else {
        summary(&terminal, &plan, &context.config_path()?);
    }
    if !plan.is_empty() && !terminal.confirm("Do this?", true)? {
        return Err(Failure::Other("Stopped. Nothing was changed.".into()));
    }
    let say = |sentence: &str| terminal.say(sentence);
    let contradicting = plan.contradicted_by(&context.variables);
    if !contradicting.is_empty() {
        say(&format!(
            "This shell says otherwise, and would win the next time you start ocweb in it: unset {}",
            contradicting.join(" ")
        ));
    }
    let context = &context.without(&contradicting);
    carry_out(&plan, context, &say)?;
    if plan.is_empty() && known.runs() {
        say("It runs.");
        return url::run(context);
    }
    let question =
        if known.runs() { "It runs with the old settings. Restart it now?" } else { "Start it now?" };
    let is_wanted = plan.service || arguments.start || terminal.confirm(question, true).unwrap_or(false);
    finish(&plan, context, is_wanted, &say)
}

fn service(arguments: &SetupArguments, context: &Context) -> Service {
    if arguments.service {
        Service::Wanted
    } else if Manager::here().is_there() && service::installed(context).is_none() {
        Service::Possible
    } else {
        Service::Settled
    }
}

fn summary(terminal: &Terminal, plan: &Plan, path: &Path) {
    if plan.changes_file() {
        terminal.say(&format!("\nInto {}:", path.display()));
        for line in plan.told() {
            terminal.say(&format!("  {line}"));
        }
    } else {
        terminal.say("\nThe config file stays as it is.");
    }
    terminal.say(match plan.password {
        NewPassword::Kept => "The password stays as it is.",
        NewPassword::Made => "A password is made, and shown once.",
        NewPassword::Given(_) => "The password is the one that you gave; its hash is kept on the volume.",
    });
    if plan.service {
        terminal.say("The service is installed, and started.");
    }
}

/// Changes what is to be changed.
fn carry_out(plan: &Plan, context: &Context, say: &dyn Fn(&str)) -> Result<(), Failure> {
    if plan.changes_file() {
        let path = context.config_path()?;
        let text = plan
            .applied(&config_store::text(&path)?)
            .map_err(|mistake| Failure::mistakes(&path, &[mistake]))?;
        config_store::write(&path, &text)?;
        say(&format!("{} is written.", path.display()));
    }
    build(context, say)?;
    if let NewPassword::Given(password) = &plan.password {
        set_password(password, context, say)?;
    }
    Ok(())
}

/// In a checkout, gets and builds what is not there yet.
fn build(context: &Context, say: &dyn Fn(&str)) -> Result<(), Failure> {
    let layout = Layout::here();
    let missing = layout.complete(&mut context.environment()?);
    let Layout::Checkout(root) = layout else { return missing };
    if missing.is_ok() {
        return Ok(());
    }
    say(
        "Building ocweb, and getting opencode and Caddy: about ten minutes the first time on two processors.",
    );
    for script in ["bin/build", "bin/install"] {
        let status = Process::new(root.join(script)).stdin(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(Failure::Other(format!(
                "{script} did not work; the lines above say why. What you answered is kept: run `ocweb setup` again."
            )));
        }
    }
    Ok(())
}

/// Of the one that runs, or on the volume.
fn set_password(password: &str, context: &Context, say: &dyn Fn(&str)) -> Result<(), Failure> {
    let mut environment = context.environment()?;
    // It would be the one that holds, and no other could be kept.
    environment.remove("AUTH_PASSWORD");
    if let Ok(instance) = context.instance() {
        if !tokens::password_is_fixed(&instance)? {
            return tokens::change_password(&instance, password, password::current_password);
        }
        // It looks at none on the volume.
        say(
            "ocweb runs with the password that it was started with. This one holds once it is started without.",
        );
    }
    password::set(password, &mut environment)
}

/// Starts it, if that is wanted, and says where it is and what comes next.
fn finish(plan: &Plan, context: &Context, is_wanted: bool, say: &dyn Fn(&str)) -> Result<String, Failure> {
    let runs = context.instance().is_ok();
    let address = if plan.service {
        // What was not built before may show it only now; the one that runs goes on then.
        service::must_be_possible(context)?;
        if runs {
            stop::run(context)?;
        }
        service::run(&ServiceCommand::Install { print: None }, context)?
    } else if !is_wanted {
        say("Done. Start it with: ocweb start");
        return Ok(String::new());
    } else if runs {
        restart::run(None, context)?
    } else {
        start::run(service::installed(context).is_none(), false, context)?
    };
    say("It runs. Open it, log in, and send a task:");
    Ok(address)
}
