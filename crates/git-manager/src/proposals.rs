//! What a model proposes to write about a chat's changes: the message of a commit, the title and text of a pull request.
//!
//! opencode is asked in a session aside, which has no tools, is in nobody's list and is always deleted. What is asked
//! about is bounded, and whatever goes wrong is one sentence: a person can always write it themselves.

#[cfg(test)]
mod fuzz;
mod material;
mod wording;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ocweb_opencode_client::{Client, Error as ClientError, ModelName, Question, Reply, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use self::material::Material;
use crate::{
    error::Error,
    view::{Against, View},
};

/// For how long somebody waits for a proposal; then they have typed their own.
const PATIENCE: Duration = Duration::from_secs(45);

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// The message of a commit of what is not committed.
    Commit,
    /// The title and the text of a pull request of all that the chat did.
    PullRequest,
}

/// What a model would write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Proposal {
    /// One line.
    pub title: String,
    /// What follows it; may be empty. Markdown in that of a pull request.
    pub body: String,
}

/// Asks for proposals, one at a time: a small machine has one model's worth of memory to spare.
pub struct Proposals {
    view: Arc<View>,
    opencode: Client,
    /// Where the questions are asked.
    folder: PathBuf,
    asking: Mutex<()>,
}

impl Proposals {
    /// Asks about what `view` shows, in `folder`, which is made when it is first needed.
    pub fn new(view: Arc<View>, opencode: Client, folder: PathBuf) -> Self {
        Self { view, opencode, folder, asking: Mutex::default() }
    }

    /// Proposes what to write about a chat's changes: all of them, or those of the files that are `chosen`.
    pub async fn propose(
        &self,
        chat: &ChatId,
        kind: ProposalKind,
        chosen: Option<&[String]>,
    ) -> Result<Proposal, Error> {
        let against = match kind {
            ProposalKind::Commit => Against::Head,
            ProposalKind::PullRequest => Against::Base,
        };
        let mut comparison = self.view.comparison(chat, against).await?;
        if let Some(chosen) = chosen {
            comparison.files.retain(|file| chosen.contains(&file.path));
        }
        if comparison.files.is_empty() {
            return Err(Error::NoProposal("Nothing was changed, so there is nothing to describe.".into()));
        }
        let material = Material {
            files: &comparison.files,
            of_branch: match kind {
                ProposalKind::Commit => Vec::new(),
                ProposalKind::PullRequest => self.view.history(chat, material::COMMITS).await?.commits,
            },
            recent: self.view.recent_subjects(chat).await?,
        };
        let said = self.ask(chat, wording::instructions(kind), &material.text()).await?;
        wording::read(&said).ok_or_else(|| {
            Error::NoProposal("The model answered with nothing that could be used. Write your own.".into())
        })
    }

    async fn ask(&self, chat: &ChatId, instructions: &str, text: &str) -> Result<String, Error> {
        let _one = self.asking.lock().await;
        std::fs::create_dir_all(&self.folder)?;
        let asked = async {
            let model = self.model(chat).await?;
            let question = Question { instructions, text, model: model.as_ref(), patience: PATIENCE };
            self.opencode.ask(&self.folder, &question).await
        };
        let asked = asked.await;
        if let Err(error) = self.opencode.forget_questions(&self.folder).await {
            tracing::warn!(%error, "opencode keeps the folder of a question open");
        }
        match asked {
            Ok(Reply::Said(text)) => Ok(text),
            Ok(Reply::Failed(why)) => {
                Err(Error::NoProposal(format!("The model proposes nothing: {why} Write your own.")))
            }
            Err(error) => Err(Error::NoProposal(reason(&error))),
        }
    }

    /// The small model that is configured, or else the one that the chat used last.
    async fn model(&self, chat: &ChatId) -> Result<Option<ModelName>, ClientError> {
        if let Some(small) = self.opencode.small_model(&self.folder).await? {
            return Ok(Some(small));
        }
        // What is not known leaves it to opencode.
        Ok(self.opencode.last_used(chat).await.unwrap_or_default().model)
    }

    /// Deletes what a killed run left in opencode. Given up without a word: the next proposal does the same.
    pub async fn clean_up(&self) {
        if Path::new(&self.folder).exists()
            && let Err(error) = self.opencode.forget_questions(&self.folder).await
        {
            tracing::debug!(%error, "the questions of an earlier run stay for now");
        }
    }
}

fn reason(error: &ClientError) -> String {
    match error {
        ClientError::TimedOut(error) if error.is_timeout() => format!(
            "The model did not answer within {} seconds: its provider may be out of reach. Write your own.",
            PATIENCE.as_secs()
        ),
        // Nobody listens, or the connection broke off as opencode ended.
        ClientError::Refused(_) | ClientError::TimedOut(_) => {
            "opencode does not answer, so no model can be asked. Write your own.".into()
        }
        _ => {
            tracing::warn!(%error, "no proposal");
            "opencode could not ask a model; perhaps none is connected (Settings, Providers). Write your own."
                .into()
        }
    }
}
