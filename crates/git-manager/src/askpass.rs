//! Answering git when it asks for a name and a password.
//!
//! git runs the program in `GIT_ASKPASS` with its question as the argument. That program is this very
//! binary, told by [`ORIGIN`] in its environment that it is asked. The question names the address that
//! wants to know, and only GitHub's own gets an answer: whoever redirects git, or is named by a
//! submodule or a configuration, gets nothing.

use std::{ffi::OsStr, io::Read};

use ocweb_service::Environment;
use reqwest::Url;

/// Variable: the origin (`https://github.com`) that may be answered.
pub const ORIGIN: &str = "OCWEB_ASKPASS_ORIGIN";
/// Variable: what to answer as the username.
pub const USERNAME: &str = "OCWEB_ASKPASS_USERNAME";
/// Variable: the inherited descriptor that the token is read from.
pub const DESCRIPTOR: &str = "OCWEB_ASKPASS_DESCRIPTOR";

/// What git wants to know.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    Username(Url),
    Password(Url),
}

/// Whether this process was started by git to be asked.
pub fn is_asked(environment: &Environment) -> bool {
    environment.get(ORIGIN).is_some()
}

/// The answer to git's question, or nothing when it must have none.
pub fn answer(environment: &Environment, question: Option<&OsStr>) -> Option<String> {
    let origin = Url::parse(environment.get(ORIGIN)?).ok()?.origin();
    match Question::parse(question?.to_str()?)? {
        Question::Username(url) if url.origin() == origin => environment.get(USERNAME).map(Into::into),
        Question::Password(url) if url.origin() == origin => {
            let descriptor: u32 = environment.get(DESCRIPTOR)?.parse().ok()?;
            let mut token = String::new();
            // Opened anew through /proc, so that each reader begins at the start.
            std::fs::File::open(format!("/proc/self/fd/{descriptor}"))
                .ok()?
                .read_to_string(&mut token)
                .ok()?;
            Some(token)
        }
        _ => None,
    }
}

impl Question {
    /// `Username for 'https://github.com': ` or `Password for 'https://user@github.com': `.
    fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once(" for '")?;
        let url = Url::parse(rest.trim_end().strip_suffix("':")?).ok()?;
        match what {
            "Username" => Some(Self::Username(url)),
            "Password" => Some(Self::Password(url)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::fd::AsRawFd};

    use super::*;

    fn ask(question: &str) -> Option<String> {
        let mut token = tempfile::tempfile().unwrap();
        token.write_all(b"s3cret").unwrap();
        let descriptor = token.as_raw_fd().to_string();
        let environment: Environment =
            [(ORIGIN, "https://github.com"), (USERNAME, "me"), (DESCRIPTOR, &descriptor)]
                .into_iter()
                .collect();
        answer(&environment, Some(OsStr::new(question)))
    }

    #[test]
    fn github_is_answered() {
        assert_eq!(ask("Username for 'https://github.com': ").as_deref(), Some("me"));
        assert_eq!(ask("Password for 'https://me@github.com': ").as_deref(), Some("s3cret"));
        assert_eq!(ask("Password for 'https://me@github.com:443/o/n.git': ").as_deref(), Some("s3cret"));
    }

    #[test]
    fn nobody_else_is() {
        let questions = [
            "Password for 'http://me@github.com': ",
            "Password for 'https://me@github.com:8443': ",
            "Password for 'https://github.com@evil.example': ",
            "Password for 'https://github.com.evil.example': ",
            "Password for 'https://evil.example/https://github.com': ",
            "Password for 'https://evil.example' for 'https://github.com': ",
            "Passphrase for 'https://github.com': ",
            "Password: ",
            "",
        ];
        for question in questions {
            assert_eq!(ask(question), None, "{question:?}");
        }
    }
}
