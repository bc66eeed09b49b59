//! The checks of a commit: check runs and commit statuses as one short list.

use std::sync::Arc;

use ocweb_git_access::RepositoryName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::{Cause, Failure, Lacking},
    github::{GitHub, Pages},
};

pub(crate) mod failures;
pub(crate) mod log;

const READING: &str = "reading the checks";
/// 100 a page; who has more checks is told so.
const PAGES: usize = 10;
/// Of so many workflow runs the jobs are read, where check runs cannot be.
const RUNS: usize = 30;

/// The checks of a pull request's last commit, those that need somebody first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checks)]
pub(crate) struct CheckList {
    /// The commit.
    pub(crate) commit: String,
    pub(crate) checks: Vec<Check>,
    /// What could not be read, and what the token would need for it: then `checks` is not all there is.
    #[schema(required)]
    pub(crate) unreadable: Option<String>,
}

/// One check.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) state: CheckState,
    /// What it says of itself in a few words, or how it ended.
    #[schema(required)]
    pub(crate) note: Option<String>,
    /// Where it can be read about.
    #[schema(required)]
    pub(crate) url: Option<String>,
    #[serde(skip)]
    source: Source,
}

/// How far a check is; the order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckState {
    /// It did not pass: failed, timed out, cancelled, or wants somebody.
    Failed,
    /// At work.
    Running,
    /// Still to begin.
    Waiting,
    /// Well.
    Passed,
    /// Not needed, or without a verdict.
    Skipped,
}

/// Where more can be read about a check.
#[derive(Debug, Clone)]
enum Source {
    Run { id: u64, has_log: bool, title: Option<String>, summary: Option<String>, annotations: u64 },
    Status,
}

/// The checks of all repositories.
pub(crate) struct CheckReader {
    github: Arc<GitHub>,
}

impl CheckReader {
    pub(crate) fn new(github: Arc<GitHub>) -> Self {
        Self { github }
    }

    /// All checks of a commit.
    pub(crate) async fn of(&self, repository: &RepositoryName, commit: &str) -> Result<CheckList, Failure> {
        let (runs, statuses) =
            tokio::join!(self.check_runs(repository, commit), self.statuses(repository, commit));
        let mut unreadable = Vec::new();
        let (runs, are_all_runs) = match runs {
            // No fine-grained token can read check runs; with GitHub Actions the jobs tell the same.
            Err(Failure { cause: Cause::Forbidden { lacking, .. }, .. }) => {
                unreadable.push(unreadable_sentence(lacking.as_ref()));
                self.jobs(repository, commit).await?
            }
            runs => runs?,
        };
        let (statuses, are_all_statuses) = match statuses {
            Err(Failure { cause: Cause::Forbidden { .. }, .. }) => {
                let sentence = "Commit statuses cannot be read: GITHUB_TOKEN needs the permission commit statuses: read.";
                unreadable.push(sentence.into());
                (Vec::new(), true)
            }
            statuses => statuses?,
        };
        if !(are_all_runs && are_all_statuses) {
            unreadable.push("There are more checks than are read here; GitHub shows them all.".into());
        }
        let mut checks: Vec<Check> = runs.into_iter().chain(statuses).collect();
        checks.sort_by(|one, other| one.state.cmp(&other.state).then_with(|| one.name.cmp(&other.name)));
        let unreadable = (!unreadable.is_empty()).then(|| unreadable.join(" "));
        Ok(CheckList { commit: commit.to_owned(), checks, unreadable })
    }

    /// The check runs, and whether these are all; so are the others.
    async fn check_runs(
        &self,
        repository: &RepositoryName,
        commit: &str,
    ) -> Result<(Vec<Check>, bool), Failure> {
        let address = self.github.address(
            &["repos", repository.owner(), repository.name(), "commits", commit, "check-runs"],
            &[("per_page", "100")],
        );
        let Pages { pages, are_all } = self.github.pages::<ToldRuns>(address, PAGES, READING).await?;
        let runs = pages.into_iter().flat_map(|page| page.check_runs);
        Ok((runs.map(Check::from).collect(), are_all))
    }

    async fn jobs(&self, repository: &RepositoryName, commit: &str) -> Result<(Vec<Check>, bool), Failure> {
        let (owner, name) = (repository.owner(), repository.name());
        let query = [("head_sha", commit), ("per_page", "100")];
        let address = self.github.address(&["repos", owner, name, "actions", "runs"], &query);
        let runs: ToldWorkflows = match self.github.read(address, READING).await {
            // Then there is nothing but statuses.
            Err(Failure { cause: Cause::Forbidden { .. } | Cause::NotFound { .. }, .. }) => {
                return Ok((Vec::new(), true));
            }
            runs => runs?,
        };
        let mut are_all = runs.total_count <= RUNS;
        let mut checks = Vec::new();
        for run in runs.workflow_runs.iter().take(RUNS) {
            let at = ["repos", owner, name, "actions", "runs", &run.id.to_string(), "jobs"];
            let address = self.github.address(&at, &[("per_page", "100")]);
            let told = self.github.pages::<ToldJobs>(address, PAGES, READING).await?;
            are_all &= told.are_all;
            let jobs = told.pages.into_iter().flat_map(|page| page.jobs);
            checks.extend(jobs.map(|job| Check::from(ToldRun { is_job: true, ..job })));
        }
        Ok((checks, are_all))
    }

    async fn statuses(
        &self,
        repository: &RepositoryName,
        commit: &str,
    ) -> Result<(Vec<Check>, bool), Failure> {
        let address = self.github.address(
            &["repos", repository.owner(), repository.name(), "commits", commit, "status"],
            &[("per_page", "100")],
        );
        let Pages { pages, are_all } = self.github.pages::<ToldStatuses>(address, PAGES, READING).await?;
        let statuses = pages.into_iter().flat_map(|page| page.statuses);
        Ok((statuses.map(Check::from).collect(), are_all))
    }
}

fn unreadable_sentence(lacking: Option<&Lacking>) -> String {
    let advice = match lacking {
        Some(Lacking::Scopes { accepted, .. }) => format!("GITHUB_TOKEN needs one of the scopes {accepted}"),
        _ => "no fine-grained token can read them, a classic one with the scope repo can".into(),
    };
    format!(
        "Only GitHub Actions and commit statuses are shown; checks of other apps cannot be read: {advice}."
    )
}

#[derive(Deserialize)]
struct ToldRuns {
    check_runs: Vec<ToldRun>,
}

#[derive(Deserialize)]
struct ToldWorkflows {
    total_count: usize,
    workflow_runs: Vec<ToldWorkflow>,
}

#[derive(Deserialize)]
struct ToldWorkflow {
    id: u64,
}

#[derive(Deserialize)]
struct ToldJobs {
    jobs: Vec<ToldRun>,
}

/// A check run in GitHub's words; a job of GitHub Actions has the same id and most of the fields.
#[derive(Deserialize)]
struct ToldRun {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
    details_url: Option<String>,
    #[serde(default)]
    output: ToldOutput,
    app: Option<ToldApp>,
    #[serde(skip)]
    is_job: bool,
}

#[derive(Deserialize, Default)]
struct ToldOutput {
    title: Option<String>,
    summary: Option<String>,
    #[serde(default)]
    annotations_count: u64,
}

#[derive(Deserialize)]
struct ToldApp {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct ToldStatuses {
    statuses: Vec<ToldStatus>,
}

#[derive(Deserialize)]
struct ToldStatus {
    context: String,
    state: String,
    description: Option<String>,
    target_url: Option<String>,
}

impl From<ToldRun> for Check {
    fn from(run: ToldRun) -> Self {
        let conclusion = run.conclusion.unwrap_or_default();
        let state = match (run.status.as_str(), conclusion.as_str()) {
            ("completed", "success") => CheckState::Passed,
            ("completed", "skipped" | "neutral" | "stale") => CheckState::Skipped,
            ("completed", _) => CheckState::Failed,
            ("in_progress", _) => CheckState::Running,
            _ => CheckState::Waiting,
        };
        let ending = match conclusion.as_str() {
            "" | "success" | "failure" => None,
            other => Some(other.replace('_', " ")),
        };
        let is_action =
            run.is_job || run.app.and_then(|app| app.slug).is_some_and(|slug| slug == "github-actions");
        let ToldOutput { title, summary, annotations_count } = run.output;
        Self {
            name: run.name,
            state,
            note: ending.or_else(|| title.clone()),
            url: run.html_url.or(run.details_url),
            source: Source::Run {
                id: run.id,
                has_log: is_action,
                title,
                summary,
                annotations: annotations_count,
            },
        }
    }
}

impl From<ToldStatus> for Check {
    fn from(status: ToldStatus) -> Self {
        let state = match status.state.as_str() {
            "success" => CheckState::Passed,
            "pending" => CheckState::Waiting,
            _ => CheckState::Failed,
        };
        Self {
            name: status.context,
            state,
            note: status.description,
            url: status.target_url,
            source: Source::Status,
        }
    }
}
