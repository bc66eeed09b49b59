//! What failed checks say, for whoever is to mend them: bounded, because it becomes part of a prompt.

use ocweb_git_access::RepositoryName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Check, CheckReader, CheckState, READING, Source, log};
use crate::failure::Failure;

/// Of so many failed checks it is read what they say.
const EXPLAINED: usize = 10;
/// So many annotations of each are told.
const ANNOTATIONS: usize = 20;
/// The longest remark of a check that is told, in bytes.
const LONGEST: usize = 4000;
/// The longest of what is told on one line, in bytes.
const LINE: usize = 300;
/// All that is told, in bytes. Each check gets the same part of it.
const ALL: usize = 64 << 10;

/// What failed checks say, for whoever is to mend it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckFailures {
    pub(crate) commit: String,
    /// How many checks fail. Of the first ten of them it is told what they say.
    pub(crate) failed: usize,
    pub(crate) failures: Vec<CheckFailure>,
}

/// What a failed check says.
#[derive(Debug, Default, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Annotation {
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) message: String,
}

/// A remark in GitHub's words. It may have no text.
#[derive(Deserialize)]
struct ToldAnnotation {
    path: String,
    start_line: u64,
    message: Option<String>,
    title: Option<String>,
}

impl CheckReader {
    /// What the failed ones say. What cannot be read of one is left out.
    pub(crate) async fn failures(
        &self,
        repository: &RepositoryName,
        commit: &str,
    ) -> Result<CheckFailures, Failure> {
        let mut checks = self.of(repository, commit).await?.checks;
        checks.retain(|check| check.state == CheckState::Failed);
        let failed = checks.len();
        let share = ALL / failed.clamp(1, EXPLAINED);
        let mut failures = Vec::new();
        for check in checks.into_iter().take(EXPLAINED) {
            failures.push(self.explain(repository, check).await.within(share));
        }
        Ok(CheckFailures { commit: commit.to_owned(), failed, failures })
    }

    async fn explain(&self, repository: &RepositoryName, check: Check) -> CheckFailure {
        let Check { name, note, url, source, .. } = check;
        let Source::Run { id, has_log, title, summary, annotations } = source else {
            return CheckFailure { name, note, url, ..CheckFailure::default() };
        };
        let (owner, repo, id) = (repository.owner(), repository.name(), id.to_string());
        let annotations = async {
            if annotations == 0 {
                return Vec::new();
            }
            let address = self
                .github
                .address(&["repos", owner, repo, "check-runs", &id, "annotations"], &[("per_page", "50")]);
            self.github.read::<Vec<ToldAnnotation>>(address, READING).await.unwrap_or_default()
        };
        let log = async {
            let address = self.github.address(&["repos", owner, repo, "actions", "jobs", &id, "logs"], &[]);
            let text = if has_log { self.github.text_end(address, READING).await.ok() } else { None };
            text.map(|text| log::excerpt(&text)).filter(|text| !text.is_empty())
        };
        let (annotations, log) = tokio::join!(annotations, log);
        let annotations = annotations.into_iter().take(ANNOTATIONS).map(Annotation::from).collect();
        let said: Vec<String> =
            [title, summary].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let summary = (!said.is_empty()).then(|| said.join("\n"));
        CheckFailure { name, note, url, summary, annotations, log }
    }
}

impl CheckFailure {
    /// As much of it as goes into so many bytes: of the log, which gets what the rest leaves, the end.
    fn within(self, bytes: usize) -> Self {
        let Self { name, note, url, summary, annotations, log } = self;
        let name = beginning(name, LINE);
        let note = note.map(|note| beginning(note, LINE));
        // Half of an address leads nowhere.
        let url = url.filter(|url| url.len() <= 4 * LINE);
        let summary = summary.map(|summary| beginning(summary, LONGEST.min(bytes / 4)));
        let mut room = bytes / 4;
        let annotations: Vec<_> = annotations
            .into_iter()
            .take_while(|Annotation { path, message, .. }| {
                let rest = room.checked_sub(path.len() + message.len());
                room = rest.unwrap_or_default();
                rest.is_some()
            })
            .collect();
        let texts = [Some(&name), note.as_ref(), url.as_ref(), summary.as_ref()];
        let used: usize = texts.into_iter().flatten().map(String::len).sum();
        let log = log.map(|log| end(log, bytes.saturating_sub(used + bytes / 4 - room)));
        Self { name, note, url, summary, annotations, log }
    }
}

impl From<ToldAnnotation> for Annotation {
    fn from(ToldAnnotation { path, start_line, message, title }: ToldAnnotation) -> Self {
        Self { path, line: start_line, message: beginning(message.or(title).unwrap_or_default(), LONGEST) }
    }
}

fn beginning(text: String, bytes: usize) -> String {
    if text.len() <= bytes { text } else { format!("{} …", &text[..text.floor_char_boundary(bytes)]) }
}

fn end(text: String, bytes: usize) -> String {
    if text.len() <= bytes {
        text
    } else {
        format!("… {}", &text[text.ceil_char_boundary(text.len() - bytes)..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_has_an_end_and_keeps_what_tells_most() {
        let long = "é".repeat(50_000);
        let annotation = || Annotation { path: "a".into(), line: 1, message: "b".repeat(LONGEST) };
        let failure = |log: &str| CheckFailure {
            name: long.clone(),
            note: Some(long.clone()),
            url: Some(long.clone()),
            summary: Some(long.clone()),
            annotations: (0..ANNOTATIONS).map(|_| annotation()).collect(),
            log: Some(log.into()),
        };
        let share = ALL / EXPLAINED;
        let told = failure(&format!("{long}the error")).within(share);
        let length = serde_json::to_string(&told).unwrap().len();
        assert!((share / 2..share + 200).contains(&length), "{length}");
        assert!(told.log.unwrap().ends_with("the error"));
        let told = failure("short").within(share);
        assert_eq!((told.log.as_deref(), told.url), (Some("short"), None));
        // What there is room for stays as it is.
        let short = CheckFailure { log: Some("x".repeat(ALL / 2)), ..CheckFailure::default() };
        assert_eq!(short.within(ALL).log.unwrap().len(), ALL / 2);
    }
}
