//! Neither the token nor what git has in its place is led astray, whatever the remote or the clone's configuration says.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use crate::support::{self, Bench, eventually, git};
use axum::{Router, http::StatusCode as Code, response::IntoResponse};
use reqwest::StatusCode;
use serde_json::json;

/// Finds a text in any file below a folder.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&path, text));
        } else if std::fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_nowhere() {
    let mut bench = Bench::new().await;
    let instance = bench.folder.path().display().to_string();
    let mark = format!("OCWEB_INSTANCE={instance}");
    bench.set("OCWEB_INSTANCE", &instance);
    let token = bench.world.token().to_owned();
    let service = bench.service().await;
    let client = service.client.clone();
    let cloning = tokio::spawn(async move {
        client
            .post("http://service/admin/repos/clone")
            .json(&json!({"repo": "demo/slow-assets"}))
            .send()
            .await
    });
    eventually("the clone's processes are there", async || {
        let listed = service.get("/admin/repos").await;
        (listed["repos"][0]["progress"]["bytes"].as_u64()? > 0).then_some(())
    })
    .await;
    let mut processes = support::processes_marked(&mark, service.pid());
    assert!(processes.len() >= 2, "git and its helper run: {processes:?}");
    processes.push((service.pid(), "the service".into()));
    for (pid, command) in &processes {
        assert!(!command.contains(&token), "{command}");
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environment).contains(&token), "the environment of {command}");
    }
    assert_eq!(files_with(&bench.data(), &token), [""; 0], "while cloning");
    bench.world.rates().set("demo/slow-assets", None);
    cloning.await.unwrap().unwrap();
    service.add_worktree("demo/slow-assets", "ses_1").await;
    assert_eq!(files_with(&bench.data(), &token), [""; 0]);
    assert!(!files_with(&bench.data(), "slow-assets.git").is_empty(), "the search finds what is there");
    assert!(!service.log().contains(&token));
    let origin = git(&bench.clone_path("demo/slow-assets"), &["config", "remote.origin.url"]);
    assert_eq!(origin, format!("{}/demo/slow-assets.git", bench.world.url()));
}

/// Serves `router` on a port of its own.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A server, or proxy, that asks everybody for a password and remembers what it is told.
struct Thief {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Thief {
    async fn start() -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let url = serve(Router::new().fallback(move |request: axum::extract::Request| {
            let said = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
            record.lock().unwrap().push(said.unwrap_or_default());
            async { (Code::UNAUTHORIZED, [("www-authenticate", "Basic realm=\"GitHub\"")]).into_response() }
        }))
        .await;
        Self { url, seen }
    }

    /// What each request had in its `Authorization`.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_does_not_get_the_token() {
    let thief = Thief::start().await;
    let target = thief.url.clone();
    let redirector = serve(Router::new().fallback(move |uri: axum::http::Uri| {
        let to = format!("{target}{uri}");
        async move { (Code::MOVED_PERMANENTLY, [("location", to)]) }
    }))
    .await;
    let mut bench = Bench::new().await;
    bench.set("GITHUB_URL", &redirector);
    let service = bench.service().await;
    let (status, problem) = service.post("/admin/repos/clone", json!({"repo": "demo/hello-web"})).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{problem}");
    assert_eq!(thief.seen(), [""; 0], "nobody followed the redirect");
}

/// What an agent may have written into a clone's configuration must not lead the token astray.
#[tokio::test(flavor = "multi_thread")]
async fn a_clones_own_configuration_is_not_trusted_with_the_token() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    let spoils = bench.folder.path().join("spoils");
    let address = format!("{}/demo/hello-web.git", service.gateway);
    let helper = format!("!env > {}; cat /proc/self/fd/* >> {0}", spoils.display());
    let hook = format!("#!/bin/sh\nenv > {}\n", spoils.display());
    let hooks = clone.join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for name in ["reference-transaction", "post-checkout", "fsmonitor"] {
        std::fs::write(hooks.join(name), &hook).unwrap();
        std::fs::set_permissions(hooks.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    git(&clone, &["config", "credential.helper", &helper]);
    git(&clone, &["config", &format!("credential.{}.helper", service.gateway), &helper]);
    git(&clone, &["config", "core.askPass", "/bin/false"]);
    git(&clone, &["config", &format!("http.{address}.proxy"), "http://127.0.0.1:9"]);
    git(&clone, &["config", "http.proxy", "http://127.0.0.1:9"]);
    git(&clone, &["config", "remote.origin.url", "ext::sh -c 'touch /tmp/x'"]);
    git(&clone, &["config", "core.fsmonitor", hooks.join("fsmonitor").to_str().unwrap()]);
    let other = format!("{}/demo/tally.git", service.gateway);
    let thief = Thief::start().await;
    let included = bench.folder.path().join("included");
    std::fs::write(&included, format!("[remote \"{address}\"]\n\turl = {}/x.git\n", thief.url)).unwrap();
    let alternate = bench.folder.path().join("alternate");
    git(bench.folder.path(), &["init", "--quiet", "--bare", "alternate"]);
    std::fs::write(
        clone.join(".git/objects/info/alternates"),
        alternate.join("objects").display().to_string(),
    )
    .unwrap();
    git(&clone, &["config", "core.alternateRefsCommand", &helper[1..]]);
    service.add_worktree("demo/hello-web", "ses_1").await;
    // Each of these alone would lead the request, and git's answer to it, past the thief.
    let astray = [
        vec![(format!("remote.{address}.proxy"), thief.url.clone())],
        vec![
            (format!("url.{other}.insteadOf"), address.clone()),
            (format!("http.{other}.proxy"), thief.url.clone()),
        ],
        vec![("include.path".to_owned(), included.display().to_string())],
    ];
    for (number, settings) in astray.iter().enumerate() {
        for (name, value) in settings {
            git(&clone, &["config", name, value]);
        }
        let file = format!("pushed-{number}");
        bench.push_to_remote("demo/hello-web", "main", &file);
        let path = service.add_worktree("demo/hello-web", &format!("astray-{number}")).await;
        assert!(path.join(&file).exists(), "it came from GitHub in spite of {settings:?}");
        assert_eq!(thief.seen(), [""; 0], "{settings:?}");
        for (name, _) in settings {
            git(&clone, &["config", "--unset", name]);
        }
    }
    assert!(!spoils.exists(), "{}", std::fs::read_to_string(&spoils).unwrap_or_default());
}
