//! How a call to opencode can go wrong, as far as a caller acts differently.

/// A call to opencode that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens at the address, or its supervisor says that it is still starting: nothing runs in it either.
    #[error("opencode is not running")]
    Refused(#[source] Option<reqwest::Error>),
    /// No answer in time, or the connection broke: whether it was done is not known.
    #[error("opencode did not answer in time")]
    TimedOut(#[source] reqwest::Error),
    /// opencode says that the session or message does not exist.
    #[error("opencode does not know it")]
    NotFound,
    /// opencode says that the session is at work, and did nothing.
    #[error("the session is at work")]
    Busy,
    /// Something came back that this client does not understand.
    #[error("opencode answered {call} unexpectedly: {detail}")]
    Unexpected {
        /// The call, such as `POST /session/…/abort`.
        call: String,
        /// Status and the beginning of the answer.
        detail: String,
    },
}

impl Error {
    /// True when the same call may succeed once opencode is up again.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TimedOut(_))
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // A connection that could not be made in time is both; only a refusal proves that nobody is there.
        if error.is_connect() && !error.is_timeout() {
            Self::Refused(Some(error))
        } else {
            Self::TimedOut(error)
        }
    }
}
