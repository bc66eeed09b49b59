//! `ocweb config`.

use std::{
    io::{self, Read},
    path::Path,
    process::Command as Process,
};

use ocweb_backup::without_password;
use serde_json::{Value, json};

use crate::{
    arguments::{ConfigCommand, Manner},
    commands::start,
    config_file,
    config_store::{text, write},
    context::Context,
    failure::Failure,
    layout::Layout,
    resolution::{self, Held, Origin},
    schema::schema,
    settings::{self, Kind, PROVIDERS, SETTINGS, Setting},
    setup::known::Known,
    terminal::Terminal,
};

/// What is shown in place of a secret.
const HIDDEN: &str = "(set, not shown)";

/// Does what was typed; what is to be printed on standard output is given back.
pub fn run(command: ConfigCommand, context: &Context) -> Result<String, Failure> {
    let path = context.config_path()?;
    let manner = context.manner;
    match command {
        ConfigCommand::Path => Ok(if manner.json {
            json!({ "path": path, "exists": path.exists() }).to_string()
        } else {
            path.display().to_string()
        }),
        ConfigCommand::Get { key, origin } => get(key.as_deref(), origin, context),
        ConfigCommand::Set { key, value } => set(&path, &key, value, manner),
        ConfigCommand::Unset { key } => {
            known(&key)?;
            let changed = config_file::without(&text(&path)?, &key)
                .map_err(|mistake| Failure::mistakes(&path, &[mistake]))?;
            write(&path, &changed)?;
            Ok(told(manner, &format!("{key} is taken out of {}.", path.display())))
        }
        ConfigCommand::Edit => edit(&path, context),
        ConfigCommand::Check => {
            check(context)?;
            Ok(told(manner, "Every setting can be used."))
        }
        ConfigCommand::Schema => Ok(format!("{:#}", schema())),
    }
}

fn told(manner: Manner, sentence: &str) -> String {
    if manner.quiet || manner.json { String::new() } else { sentence.into() }
}

fn check(context: &Context) -> Result<(), Failure> {
    let mut environment = context.environment()?;
    // Where the parts are not here yet, nobody else can be asked.
    if Layout::here().complete(&mut environment).is_err() {
        return Ok(());
    }
    start::check(&environment)
}

fn get(key: Option<&str>, origin: bool, context: &Context) -> Result<String, Failure> {
    let said = context.said()?;
    let manner = context.manner;
    let is_provider = |key: &str| settings::provider(key).is_some();
    let wanted: Vec<&Setting> = match key {
        Some(key) if is_provider(key) => Vec::new(),
        Some(key) => vec![settings::by_key(key).ok_or_else(|| unknown(key))?],
        None => SETTINGS.iter().collect(),
    };
    let mut rows = Vec::new();
    for setting in wanted {
        let Held { value, origin } = resolution::hold(setting, &context.variables, &said)?;
        let shown = value.map(|value| match setting.kind {
            Kind::Secret => HIDDEN.to_owned(),
            _ => without_password(&value),
        });
        rows.push((setting.key.to_owned(), shown, origin));
    }
    if key.is_none_or(is_provider) {
        let keys = Known::read(context)?.provider_keys()?.into_iter();
        let all = keys.map(|held| (format!("{PROVIDERS}.{}", held.variable), held.origin));
        let shown = all.filter(|(name, _)| key.is_none_or(|key| key == name));
        rows.extend(shown.map(|(name, origin)| (name, Some(HIDDEN.to_owned()), origin)));
        if let Some(key) = key.filter(|_| rows.is_empty()) {
            rows.push((key.to_owned(), None, Origin::Nobody));
        }
    }
    if manner.json {
        let members = rows.into_iter().map(|(key, value, from)| {
            (key, if origin { json!({ "value": value, "origin": from.to_string() }) } else { json!(value) })
        });
        return Ok(format!("{:#}", Value::Object(members.collect())));
    }
    let single = key.is_some();
    let lines = rows.into_iter().filter(|(_, value, _)| single || origin || value.is_some()).map(
        |(key, value, from)| {
            let value = value.unwrap_or_default();
            match (single, origin) {
                (true, false) => value,
                (true, true) => format!("{value}\t{from}"),
                (false, false) => format!("{key} = {value}"),
                (false, true) => format!("{key} = {value}\t({from})"),
            }
        },
    );
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn set(path: &Path, key: &str, value: Option<String>, manner: Manner) -> Result<String, Failure> {
    known(key)?;
    let value = match value {
        Some(value) => value,
        None => read_value(key)?,
    };
    let before = text(path)?;
    let changed = config_file::with(&before, key, &config_file::written(key, &value))
        .map_err(|mistake| Failure::mistakes(path, &[mistake]))?;
    // What would be wrong afterwards is not written.
    config_file::read(&changed).map_err(|mistakes| {
        let own = mistakes.iter().find(|mistake| mistake.text.contains(&format!("“{key}”")));
        own.map_or_else(
            || Failure::mistakes(path, &mistakes),
            |mistake| Failure::Setting(mistake.text.clone()),
        )
    })?;
    write(path, &changed)?;
    Ok(told(manner, &format!("{key} is set in {}. It holds from the next start.", path.display())))
}

fn known(key: &str) -> Result<(), Failure> {
    let is_provider = settings::provider(key).is_some_and(|variable| !variable.is_empty());
    if is_provider || settings::by_key(key).is_some() || settings::by_file_key(key).is_some() {
        return Ok(());
    }
    Err(unknown(key))
}

fn unknown(key: &str) -> Failure {
    Failure::Usage(format!("There is no setting “{key}”; `ocweb config get` lists them."))
}

/// From a person, without an echo if it is a secret, or the first line from a program.
fn read_value(key: &str) -> Result<String, Failure> {
    if let Some(terminal) = Terminal::of_process() {
        let answer = if settings::is_secret(key) { terminal.ask_secret(key) } else { terminal.ask(key, "") };
        return answer.map_err(|unanswered| Failure::Other(format!("{unanswered} Nothing was changed.")));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn edit(path: &Path, context: &Context) -> Result<String, Failure> {
    if !path.exists() {
        write(path, "{\n}\n")?;
    }
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| context.variable(name));
    let Some(editor) = editor else {
        return Err(Failure::Usage(format!("EDITOR is not set; the file is {}.", path.display())));
    };
    // As git does: an editor may be given with its options.
    let status = Process::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path).status();
    match status {
        Ok(status) if status.success() => {
            check(context)?;
            Ok(told(context.manner, "Every setting can be used. They hold from the next start."))
        }
        Ok(status) => Err(Failure::Other(format!("The editor ended with {status}."))),
        Err(error) => Err(Failure::Other(format!("The editor cannot be started: {error}."))),
    }
}
