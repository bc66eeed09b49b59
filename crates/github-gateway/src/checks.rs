//! The checks of a commit: check runs and commit statuses as one short list, and what the failed ones say.

use std::sync::Arc;

use ocweb_git_access::RepositoryName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::{Cause, Failure, Lacking},
    github::GitHub,
};

pub(crate) mod log;

const READING: &str = "reading the checks";
/// Of so many failed checks it is read what they say.
const EXPLAINED: usize = 10;
/// So many annotations of each are told.
const ANNOTATIONS: usize = 20;
/// The longest text of a check that is told, in characters.
const LONGEST: usize = 4000;
/// Of so many workflow runs the jobs are read, where check runs cannot be.
const RUNS: usize = 10;

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

/// What failed checks say, for whoever is to mend it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckFailures {
    pub(crate) commit: String,
    pub(crate) failures: Vec<CheckFailure>,
}

/// What a failed check says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckFailure {
    pub(crate) name: String,
    #[schema(required)]
    pub(crate) note: Option<String>,
    #[schema(required)]
    pub(crate) url: Option<String>,
    #[schema(required)]
    pub(crate) summary: Option<String>,
    pub(crate) annotations: Vec<Annotation>,
    /// The end of its log, up to the last error in it.
    #[schema(required)]
    pub(crate) log: Option<String>,
}

/// A remark of a check on a line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Annotation {
    pub(crate) path: String,
    #[serde(rename(deserialize = "start_line"))]
    pub(crate) line: u64,
    pub(crate) message: String,
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
        let mut unreadable = None;
        let runs = match runs {
            // No fine-grained token can read check runs; with GitHub Actions the jobs tell the same.
            Err(Failure { cause: Cause::Forbidden { lacking, .. }, .. }) => {
                unreadable = Some(unreadable_sentence(lacking.as_ref()));
                self.jobs(repository, commit).await?
            }
            runs => runs?,
        };
        let statuses = match statuses {
            Err(Failure { cause: Cause::Forbidden { .. }, .. }) => {
                let sentence = "Commit statuses cannot be read: GITHUB_TOKEN needs the permission commit statuses: read.";
                unreadable.get_or_insert_with(|| sentence.into());
                Vec::new()
            }
            statuses => statuses?,
        };
        let mut checks: Vec<Check> = runs.into_iter().chain(statuses).collect();
        checks.sort_by(|one, other| one.state.cmp(&other.state).then_with(|| one.name.cmp(&other.name)));
        Ok(CheckList { commit: commit.to_owned(), checks, unreadable })
    }

    /// What the failed ones say. What cannot be read of one is left out.
    pub(crate) async fn failures(
        &self,
        repository: &RepositoryName,
        commit: &str,
    ) -> Result<CheckFailures, Failure> {
        let checks = self.of(repository, commit).await?;
        let mut failures = Vec::new();
        for check in
            checks.checks.into_iter().filter(|check| check.state == CheckState::Failed).take(EXPLAINED)
        {
            failures.push(self.explain(repository, check).await);
        }
        Ok(CheckFailures { commit: checks.commit, failures })
    }

    async fn explain(&self, repository: &RepositoryName, check: Check) -> CheckFailure {
        let Check { name, note, url, source, .. } = check;
        let Source::Run { id, has_log, title, summary, annotations } = source else {
            return CheckFailure { name, note, url, summary: None, annotations: Vec::new(), log: None };
        };
        let (owner, repo, id) = (repository.owner(), repository.name(), id.to_string());
        let annotations = async {
            if annotations == 0 {
                return Vec::new();
            }
            let address = self
                .github
                .address(&["repos", owner, repo, "check-runs", &id, "annotations"], &[("per_page", "50")]);
            self.github.read::<Vec<Annotation>>(address, READING).await.unwrap_or_default()
        };
        let log = async {
            let address = self.github.address(&["repos", owner, repo, "actions", "jobs", &id, "logs"], &[]);
            let text = if has_log { self.github.text_end(address, READING).await.ok() } else { None };
            text.map(|text| log::excerpt(&text)).filter(|text| !text.is_empty())
        };
        let (mut annotations, log) = tokio::join!(annotations, log);
        annotations.truncate(ANNOTATIONS);
        for annotation in &mut annotations {
            annotation.message = cut(&annotation.message);
        }
        let said: Vec<String> =
            [title, summary].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let summary = (!said.is_empty()).then(|| cut(&said.join("\n")));
        CheckFailure { name, note, url, summary, annotations, log }
    }

    async fn check_runs(&self, repository: &RepositoryName, commit: &str) -> Result<Vec<Check>, Failure> {
        let address = self.github.address(
            &["repos", repository.owner(), repository.name(), "commits", commit, "check-runs"],
            &[("per_page", "100")],
        );
        let told: ToldRuns = self.github.read(address, READING).await?;
        Ok(told.check_runs.into_iter().map(Check::from).collect())
    }

    async fn jobs(&self, repository: &RepositoryName, commit: &str) -> Result<Vec<Check>, Failure> {
        let (owner, name) = (repository.owner(), repository.name());
        let query = [("head_sha", commit), ("per_page", "30")];
        let address = self.github.address(&["repos", owner, name, "actions", "runs"], &query);
        let runs: ToldWorkflows = match self.github.read(address, READING).await {
            // Then there is nothing but statuses.
            Err(Failure { cause: Cause::Forbidden { .. } | Cause::NotFound { .. }, .. }) => {
                return Ok(Vec::new());
            }
            runs => runs?,
        };
        let mut checks = Vec::new();
        for run in runs.workflow_runs.iter().take(RUNS) {
            let at = ["repos", owner, name, "actions", "runs", &run.id.to_string(), "jobs"];
            let address = self.github.address(&at, &[("per_page", "100")]);
            let told: ToldJobs = self.github.read(address, READING).await?;
            checks.extend(told.jobs.into_iter().map(|job| Check::from(ToldRun { is_job: true, ..job })));
        }
        Ok(checks)
    }

    async fn statuses(&self, repository: &RepositoryName, commit: &str) -> Result<Vec<Check>, Failure> {
        let address = self.github.address(
            &["repos", repository.owner(), repository.name(), "commits", commit, "status"],
            &[("per_page", "100")],
        );
        let told: ToldStatuses = self.github.read(address, READING).await?;
        Ok(told.statuses.into_iter().map(Check::from).collect())
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

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).collect::<String>() + " …"
    }
}

#[derive(Deserialize)]
struct ToldRuns {
    check_runs: Vec<ToldRun>,
}

#[derive(Deserialize)]
struct ToldWorkflows {
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
