//! Who may come in.
//!
//! One owner, one password, many browsers. A login gives a browser a signed cookie that names a
//! session; Caddy asks `/auth/check` about every request, and the answer is one HMAC and a look
//! into memory. A program comes in with a token instead, which may be good for a part of ocweb only ([`scope`]).
//! [`Authenticator`] knows the password, the sessions, the tokens and how often one may try; [`decision`] is the one rule of
//! who may come in; `http` translates.

mod authenticator;
mod clock;
mod decision;
#[cfg(test)]
mod fuzz;
mod host;
mod http;
mod identity;
mod keys;
mod list_file;
mod metrics;
mod password;
mod request_facts;
mod return_path;
mod scope;
mod secret;
mod session;
mod session_cookie;
mod session_store;
mod settings;
mod throttle;
mod token;
mod token_store;

pub use authenticator::{Authenticator, NewPasswordError, StartError, ensure_password, set_password};
pub use clock::{Clock, Moment};
pub use http::{openapi, router};
pub use password::PasswordError;
pub use settings::{SERVICE, Settings};
