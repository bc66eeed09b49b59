//! What is done to a chat's fresh working copy before its agent begins: files that no commit has are put into it, and a
//! command is run.
//!
//! A failure keeps no chat from beginning: it is written down with the output, shown, and told to the agent with its
//! first prompt. The command is no more than the agent may do there anyway, and gets what the agent's commands get,
//! without the keys of providers. Where a chat begins at a commit that is on no branch of its repository (a pull request
//! from elsewhere), nothing is done: neither the person's files nor a command are for strangers.

#[cfg(test)]
mod fuzz;
mod placing;
mod plan;
mod running;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_opencode_client::{MessageId, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use self::plan::{Command, Committed, InvalidSetup, Settings, SettingsFile, Source};
use self::{
    plan::Plan,
    running::{Ended, Job, Output},
};
use crate::{config::Config, git::Git, names::RepositoryName, records::Records};

/// How often a command is begun that is cut off by the end of this service each time.
const ATTEMPTS: u32 = 2;
/// How much of the output the agent is told, in characters.
const TOLD: usize = 3000;

/// What setting up one chat's working copy needs to know.
pub struct Place {
    /// The chat.
    pub chat: ChatId,
    /// Its repository.
    pub repository: RepositoryName,
    /// The clone.
    pub clone: PathBuf,
    /// The working copy.
    pub working_copy: PathBuf,
    /// The commit that it began at; nothing in an empty repository.
    pub began_at: Option<String>,
}

/// One thing that was done, or not and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetupStep)]
pub struct Step {
    /// Whether it was done.
    pub done: bool,
    /// A sentence.
    pub text: String,
}

/// How setting up a working copy went, as it lies on the disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// What was run or is being run.
    pub command: Option<Command>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What the command wrote: the end of it.
    pub output: String,
    /// Whether it wrote more before that.
    pub output_is_cut: bool,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub began_at: OffsetDateTime,
    /// When it was over.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// How often the command was begun.
    attempts: u32,
    /// The prompt with which the agent is told of a failure.
    told_with: Option<MessageId>,
}

impl Record {
    fn new() -> Self {
        Self {
            command: None,
            steps: Vec::new(),
            output: String::new(),
            output_is_cut: false,
            began_at: OffsetDateTime::now_utc(),
            ended_at: None,
            attempts: 0,
            told_with: None,
        }
    }

    /// Whether all was done.
    pub fn succeeded(&self) -> bool {
        self.steps.iter().all(|step| step.done)
    }

    fn note(&mut self, step: Result<String, String>) {
        let done = step.is_ok();
        let text = step.unwrap_or_else(|problem| problem);
        self.steps.push(Step { done, text });
    }

    /// What the agent is told of a failure.
    fn words_for_the_agent(&self) -> String {
        let problems: Vec<_> =
            self.steps.iter().filter(|step| !step.done).map(|step| step.text.as_str()).collect();
        let from = self.output.char_indices().rev().nth(TOLD - 1).map_or(0, |(index, _)| index);
        let command = self.command.as_ref().map_or("none", |command| command.text.as_str());
        format!(
            "<system-reminder>\nThe setup of this working copy did not succeed, so dependencies or local files may be missing. {}\nIts command: {command}\nThe end of its output:\n{}\n</system-reminder>",
            problems.join(" "),
            &self.output[from..],
        )
    }
}

/// A setup that goes on.
#[derive(Default)]
struct Running {
    output: Arc<Mutex<Output>>,
    skip: CancellationToken,
}

/// Settings, records and runs of all setups.
pub struct Setups {
    settings: Records<Settings>,
    records: Records<Record>,
    /// What the disk was too full for: then it is known until the next start.
    unwritten: Mutex<HashMap<ChatId, Record>>,
    running: Mutex<HashMap<ChatId, Arc<Running>>>,
    git: Arc<Git>,
    environment: Vec<(String, String)>,
    limit: Duration,
}

impl Setups {
    /// The settings and records in `folder`.
    pub fn open(folder: &Path, git: Arc<Git>, config: &Config) -> io::Result<Self> {
        Ok(Self {
            settings: Records::open(folder.join("settings"))?,
            records: Records::open(folder.join("chats"))?,
            unwritten: Mutex::default(),
            running: Mutex::default(),
            git,
            environment: config.agent_environment.clone(),
            limit: Duration::from_secs(config.setup_limit_seconds),
        })
    }

    /// What a person wants done for a repository. What cannot be read is not taken for nothing said, by which a file of the
    /// repository would be followed that its person switched off.
    pub fn settings(&self, repository: &RepositoryName) -> Result<Settings, InvalidSetup> {
        let settings = self.settings.read(&record_name(repository)).map_err(|error| {
            InvalidSetup(format!(
                "What is set for {repository} cannot be read, so nothing is done until it is saved again: {error}."
            ))
        });
        Ok(settings?.unwrap_or_default())
    }

    /// Changes it, from the next working copy on.
    pub fn set_settings(&self, repository: &RepositoryName, settings: &Settings) -> io::Result<()> {
        if *settings == Settings::default() {
            return self.settings.remove(&record_name(repository));
        }
        self.settings.put(&record_name(repository), settings)
    }

    /// Whether there is anything to be done for a working copy, or to be said.
    pub fn is_needed(&self, place: &Place) -> bool {
        !self.plan(place).is_empty()
    }

    fn plan(&self, place: &Place) -> Plan {
        let settings = match self.settings(&place.repository) {
            Ok(settings) => settings,
            Err(unreadable) => return Plan::refused(unreadable),
        };
        let committed = match &place.began_at {
            Some(commit) => Committed::of_clone(&place.clone, commit),
            None => Ok(None),
        };
        Plan::new(settings, committed)
    }

    /// How setting up a chat's working copy goes or went.
    pub fn get(&self, chat: &ChatId) -> Option<Record> {
        let mut record = self.record(chat)?;
        if let Some(running) = self.lock().get(chat) {
            (record.output, record.output_is_cut) = lock(&running.output).text();
        }
        Some(record)
    }

    /// Ends a command that is being run: the chat begins without it. False when none is.
    pub fn skip(&self, chat: &ChatId) -> bool {
        let running = self.lock().get(chat).cloned();
        running.is_some_and(|running| {
            running.skip.cancel();
            true
        })
    }

    fn record(&self, chat: &ChatId) -> Option<Record> {
        let unwritten = lock(&self.unwritten).get(chat).cloned();
        unwritten.or_else(|| self.records.get(chat.as_str()))
    }

    /// Writes down how a setup goes, or keeps it in memory where that fails: a full disk must not hide what went wrong.
    fn keep(&self, chat: &ChatId, record: &Record) {
        let Err(error) = self.records.put(chat.as_str(), record) else {
            lock(&self.unwritten).remove(chat);
            return;
        };
        tracing::error!(%chat, %error, "how a setup went could not be written down");
        lock(&self.unwritten).insert(chat.clone(), record.clone());
        if record.ended_at.is_some() {
            // What lies there says that it goes on, which nobody shall read after the next start. That it stays is logged above.
            let _ = self.records.remove(chat.as_str());
        }
    }

    /// Removes what is kept of a chat or of a working copy that is gone.
    pub fn forget(&self, chat: &ChatId) -> io::Result<()> {
        lock(&self.unwritten).remove(chat);
        self.records.remove(chat.as_str())
    }

    /// Takes back that a command was begun, which somebody's wish cut off and not the end of this service.
    pub fn uncount(&self, chat: &ChatId) -> io::Result<()> {
        let unfinished = self.records.get(chat.as_str()).filter(|record| record.ended_at.is_none());
        let Some(mut record) = unfinished else { return Ok(()) };
        record.attempts = record.attempts.saturating_sub(1);
        self.records.put(chat.as_str(), &record)
    }

    /// Does what is to be done, and writes down how it went. Cut off by the end of this service it is begun once more.
    pub async fn run(&self, place: &Place) {
        // A run that was killed with this service may have left some of it.
        running::end_all(place.chat.as_str());
        let earlier = self.record(&place.chat).filter(|record| record.ended_at.is_none());
        let mut record = earlier.unwrap_or_else(Record::new);
        let plan = self.plan(place);
        if self.is_from_the_repository(place).await {
            self.follow(&plan, place, &mut record).await;
        } else {
            record.note(Err(format!(
                "Nothing was copied or run: this chat begins at a commit that is on no branch of {}. Look at it first, then ask the agent to set it up.",
                place.repository
            )));
        }
        record.ended_at = Some(OffsetDateTime::now_utc());
        tracing::info!(chat = %place.chat, succeeded = record.succeeded(), "set up");
        self.keep(&place.chat, &record);
    }

    async fn follow(&self, plan: &Plan, place: &Place, record: &mut Record) {
        record.command.clone_from(&plan.command);
        if record.steps.is_empty() {
            put_files(record, plan, place);
        }
        let Some(Command { text, .. }) = &plan.command else { return };
        record.attempts += 1;
        self.keep(&place.chat, record);
        if record.attempts > ATTEMPTS {
            record.note(Err(
                "The command was cut off twice by a restart of ocweb. It is not begun a third time.".into(),
            ));
        } else {
            tracing::info!(chat = %place.chat, "running the setup of a working copy");
            self.run_command(place, text, record).await;
        }
    }

    async fn run_command(&self, place: &Place, text: &str, record: &mut Record) {
        let running = Arc::new(Running::default());
        self.lock().insert(place.chat.clone(), Arc::clone(&running));
        let _listed = Listed { setups: self, chat: &place.chat };
        let mut environment = self.environment.clone();
        environment.push(("OCWEB_CLONE".into(), place.clone.display().to_string()));
        environment.push(("OCWEB_WORKTREE".into(), place.working_copy.display().to_string()));
        let job = Job {
            command: text,
            directory: &place.working_copy,
            environment,
            owner: place.chat.as_str(),
            limit: self.limit,
        };
        let ended = running::run(job, &running.output, &running.skip).await;
        (record.output, record.output_is_cut) = lock(&running.output).text();
        record.note(match ended {
            Ended::Exited(status) if status.success() => Ok("The command succeeded.".into()),
            Ended::Exited(status) => Err(format!("The command failed: {status}.")),
            Ended::TimedOut => {
                Err(format!("The command was not done after {} s and was ended.", self.limit.as_secs()))
            }
            Ended::Skipped => Err("The command was skipped while it ran.".into()),
            Ended::NotStarted(error) => Err(format!("The command could not be started: {error}.")),
        });
    }

    /// Whether the commit that a chat begins at is on a branch of its repository.
    async fn is_from_the_repository(&self, place: &Place) -> bool {
        let Some(commit) = &place.began_at else { return true };
        let contains = self.git.local(&place.clone).args(["for-each-ref", "--count=1", "--contains", commit]);
        let found = contains.arg("refs/remotes/origin/").run().await;
        found.is_ok_and(|found| !found.text.trim().is_empty())
    }

    /// What the agent is to be told with this prompt, if its working copy could not be set up. It is told once; the same
    /// prompt sent again tells it again.
    pub fn words_for_the_agent(&self, chat: &ChatId, prompt: &MessageId) -> Option<String> {
        let mut record = self.record(chat)?;
        if record.succeeded() || record.ended_at.is_none() {
            return None;
        }
        match &record.told_with {
            Some(told) if told != prompt => return None,
            Some(_) => {}
            None => {
                record.told_with = Some(prompt.clone());
                self.keep(chat, &record);
            }
        }
        Some(record.words_for_the_agent())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChatId, Arc<Running>>> {
        lock(&self.running)
    }
}

/// A run that is among those that go on, until this is dropped.
struct Listed<'a> {
    setups: &'a Setups,
    chat: &'a ChatId,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.setups.lock().remove(self.chat);
    }
}

fn put_files(record: &mut Record, plan: &Plan, place: &Place) {
    if let Some(problem) = &plan.problem {
        record.note(Err(problem.clone()));
    }
    for file in &plan.files {
        record.note(placing::write(&place.working_copy, file));
    }
    for path in &plan.copy {
        record.note(placing::copy(&place.clone, &place.working_copy, path));
    }
}

/// One for all spellings of a name.
fn record_name(repository: &RepositoryName) -> String {
    repository.key().replace('/', "__")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
