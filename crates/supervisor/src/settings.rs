//! What the supervisor was told, read and checked before anything is started.

use std::{
    fmt::Write,
    io::{self, IsTerminal},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use ocweb_service::{BACKEND_PORTS, ConfigError, Environment, config::Folders, free_port};

use crate::{
    edge::{self, Edge},
    run_folder,
};

/// Names of our services: their binaries are `ocweb-<name>`, their sockets `<name>/socket`.
pub(crate) const SERVICES: [&str; 6] =
    ["auth", "github-gateway", "git-manager", "resource-monitor", "event-relay", "notifier"];

/// Everything that can be set, as the process table needs it.
pub struct Settings {
    /// The environment that the rest was read from; the children's are cut from it.
    pub(crate) environment: Environment,
    /// The volume and the folder of the sockets.
    pub(crate) folders: Folders,
    /// How Caddy is spoken to.
    pub(crate) edge: Edge,
    /// Where opencode listens, on loopback.
    pub(crate) opencode: SocketAddr,
    /// opencode's password for this run.
    pub(crate) password: String,
    /// Where git comes in at the github-gateway, on loopback.
    pub(crate) gateway: SocketAddr,
    /// What capabilities for the gateway are signed with in this run.
    pub(crate) gateway_secret: String,
    pub(crate) programs: Programs,
    pub(crate) caddyfile: PathBuf,
    pub(crate) web: PathBuf,
    /// Names of further variables for opencode.
    pub(crate) opencode_variables: Vec<String>,
}

/// We cannot listen where we have to.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The port is root's: somebody has to change that.
    #[error(transparent)]
    Forbidden(ConfigError),
    /// What has the port may end, and at boot an address (a VPN's, a router's) comes when it comes: it is worth trying again.
    #[error(transparent)]
    NotNow(ConfigError),
}

/// Paths of what is started.
pub(crate) struct Programs {
    pub(crate) opencode: PathBuf,
    pub(crate) caddy: PathBuf,
    pub(crate) services: Vec<(&'static str, PathBuf)>,
}

impl Settings {
    /// Reads the settings. The error is a sentence that names the variable.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let data = environment.absolute_path("OCWEB_DATA", "give the folder that ocweb keeps its data in")?;
        let run = run_folder::choose(environment, &data)?;
        if environment.get("OPENCODE_CONFIG").is_some() {
            file(environment, "OPENCODE_CONFIG", "")?;
        }
        Ok(Self {
            edge: Edge::from_environment(environment)?,
            opencode: loopback_address(environment, "OCWEB_OPENCODE_PORT")?,
            password: secret("OPENCODE_SERVER_PASSWORD")?,
            gateway: loopback_address(environment, "OCWEB_GATEWAY_PORT")?,
            gateway_secret: secret("OCWEB_GATEWAY_SECRET")?,
            programs: Programs {
                opencode: program(environment, "OCWEB_OPENCODE_BIN", "give the path of the opencode binary")?,
                caddy: program(environment, "OCWEB_CADDY_BIN", "give the path of the caddy binary")?,
                services: service_programs(environment)?,
            },
            caddyfile: file(environment, "OCWEB_CADDYFILE", "give the path of the Caddyfile")?,
            web: web_folder(environment)?,
            opencode_variables: opencode_variables(environment)?,
            folders: Folders { data, run },
            environment: with_readable_logs(environment),
        })
    }

    /// opencode's own folders: its HOME, the XDG folders, and the empty one it runs in.
    pub(crate) fn opencode_folder(&self, name: &str) -> PathBuf {
        self.folders.data.join("opencode-state").join(name)
    }

    /// Fails if we cannot listen where we have to. To be asked when the leftovers of an earlier run are gone.
    pub(crate) fn check_ports(&self) -> Result<(), PortError> {
        let own = [("OCWEB_OPENCODE_PORT", self.opencode), ("OCWEB_GATEWAY_PORT", self.gateway)];
        for (name, address) in self.edge.listens().chain(own) {
            let Err(error) = TcpListener::bind(address) else { continue };
            return Err(match error.kind() {
                io::ErrorKind::PermissionDenied => PortError::Forbidden(invalid(
                    name,
                    format!(
                        "only root may listen on port {port} here; make ocweb a service of the machine (sudo \"$(command \
                         -v ocweb)\" service install), or allow it to all (echo net.ipv4.ip_unprivileged_port_start={port} \
                         | sudo tee /etc/sysctl.d/50-ocweb.conf && sudo sysctl --system), or set a port from 1024 on and \
                         have this one forwarded to it",
                        port = address.port(),
                    ),
                )),
                io::ErrorKind::AddrInUse => {
                    PortError::NotNow(invalid(name, format!("something else listens on {address} already")))
                }
                io::ErrorKind::AddrNotAvailable => PortError::NotNow(invalid(
                    edge::HOST,
                    format!("this machine does not have the address {} now", address.ip()),
                )),
                _ => PortError::NotNow(invalid(name, format!("nothing can listen on {address}: {error}"))),
            });
        }
        Ok(())
    }
}

pub(crate) fn invalid(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { name, reason: reason.into() }
}

/// The port that is set, or a free one.
fn loopback_address(environment: &Environment, name: &'static str) -> Result<SocketAddr, ConfigError> {
    let port = match environment.parsed(name, 0)? {
        0 => free_port(BACKEND_PORTS)
            .map_err(|error| invalid(name, format!("no free port was found: {error}")))?,
        port => port,
    };
    Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
}

/// Ports below are root's.
pub(crate) fn unprivileged_ports_begin_at() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(1024)
}

/// A secret of this run: 128 bits.
fn secret(name: &'static str) -> Result<String, ConfigError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| invalid(name, format!("the system gave no random bytes for it: {error}")))?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn file(
    environment: &Environment,
    name: &'static str,
    hint: &'static str,
) -> Result<PathBuf, ConfigError> {
    let path = environment.absolute_path(name, hint)?;
    if path.is_file() { Ok(path) } else { Err(invalid(name, "there is no such file")) }
}

fn program(
    environment: &Environment,
    name: &'static str,
    hint: &'static str,
) -> Result<PathBuf, ConfigError> {
    let path = file(environment, name, hint)?;
    if is_executable(&path) { Ok(path) } else { Err(invalid(name, "the file is not executable")) }
}

pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn service_programs(environment: &Environment) -> Result<Vec<(&'static str, PathBuf)>, ConfigError> {
    const NAME: &str = "OCWEB_BIN_DIR";
    let folder = match environment.get(NAME) {
        Some(_) => environment.absolute_path(NAME, "")?,
        None => std::env::current_exe()
            .ok()
            .and_then(|program| Some(program.parent()?.to_owned()))
            .ok_or(ConfigError::Missing { name: NAME, hint: "give the folder of the ocweb binaries" })?,
    };
    SERVICES
        .iter()
        .map(|&service| {
            let path = folder.join(format!("ocweb-{service}"));
            if is_executable(&path) {
                Ok((service, path))
            } else {
                Err(invalid(NAME, format!("the folder has no program ocweb-{service}")))
            }
        })
        .collect()
}

fn web_folder(environment: &Environment) -> Result<PathBuf, ConfigError> {
    const NAME: &str = "OCWEB_WEB_DIR";
    let path = environment.absolute_path(NAME, "give the folder of the built page")?;
    if path.is_dir() { Ok(path) } else { Err(invalid(NAME, "there is no such folder")) }
}

/// A person who watches the terminal gets lines to read from the services too, whose own output is a
/// pipe to us.
fn with_readable_logs(environment: &Environment) -> Environment {
    let readable = io::stderr().is_terminal().then_some(("OCWEB_LOG_FORMAT", "text"));
    readable.into_iter().chain(environment.iter()).collect()
}

fn opencode_variables(environment: &Environment) -> Result<Vec<String>, ConfigError> {
    const NAME: &str = "OCWEB_OPENCODE_ENV";
    let list = environment.get(NAME).unwrap_or_default();
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            if crate::environment::is_kept_from_opencode(name) {
                Err(invalid(NAME, format!("{name} is never given to opencode, whose agent could print it")))
            } else {
                Ok(name.to_owned())
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings that are complete, with `changes` made to them.
    fn read(changes: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path.display().to_string()
        };
        for service in SERVICES {
            make(&format!("ocweb-{service}"));
        }
        let path = folder.path().display().to_string();
        let whole = [
            ("OCWEB_DATA", path.clone()),
            ("OCWEB_RUN_DIR", path.clone()),
            ("OCWEB_BIN_DIR", path.clone()),
            ("OCWEB_WEB_DIR", path),
            ("OCWEB_OPENCODE_BIN", make("opencode")),
            ("OCWEB_CADDY_BIN", make("caddy")),
            ("OCWEB_CADDYFILE", make("Caddyfile")),
        ];
        let changes = changes.iter().map(|&(name, value)| (name, value.to_owned()));
        Settings::from_environment(&whole.into_iter().chain(changes).collect())
    }

    #[test]
    fn complete_settings_are_taken_with_their_defaults() {
        let settings = read(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.edge.url(), "http://localhost:8080");
        assert_eq!(settings.password.len(), 32);
        assert!(settings.opencode.ip().is_loopback() && settings.opencode.port() != 0);
    }

    #[test]
    fn each_wrong_value_is_named_in_one_sentence() {
        for (name, value) in [
            ("OCWEB_DATA", ""),
            ("OCWEB_DATA", "relative"),
            ("OCWEB_BIN_DIR", "/nonexistent"),
            ("OCWEB_OPENCODE_BIN", "/nonexistent"),
            ("OCWEB_OPENCODE_BIN", "/etc/passwd"),
            ("OCWEB_CADDY_BIN", ""),
            ("OCWEB_CADDYFILE", "/nonexistent"),
            ("OCWEB_WEB_DIR", "/nonexistent"),
            ("OCWEB_OPENCODE_PORT", "x"),
            ("OCWEB_GATEWAY_PORT", "x"),
            ("OCWEB_OPENCODE_ENV", "FOO, GITHUB_TOKEN"),
            ("OPENCODE_CONFIG", "opencode.json"),
        ] {
            let Err(error) = read(&[(name, value)]) else { panic!("{name}={value} was taken") };
            let text = error.to_string();
            assert!(text.starts_with(&format!("{name} ")) && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_said() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let settings = read(&[("OCWEB_PORT", &port)]).unwrap_or_else(|error| panic!("{error}"));
        let error = settings.check_ports().unwrap_err();
        assert!(matches!(error, PortError::NotNow(_)), "{error:?}");
        assert!(
            error.to_string().starts_with("OCWEB_PORT cannot be used: something else listens"),
            "{error}"
        );
    }
}
