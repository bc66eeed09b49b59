//! How permissive a chat is, with the real opencode: what each level asks about, and what stays refused whatever is
//! chosen.

use std::path::Path;

use crate::support::{Bench, Service, eventually, real_opencode::RealOpencode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// An MCP server with one tool, which says hello.
const SERVER: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) result='{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}' ;;
    *'"tools/list"'*) result='{"tools":[{"name":"look","inputSchema":{"type":"object","properties":{}}}]}' ;;
    *'"tools/call"'*) result='{"content":[{"type":"text","text":"hello"}]}' ;;
    *) result='{}' ;;
  esac
  [ -n "$id" ] && printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
"#;

/// Configures the opencode of a bench: a tool of each kind, and refusals.
fn configure(bench: &Bench) {
    let folder = bench.folder.path().join("opencode/.config/opencode");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("notes.sh", SERVER);
    write("skill/greeting/SKILL.md", "---\nname: greeting\ndescription: How to greet\n---\nSay hello.\n");
    write(
        "tool/own.js",
        "export default { description: 'Own', args: {}, async execute() { return 'done' } }\n",
    );
    let environment = bench.world.environment();
    let (_, path) = environment.iter().find(|(name, _)| name == "OPENCODE_CONFIG").unwrap();
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    config["mcp"] = json!({"notes": {"type": "local", "command": ["sh", folder.join("notes.sh")]}});
    // It would hold in plan mode too: the configuration's rules come after those of the modes.
    config["permission"].as_object_mut().unwrap().remove("edit");
    config["permission"]["webfetch"] = json!("deny");
    config["permission"]["bash"]["git push*"] = json!("deny");
    std::fs::write(path, config.to_string()).unwrap();
}

/// What a prompt asked about, and how its tools ended, in their order; every question is answered with yes. How a
/// skill ends is left out: without its own ripgrep opencode cannot load one.
struct Work {
    asked: Vec<String>,
    tools: Vec<(String, String)>,
}

async fn work(service: &Service, opencode: &RealOpencode, chat: &Value, id: &str, prompt: Value) -> Work {
    let session = chat["id"].as_str().unwrap();
    let directory = chat["directory"].as_str().unwrap();
    let mut body = prompt;
    body["id"] = json!(id);
    body["model"] = json!("demo/demo");
    let (status, answer) = service.post(&format!("/admin/chats/{session}/prompts"), body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let asked = std::sync::Mutex::new(Vec::new());
    let tools = eventually(id, async || {
        let (_, pending) = opencode.call(Method::GET, &format!("permission?directory={directory}")).await;
        for request in pending.as_array().unwrap() {
            let path = format!("permission/{}/reply?directory={directory}", request["id"].as_str().unwrap());
            let (status, answer) = opencode.send(&path, &json!({"reply": "once"})).await;
            assert_eq!(status, 200, "{answer}");
            asked.lock().unwrap().push(request["permission"].as_str().unwrap().to_owned());
        }
        let (_, messages) = opencode.call(Method::GET, &format!("session/{session}/message")).await;
        let answers: Vec<_> = messages.as_array()?.iter().filter(|it| it["info"]["parentID"] == id).collect();
        (answers.last()?["info"]["finish"] == "stop").then(|| {
            let parts = answers.iter().flat_map(|answer| answer["parts"].as_array().unwrap());
            let of_tools = parts.filter(|part| part["type"] == "tool" && part["tool"] != "skill");
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            of_tools.map(|part| (text(&part["tool"]), text(&part["state"]["status"]))).collect()
        })
    })
    .await;
    Work { asked: asked.into_inner().unwrap(), tools }
}

async fn choose(service: &Service, chat: &Value, level: &str) -> StatusCode {
    let path = format!("/admin/chats/{}/permissions", chat["id"].as_str().unwrap());
    service.send(Method::PUT, &path, Some(json!({"permissions": level}))).await.0
}

const EVERYTHING: &str = "call notes_look: {}\ncall skill: {\"name\": \"greeting\"}\ncall own: {}\n\
    run: echo one\nwrite one.md: one\nrun: git push --dry-run\nsay: done";

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_what_it_says_and_refusals_stay() {
    let mut bench = Bench::new().await;
    configure(&bench);
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let service = bench.service().await;
    let (status, _) =
        service.send(Method::PUT, "/admin/chats/permissions", Some(json!({"default": "ask"}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;

    let everything = |agent: &str| json!({"text": EVERYTHING, "agent": agent});
    let ends = |work: &Work| work.tools.iter().map(|(_, status)| status.clone()).collect::<Vec<_>>();
    let as_built = ["completed", "completed", "completed", "completed", "error"];
    let as_planned = ["completed", "completed", "completed", "error", "error"];

    let asked = work(&service, &opencode, &chat, "msg_1", everything("build")).await;
    assert_eq!(asked.asked, ["notes_look", "skill", "bash", "edit"], "{:?}", asked.tools);
    assert_eq!(ends(&asked), as_built);
    // What plan mode may not do, it is not asked about either; and back in build it is.
    let planned = work(&service, &opencode, &chat, "msg_2", everything("plan")).await;
    assert_eq!((planned.asked.len(), ends(&planned)), (3, as_planned.map(Into::into).into()));
    let built = work(&service, &opencode, &chat, "msg_3", everything("build")).await;
    assert_eq!((built.asked.len(), ends(&built)), (4, as_built.map(Into::into).into()));

    assert_eq!(choose(&service, &chat, "edits").await, StatusCode::NO_CONTENT);
    let edited = work(&service, &opencode, &chat, "msg_4", everything("build")).await;
    assert_eq!(edited.asked, ["notes_look", "skill", "bash"]);
    assert_eq!(ends(&edited), as_built);

    assert_eq!(choose(&service, &chat, "all").await, StatusCode::NO_CONTENT);
    let all = work(&service, &opencode, &chat, "msg_5", everything("build")).await;
    assert_eq!((all.asked.len(), ends(&all)), (0, as_built.map(Into::into).into()));
    let planned = work(&service, &opencode, &chat, "msg_6", everything("plan")).await;
    assert_eq!((planned.asked.len(), ends(&planned)), (0, as_planned.map(Into::into).into()));

    // A tool that is refused whole is not even offered.
    let fetch = json!({"text": "call webfetch: {\"url\": \"http://127.0.0.1:1/\", \"format\": \"text\"}", "agent": "build"});
    let fetched = work(&service, &opencode, &chat, "msg_7", fetch).await;
    assert_eq!(fetched.tools, [("invalid".to_owned(), "completed".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_changes_at_once_the_last_one_holds_whole() {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    let levels = ["ask", "all", "edits", "all", "ask", "edits", "all", "ask"];
    let changes = levels.map(|level| choose(&service, &chat, level));
    assert_eq!(futures_util::future::join_all(changes).await, [StatusCode::NO_CONTENT; 8]);
    let told = service.get(&format!("/admin/chats/{id}")).await["permissions"].clone();
    // What opencode goes by is what the record says.
    let (_, session) = opencode.call(Method::GET, &format!("session/{id}")).await;
    let rules = session["permission"].as_array().unwrap();
    let last = |permission: &str| {
        let found =
            rules.iter().rfind(|rule| [permission, "*"].contains(&rule["permission"].as_str().unwrap()));
        found.unwrap()["action"].as_str().unwrap().to_owned()
    };
    let expected = match told.as_str().unwrap() {
        "all" => ["allow", "allow"],
        "edits" => ["allow", "ask"],
        _ => ["ask", "ask"],
    };
    assert_eq!([last("edit"), last("task")], expected, "{told}");
    assert!(Path::new(chat["directory"].as_str().unwrap()).is_dir());
}
