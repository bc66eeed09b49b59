//! A working copy belongs to the agent too: nothing that it configures is run, and nothing of its is disturbed.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::support::{self, Bench, Service, commit, git};
use reqwest::Method;
use serde_json::json;

const ROUTES: [&str; 9] = [
    "git",
    "diff",
    "diff?against=head",
    "log",
    "files",
    "file?path=main.js",
    "raw?path=main.js",
    "search?query=m",
    "search?query=e&in=text",
];

async fn chat(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    (format!("/admin/chats/{id}"), PathBuf::from(chat["directory"].as_str().unwrap()))
}

/// Has everything that git would run for a repository make a file, and gives that file.
fn set_traps(root: &Path, folder: &Path) -> PathBuf {
    let sprung = folder.join("sprung");
    let trap = folder.join("trap");
    fs::write(&trap, format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", sprung.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    let hooks = folder.join("hooks");
    fs::create_dir(&hooks).unwrap();
    for hook in
        ["post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction", "pre-auto-gc"]
    {
        symlink(trap, hooks.join(hook)).unwrap();
    }
    git(root, &["config", "extensions.worktreeConfig", "true"]);
    for (name, value) in [
        ("core.hooksPath", hooks.to_str().unwrap()),
        ("core.fsmonitor", trap),
        ("core.pager", trap),
        ("core.editor", trap),
        ("core.sshCommand", trap),
        ("core.gitProxy", trap),
        ("core.alternateRefsCommand", trap),
        ("core.askPass", trap),
        ("pager.grep", trap),
        ("diff.external", trap),
        ("diff.trap.command", trap),
        ("diff.trap.textconv", trap),
        ("filter.trap.clean", trap),
        ("filter.trap.smudge", trap),
        ("filter.trap.process", trap),
        ("filter.trap.required", "true"),
        ("merge.trap.driver", trap),
        ("credential.helper", trap),
        ("gpg.program", trap),
        ("log.showSignature", "true"),
        ("color.grep", "always"),
        ("grep.column", "true"),
        ("submodule.recurse", "true"),
        ("alias.grep", &format!("!{trap}")),
    ] {
        git(root, &["config", "--worktree", name, value]);
        git(root, &["config", name, value]);
    }
    fs::write(root.join(".gitattributes"), "* diff=trap filter=trap merge=trap\n").unwrap();
    sprung
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_repository_configures_is_run() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    commit(&path, "one.txt");
    let sprung = set_traps(&path, bench.folder.path());
    fs::write(path.join("main.js"), "changed, and here\n").unwrap();
    fs::write(path.join("new.txt"), "new, and here\n").unwrap();
    for route in ROUTES {
        service.get(&format!("{chat}/{}", route.replace("raw?path=main.js", "file?path=new.txt"))).await;
    }
    service.client.get(format!("http://service{chat}/raw?path=main.js")).send().await.unwrap();
    service.get("/admin/chats/git").await;
    let found = service.get(&format!("{chat}/search?query=and%20here&in=text")).await;
    assert_eq!(found["matches"].as_array().unwrap().len(), 2, "{found}");
    assert_eq!(fs::read_to_string(&sprung).unwrap_or_default(), "");
    // The trap works.
    let mut status = std::process::Command::new("git");
    assert!(status.arg("status").current_dir(&path).output().unwrap().status.code().is_some());
    assert!(sprung.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn gits_locks_are_neither_taken_nor_heeded() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    let own = PathBuf::from(git(&path, &["rev-parse", "--path-format=absolute", "--git-dir"]));
    let index = own.join("index");
    // Stamps that no longer fit, which git would refresh and write down.
    fs::write(path.join("main.js"), fs::read(path.join("main.js")).unwrap()).unwrap();
    let before = fs::read(&index).unwrap();
    let entries = support::entries(&own);
    fs::write(own.join("index.lock"), "").unwrap();
    for route in ROUTES.iter().filter(|route| !route.starts_with("raw")) {
        service.get(&format!("{chat}/{route}")).await;
    }
    fs::remove_file(own.join("index.lock")).unwrap();
    assert_eq!((support::entries(&own), fs::read(&index).unwrap()), (entries, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_git_directory_that_leads_elsewhere_is_not_followed() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    let other = bench.folder.path().join("other");
    fs::create_dir(&other).unwrap();
    git(&other, &["init", "--quiet"]);
    fs::write(other.join("secret.txt"), "secret\n").unwrap();
    git(&path, &["config", "extensions.worktreeConfig", "true"]);
    git(&path, &["config", "--worktree", "core.worktree", other.to_str().unwrap()]);
    let git_file = fs::read(path.join(".git")).unwrap();
    for target in [Some(format!("gitdir: {}", other.join(".git").display())), None] {
        if let Some(target) = target {
            fs::write(path.join(".git"), target).unwrap();
        } else {
            fs::write(path.join(".git"), &git_file).unwrap();
        }
        for route in ["git", "diff", "log", "search?query=secret", "search?query=secret&in=text"] {
            let (_, answer) = service.send(Method::GET, &format!("{chat}/{route}"), None).await;
            assert!(!answer.to_string().contains("secret.txt"), "{route}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_hangs_keeps_no_other_chat_waiting() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (hanging, path) = chat(&service).await;
    let (other, _) = chat(&service).await;
    fs::create_dir(path.join("folder")).unwrap();
    // Whoever opens it waits for somebody to write.
    nix::unistd::mkfifo(&path.join(".gitignore"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::write(path.join("folder/x"), "").unwrap();
    let begun = Instant::now();
    let asked = (0..8).map(|_| {
        let request =
            service.client.get(format!("http://service{hanging}/git")).timeout(Duration::from_millis(700));
        tokio::spawn(request.send())
    });
    let asked: Vec<_> = asked.collect();
    for answer in asked {
        assert!(answer.await.unwrap().unwrap_err().is_timeout());
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(service.get(&format!("{other}/git")).await["state"], "clean");
    assert_eq!(service.get(&format!("{other}/diff")).await["files"], json!([]));
    // Nor does it keep the service from ending.
    let pid = nix::unistd::Pid::from_raw(i32::try_from(service.pid()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    support::eventually("its process is gone", async || (!running(service.pid())).then_some(())).await;
}

fn running(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Ended, it stays until it was waited for.
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}
