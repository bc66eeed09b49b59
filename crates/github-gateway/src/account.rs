//! Whose the token is: who commits are by where nobody else is named.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::{failure::Failure, github::GitHub};

const DOING: &str = "asking whose GITHUB_TOKEN is";

/// An account as commits name it. Nothing in it is secret: it is in every commit.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Account {
    name: String,
    /// The address that GitHub keeps for the account, in place of one that gets mail.
    email: String,
}

/// In GitHub's words.
#[derive(Deserialize)]
struct Told {
    id: u64,
    login: String,
    name: Option<String>,
}

/// The account that the token belongs to, asked for once.
pub(crate) struct Owner {
    github: Arc<GitHub>,
    /// GitHub's host, to which its addresses belong.
    host: String,
    known: OnceCell<Account>,
}

impl Owner {
    pub(crate) fn new(github: Arc<GitHub>, host: &str) -> Self {
        Self { github, host: host.to_owned(), known: OnceCell::new() }
    }

    pub(crate) async fn account(&self) -> Result<Account, Failure> {
        let ask = async || {
            let Told { id, login, name } =
                self.github.read(self.github.address(&["user"], &[]), DOING).await?;
            let email = format!("{id}+{login}@users.noreply.{}", self.host);
            let name = name.filter(|name| is_name(name)).unwrap_or(login);
            Ok(Account { name, email })
        };
        self.known.get_or_try_init(ask).await.cloned()
    }
}

/// Whether git would write it as it is.
fn is_name(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
        && !text.contains(|letter: char| letter.is_control() || "<>".contains(letter))
}
