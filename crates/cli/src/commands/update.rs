//! `ocweb update`: ocweb, opencode or Caddy, to a newer version and back.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    arguments::{Subject, UpdateArguments},
    commands::{restart, status},
    context::Context,
    failure::Failure,
    instance::{Answer, Instance},
    layout::Layout,
    table::Table,
    update::{
        self, Switched, Tool, checkout::Checkout, database, origin::Origin, shelf::Shelf, source, trial,
    },
};

/// How long everything may take to come up again.
const START: Duration = Duration::from_mins(5);
/// Of what is new in ocweb, so many commits are listed.
const MOST: usize = 20;
/// What a chat is called while its run would be cut off.
const AT_WORK: [&str; 3] = ["working", "retrying", "needs_you"];

/// Moves what was named.
pub fn run(arguments: &UpdateArguments, context: &Context) -> Result<String, Failure> {
    let place = Place::find(context)?;
    if arguments.check {
        return Ok(place.check(context));
    }
    let tool = match arguments.what {
        Subject::Ocweb if arguments.back || arguments.version.is_some() => {
            return Err(Failure::Usage(
                "ocweb itself goes to what its checkout follows, and back by git: docs/update.md.".into(),
            ));
        }
        Subject::Ocweb => return place.move_ocweb(arguments.yes, context),
        Subject::Opencode => Tool::Opencode,
        Subject::Caddy => Tool::Caddy,
    };
    let shelf = place.shelf(tool)?;
    if arguments.back {
        let previous = shelf.previous();
        let previous = previous.ok_or_else(|| Failure::Usage(format!("There is no {tool} from before.")))?;
        place.ask_for_patience(tool, arguments.yes)?;
        // Without a copy of the database: the one from before the way there is what going back may need.
        return place.switch(tool, &shelf, &previous, context);
    }
    let version = match arguments.version.as_deref() {
        None => source::newest(tool)?,
        Some(version) if source::is_version(version) => version.to_owned(),
        Some(other) => {
            return Err(Failure::Usage(format!("“{other}” is no version, such as {}.", tool.pinned())));
        }
    };
    if source::version_of(tool, place.program(tool)).as_deref() == Some(&version) {
        context.say(&format!("{tool} {version} is in use."));
        return Ok(String::new());
    }
    let program = shelf.place(&version);
    if !program.is_file() {
        context.say(&format!("Getting {tool} {version} …"));
        source::get(tool, &version, &program)?;
    }
    context.say(&format!("Trying {tool} {version} …"));
    trial::pass(tool, &program, &version, &place.services)?;
    place.ask_for_patience(tool, arguments.yes)?;
    if tool == Tool::Opencode {
        let before = source::version_of(tool, &place.opencode).unwrap_or_else(|| "unknown".into());
        if let Some(copy) = database::copy(&place.data, &place.opencode, &before)? {
            context.detail(&format!("opencode's database as it is now: {}", copy.display()));
        }
    }
    let said = place.switch(tool, &shelf, &program, context)?;
    shelf.tidy()?;
    Ok(said)
}

/// Where everything lies here, and what runs.
struct Place {
    layout: Layout,
    opencode: PathBuf,
    caddy: PathBuf,
    services: PathBuf,
    data: PathBuf,
    instance: Option<Instance>,
}

impl Place {
    fn find(context: &Context) -> Result<Self, Failure> {
        let mut environment = context.environment()?;
        let layout = Layout::here();
        layout.complete(&mut environment)?;
        let mut path = |name: &str| PathBuf::from(environment.remove(name).unwrap_or_default());
        let instance = match context.instance() {
            Ok(instance) => Some(instance),
            Err(Failure::NotRunning(_)) => None,
            Err(failure) => return Err(failure),
        };
        Ok(Self {
            opencode: path(Tool::Opencode.variable()),
            caddy: path(Tool::Caddy.variable()),
            services: path("OCWEB_BIN_DIR"),
            data: path("OCWEB_DATA"),
            layout,
            instance,
        })
    }

    fn program(&self, tool: Tool) -> &Path {
        match tool {
            Tool::Opencode => &self.opencode,
            Tool::Caddy => &self.caddy,
        }
    }

    fn shelf(&self, tool: Tool) -> Result<Shelf, Failure> {
        if let Layout::Installed(_) = self.layout {
            return Err(Failure::Usage(of_an_installation()));
        }
        Shelf::of(tool.name(), self.program(tool))
    }

    /// What is here, and the newest there is.
    fn check(&self, context: &Context) -> String {
        let mut table = Table::new(["", "HERE", "TESTED", "NEWEST"]);
        let mut all = serde_json::Map::new();
        for tool in [Tool::Opencode, Tool::Caddy] {
            let here = source::version_of(tool, self.program(tool)).unwrap_or_else(|| "unknown".into());
            let newest = source::newest(tool).unwrap_or_else(|_| "unknown".into());
            let pinned = tool.pinned();
            all.insert(tool.name().into(), json!({"here": here, "tested": pinned, "newest": newest}));
            table.row([tool.to_string(), here, pinned, newest]);
        }
        let commits = match &self.layout {
            Layout::Checkout(root) => Checkout::at(root.clone()).news().map(|news| news.commits),
            Layout::Installed(_) | Layout::Alone => Ok(Vec::new()),
        };
        if context.manner.json {
            let commits = commits.as_ref().ok();
            all.insert("ocweb".into(), json!({"here": env!("CARGO_PKG_VERSION"), "new_commits": commits}));
            return Value::Object(all).to_string();
        }
        let news = match commits {
            Err(failure) => format!("What is new in it could not be asked: {failure}"),
            Ok(commits) if commits.is_empty() => "Nothing new in ocweb itself.".into(),
            Ok(commits) => listed(&commits),
        };
        format!("{table}\nocweb {}. {news}", env!("CARGO_PKG_VERSION"))
    }

    /// Takes a program into use.
    fn switch(&self, tool: Tool, versions: &Shelf, to: &Path, context: &Context) -> Result<String, Failure> {
        context.say(&format!("Switching to {} …", to.file_name().unwrap_or_default().to_string_lossy()));
        let switched = update::switch(tool, versions, to, self.instance.as_ref())?;
        let version = source::version_of(tool, self.program(tool)).unwrap_or_default();
        context.say(&match switched {
            Switched::Runs => {
                format!("{tool} {version} runs. Back to the one before: ocweb update {} --back", tool.name())
            }
            Switched::AtTheNextStart => format!("{tool} {version} is used from the next start on."),
        });
        let answer = json!({"name": tool.name(), "version": version, "running": switched == Switched::Runs});
        Ok(if context.manner.json { answer.to_string() } else { String::new() })
    }

    /// Takes what is new in the checkout, with the programs that it was tested with.
    fn move_ocweb(&self, yes: bool, context: &Context) -> Result<String, Failure> {
        let root = match &self.layout {
            Layout::Checkout(root) => root.clone(),
            Layout::Installed(_) => return Err(Failure::Usage(of_an_installation())),
            Layout::Alone => {
                let how = "This is the command alone: install it again, from where it came from. docs/update.md says how.";
                return Err(Failure::Usage(how.into()));
            }
        };
        let checkout = Checkout::at(root.clone());
        let cut_off = Origin::read(&root);
        let news = match checkout.news() {
            Err(failure) if cut_off.is_none() => return Err(failure),
            news => news.map(|news| news.commits).unwrap_or_default(),
        };
        if news.is_empty() && cut_off.is_none() {
            context.say("ocweb is up to date.");
            return Ok(String::new());
        }
        if cut_off.is_some() {
            context.say("The last update was cut off. It is completed now.");
        }
        if !news.is_empty() {
            context.say(&listed(&news));
        }
        if self.can_restart() {
            self.ask_for_patience(Tool::Opencode, yes)?;
        }
        checkout.expect_clean()?;
        let shelves = self.shelves();
        let was_cut_off = cut_off.is_some();
        let origin = if let Some(origin) = cut_off {
            origin
        } else {
            let old = source::version_of(Tool::Opencode, &self.opencode);
            database::copy(&self.data, &self.opencode, old.as_deref().unwrap_or("unknown"))?;
            Origin::now(checkout.commit()?, &shelves)?
        };
        origin.write(&root)?;
        let outcome = checkout.advance().and_then(|()| self.prove(yes, context));
        let outcome = match outcome {
            Ok(()) => Ok(String::new()),
            // Nothing has changed yet.
            Err(why) if !was_cut_off && checkout.commit()? == origin.commit => Err(why),
            Err(why) => {
                context.say("Going back …");
                // The programs in any case, whatever can be built.
                let built = checkout.go_back(&origin.commit);
                let back = origin.put_back(&shelves).and(built).and_then(|()| self.take_effect(context));
                if let Err(failure) = back {
                    return Err(Failure::Other(format!(
                        "{why} Going back failed as well, so ocweb is not whole: {failure} Once that is mended: ocweb update"
                    )));
                }
                Err(Failure::Other(format!("{why} ocweb is what it was before.")))
            }
        };
        Origin::forget(&root)?;
        outcome
    }

    /// Those whose programs are ours to move.
    fn shelves(&self) -> Vec<(Tool, Shelf)> {
        let tools = [Tool::Opencode, Tool::Caddy];
        tools.into_iter().filter_map(|tool| Some((tool, self.shelf(tool).ok()?))).collect()
    }

    /// Whether what was built keeps to what it relies on, and runs.
    fn prove(&self, yes: bool, context: &Context) -> Result<(), Failure> {
        context.say("Trying opencode …");
        let version = source::version_of(Tool::Opencode, &self.opencode).unwrap_or_default();
        trial::pass(Tool::Opencode, &self.opencode, &version, &self.services)?;
        // A build takes minutes, in which somebody may have begun something.
        if self.can_restart() && self.ask_for_patience(Tool::Opencode, yes).is_err() {
            context
                .say("ocweb is up to date, and runs as before until chats are done: then `ocweb restart`.");
            return Ok(());
        }
        self.take_effect(context)?;
        context.say("ocweb is up to date.");
        Ok(())
    }

    /// Has what runs be what was built, where that can be done from here.
    fn take_effect(&self, context: &Context) -> Result<(), Failure> {
        if self.can_restart() {
            return come_up(context);
        }
        if self.instance.is_some() {
            context.say("ocweb runs in a terminal, so what was built is used from its next start on.");
        }
        Ok(())
    }

    fn can_restart(&self) -> bool {
        self.instance.as_ref().is_some_and(restart::is_possible)
    }

    /// Refuses to cut off what runs, unless that was said.
    fn ask_for_patience(&self, tool: Tool, yes: bool) -> Result<(), Failure> {
        let Some(instance) = self.instance.as_ref().filter(|_| !yes && tool == Tool::Opencode) else {
            return Ok(());
        };
        let status = instance.get("event-relay", "/admin/status").and_then(Answer::expect_success);
        let status = status.map_err(|failure| {
            Failure::Other(format!(
                "Whether a chat is at work, and would be cut off, is not known: {failure} To go on all the same, say --yes."
            ))
        })?;
        let chats = status["chats"].as_array().into_iter().flatten();
        let at_work = chats.filter(|chat| AT_WORK.iter().any(|state| chat["state"] == *state)).count();
        match at_work {
            0 => Ok(()),
            1 => Err(Failure::Usage(
                "A chat is at work and would be cut off: wait for it, or say --yes.".into(),
            )),
            count => Err(Failure::Usage(format!(
                "{count} chats are at work and would be cut off: wait for them, or say --yes."
            ))),
        }
    }
}

/// Restarts the whole, and waits until everything runs.
fn come_up(context: &Context) -> Result<(), Failure> {
    restart::run(None, context)?;
    let begin = Instant::now();
    while begin.elapsed() < START {
        if context.instance().is_ok_and(|instance| status::is_healthy(&instance)) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err(Failure::Other("Not everything came up again: `ocweb status` says what.".into()))
}

fn listed(commits: &[String]) -> String {
    let more = commits.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    format!("New in ocweb:\n  {}{more}", commits[..commits.len().min(MOST)].join("\n  "))
}

/// What moves an installation whose parts were put together and tested elsewhere.
fn of_an_installation() -> String {
    "This ocweb came as a whole, with the opencode and the Caddy that it was tested with, and is moved as a whole: \
     `docker compose pull && docker compose up -d`, `fly deploy`, `helm upgrade`, or `npm install -g` of the newer package. \
     docs/update.md says how, and how to go back."
        .into()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use clap::Parser;

    use super::*;
    use crate::{arguments::Arguments, update::checkout::tests::git};

    fn script(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A commit that brings a Caddy of this version, and is built like this.
    fn commit(origin: &Path, caddy: &str, build: &str) {
        script(&origin.join("bin/install"), &format!("ln -sfn caddy-{caddy} .tools/caddy"));
        script(&origin.join("bin/build"), build);
        git(origin, &["add", "."]);
        git(origin, &["commit", "--quiet", "--message", caddy]);
    }

    #[test]
    fn what_fails_is_taken_back_as_a_whole_and_what_was_cut_off_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let (origin, root) = (folder.path().join("origin"), folder.path().join("here"));
        fs::create_dir_all(&origin).unwrap();
        git(&origin, &["init", "--quiet"]);
        commit(&origin, "1.0.0", "echo first > built");
        git(folder.path(), &["clone", "--quiet", "origin", "here"]);
        let tools = root.join(".tools");
        for (name, versions) in [("caddy", &["1.0.0", "2.0.0"][..]), ("opencode", &["1.0.0"])] {
            for version in versions {
                script(&tools.join(format!("{name}-{version}")), &format!("echo {version}"));
            }
            symlink(format!("{name}-1.0.0"), tools.join(name)).unwrap();
        }
        script(&folder.path().join("services/ocweb-contract"), "true");
        let place = Place {
            layout: Layout::Checkout(root.clone()),
            opencode: tools.join("opencode"),
            caddy: tools.join("caddy"),
            services: folder.path().join("services"),
            data: folder.path().join("data"),
            instance: None,
        };
        let arguments = Arguments::try_parse_from(["ocweb", "--quiet", "update"]).unwrap();
        let context = Context { manner: arguments.manner, variables: crate::resolution::Variables::new() };
        let caddy = || fs::read_link(tools.join("caddy")).unwrap();
        let built = || fs::read_to_string(root.join("built")).unwrap();
        let checkout = Checkout::at(root.clone());
        let first = checkout.commit().unwrap();

        commit(&origin, "2.0.0", "exit 1");
        let failed = place.move_ocweb(false, &context).unwrap_err().to_string();
        assert!(failed.ends_with("ocweb is what it was before."), "{failed}");
        assert_eq!(
            (checkout.commit().unwrap(), caddy(), built()),
            (first, "caddy-1.0.0".into(), "first\n".into())
        );
        assert!(Origin::read(&root).is_none());

        commit(&origin, "2.0.0", "echo second > built");
        // As a shutdown in the middle of the build leaves it.
        Origin::now(checkout.commit().unwrap(), &place.shelves()).unwrap().write(&root).unwrap();
        git(&root, &["pull", "--quiet", "--ff-only"]);
        assert_eq!(built(), "first\n");
        place.move_ocweb(false, &context).unwrap();
        assert_eq!((caddy(), built()), ("caddy-2.0.0".into(), "second\n".into()));
        assert!(Origin::read(&root).is_none());
    }
}
