//! Pull requests at GitHub, as far as a phone needs them: found, opened, changed, and where they are.

use std::sync::Arc;

use ocweb_git_access::{BranchName, RepositoryName};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    failure::{Cause, Failure},
    github::GitHub,
};

const READING: &str = "reading the pull request";
const CHANGING: &str = "changing the pull request";
const CHANGING_THE_REST: &str =
    "changing title, text and base of the pull request, which is a draft, or none any more, already";
/// 100 a page: more has hardly anybody said of one.
const REVIEW_PAGES: usize = 10;

/// A pull request, as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PullRequest {
    pub(crate) number: u64,
    pub(crate) title: String,
    /// Markdown, by whoever wrote it.
    pub(crate) body: String,
    /// Its page at GitHub.
    pub(crate) url: String,
    /// The login of who opened it.
    pub(crate) author: String,
    pub(crate) state: PullRequestState,
    /// The branch that it is to be merged into.
    pub(crate) base: String,
    pub(crate) head: PullRequestHead,
    pub(crate) mergeable: Mergeable,
    pub(crate) review: Review,
    /// Whether its commits are in the repository itself, whatever that is called by now.
    #[serde(skip)]
    pub(crate) is_own: bool,
    /// What GraphQL calls it.
    #[serde(skip)]
    node: String,
}

/// Where a pull request's commits are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PullRequestHead {
    /// The branch.
    pub(crate) branch: String,
    /// Its last commit that the pull request knows; of a merged one, what was merged.
    pub(crate) commit: String,
    /// `owner/name` of the repository that has the branch; `null` when that was deleted.
    #[schema(required)]
    pub(crate) repo: Option<String>,
}

/// Where a pull request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PullRequestState {
    /// Open, and not to be merged yet.
    Draft,
    /// Open.
    Open,
    /// Merged: by a merge commit, squashed or rebased.
    Merged,
    /// Closed without being merged.
    Closed,
}

/// Whether a pull request could be merged now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mergeable {
    /// Nothing is in the way.
    Yes,
    /// It conflicts with its base.
    Conflicts,
    /// It must be updated from its base first.
    Behind,
    /// The repository's rules want more: a review, a check.
    Blocked,
    /// GitHub has not found out yet, or it is over.
    Unknown,
}

/// What reviewers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Review {
    /// Nobody was asked, nobody said anything.
    None,
    /// Somebody was asked and has not answered.
    Requested,
    /// All who decided, approve.
    Approved,
    /// Somebody wants changes.
    ChangesRequested,
}

/// A pull request to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPullRequest {
    pub(crate) title: String,
    /// Markdown.
    #[serde(default)]
    pub(crate) body: String,
    /// The branch with the commits, which must be at GitHub.
    pub(crate) head: BranchName,
    /// The branch to merge into.
    pub(crate) base: BranchName,
    #[serde(default)]
    pub(crate) draft: bool,
}

/// What is to be changed of a pull request; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PullRequestChange {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) base: Option<BranchName>,
    pub(crate) draft: Option<bool>,
}

/// Pull requests of all repositories.
pub(crate) struct PullRequests {
    github: Arc<GitHub>,
}

impl PullRequests {
    pub(crate) fn new(github: Arc<GitHub>) -> Self {
        Self { github }
    }

    /// The pull request of a repository's own branch: the open one, or else the latest.
    pub(crate) async fn of_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<PullRequest>, Failure> {
        let mut listed = self.list(repository, repository.owner(), branch).await?;
        if listed.is_empty() {
            // GitHub leads from an old name to the repository, but knows branches by their present owner alone.
            let present = self.github.present_name(repository, READING).await?;
            if !present.owner().eq_ignore_ascii_case(repository.owner()) {
                listed = self.list(repository, present.owner(), branch).await?;
            }
        }
        let found = listed.iter().find(|pull| pull.state == "open").or(listed.first());
        match found {
            Some(pull) => self.get(repository, pull.number).await.map(Some),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        repository: &RepositoryName,
        owner: &str,
        branch: &BranchName,
    ) -> Result<Vec<Listed>, Failure> {
        let head = format!("{owner}:{branch}");
        let query = [("head", head.as_str()), ("state", "all"), ("per_page", "20")];
        let address = self.github.address(&["repos", repository.owner(), repository.name(), "pulls"], &query);
        self.github.read(address, READING).await
    }

    /// One pull request.
    pub(crate) async fn get(&self, repository: &RepositoryName, number: u64) -> Result<PullRequest, Failure> {
        let told: Told = self.github.read(self.address(repository, number, &[]), READING).await?;
        let reviews = if told.merged_at.is_none() && told.state == "open" {
            let mut address = self.address(repository, number, &["reviews"]);
            address.set_query(Some("per_page=100"));
            self.github.pages::<Vec<ToldReview>>(address, REVIEW_PAGES, READING).await?.pages.concat()
        } else {
            Vec::new()
        };
        Ok(told.with(&reviews))
    }

    /// Opens one.
    pub(crate) async fn open(
        &self,
        repository: &RepositoryName,
        new: &NewPullRequest,
    ) -> Result<PullRequest, Failure> {
        const OPENING: &str = "opening the pull request";
        let address = self.github.address(&["repos", repository.owner(), repository.name(), "pulls"], &[]);
        let NewPullRequest { title, body, head, base, draft } = new;
        let request = json!({"title": title, "body": body, "head": head, "base": base, "draft": draft});
        let answer = self.github.change(Method::POST, address, &request, OPENING).await?;
        let told: Told = serde_json::from_value(answer).map_err(|_| Failure::new(OPENING, Cause::Garbled))?;
        tracing::info!(%repository, number = told.number, "a pull request was opened");
        Ok(told.with(&[]))
    }

    /// Changes one, and answers it as it is then. Whether it is a draft comes first: a repository may have none, and then nothing
    /// was changed.
    pub(crate) async fn change(
        &self,
        repository: &RepositoryName,
        number: u64,
        change: PullRequestChange,
    ) -> Result<PullRequest, Failure> {
        let PullRequestChange { title, body, base, draft } = change;
        let mut request = serde_json::Map::new();
        let texts = [("title", title), ("body", body), ("base", base.map(Into::into))];
        for (name, text) in texts {
            request.extend(text.map(|text: String| (name.to_owned(), Value::from(text))));
        }
        let mut doing = CHANGING;
        if let Some(draft) = draft
            && self.set_draft(&self.get(repository, number).await?, draft).await?
        {
            doing = CHANGING_THE_REST;
        }
        if !request.is_empty() {
            let address = self.address(repository, number, &[]);
            self.github.change(Method::PATCH, address, &request, doing).await?;
        }
        self.get(repository, number).await
    }

    /// Makes it a draft or none, and tells whether there was anything to do. GitHub's REST API cannot do this.
    async fn set_draft(&self, pull: &PullRequest, draft: bool) -> Result<bool, Failure> {
        let mutation = match (draft, pull.state) {
            (true, PullRequestState::Open) => "convertPullRequestToDraft",
            (false, PullRequestState::Draft) => "markPullRequestReadyForReview",
            _ => return Ok(false),
        };
        let query = format!(
            "mutation($id: ID!) {{ {mutation}(input: {{pullRequestId: $id}}) {{ pullRequest {{ isDraft }} }} }}"
        );
        self.github.mutate(&query, json!({"id": pull.node}), CHANGING).await?;
        Ok(true)
    }

    /// Deletes the branch of a pull request that is over, unless something came onto it since.
    pub(crate) async fn delete_branch(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<(), NotDeleted> {
        const DELETING: &str = "deleting the branch";
        let pull = self.get(repository, number).await?;
        let branch: BranchName = pull.head.branch.parse().map_err(|_| NotDeleted::NotOurs)?;
        if !branch.is_ours() || !pull.is_own {
            return Err(NotDeleted::NotOurs);
        }
        if matches!(pull.state, PullRequestState::Open | PullRequestState::Draft) {
            return Err(NotDeleted::StillOpen);
        }
        let at = ["repos", repository.owner(), repository.name(), "git"];
        let parts: Vec<&str> = branch.as_str().split('/').collect();
        // All that begin so. Asked for the one, GitHub would say of a missing branch what it says to a token that may not see it.
        let matching = self.github.address(&[&at[..], &["matching-refs", "heads"], &parts].concat(), &[]);
        let matching: Vec<Reference> = self.github.read(matching, DELETING).await?;
        let name = format!("refs/heads/{branch}");
        let Some(tip) = matching.into_iter().find(|reference| reference.name == name) else { return Ok(()) };
        if tip.object.sha != pull.head.commit {
            return Err(NotDeleted::WentOn);
        }
        let address = self.github.address(&[&at[..], &["refs", "heads"], &parts].concat(), &[]);
        self.github.delete(address, DELETING).await?;
        tracing::info!(%repository, %branch, number, "the branch of a pull request was deleted");
        Ok(())
    }

    fn address(&self, repository: &RepositoryName, number: u64, rest: &[&str]) -> reqwest::Url {
        let number = number.to_string();
        let pull = ["repos", repository.owner(), repository.name(), "pulls", &number];
        self.github.address(&[&pull[..], rest].concat(), &[])
    }
}

/// Why a branch was not deleted.
#[derive(Debug)]
pub(crate) enum NotDeleted {
    /// Only the branches of chats are.
    NotOurs,
    /// The pull request still needs it.
    StillOpen,
    /// It has commits that the pull request does not know.
    WentOn,
    /// GitHub did not do it.
    GitHub(Failure),
}

impl From<Failure> for NotDeleted {
    fn from(failure: Failure) -> Self {
        Self::GitHub(failure)
    }
}

#[derive(Deserialize)]
struct Listed {
    number: u64,
    state: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "ref")]
    name: String,
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

/// A pull request in GitHub's words.
#[derive(Deserialize)]
struct Told {
    number: u64,
    node_id: String,
    title: String,
    body: Option<String>,
    html_url: String,
    /// `null` when the account is gone.
    user: Option<Account>,
    state: String,
    #[serde(default)]
    draft: bool,
    merged_at: Option<String>,
    mergeable: Option<bool>,
    #[serde(default)]
    mergeable_state: String,
    #[serde(default)]
    requested_reviewers: Vec<Value>,
    #[serde(default)]
    requested_teams: Vec<Value>,
    head: Side,
    base: Side,
}

#[derive(Clone, Deserialize)]
struct Account {
    login: String,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    repo: Option<Repo>,
}

#[derive(Deserialize)]
struct Repo {
    id: u64,
    full_name: String,
}

#[derive(Clone, Deserialize)]
struct ToldReview {
    user: Option<Account>,
    state: String,
}

impl Told {
    fn with(self, reviews: &[ToldReview]) -> PullRequest {
        let state = match (self.merged_at.is_some(), self.state.as_str(), self.draft) {
            (true, ..) => PullRequestState::Merged,
            (false, "open", true) => PullRequestState::Draft,
            (false, "open", false) => PullRequestState::Open,
            (false, ..) => PullRequestState::Closed,
        };
        let mergeable = match (self.mergeable, self.mergeable_state.as_str()) {
            (Some(false), _) => Mergeable::Conflicts,
            (Some(true), "behind") => Mergeable::Behind,
            (Some(true), "blocked") => Mergeable::Blocked,
            (Some(true), _) => Mergeable::Yes,
            (None, _) => Mergeable::Unknown,
        };
        let id = |side: &Side| side.repo.as_ref().map(|repo| repo.id);
        let is_own = id(&self.head).is_some() && id(&self.head) == id(&self.base);
        let is_asked = !self.requested_reviewers.is_empty() || !self.requested_teams.is_empty();
        PullRequest {
            number: self.number,
            title: self.title,
            body: self.body.unwrap_or_default(),
            url: self.html_url,
            author: login(self.user.as_ref()),
            state,
            base: self.base.branch,
            head: PullRequestHead {
                branch: self.head.branch,
                commit: self.head.sha,
                repo: self.head.repo.map(|repo| repo.full_name),
            },
            mergeable,
            review: decision(reviews, is_asked),
            is_own,
            node: self.node_id,
        }
    }
}

/// The name that GitHub shows for an account that is gone is `ghost`.
fn login(account: Option<&Account>) -> String {
    account.map_or_else(|| "ghost".into(), |account| account.login.clone())
}

/// Each reviewer's last word counts; a comment is none.
fn decision(reviews: &[ToldReview], is_asked: bool) -> Review {
    let mut words = std::collections::BTreeMap::new();
    for review in reviews {
        if review.state != "COMMENTED" && review.state != "PENDING" {
            words.insert(login(review.user.as_ref()), review.state.as_str());
        }
    }
    let anybody = |word: &str| words.values().any(|said| *said == word);
    if anybody("CHANGES_REQUESTED") {
        Review::ChangesRequested
    } else if is_asked {
        Review::Requested
    } else if anybody("APPROVED") {
        Review::Approved
    } else {
        Review::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reviewers_last_word_counts() {
        let decide = |words: &[(&str, &str)], is_asked| {
            let review = |&(login, state): &(&str, &str)| ToldReview {
                user: Some(Account { login: login.into() }),
                state: state.into(),
            };
            decision(&words.iter().map(review).collect::<Vec<_>>(), is_asked)
        };
        assert_eq!(decide(&[], false), Review::None);
        assert_eq!(decide(&[], true), Review::Requested);
        assert_eq!(decide(&[("a", "APPROVED"), ("a", "COMMENTED")], false), Review::Approved);
        assert_eq!(decide(&[("a", "CHANGES_REQUESTED"), ("a", "APPROVED")], false), Review::Approved);
        assert_eq!(decide(&[("a", "APPROVED"), ("b", "CHANGES_REQUESTED")], true), Review::ChangesRequested);
        assert_eq!(decide(&[("b", "CHANGES_REQUESTED"), ("b", "DISMISSED")], false), Review::None);
    }
}
