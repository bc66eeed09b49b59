//! `ocweb service`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{
    arguments::ServiceCommand,
    commands::start,
    context::{self, Context, show},
    failure::Failure,
    layout::Layout,
    resolution,
    service::{Manager, Plan},
    settings,
    setup::known::Known,
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
            must_be_possible(context)?;
            refuse_beside_another(context)?;
            if let Some(sentence) = of_who_asked(context, &plan) {
                context.say(&sentence);
            }
            // Here, where the person sees the password; not in a journal.
            start::prepare(context)?;
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
            start::until_ready(&its_context(manager, context)?, || start::still_wanted(manager))
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
            show(&shown);
            Err(Failure::NotRunning(
                "The service does not run. `ocweb start` starts it, `ocweb logs` says why.".into(),
            ))
        }
    }
}

/// Fails where no service can be installed from here, as far as that is known before anything is changed.
pub fn must_be_possible(context: &Context) -> Result<(), Failure> {
    let manager = Manager::here();
    manager.must_be_there()?;
    program()?;
    manager.must_answer()?;
    if manager != Manager::System {
        return Ok(());
    }
    let mut environment = context.environment()?;
    // The service has one of its own.
    environment.remove("TMPDIR");
    // Parts that are not there yet, or settings that are wrong, are told of where it is started.
    if Layout::here().complete(&mut environment).is_ok()
        && let Ok(Some(obstacle)) = start::agent_is_root(&environment)
    {
        return Err(Failure::Setting(format!(
            "As a service of this machine the agent would run as root and could read all that ocweb knows: {obstacle}. Have \
             ocweb where every user gets through, and install the service from there: mv the checkout to /opt/ocweb, say \
             (the data too, if the settings put them into a home). If the agent is to be root: ocweb config set users.agent root (as root)"
        )));
    }
    Ok(())
}

/// What to say to somebody who has an ocweb of their own, and is root for this command only: it is another one.
fn of_who_asked(context: &Context, plan: &Plan) -> Option<String> {
    let user = nix::unistd::User::from_name(context.variable("SUDO_USER")?).ok().flatten()?;
    let moves = moves(&user.dir, plan)?;
    let name = user.name;
    Some(format!(
        "This is another ocweb than that of {name}. To go on with theirs, stop both, {moves}, and install again."
    ))
}

/// What of an ocweb in a home would have to lie elsewhere to be the service's.
fn moves(home: &Path, plan: &Plan) -> Option<String> {
    let (config, data) = context::usual_places(home);
    let moves: Vec<_> = [(&config, &plan.config), (&data, &plan.data)]
        .into_iter()
        .filter(|(own, machines)| own != machines && own.exists())
        .map(|(own, machines)| format!("move {} to {}", own.display(), machines.display()))
        .collect();
    (!moves.is_empty()).then(|| moves.join(", "))
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

/// What a command is given where it speaks of the service, which hears nothing of this shell.
pub fn its_context(manager: Manager, context: &Context) -> Result<Context, Failure> {
    let mut variables = manager.environment(&context.variables)?;
    let home = context.variable("HOME").map(|home| ("HOME".to_owned(), home.to_owned()));
    variables.extend(home);
    Ok(Context { manner: context.manner, variables })
}

fn plan(context: &Context) -> Result<Plan, Failure> {
    let said = context.said()?;
    let value = |key: &str| -> Result<String, Failure> {
        let setting =
            settings::by_key(key).ok_or_else(|| Failure::Other(format!("There is no setting {key}.")))?;
        Ok(resolution::hold(setting, &context.variables, &said)?.value.unwrap_or_default())
    };
    let program = program()?;
    let mut environment = context.environment()?;
    // What else is not there yet is told of where it is started.
    let _ = Layout::here().complete(&mut environment);
    let beside = program.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Plan {
        programs: environment.remove("OCWEB_BIN_DIR").map_or(beside, PathBuf::from),
        program,
        config: context.config_path()?,
        data: context.data()?,
        backups: backup_folders(&value("backup.to")?, &value("backup.repository")?, context),
        path: context.variable("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").into(),
        restart: value("service.restart")?,
        restart_seconds: value("service.restart_seconds")?.parse().unwrap_or(5),
    })
}

/// The `ocweb` that is started, which has to stay where it is.
fn program() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().and_then(|program| program.canonicalize());
    let program =
        program.map_err(|error| Failure::Other(format!("It is not known where ocweb lies: {error}.")))?;
    if program.components().any(|part| part.as_os_str() == "_npx") {
        return Err(Failure::Usage(
            "This ocweb lies in npx's cache, which may be emptied, and a service has to stay. Install its package for good first: \
             npm install --global"
                .into(),
        ));
    }
    Ok(program)
}

/// What the environment alone says, by key, and the service will not hear. Where the data are it is told.
fn unseen(context: &Context) -> Result<Vec<String>, Failure> {
    let said = Known::read(context)?.of_environment()?;
    Ok(said.into_iter().map(|(key, _)| key).filter(|key| key != "data").collect())
}

/// Whether this user's services go on without a login (loginctl(1)).
fn lingers(context: &Context) -> bool {
    let user = context.variable("USER").or_else(|| context.variable("LOGNAME")).unwrap_or_default();
    std::path::Path::new("/var/lib/systemd/linger").join(user).is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_somebody_has_of_their_own_is_not_the_machines() {
        let home = tempfile::tempdir().unwrap();
        let (config, data) = context::usual_places(home.path());
        let moves = |config: &Path, data: &Path| {
            let plan = Plan {
                program: "/opt/ocweb/libexec/ocweb".into(),
                programs: "/opt/ocweb/libexec".into(),
                config: config.into(),
                data: data.into(),
                backups: Vec::new(),
                path: String::new(),
                restart: "no".into(),
                restart_seconds: 5,
            };
            super::moves(home.path(), &plan)
        };
        let (etc, var) = (Path::new("/etc/ocweb/config.jsonc"), Path::new("/var/lib/ocweb"));
        assert_eq!(moves(etc, var), None, "they have none");
        fs::create_dir_all(&data).unwrap();
        assert_eq!(moves(etc, var).unwrap(), format!("move {} to /var/lib/ocweb", data.display()));
        fs::create_dir_all(config.parent().unwrap()).unwrap();
        fs::write(&config, "").unwrap();
        assert!(moves(etc, var).unwrap().contains("config.jsonc to /etc/ocweb/config.jsonc, move "));
        assert_eq!(moves(&config, &data), None, "it is the same one");
    }
}
