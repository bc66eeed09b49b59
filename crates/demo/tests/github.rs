//! The demo's GitHub, used by the real git and an HTTP client.

use std::time::{Duration, Instant};

use crate::support::{TestWorld, client, git, git_fails, git_ok};
use ocweb_demo::{
    World,
    faults::{Fault, Part},
    github::{OWNER, repositories},
};
use serde_json::{Value, json};

#[tokio::test]
async fn walking_the_links_finds_every_repository_once() {
    let test = TestWorld::start().await;
    let mut next = Some(format!("{}/api/user/repos?per_page=100", test.world.url()));
    let (mut pages, mut names) = (0, Vec::new());
    while let Some(address) = next {
        let answer = client().get(&address).bearer_auth(test.world.token()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let link = answer.headers().get("link").unwrap().to_str().unwrap().to_owned();
        next = link
            .split(", ")
            .find_map(|link| link.strip_suffix(">; rel=\"next\""))
            .map(|link| link.trim_start_matches('<').to_owned());
        let page: Vec<Value> = answer.json().await.unwrap();
        names.extend(page.iter().map(|repository| repository["full_name"].as_str().unwrap().to_owned()));
        pages += 1;
    }
    assert!(pages >= 3, "{pages} pages");
    let mut expected: Vec<_> = repositories().iter().map(|repository| repository.full_name).collect();
    expected.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names, expected);
}

#[tokio::test]
async fn the_api_demands_the_token() {
    let test = TestWorld::start().await;
    let address = format!("{}/api/user", test.world.url());
    let nobody = client().get(&address).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert_eq!(nobody.json::<Value>().await.unwrap()["message"], "Requires authentication");
    let stranger = client().get(&address).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(stranger.json::<Value>().await.unwrap()["message"], "Bad credentials");
    let owner = client().get(&address).bearer_auth(test.world.token()).send().await.unwrap();
    assert_eq!(owner.json::<Value>().await.unwrap()["login"], OWNER);
}

#[tokio::test]
async fn every_repository_but_the_broken_one_can_be_cloned() {
    let test = TestWorld::start().await;
    test.world.rates().set("demo/slow-assets", None);
    for repository in repositories() {
        let name = repository.full_name;
        let target = test.folder.path().join("clones").join(name);
        let target = target.to_str().unwrap();
        let arguments = ["clone", "--quiet", &test.repository_with_token(name), target];
        if name == "demo/broken" {
            let complaint = git_fails(test.folder.path(), &arguments).await;
            assert!(complaint.contains("unable to read"), "{complaint}");
            continue;
        }
        git_ok(test.folder.path(), &arguments).await;
        let head = git_ok(target.as_ref(), &["symbolic-ref", "--short", "HEAD"]).await;
        assert_eq!(head.trim(), repository.default_branch, "{name}");
        let branches = git_ok(target.as_ref(), &["ls-remote", "--heads", "origin"]).await;
        let expected = if name == "demo/empty" { 0 } else { 1 + repository.branches.len() };
        assert_eq!(branches.lines().count(), expected, "{name}");
    }
}

#[tokio::test]
async fn git_without_the_right_token_is_refused_and_unknown_names_are_not_found() {
    let test = TestWorld::start().await;
    let folder = test.folder.path();
    let complaint = git_fails(folder, &["ls-remote", &test.repository("demo/hello-web")]).await;
    assert!(complaint.contains("could not read Username"), "{complaint}");
    let wrong = format!("http://x:wrong@{}/demo/hello-web.git", test.world.address());
    let complaint = git_fails(folder, &["ls-remote", &wrong]).await;
    assert!(complaint.contains("Authentication failed"), "{complaint}");
    let complaint = git_fails(folder, &["ls-remote", &test.repository_with_token("demo/nothing")]).await;
    assert!(complaint.contains("not found"), "{complaint}");

    for path in ["..%2fdemo/hello-web.git", "demo/..%2f..%2fdemo%2fhello-web.git", ".hidden/x.git"] {
        let address = format!("{}/{path}/info/refs?service=git-upload-pack", test.world.url());
        let answer = client().get(address).basic_auth("x", Some(test.world.token())).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn what_is_pushed_is_there_for_the_next_clone_and_after_a_restart() {
    let TestWorld { world, folder } = TestWorld::start().await;
    let (root, port) = (folder.path().to_owned(), world.address().port());
    let address = format!("http://x:{}@{}/demo/empty.git", world.token(), world.address());
    let copy = root.join("copy");
    git_ok(&root, &["clone", "--quiet", &address, "copy"]).await;
    // More than git's post buffer of 1 MiB, so that the push comes chunked.
    let noise: Vec<u8> =
        (0..3_000_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    std::fs::write(copy.join("large"), noise).unwrap();
    git_ok(&copy, &["add", "large"]).await;
    git_ok(&copy, &["commit", "--quiet", "-m", "Add something large"]).await;
    git_ok(&copy, &["push", "--quiet", "origin", "HEAD"]).await;
    world.stop().await;

    let world = World::start(&root, ([127, 0, 0, 1], 0).into()).await.unwrap();
    assert_eq!(world.address().port(), port, "the clones' origin still answers");
    git_ok(&root, &["clone", "--quiet", &address, "second"]).await;
    assert_eq!(git_ok(&root.join("second"), &["log", "--format=%s"]).await, "Add something large\n");
    world.stop().await;
}

#[tokio::test]
async fn an_archived_repository_cannot_be_pushed_to() {
    let test = TestWorld::start().await;
    let folder = test.folder.path();
    git_ok(folder, &["clone", "--quiet", &test.repository_with_token("demo/museum"), "copy"]).await;
    let copy = folder.join("copy");
    git_ok(&copy, &["commit", "--quiet", "--allow-empty", "-m", "x"]).await;
    let complaint = git_fails(&copy, &["push", "origin", "HEAD"]).await;
    assert!(complaint.contains("403"), "{complaint}");
}

#[tokio::test]
async fn faults_come_as_ordered_and_then_pass() {
    let test = TestWorld::start().await;
    let folder = test.folder.path();
    let address = test.repository_with_token("demo/hello-web");

    let order = json!({"part": "api", "status": 429, "retry_after": 7});
    let control = format!("{}/control/faults", test.world.url());
    let answer = client().post(control).json(&order).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let user = || client().get(format!("{}/api/user", test.world.url())).bearer_auth(test.world.token());
    let refused = user().send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(user().send().await.unwrap().status(), 200);

    test.world.faults().add(Fault::status(Part::Git, 500));
    let complaint = git_fails(folder, &["ls-remote", &address]).await;
    assert!(complaint.contains("500"), "{complaint}");

    test.world.faults().add(Fault::cut(Part::Git, 300).on_path("git-upload-pack"));
    git_fails(folder, &["-c", "protocol.version=0", "clone", &address, "cut"]).await;
    git_ok(folder, &["clone", "--quiet", &address, "whole"]).await;
}

#[tokio::test]
async fn a_slow_repository_takes_its_time_and_git_shows_progress() {
    let test = TestWorld::start().await;
    // 4 MB at 2 MB/s.
    test.world.rates().set("demo/slow-assets", Some(2_000_000));
    let begin = Instant::now();
    let arguments = ["clone", "--progress", &test.repository_with_token("demo/slow-assets"), "copy"];
    let output = git(test.folder.path(), &arguments).await;
    assert!(output.status.success());
    assert!(begin.elapsed() > Duration::from_millis(1500), "{:?}", begin.elapsed());
    let progress = String::from_utf8_lossy(&output.stderr).matches("Receiving objects:").count();
    assert!(progress > 5, "{progress} lines of progress");
}
