//! `ocweb service` where it cannot be: what its manager refuses, what would keep no agent apart, what will not stay there.
//! Where it is, commands speak of what it runs with, whatever this shell says.

use std::fs;

use crate::support::World;

const OCWEB: &str = env!("CARGO_BIN_EXE_ocweb");

/// A world whose programs do as they are told, and the words before those that run in its machine.
fn machine() -> Option<(World, Vec<String>)> {
    let world = World::new();
    let Some(machine) = world.machine() else {
        eprintln!("skipped: the kernel makes no machine of its own for a test");
        return None;
    };
    world.put_program("ocweb-auth", "echo asked >>\"$OCWEB_DATA/auth\"");
    world.put_program("ocweb-supervisor", "exit 0");
    Some((world, machine))
}

fn words<'a>(machine: &'a [String], line: &[&'a str]) -> Vec<&'a str> {
    machine.iter().map(String::as_str).chain(line.iter().copied()).collect()
}

#[test]
fn what_the_manager_refuses_leaves_no_service_behind() {
    let Some((world, machine)) = machine() else { return };
    world.put_program("systemctl", "echo 'no bus' >&2; exit 1");
    let unit = world.path("units/ocweb.service");
    let install = words(&machine, &[OCWEB, "service", "install"]);
    let (code, said) = world.line(&install, &[]);
    assert!(code == 1 && said.contains("systemctl refused: no bus"), "{said}");
    assert!(!unit.exists(), "`ocweb start` would ask systemd for it");

    fs::write(&unit, "[Unit]").unwrap();
    assert_eq!(world.line(&install, &[]).0, 1);
    assert!(unit.exists(), "it was installed before, and is now");

    let (code, said) = world.line(&words(&machine, &[OCWEB, "service", "uninstall"]), &[]);
    assert!(code == 1 && said.contains("ocweb.service is gone all the same"), "{said}");
    assert!(!unit.exists());
}

#[test]
fn a_service_that_falls_at_once_is_told_of_at_once() {
    let Some((world, machine)) = machine() else { return };
    world.put_program("systemctl", "[ \"$1\" = is-active ] && echo activating; exit 0");
    let (code, said) = world.line(&words(&machine, &[OCWEB, "service", "install"]), &[]);
    assert!(code == 1 && said.contains("fell right after its start"), "{said}");
    assert!(world.path("units/ocweb.service").exists(), "it is tried again");
}

#[test]
fn no_service_makes_an_agent_root_that_was_not_to_be() {
    let Some((world, machine)) = machine() else { return };
    world.put_program("systemctl", "[ \"$1\" = is-active ] && echo failed; exit 0");
    world.put_program(
        "ocweb-supervisor",
        "[ -n \"$OCWEB_AGENT_USER\" ] || echo 'user 65521 cannot reach /root/ocweb'",
    );
    for line in [&["service", "install"][..], &["setup", "--yes", "--save", "--service"]] {
        let (code, said) = world.line(&words(&machine, &[&[OCWEB], line].concat()), &[]);
        let sentence = "the agent would run as root and could read all that ocweb knows: user 65521 cannot reach /root/ocweb.";
        assert!(code == 3 && said.contains(sentence), "{line:?}: {said}");
    }
    assert!(!world.path("units/ocweb.service").exists() && !world.config().exists());
    assert!(!world.path("data/auth").exists(), "no password was made");

    let set = words(&machine, &[OCWEB, "config", "set", "users.agent", "root"]);
    assert_eq!(world.line(&set, &[]), (0, String::new()));
    let (code, said) = world.line(&words(&machine, &[OCWEB, "service", "install"]), &[]);
    assert!(code == 1 && said.contains("did not start (failed)"), "{said}");
    assert!(world.path("units/ocweb.service").exists(), "root was asked for");
}

#[test]
fn from_npxs_cache_no_service_is_offered_and_none_is_stopped_for_it() {
    let Some((world, machine)) = machine() else { return };
    let folder = world.path("_npx/1/libexec");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("ocweb").display().to_string();
    fs::copy(OCWEB, &program).unwrap();
    let (code, said) =
        world.line(&words(&machine, &[&program, "setup", "--yes", "--save", "--service"]), &[]);
    assert!(code == 2 && said.contains("lies in npx's cache"), "{said}");
    assert!(!world.config().exists(), "nothing was changed");

    let port = ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap().to_string();
    let mut person = world.sit_down_at(&words(&machine, &[&program, "setup"]), &[]);
    person.reads("Password (not shown):").types("");
    person.reads("Token, or Enter to go on without (not shown):").types("");
    person.reads("Key, or Enter to go on without (not shown):").types("");
    person.reads("Number [1]:").types("");
    person.reads("Port").types(&port);
    person.reads("This environment alone says:").reads("[Y/n]").types("n");
    person.reads("It cannot start with this machine.").reads("lies in npx's cache");
    person.reads("Do this? [Y/n]").types("");
    person.reads("Start it now? [Y/n]").types("n");
    let screen = person.ends_with(0);
    assert!(!screen.contains("Start ocweb with this machine"), "{screen}");
}

/// After `su` nobody has a session of their own, by which alone their systemd is reached.
#[test]
fn a_systemd_of_ones_own_that_is_not_reached_is_told_before_anything_is_made() {
    let Some((world, machine)) = machine() else { return };
    let as_somebody = |line: &[&'static str]| {
        let line = [&["unshare", "--map-user=1000"], line].concat();
        world.line(&words(&machine, &line), &[])
    };
    if as_somebody(&["true"]).0 != 0 {
        eprintln!("skipped: the kernel makes no other user for a test");
        return;
    }
    world.put_program("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
    let unit = world.path(".config/systemd/user/ocweb.service");
    let (code, said) = as_somebody(&[OCWEB, "service", "install"]);
    assert!(code == 1 && said.contains("export XDG_RUNTIME_DIR=/run/user/$(id -u)"), "{said}");
    assert!(!unit.exists() && !world.path("data/auth").exists());

    fs::create_dir_all(unit.parent().unwrap()).unwrap();
    fs::write(&unit, "[Unit]").unwrap();
    let (code, said) = as_somebody(&[OCWEB, "service", "uninstall"]);
    assert!(code == 1 && said.contains("is gone all the same"), "{said}");
    assert!(!unit.exists());
}

#[test]
fn none_is_installed_beside_an_ocweb_that_was_started_by_hand() {
    let Some((world, machine)) = machine() else { return };
    let _lock = world.runs("supervisor", &[]);
    let (code, said) = world.line(&words(&machine, &[OCWEB, "service", "install"]), &[]);
    let process = format!("ocweb runs already, as process {}, and not as a service.", std::process::id());
    assert!(code == 1 && said.contains(&process), "{said}");
    assert!(!world.path("units/ocweb.service").exists() && !world.path("data/auth").exists());
}

#[test]
fn the_address_shown_is_that_of_the_service_whatever_this_shell_says() {
    let Some((world, machine)) = machine() else { return };
    world.put_program(
        "systemctl",
        "case \"$*\" in
            'cat ocweb') cat /etc/systemd/system/ocweb.service ;;
            'is-active ocweb') echo active ;;
            'start ocweb') ;;
            *) exit 1 ;;
        esac",
    );
    fs::create_dir_all(world.config().parent().unwrap()).unwrap();
    fs::write(world.config(), r#"{"server": {"domain": ["own.example"]}}"#).unwrap();
    let unit = world.ocweb(&["service", "install", "--print=system"], &[]).stdout;
    fs::write(world.path("units/ocweb.service"), unit).unwrap();
    let _lock = world.runs("supervisor", &[("GET /admin/health ", "{}")]);

    let start = words(&machine, &[OCWEB, "--quiet", "start"]);
    let elsewhere = [("OCWEB_DOMAIN", "a.example"), ("OCWEB_DATA", "/nowhere"), ("OCWEB_CONFIG", "/nowhere")];
    let run = world.ocweb_at(start[0], &start[1..], &elsewhere);
    let (shown, wrong) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert_eq!((shown.as_str(), wrong.as_str()), ("https://own.example\n", ""));
}
