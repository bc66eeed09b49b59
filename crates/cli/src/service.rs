//! ocweb as a service of this machine: started at boot, and again when it falls.
//!
//! systemd keeps it for the system (started as root, which keeps the agent apart) or for one user; launchd on a Mac. What
//! is written is one file, made from the settings; everything else is said to the manager by its own command.

pub mod launchd;
pub mod systemd;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{failure::Failure, interruption, resolution::Variables};

/// Its name towards the manager.
pub const NAME: &str = "ocweb";

/// Who keeps the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Manager {
    /// systemd, for the whole machine.
    System,
    /// systemd, for this user.
    User,
    /// launchd, for this user.
    Launchd,
}

/// What the service file is made from.
#[derive(Debug)]
pub struct Plan {
    /// The `ocweb` that is started.
    pub program: PathBuf,
    /// The folder of the services' programs.
    pub programs: PathBuf,
    /// The config file that it reads.
    pub config: PathBuf,
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// The folders that backups go to.
    pub backups: Vec<PathBuf>,
    /// Where programs are found: a service has little else of the person's environment.
    pub path: String,
    /// When it is started again: `on-failure`, `always` or `no`.
    pub restart: String,
    /// Seconds before it is started again.
    pub restart_seconds: u32,
}

impl Manager {
    /// The one that keeps services here, for this user.
    pub fn here() -> Self {
        if cfg!(target_os = "macos") {
            Self::Launchd
        } else if nix::unistd::Uid::effective().is_root() {
            Self::System
        } else {
            Self::User
        }
    }

    /// Where the service's file lies.
    pub fn file(self, variables: &Variables) -> Result<PathBuf, Failure> {
        let home = || {
            let home = variables.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
            home.ok_or_else(|| {
                Failure::Setting("HOME is not set, so there is no place for the service.".into())
            })
        };
        Ok(match self {
            Self::System => systemd::FILE.into(),
            Self::User => {
                let folder =
                    variables.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
                folder
                    .map_or_else(|| home().map(|home| home.join(".config")), Ok)?
                    .join("systemd/user/ocweb.service")
            }
            Self::Launchd => home()?.join("Library/LaunchAgents").join(format!("{}.plist", launchd::LABEL)),
        })
    }

    /// The variables that the service is given.
    pub fn environment(self, variables: &Variables) -> Result<Variables, Failure> {
        if self != Self::Launchd {
            return systemd::environment(self);
        }
        let file = self.file(variables)?;
        fs::read_to_string(&file)
            .map(|text| launchd::environment(&text))
            .map_err(|error| Failure::Other(format!("{} cannot be read: {error}.", file.display())))
    }

    /// The service's file for a plan.
    pub fn text(self, plan: &Plan) -> String {
        match self {
            Self::System | Self::User => systemd::unit(self, plan),
            Self::Launchd => launchd::plist(plan),
        }
    }

    /// Writes the file and starts the service, now and at each boot. Where its manager refuses, a file that was not there
    /// before is taken away: by it every later command would take the service for installed.
    pub fn install(self, file: &Path, plan: &Plan) -> Result<(), Failure> {
        self.must_be_there()?;
        let is_new = !file.exists();
        write(file, &self.text(plan))
            .map_err(|error| Failure::Other(format!("{} cannot be written: {error}.", file.display())))?;
        let installed = match self {
            Self::Launchd => launchd::install(file),
            Self::System | Self::User => systemd::install(self),
        };
        if installed.is_err() && is_new {
            // What the manager has taken up of it is its own to say, and it refused already.
            let _ = self.uninstall(file);
        }
        installed
    }

    /// Stops the service and takes its file away, also where its manager refuses. Data and settings stay.
    pub fn uninstall(self, file: &Path) -> Result<(), Failure> {
        let stopped = match self {
            Self::Launchd => launchd::uninstall(),
            Self::System | Self::User => systemd::stop_for_good(self),
        };
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::Other(format!("{} cannot be removed: {error}.", file.display())));
            }
            _ => {}
        }
        stopped.map_err(|refusal| {
            Failure::Other(format!("{refusal}\n{} is gone all the same.", file.display()))
        })?;
        if self == Self::Launchd { Ok(()) } else { systemd::reload(self) }
    }

    /// Fails where it runs, but would not listen to this user now.
    pub fn must_answer(self) -> Result<(), Failure> {
        match self {
            Self::User => systemd::must_answer(self),
            Self::System | Self::Launchd => Ok(()),
        }
    }

    /// Starts, stops or restarts the service.
    pub fn tell(self, verb: Verb) -> Result<(), Failure> {
        match self {
            Self::Launchd => launchd::tell(verb),
            Self::System | Self::User => systemd::tell(self, verb),
        }
    }

    /// What the manager calls its state: `active`, `inactive`, `failed` …
    pub fn state(self) -> Result<String, Failure> {
        match self {
            Self::Launchd => launchd::state(),
            Self::System | Self::User => systemd::state(self),
        }
    }

    /// Whether it runs here.
    pub fn is_there(self) -> bool {
        // sd_booted(3).
        self == Self::Launchd || Path::new("/run/systemd/system").is_dir()
    }

    /// Fails where it does not run.
    pub fn must_be_there(self) -> Result<(), Failure> {
        if self.is_there() {
            return Ok(());
        }
        Err(Failure::Other(
            "systemd does not run here, so nothing would start the service. `ocweb start --background` starts ocweb until \
             the next boot; in a container the container's own restart policy is the service."
                .into(),
        ))
    }
}

/// What a service is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// To start.
    Start,
    /// To stop, until the next boot.
    Stop,
    /// To stop and start.
    Restart,
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}

/// Runs a manager's command. What it said on a failure is told.
fn run(command: &mut Command) -> Result<Output, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    interruption::run(command).map_err(|error| Failure::Other(format!("{name} cannot be started: {error}.")))
}

/// As [`run`], where anything but success is a failure.
fn run_well(command: &mut Command) -> Result<(), Failure> {
    printed_by(command).map(drop)
}

/// The same for a command that tells something.
fn printed_by(command: &mut Command) -> Result<String, Failure> {
    let output = run(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let name = command.get_program().to_string_lossy().into_owned();
    Err(Failure::Other(format!("{name} refused: {words}")))
}
