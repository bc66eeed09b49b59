//! Submodules of the same GitHub: the real git gets those that the remote names, and no others.

use std::path::Path;

use crate::support::{self, Bench, SECRET, chat_capability};
use ocweb_demo::faults::{Fault, Part};
use ocweb_git_access::{Capability, Grant, Key};

/// Somebody at the remote adds a submodule to a branch of a repository.
async fn add_submodule(bench: &Bench, repository: &str, branch: &str, url: &str) {
    let bare = bench.bare(repository);
    let folder = bench.folder.path().join(format!("person-{}", branch.replace('/', "-")));
    let git = async |folder: &Path, arguments: &[&str]| bench.git(folder, "", arguments).await.unwrap();
    git(bench.folder.path(), &["clone", "-q", bare.to_str().unwrap(), folder.to_str().unwrap()]).await;
    let part = git(&bench.bare("demo/tally"), &["rev-parse", "HEAD"]).await;
    std::fs::write(
        folder.join(".gitmodules"),
        format!("[submodule \"part\"]\n\tpath = part\n\turl = {url}\n"),
    )
    .unwrap();
    git(&folder, &["add", ".gitmodules"]).await;
    git(&folder, &["update-index", "--add", "--cacheinfo", &format!("160000,{},part", part.trim())]).await;
    git(&folder, &["commit", "-q", "-m", "A part"]).await;
    git(&folder, &["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")]).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

fn chat_from(repository: &str, base: &str) -> String {
    Key::new(SECRET).unwrap().sign(&Capability {
        repository: repository.parse().unwrap(),
        grant: Grant::Chat {
            session: "ses_1".parse().unwrap(),
            branch: support::BRANCH.parse().unwrap(),
            base: Some(base.parse().unwrap()),
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_submodule_is_loaded_and_not_pushed_to() {
    let bench = Bench::new().await;
    add_submodule(&bench, "demo/hello-web", "main", "../tally.git").await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    bench.git(&worktree, &chat, &["submodule", "update", "--init"]).await.unwrap();
    assert!(worktree.join("part/Cargo.toml").is_file());
    let said = bench.git(&worktree.join("part"), &chat, &["push", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("may only push to ocweb/fix-1 of demo/hello-web"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_write_opens_nothing() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    let wanted = format!("{}/demo/tally.git", bench.world.url());
    let closed = async |chat: &str| {
        let said = bench.git(&worktree, chat, &["ls-remote", &wanted]).await.unwrap_err();
        assert!(said.contains("is not public (401)"), "{said}");
    };
    // In its working copy, and as if the remote had said it.
    std::fs::write(worktree.join(".gitmodules"), format!("[submodule \"x\"]\n\turl = {wanted}\n")).unwrap();
    bench.commit(&worktree, "one").await;
    bench.git(&worktree, &chat, &["update-ref", "refs/remotes/origin/main", "HEAD"]).await.unwrap();
    closed(&chat).await;
    // On its own branch, that another chat begins from; on one that it was allowed to push to.
    bench.git(&worktree, &chat, &["push", "-q", "origin", "HEAD"]).await.unwrap();
    closed(&chat_from("demo/hello-web", "ocweb/fix-1")).await;
    bench.allow(r#"{"branches":["dark-mode","main"],"tags":false}"#).await;
    closed(&chat_from("demo/hello-web", "dark-mode")).await;
    let said = bench.git(&worktree, &chat, &["push", "origin", "HEAD:main"]).await.unwrap_err();
    assert!(said.contains("remote: ocweb: a change of .gitmodules decides what chats may read"), "{said}");
    // On the default branch where that is a chat's: of an empty repository it is the first that is pushed.
    bench.gateway.open(&"demo/dotfiles".parse().unwrap()).unwrap();
    add_submodule(&bench, "demo/dotfiles", "ocweb/fix-1", &wanted).await;
    let head = ["symbolic-ref", "HEAD", "refs/heads/ocweb/fix-1"];
    bench.git(&bench.bare("demo/dotfiles"), "", &head).await.unwrap();
    std::fs::create_dir_all(bench.projects("worktrees/demo__dotfiles__ses_1")).unwrap();
    closed(&chat_from("demo/dotfiles", "main")).await;
    // In a repository that the token cannot push to: there it is a stranger's word.
    let strangers = ocweb_demo::github::repositories().iter().find(|repository| repository.archived).unwrap();
    bench.gateway.open(&strangers.full_name.parse().unwrap()).unwrap();
    add_submodule(&bench, strangers.full_name, strangers.default_branch, &wanted).await;
    let folder = strangers.full_name.replace('/', "__");
    std::fs::create_dir_all(bench.projects(&format!("worktrees/{folder}__ses_1"))).unwrap();
    closed(&chat_from(strangers.full_name, strangers.default_branch)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_github_does_not_say_it_that_is_the_reason() {
    let bench = Bench::new().await;
    let (worktree, chat) = (bench.chat().await, chat_capability());
    let wanted = format!("{}/demo/tally.git", bench.world.url());
    bench.world.faults().add(Fault::status(Part::Api, 503).times(2));
    let said = bench.git(&worktree, &chat, &["ls-remote", &wanted]).await.unwrap_err();
    let sentence = "GitHub does not say now which submodules this chat may read, and demo/tally is not public. GitHub failed while";
    assert!(said.contains(sentence), "{said}");
    bench.world.faults().clear();
    let said = bench.git(&worktree, &chat, &["ls-remote", &wanted]).await.unwrap_err();
    assert!(said.contains("is not public (401)"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_people_push_to_may_have_others() {
    let bench = Bench::new().await;
    add_submodule(&bench, "demo/hello-web", "with-part", "../tally.git").await;
    let worktree = bench.chat().await;
    let wanted = format!("{}/demo/tally.git", bench.world.url());
    let ask = async |chat: String| bench.git(&worktree, &chat, &["ls-remote", &wanted]).await;
    assert!(ask(chat_from("demo/hello-web", "with-part")).await.is_ok());
    assert!(ask(chat_from("demo/hello-web", "dark-mode")).await.is_err());
}
