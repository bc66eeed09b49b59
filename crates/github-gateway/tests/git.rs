//! The real git through the gateway, to the demo's GitHub with the real `git http-backend`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_demo::World;
use ocweb_git_access::{Capability, Grant, Key};
use ocweb_github_gateway::{Config, Gateway, git_router, router};
use tempfile::TempDir;
use tokio::{net::TcpListener, process::Command};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const BRANCH: &str = "ocweb/fix-1";

/// A GitHub, a gateway before it, and a volume with one clone and one worktree of a chat.
struct Bench {
    world: World,
    folder: TempDir,
    address: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with_token(None).await
    }

    async fn with_token(token: Option<&str>) -> Self {
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
        if let Some(token) = token {
            environment.retain(|(name, _)| name != "GITHUB_TOKEN");
            environment.push(("GITHUB_TOKEN".into(), token.into()));
        }
        let environment = environment.into_iter().collect();
        let config = Config::from_environment(&environment).unwrap_or_else(|error| panic!("{error}"));
        let gateway = Gateway::new(config).unwrap();
        let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
        std::fs::create_dir_all(folder.path().join("run")).unwrap();
        std::fs::write(folder.path().join("run/api"), api.local_addr().unwrap().to_string()).unwrap();
        tokio::spawn(axum::serve(listener, git_router(gateway.clone())).into_future());
        tokio::spawn(axum::serve(api, router(gateway)).into_future());
        Self { world, folder, address }
    }

    fn projects(&self, path: &str) -> PathBuf {
        self.folder.path().join("data/projects").join(path)
    }

    /// A clone and a chat's worktree, made through the gateway as git-manager makes them.
    async fn chat(&self) -> PathBuf {
        let clone = self.projects("repos/demo__hello-web");
        std::fs::create_dir_all(clone.parent().unwrap()).unwrap();
        let transfer = capability(Grant::transfer(60));
        let url = format!("{}/demo/hello-web.git", self.world.url());
        self.git(self.folder.path(), &transfer, &["clone", "-q", &url, clone.to_str().unwrap()]).await.unwrap();
        let worktree = self.projects("worktrees/demo__hello-web__ses_1");
        let add = ["worktree", "add", "-q", "--no-track", "-b", BRANCH, worktree.to_str().unwrap()];
        self.git(&clone, &transfer, &add).await.unwrap();
        worktree
    }

    /// Runs git with a capability; what it wrote to standard error is the error.
    async fn git(&self, folder: &Path, capability: &str, arguments: &[&str]) -> Result<String, String> {
        let credentials = BASE64_STANDARD.encode(format!("ocweb:{capability}"));
        let settings = [
            (format!("url.http://{}/.insteadOf", self.address), format!("{}/", self.world.url())),
            (format!("http.http://{}/.extraHeader", self.address), format!("Authorization: Basic {credentials}")),
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
            command.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        let output: Output = command.arg("-C").arg(folder).args(arguments).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(said) }
    }

    async fn commit(&self, worktree: &Path, file: &str) {
        std::fs::write(worktree.join(file), file).unwrap();
        let chat = chat_capability();
        self.git(worktree, &chat, &["add", "."]).await.unwrap();
        self.git(worktree, &chat, &["commit", "-q", "-m", file]).await.unwrap();
    }

    /// What the remote's repository has at a reference.
    async fn at_remote(&self, reference: &str) -> Option<String> {
        let bare = self.folder.path().join("github/repositories/demo/hello-web.git");
        let found = self.git(&bare, "", &["rev-parse", "--verify", "-q", reference]).await;
        found.ok().map(|id| id.trim().to_owned())
    }

    async fn allow(&self, rules: &str) {
        let api = std::fs::read_to_string(self.folder.path().join("run/api")).unwrap();
        let client = ocweb_service::local_client_builder().build().unwrap();
        let answer = client
            .put(format!("http://{api}/admin/push-rules/demo/hello-web"))
            .header("content-type", "application/json")
            .body(rules.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204);
    }
}

fn capability(grant: Grant) -> String {
    let key = Key::new(SECRET).unwrap();
    key.sign(&Capability { repository: "demo/hello-web".parse().unwrap(), grant })
}

fn chat_capability() -> String {
    capability(Grant::Chat {
        session: "ses_1".parse().unwrap(),
        branch: BRANCH.parse().unwrap(),
        submodules: vec!["demo/empty".parse().unwrap()],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_pushes_to_its_branch_and_may_rewrite_and_delete_it() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
    let head = bench.git(&worktree, &chat, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/ocweb/fix-1").await.as_deref(), Some(head.trim()));
    bench.git(&worktree, &chat, &["commit", "-q", "--amend", "-m", "again"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "--force", "origin", "HEAD"]).await.unwrap();
    bench.git(&worktree, &chat, &["fetch", "-q", "origin"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "origin", ":ocweb/fix-1"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/ocweb/fix-1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_push_is_refused_with_a_sentence_and_changes_nothing() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.commit(&worktree, "one").await;
    let before = bench.at_remote("refs/heads/main").await;
    assert!(before.is_some());
    bench.git(&worktree, &chat, &["tag", "v1"]).await.unwrap();
    for arguments in [
        &["push", "origin", "HEAD:main"][..],
        &["push", "--force", "origin", "HEAD:main"],
        &["push", "origin", ":main"],
        &["push", "origin", "v1"],
        &["push", "origin", "HEAD:refs/heads/ocweb/other"],
        &["push", "--atomic", "origin", "HEAD", "HEAD:main"],
        &["push", "origin", "HEAD", "v1"],
    ] {
        let said = bench.git(&worktree, &chat, arguments).await.unwrap_err();
        assert!(said.contains("remote: ocweb: "), "{arguments:?}: {said}");
        assert!(said.contains("[remote rejected]") || said.contains("[remote failure]"), "{arguments:?}: {said}");
    }
    assert_eq!(bench.at_remote("refs/heads/main").await, before);
    for reference in ["refs/tags/v1", "refs/heads/ocweb/other", "refs/heads/ocweb/fix-1"] {
        assert_eq!(bench.at_remote(reference).await, None, "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_allows_more_but_no_rewriting() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.allow(r#"{"branches":["main"],"tags":true}"#).await;
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["tag", "v1"]).await.unwrap();
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD:main", "v1"]).await.unwrap();
    let head = bench.git(&worktree, &chat, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(head.trim()));
    bench.git(&worktree, &chat, &["commit", "-q", "--amend", "-m", "another"]).await.unwrap();
    let said = bench.git(&worktree, &chat, &["push", "--force", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("rewritten"), "{said}");
    let said = bench.git(&worktree, &chat, &["push", "origin", ":main"]).await.unwrap_err();
    assert!(said.contains("deleted"), "{said}");
    assert_eq!(bench.at_remote("refs/heads/main").await.as_deref(), Some(head.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_many_megabytes_passes_in_pieces() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    // Noise, which no compression makes smaller; more than git sends in one piece (http.postBuffer, 1 MB).
    let noise: Vec<u8> = std::iter::successors(Some(1_u64), |last| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
        .take(4_000_000)
        .flat_map(|number| (number >> 33).to_le_bytes()[..4].to_vec())
        .collect();
    std::fs::write(worktree.join("noise"), noise).unwrap();
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
    let said = bench.git(&worktree, &chat, &["push", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("this chat may only push to ocweb/fix-1"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_capability_or_another_gets_nothing() {
    let bench = Bench::new().await;
    let worktree = bench.chat().await;
    let expired = capability(Grant::Transfer { until: 1 });
    let stolen_key = Key::new(&"x".repeat(32)).unwrap();
    let forged = stolen_key.sign(&Capability { repository: "demo/hello-web".parse().unwrap(), grant: Grant::Clone });
    for capability in ["", "x", bench.world.token(), &expired, &forged] {
        let said = bench.git(&worktree, capability, &["fetch", "origin"]).await.unwrap_err();
        assert!(said.contains("only the git of a chat's folder"), "{said}");
    }
    // Reading is not pushing.
    let reading = capability(Grant::Clone);
    bench.git(&worktree, &reading, &["fetch", "-q", "origin"]).await.unwrap();
    bench.commit(&worktree, "one").await;
    let said = bench.git(&worktree, &reading, &["push", "origin", "HEAD"]).await.unwrap_err();
    assert!(said.contains("only a chat can push"), "{said}");
    // Another repository is read as anybody would, which here is not at all; a submodule is read, not pushed to.
    let chat = chat_capability();
    let other = format!("{}/demo/slow-assets.git", bench.world.url());
    let said = bench.git(&worktree, &chat, &["ls-remote", &other]).await.unwrap_err();
    assert!(said.contains("is not public (401)"), "{said}");
    let part = format!("{}/demo/empty.git", bench.world.url());
    bench.git(&worktree, &chat, &["ls-remote", &part]).await.unwrap();
    let said = bench.git(&worktree, &chat, &["push", &part, "HEAD:ocweb/fix-1"]).await.unwrap_err();
    assert!(said.contains("may only push to ocweb/fix-1 of demo/hello-web"), "{said}");
    // A chat that was deleted has no say any more.
    std::fs::rename(&worktree, worktree.with_extension("gone")).unwrap();
    let clone = bench.projects("repos/demo__hello-web");
    let said = bench.git(&clone, &chat, &["fetch", "origin"]).await.unwrap_err();
    assert!(said.contains("was deleted"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_host_or_address_gets_nothing() {
    let bench = Bench::new().await;
    bench.chat().await;
    let client = ocweb_service::local_client_builder().build().unwrap();
    let refs = format!("http://{}/demo/hello-web.git/info/refs?service=git-upload-pack", bench.address);
    let ask = |url: &str| client.get(url).basic_auth("ocweb", Some(chat_capability()));
    assert_eq!(ask(&refs).send().await.unwrap().status(), 200);
    for host in ["github.com", "evil.example", "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(ask(&refs).header("host", host).send().await.unwrap().status(), 421, "{host}");
    }
    for path in ["/", "/user/repos", "/demo/hello-web.git/HEAD", "/admin/push-rules/demo/hello-web", "/health"] {
        let answer = ask(&format!("http://{}{path}", bench.address)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_is_said_in_words() {
    let bench = Bench::with_token(Some("wrong")).await;
    let url = format!("{}/demo/hello-web.git", bench.world.url());
    let transfer = capability(Grant::transfer(60));
    let said = bench.git(bench.folder.path(), &transfer, &["ls-remote", &url]).await.unwrap_err();
    assert!(said.contains("GitHub does not take GITHUB_TOKEN") && said.contains("403"), "{said}");
    assert!(!said.contains("wrong is"), "{said}");
}
