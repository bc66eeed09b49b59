//! The process table: what is started, with what, and how it is asked whether it is well.
//!
//! Nothing here runs anything. A new process is one more row.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_service::metrics::Requests;

use crate::{
    certificate,
    edge::{Source, Tls},
    environment::{self, Variables},
    first_look,
    ownership::Folder,
    probe::{Address, Expect, Probe},
    settings::{self, Settings},
    users::{User, Users},
};

/// Name of the row for opencode.
pub(crate) const OPENCODE: &str = "opencode";

/// Name of the row for Caddy.
pub(crate) const CADDY: &str = "caddy";

/// One process to keep alive.
#[derive(Debug, Clone)]
pub(crate) struct ProcessSpec {
    /// Its name in logs and in `/admin/services`.
    pub(crate) name: &'static str,
    /// The program's path.
    pub(crate) program: PathBuf,
    /// What it is called with.
    pub(crate) arguments: Vec<OsString>,
    /// The folder it starts in.
    pub(crate) directory: PathBuf,
    /// As whom it runs, where that is not us.
    pub(crate) user: Option<User>,
    /// Folders that it needs, made before it starts.
    pub(crate) folders: Vec<Folder>,
    /// Its whole environment.
    pub(crate) environment: Variables,
    /// How it is asked whether it is ready.
    pub(crate) probe: Probe,
    /// When it starts and stops, seen from the others.
    pub(crate) stage: Stage,
    /// How long a start may take before it counts as hung.
    pub(crate) start_limit: Duration,
    /// How long it may take to end by itself before it is ended by force.
    pub(crate) stop_grace: Duration,
    /// A file that is there while it can answer. opencode never answers the first requests that reach it
    /// while it starts, so Caddy lets none through without this.
    pub(crate) ready_file: Option<PathBuf>,
    /// Whether it may listen on ports that are root's.
    pub(crate) listens_below: bool,
    /// Added to its chance of being the one that the kernel ends when memory runs out; -1000 to 1000.
    pub(crate) oom_score_adj: Option<i16>,
    /// Where the requests are counted that it tells of on its output.
    pub(crate) requests: Option<Requests>,
}

/// The order of things. Engine and services start side by side, and the front when all of them are
/// settled; they stop one stage after the other, the front first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// opencode, which the services talk to.
    Engine,
    /// Our services.
    Service,
    /// Caddy, through which everybody comes.
    Front,
}

impl Stage {
    /// The stages as they stop.
    pub(crate) const STOP_ORDER: [Self; 3] = [Self::Front, Self::Service, Self::Engine];
}

/// The table for these settings. `agent_shell` is the shell to run the agent's commands in, where it
/// is another than the person's; `requests` are those that Caddy passes on to opencode.
pub(crate) fn table(
    settings: &Settings,
    users: Users,
    agent_shell: Option<&Path>,
    requests: &Requests,
) -> Vec<ProcessSpec> {
    let services = settings
        .programs
        .services
        .iter()
        .map(|(name, program)| service(settings, users, name, program, agent_shell));
    std::iter::once(opencode(settings, users, agent_shell))
        .chain(services)
        .chain([caddy(settings, users, requests.clone())])
        .collect()
}

fn opencode(settings: &Settings, users: Users, agent_shell: Option<&Path>) -> ProcessSpec {
    let folder = |name| settings.opencode_folder(name);
    let mut variables = environment::pick(
        &settings.environment,
        &[environment::SYSTEM, environment::NETWORK, environment::PROVIDERS, environment::AGENT],
    );
    for name in &settings.opencode_variables {
        if let Some(value) = settings.environment.get(name) {
            variables.insert(name.clone(), value.to_owned());
        }
    }
    variables.retain(|name, _| !environment::is_kept_from_opencode(name));
    variables.insert("OPENCODE_SERVER_PASSWORD".into(), settings.password.clone());
    // It is moved by `ocweb update`, which tries a new version first.
    variables.insert("OPENCODE_DISABLE_AUTOUPDATE".into(), "1".into());
    as_the_agent(&mut variables, settings, users, agent_shell);

    let port = settings.opencode.port().to_string();
    let arguments =
        ["serve", "--hostname", "127.0.0.1", "--port", &port, "--print-logs", "--log-level", "WARN"];
    ProcessSpec {
        name: OPENCODE,
        program: first_look::SHELL.into(),
        arguments: first_look::look_first(
            &settings.programs.opencode,
            &folder("data").join("opencode/opencode.db"),
            &folder("damaged"),
            arguments.map(OsString::from),
        ),
        // Empty, so that a request that names no directory is visibly wrong.
        directory: folder("empty"),
        user: users.of(OPENCODE),
        folders: AGENTS_FOLDERS
            .iter()
            .map(|(_, name)| *name)
            .chain(["empty"])
            .map(|name| Folder::private(folder(name)))
            .collect(),
        environment: variables,
        probe: Probe {
            address: Address::Tcp(settings.opencode),
            path: "/global/health",
            authorization: Some(format!("Basic {}", opencode_credentials(settings))),
            expect: Expect::Healthy,
        },
        stage: Stage::Engine,
        // 47 s were seen at an eighth of a processor; a big database to migrate takes longer.
        start_limit: Duration::from_mins(5),
        stop_grace: Duration::from_millis(700),
        // It must fall before the door and the rest of the machine, and after its agent's commands.
        ready_file: Some(settings.folders.run.join("opencode.ready")),
        listens_below: false,
        oom_score_adj: Some(300),
        requests: None,
    }
}

/// Where the agent's programs keep their things: the variable, and its folder in opencode's.
const AGENTS_FOLDERS: [(&str, &str); 5] = [
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CACHE_HOME", "cache"),
];

/// What a command gets that is run in the agent's place: the same, without opencode's own settings and the keys.
fn agent_environment(settings: &Settings, users: Users, agent_shell: Option<&Path>) -> Variables {
    let lists: [&[&str]; 3] = [environment::SYSTEM, environment::NETWORK, environment::AGENT];
    let mut variables = environment::pick(&settings.environment, &lists);
    variables.retain(|name, _| !name.starts_with("OPENCODE_"));
    as_the_agent(&mut variables, settings, users, agent_shell);
    variables
}

/// The folders, the shell and the mark of the agent's processes.
fn as_the_agent(variables: &mut Variables, settings: &Settings, users: Users, agent_shell: Option<&Path>) {
    // rustup's cargo finds no toolchain under another HOME unless it is told where they are. Root's are root's.
    if let Some(home) = settings.environment.get("HOME").filter(|_| users == Users::One) {
        let toolchains = Path::new(home).join(".rustup");
        if toolchains.is_dir() {
            variables.entry("RUSTUP_HOME".into()).or_insert(toolchains.display().to_string());
        }
    }
    let folders = AGENTS_FOLDERS
        .map(|(variable, name)| (variable.into(), settings.opencode_folder(name).display().to_string()));
    variables.extend(folders);
    // Where an agent that is not root installs programs, and where they outlive an image. No other process looks there.
    let installed = settings.opencode_folder("home").join(".local/bin");
    let path = variables.entry("PATH".into()).or_default();
    *path = format!("{}:{path}", installed.display());
    if let Some(shell) = agent_shell {
        variables.insert("SHELL".into(), shell.display().to_string());
    }
    mark(variables, settings);
}

fn service(
    settings: &Settings,
    users: Users,
    name: &'static str,
    program: &Path,
    agent_shell: Option<&Path>,
) -> ProcessSpec {
    let Settings { folders, .. } = settings;
    let lists: &[&[&str]] = match name {
        "auth" => &[environment::AUTH],
        "git-manager" => &[environment::GIT_MANAGER],
        "github-gateway" => &[environment::NETWORK, environment::GITHUB],
        "notifier" => &[environment::NETWORK],
        _ => &[],
    };
    let mut variables = environment::pick(&settings.environment, &[environment::SYSTEM, environment::LOGS]);
    variables.extend(environment::pick(&settings.environment, lists));
    if name == "auth" {
        let names = settings.environment.get("OCWEB_HOSTS").into_iter();
        let names: Vec<&str> = names.chain(settings.edge.domains.iter().map(String::as_str)).collect();
        variables.insert("OCWEB_HOSTS".into(), names.join(","));
        if users != Users::One {
            // Then who can open its socket is not the agent.
            variables.insert("OCWEB_AGENT_IS_APART".into(), "1".into());
        }
    }
    if matches!(name, "git-manager" | "event-relay") {
        variables.insert("OCWEB_OPENCODE_URL".into(), format!("http://{}", settings.opencode));
        variables.insert("OPENCODE_SERVER_PASSWORD".into(), settings.password.clone());
    }
    if matches!(name, "git-manager" | "github-gateway") {
        variables.insert("OCWEB_GATEWAY_SECRET".into(), settings.gateway_secret.clone());
    }
    match name {
        "github-gateway" => {
            variables.insert("OCWEB_GATEWAY_ADDRESS".into(), settings.gateway.to_string());
        }
        "git-manager" => {
            // For the setup commands of working copies, which run as the agent's do.
            let environment = agent_environment(settings, users, agent_shell);
            variables.insert("OCWEB_AGENT_ENVIRONMENT".into(), serde_json::json!(environment).to_string());
            variables.insert("OCWEB_GATEWAY_URL".into(), format!("http://{}", settings.gateway));
            variables.insert("OCWEB_OPENCODE_BIN".into(), settings.programs.opencode.display().to_string());
            // All that it has to know about the token.
            if settings.environment.get("GITHUB_TOKEN").is_some() {
                variables.insert("OCWEB_GITHUB_TOKEN_IS_SET".into(), "1".into());
            }
        }
        _ => {}
    }
    let own = folders.own(name);
    let path = |path: &Path| path.display().to_string();
    variables.extend([
        ("OCWEB_DATA".into(), path(&folders.data)),
        ("OCWEB_RUN_DIR".into(), path(&folders.run)),
        // Its own folder, so that no program it calls reads the person's dotfiles.
        ("HOME".into(), path(&own)),
        // Keeps what argon2 borrowed from staying resident.
        ("MALLOC_ARENA_MAX".into(), "2".into()),
        ("MALLOC_MMAP_THRESHOLD_".into(), "131072".into()),
    ]);
    mark(&mut variables, settings);
    ProcessSpec {
        name,
        program: program.to_owned(),
        arguments: Vec::new(),
        directory: own.clone(),
        user: users.of(name),
        folders: vec![
            Folder::private(own),
            Folder { path: folders.run.join(name), visitors: users.visitors() },
        ],
        environment: variables,
        probe: Probe {
            address: Address::Unix(folders.socket(name)),
            path: "/health",
            authorization: None,
            expect: Expect::Service(name),
        },
        stage: Stage::Service,
        start_limit: Duration::from_mins(1),
        stop_grace: Duration::from_millis(1800),
        ready_file: None,
        listens_below: false,
        oom_score_adj: None,
        requests: None,
    }
}

fn caddy(settings: &Settings, users: Users, requests: Requests) -> ProcessSpec {
    let own = settings.folders.own(CADDY);
    let path = |path: &Path| path.display().to_string();
    let copies = settings.folders.run.join(CADDY);
    let mut variables = environment::pick(&settings.environment, &[environment::SYSTEM]);
    if let Some(Tls { source: Source::Acme { root, .. }, .. }) = &settings.edge.tls {
        variables.extend(environment::pick(&settings.environment, &[environment::AUTHORITY]));
        if root.is_some() {
            variables.insert("SSL_CERT_FILE".into(), path(&copies.join(certificate::ROOT)));
        }
    }
    variables.extend(settings.edge.variables());
    variables.extend([
        ("HOME".into(), path(&own)),
        ("XDG_DATA_HOME".into(), path(&own.join("data"))),
        ("XDG_CONFIG_HOME".into(), path(&own.join("config"))),
        ("OCWEB_RUN_DIR".into(), path(&settings.folders.run)),
        ("OCWEB_WEB_DIR".into(), path(&settings.web)),
        ("OCWEB_OPENCODE_ADDRESS".into(), settings.opencode.to_string()),
        ("OCWEB_OPENCODE_AUTHORIZATION".into(), opencode_credentials(settings)),
    ]);
    mark(&mut variables, settings);
    let caddyfile = settings.caddyfile.as_os_str();
    let arguments =
        ["run".as_ref(), "--config".as_ref(), caddyfile, "--adapter".as_ref(), "caddyfile".as_ref()];
    ProcessSpec {
        name: CADDY,
        program: settings.programs.caddy.clone(),
        arguments: arguments.map(OsString::from).to_vec(),
        directory: own.clone(),
        user: users.of(CADDY),
        folders: vec![Folder::private(own), Folder::private(copies)],
        environment: variables,
        probe: Probe {
            // Through Caddy to our own health, which says that Caddy is ours and passes requests on.
            address: Address::Tcp(settings.edge.plain_from_here()),
            path: "/admin/health",
            authorization: None,
            expect: Expect::Member("waiting_for"),
        },
        stage: Stage::Front,
        start_limit: Duration::from_mins(1),
        // Its own grace for open streams is a second.
        stop_grace: Duration::from_millis(1300),
        ready_file: None,
        listens_below: settings
            .edge
            .listens()
            .any(|(_, address)| address.port() < settings::unprivileged_ports_begin_at()),
        oom_score_adj: None,
        requests: Some(requests),
    }
}

fn opencode_credentials(settings: &Settings) -> String {
    BASE64_STANDARD.encode(format!("opencode:{}", settings.password))
}

/// By this every process of the instance is known, those that detached themselves included.
fn mark(variables: &mut Variables, settings: &Settings) {
    variables.insert(MARK.into(), settings.folders.run.display().to_string());
}

/// The variable that marks the processes of an instance; its value is the run folder's path.
pub(crate) const MARK: &str = "OCWEB_INSTANCE";
