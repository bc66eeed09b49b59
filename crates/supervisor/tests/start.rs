//! Starting: what is refused, what waits for what, and what each process is given.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::symlink,
    process::Command,
    time::{Duration, SystemTime},
};

use crate::harness::{BACKENDS, World, wait_for, wait_until};
use serde_json::json;

#[test]
fn all_is_well_when_all_answer() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let (status, _, health) = world.get("/admin/health").unwrap();
    assert_eq!((status, health), (200, json!({"healthy": true, "waiting_for": []})));

    let (_, _, document) = world.get("/admin/services").unwrap();
    let services = document["services"].as_array().unwrap();
    let names: Vec<_> = services.iter().map(|service| service["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "opencode",
            "auth",
            "github-gateway",
            "git-manager",
            "resource-monitor",
            "event-relay",
            "notifier",
            "caddy"
        ]
    );
    for service in services {
        assert_eq!(service["state"], "running");
        assert_eq!(service["restarts"], 0);
        assert!(service["memory_bytes"].as_u64().unwrap() > 1 << 20, "{service}");
        assert!(service["started_at"].as_str().unwrap().contains('T'));
        assert!(service["last_exit"].is_null() && service["next_start_at"].is_null());
    }
}

#[test]
fn caddy_waits_for_the_slowest_and_health_says_for_whom() {
    let mut world = World::new();
    world.behave("git-manager", "late=3");
    world.start();
    let (_, head, problem) = wait_for("waiting for git-manager alone", || {
        world.get("/admin/health").filter(|(_, _, problem)| {
            problem["waiting_for"]
                == json!([{"name": "git-manager", "state": "starting"}, {"name": "caddy", "state": "starting"}])
        })
    });
    assert!(head.starts_with("http/1.1 503") && head.contains("retry-after: 1"), "{head}");
    assert!(head.contains("application/problem+json"));
    assert_eq!(problem["type"], "starting");
    assert!(problem["detail"].as_str().unwrap().contains("git-manager"));
    assert!(world.starts("caddy").is_empty() && !world.is_ready());

    world.wait_until_ready();
    let slowest = world.starts("git-manager")[0] + 3.0;
    assert!(world.starts("caddy")[0] >= slowest);
    assert_eq!(world.get("/admin/health").unwrap().0, 200);
}

#[test]
fn an_answer_that_is_a_page_or_never_comes_is_not_ready() {
    let mut world = World::new();
    world.behave("opencode", "html");
    world.behave("auth", "silent");
    world.start();
    world.wait_for_state("git-manager", "running");
    world.wait_for_state("resource-monitor", "running");
    // Several probes later nothing has changed.
    wait_until("a log of what is waited for", || world.log().matches("still waiting").count() >= 2);
    assert_eq!(world.state("opencode").unwrap(), "starting");
    assert_eq!(world.state("auth").unwrap(), "starting");
    assert!(world.starts("caddy").is_empty());
}

#[test]
fn a_wrong_setting_ends_the_start_with_its_name_before_anything_runs() {
    let world = World::new();
    for (name, value) in [
        ("OCWEB_DATA", ""),
        ("OCWEB_PORT", "http"),
        ("OCWEB_CADDYFILE", "/nonexistent"),
        ("OCWEB_BIN_DIR", "/"),
    ] {
        let mut environment = world.environment();
        environment.insert(name.into(), value.into());
        let output = world.command(environment, &[]).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.starts_with(&format!("ocweb: {name} ")) && stderr.lines().count() == 1, "{stderr}");
    }
    assert!(BACKENDS.iter().all(|name| world.starts(name).is_empty()));
}

#[test]
fn settings_can_be_checked_without_a_start() {
    let world = World::new();
    let check = |host: &str| {
        let mut environment = world.environment();
        environment.insert("OCWEB_HOST".into(), host.into());
        let mut command = world.command(environment, &[]);
        let output = command.arg("--check").stderr(std::process::Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(check("127.0.0.1"), (Some(0), String::new()));
    let (code, said) = check("0.0.0.0");
    assert!(code == Some(3) && said.starts_with("ocweb: OCWEB_HOST cannot be used"), "{said}");
    assert!(BACKENDS.iter().all(|name| world.starts(name).is_empty()));
}

/// With a code after which a service is started again: at boot a tunnel's address is not there yet.
#[test]
fn a_port_in_use_or_an_address_that_is_not_there_ends_the_start_for_now() {
    let world = World::new();
    let _taken = TcpListener::bind(("127.0.0.1", world.port)).unwrap();
    // RFC 5737: nobody's.
    for (host, sentence) in [
        ("127.0.0.1", "OCWEB_PORT cannot be used: something else listens on 127.0.0.1"),
        ("203.0.113.1", "OCWEB_HOST cannot be used: this machine does not have the address 203.0.113.1 now"),
    ] {
        let mut environment = world.environment();
        environment.insert("OCWEB_HOST".into(), host.into());
        environment.insert("OCWEB_PLAIN_HTTP".into(), "yes".into());
        let output = world.command(environment, &[]).stderr(std::process::Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(sentence), "{stderr}");
    }
}

#[test]
fn a_second_supervisor_on_the_volume_is_told_who_has_it() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let mut environment = world.environment();
    environment.insert("OCWEB_RUN_DIR".into(), world.path("other-run").display().to_string());
    environment.insert("OCWEB_PORT".into(), "1".into());
    let output = world.command(environment, &[]).stderr(std::process::Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let holder = format!("in use by another ocweb, process {}", world.supervisor().pid);
    assert!(stderr.contains(&holder), "{stderr}");
    assert_eq!(world.get("/admin/health").unwrap().0, 200, "the first goes on");
}

#[test]
fn a_restore_that_was_broken_off_comes_before_a_start() {
    let world = World::new();
    let environment = world.environment();
    let workplace = std::path::Path::new(&environment["OCWEB_DATA"]).join(".restoring");
    std::fs::create_dir_all(&workplace).unwrap();
    std::fs::write(workplace.join(".whole"), "").unwrap();
    let output = world.command(environment, &[]).stderr(std::process::Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("was broken off. Run it again: ocweb restore"), "{stderr}");
    assert!(!workplace.with_file_name("ocweb").join("supervisor/lock").exists());
}

#[test]
fn a_run_folder_in_use_is_left_alone() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let mut environment = world.environment();
    environment.insert("OCWEB_DATA".into(), world.path("other-data").display().to_string());
    let output = world.command(environment, &[]).stderr(std::process::Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("supervisor/socket is in use by another running process"), "{stderr}");
    let (_, _, document) = world.get("/admin/services").unwrap();
    for service in document["services"].as_array().unwrap() {
        assert_eq!(service["restarts"], 0, "{service}");
    }
}

#[test]
fn each_process_gets_its_own_variables_and_no_others() {
    let secrets = [
        ("AUTH_PASSWORD", "auth"),
        ("AUTH_SECRET", "auth"),
        ("OCWEB_HOSTS", "auth"),
        ("GITHUB_TOKEN", "github-gateway"),
        ("GITHUB_API_URL", "github-gateway"),
        ("OPENROUTER_API_KEY", "opencode"),
        ("AWS_SECRET_ACCESS_KEY", "opencode"),
        ("CHOSEN", "opencode"),
        ("CARGO_HOME", "opencode"),
        ("GIT_AUTHOR_NAME", "opencode"),
        ("OCWEB_TRUSTED_PROXIES", "caddy"),
        // A backup's.
        ("AZURE_ACCOUNT_KEY", ""),
        ("GOOGLE_ACCESS_TOKEN", ""),
        ("B2_ACCOUNT_KEY", ""),
        ("UNKNOWN", ""),
        ("OCWEB_NOTICE", ""),
    ];
    let mut world = World::new();
    let mut environment = world.environment();
    environment.extend(secrets.map(|(name, _)| (name.into(), "10.0.0.1".into())));
    environment.insert("OCWEB_OPENCODE_ENV".into(), "CHOSEN".into());
    environment.insert("OPENCODE_SERVER_USERNAME".into(), "somebody".into());
    world.start_with(environment);
    world.wait_until_ready();

    let given = |name: &str| world.environment_of(name);
    for (variable, owner) in secrets {
        for name in BACKENDS.iter().chain(&["caddy"]) {
            let has = given(name).contains_key(variable);
            assert_eq!(has, *name == owner, "{variable} of {name}");
        }
    }
    let run = world.path("run").display().to_string();
    for name in BACKENDS.iter().chain(&["caddy"]) {
        assert_eq!(given(name)["OCWEB_INSTANCE"], run, "{name}");
    }
    let opencode = given("opencode");
    let state = world.path("data/opencode-state");
    assert_eq!(opencode["HOME"], state.join("home").display().to_string());
    assert_eq!(opencode["PWD"], state.join("empty").display().to_string());
    assert!(opencode["XDG_DATA_HOME"].starts_with(&state.display().to_string()));
    assert!(!opencode.contains_key("OPENCODE_SERVER_USERNAME"));
    // What the agent installs is found by the agent, and by nobody who has a secret.
    let installed = state.join("home/.local/bin").display().to_string();
    for name in BACKENDS.iter().chain(&["caddy"]) {
        assert_eq!(given(name)["PATH"].contains(&installed), *name == "opencode", "{name}");
    }
    let password = &opencode["OPENCODE_SERVER_PASSWORD"];
    assert_eq!(given("git-manager")["OPENCODE_SERVER_PASSWORD"], *password);
    assert_eq!(given("event-relay")["OPENCODE_SERVER_PASSWORD"], *password);
    for name in ["auth", "notifier", "caddy"] {
        assert!(!given(name).contains_key("OPENCODE_SERVER_PASSWORD"), "{name}");
    }
    let secret = &given("github-gateway")["OCWEB_GATEWAY_SECRET"];
    assert_eq!(given("git-manager")["OCWEB_GATEWAY_SECRET"], *secret);
    assert_eq!(given("git-manager")["OCWEB_GITHUB_TOKEN_IS_SET"], "1");
    assert_eq!(
        given("git-manager")["OCWEB_GATEWAY_URL"],
        format!("http://{}", given("github-gateway")["OCWEB_GATEWAY_ADDRESS"])
    );
    for name in ["opencode", "auth", "event-relay", "notifier", "resource-monitor", "caddy"] {
        assert!(!given(name).values().any(|value| value == secret), "{name}");
    }
    assert_eq!(given("auth")["MALLOC_ARENA_MAX"], "2");
    assert_eq!(given("auth")["OCWEB_DATA"], world.path("data").display().to_string());
    let caddy = given("caddy");
    assert_eq!(caddy["OCWEB_PORT"], world.port.to_string());
    assert_eq!(
        format!("http://{}", caddy["OCWEB_OPENCODE_ADDRESS"]),
        given("git-manager")["OCWEB_OPENCODE_URL"]
    );
}

#[test]
fn a_domain_is_a_name_that_auth_answers_for_and_caddy_has_certified() {
    let mut world = World::new();
    let mut environment = world.environment();
    let directory = "https://ca.example/directory";
    environment.extend(
        [
            ("OCWEB_HOST", "127.0.0.1"),
            ("OCWEB_DOMAIN", "code.example.org,box.example.org"),
            ("OCWEB_HTTPS_PORT", "8443"),
            ("OCWEB_HOSTS", "box"),
            ("OCWEB_ACME_DIRECTORY", directory),
            ("HTTP_PROXY", "http://proxy.example"),
            ("HTTPS_PROXY", "http://proxy.example"),
        ]
        .map(|(name, value)| (name.into(), value.into())),
    );
    world.start_with(environment);
    world.wait_for_state("caddy", "running");
    assert_eq!(world.environment_of("auth")["OCWEB_HOSTS"], "box,code.example.org,box.example.org");
    let caddy = world.environment_of("caddy");
    assert_eq!(caddy["OCWEB_SITES"], "https://code.example.org, https://box.example.org");
    assert_eq!((caddy["OCWEB_EDGE"].as_str(), caddy["OCWEB_ACME_DIRECTORY"].as_str()), ("acme", directory));
    // By the first it would look for our own services.
    assert!(caddy.contains_key("HTTPS_PROXY") && !caddy.contains_key("HTTP_PROXY"));
}

#[test]
fn the_page_hears_what_is_missing() {
    let mut world = World::new();
    let mut environment = world.environment();
    environment.insert("OCWEB_NOTICE".into(), "This is a demo.".into());
    world.start_with(environment);
    world.wait_until_ready();
    let (_, _, instance) = world.get("/admin/instance").unwrap();
    assert_eq!(instance["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(instance["opencode_version"], "1.2.3");
    assert_eq!(instance["notice"], "This is a demo.");
    let missing: Vec<_> = instance["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|missing| missing["name"].as_str().unwrap())
        .collect();
    assert_eq!(missing, ["GITHUB_TOKEN", "A model provider key"]);
}

#[test]
fn opencode_falls_first_when_memory_runs_out() {
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let score =
        |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().to_owned();
    assert_eq!(score(world.pid("opencode")), "300");
    assert_eq!(score(world.pid("auth")), score(world.supervisor().pid));
    // And its agent's commands before it.
    let shell = &world.environment_of("opencode")["SHELL"];
    let output = Command::new(shell).args(["-c", "cat /proc/self/oom_score_adj"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "600");
}

#[test]
fn the_run_folder_is_private_and_lists_the_processes() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    world.start();
    world.wait_until_ready();
    let mode = world.path("run").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let text = std::fs::read(world.path("run/processes.json")).unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(list.len(), BACKENDS.len() + 1);
    let auth = list.iter().find(|process| process["name"] == "auth").unwrap();
    assert_eq!(auth["pid"], world.pid("auth"));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", auth["pid"])).unwrap();
    let start_time = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap();
    assert_eq!(auth["start_time"].to_string(), start_time);
}

#[test]
fn a_run_folder_that_is_not_ours_is_refused() {
    let world = World::new();
    let link = world.path("link");
    std::os::unix::fs::symlink(world.path("run"), &link).unwrap();
    let mut environment = world.environment();
    environment.insert("OCWEB_RUN_DIR".into(), link.display().to_string());
    let mut command: Command = world.command(environment, &[]);
    let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.starts_with("ocweb: OCWEB_RUN_DIR cannot be used"), "{stderr}");
}

/// A Bun leaves a copy of each library that it carries, under a name of its own at each start.
#[test]
fn libraries_that_an_earlier_opencode_unpacked_are_removed() {
    let mut world = World::new();
    let temporary = world.path("temporary");
    fs::create_dir(&temporary).unwrap();
    let make = |name: &str, age: Duration| {
        let file = fs::File::create(temporary.join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    };
    let (old, young) = (Duration::from_mins(10), Duration::ZERO);
    make(".bcfbed7fbddfb27d-00000000.so", old);
    make(".bcfbed7fbddfb27e-00000000.so", young);
    make("library.so", old);
    let mut environment = world.environment();
    let link = world.path("link");
    symlink(&temporary, &link).unwrap();
    environment.insert("TMPDIR".into(), link.display().to_string());
    // What the agent installs comes before the system's own, also where it does not work.
    let installed = world.path("data/opencode-state/home/.local/bin");
    fs::create_dir_all(&installed).unwrap();
    symlink("/bin/false", installed.join("find")).unwrap();
    world.start_with(environment);
    world.wait_until_ready();
    let mut left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".bcfbed7fbddfb27e-00000000.so", "library.so"]);
}
