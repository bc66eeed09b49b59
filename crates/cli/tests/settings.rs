//! A setting that only the supervisor or auth can judge is named by whatever would use it, with the code for wrong settings.

use crate::support::{KEY, World};

#[test]
fn what_the_supervisor_would_refuse_is_named_before_anything_is_made() {
    let world = World::new();
    world.put_program(
        "ocweb-supervisor",
        "[ \"$1\" = --check ] && [ \"$OCWEB_HOST\" = 0.0.0.0 ] && echo 'ocweb: OCWEB_HOST cannot be used' >&2 && exit 3\nexit 0",
    );
    let wrong = [("OCWEB_HOST", "0.0.0.0")];
    for arguments in [["start", "--background"], ["start", "--foreground"], ["config", "check"]] {
        let run = world.ocweb(&arguments, &wrong);
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!(
            (run.status.code(), said.trim()),
            (Some(3), "ocweb: OCWEB_HOST cannot be used"),
            "{arguments:?}"
        );
    }
    let seen = world.ocweb(&["doctor", "--json"], &wrong);
    let seen = String::from_utf8(seen.stdout).unwrap();
    assert!(seen.contains("OCWEB_HOST cannot be used"), "{seen}");
    assert_eq!(std::fs::read_dir(world.path("data")).unwrap().count(), 0);
    assert!(world.ocweb(&["config", "check"], &[]).status.success());
    // What shows only in the start, as a port of root's, has the same code.
    world.put_program("ocweb-auth", "exit 0");
    world.put_program("ocweb-supervisor", "[ \"$1\" = --check ] || exit 3");
    for manner in ["--background", "--foreground"] {
        assert_eq!(world.ocweb(&["start", manner], &[]).status.code(), Some(3), "{manner}");
    }
}

#[test]
fn a_providers_key_is_told_with_who_said_it() {
    let world = World::new();
    let of = |key: &str| {
        let run = world.ocweb(&["config", "get", "--origin", key], &[("OPENROUTER_API_KEY", KEY)]);
        String::from_utf8(run.stdout).unwrap()
    };
    assert_eq!(of("providers.OPENROUTER_API_KEY"), "(set, not shown)\tenvironment, OPENROUTER_API_KEY\n");
    assert_eq!(of("providers.GROQ_API_KEY"), "\tnot set\n");
}

#[test]
fn a_log_that_has_no_such_process_is_said_to_have_none() {
    let world = World::new();
    std::fs::create_dir_all(world.path("data/ocweb/supervisor")).unwrap();
    std::fs::write(world.path("data/ocweb/supervisor/log"), "2026-01-02T03:04:05Z auth | listening\n")
        .unwrap();
    let logs = |arguments: &[&str]| {
        let run = world.ocweb(&[&["logs"], arguments].concat(), &[]);
        (run.status.code().unwrap(), String::from_utf8(run.stdout).unwrap())
    };
    assert_eq!(logs(&["auth"]), (0, "2026-01-02 03:04:05 auth: listening\n".into()));
    assert_eq!(logs(&["-n", "0"]), (0, String::new()));
    assert_eq!(logs(&["nobody"]), (2, String::new()));
}

#[test]
fn whoever_reads_no_further_is_no_fault() {
    let world = World::new();
    let run = world.ocweb_unread(&["config", "get"]);
    assert_eq!((run.status.code(), String::from_utf8(run.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn a_password_in_an_address_is_not_shown() {
    let world = World::new();
    let set = [("OCWEB_BACKUP_REPOSITORY", "rest:https://me:secret@host/me/")];
    let run = world.ocweb(&["config", "get", "backup.repository"], &set);
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "rest:https://me:***@host/me/\n");
}

#[test]
fn what_auth_would_refuse_is_named_in_its_words_and_with_the_same_code() {
    let world = World::new();
    let sentence = "AUTH_SECRET cannot be used: it must have at least 32 characters";
    world.put_program("ocweb-auth", &format!("echo 'ocweb: {sentence}' >&2; exit 3"));
    world.put_program("ocweb-supervisor", "exit 0");
    std::fs::create_dir(world.path("data/ocweb")).unwrap();
    for arguments in
        [&["start", "--background"][..], &["start", "--foreground"], &["config", "check"], &["password"]]
    {
        let run = world.ocweb_told(arguments, "another password\n");
        let said = String::from_utf8(run.stderr).unwrap();
        assert_eq!((run.status.code(), said.trim()), (Some(3), format!("ocweb: {sentence}").as_str()));
    }
    // What else goes wrong is no fault of the settings.
    world.put_program(
        "ocweb-auth",
        "[ \"$1\" = check-settings ] || { echo 'ocweb: the disk is full' >&2; exit 1; }",
    );
    let run = world.ocweb(&["start", "--background"], &[]);
    assert_eq!((run.status.code(), run.stderr.as_slice()), (Some(1), &b"ocweb: the disk is full\n"[..]));
}

#[test]
fn a_password_is_for_an_ocweb_that_there_is_and_that_takes_one() {
    let world = World::new();
    let set = || world.ocweb_told(&["password"], "another password\n");
    let nowhere = set();
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(
        nowhere.status.code() == Some(4) && said.starts_with("ocweb: No ocweb was ever started on "),
        "{said}"
    );
    assert!(world.password_told().is_none());
    std::fs::create_dir(world.path("data/ocweb")).unwrap();
    assert_eq!(set().status.code(), Some(0));
    assert_eq!(world.password_told().unwrap(), "another password\n");

    let _lock = world.runs("auth", &[("GET /local/password ", r#"{"is_fixed": true}"#)]);
    let fixed = set();
    let said = String::from_utf8(fixed.stderr).unwrap();
    assert!(fixed.status.code() == Some(3) && said.contains("was started with AUTH_PASSWORD"), "{said}");
}
