//! launchd, on a Mac: the property list, and what `launchctl` is told.

use std::{path::Path, process::Command};

use super::{Plan, Verb, run, run_well};
use crate::{failure::Failure, resolution::Variables};

/// The service's name towards launchd.
pub(super) const LABEL: &str = "dev.ocweb";

/// The property list (launchd.plist(5)).
pub(super) fn plist(plan: &Plan) -> String {
    // launchd keeps nobody from a folder.
    let Plan { program, programs: _, config, data, backups: _, path, restart, restart_seconds } = plan;
    let keep_alive = match restart.as_str() {
        "always" => "<true/>",
        "no" => "<false/>",
        _ => "<dict><key>SuccessfulExit</key><false/></dict>",
    };
    let text = |path: &Path| escaped(&path.display().to_string());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array><string>{program}</string><string>start</string><string>--foreground</string></array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>OCWEB_CONFIG</key><string>{config}</string>
    <key>OCWEB_DATA</key><string>{data}</string>
    <key>PATH</key><string>{path}</string>
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key>{keep_alive}
  <key>ThrottleInterval</key><integer>{restart_seconds}</integer>
  <key>ExitTimeOut</key><integer>20</integer>
  <key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
"#,
        program = text(program),
        config = text(config),
        data = text(data),
        path = escaped(path),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The variables that a property list gives to the service.
pub(super) fn environment(plist: &str) -> Variables {
    let given = plist.split_once("<key>EnvironmentVariables</key>").map_or("", |(_, rest)| rest);
    let given = given.split("</dict>").next().unwrap_or_default();
    let pair = |entry: &str| {
        let (name, rest) = entry.split_once("</key>")?;
        let (_, rest) = rest.split_once("<string>")?;
        let (value, _) = rest.split_once("</string>")?;
        Some((unescaped(name), unescaped(value)))
    };
    given.split("<key>").filter_map(pair).collect()
}

fn domain() -> String {
    format!("gui/{}", nix::unistd::Uid::effective())
}

fn target() -> String {
    format!("{}/{LABEL}", domain())
}

pub(super) fn install(file: &Path) -> Result<(), Failure> {
    // One of before is replaced; where there was none, that is no failure.
    let _ = run(Command::new("launchctl").args(["bootout", &target()]));
    run_well(Command::new("launchctl").args(["bootstrap", &domain()]).arg(file))
}

pub(super) fn uninstall() -> Result<(), Failure> {
    run_well(Command::new("launchctl").args(["bootout", &target()]))
}

pub(super) fn tell(verb: Verb) -> Result<(), Failure> {
    let arguments: &[&str] = match verb {
        Verb::Start => &["kickstart"],
        Verb::Stop => &["kill", "SIGTERM"],
        Verb::Restart => &["kickstart", "-k"],
    };
    run_well(Command::new("launchctl").args(arguments).arg(target()))
}

pub(super) fn state() -> Result<String, Failure> {
    let output = run(Command::new("launchctl").args(["print", &target()]))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let state = text.lines().find_map(|line| line.trim().strip_prefix("state = "));
    Ok(match state {
        Some("running") => "active".into(),
        Some(other) => other.into(),
        None => "inactive".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_property_list_is_escaped() {
        let plan = Plan {
            program: "/Users/a & b/ocweb".into(),
            programs: "/Users/a & b".into(),
            config: "/c & <d>".into(),
            data: "/d".into(),
            backups: Vec::new(),
            path: "/bin".into(),
            restart: "on-failure".into(),
            restart_seconds: 5,
        };
        let text = plist(&plan);
        assert!(text.contains("<string>/Users/a &amp; b/ocweb</string>"), "{text}");
        let given = [("OCWEB_CONFIG", "/c & <d>"), ("OCWEB_DATA", "/d"), ("PATH", "/bin")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(environment(&text), Variables::from(given));
        assert!(text.contains("<key>SuccessfulExit</key><false/>"));
    }
}
