//! `ocweb service`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    arguments::ServiceCommand,
    commands::start,
    context::Context,
    failure::Failure,
    resolution::{self, Origin},
    service::{Manager, Plan},
    settings::{self, PROVIDERS},
    setup::known::{Known, ProviderKey},
};

/// Does what was typed.
pub fn run(command: &ServiceCommand, context: &Context) -> Result<String, Failure> {
    let manager = Manager::here();
    let file = manager.file(&context.variables)?;
    match command {
        ServiceCommand::Install { print } => {
            let plan = plan(context)?;
            if let Some(other) = print {
                return Ok(other.unwrap_or(manager).text(&plan).trim_end().to_owned());
            }
            manager.must_be_there()?;
            refuse_beside_another(context)?;
            // Here, where the person sees the password; not in a journal.
            let environment = start::prepare(context)?;
            if manager == Manager::System {
                hide_programs(Path::new(&environment["OCWEB_BIN_DIR"]));
            }
            manager.install(&file, &plan)?;
            let unseen = unseen(context)?;
            if !unseen.is_empty() {
                context.say(&format!(
                    "A service does not see your environment: put {} into {}.",
                    unseen.join(", "),
                    plan.config.display()
                ));
            }
            context.say(&format!(
                "The service is installed ({}), and ocweb starts with the machine.",
                file.display()
            ));
            if manager == Manager::User && !lingers(context) {
                context.say(
                    "It ends with your last login until an administrator allows more: sudo loginctl enable-linger \"$USER\"",
                );
            }
            start::until_ready(context, || start::still_wanted(manager))
        }
        ServiceCommand::Uninstall => {
            if !file.exists() {
                return Err(Failure::NotRunning("No service is installed.".into()));
            }
            manager.uninstall(&file)?;
            context.say("The service is gone. Data and settings are as they were.");
            Ok(String::new())
        }
        ServiceCommand::Status => {
            if !file.exists() {
                return Err(Failure::NotRunning(
                    "No service is installed. `ocweb service install` installs it.".into(),
                ));
            }
            let state = manager.state()?;
            let shown = if context.manner.json {
                json!({ "file": file, "state": state }).to_string()
            } else {
                format!("{state} ({})", file.display())
            };
            if state == "active" {
                return Ok(shown);
            }
            println!("{shown}");
            Err(Failure::NotRunning(
                "The service does not run. `ocweb start` starts it, `ocweb logs` says why.".into(),
            ))
        }
    }
}

/// One that somebody started by hand has the volume: the service would fall again and again.
fn refuse_beside_another(context: &Context) -> Result<(), Failure> {
    match context.instance() {
        Ok(instance) if instance.manager().is_none() => Err(Failure::Other(format!(
            "ocweb runs already, as process {}, and not as a service. Stop it first: ocweb stop",
            instance.pid
        ))),
        _ => Ok(()),
    }
}

/// Where backups go, as far as that is a folder of this machine.
fn backup_folders(to: &str, repository: &str, context: &Context) -> Vec<PathBuf> {
    let repository = repository.strip_prefix("local:").unwrap_or(repository);
    let paths = [to, repository].map(|path| resolution::whole(path, &context.variables));
    paths.into_iter().filter(|path| path.is_absolute()).collect()
}

/// The manager of the service that is installed here, if one is.
pub fn installed(context: &Context) -> Option<Manager> {
    let manager = Manager::here();
    manager.file(&context.variables).is_ok_and(|file| file.exists()).then_some(manager)
}

fn plan(context: &Context) -> Result<Plan, Failure> {
    let said = context.said()?;
    let value = |key: &str| -> Result<String, Failure> {
        let setting =
            settings::by_key(key).ok_or_else(|| Failure::Other(format!("There is no setting {key}.")))?;
        Ok(resolution::hold(setting, &context.variables, &said)?.value.unwrap_or_default())
    };
    let program = std::env::current_exe().and_then(|program| program.canonicalize());
    let program =
        program.map_err(|error| Failure::Other(format!("It is not known where ocweb lies: {error}.")))?;
    if program.components().any(|part| part.as_os_str() == "_npx") {
        return Err(Failure::Usage(
            "This ocweb lies in npx's cache, which may be emptied. Install it first: npm install --global ocweb".into(),
        ));
    }
    Ok(Plan {
        program,
        config: context.config_path()?,
        data: context.data()?,
        backups: backup_folders(&value("backup.to")?, &value("backup.repository")?, context),
        path: context.variable("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").into(),
        restart: value("service.restart")?,
        restart_seconds: value("service.restart_seconds")?.parse().unwrap_or(5),
    })
}

/// What cannot be read is hidden by the kernel from the moment in which it starts (as in the image). The service itself sees
/// programs on a file system that it cannot change, so this is the time.
fn hide_programs(folder: &Path) {
    let programs = fs::read_dir(folder).into_iter().flatten().flatten();
    for program in programs.filter(|entry| entry.file_name().to_string_lossy().starts_with("ocweb-")) {
        // Where it cannot be done, the supervisor says what follows from that.
        let _ = fs::set_permissions(program.path(), fs::Permissions::from_mode(0o711));
    }
}

/// What the environment alone says, by key, and the service will not hear. Where the data are it is told.
fn unseen(context: &Context) -> Result<Vec<String>, Failure> {
    let known = Known::read(context)?;
    let said = known.of_environment()?.into_iter().map(|(key, _)| key).filter(|key| key != "data");
    let is_a_file =
        |key: &ProviderKey| matches!(&key.origin, Origin::Variable(name) if *name != key.variable);
    let of_files = known.provider_keys()?.into_iter().filter(is_a_file);
    Ok(said.chain(of_files.map(|key| format!("{PROVIDERS}.{}", key.variable))).collect())
}

/// Whether this user's services go on without a login (loginctl(1)).
fn lingers(context: &Context) -> bool {
    let user = context.variable("USER").or_else(|| context.variable("LOGNAME")).unwrap_or_default();
    std::path::Path::new("/var/lib/systemd/linger").join(user).is_file()
}
