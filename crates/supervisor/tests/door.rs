//! The door as the supervisor opens it: the real Caddy with our own file, over stand-ins that tell what reached them.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
};

use crate::harness::World;
use serde_json::Value;

const LOGIN: &str = "the-login-of-this-test";

/// Everything runs, and auth lets everybody in. Paths have a space in them.
fn open(settings: &[(&str, &str)]) -> World {
    let mut world = World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let headers = |more: &str| format!("{{\"X-Ocweb-Session\": \"{LOGIN}\"{more}}}");
    fs::write(world.path("auth.headers"), headers("")).unwrap();
    let hostile = ", \"Set-Cookie\": \"ocweb=the-agents\", \"Clear-Site-Data\": \"*\", \"Service-Worker-Allowed\": \"/\"";
    for name in ["event-relay", "git-manager", "opencode"] {
        fs::write(world.path(&format!("{name}.headers")), headers(hostile)).unwrap();
    }
    let web = world.path("the page");
    fs::create_dir(&web).unwrap();
    fs::write(web.join("index.html"), "the page itself").unwrap();
    let mut environment = world.environment();
    let path = |path: &Path| path.display().to_string();
    environment.extend([
        ("OCWEB_CADDY_BIN".into(), path(&root.join(".tools/caddy"))),
        ("OCWEB_CADDYFILE".into(), path(&root.join("caddy/Caddyfile"))),
        ("OCWEB_WEB_DIR".into(), path(&web)),
    ]);
    environment.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    world.start_with(environment);
    world.wait_until_ready();
    world
}

/// The status of an answer, its head in small letters and its body.
fn ask(world: &World, path: &str, lines: &[&str]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", world.port)).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost");
    write!(stream, "{}\r\n\r\n", [&[request.as_str()], lines].concat().join("\r\n")).unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "{path} {head}");
    }
    let head = head.to_lowercase();
    // Some of them are asked for over a connection that stays open.
    let length = head.split_once("content-length: ").unwrap().1.split('\r').next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head, String::from_utf8(body).unwrap())
}

/// What reached the service behind that path under a header's name.
fn heard(world: &World, path: &str, lines: &[&str], name: &str) -> Option<String> {
    let (status, _, body) = ask(world, path, lines);
    assert_eq!(status, 200, "{path} {lines:?}: {body}");
    let said: Value = serde_json::from_str(&body).unwrap();
    let mut heard = said["heard"].as_array().unwrap().iter();
    heard
        .find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
        .map(|pair| pair[1].as_str().unwrap().to_owned())
}

#[test]
fn no_connection_header_takes_the_login_off_what_it_opens() {
    let world = open(&[]);
    let streams = ["/admin/events", "/event", "/pty/x/connect", "/admin/notifications/subscriptions"];
    for path in streams {
        for lines in [
            &["Connection: X-Ocweb-Session"][..],
            &["Connection: keep-alive", "Connection: X-Ocweb-Session, Origin, Sec-Fetch-Site"],
            &["Connection: Origin", "Connection: close"],
            &["Connection: keep-alive, Sec-Fetch-Site"],
            &["Connection: Upgrade", "connection: keep-alive", "CONNECTION:\tcookie"],
        ] {
            assert_eq!(ask(&world, path, lines).0, 400, "{path} {lines:?}");
        }
    }
    for lines in [
        &[][..],
        &["Connection:"],
        &["Connection: close"],
        &["Connection: Keep-Alive, TE", "Connection: Upgrade, HTTP2-Settings"],
    ] {
        for path in ["/admin/events", "/admin/notifications/subscriptions", "/event"] {
            assert_eq!(
                heard(&world, path, lines, "x-ocweb-session").as_deref(),
                Some(LOGIN),
                "{path} {lines:?}"
            );
        }
    }
}

#[test]
fn who_comes_through_the_door_is_never_taken_for_one_on_the_socket() {
    let world = open(&[]);
    fs::remove_file(world.path("auth.headers")).unwrap();
    for path in ["/admin/events", "/admin/notifications/subscriptions", "/event", "/admin/notifications/act"]
    {
        let forged = heard(&world, path, &["X-Ocweb-Session: forged"], "x-ocweb-session");
        assert_eq!(forged.as_deref(), Some(""), "{path}");
    }
}

#[test]
fn what_the_agent_could_have_answered_does_nothing_to_the_browser() {
    let world = open(&[]);
    for path in ["/event", "/api/session/ses_1/event", "/session", "/admin/chats"] {
        let (status, head, _) = ask(&world, path, &[]);
        assert_eq!(status, 200, "{path}: {head}");
        for name in ["set-cookie", "clear-site-data", "service-worker-allowed"] {
            assert!(!head.contains(name), "{path}: {head}");
        }
    }
}

#[test]
fn the_page_may_lie_in_a_folder_with_a_space() {
    let world = open(&[]);
    let (status, _, body) = ask(&world, "/", &[]);
    assert_eq!((status, body.as_str()), (200, "the page itself"));
}

#[test]
fn the_agent_is_no_proxy_although_proxies_have_private_addresses() {
    let world =
        open(&[("OCWEB_TRUSTED_PROXIES", "private_ranges"), ("OCWEB_CLIENT_IP_HEADER", "Fly-Client-IP")]);
    let forged = ["Fly-Client-IP: 203.0.113.6", "X-Forwarded-For: 203.0.113.6"];
    assert_eq!(heard(&world, "/admin/events", &forged, "x-real-ip").as_deref(), Some("127.0.0.1"));
    drop(world);
    let world = open(&[("OCWEB_TRUSTED_PROXIES", "127.0.0.1")]);
    let told = heard(&world, "/admin/events", &forged, "x-real-ip");
    assert_eq!(told.as_deref(), Some("203.0.113.6"), "who is named is believed");
}
