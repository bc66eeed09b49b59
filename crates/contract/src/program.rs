//! The program that is examined, as the supervisor starts it: with nothing of our environment, in folders of its own.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use ocweb_opencode_client::Client;
use tokio::process::{Child, Command};

use crate::finding::Broken;

/// In the environment, to be met again in the agent's shell.
pub(crate) const MARK: (&str, &str) = ("OCWEB_INSTANCE", "contract-mark");
/// 47 s were seen at an eighth of a processor.
const START: Duration = Duration::from_mins(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A program with its folders and its environment.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    path: PathBuf,
    /// HOME; the XDG folders are in it.
    pub(crate) home: PathBuf,
    environment: Vec<(String, String)>,
    port: u16,
    /// Another at each run: whoever can guess it, an agent at work among them, has a shell as the user who tries.
    password: String,
}

impl Program {
    pub(crate) fn new(path: &Path, home: &Path, environment: Vec<(String, String)>) -> io::Result<Self> {
        std::fs::create_dir_all(home.join("empty"))?;
        // Not 0: opencode would take 4096, where somebody's own may be.
        let port = ocweb_service::free_port(ocweb_service::BACKEND_PORTS)?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let password = format!("{:032x}", u128::from_ne_bytes(bytes));
        Ok(Self { path: path.canonicalize()?, home: home.to_owned(), environment, port, password })
    }

    /// The same program with folders and a port of its own.
    pub(crate) fn elsewhere(&self, home: &Path) -> io::Result<Self> {
        Self::new(&self.path, home, self.environment.clone())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// The folder of its database.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data/opencode")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .current_dir(self.home.join("empty"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .envs(
                [
                    ("XDG_DATA_HOME", "data"),
                    ("XDG_CONFIG_HOME", "config"),
                    ("XDG_STATE_HOME", "state"),
                    ("XDG_CACHE_HOME", "cache"),
                ]
                .map(|(name, folder)| (name, self.home.join(folder))),
            )
            .env("OPENCODE_SERVER_PASSWORD", &self.password)
            .env(MARK.0, MARK.1)
            // What it gets at its first use is not ours to examine, and takes a minute.
            .env("NPM_CONFIG_OFFLINE", "true")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// `opencode serve`, as the supervisor calls it.
    pub(crate) fn serve(&self) -> io::Result<Child> {
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let port = self.port.to_string();
        self.command(&[
            "serve",
            "--hostname",
            "127.0.0.1",
            "--port",
            &port,
            "--print-logs",
            "--log-level",
            "WARN",
        ])
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
    }

    fn log(&self) -> PathBuf {
        self.home.join("log")
    }

    /// Waits until it says that it is well.
    pub(crate) async fn healthy(&self, child: &mut Child, client: &Client) -> Result<(), Broken> {
        let expected = "a server that says that it is healthy, in JSON";
        let begin = Instant::now();
        let mut last = String::new();
        while begin.elapsed() < START {
            match client.healthy().await {
                Ok(true) => return Ok(()),
                Ok(false) => "it says that it is not".clone_into(&mut last),
                Err(error) => last = error.to_string(),
            }
            if let Ok(Some(status)) = child.try_wait() {
                let said = std::fs::read_to_string(self.log()).unwrap_or_default();
                let said = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
                return Err(Broken::new(expected, format!("it ended ({status}): {said}")));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Broken::new(expected, last))
    }
}
