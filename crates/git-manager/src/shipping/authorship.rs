//! Who commits: the author that a person has set, or else GitHub's user; and who is named beside them.

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shipping;
use crate::{error::Error, git::Invocation, worktrees::Worktree};

/// The longest name or address, in bytes.
const LONGEST: usize = 200;

/// Somebody as commits name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
#[schema(as = Person)]
pub struct Person {
    /// Their name.
    name: String,
    /// Their address.
    email: String,
}

#[derive(Serialize, Deserialize)]
struct Unchecked {
    name: String,
    email: String,
}

/// A name or address that git would not write as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A name and an address are needed, without < and > and in one line, and the address with an @.")]
pub struct InvalidPerson;

impl TryFrom<Unchecked> for Person {
    type Error = InvalidPerson;

    fn try_from(Unchecked { name, email }: Unchecked) -> Result<Self, InvalidPerson> {
        Self::new(&name, &email)
    }
}

impl From<Person> for Unchecked {
    fn from(Person { name, email }: Person) -> Self {
        Self { name, email }
    }
}

impl Person {
    /// Somebody of this name and address.
    pub fn new(name: &str, email: &str) -> Result<Self, InvalidPerson> {
        let (name, email) = (name.trim(), email.trim());
        let fits = |text: &str| {
            (1..=LONGEST).contains(&text.len())
                && !text.contains(|letter: char| letter.is_control() || "<>".contains(letter))
                // git takes these off at the ends, and knows no name made of nothing else.
                && text.contains(char::is_alphanumeric)
        };
        let is_address = email.contains('@') && !email.contains(char::is_whitespace);
        if fits(name) && fits(email) && is_address {
            Ok(Self { name: name.into(), email: email.into() })
        } else {
            Err(InvalidPerson)
        }
    }

    /// As a trailer names them.
    fn to_text(&self) -> String {
        format!("{} <{}>", self.name, self.email)
    }
}

/// Who commits are by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Authorship {
    /// The author; `null` for GitHub's user, or whom git's own configuration names.
    #[serde(default)]
    pub author: Option<Person>,
    /// Who is named by a `Co-authored-by` trailer, such as the agent; `null` for nobody.
    #[serde(default)]
    pub co_author: Option<Person>,
}

/// The settings, kept in a file.
pub(super) struct AuthorshipFile {
    path: PathBuf,
    settings: Mutex<Authorship>,
}

impl AuthorshipFile {
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let settings = match private_file::read(&path)? {
            None => Authorship::default(),
            Some(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::error!(%error, path = %path.display(), "who commits cannot be read, and is as without settings");
                Authorship::default()
            }),
        };
        Ok(Self { path, settings: Mutex::new(settings) })
    }

    fn get(&self) -> Authorship {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, settings: Authorship) -> io::Result<()> {
        // Held while it is written down: of two changes at once the same one is last in memory and on the disk.
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        private_file::write(&self.path, &serde_json::to_vec(&settings)?)?;
        *current = settings;
        Ok(())
    }
}

impl Shipping {
    /// Who commits are by.
    pub fn authorship(&self) -> Authorship {
        self.authorship.get()
    }

    /// Changes who commits are by.
    pub fn set_authorship(&self, authorship: Authorship) -> Result<(), Error> {
        Ok(self.authorship.set(authorship)?)
    }

    /// GitHub's user, where it is known: the author when no other is set.
    pub async fn default_author(&self) -> Option<Person> {
        let account = self.parts.git.account().await?;
        Person::new(&account.name, &account.email).ok()
    }

    /// A git that is told who commits, unless its configuration is to say. What is made anew keeps its authors.
    pub(super) async fn committing(&self, worktree: &Worktree) -> Invocation {
        let git = self.git(worktree);
        let author = match self.authorship().author {
            None => self.default_author().await,
            author => author,
        };
        match author {
            None => git,
            Some(Person { name, email }) => ["author", "committer"].iter().fold(git, |git, role| {
                git.configured(&format!("{role}.name"), &name).configured(&format!("{role}.email"), &email)
            }),
        }
    }

    /// The trailer of a commit's message.
    pub(super) fn trailer(&self) -> Option<String> {
        Some(format!("--trailer=Co-authored-by: {}", self.authorship().co_author?.to_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_would_write_otherwise_is_refused() {
        assert_eq!(Person::new(" Ada L. ", "ada@x.org").unwrap().to_text(), "Ada L. <ada@x.org>");
        let long = "a".repeat(201);
        for (name, email) in [
            ("", "a@b"),
            ("a", ""),
            ("a", "b"),
            ("a <b>", "a@b"),
            ("a\nb", "a@b"),
            ("a", "a b@c"),
            ("...", "a@b"),
            (long.as_str(), "a@b"),
        ] {
            assert_eq!(Person::new(name, email), Err(InvalidPerson), "{name:?} {email:?}");
        }
    }
}
