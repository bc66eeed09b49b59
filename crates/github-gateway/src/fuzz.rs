//! Spoiled requests of a git, and spoiled answers of GitHub: what goes on is what was judged.

use std::path::PathBuf;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::FutureExt;
use ocweb_fuzz::{assert_linear, cases, pieces, spoiled, spoiled_text};
use ocweb_git_access::{BranchName, Capability, Grant, Key, RepositoryName};
use ocweb_service::Problem;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;

use crate::{
    address::{self, Service},
    checks::log::excerpt,
    door::{Door, Passage},
    failure::Failure,
    github::{next_page, refusal::cause},
    issues::Reference,
    large_files,
    push::{self, Change, Command, Commands, Refused, Rules, judge},
    refusal::Closed,
    repositories::GitHubRepository,
    submodules,
};

const ADDRESSES: &[&str] = &[
    "/o/n.git/info/refs?service=git-upload-pack",
    "/o/n/info/refs?service=git-receive-pack",
    "/o/n.git/git-upload-pack",
    "/octo_corp/my__repo.v2.git/git-receive-pack",
    "/o/n.git/info/lfs/objects/batch",
    "/o/n.git/info/lfs/locks/verify",
    "/o/n.git/info/lfs/locks?path=a&limit=1",
    "/o/n.git/info/lfs/locks/7/unlock",
    "/user/repos",
];
const ONE: &str = "1111111111111111111111111111111111111111";
const NONE: &str = "0000000000000000000000000000000000000000";
const PUSHES: &[&[u8]] = &[
    b"0000",
    b"009a1111111111111111111111111111111111111111 2222222222222222222222222222222222222222 refs/heads/ocweb/fix-1\0 report-status side-band-64k agent=git/2.47.10000PACK",
    b"0035shallow 3333333333333333333333333333333333333333\n00620000000000000000000000000000000000000000 1111111111111111111111111111111111111111 refs/tags/v10000PACK",
    b"0029push-cert\0 report-status push-options0000",
];
const REFERENCES: &[&str] =
    &["refs/heads/ocweb/fix-1", "refs/heads/main", "refs/tags/v1", "HEAD", "refs/heads/ocweb/fix-1\n"];
const BATCHES: &[&[u8]] = &[
    br#"{"operation":"upload","transfers":["basic"],"objects":[{"oid":"a","size":1}]}"#,
    br#"{"operation":"download","Operation":"upload","ref":{"name":"refs/heads/main"}}"#,
    br#"{"op\u0065ration":"upload","operation":"download"}"#,
];
const REPOSITORIES: &[&[u8]] = &[
    br#"[{"full_name":"o/n","description":null,"private":true,"default_branch":"main","pushed_at":"2024-01-01T00:00:00Z","archived":false,"fork":false}]"#,
    br#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}"#,
];
const MODULES: &[&str] = &[
    "[submodule \"a\"]\n\tpath = a\n\turl = https://github.com/o/one.git\n",
    "[submodule \"b\"]\n\turl = ../two.git\n\turl=../../other/three\n",
    "\turl = git@github.com:o/four\n\turl = ssh://git@github.com/o/five/\n",
    "\turl = https://github.com.evil.example/o/six\n\turl = https://u:p@github.com/o/n\n\turl = .././..//x",
];
const LINKS: &[&str] = &[
    r#"<https://api.github.com/user/repos?page=1>; rel="prev", <https://api.github.com/user/repos?page=3>; rel="next""#,
    r#"<https://a/x?page=1,2>; rel="next""#,
];
const TOPICS: &[&str] = &[
    "https://github.com/o/r/pull/12/files#diff-1",
    "www.github.com/o/r/issues/12?w=1",
    "o/r#12",
    "https://u:p@github.com.evil.example:8443/o/r/pulls/12",
    "http://169.254.169.254/o/r/pull/1",
];
const HOSTS: &[&str] = &["127.0.0.1:4000", "localhost:4000", "127.0.0.1", "[::1]:4000", "github.com"];

fn key() -> Key {
    Key::new("a key that is long enough to be one").unwrap()
}

fn own() -> BranchName {
    "ocweb/fix-1".parse().unwrap()
}

fn capability() -> Capability {
    let grant = Grant::Chat { session: "ses_1".parse().unwrap(), branch: own(), base: None };
    Capability { repository: "o/n".parse().unwrap(), grant }
}

fn command() -> impl Strategy<Value = Command> {
    let id = || {
        prop_oneof![Just(None), "[0-9a-f]{40}".prop_filter_map("none", |id| (id != NONE).then_some(Some(id)))]
    };
    let can_be_sent =
        |text: &String| !text.is_empty() && text.len() < 500 && !text.contains(char::is_control);
    let reference = spoiled_text(REFERENCES)
        .prop_map(move |text| if can_be_sent(&text) { text } else { "refs/heads/main".into() });
    (id(), id(), reference).prop_map(|(old, new, reference)| Command { old, new, reference })
}

/// A push as git writes it.
fn written(commands: &Commands) -> Vec<u8> {
    let mut body = Vec::new();
    for (number, Command { old, new, reference }) in commands.list.iter().enumerate() {
        let id = |id: &Option<String>| id.clone().unwrap_or_else(|| NONE.into());
        let mut line = format!("{} {} {reference}", id(old), id(new));
        if number == 0 {
            line.push_str("\0 report-status");
            line.push_str(if commands.bands { " side-band-64k" } else { "" });
            line.push_str(if commands.options { " push-options" } else { "" });
        }
        body.extend(format!("{:04x}{line}", line.len() + 4).into_bytes());
    }
    body.extend(b"0000");
    body
}

/// Takes pkt-lines apart; nothing where they are none.
fn packets(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from_str_radix(std::str::from_utf8(bytes.get(..4)?).ok()?, 16).ok()?.max(4);
        found.push(bytes.get(4..length)?);
        bytes = &bytes[length..];
    }
    Some(found)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn addresses(text in spoiled_text(ADDRESSES), is_post in any::<bool>()) {
        let method = if is_post { Method::POST } else { Method::GET };
        let Ok(uri) = text.parse::<Uri>() else { return Ok(()) };
        let Some(asked) = address::parse(&method, &uri) else { return Ok(()) };
        // Nothing of the address goes on but the two names and a request that is known.
        let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
        let known = |end: &str| whole == format!("/{}{end}/{}", asked.repository, asked.path);
        prop_assert!(known("") || known(".git"), "{} is not {:?}", uri, asked);
        prop_assert!(asked.path.starts_with("git-") || asked.path.starts_with("info/"), "{:?}", asked);
        prop_assert!(!asked.path.contains("..") || asked.service == Service::Locks || asked.service == Service::Locking, "{:?}", asked);
    }

    #[test]
    fn a_push_is_read_as_git_wrote_it(list in vec(command(), 1..5), bands in any::<bool>(), options in any::<bool>(), pack in vec(any::<u8>(), 0..9), cut in any::<Index>()) {
        let commands = Commands { list, bands, options };
        let body = written(&commands);
        prop_assert_eq!(push::read(&[&body[..], &pack].concat()), Ok(Some(commands)));
        prop_assert_eq!(push::read(&body[..cut.index(body.len())]), Ok(None));
    }

    #[test]
    fn what_was_read_stays_what_it_is_when_more_comes(body in spoiled(PUSHES), cut in any::<Index>()) {
        let early = push::read(&body[..cut.index(body.len() + 1)]);
        if let Ok(Some(_)) | Err(_) = early {
            prop_assert_eq!(early, push::read(&body));
        }
        if let Ok(Some(commands)) = push::read(&body) {
            // Whoever reads the same bytes as lines that end at a NUL, as git does, finds the same references.
            let lines: Vec<_> = packets(&body[..end_of_list(&body)]).unwrap_or_default();
            let references: Vec<_> = lines.iter().filter(|line| !line.is_empty() && !line.starts_with(b"shallow ")).map(|line| {
                let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                String::from_utf8_lossy(&line[82..]).into_owned()
            }).collect();
            prop_assert_eq!(commands.list.iter().map(|command| command.reference.clone()).collect::<Vec<_>>(), references);
        }
    }

    #[test]
    fn what_goes_on_is_allowed_word_by_word(list in vec(command(), 1..5), options in any::<bool>(), tags in any::<bool>(), forward in any::<bool>()) {
        let commands = Commands { list, bands: true, options };
        let rules = Rules { branches: vec!["main".parse().unwrap()], tags };
        let judged = judge(&commands, &own(), &rules, |old, _| if forward || old.is_none() { Change::Addition } else { Change::Rewriting });
        let allowed = |command: &Command| match command.reference.as_str() {
            "refs/heads/ocweb/fix-1" => true,
            "refs/heads/main" => command.new.is_some() && (command.old.is_none() || forward),
            other => tags && other.starts_with("refs/tags/") && command.old.is_none() && command.new.is_some(),
        };
        prop_assert_eq!(judged.is_ok(), !options && commands.list.iter().all(allowed));
        if let Err(refused) = judged {
            prop_assert_eq!(refused.reasons.len(), commands.list.len());
            prop_assert!(refused.sentence.starts_with("ocweb: ") && refused.sentence.ends_with('.'), "{}", refused.sentence);
        }
    }

    #[test]
    fn a_refusal_is_whole_packets_whatever_was_pushed(body in spoiled(PUSHES), reason in ".{0,300}") {
        if let Ok(Some(commands)) = push::read(&body) {
            let refused = Refused { reasons: vec![reason; commands.list.len()], sentence: "ocweb: no.".into() };
            let answer = push::refuse(&commands, &refused);
            let found = packets(&answer);
            prop_assert!(found.is_some_and(|found| found.iter().all(|packet| packet.len() <= 65_516)), "{:?}", answer);
        }
    }

    #[test]
    fn submodules_are_repositories_of_the_same_github(text in spoiled_text(MODULES)) {
        let github = reqwest::Url::parse("https://github.com/").unwrap();
        let found = submodules::named(&text, &"o/n".parse().unwrap(), &github);
        prop_assert!(found.len() <= 50);
        // An address has no tabs and ends of lines: who resolves it leaves them out.
        let text = text.replace(['\t', '\r'], "");
        // Whatever opens beside the repository itself, its name can be read in the file, or follows from where that is.
        for repository in found.iter().filter(|repository| repository.as_str() != "o/n") {
            prop_assert!(text.contains(repository.name()), "{} in {:?}", repository, text);
            prop_assert!(text.contains(repository.owner()) || text.contains("../"), "{} in {:?}", repository, text);
        }
    }

    #[test]
    fn questions_about_large_files(body in spoiled(BATCHES)) {
        let repository: RepositoryName = "o/n".parse().unwrap();
        let chat = Passage::Chat { branch: own(), clone: PathBuf::new() };
        for passage in [chat, Passage::Reading, Passage::AsAnybody] {
            let may_store = matches!(passage, Passage::Chat { .. });
            let Ok(passed) = judged(body.clone(), &repository, &passage) else { continue };
            let read: Value = serde_json::from_slice(&passed).unwrap();
            let operations: Vec<_> = read.as_object().unwrap().iter().filter(|(name, _)| name.eq_ignore_ascii_case("operation")).collect();
            prop_assert!(matches!(operations[..], [(_, operation)] if operation == "download" || may_store && operation == "upload"), "{}", read);
        }
    }

    #[test]
    fn only_a_signed_capability_at_our_own_name_comes_in(host in spoiled_text(HOSTS), scheme in spoiled_text(&["Basic ", "basic  ", "Bearer "]), user in spoiled_text(&["ocweb:", ":", "a:b:"]), damage in spoiled_text(&["", "x"])) {
        let door = Door::new(key(), "127.0.0.1:4000".parse().unwrap());
        let password = key().sign(&capability()) + &damage;
        let shown = format!("{scheme}{}", BASE64_STANDARD.encode(format!("{user}{password}")));
        let (Ok(host_value), Ok(shown)) = (HeaderValue::from_str(&host), HeaderValue::from_str(&shown)) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(header::HOST, host_value), (header::AUTHORIZATION, shown)]);
        if let Ok(granted) = door.capability(&headers) {
            prop_assert!(["127.0.0.1:4000", "localhost:4000"].contains(&host.as_str()), "{}", host);
            prop_assert_eq!(granted, capability());
        }
    }

    #[test]
    fn githubs_answers(
        body in spoiled(REPOSITORIES),
        link in spoiled_text(LINKS),
        said in spoiled_text(&["7", "18446744073709551616", "required; url=https://h/sso", "repo, gist"]),
        status in 400..600_u16,
    ) {
        let _ = serde_json::from_slice::<Vec<GitHubRepository>>(&body);
        let _ = next_page(&link);
        let Ok(value) = HeaderValue::from_str(&said) else { return Ok(()) };
        let names = ["retry-after", "x-ratelimit-remaining", "x-github-sso", "x-oauth-scopes", "x-accepted-oauth-scopes"];
        let headers = names.map(|name| (HeaderName::from_static(name), value.clone()));
        let problem = Problem::from(Failure::new(
            "reading your repositories",
            cause(StatusCode::from_u16(status).unwrap(), &HeaderMap::from_iter(headers), &body),
        ));
        prop_assert!(problem.detail.len() > 10 && !problem.detail.contains(char::is_control), "{}", problem.detail);
    }

    #[test]
    fn issues_and_pull_requests(text in spoiled_text(TOPICS)) {
        let github = "https://github.com/".parse().unwrap();
        if let Some(Reference { repository, number, .. }) = Reference::parse(&text, &github) {
            // An address is read without its line ends and tabs, as browsers read one.
            let text = text.replace(['\t', '\n', '\r'], "");
            prop_assert!(number > 0 && text.contains(repository.owner()) && text.contains(repository.name()), "{}", text);
            // What stands behind the host leads nowhere.
            let address = text.trim().trim_start_matches("https:").trim_start_matches("http:").trim_start_matches('/');
            let host = address.split(['/', '?', '#']).next().unwrap_or_default();
            prop_assert!(!host.contains("evil.example") && !host.contains("u:p@"), "{}", text);
            let short = format!("{repository}#{number}");
            prop_assert_eq!(Reference::parse(&short, &github), Some(Reference { repository, number, is_pull_request: false }));
        }
    }

    #[test]
    fn logs(log in spoiled_text(&["\u{feff}2026-06-12T12:00:00.1234567Z ##[group]Run\n2026-06-12T12:00:01.1234567Z \u{1b}[31mno\u{1b}[0m\r\n##[error]Process completed\n"])) {
        let told = excerpt(&log);
        prop_assert!(told.lines().count() <= 60 && !told.contains('\u{1b}'), "{told}");
    }

    #[test]
    fn a_push_in_pieces_is_the_same_push(body in spoiled(PUSHES), cuts in vec(any::<Index>(), 0..8)) {
        let mut read = Vec::new();
        let mut first = None;
        for piece in pieces(&body, &cuts) {
            read.extend_from_slice(piece);
            first = first.or_else(|| push::read(&read).transpose());
        }
        prop_assert_eq!(first, push::read(&body).transpose());
    }
}

fn judged(body: Vec<u8>, repository: &RepositoryName, passage: &Passage) -> Result<Bytes, Closed> {
    let judging = large_files::judge(body.into(), repository, passage);
    // A body that is there is not waited for.
    judging.now_or_never().unwrap()
}

/// Where the list of a push ends: behind its flush.
fn end_of_list(body: &[u8]) -> usize {
    let mut at = 0;
    while let Some(digits) = body.get(at..at + 4) {
        let length = std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        match length {
            Some(0) | None => return at,
            Some(length) => at += length,
        }
    }
    body.len()
}

#[test]
fn long_inputs_take_no_longer_than_they_are() {
    let line = format!("0065{ONE} {ONE} refs/heads/ocweb1");
    // A list is given up at 64 KiB, so it is measured before.
    assert_linear("a push", |size| line.repeat(size / 4 / line.len()), |body| push::read(body.as_bytes()));
    assert_linear(
        "links",
        |size| "<https://a/x>; rel=\"prev\", ".repeat(size / 27),
        |header| next_page(header),
    );
    assert_linear(
        "an address",
        |size| format!("/o/{}", "n/".repeat(size / 2)).parse::<Uri>().unwrap_or_default(),
        |uri| address::parse(&Method::GET, uri),
    );
    assert_linear(
        "a log",
        |size| "2026-06-12T12:00:00.1234567Z \u{1b}[3".repeat(size / 31),
        |log| excerpt(log),
    );
    let repository = "o/n".parse().unwrap();
    let github = reqwest::Url::parse("https://github.com/").unwrap();
    for piece in ["o/", "#1", "https://", "github.com/o/r/pull/"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("an issue", long, |text| Reference::parse(text, &github));
    }
    for piece in ["\turl = ../x\n", "\turl = ../"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("submodules", long, |text| submodules::named(text, &repository, &github));
    }
    let list = |size: usize| {
        format!(r#"{{"operation":"download","objects":[{}1]}}"#, r#"{"oid":"a"},"#.repeat(size / 12))
    };
    assert_linear("large files", list, |body| {
        judged(body.clone().into(), &repository, &Passage::Reading).is_ok()
    });
}
