//! Tokens and the password of the ocweb that runs, through the local door of its `auth`: who may open the socket may do it.
//! Where the agent may as well, being the same user, `auth` wants the password for what would give it more than it has.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    instance::{Answer, Instance},
};

/// The service with the door.
const AUTH: &str = "auth";

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is good for.
    pub scope: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last used; nothing when it never was.
    pub last_used_at: Option<String>,
    /// When it ends by itself; nothing when it does not.
    pub expires_at: Option<String>,
    /// Whether it has.
    pub expired: bool,
}

/// A token that was just made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// Its text, which is told this once.
    pub token: String,
    /// What it is good for.
    pub scope: String,
    /// When it ends by itself; nothing when it does not.
    pub expires_at: Option<String>,
}

/// Makes a token. `ask` gives the password, where that is wanted.
pub fn make(
    instance: &Instance,
    name: &str,
    scope: &str,
    expires: &str,
    ask: impl FnOnce() -> Result<String, Failure>,
) -> Result<Made, Failure> {
    let wanted = json!({ "name": name, "scope": scope, "expires": expires });
    read(done(send_proven(instance, "/local/tokens", wanted, ask)?)?)
}

/// The tokens, the latest first.
pub fn list(instance: &Instance) -> Result<Vec<Token>, Failure> {
    let mut answer = done(instance.get(AUTH, "/local/tokens")?)?;
    read(answer["tokens"].take())
}

/// Revokes a token by its name or id.
pub fn revoke(instance: &Instance, word: &str) -> Result<Token, Failure> {
    let token = the_one(list(instance)?, word)?;
    done(instance.send(AUTH, Method::DELETE, &format!("/local/tokens/{}", token.id), None)?)?;
    Ok(token)
}

/// Whether the password was set where the one that runs was started, which then takes no other. An older one does not tell.
pub fn password_is_fixed(instance: &Instance) -> Result<bool, Failure> {
    Ok(instance.get(AUTH, "/local/password")?.body["is_fixed"] == true)
}

/// Changes the password. `ask` gives the one that holds, where that is wanted.
pub fn change_password(
    instance: &Instance,
    password: &str,
    ask: impl FnOnce() -> Result<String, Failure>,
) -> Result<(), Failure> {
    done(send_proven(instance, "/local/password", json!({ "password": password }), ask)?).map(drop)
}

/// Sends it once more with the password, where it takes that.
fn send_proven(
    instance: &Instance,
    path: &str,
    mut wanted: Value,
    ask: impl FnOnce() -> Result<String, Failure>,
) -> Result<Answer, Failure> {
    let answer = instance.send(AUTH, Method::POST, path, Some(&wanted))?;
    if answer.body["type"] != "password-needed" {
        return Ok(answer);
    }
    wanted["current_password"] = ask()?.into();
    instance.send(AUTH, Method::POST, path, Some(&wanted))
}

/// What was meant by a word. Ids cannot be guessed, names can be given twice.
fn the_one(tokens: Vec<Token>, word: &str) -> Result<Token, Failure> {
    if let Some(token) = tokens.iter().find(|token| token.id == word) {
        return Ok(token.clone());
    }
    let mut named: Vec<_> = tokens.into_iter().filter(|token| token.name == word).collect();
    match (named.pop(), named.as_slice()) {
        (Some(token), []) => Ok(token),
        (Some(token), others) => {
            let ids: Vec<_> = others.iter().chain([&token]).map(|token| token.id.as_str()).collect();
            Err(Failure::Usage(format!(
                "{} tokens are called {word}. Say which by its id: {}",
                ids.len(),
                ids.join(", ")
            )))
        }
        (None, _) => Err(Failure::Usage(format!("There is no token {word}; `ocweb token list` lists them."))),
    }
}

/// What cannot be meant was typed wrongly.
fn done(answer: Answer) -> Result<Value, Failure> {
    let status = answer.status;
    answer.expect_success().map_err(|failure| match status {
        StatusCode::UNPROCESSABLE_ENTITY => Failure::Usage(failure.to_string()),
        _ => failure,
    })
}

fn read<T: serde::de::DeserializeOwned>(body: Value) -> Result<T, Failure> {
    serde_json::from_value(body).map_err(|error| {
        Failure::Other(format!(
            "auth answers what this command does not understand ({error}): are both of one version?"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str, name: &str) -> Token {
        let text = || String::from("x");
        Token {
            id: id.into(),
            name: name.into(),
            scope: text(),
            created_at: text(),
            last_used_at: None,
            expires_at: None,
            expired: false,
        }
    }

    #[test]
    fn a_token_is_meant_by_its_id_or_by_a_name_that_only_it_has() {
        let tokens = || vec![token("1", "laptop"), token("2", "ci"), token("3", "ci"), token("4", "1")];
        let meant =
            |word: &str| the_one(tokens(), word).map(|token| token.id).map_err(|failure| failure.to_string());
        assert_eq!(meant("laptop"), Ok("1".into()));
        assert_eq!(meant("3"), Ok("3".into()));
        assert_eq!(meant("1"), Ok("1".into()), "an id comes first");
        assert_eq!(meant("ci"), Err("2 tokens are called ci. Say which by its id: 2, 3".into()));
        assert!(meant("lap").unwrap_err().starts_with("There is no token lap"));
    }
}
