//! systemd: the unit, and what `systemctl` is told.

use std::{path::Path, process::Command};

use super::{Manager, NAME, Plan, Verb, printed_by, run, run_well};
use crate::{failure::Failure, resolution::Variables};

/// Where the machine's unit lies.
pub const FILE: &str = "/etc/systemd/system/ocweb.service";

/// What holds for both kinds of unit.
///
/// A stop tells the supervisor alone, which stops the rest in order; what is left after its time is ended by force. A build
/// of the agent's that eats the memory ends as that build: it is no reason to stop everything.
const COMMON: &str = "\
KillMode=mixed
TimeoutStopSec=20
OOMPolicy=continue
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
";

/// What only one user's manager is told.
const USER: &str = "RestrictSUIDSGID=yes\n";

/// What only the system's manager can do. The supervisor needs the capabilities to be several users, to hand folders over,
/// to look at and end what the agent left behind, and for ports below 1024. Programs may make code (JavaScript), debug each
/// other and make namespaces (a browser's sandbox), since agents run them; the clock, the kernel and devices are not theirs.
/// `RestrictSUIDSGID` would forbid the folders whose group is handed down (the supervisor's `ownership`).
const SYSTEM: &str = "\
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_FSETID CAP_DAC_OVERRIDE CAP_KILL CAP_SYS_PTRACE CAP_SYS_RESOURCE CAP_NET_BIND_SERVICE
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
KeyringMode=private
RemoveIPC=yes
SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
SystemCallErrorNumber=EPERM
RuntimeDirectory=ocweb
RuntimeDirectoryMode=0711
Environment=OCWEB_RUN_DIR=/run/ocweb
";

/// The unit's text.
pub(super) fn unit(manager: Manager, plan: &Plan) -> String {
    let Plan { program, programs, config, data, backups, path, restart, restart_seconds } = plan;
    // What lies on a disk of its own is waited for.
    let mounts = if manager == Manager::System {
        format!("RequiresMountsFor={}\n", listed("", data))
    } else {
        String::new()
    };
    // A folder of backups that is not there now is no reason not to start.
    let backups = backups.iter().map(|folder| listed("-", folder));
    let writable: Vec<_> = [listed("", data)].into_iter().chain(backups).collect();
    let writable = writable.join("\nReadWritePaths=");
    let (config, data) = (quoted(&config.display().to_string()), quoted(&data.display().to_string()));
    let (program, path) = (quoted(&program.display().to_string()), quoted(path));
    let (hardening, target) = match manager {
        Manager::System => {
            let hide = hide(programs);
            let hardening = format!("{hide}{SYSTEM}ProtectHome={}\nReadWritePaths={writable}\n", homes(plan));
            (hardening, "multi-user.target")
        }
        Manager::User | Manager::Launchd => (USER.to_owned(), "default.target"),
    };
    format!(
        "# Made by `ocweb service install` from the settings; made anew by the same.
[Unit]
Description=ocweb, your coding agent behind a login
Wants=network-online.target
After=network-online.target
{mounts}# However often it falls: it is tried again.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={program} start --foreground
Environment=\"OCWEB_CONFIG={}\" \"OCWEB_DATA={}\" \"PATH={}\"
Restart={restart}
RestartSec={restart_seconds}
# Settings that are wrong do not become right by trying again.
RestartPreventExitStatus=2 3
{COMMON}{hardening}
[Install]
WantedBy={target}
",
        inner(&config),
        inner(&data),
        inner(&path),
    )
}

/// What cannot be read is hidden by the kernel from the moment in which it starts (as in the image). The service itself sees
/// programs on a file system that it cannot change, so systemd does it outside of that (`+`), each time: they may be new ones.
/// Where it cannot be done (`-`), the supervisor says what follows from that.
fn hide(programs: &Path) -> String {
    let folder = quoted(&programs.display().to_string());
    format!("ExecStartPre=+-/bin/sh -c 'chmod 0711 \"$$0\"/ocweb-*' {folder}\n")
}

/// What of people's homes may be seen: nothing, unless ocweb itself lies there.
fn homes(plan: &Plan) -> &'static str {
    let in_a_home = |path: &Path| ["/home", "/root", "/run/user"].iter().any(|home| path.starts_with(home));
    let paths = [&plan.program, &plan.config, &plan.data];
    if paths.into_iter().chain(&plan.backups).any(|path| in_a_home(path)) { "read-only" } else { "yes" }
}

/// A word of a unit, as systemd.syntax(7) and the `%` of systemd.unit(5) want it.
fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A path in a list of them, where a dollar is only a dollar.
fn listed(mark: &str, path: &Path) -> String {
    quoted(&format!("{mark}{}", path.display())).replace("$$", "$")
}

/// Without the quotes around it. In `Environment=` a dollar is only a dollar.
fn inner(quoted: &str) -> String {
    quoted.trim_matches('"').replace("$$", "$")
}

/// Has the manager tell anything at all. That of a user is reached from a session of theirs only.
pub(super) fn must_answer(manager: Manager) -> Result<(), Failure> {
    run_well(systemctl(manager).arg("show-environment")).map_err(|refusal| {
        Failure::Other(format!(
            "{refusal}\nYour own systemd is not reached from here, as after `su`. Log in as yourself (by SSH, say); or have it run \
             without a login, sudo loginctl enable-linger \"$USER\", and say where it is: \
             export XDG_RUNTIME_DIR=/run/user/$(id -u)"
        ))
    })
}

fn systemctl(manager: Manager) -> Command {
    let mut command = Command::new("systemctl");
    if manager == Manager::User {
        command.arg("--user");
    }
    command
}

/// Makes the manager read the unit.
pub(super) fn reload(manager: Manager) -> Result<(), Failure> {
    run_well(systemctl(manager).arg("daemon-reload"))
}

pub(super) fn install(manager: Manager) -> Result<(), Failure> {
    reload(manager)?;
    run_well(systemctl(manager).args(["enable", "--quiet", NAME]))?;
    run_well(systemctl(manager).args(["restart", NAME]))?;
    if manager == Manager::User {
        // Else it ends with the last login, and does not begin at boot. Where it may not be told so, the person is.
        let _ = run(Command::new("loginctl").arg("enable-linger"));
    }
    Ok(())
}

pub(super) fn stop_for_good(manager: Manager) -> Result<(), Failure> {
    run_well(systemctl(manager).args(["disable", "--now", "--quiet", NAME]))
}

pub(super) fn tell(manager: Manager, verb: Verb) -> Result<(), Failure> {
    let verb = match verb {
        Verb::Start => "start",
        Verb::Stop => "stop",
        Verb::Restart => "restart",
    };
    run_well(systemctl(manager).args([verb, NAME]))
}

pub(super) fn state(manager: Manager) -> Result<String, Failure> {
    // Its code says the same as the word.
    let output = run(systemctl(manager).args(["is-active", NAME]))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The variables that the manager gives to the service: by the unit, and by what its person put beside that.
pub(super) fn environment(manager: Manager) -> Result<Variables, Failure> {
    printed_by(systemctl(manager).args(["cat", NAME])).map(|text| variables(&text))
}

/// What the lines `Environment=` of a unit say together (systemd.exec(5)): the later wins, an empty one takes back all.
fn variables(unit: &str) -> Variables {
    let mut all = Variables::new();
    for line in unit.lines().filter_map(|line| line.trim().strip_prefix("Environment=")) {
        if line.trim().is_empty() {
            all.clear();
        }
        let pairs = words(line)
            .into_iter()
            .filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
        all.extend(pairs);
    }
    all
}

/// The words of a line, without what [`quoted`] puts around and into them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' if quote.is_none_or(|open| open == letter) => {
                quote = quote.xor(Some(letter));
                word.get_or_insert_default();
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            letter if letter.is_whitespace() && quote.is_none() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words.into_iter().map(|word| word.replace("%%", "%")).collect()
}

/// The manager that a process with these control groups (`/proc/<pid>/cgroup`) belongs to as our service.
pub fn of_groups(groups: &str) -> Option<Manager> {
    let line = groups.lines().find(|line| line.contains("/ocweb.service"))?;
    Some(if line.contains("/user@") || !line.contains("/system.slice/") {
        Manager::User
    } else {
        Manager::System
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            program: "/opt/oc web/libexec/ocweb".into(),
            programs: "/opt/oc web/lib$exec".into(),
            config: "/etc/ocweb/config.jsonc".into(),
            data: "/var/lib/100%".into(),
            backups: vec!["/mnt/back ups".into()],
            path: "/usr/bin:/bin".into(),
            restart: "on-failure".into(),
            restart_seconds: 5,
        }
    }

    #[test]
    fn what_stands_in_a_unit_is_taken_as_it_is() {
        let text = unit(Manager::System, &plan());
        assert!(text.contains("ExecStart=\"/opt/oc web/libexec/ocweb\" start --foreground\n"));
        assert!(text.contains("\"OCWEB_DATA=/var/lib/100%%\""));
        assert!(text.contains("ReadWritePaths=\"/var/lib/100%%\"\n"));
        assert!(text.contains("\nReadWritePaths=\"-/mnt/back ups\"\n"));
        assert!(text.contains("\nRequiresMountsFor=\"/var/lib/100%%\"\n"));
        assert!(text.contains("ProtectHome=yes\n"));
        let hide = "ExecStartPre=+-/bin/sh -c 'chmod 0711 \"$$0\"/ocweb-*' \"/opt/oc web/lib$$exec\"\n";
        assert!(text.contains(hide), "{text}");
        assert!(!unit(Manager::User, &plan()).contains("ExecStartPre"), "there the agent is the same user");
        let at_home = unit(Manager::System, &Plan { program: "/root/ocweb".into(), ..plan() });
        assert!(at_home.contains("ProtectHome=read-only\n"));
        assert!(text.contains("Restart=on-failure\nRestartSec=5\n"));
        assert!(!unit(Manager::User, &plan()).contains("ProtectSystem"), "a user's manager cannot");
    }

    #[test]
    fn what_a_unit_gives_to_the_service_is_read_back() {
        let odd = Plan { config: "/a \"b\"/100%/$c\\d".into(), ..plan() };
        let given = |manager, after: &str| variables(&format!("{}{after}", unit(manager, &odd)));
        let expected = [
            ("OCWEB_CONFIG", "/a \"b\"/100%/$c\\d"),
            ("OCWEB_DATA", "/var/lib/100%"),
            ("PATH", "/usr/bin:/bin"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(given(Manager::User, ""), Variables::from(expected));
        assert_eq!(given(Manager::System, "")["OCWEB_RUN_DIR"], "/run/ocweb");
        // What somebody put beside it comes after it.
        let beside =
            given(Manager::User, "\n# /etc/…\n[Service]\nEnvironment=OCWEB_PORT=90 'OCWEB_DATA=/my data'\n");
        assert_eq!((beside["OCWEB_PORT"].as_str(), beside["OCWEB_DATA"].as_str()), ("90", "/my data"));
        assert_eq!(given(Manager::User, "\nEnvironment=\n"), Variables::new());
    }

    #[test]
    fn the_manager_is_told_from_the_control_group() {
        assert_eq!(of_groups("0::/system.slice/ocweb.service\n"), Some(Manager::System));
        let user = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/ocweb.service\n";
        assert_eq!(of_groups(user), Some(Manager::User));
        assert_eq!(of_groups("0::/user.slice/session-1.scope\n"), None);
    }
}
