//! What is known of an ocweb and its machine, collected once. What cannot be had is not known, which is no fault by itself.

use std::{
    fs::{self, File},
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::Path,
    time::{Duration, Instant},
};

use nix::sys::statvfs::statvfs;
use serde_json::Value;

use crate::{
    commands::{start, status},
    context::Context,
    instance::{Answer, Instance, SUPERVISOR},
    layout::Layout,
    resolution::Variables,
};

/// How the volume is.
#[derive(Debug, Clone, Copy)]
pub struct Volume {
    /// How many bytes are free for us.
    pub available: u64,
    /// How many bytes it has.
    pub total: u64,
}

/// What is known. Documents are as the services answer them, `null` where they do not.
#[derive(Debug, Default)]
pub struct Facts {
    /// Why the settings cannot be used.
    pub settings: Option<String>,
    /// Why the parts are not whole.
    pub parts: Option<String>,
    /// Why nothing can listen on the port, where nothing of ours does.
    pub port: Option<String>,
    /// Why no instance was found; `None` where one runs.
    pub not_running: Option<String>,
    /// `/admin/services`.
    pub services: Vec<Value>,
    /// `/admin/instance`.
    pub instance: Value,
    /// `/admin/status`.
    pub status: Value,
    /// `/admin/notifications/settings`.
    pub notifications: Value,
    /// `/admin/notifications/subscriptions`.
    pub subscriptions: Value,
    /// `/admin/notifications/log`.
    pub notification_log: Value,
    /// `/admin/repairs`.
    pub repairs: Value,
    /// `/admin/processes`.
    pub processes: Value,
    /// Why GitHub did not list repositories, where there is a token.
    pub github: Option<String>,
    /// Room on the volume.
    pub volume: Option<Volume>,
    /// How long a small file took to the disk, or why it did not get there.
    pub write: Option<Result<Duration, String>>,
    /// Memory of the machine that is available, and all of it, in bytes.
    pub memory: Option<(u64, u64)>,
    /// How many times opencode's database was set aside.
    pub databases_set_aside: usize,
}

impl Facts {
    /// Collects them.
    pub fn collect(context: &Context) -> Self {
        let mut facts = Self { memory: memory(), ..Self::default() };
        let environment = match context.environment() {
            Ok(environment) => environment,
            Err(failure) => {
                facts.settings = Some(failure.to_string());
                return facts;
            }
        };
        let mut whole = environment.clone();
        match Layout::here().complete(&mut whole) {
            Ok(()) => facts.settings = start::check(&whole).err().map(|failure| failure.to_string()),
            Err(failure) => facts.parts = Some(failure.to_string()),
        }
        let data = Path::new(&environment["OCWEB_DATA"]);
        facts.volume = volume(data);
        // Nothing is made that a start would make, and a restore wants to be first in.
        let own = data.join("ocweb");
        facts.write = [own.as_path(), data].into_iter().find(|folder| folder.is_dir()).and_then(write);
        facts.databases_set_aside =
            fs::read_dir(data.join("opencode-state/damaged")).map_or(0, Iterator::count);
        match context.instance() {
            Ok(instance) => facts.ask(&instance),
            Err(failure) => {
                facts.not_running = Some(failure.to_string());
                facts.port = taken(&environment);
            }
        }
        facts
    }

    fn ask(&mut self, instance: &Instance) {
        let get = |service: &str, path: &str| -> Value {
            instance.get(service, path).and_then(Answer::expect_success).unwrap_or_default()
        };
        self.services = status::services(instance).unwrap_or_default();
        self.instance = get(SUPERVISOR, "/admin/instance");
        self.status = get("event-relay", "/admin/status");
        self.notifications = get("notifier", "/admin/notifications/settings");
        self.subscriptions = get("notifier", "/admin/notifications/subscriptions");
        self.notification_log = get("notifier", "/admin/notifications/log");
        self.repairs = get("git-manager", "/admin/repairs");
        self.processes = get("resource-monitor", "/admin/processes");
        let listed = instance.get("github-gateway", "/admin/repos/github");
        self.github = listed.and_then(Answer::expect_success).err().map(|why| why.to_string());
    }
}

fn volume(data: &Path) -> Option<Volume> {
    // Where nothing was kept yet, the folder that it will be made in tells.
    let there = data.ancestors().find(|folder| folder.is_dir())?;
    let found = statvfs(there).ok()?;
    #[allow(clippy::useless_conversion, reason = "the counts are narrower on other systems")]
    let bytes = |blocks| u64::from(blocks) * found.fragment_size();
    Some(Volume { available: bytes(found.blocks_available()), total: bytes(found.blocks()) })
}

/// How long a small file takes until it is on the disk. Where this user may not write, nothing is known of it.
fn write(folder: &Path) -> Option<Result<Duration, String>> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let began = Instant::now();
    let write = || -> io::Result<()> {
        let mut file = File::create(&path)?;
        file.write_all(&[0; 4096])?;
        file.sync_all()
    };
    let written = write();
    let _ = fs::remove_file(&path);
    match written {
        Ok(()) => Some(Ok(began.elapsed())),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
        Err(error) => Some(Err(error.to_string())),
    }
}

/// The machine's, or what a container is given of it.
fn memory() -> Option<(u64, u64)> {
    let (available, total) = memory_of_machine()?;
    Some(match memory_of_container(Path::new("/sys/fs/cgroup")) {
        Some((left, limit)) if limit < total => (left.min(available), limit),
        _ => (available, total),
    })
}

/// From a control group (version 2); nothing where it has no limit. What files take can be had back.
fn memory_of_container(group: &Path) -> Option<(u64, u64)> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let files = read("memory.stat").and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("inactive_file "))?.trim().parse::<u64>().ok()
    });
    Some((limit.saturating_sub(used.saturating_sub(files.unwrap_or(0))), limit))
}

/// From `/proc/meminfo`, whose unit is 1024 bytes (`proc_meminfo(5)`).
fn memory_of_machine() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some((field("MemAvailable:")?, field("MemTotal:")?))
}

/// Why Caddy could not listen: with TLS it does so on two ports. Each is told with the key that moves it.
fn taken(environment: &Variables) -> Option<String> {
    let value = |name: &str| environment.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let has_tls = value("OCWEB_DOMAIN").or(value("OCWEB_TLS_CERTIFICATE")).is_some();
    let ports: &[_] = if has_tls {
        &[("server.port", "OCWEB_PORT", "80"), ("server.https_port", "OCWEB_HTTPS_PORT", "443")]
    } else {
        &[("server.port", "OCWEB_PORT", "8080")]
    };
    let host: IpAddr = match value("OCWEB_HOST") {
        // Whatever has one of the ports on some address is in the way.
        None if has_tls => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
            Ok(_) => Ipv6Addr::UNSPECIFIED.into(),
            Err(_) => Ipv4Addr::UNSPECIFIED.into(),
        },
        None | Some("localhost") => Ipv4Addr::LOCALHOST.into(),
        Some(host) => host.trim_start_matches('[').trim_end_matches(']').parse().ok()?,
    };
    let obstacle = |&(key, name, usual): &(&str, &str, &str)| {
        let address = SocketAddr::new(host, value(name).unwrap_or(usual).parse().ok()?);
        let error = TcpListener::bind(address).err()?;
        Some(match error.kind() {
            io::ErrorKind::PermissionDenied => format!("{key}: only root may listen at {address}"),
            io::ErrorKind::AddrNotAvailable => {
                format!("server.host: this machine does not have the address {host} now")
            }
            _ => format!("{key}: {address}: {error}"),
        })
    };
    let mut obstacles: Vec<_> = ports.iter().filter_map(obstacle).collect();
    obstacles.dedup();
    (!obstacles.is_empty()).then(|| obstacles.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containers_limit_is_its_memory() {
        let group = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(group.path().join(name), text).unwrap();
        put("memory.max", "max\n");
        put("memory.current", "900\n");
        assert_eq!(memory_of_container(group.path()), None);
        put("memory.max", "1000\n");
        put("memory.stat", "anon 1\ninactive_file 300\n");
        assert_eq!(memory_of_container(group.path()), Some((400, 1000)));
    }

    #[test]
    fn a_look_at_the_volume_leaves_nothing_there() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(write(data.path()), Some(Ok(_))));
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    }

    #[test]
    fn with_tls_both_ports_are_looked_at_and_told_with_their_keys() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let said = |pairs: &[(&str, &str)]| {
            let said = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
            super::taken(&said.collect())
        };
        let begins = |pairs: &[(&str, &str)], key: &str| {
            let text = said(pairs).unwrap_or_default();
            assert!(text.starts_with(&format!("{key}: ")) && !text.contains("; "), "{text}");
        };
        let free = ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap().to_string();
        begins(&[("OCWEB_HOST", "localhost"), ("OCWEB_PORT", &port)], "server.port");
        let tls = [("OCWEB_HOST", "127.0.0.1"), ("OCWEB_DOMAIN", "a.example")];
        begins(
            &[&tls[..], &[("OCWEB_PORT", &free), ("OCWEB_HTTPS_PORT", &port)]].concat(),
            "server.https_port",
        );
        begins(&[&tls[..], &[("OCWEB_PORT", &port), ("OCWEB_HTTPS_PORT", &free)]].concat(), "server.port");
        begins(
            &[("OCWEB_DOMAIN", "a.example"), ("OCWEB_PORT", &port), ("OCWEB_HTTPS_PORT", &free)],
            "server.port",
        );
        assert_eq!(said(&[&tls[..], &[("OCWEB_PORT", &free), ("OCWEB_HTTPS_PORT", &free)]].concat()), None);
        // RFC 5737: nobody's.
        begins(
            &[("OCWEB_HOST", "203.0.113.1"), ("OCWEB_DOMAIN", "a.example"), ("OCWEB_PORT", &free)],
            "server.host",
        );
    }
}
