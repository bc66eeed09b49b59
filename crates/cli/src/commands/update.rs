//! `ocweb update`: ocweb, opencode or Caddy, to a newer version and back.

mod whole;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    arguments::{Subject, UpdateArguments},
    commands::restart::Way,
    context::Context,
    failure::Failure,
    instance::{Answer, Instance},
    interruption,
    layout::Layout,
    table::Table,
    update::{self, Switched, Tool, checkout::Checkout, database, shelf::Shelf, source, trial},
};

/// What a chat is called while its run would be cut off.
const AT_WORK: [&str; 3] = ["working", "retrying", "needs_you"];

/// Moves what was named, or tells what there is.
pub fn run(arguments: &UpdateArguments, context: &Context) -> Result<String, Failure> {
    // What somebody ended is not the fault of what was ended.
    outcome(arguments, context).map_err(|failure| interruption::check().err().unwrap_or(failure))
}

fn outcome(arguments: &UpdateArguments, context: &Context) -> Result<String, Failure> {
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
        Subject::Ocweb => {
            let root = place.checkout()?;
            let _turn = update::begin(&root.join(".tools"))?;
            return place.move_ocweb(root, arguments.yes, context);
        }
        Subject::Opencode => Tool::Opencode,
        Subject::Caddy => Tool::Caddy,
    };
    let shelf = place.shelf(tool)?;
    let _turn = update::begin(shelf.folder())?;
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
    // What is refused is large, and of no use to anybody.
    let refused = |failure| {
        let _ = shelf.tidy();
        failure
    };
    trial::pass(tool, &program, &version, &place.services).map_err(refused)?;
    place.ask_for_patience(tool, arguments.yes)?;
    if tool == Tool::Opencode {
        let before = source::version_of(tool, &place.opencode).unwrap_or_else(|| "unknown".into());
        if let Some(copy) = database::copy(&place.data, &place.opencode, &before)? {
            context.detail(&format!("opencode's database as it is now: {}", copy.display()));
        }
    }
    let said = place.switch(tool, &shelf, &program, context).map_err(refused)?;
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
    /// Who restarts it, where that can be done from here.
    way: Option<Way>,
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
            way: instance.as_ref().and_then(|instance| Way::of(instance).ok()),
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
            return Err(of_an_installation());
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
            Ok(commits) => whole::listed(&commits),
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

/// What moves an installation whose parts were put together and tested elsewhere.
fn of_an_installation() -> Failure {
    Failure::Usage(
        "This ocweb came as a whole, with the opencode and the Caddy that it was tested with, and is moved as a whole: \
     `git pull && docker compose up -d --build`, `fly deploy`, `helm upgrade`, or `npm install -g` of the newer package. \
     docs/update.md says how, and how to go back."
        .into(),
    )
}
