//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::service::Manager;

/// Your coding agent on a small machine of your own: sets up, starts and looks after ocweb.
#[derive(Debug, Parser)]
#[command(name = "ocweb", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// How to speak.
    #[command(flatten)]
    pub manner: Manner,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How to speak, whatever is done.
#[derive(Debug, Clone, Copy, Args)]
pub struct Manner {
    /// Say nothing but what was asked for, and what went wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sets ocweb up: asks what is needed, checks the answers, and starts it.
    Setup(SetupArguments),
    /// Starts ocweb: the service where one is installed, else in the foreground, where Ctrl-C stops it.
    Start {
        /// Come back when it is ready, and leave it running.
        #[arg(long, conflicts_with = "foreground")]
        background: bool,
        /// Here and now, also where a service is installed.
        #[arg(long)]
        foreground: bool,
    },
    /// Stops the ocweb that runs, and everything that it started.
    Stop,
    /// Restarts one process, or the whole.
    Restart {
        /// Its name, as `ocweb status` tells it.
        service: Option<String>,
    },
    /// Tells what runs, and how it is.
    Status,
    /// Prints what the processes said last.
    Logs(LogsArguments),
    /// ocweb as a service of this machine, which starts with it.
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Looks through everything that can be wrong, and says what to do.
    Doctor {
        /// Print the list itself, docs/runbook.md.
        #[arg(long)]
        runbook: bool,
    },
    /// Prints the address, also as a QR code for the phone.
    Url,
    /// Tokens, for programs that come in without a login: `opencode attach`, curl, Prometheus.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Sets another password; logs everybody out and revokes all tokens. Also while ocweb does not run.
    Password,
    /// Prints the completions for a shell: `source <(ocweb completions bash)`.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Moves ocweb, or opencode or Caddy alone, to a newer version, and back where that fails.
    Update(UpdateArguments),
    /// Makes a backup of everything, while ocweb goes on: conversations, settings, and what only the clones here have.
    Backup(BackupArguments),
    /// Lays a backup onto an empty machine, on which ocweb does not run yet.
    Restore(RestoreArguments),
    /// Prints a chat's conversation, as `opencode export` does: `ocweb export ses_… > chat.json`.
    Export {
        /// The chat's id, which its address ends with.
        chat: String,
    },
    /// Begins a chat with a conversation that was exported, and prints its id. It goes on with the next prompt.
    Import {
        /// The file; - is standard input.
        file: PathBuf,
        /// The repository in which it goes on.
        #[arg(long, value_name = "OWNER/NAME")]
        repo: String,
    },
    /// The one config file: what it says, what holds, and changing it.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// How to set up.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct SetupArguments {
    /// Ask nothing: take what the environment and the config file say, and every default.
    #[arg(short, long)]
    pub yes: bool,
    /// Write down what only the environment says: settings into the config file, the password as its hash.
    #[arg(long)]
    pub save: bool,
    /// Install the service without asking, so that ocweb starts with the machine.
    #[arg(long)]
    pub service: bool,
    /// Start it at the end without asking, and leave it running.
    #[arg(long)]
    pub start: bool,
}

/// Which lines of the log.
#[derive(Debug, Args)]
pub struct LogsArguments {
    /// Of this process alone, by its name in `ocweb status`, or `supervisor`.
    pub service: Option<String>,
    /// Go on with what comes.
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the last lines.
    #[arg(short = 'n', long, default_value_t = 200, value_name = "COUNT")]
    pub lines: usize,
}

/// What can be done with the service.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Installs and starts it: as root for the system, which keeps the agent apart, else for this user.
    Install {
        /// Only print its file: that of the manager here, or of another.
        #[arg(long, value_name = "MANAGER", require_equals = true, num_args = 0..=1)]
        print: Option<Option<Manager>>,
    },
    /// Stops it and takes it away. Data and settings stay.
    Uninstall,
    /// Tells whether it is installed and runs.
    Status,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Makes a token, and prints it this once.
    Create {
        /// What it is called, to know later which one to revoke.
        name: String,
        /// What it is good for: opencode alone; everything but logins and tokens; looking; /admin/metrics.
        #[arg(long, value_parser = ["attach", "full", "read", "metrics"], default_value = "attach")]
        scope: String,
        /// How long it lasts: days such as 90d, hours such as 12h, or never for until it is revoked.
        #[arg(long, default_value = "90d", value_name = "TIME")]
        expires: String,
    },
    /// Lists the tokens.
    List,
    /// Revokes a token. What came in with it is out within seconds.
    Revoke {
        /// Its name or id.
        // An id may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        token: String,
    },
}

/// What is moved, and where to.
#[derive(Debug, Args)]
pub struct UpdateArguments {
    /// What to move. ocweb brings the opencode and the Caddy that it was tested with.
    #[arg(value_enum, default_value_t = Subject::Ocweb)]
    pub what: Subject,
    /// To which version of opencode or Caddy, in place of the newest.
    pub version: Option<String>,
    /// Tell what there is, and change nothing.
    #[arg(long, conflicts_with_all = ["version", "back"])]
    pub check: bool,
    /// Go back to the opencode or Caddy that was in use before.
    #[arg(long, conflicts_with = "version")]
    pub back: bool,
    /// Do it although chats are at work, which it cuts off.
    #[arg(long)]
    pub yes: bool,
}

/// What can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// The whole.
    Ocweb,
    /// The agent.
    Opencode,
    /// The door.
    Caddy,
}

/// Where a backup goes.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The folder that it is made in; else where the settings say. Nothing that is there is removed.
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<PathBuf>,
    /// Begin also where the backups of before are not to be found, in place of asking whether the disk is mounted.
    #[arg(long, conflicts_with = "to")]
    pub anew: bool,
    /// Only where none came for as long as the settings say: how ocweb itself does it, by the clock.
    #[arg(long, conflicts_with_all = ["to", "anew"])]
    pub due: bool,
}

/// Which backup, and what becomes of what is there.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The backup: its folder.
    #[arg(required_unless_present = "from_repository")]
    pub from: Option<PathBuf>,
    /// Get it from the restic repository of the settings; without a name the latest.
    #[arg(long, value_name = "SNAPSHOT", num_args = 0..=1, default_missing_value = "latest", conflicts_with = "from")]
    pub from_repository: Option<String>,
    /// Move what is there into a folder beside it, and restore in its place.
    #[arg(long)]
    pub move_aside: bool,
}

/// What can be done with the config file.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Where the file is.
    Path,
    /// What holds: everything, or one setting. Secrets are not shown.
    Get {
        /// The setting, such as server.port.
        key: Option<String>,
        /// Say who said so, too: the environment, the file, or nobody.
        #[arg(long)]
        origin: bool,
    },
    /// Sets one setting in the file; its comments stay. A secret is read from the terminal or from standard input.
    Set {
        /// The setting, such as server.port, or `providers.OPENROUTER_API_KEY`.
        key: String,
        /// What it is to be; words of a list with commas between. Left out, it is read from standard input.
        value: Option<String>,
    },
    /// Takes one setting out of the file.
    Unset {
        /// The setting.
        key: String,
    },
    /// Opens the file in $VISUAL or $EDITOR, and checks it afterwards.
    Edit,
    /// Checks the file and the environment.
    Check,
    /// Prints the schema of the file, for editors.
    Schema,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 it did not work; 2 wrong use; 3 a setting is missing or wrong; 4 ocweb does not run (here).";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_revoked_whatever_its_id_begins_with() {
        let typed = Arguments::try_parse_from(["ocweb", "token", "revoke", "-Qx1"]).unwrap();
        assert!(matches!(typed.command, Command::Token(TokenCommand::Revoke { token }) if token == "-Qx1"));
    }
}
