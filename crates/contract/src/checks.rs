//! One check for each fact that can be tried and has to be; and why the others are not.

mod answers;
mod calls;
mod events;
mod lists;
mod permissions;
mod prompts;
mod server;
mod sessions;
mod storage;

use std::pin::Pin;

use crate::{finding::Broken, stage::Stage};

type Look<'a> = Pin<Box<dyn Future<Output = Result<(), Broken>> + Send + 'a>>;

/// How a fact is tried.
pub struct Check {
    /// The fact's name in the document.
    pub fact: &'static str,
    pub(crate) look: for<'a> fn(&'a Stage) -> Look<'a>,
}

macro_rules! checks {
    ($($fact:literal $module:ident::$function:ident),* $(,)?) => {
        &[$(Check { fact: $fact, look: |stage| Box::pin($module::$function(stage)) }),*]
    };
}

/// Those that do not disturb each other. The slow ones come first.
pub const BESIDE: &[Check] = checks![
    "events" events::stream,
    "import" storage::import,
    "broken-database" storage::broken_database,
    "calls-last" calls::calls_last,
    "deltas" events::deltas,
    "output" events::output,
    "attach" server::attach,
    "always" permissions::always,
    "reject" permissions::reject,
    "session-rules" permissions::session_rules,
    "rules" permissions::rules,
    "shell" calls::shell,
    "command" calls::command,
    "resume" prompts::resume,
    "summary" answers::summary,
    "revert" sessions::revert,
    "fork" sessions::fork,
    "cost" sessions::cost,
    "last-used" sessions::last_used,
    "health" server::health,
    "password" server::password,
    "folders" storage::folders,
    "environment" calls::environment,
    "session-id" sessions::session_id,
    "session-directory" sessions::session_directory,
    "prompt-again" prompts::prompt_again,
    "aside" prompts::aside,
    "mentions" prompts::mentions,
    "mentioned-files" prompts::mentioned_files,
    "data-urls" prompts::data_urls,
    "session-list" sessions::session_list,
    "old-ids" prompts::old_ids,
    "per-directory" lists::per_directory,
    "dispose" lists::dispose,
    "models" lists::models,
    "streams" server::streams,
    "message-call" answers::message_call,
    "web-ui" server::web_ui,
    "keys" server::keys,
    "strange-ids" sessions::strange_ids,
    "shell-program" calls::shell_program,
    "said" calls::said,
    "share" sessions::share,
    "part-times" answers::part_times,
    "catalogue" lists::catalogue,
    "logins" lists::logins,
    "questions" answers::questions,
    "bun" storage::bun,
    "page" lists::page,
    "terminals" lists::terminals,
];

/// Those that kill it.
pub const ALONE: &[Check] = checks!["streamed" events::streamed];

/// The facts that are not tried, and why that is right.
pub const UNCHECKED: &[(&str, &str)] = &[
    ("start-silence", "we are on our guard against it; one that answers at once would do as well"),
    ("unknown-agent", "we ask for the agents and models first, whatever it would say"),
    ("idle-moment", "a race that cannot be made to happen; we wait it out"),
    ("half-characters", "we read both"),
    (
        "survived-errors",
        "needs a conversation that is longer than the model takes; the tests of chat-state have it recorded",
    ),
    ("free-models", "needs the internet's list of models"),
    ("message-first", "a race that cannot be made to happen; we count parts"),
    ("keys-in-clear", "a warning: nothing of ours breaks when it is no longer so"),
    ("archived", "we keep it ourselves"),
    ("share-fails", "the words of a failure"),
    ("lost-shells", "a fault of its own that nothing of ours needs"),
    ("lost-directories", "the words of a failure"),
    ("setsid", "the mark finds them, however they are started"),
    ("keys-later", "we let go of every directory; one that learns by itself would do as well"),
    ("doom-loop", "says what our levels of permission cannot do"),
    ("litter", "we remove it; one that leaves nothing would do as well"),
    ("own-packages", "what a registry does; nothing of ours needs them"),
];
