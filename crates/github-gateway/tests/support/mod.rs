//! What the tests share: a demo GitHub, the gateway before it, and git as an agent has it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "test support; each test file uses its part, and a test that cannot go on shall panic"
)]

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_demo::World;
use ocweb_git_access::{Capability, Grant, Key};
use ocweb_github_gateway::{Config, Gateway, git_router, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, process::Command};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const BRANCH: &str = "ocweb/fix-1";
pub const PULLS: &str = "/admin/pull-requests/demo/hello-web";

/// A GitHub, a gateway before it, and a volume with one clone and one worktree of a chat.
pub struct Bench {
    pub world: World,
    pub folder: TempDir,
    pub address: String,
    /// Where the person's requests come in.
    pub api: String,
    pub gateway: Gateway,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with_token(token: &str) -> Self {
        Self::with(&[("GITHUB_TOKEN", token)]).await
    }

    /// With these variables in place of the demo's.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::start(&folder.path().join("github"), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut environment = world.environment();
        environment.extend([
            ("OCWEB_DATA".into(), folder.path().join("data").display().to_string()),
            ("OCWEB_RUN_DIR".into(), folder.path().join("run").display().to_string()),
            ("OCWEB_GATEWAY_SECRET".into(), SECRET.into()),
            ("OCWEB_GATEWAY_ADDRESS".into(), address.clone()),
        ]);
        for (setting, value) in settings {
            environment.retain(|(name, _)| name != setting);
            environment.push(((*setting).into(), (*value).into()));
        }
        let environment = environment.into_iter().collect();
        let config = Config::from_environment(&environment).unwrap_or_else(|error| panic!("{error}"));
        let gateway = Gateway::new(config).unwrap();
        gateway.open(&"demo/hello-web".parse().unwrap()).unwrap();
        let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = format!("http://{}", api.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, git_router(gateway.clone())).into_future());
        tokio::spawn(axum::serve(api, router(gateway.clone())).into_future());
        Self { world, folder, address, api: api_url, gateway }
    }

    pub fn projects(&self, path: &str) -> PathBuf {
        self.folder.path().join("data/projects").join(path)
    }

    /// A clone and a chat's worktree, made through the gateway as git-manager makes them.
    pub async fn chat(&self) -> PathBuf {
        let clone = self.projects("repos/demo__hello-web");
        std::fs::create_dir_all(clone.parent().unwrap()).unwrap();
        let transfer = capability(Grant::transfer(60));
        let url = format!("{}/demo/hello-web.git", self.world.url());
        self.git(self.folder.path(), &transfer, &["clone", "-q", &url, clone.to_str().unwrap()])
            .await
            .unwrap();
        let worktree = self.projects("worktrees/demo__hello-web__ses_1");
        let add = ["worktree", "add", "-q", "--no-track", "-b", BRANCH, worktree.to_str().unwrap()];
        self.git(&clone, &transfer, &add).await.unwrap();
        worktree
    }

    /// With a chat whose branch has one commit and is pushed.
    pub async fn pushed() -> Self {
        let bench = Self::new().await;
        let worktree = bench.chat().await;
        bench.commit(&worktree, "one").await;
        bench.push().await;
        bench
    }

    /// The chat pushes its branch.
    pub async fn push(&self) {
        let worktree = self.projects("worktrees/demo__hello-web__ses_1");
        self.git(&worktree, &chat_capability(), &["push", "-q", "origin", "HEAD"]).await.unwrap();
    }

    /// Opens a pull request of the chat's branch.
    pub async fn open(&self, draft: bool) -> Value {
        let new =
            json!({"title": "One", "body": "It is one.", "head": BRANCH, "base": "main", "draft": draft});
        let (status, opened) = self.page_asks("POST", PULLS, Some(new)).await;
        assert_eq!(status, 201, "{opened}");
        opened
    }

    /// The pull request of the chat's branch.
    pub async fn found(&self) -> Value {
        let (status, found) = self.page_asks("GET", &format!("{PULLS}?branch={BRANCH}"), None).await;
        assert_eq!(status, 200, "{found}");
        found["pull_request"].clone()
    }

    /// Runs git with a capability; what it wrote to standard error is the error.
    pub async fn git(&self, folder: &Path, capability: &str, arguments: &[&str]) -> Result<String, String> {
        let credentials = BASE64_STANDARD.encode(format!("ocweb:{capability}"));
        let settings = [
            (format!("url.http://{}/.insteadOf", self.address), format!("{}/", self.world.url())),
            (
                format!("http.http://{}/.extraHeader", self.address),
                format!("Authorization: Basic {credentials}"),
            ),
            ("user.name".into(), "Somebody".into()),
            ("user.email".into(), "somebody@example.com".into()),
            ("init.defaultBranch".into(), "main".into()),
        ];
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (number, (name, value)) in settings.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{number}"), name)
                .env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let output: Output = command.arg("-C").arg(folder).args(arguments).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(said)
        }
    }

    /// Where the remote keeps a repository.
    pub fn bare(&self, repository: &str) -> PathBuf {
        self.folder.path().join(format!("github/repositories/{repository}.git"))
    }

    pub async fn commit(&self, worktree: &Path, file: &str) {
        std::fs::write(worktree.join(file), file).unwrap();
        let chat = chat_capability();
        self.git(worktree, &chat, &["add", "."]).await.unwrap();
        self.git(worktree, &chat, &["commit", "-q", "-m", file]).await.unwrap();
    }

    /// Asks the gateway what a program would that speaks git's protocol by itself.
    pub fn ask(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let client = ocweb_service::local_client_builder().build().unwrap();
        client
            .request(method, format!("http://{}/{path}", self.address))
            .basic_auth("ocweb", Some(chat_capability()))
    }

    /// What the remote's repository has at a reference.
    pub async fn at_remote(&self, reference: &str) -> Option<String> {
        let bare = self.bare("demo/hello-web");
        let found = self.git(&bare, "", &["rev-parse", "--verify", "-q", reference]).await;
        found.ok().map(|id| id.trim().to_owned())
    }

    /// What the page asks, with the status and the JSON that it is answered.
    pub async fn page_asks(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let client = ocweb_service::local_client_builder().build().unwrap();
        let mut request = client.request(method.parse().unwrap(), format!("{}{path}", self.api));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// What somebody with the token does by GitHub's own API.
    pub async fn at_github(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let client = ocweb_service::local_client_builder().build().unwrap();
        let url = format!("{}/api/repos/demo/hello-web{path}", self.world.url());
        let request = client.request(method.parse().unwrap(), url).bearer_auth(self.world.token());
        let answer = request.json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// What others do at GitHub.
    pub async fn happens(&self, what: Value) -> Value {
        let client = ocweb_service::local_client_builder().build().unwrap();
        let url = format!("{}/control/github", self.world.url());
        let answer = client.post(url).json(&what).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}");
        answer.json().await.unwrap()
    }

    pub async fn allow(&self, rules: &str) {
        let client = ocweb_service::local_client_builder().build().unwrap();
        let answer = client
            .put(format!("{}/admin/push-rules/demo/hello-web", self.api))
            .header("content-type", "application/json")
            .body(rules.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204);
    }
}

pub fn capability(grant: Grant) -> String {
    capability_for("demo/hello-web", grant)
}

pub fn capability_for(repository: &str, grant: Grant) -> String {
    Key::new(SECRET).unwrap().sign(&Capability { repository: repository.parse().unwrap(), grant })
}

pub fn chat_capability() -> String {
    capability(Grant::Chat {
        session: "ses_1".parse().unwrap(),
        branch: BRANCH.parse().unwrap(),
        base: Some("main".parse().unwrap()),
    })
}
