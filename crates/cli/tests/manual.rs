//! docs/command.md says of every command what the command says of itself.

use std::{env, fmt::Write, fs, path::Path};

use clap::{Arg, Command, CommandFactory};
use ocweb_cli::arguments::Arguments;

const BEGINNING: &str =
    "<!-- From here on it is written by `OCWEB_WRITE=1 cargo test -p ocweb-cli --test suite manual`. -->\n";

#[test]
fn the_manual_has_every_command_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/command.md");
    let text = fs::read_to_string(&path).unwrap();
    let (own, written) = text.split_once(BEGINNING).unwrap();
    let mut wanted = String::new();
    for command in Arguments::command().get_subcommands() {
        describe("ocweb", command, &mut wanted);
    }
    if env::var_os("OCWEB_WRITE").is_some() {
        fs::write(path, format!("{own}{BEGINNING}{wanted}")).unwrap();
    } else {
        assert!(
            written == wanted,
            "docs/command.md is not current: OCWEB_WRITE=1 cargo test -p ocweb-cli --test suite manual"
        );
    }
}

/// A command, or each of the commands that it has.
fn describe(before: &str, command: &Command, text: &mut String) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    if command.has_subcommands() {
        for inner in command.get_subcommands() {
            describe(&name, inner, text);
        }
        return;
    }
    let places = command.get_positionals().map(|place| {
        let value = place.get_id().as_str().to_uppercase();
        if place.is_required_set() { format!(" {value}") } else { format!(" [{value}]") }
    });
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(text, "\n### {name}{}\n\n{}", places.collect::<String>(), sentence(&about)).unwrap();
    let arguments: Vec<_> = command.get_arguments().filter(|argument| !argument.is_global_set()).collect();
    if !arguments.is_empty() {
        text.push('\n');
    }
    for argument in arguments {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        writeln!(text, "- `{}`: {}", typed(argument), sentence(&help)).unwrap();
    }
}

/// An argument as it is typed.
fn typed(argument: &Arg) -> String {
    let Some(long) = argument.get_long() else { return argument.get_id().as_str().to_uppercase() };
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let value = argument.get_value_names().and_then(<[_]>::first).filter(|_| takes_value);
    format!("{short}--{long}{}", value.map(|value| format!(" {value}")).unwrap_or_default())
}

/// clap takes away the last full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}
