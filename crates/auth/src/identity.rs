//! Who sends a request, as far as it can be proved.

use crate::{scope::Scope, session::SessionId};

/// Proved by a cookie, by a token, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody whom we know.
    Stranger,
    /// A browser that has logged in.
    Login(SessionId),
    /// A program with a token that holds.
    Program {
        /// The token's id.
        token: SessionId,
        /// What it may do.
        scope: Scope,
    },
    /// A program with a token whose time is over.
    Expired,
}
