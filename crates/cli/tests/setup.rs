//! `ocweb setup` as somebody meets it who types at a phone's terminal, and without anybody.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::support::{KEY, Person, TOKEN, World};
use ocweb_cli::config_file;

const PASSWORD: &str = "correct horse battery staple";

/// A port that nothing listens on.
fn free_port() -> String {
    ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap().to_string()
}

/// Asked where systemd runs; a test installs no service.
fn declines_service(person: &mut Person) -> &mut Person {
    if Path::new("/run/systemd/system").is_dir() {
        person.reads("Start ocweb with this machine").reads("[Y/n]").types("n");
    }
    person
}

/// Where GitHub is played is said by the environment, and is to stay there.
fn saves_nothing(person: &mut Person) -> &mut Person {
    declines_service(person)
        .reads("This environment alone says:")
        .reads("Write it down")
        .reads("[Y/n]")
        .types("n")
}

/// Enter at everything that is asked up to the address.
fn enter_through(person: &mut Person) -> &mut Person {
    person.reads("Password (not shown):").types("");
    person.reads("Token, or Enter to go on without (not shown):").types("");
    person.reads("Key, or Enter to go on without (not shown):").types("")
}

#[test]
fn a_first_setup_checks_each_answer_and_writes_them_at_the_end() {
    let world = World::new();
    let (taken, free) = (world.internet.to_string(), free_port());
    let mut person = world.sit_down(&[]);
    person.reads("Password (not shown):").types("12345678");
    person.reads("counts up").reads("Take it all the same? [y/N]").types("");
    person.reads("Password (not shown):").types(PASSWORD);
    person.reads("The same once more (not shown):").types(PASSWORD);
    person.reads("Token, or").reads("(not shown):").types("github_pat_bad");
    person.reads("GitHub does not know this token");
    person.reads("Token, or").reads("(not shown):").types(TOKEN);
    person.reads("GitHub knows it: ada, until 2027-01-02.");
    person.reads("Key, or").reads("(not shown):").types(&format!("  {KEY} "));
    person.reads("[OpenRouter]:").types("");
    person.reads("OpenRouter knows it. $4.50 are left of its limit.");
    person.reads("Number [1]:").types("7");
    person.reads("a number from 1 to").reads("Number [1]:").types("1");
    person.reads("Port").types(&taken);
    person.reads(&format!("Something else listens on port {taken} already."));
    person.reads("Port").types(&free);
    saves_nothing(&mut person);
    person.reads("github.token = (not shown)").reads(&format!("server.port = {free}"));
    assert!(!world.config().exists(), "nothing is written before the last question");
    person.reads("Do this? [Y/n]").types("y");
    person.reads("Start it now? [Y/n]").types("n");
    let screen = person.ends_with(0);

    for secret in [PASSWORD, TOKEN, KEY] {
        assert!(!screen.contains(secret), "{screen}");
    }
    let is_narrow = |line: &str| line.chars().count() <= 40 || !line.trim().contains(' ');
    // What was typed stands behind the question; the bridge's own line is the last.
    let wide: Vec<_> =
        screen.lines().filter(|line| !is_narrow(line) && !line.starts_with("ended with")).collect();
    assert_eq!(wide, [""; 0]);
    assert_eq!(world.password_told().unwrap(), format!("{PASSWORD}\n"));
    let text = world.config_text();
    assert!(
        text.contains(TOKEN) && text.contains(KEY) && text.contains(&free) && !text.contains(PASSWORD),
        "{text}"
    );
    assert_eq!(world.config().metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_second_setup_asks_nothing_again_and_changes_only_what_is_changed() {
    let world = World::new();
    let (old, new) = (free_port(), free_port());
    fs::create_dir_all(world.config().parent().unwrap()).unwrap();
    let text = format!(
        "{{\n  // mine\n  \"github\": {{ \"token\": \"{TOKEN}\" }},\n  \"providers\": {{ \"OPENROUTER_API_KEY\": \"{KEY}\" }}, // paid\n  \"server\": {{ \"port\": {old} }}\n}}\n"
    );
    fs::write(world.config(), &text).unwrap();
    fs::create_dir_all(world.path("data/ocweb/auth")).unwrap();
    fs::write(world.path("data/ocweb/auth/password"), "a hash").unwrap();

    let mut person = world.sit_down(&[]);
    person.reads("This is set already:").reads("GitHub knows it: ada").reads("OpenRouter knows it.");
    person.reads("Change any of it? [y/N]").types("");
    saves_nothing(&mut person);
    person.reads("Nothing is to be changed.").reads("Start it now? [Y/n]").types("n");
    person.ends_with(0);
    assert_eq!(world.config_text(), text);

    let mut person = world.sit_down(&[]);
    person.reads("Change any of it? [y/N]").types("y");
    person.reads("Password (not shown):").types("");
    person.reads("Enter to keep what is set (not shown):").types("");
    person.reads("Enter to keep what is set (not shown):").types("");
    person.reads("Number [1]:").types("");
    person.reads(&format!("Port [{old}]:")).types(&new);
    saves_nothing(&mut person);
    person.reads("Do this? [Y/n]").types("");
    person.reads("Start it now? [Y/n]").types("n");
    person.ends_with(0);
    assert_eq!(world.config_text(), text.replace(&old, &new));
    assert_eq!(world.password_told(), None);
}

#[test]
fn what_has_been_refused_since_is_asked_again() {
    let world = World::new();
    let mut person = world.sit_down(&[("GITHUB_TOKEN", "github_pat_expired"), ("AUTH_PASSWORD", PASSWORD)]);
    person.reads("a token (environment, GITHUB_TOKEN)").reads("GitHub does not know this token");
    person.reads("Change any of it? [y/N]").types("");
    person.reads("Enter to keep what is set (not shown):").types(TOKEN);
    person.reads("GitHub knows it: ada").presses("\x04");
    assert!(person.ends_with(1).contains("Nothing was changed."));

    // What was typed is what is written, although the environment has the old one.
    let mut person = world.sit_down(&[("GITHUB_TOKEN", "github_pat_expired"), ("OCWEB_HOST", "0.0.0.0")]);
    person.reads("Change any of it? [y/N]").types("y");
    person.reads("Password (not shown):").types("");
    person.reads("Enter to keep what is set (not shown):").types(TOKEN);
    person.reads("Key, or Enter to go on without (not shown):").types("");
    person.reads("Number [2]:").types("1");
    person.reads("Port [").reads("]:").types(&free_port());
    declines_service(&mut person).reads("Write it down").reads("[Y/n]").types("");
    person.reads("Do this? [Y/n]").types("");
    person.reads("unset GITHUB_TOKEN OCWEB_HOST");
    person.reads("Start it now? [Y/n]").types("n");
    person.ends_with(0);
    let said = config_file::read(&world.config_text()).unwrap();
    assert_eq!((said["github.token"].as_str(), said.get("server.host")), (TOKEN, None));
}

#[test]
fn ctrl_c_at_any_question_changes_nothing_and_leaves_the_terminal_as_it_was() {
    let world = World::new();
    let stops: [fn(&mut Person) -> &mut Person; 4] = [
        |person| person.reads("Password (not shown):").presses("half a pass"),
        |person| person.reads("Password (not shown):").types("").reads("Token, or").reads("(not shown):"),
        |person| enter_through(person).reads("Number [1]:"),
        |person| {
            enter_through(person).reads("Number [1]:").types("").reads("Port").reads("]:").types("");
            saves_nothing(person).reads("Do this? [Y/n]")
        },
    ];
    for stop in stops {
        let mut person = world.sit_down(&[]);
        stop(&mut person);
        person.presses("\x03");
        let screen = person.ends_with(1);
        assert!(screen.contains("Stopped. Nothing was") && !screen.contains("half"), "{screen}");
        assert!(!world.config().exists() && world.password_told().is_none());
    }
}

#[test]
fn each_way_to_reach_it_takes_the_place_of_the_one_before() {
    let world = World::new();
    let port = free_port();
    let session = |is_set: bool, way: &str, answer: &dyn Fn(&mut Person)| {
        let mut person = world.sit_down(&[]);
        if is_set {
            person.reads("Address:").reads("Change any of it? [y/N]").types("y");
        }
        enter_through(&mut person).reads("Number [").reads("]:").types(way);
        answer(&mut person);
        saves_nothing(&mut person).reads("Do this? [Y/n]").types("");
        person.reads("Start it now? [Y/n]").types("n");
        person.ends_with(0);
        let mut said = config_file::read(&world.config_text()).unwrap();
        said.remove("server.port");
        said.into_iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>()
    };
    let in_network = session(false, "2", &|person| {
        person.reads("Port [").reads("]:").types(&port);
    });
    assert_eq!(in_network, ["server.host = 0.0.0.0", "server.plain_http = yes"]);
    let by_domain = session(true, "3", &|person| {
        person.reads("Domain:").types("here").reads("no name such as").reads("Domain:").types("code.invalid");
        person.reads("code.invalid has no address yet.");
    });
    assert_eq!(by_domain, ["server.domain = code.invalid"]);
    let by_proxy = session(true, "4", &|person| {
        person.reads("The name it is reached by:").types("code.example.org");
        person
            .reads("The proxy's IP address [127.0.0.1/32]:")
            .types("")
            .reads("Port [")
            .reads("]:")
            .types(&port);
    });
    assert_eq!(by_proxy, ["server.host_names = code.example.org", "server.trusted_proxies = 127.0.0.1/32"]);
    let by_same_proxy = session(true, "4", &|person| {
        person.reads("The name it is reached by").reads("]:").types("");
        person.reads("The proxy's IP address").reads("]:").types("nginx").reads("no IP address");
        person.reads("The proxy's IP address").reads("]:").types("127.0.0.1");
        person.reads("Port [").reads("]:").types(&port);
    });
    assert_eq!(by_same_proxy, ["server.host_names = code.example.org", "server.trusted_proxies = 127.0.0.1"]);
    let text = world.config_text().replacen(
        "\"server\": {",
        "\"server\": { \"certificate\": \"/cert\", \"certificate_key\": \"/key\",",
        1,
    );
    fs::write(world.config(), text).unwrap();
    let by_machine = session(true, "1", &|person| {
        person.reads("Port [").reads("]:").types(&port);
    });
    assert_eq!(by_machine, ["server.host_names = code.example.org"]);
}

#[test]
fn without_a_network_answers_are_kept_unchecked() {
    let world = World::new();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let mut person = world.sit_down(&[("GITHUB_API_URL", &nobody), ("OPENROUTER_BASE_URL", &nobody)]);
    person.reads("Password (not shown):").types("");
    person.reads("Token, or").reads("(not shown):").types(TOKEN);
    person.reads("GitHub cannot be reached now").reads("the token is not checked.");
    person.reads("Key, or").reads("(not shown):").types("no form that is known");
    person.reads("Whose key is it").reads(":").types("mine").reads("no provider known here");
    person.reads("Whose key is it").reads(":").types("cerebras_api_key");
    person.reads("shows with the first task.");
    person.reads("Number [1]:").types("").reads("Port").reads("]:").types("");
    saves_nothing(&mut person);
    person.reads("Do this? [Y/n]").types("").reads("Start it now? [Y/n]").types("n");
    person.ends_with(0);
    assert!(world.config_text().contains(TOKEN) && world.config_text().contains("CEREBRAS_API_KEY"));
}

#[test]
fn without_anybody_the_environment_is_held_against_the_real_thing_and_saved_if_asked() {
    let world = World::new();
    let port = free_port();
    let environment = [
        ("GITHUB_TOKEN", TOKEN),
        ("OPENROUTER_API_KEY", KEY),
        ("OCWEB_PORT", &port),
        ("AUTH_PASSWORD", PASSWORD),
    ];
    let run = world.run(&["--yes"], &environment);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success() && said.contains("GitHub knows it: ada"), "{said}");
    assert!(!world.config().exists() && world.password_told().is_none());

    let run = world.run(&["--yes", "--save", "--quiet"], &environment);
    assert!(run.status.success() && run.stderr.is_empty(), "{run:?}");
    let text = world.config_text();
    assert!(
        text.contains(TOKEN) && text.contains(KEY) && text.contains(&port) && !text.contains(PASSWORD),
        "{text}"
    );
    assert_eq!(world.password_told().unwrap(), format!("{PASSWORD}\n"));

    // The one on the volume stays: to set it anew would end every login and token.
    fs::create_dir_all(world.path("data/ocweb/auth")).unwrap();
    fs::write(world.path("data/ocweb/auth/password"), "a hash").unwrap();
    fs::remove_file(world.path("data/told")).unwrap();
    let run = world.run(&["--yes", "--save"], &environment);
    assert!(run.status.success() && world.password_told().is_none(), "{run:?}");

    // A secret that is a file stays one.
    fs::write(world.path("token"), TOKEN).unwrap();
    let file = world.path("token");
    let run = world.run(&["--yes", "--save"], &[("GITHUB_TOKEN_FILE", file.to_str().unwrap())]);
    assert!(run.status.success(), "{run:?}");
    let text = world.config_text();
    assert!(text.contains("token_file") && !text.contains(TOKEN), "{text}");
    let text = fs::read_to_string(world.config()).unwrap().replacen(&format!("\"{KEY}\""), "\"\"", 1);
    fs::write(world.config(), text).unwrap();
    fs::write(world.path("key"), KEY).unwrap();
    let file = world.path("key");
    let run = world.run(&["--yes", "--save"], &[("OPENROUTER_API_KEY_FILE", file.to_str().unwrap())]);
    assert!(run.status.success(), "{run:?}");
    let said = config_file::read(&world.config_text()).unwrap();
    assert_eq!(said["providers.OPENROUTER_API_KEY_FILE"], file.to_str().unwrap());
    assert!(!said.contains_key("providers.OPENROUTER_API_KEY"), "{said:?}");
    // It is read where nothing else says so.
    let run = world.run(&["--yes"], &[]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("OpenRouter knows it."), "{said}");
}

#[test]
fn beside_an_ocweb_whose_password_is_fixed_none_is_asked_for() {
    let world = World::new();
    let _lock = world.runs("auth", &[("GET /local/password ", r#"{"is_fixed": true}"#)]);
    let mut person = world.sit_down(&[]);
    person.reads("Password: AUTH_PASSWORD, where the ocweb that runs was started");
    person.reads("Change any of it? [y/N]").types("y");
    person.reads("It takes no other until that is changed where it is set, so none is asked for.");
    person.reads("Token, or Enter to go on without (not shown):").presses("\x03");
    person.ends_with(1);
    // What this shell says is kept for later, and nobody is asked for the one that holds.
    let run = world.run(&["--yes", "--save"], &[("AUTH_PASSWORD", PASSWORD)]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!(world.password_told().unwrap(), format!("{PASSWORD}\n"), "{said}");
    assert!(said.contains("This one holds once it is started without."), "{said}");
}

#[test]
fn without_anybody_a_wrong_value_is_a_failure_that_names_it() {
    let world = World::new();
    let run = world.run(&["--yes", "--save"], &[("GITHUB_TOKEN", "github_pat_bad")]);
    assert_eq!(run.status.code(), Some(3));
    assert!(String::from_utf8(run.stderr).unwrap().contains("GitHub does not know this token"));
    assert!(!world.config().exists());
    fs::write(world.path("key"), "sk-or-bad").unwrap();
    let file = world.path("key");
    let run = world.run(&["--yes"], &[("OPENROUTER_API_KEY_FILE", file.to_str().unwrap())]);
    assert_eq!(run.status.code(), Some(3));
    assert!(String::from_utf8(run.stderr).unwrap().contains("OpenRouter does not take this key"));
    let run = world.run(&[], &[]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8(run.stderr).unwrap().contains("ocweb setup --yes"));
}
