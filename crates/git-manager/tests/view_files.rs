//! The files of a chat's working copy: shown, found, and never left.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use crate::support::{Bench, Service, git};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

async fn chat(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    (format!("/admin/chats/{id}"), PathBuf::from(chat["directory"].as_str().unwrap()))
}

/// The status and the kind of the problem that a path is answered with.
async fn refusal(service: &Service, path: &str) -> (u16, String) {
    let (status, problem) = service.send(Method::GET, path, None).await;
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() < 400), "{path}: {problem}");
    (status.as_u16(), problem["type"].as_str().unwrap().to_owned())
}

fn paths(found: &Value) -> Vec<&str> {
    found["matches"].as_array().unwrap().iter().map(|found| found["path"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_listed_with_what_git_ignores_and_without_git_itself() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    fs::create_dir_all(path.join("zoo/inner")).unwrap();
    fs::write(path.join("zoo/inner/a.txt"), "a").unwrap();
    fs::write(path.join(".gitignore"), "*.log\n").unwrap();
    fs::write(path.join("x.log"), "12345").unwrap();
    symlink("/etc/passwd", path.join("link")).unwrap();
    let root = service.get(&format!("{chat}/files")).await;
    let entry = |name: &str| {
        let entries = root["entries"].as_array().unwrap();
        entries.iter().find(|entry| entry["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(
        root["entries"][0],
        json!({"name": "zoo", "path": "zoo", "kind": "folder", "size_bytes": null, "ignored": false})
    );
    assert_eq!(
        entry("x.log"),
        json!({"name": "x.log", "path": "x.log", "kind": "file", "size_bytes": 5, "ignored": true})
    );
    assert_eq!((&entry("link")["kind"], &entry("main.js")["ignored"]), (&json!("link"), &json!(false)));
    assert_eq!(entry(".git"), Value::Null);
    let inner = service.get(&format!("{chat}/files?path=zoo/inner")).await;
    assert_eq!(
        (&inner["path"], &inner["entries"][0]["path"]),
        (&json!("zoo/inner"), &json!("zoo/inner/a.txt"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_shown_as_text_and_given_out_as_it_is() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    fs::write(path.join("latin.txt"), b"caf\xe9\n").unwrap();
    fs::write(path.join("binary"), b"a\0b").unwrap();
    fs::write(path.join("long.txt"), "\u{e9}".repeat(1 << 20)).unwrap();
    fs::write(path.join("picture.txt"), b"\x89PNG\r\n\x1a\nrest").unwrap();
    fs::write(
        path.join("evil.svg"),
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    )
    .unwrap();
    symlink("/etc/passwd", path.join("link")).unwrap();
    let get = async |name: &str| service.get(&format!("{chat}/file?path={name}")).await;
    assert_eq!(get("latin.txt").await["text"], "caf\u{fffd}\n");
    assert_eq!(
        get("binary").await,
        json!({"path": "binary", "size_bytes": 3, "binary": true, "text": null, "truncated": false})
    );
    let long = get("long.txt").await;
    assert_eq!((&long["size_bytes"], &long["truncated"]), (&json!(2 << 20), &json!(true)));
    assert_eq!(long["text"].as_str().unwrap(), "\u{e9}".repeat(1 << 19));
    assert_eq!(get("link").await["text"], "/etc/passwd");

    let raw = async |name: &str| {
        let answer =
            service.client.get(format!("http://service{chat}/raw?path={name}")).send().await.unwrap();
        let header = |name| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        let headers = [
            header::CONTENT_TYPE,
            header::CONTENT_DISPOSITION,
            header::CONTENT_SECURITY_POLICY,
            header::X_CONTENT_TYPE_OPTIONS,
        ]
        .map(header);
        (headers, answer.bytes().await.unwrap())
    };
    let ([kind, disposition, policy, sniffing], content) = raw("picture.txt").await;
    assert_eq!(
        (kind.as_str(), sniffing.as_str(), &content[..]),
        ("image/png", "nosniff", &b"\x89PNG\r\n\x1a\nrest"[..])
    );
    assert!(
        disposition.starts_with("inline;")
            && policy.contains("sandbox")
            && policy.contains("default-src 'none'")
    );
    let ([kind, disposition, ..], content) = raw("evil.svg").await;
    assert_eq!(
        (kind.as_str(), disposition.as_str()),
        ("application/octet-stream", "attachment; filename*=UTF-8''evil.svg")
    );
    assert!(content.starts_with(b"<svg"));
    let (_, content) = raw("long.txt").await;
    assert_eq!(content.len(), 2 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_out_of_the_working_copy() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    git(&path, &["init", "--quiet", "inside"]);
    symlink("/etc", path.join("out")).unwrap();
    symlink(".git", path.join("git")).unwrap();
    fs::create_dir(path.join("folder")).unwrap();
    nix::unistd::mkfifo(&path.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let long = "a/".repeat(2500);
    for route in ["files", "file", "raw"] {
        for path in [
            "..",
            "../x",
            "%2Fetc%2Fpasswd",
            "a/../../x",
            ".git",
            ".git/config",
            "inside/.git/config",
            "inside/.GIT/HEAD",
            "a%00b",
            ".",
            "a//b",
            &long,
        ] {
            let path = format!("{chat}/{route}?path={path}");
            assert_eq!(refusal(&service, &path).await, (400, "invalid-name".into()), "{path}");
        }
        for path in ["out/passwd", "git/config", "main.js/x", "pipe"] {
            let path = format!("{chat}/{route}?path={path}");
            assert_eq!(refusal(&service, &path).await, (409, "unreadable".into()), "{path}");
        }
        for path in ["-O", "--upload-pack=x", "missing/x", "%FF"] {
            let path = format!("{chat}/{route}?path={path}");
            assert!(matches!(refusal(&service, &path).await.0, 404 | 400), "{path}");
        }
    }
    assert_eq!(refusal(&service, &format!("{chat}/files?path=out")).await, (409, "unreadable".into()));
    assert_eq!(refusal(&service, &format!("{chat}/raw?path=out")).await, (409, "unreadable".into()));
    assert_eq!(refusal(&service, &format!("{chat}/file?path=folder")).await, (409, "unreadable".into()));
    assert_eq!(refusal(&service, &format!("{chat}/file")).await, (409, "unreadable".into()));
    for commit in ["--upload-pack=x", "-O", "..", "HEAD", "main", "a%00", "xyzt", &"a".repeat(5000)] {
        let path = format!("{chat}/diff?against={commit}");
        assert_eq!(refusal(&service, &path).await, (400, "invalid-name".into()), "{path}");
    }
    assert_eq!(refusal(&service, &format!("{chat}/diff?against={}", "1".repeat(40))).await.0, 404);
    for bad in [
        "log?limit=-1",
        "log?limit=x",
        "search?in=elsewhere",
        "search?query=%00",
        "search?in=text&query=a%0Ab",
    ] {
        assert_eq!(refusal(&service, &format!("{chat}/{bad}")).await.0, 400, "{bad}");
    }
    let long = "a".repeat(5000);
    assert_eq!(refusal(&service, &format!("{chat}/search?query={long}")).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_found_by_name_and_by_text() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    fs::create_dir_all(path.join("src/deep")).unwrap();
    fs::write(path.join("src/deep/Composer View.tsx"), "one\nTwo -e three\n").unwrap();
    fs::write(path.join(".gitignore"), "*.log\n").unwrap();
    fs::write(path.join("composer.log"), "two").unwrap();
    fs::remove_file(path.join("style.css")).unwrap();
    let names = service.get(&format!("{chat}/search?query=cmpvw")).await;
    assert_eq!(paths(&names), ["src/deep/Composer View.tsx"]);
    assert_eq!(paths(&service.get(&format!("{chat}/search?query=style.css&in=names")).await), [""; 0]);
    let all = service.get(&format!("{chat}/search?limit=1")).await;
    assert_eq!((paths(&all), &all["truncated"]), (vec![".gitignore"], &json!(true)));
    let text = service.get(&format!("{chat}/search?in=text&query=two%20-E")).await;
    assert_eq!(
        text,
        json!({"matches": [{"path": "src/deep/Composer View.tsx", "line": 2, "text": "Two -e three"}], "truncated": false})
    );
    for query in ["", "nowhere-to-be-found", "--open-files-in-pager=touch", "-O"] {
        let found = service.get(&format!("{chat}/search?in=text&query={query}")).await;
        assert_eq!(found, json!({"matches": [], "truncated": false}), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (chat, path) = chat(&service).await;
    for route in [
        "git",
        "diff",
        "log",
        "files",
        "file?path=a",
        "raw?path=a",
        "search?query=a",
        "search?query=a&in=text",
    ] {
        let foreign = format!("/admin/chats/ses_e03c139b4ffeAAAAAAAAAAAAAA/{route}");
        assert_eq!(refusal(&service, &foreign).await, (404, "not-found".into()), "{foreign}");
        assert_eq!(refusal(&service, &format!("/admin/chats/..%2f/{route}")).await.0, 400);
    }
    fs::rename(&path, path.with_extension("gone")).unwrap();
    for route in ["git", "diff", "log", "files", "file?path=a", "search?query=a&in=text"] {
        assert_eq!(refusal(&service, &format!("{chat}/{route}")).await, (404, "not-found".into()), "{route}");
    }
    assert_eq!(service.get("/admin/chats/git").await, json!({"chats": []}));
    // Somewhere else than where git put it, it is another's.
    fs::create_dir(&path).unwrap();
    for route in ["git", "diff", "log", "search?query=a&in=text", "search?query=a"] {
        assert_eq!(
            refusal(&service, &format!("{chat}/{route}")).await,
            (409, "unreadable".into()),
            "{route}"
        );
    }
    assert_eq!(service.get("/admin/chats/git").await, json!({"chats": []}));
    assert_eq!(
        service.send(Method::POST, &format!("{chat}/git"), None).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
