//! The shell that opencode's agent runs its commands in: the kernel ends these first.
//!
//! An agent's build that eats the memory must die before opencode does, or every chat dies with it.
//! opencode takes its shell from `SHELL` and looks at the file's name to know how to call it, so a
//! script of the real shell's name raises its own score and becomes the real shell. What the shell
//! starts inherits the score, and so does what detaches itself.

use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ocweb_service::Environment;

use crate::{ownership::make_private_folder, run_folder::is_our_folder, settings::is_executable};

/// The score of the agent's commands; opencode's own is lower.
const OOM_SCORE_ADJ: u16 = 600;

/// Shells that opencode runs commands with.
const KNOWN: [&str; 5] = ["bash", "zsh", "sh", "dash", "ksh"];

/// Makes the script in `folder` and tries it. Without it (a volume from which nothing may be run)
/// opencode gets the real shell, and the agent's commands only opencode's own score.
pub(crate) fn install(folder: &Path, environment: &Environment) -> Option<PathBuf> {
    let real = real_shell(environment)?;
    match write_and_try(folder, &real) {
        Ok(script) => Some(script),
        Err(error) => {
            tracing::warn!(%error, "the agent's commands will not be the first to end when memory runs out");
            None
        }
    }
}

/// The person's shell if opencode would take it, else the system's.
fn real_shell(environment: &Environment) -> Option<PathBuf> {
    let is_known = |path: &Path| {
        path.file_name().is_some_and(|name| KNOWN.iter().any(|known| name == *known))
            && !path.as_os_str().as_encoded_bytes().contains(&b'\'')
    };
    environment
        .get("SHELL")
        .into_iter()
        .chain(["/bin/bash", "/usr/bin/bash", "/bin/sh"])
        .map(PathBuf::from)
        .find(|path| path.is_absolute() && is_known(path) && is_executable(path))
}

fn write_and_try(folder: &Path, real: &Path) -> io::Result<PathBuf> {
    let script = folder.join(real.file_name().unwrap_or_default());
    let beside = folder.join("new");
    make_private_folder(folder)?;
    // Neither through a folder nor through a file that somebody else left there.
    if !is_our_folder(folder) {
        return Err(io::Error::other(format!("{} is not a folder of this user", folder.display())));
    }
    if beside.symlink_metadata().is_ok() {
        std::fs::remove_file(&beside)?;
    }
    // The agent may be another user.
    std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    // The command itself sees the real shell in SHELL, as it would without us.
    let text = format!(
        "#!/bin/sh\necho {OOM_SCORE_ADJ} 2>/dev/null >/proc/self/oom_score_adj\nSHELL='{real}'\nexec '{real}' \"$@\"\n",
        real = real.display()
    );
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(0o755))?;
    drop(file);
    std::fs::rename(&beside, &script)?;
    let status = Command::new(&script).args(["-c", "exit 0"]).stdin(Stdio::null()).status()?;
    if status.success() {
        Ok(script)
    } else {
        Err(io::Error::other(format!("its trial ended with {status}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_run_in_the_real_shell_with_a_raised_score() {
        let folder = tempfile::tempdir().unwrap();
        let environment = [("SHELL", "/bin/sh")].into_iter().collect();
        let script = install(&folder.path().join("shell"), &environment).unwrap();
        assert_eq!(script.file_name().unwrap(), "sh");
        let output = Command::new(script)
            .args(["-c", "echo $SHELL $1; cat /proc/self/oom_score_adj", "name", "it's"])
            .env("SHELL", "/wrapper")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "/bin/sh it's\n600\n");
    }

    #[test]
    fn a_shell_that_opencode_would_not_take_is_replaced() {
        for shell in ["/usr/bin/fish", "bash", "/nonexistent/bash"] {
            let real = real_shell(&[("SHELL", shell)].into_iter().collect()).unwrap();
            assert!(real.is_absolute() && real != Path::new(shell), "{}", real.display());
        }
    }

    #[test]
    fn where_it_cannot_be_made_there_is_none() {
        assert_eq!(install(Path::new("/proc/nonexistent"), &Environment::default()), None);
    }
}
