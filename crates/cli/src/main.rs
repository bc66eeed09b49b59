//! The binary: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use ocweb_cli::{
    arguments::{Arguments, Command},
    commands::{
        backup, completions, config, conversation, doctor, logs, password, restart, restore, service, setup,
        start, status, stop, token, update, url,
    },
    context::{Context, show},
    resolution::Variables,
};

fn main() -> ExitCode {
    // The settings are in our memory and environment, and the agent may be the same user.
    ocweb_service::hide();
    let Arguments { manner, command } = Arguments::parse();
    let variables: Variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let context = Context { manner, variables };
    let outcome = match command {
        Command::Setup(arguments) => setup::run(&arguments, &context),
        Command::Start { background, foreground } => start::run(background, foreground, &context),
        Command::Stop => stop::run(&context),
        Command::Restart { service } => restart::run(service.as_deref(), &context),
        Command::Status => status::run(&context),
        Command::Logs(arguments) => logs::run(&arguments, &context),
        Command::Service(command) => service::run(&command, &context),
        Command::Doctor { runbook } => doctor::run(runbook, &context),
        Command::Url => url::run(&context),
        Command::Token(command) => token::run(command, &context),
        Command::Password => password::run(&context),
        Command::Completions { shell } => Ok(completions::run(shell)),
        Command::Update(arguments) => update::run(&arguments, &context),
        Command::Backup(arguments) => backup::run(&arguments, &context),
        Command::Restore(arguments) => restore::run(&arguments, &context),
        Command::Export { chat } => conversation::export(&chat, &context),
        Command::Import { file, repo } => conversation::import(&file, &repo, &context),
        Command::Config(command) => config::run(command, &context),
    };
    match outcome {
        Ok(text) => {
            show(&text);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("ocweb: {failure}");
            failure.exit_code()
        }
    }
}
