//! The binary: how it starts, what it says when it cannot, and the password it makes.

use crate::support;
use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ocweb-auth");

fn command(folder: &TempDir, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("OCWEB_DATA", folder.path())
        .env("OCWEB_RUN_DIR", folder.path())
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command
}

fn ensure_password(folder: &TempDir, environment: &[(&str, &str)]) -> Output {
    command(folder, environment).env_remove("OCWEB_RUN_DIR").arg("ensure-password").output().unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The running service, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    async fn start(folder: &TempDir, environment: &[(&str, &str)]) -> (Self, reqwest::Client) {
        let mut running = Self(command(folder, environment).spawn().unwrap());
        let client = ocweb_service::client_builder()
            .unix_socket(folder.path().join("auth/socket"))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(3))
            .build()
            .unwrap();
        let deadline = Instant::now() + Duration::from_mins(3);
        while client.get("http://localhost/health").send().await.is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "it ended");
            assert!(Instant::now() < deadline, "it did not answer in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (running, client)
    }

    /// TERM, and then the exit status.
    async fn stop(mut self) -> std::process::ExitStatus {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not stop in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn log_in(client: &reqwest::Client, password: &str) -> reqwest::Response {
    client
        .post("http://localhost/auth/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("password={password}"))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_password_is_made_once_and_lets_in() {
    let folder = tempfile::tempdir().unwrap();
    let first = ensure_password(&folder, &[]);
    assert!(first.status.success(), "{first:?}");
    let line = String::from_utf8(first.stdout).unwrap();
    let password = line.strip_prefix("password ").unwrap().strip_suffix('\n').unwrap();
    assert_eq!(password.split('-').count(), 5);
    let again = ensure_password(&folder, &[]);
    assert!(again.status.success() && again.stdout.is_empty(), "{again:?}");

    let own = folder.path().join("ocweb/auth");
    let (running, client) = Running::start(&folder, &[]).await;
    assert_eq!((mode(&own), mode(&own.join("password")), mode(&own.join("secret"))), (0o700, 0o600, 0o600));
    let response = log_in(&client, password).await;
    assert_eq!(response.status(), 303);
    let cookie = support::cookie_of(&response);
    assert_eq!(log_in(&client, "wrong").await.status(), 401);
    assert!(running.stop().await.success());

    let (_running, client) = Running::start(&folder, &[]).await;
    let check = client.get("http://localhost/auth/check").header("cookie", cookie).send().await.unwrap();
    assert_eq!(check.status(), 204, "the generated secret and the session are kept");
}

fn set_password(folder: &TempDir, environment: &[(&str, &str)], input: &str) -> Output {
    let mut command = command(folder, environment);
    command.env_remove("OCWEB_RUN_DIR").arg("set-password").stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn who_is_locked_out_sets_another_password() {
    let folder = tempfile::tempdir().unwrap();
    assert!(ensure_password(&folder, &[]).status.success());
    let output = set_password(&folder, &[], "another one\nand no more\n");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert_eq!(mode(&folder.path().join("ocweb/auth/password")), 0o600);
    let (_running, client) = Running::start(&folder, &[]).await;
    assert_eq!(log_in(&client, "another one").await.status(), 303);

    for (environment, input, sentence) in [
        (&[][..], "\n", "That cannot be the password: the password is empty"),
        (&[("AUTH_PASSWORD", "x")], "another\n", "AUTH_PASSWORD is set, and it is the password."),
    ] {
        let output = set_password(&folder, environment, input);
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(&format!("ocweb: {sentence}")), "{said}");
    }
}

#[tokio::test]
async fn no_password_is_made_where_one_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let output = ensure_password(&folder, &[("AUTH_PASSWORD", "swordfish")]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(!folder.path().join("ocweb/auth/password").exists());
    let (_running, client) = Running::start(&folder, &[("AUTH_PASSWORD", "swordfish")]).await;
    assert_eq!(log_in(&client, "swordfish").await.status(), 303);
}

#[test]
fn a_start_that_cannot_be_ends_with_one_sentence() {
    for (environment, code, sentence) in [
        (
            &[][..],
            1,
            "there is no password yet: set AUTH_PASSWORD, or run `ocweb-auth ensure-password` to have one made",
        ),
        (
            &[("AUTH_PASSWORD", "x"), ("AUTH_SECRET", "short")],
            3,
            "AUTH_SECRET cannot be used: it must have at least 32 characters; leave it unset to have one made and kept",
        ),
        (
            &[("AUTH_PASSWORD", "x"), ("OCWEB_HOSTS", "a b")],
            3,
            "OCWEB_HOSTS cannot be used: `a b` is not a bare host name such as ocweb.example.org",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let commands: &[&[&str]] = if code == 3 {
            &[&[], &["check-settings"], &["ensure-password"], &["set-password"]]
        } else {
            &[&[]]
        };
        for arguments in commands {
            let output = command(&folder, environment).args(*arguments).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}");
            assert!(output.stdout.is_empty());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.trim_end(), format!("ocweb: {sentence}"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let checked = command(&folder, &[]).arg("check-settings").output().unwrap();
    assert!(checked.status.success() && checked.stdout.is_empty(), "{checked:?}");
    assert!(!folder.path().join("ocweb").exists(), "to look changes nothing");
}

#[test]
fn a_damaged_hash_is_said_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ocweb/auth/password");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "$argon2id$v=19").unwrap();
    for mut command in [command(&folder, &[]), {
        let mut ensure = command(&folder, &[]);
        ensure.arg("ensure-password");
        ensure
    }] {
        let output = command.output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("ocweb/auth/password")
                && said.matches("delete it to have a password made").count() == 1,
            "{said}"
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "$argon2id$v=19");
}
