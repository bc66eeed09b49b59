//! Started as root: the agent is one user, what holds secrets another.

use std::{
    fs::{self, Permissions},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use crate::harness::{BACKENDS, World, is_alive, send, wait_until};
use nix::{sys::signal::Signal, unistd::Uid};

const AGENT: u32 = 65_521;
const KEEPER: u32 = 65_520;

/// A world whose folder everybody may enter, with secrets; nothing where this is not root.
fn shared_world() -> Option<World> {
    if !Uid::effective().is_root() {
        assert!(
            std::env::var_os("OCWEB_TEST_AS_ROOT").is_none(),
            "OCWEB_TEST_AS_ROOT is set, but this is not root"
        );
        eprintln!("skipped: only root can be several users");
        return None;
    }
    let world = World::new();
    // Stand-ins of all users write down there what they see.
    fs::set_permissions(world.path(""), Permissions::from_mode(0o777)).unwrap();
    Some(world)
}

fn start(world: &mut World) {
    let mut environment = world.environment();
    environment
        .extend([("AUTH_PASSWORD", "hunter2"), ("GITHUB_TOKEN", "t0ken")].map(|(n, v)| (n.into(), v.into())));
    world.start_with(environment);
    world.wait_until_ready();
}

/// Whether a shell of that user can do this.
fn can(user: u32, script: &str, argument: &Path) -> bool {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script, "sh"])
        .arg(argument)
        .uid(user)
        .gid(user)
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    shell.status().unwrap().success()
}

fn status(pid: i32, field: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    text.lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

const CONNECT: &str =
    "python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' \"$1\"";

#[test]
fn the_agent_is_kept_from_what_holds_secrets_and_this_from_nothing() {
    let Some(mut world) = shared_world() else { return };
    start(&mut world);
    assert_eq!(
        world.environment_of("auth")["OCWEB_AGENT_IS_APART"],
        "1",
        "who opens its socket is not the agent"
    );
    for name in BACKENDS.iter().chain(&["caddy"]) {
        let of_agent = ["opencode", "git-manager", "resource-monitor"].contains(name);
        let user = if of_agent { AGENT } else { KEEPER };
        let pid = world.pid(name);
        assert_eq!(status(pid, "Uid:"), [user.to_string().as_str(); 4].join(" "), "{name}");
        assert_eq!(status(pid, "Gid:"), [user.to_string().as_str(); 4].join(" "), "{name}");
        assert_eq!(
            (status(pid, "Groups:"), status(pid, "NoNewPrivs:")),
            (String::new(), "1".into()),
            "{name}"
        );
        assert_eq!(status(pid, "CapEff:"), "0000000000000000", "{name}");

        let environment = format!("/proc/{pid}/environ");
        assert_eq!(can(AGENT, "cat \"$1\"", Path::new(&environment)), of_agent, "{name}");
        if !matches!(*name, "opencode" | "caddy") {
            let socket = world.path("run").join(name).join("socket");
            assert_eq!(can(AGENT, CONNECT, &socket), of_agent, "{name}");
            assert!(can(KEEPER, CONNECT, &socket), "{name}");
            let own = world.path("data/ocweb").join(name);
            assert_eq!(can(AGENT, "ls \"$1\"", &own), of_agent, "{name}");
            assert!(!can(AGENT, "mv \"$1\" \"$1.away\"", &own), "{name}");
        }
    }
    let us = world.supervisor().pid;
    assert!(!can(AGENT, "cat \"$1\"", Path::new(&format!("/proc/{us}/environ"))));
    assert!(!can(AGENT, CONNECT, &world.path("run/supervisor/socket")));
    assert!(can(KEEPER, CONNECT, &world.path("run/supervisor/socket")));
    assert!(!can(AGENT, "touch \"$1/mine\"", &world.path("run")));
    assert!(can(AGENT, "cat \"$1\"", &world.path("run/processes.json")));
    assert!(can(AGENT, "touch \"$1/repos\"", &world.path("data/projects")));
    assert!(can(KEEPER, "cat \"$1/repos\"", &world.path("data/projects")));
    assert!(!can(KEEPER, "ls \"$1\"", &world.path("data/opencode-state")));
    assert!(!can(KEEPER + 2, "ls \"$1\"", &world.path("data/projects")));
}

#[test]
fn another_user_is_watched_restarted_and_ended_like_us() {
    let Some(mut world) = shared_world() else { return };
    world.behave("opencode", "detach");
    start(&mut world);
    let opencode = world.pid("opencode");
    assert_eq!(fs::read_to_string(format!("/proc/{opencode}/oom_score_adj")).unwrap().trim(), "300");
    let detached = world.noted_pid("opencode.detached");
    assert_eq!(status(detached, "Uid:"), [AGENT.to_string().as_str(); 4].join(" "));
    send(opencode, Signal::SIGKILL);
    wait_until("opencode is another process", || {
        world.service("opencode").is_some_and(|it| it["restarts"] == 1)
    });
    // Killed, it leaves what it detached to the next start.
    let second = world.noted_pid("opencode.detached");
    let auth = world.pid("auth");
    world.signal(Signal::SIGKILL);
    world.wait_for_end();
    wait_until("its children died with it", || !is_alive(auth));
    world.behave("opencode", "");
    start(&mut world);
    for pid in [detached, second] {
        assert!(!is_alive(pid));
    }
    world.signal(Signal::SIGTERM);
    assert!(world.wait_for_end().success());
    assert_eq!(world.marked(), [0; 0]);
}

#[test]
fn a_volume_that_was_one_users_is_handed_over_without_following_links() {
    let Some(mut world) = shared_world() else { return };
    let outside = world.path("outside");
    fs::write(&outside, "").unwrap();
    for folder in
        ["data/projects/repos/a", "data/opencode-state/home", "data/ocweb/auth", "data/ocweb/notifier"]
    {
        fs::create_dir_all(world.path(folder)).unwrap();
        fs::write(world.path(folder).join("file"), "").unwrap();
        std::os::unix::fs::symlink(&outside, world.path(folder).join("link")).unwrap();
    }
    let folder = world.path("outside-folder");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    std::os::unix::fs::symlink(&folder, world.path("data/projects/repos/link")).unwrap();
    // What root is about to write, and to run.
    let shell = world.path("data/ocweb/supervisor/shell");
    fs::create_dir_all(&shell).unwrap();
    std::os::unix::fs::symlink(&outside, shell.join("new")).unwrap();
    // As one user had it who was not root.
    let chown = Command::new("chown").args(["-hR", "4242"]).arg(world.path("data")).status().unwrap();
    assert!(chown.success());
    let foreign = world.path("data/projects/repos/a/foreign");
    fs::write(&foreign, "").unwrap();
    std::os::unix::fs::chown(&foreign, Some(4343), None).unwrap();
    // A second name of a file of root's, as the agent can make one where the kernel does not mind.
    let config = world.path("data/ocweb/config.jsonc");
    fs::write(&config, "").unwrap();
    fs::create_dir_all(world.path("data/ocweb/git-manager")).unwrap();
    fs::hard_link(&config, world.path("data/ocweb/git-manager/file")).unwrap();

    start(&mut world);
    let owner = |path: &str| fs::symlink_metadata(world.path(path)).unwrap().uid();
    for path in
        ["data", "data/ocweb", "data/ocweb/config.jsonc", "outside", "outside-folder", "outside-folder/file"]
    {
        assert_eq!(owner(path), 0, "{path}");
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "");
    let shells: Vec<_> = fs::read_dir(&shell).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(shells.len(), 1, "{shells:?}");
    for path in shells.iter().chain([&shell]) {
        assert_eq!(fs::symlink_metadata(path).unwrap().uid(), 0, "{}", path.display());
    }
    assert!(fs::symlink_metadata(&shells[0]).unwrap().is_file());
    for path in ["data/projects/repos/a/file", "data/projects/repos/a/link", "data/projects/repos/link"] {
        assert_eq!(owner(path), AGENT, "{path}");
    }
    assert_eq!(owner("data/opencode-state/home/file"), AGENT);
    assert_eq!(owner("data/projects/repos/a/foreign"), 4343, "what was neither root's nor the former user's");
    for path in ["data/ocweb/auth/file", "data/ocweb/auth/link", "data/ocweb/notifier/file"] {
        assert_eq!(owner(path), KEEPER, "{path}");
    }
}

#[test]
fn a_program_that_runs_as_the_agent_cannot_be_read_by_it() {
    let Some(mut world) = shared_world() else { return };
    let program = world.path("bin/ocweb-git-manager");
    // Any program will do that is no script.
    fs::copy("/bin/true", &program).unwrap();
    world.start();
    wait_until("it was started", || world.service("git-manager").is_some_and(|it| it["restarts"] != 0));
    assert_eq!(program.metadata().unwrap().mode() & 0o777, 0o711);
    assert!(can(AGENT, "\"$1\"", &program));
    assert_eq!(world.path("bin/ocweb-auth").metadata().unwrap().mode() & 0o777, 0o755);
}

/// Nobody named the agent's user, and this folder lets nobody through: a checkout in root's home.
#[test]
fn an_agent_that_is_root_because_nobody_else_gets_through_is_told_of() {
    let Some(shared) = shared_world() else { return };
    let check = |world: &World| {
        let output = world.command(world.environment(), &[]).arg("--check").output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(check(&shared), (Some(0), String::new()));
    let mut world = World::new();
    let obstacle = format!("user {AGENT} cannot reach {}", world.path("").display());
    let (code, told) = check(&world);
    assert!(code == Some(0) && told.starts_with(obstacle.trim_end_matches('/')), "{told}");
    start(&mut world);
    let (_, _, instance) = world.get("/admin/instance").unwrap();
    assert_eq!(instance["agent_is_root"], told.trim());
    world.signal(Signal::SIGTERM);
    assert!(world.wait_for_end().success());

    let mut environment = world.environment();
    environment.insert("OCWEB_AGENT_USER".into(), "root".into());
    world.start_with(environment);
    world.wait_until_ready();
    let (_, _, instance) = world.get("/admin/instance").unwrap();
    assert!(instance["agent_is_root"].is_null(), "it was asked for: {instance}");
}

#[test]
fn a_user_that_was_named_and_cannot_work_ends_the_start() {
    let Some(world) = shared_world() else { return };
    let mut environment = world.environment();
    environment.insert("OCWEB_AGENT_USER".into(), AGENT.to_string());
    fs::set_permissions(world.path("bin/opencode"), Permissions::from_mode(0o700)).unwrap();
    let output = world.command(environment, &[]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let program = world.path("bin/opencode");
    let sentence =
        format!("OCWEB_AGENT_USER cannot be used: user {AGENT} cannot reach {}", program.display());
    assert!(output.status.code() == Some(3) && said.contains(&sentence), "{said}");
}

#[test]
fn a_user_that_was_named_and_could_change_a_program_ends_the_start() {
    let Some(world) = shared_world() else { return };
    let mut environment = world.environment();
    environment.insert("OCWEB_AGENT_USER".into(), AGENT.to_string());
    let program = world.path("bin/ocweb-auth");
    std::os::unix::fs::chown(&program, Some(AGENT), None).unwrap();
    fs::set_permissions(world.path(""), Permissions::from_mode(0o755)).unwrap();
    let output = world.command(environment, &[]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let sentence = format!("user {AGENT} can change {}, which others run", program.display());
    assert!(output.status.code() == Some(3) && said.contains(&sentence), "{said}");
}

#[test]
fn caddy_listens_on_a_port_of_roots_and_may_do_nothing_else_that_root_may() {
    let Some(mut world) = shared_world() else { return };
    let port = (600..1000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    world.port = port;
    start(&mut world);
    let caddy = world.pid("caddy");
    assert_eq!(status(caddy, "Uid:"), format!("{KEEPER} {KEEPER} {KEEPER} {KEEPER}"));
    let begin: u16 =
        fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap().trim().parse().unwrap();
    let right = if port < begin { 1 << 10 } else { 0 };
    for field in ["CapEff:", "CapPrm:", "CapAmb:"] {
        assert_eq!(u64::from_str_radix(&status(caddy, field), 16).unwrap(), right, "{field}");
    }
    for name in ["auth", "opencode"] {
        assert_eq!(u64::from_str_radix(&status(world.pid(name), "CapPrm:"), 16).unwrap(), 0, "{name}");
    }
    // The death of its parent still ends it.
    send(world.supervisor().pid, Signal::SIGKILL);
    wait_until("Caddy is gone", || !is_alive(caddy));
}

/// Listens in all ways on the port that is told, and names those that it could.
const TAKE: &str = r#"python3 -c '
import itertools, socket, sys
for host, address, port, v6 in itertools.product(("127.0.0.1", "0.0.0.0", "::1", "::"), (0, 1), (0, 1), (0, 1)):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.socket(family)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, address)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, port)
        if family == socket.AF_INET6:
            taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6)
        taken.bind((host, int(sys.argv[1])))
        taken.listen()
        sys.exit(0)
    except OSError:
        taken.close()
sys.exit(1)
' "$1""#;

#[test]
fn the_agent_cannot_listen_in_the_place_of_a_caddy_that_does_not_yet_or_no_longer() {
    let Some(mut world) = shared_world() else { return };
    let caddy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/caddy");
    fs::copy(caddy, world.path("bin/real-caddy")).unwrap();
    let caddyfile = "{\nadmin off\n}\nhttp://:{$OCWEB_PORT} {\nbind {$OCWEB_HOST}\n\
                     reverse_proxy unix/{$OCWEB_RUN_DIR}/supervisor/socket\n}\n";
    fs::write(world.path("Caddyfile"), caddyfile).unwrap();
    let port = world.port.to_string();
    assert!(can(AGENT, TAKE, Path::new(&port)), "as long as it is nobody's");
    for host in ["127.0.0.1", "0.0.0.0", "::"] {
        // What is not there yet is not waited for.
        world.behave("git-manager", "silent");
        let mut environment = world.environment();
        environment.insert("OCWEB_CADDY_BIN".into(), world.path("bin/real-caddy").display().to_string());
        environment
            .extend([("OCWEB_HOST", host), ("OCWEB_PLAIN_HTTP", "yes")].map(|(n, v)| (n.into(), v.into())));
        world.start_with(environment);
        world.wait_for_state("auth", "running");
        assert!(!can(AGENT, TAKE, Path::new(&port)), "before Caddy is there, at {host}");
        world.behave("git-manager", "");
        send(world.pid("git-manager"), Signal::SIGKILL);
        world.wait_until_ready();
        for _ in 0..20 {
            let mut stream = TcpStream::connect(("127.0.0.1", world.port)).unwrap();
            write!(stream, "GET /admin/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "every connection is Caddy's: {answer}");
        }
        // Gone, and not there again for a while.
        fs::rename(world.path("bin/real-caddy"), world.path("bin/away")).unwrap();
        send(world.pid("caddy"), Signal::SIGKILL);
        world.wait_for_state("caddy", "restarting");
        assert!(!can(AGENT, TAKE, Path::new(&port)), "while Caddy is gone, at {host}");
        fs::rename(world.path("bin/away"), world.path("bin/real-caddy")).unwrap();
        world.wait_for_state("caddy", "running");
        world.signal(Signal::SIGTERM);
        world.wait_for_end();
    }
}
