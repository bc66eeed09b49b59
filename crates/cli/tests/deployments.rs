//! What is deployed keeps step with what there is: the image has every program and every file that is built into one, and
//! no deployment names a setting that does not exist. Building the image would say so too, half an hour later.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use ocweb_cli::settings::{Kind, PROVIDERS, SETTINGS, by_variable};
use serde_json::Value;

/// Crates with a program that the image does without.
const NOT_IN_THE_IMAGE: [&str; 2] = [
    // Writes the document of the API, for developers.
    "openapi",
    // Tries a new opencode before a laptop is switched to it; an image is moved by a new image.
    "contract",
];

/// Variables that are no settings of a person's: where parts lie and what a run is told.
const BESIDES_SETTINGS: [&str; 12] = [
    "OCWEB_BIN_DIR",
    "OCWEB_CADDYFILE",
    "OCWEB_CADDY_BIN",
    "OCWEB_CONFIG",
    "OCWEB_LOG_FORMAT",
    "OCWEB_OPENCODE_BIN",
    "OCWEB_OPENCODE_PORT",
    "OCWEB_GATEWAY_PORT",
    "OCWEB_RUN_DIR",
    "OCWEB_WEB_DIR",
    // Of the build.
    "OCWEB_ANY_PROCESSOR",
    // Of a platform that names what a script needs.
    "GITHUB_REPOSITORY",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder, or the file itself.
fn files(path: &Path) -> Vec<PathBuf> {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().flat_map(|entry| files(&entry.path())).collect(),
        Err(_) => Some(path.to_owned()).filter(|path| path.is_file()).into_iter().collect(),
    }
}

fn crates() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(root().join("crates")).into_iter().flatten().flatten();
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

/// What a folder of the Dockerfile's first stage, which builds the programs, is called outside.
fn copied_to_the_build() -> BTreeSet<String> {
    let dockerfile = read("docker/Dockerfile");
    let stage = dockerfile.split("\nFROM ").nth(1).unwrap_or_default();
    let words = stage.lines().filter_map(|line| line.strip_prefix("COPY ")).flat_map(str::split_whitespace);
    words.map(str::to_owned).collect()
}

#[test]
fn the_image_has_every_program() {
    let dockerfile = read("docker/Dockerfile");
    let (_, list) = dockerfile.split_once("for service in ").unwrap();
    let listed: BTreeSet<_> = list.split(';').next().unwrap().split_whitespace().map(str::to_owned).collect();
    let programs: BTreeSet<_> = crates()
        .into_iter()
        .filter(|(name, path)| {
            // The command has a line of its own.
            path.join("src/main.rs").is_file() && name != "cli" && !NOT_IN_THE_IMAGE.contains(&&**name)
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(listed, programs);
}

#[test]
fn the_image_is_built_with_every_file_that_a_program_has_in_it() {
    let copied = copied_to_the_build();
    for file in crates().iter().flat_map(|(_, path)| files(&path.join("src"))) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let included = text.split("include_str!(\"").chain(text.split("include_bytes!(\"")).skip(1);
        for path in included.filter_map(|rest| rest.split('"').next()) {
            let whole = file.parent().unwrap().join(path);
            let Ok(outside) = whole.canonicalize() else { continue };
            let outside = outside.strip_prefix(root().canonicalize().unwrap()).unwrap().to_owned();
            let folder = outside.iter().next().unwrap().to_str().unwrap();
            assert!(
                copied.contains(folder) || text_is_only_for_tests(&text, path),
                "{} has {path} built in, and the image's build has no {folder}: add it to docker/Dockerfile",
                file.display()
            );
        }
    }
}

/// Tests stand at the end of a file.
fn text_is_only_for_tests(text: &str, path: &str) -> bool {
    text.find("#[cfg(test)]").is_some_and(|tests| text.find(path).is_some_and(|at| at > tests))
}

#[test]
fn the_image_is_built_of_what_is_pinned() {
    let dockerfile = read("docker/Dockerfile");
    for line in dockerfile.lines().filter(|line| line.starts_with("FROM ")) {
        let (_, digest) = line.split_once("@sha256:").unwrap_or_else(|| panic!("no digest: {line}"));
        assert!(digest.len() >= 64 && digest[..64].bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
    }
    assert!(
        !dockerfile.contains("apt-get"),
        "packages come by docker/debian-packages, which takes a day's snapshot"
    );
}

#[test]
fn nobody_can_read_a_program_that_is_given_secrets() {
    // The kernel shows a process whose program its user may read to every process of that user, environment and all.
    let dockerfile = read("docker/Dockerfile");
    let lines: Vec<_> = dockerfile.lines().filter(|line| line.contains("target/release/ocweb")).collect();
    assert_eq!(lines.len(), 2, "the services, and the command");
    assert!(lines.iter().all(|line| line.contains("install -s -m 711 ")), "{lines:?}");
    assert!(
        dockerfile.contains("install -D -m 711 \"$(readlink -f .tools/caddy)\""),
        "which sees passwords and cookies"
    );
}

#[test]
fn what_is_published_leads_to_where_it_listens() {
    // With TLS the port of plain HTTP would else be another, and the authority that certifies finds nobody.
    let (dockerfile, compose) = (read("docker/Dockerfile"), read("docker-compose.yml"));
    let https = by_variable("OCWEB_HTTPS_PORT").unwrap().default.unwrap();
    assert!(dockerfile.contains("    OCWEB_PORT=8080 \\\n"));
    assert!(dockerfile.contains(&format!("\nEXPOSE 8080 {https}\n")));
    for line in ["OCWEB_PORT: \"8080\"\n", "127.0.0.1:8080}:8080\"\n"] {
        assert!(compose.contains(line), "{line}");
    }
    let tls = read("docker/tls.yml");
    for line in
        [format!("OCWEB_HTTPS_PORT: \"{https}\"\n"), format!("${{OCWEB_LISTEN_TLS:-443}}:{https}\"\n")]
    {
        assert!(tls.contains(&line), "{line}");
    }
    // Where Caddy does not listen the agent could, and over plain HTTP the browser would send it the cookie.
    assert!(!compose.contains(&format!(":{https}")) && !compose.contains("ip_unprivileged_port_start"));
    assert!(read("fly.toml").contains("internal_port = 8080\n"));
}

#[test]
fn the_agent_is_at_home_where_the_supervisor_puts_it() {
    assert!(
        read("docker/Dockerfile").contains("--home-dir /vol/opencode-state/home --shell /bin/bash agent")
    );
    assert!(read("crates/supervisor/src/table.rs").contains("(\"HOME\", \"home\")"));
}

/// What a schema says of the key `a.b.c`.
fn at_key<'a>(schema: &'a Value, key: &str) -> &'a Value {
    key.split('.').fold(schema, |within, name| &within["properties"][name])
}

#[test]
fn the_chart_takes_no_secret_into_its_config_map() {
    let schema: Value = serde_json::from_str(&read("deploy/kubernetes/ocweb/values.schema.json")).unwrap();
    let config = &schema["properties"]["config"];
    for secret in SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret) {
        assert_eq!(at_key(config, secret.key), &Value::Bool(false), "config.{}", secret.key);
    }
    assert_eq!(at_key(config, PROVIDERS), &Value::Bool(false), "config.{PROVIDERS}");
}

/// Nobody holds the name there: what it is one day, our pages would have run.
#[test]
fn no_page_has_anybody_run_what_a_registry_calls_ocweb() {
    let mut pages = vec![root().join("README.md"), root().join("deploy/npm/ocweb/README.md")];
    pages.extend(files(&root().join("docs")));
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    assert!(pages.len() > 30, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines() {
            let from_there =
                ["npm install -g ocweb", "npm install --global ocweb"].iter().any(|it| line.contains(it));
            assert!(!from_there && !line.trim_start().starts_with("npx ocweb"), "{}: {line}", page.display());
        }
    }
}

#[test]
fn no_deployment_names_a_setting_that_does_not_exist() {
    let known: BTreeSet<_> =
        SETTINGS.iter().map(|setting| setting.variable).chain(BESIDES_SETTINGS).collect();
    let places = ["docker", "docker-compose.yml", "fly.toml", "deploy"];
    let mut seen = 0;
    for file in places.iter().flat_map(|place| files(&root().join(place))) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for name in variables(&text) {
            let setting = name.strip_suffix("_FILE").unwrap_or(name);
            assert!(known.contains(setting), "{} names {name}, and there is no such setting", file.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} settings were found");
}

/// The variables of ours in a text. What stands in `${…}` is filled in before we see it.
fn variables(text: &str) -> Vec<&str> {
    let is_name =
        |character: char| character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_';
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split(|character| !is_name(character)) {
        let ours = ["OCWEB_", "AUTH_", "GITHUB_"].iter().any(|prefix| word.starts_with(prefix));
        if ours && !text[..at].ends_with("${") && !text[..at].ends_with('$') {
            found.push(word);
        }
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
    found
}
