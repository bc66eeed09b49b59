//! `ocweb status`: what runs, and how it is.

use serde_json::{Value, json};

use crate::{
    context::{Context, show},
    failure::Failure,
    instance::{Instance, SUPERVISOR},
    log_lines::inert,
    table::Table,
};

/// Tells how each process is. It fails where not all of them run.
pub fn run(context: &Context) -> Result<String, Failure> {
    let instance = context.instance()?;
    let services = services(&instance)?;
    let waited_for: Vec<_> = services
        .iter()
        .filter(|service| service["state"] != "running")
        .filter_map(|service| service["name"].as_str())
        .collect();
    let about = instance.get(SUPERVISOR, "/admin/instance")?.expect_success()?;
    let shown = if context.manner.json {
        let health = json!({
            "healthy": waited_for.is_empty(), "pid": instance.pid, "instance": about, "services": services,
        });
        format!("{health:#}")
    } else if context.manner.quiet {
        String::new()
    } else {
        let version = about["version"].as_str().unwrap_or_default();
        let opencode = about["opencode_version"].as_str().unwrap_or("that has not answered yet");
        let root = about["agent_is_root"].as_str().map(|obstacle| {
            let obstacle = inert(obstacle);
            format!("\n\nThe agent runs as root and can read all that ocweb knows: {obstacle}. `ocweb doctor` says what to do.")
        });
        let table = table(&services);
        format!(
            "ocweb {version}, opencode {opencode}, process {}\n\n{table}{}",
            instance.pid,
            root.unwrap_or_default()
        )
    };
    if waited_for.is_empty() {
        return Ok(shown);
    }
    show(&shown);
    let names = waited_for.join(", ");
    Err(Failure::Other(format!("Not everything runs: {names}. `ocweb logs` says why.")))
}

/// Whether everything runs.
pub fn is_healthy(instance: &Instance) -> bool {
    instance.get(SUPERVISOR, "/admin/health").is_ok_and(|answer| answer.status.is_success())
}

/// What the supervisor tells of each process.
pub fn services(instance: &Instance) -> Result<Vec<Value>, Failure> {
    let mut answer = instance.get(SUPERVISOR, "/admin/services")?.expect_success()?;
    Ok(match answer["services"].take() {
        Value::Array(services) => services,
        _ => Vec::new(),
    })
}

fn table(services: &[Value]) -> String {
    let mut table = Table::new(["NAME", "STATE", "PROCESS", "RESTARTS", "MEMORY", "LAST END"]);
    for service in services {
        let memory = service["memory_bytes"].as_u64().map(|bytes| format!("{} MB", bytes >> 20));
        table.row([
            service["name"].as_str().unwrap_or_default().into(),
            service["state"].as_str().unwrap_or_default().into(),
            service["pid"].as_u64().map(|pid| pid.to_string()).unwrap_or_default(),
            service["restarts"].to_string(),
            memory.unwrap_or_default(),
            inert(service["last_exit"]["message"].as_str().unwrap_or_default()),
        ]);
    }
    table.to_string()
}
