//! The login page and its form.

use axum::{
    extract::{
        Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Shared,
    caller::{Caller, return_to, with_cookie},
    page,
};
use crate::{
    authenticator::{LoginAttempt, LoginError, whole_seconds},
    return_path::ReturnPath,
    session_cookie,
};

#[derive(Default, Deserialize, IntoParams)]
pub(super) struct LoginQuery {
    /// Path to go to after the login. One that would lead elsewhere counts as `/`.
    next: Option<String>,
}

/// What the login page posts.
#[derive(Deserialize, ToSchema)]
pub(super) struct LoginForm {
    /// The owner's password.
    #[schema(format = Password)]
    password: String,
    /// Path to go to after the login. One that would lead elsewhere counts as `/`.
    next: Option<String>,
}

fn return_path(next: Option<&str>) -> ReturnPath {
    next.and_then(ReturnPath::parse).unwrap_or_default()
}

/// Shows the login page
#[utoipa::path(
    get,
    path = "/auth/login",
    operation_id = "show_login",
    tag = "auth",
    params(LoginQuery),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "Logged in already: on to `next`"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_login(caller: Caller, query: Result<Query<LoginQuery>, QueryRejection>) -> Response {
    // A query that cannot be read is no reason to keep anybody from the page.
    let next = return_path(query.ok().and_then(|Query(query)| query.next).as_deref());
    if caller.session.is_some() { return_to(&next) } else { page::login(StatusCode::OK, &next, None) }
}

/// Logs in
///
/// A browser is sent on to `next`; a client that accepts JSON gets 204. Both get the cookie.
#[utoipa::path(
    post,
    path = "/auth/login",
    operation_id = "log_in",
    tag = "auth",
    request_body(content = LoginForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 204, description = "Logged in; the answer to a client that accepts JSON"),
        (status = 303, description = "Logged in: on to `next`"),
        (status = 401, description = "Not the password", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Far too long for a password", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A form without a password", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = Problem, content_type = "application/problem+json", headers(
            ("Retry-After" = u64, description = "Seconds until the next attempt"),
        )),
    )
)]
pub(super) async fn log_in(
    State(shared): State<Shared>,
    caller: Caller,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Response {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return failed(unreadable_form(&rejection), &caller, &ReturnPath::default()),
    };
    let next = return_path(form.next.as_deref());
    let attempt = LoginAttempt {
        password: &form.password,
        address: caller.address,
        user_agent: &caller.user_agent,
        replaces: caller.session,
    };
    match shared.log_in(attempt).await {
        Ok(cookie) => {
            let response =
                if caller.wants_json { StatusCode::NO_CONTENT.into_response() } else { return_to(&next) };
            with_cookie(response, &session_cookie::set(cookie, caller.scheme))
        }
        Err(error) => failed(error.into(), &caller, &next),
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongPassword | LoginError::NoPassword(_) => {
                Self::new(StatusCode::UNAUTHORIZED, error.to_string())
                    .kind("wrong-password", "Wrong password")
            }
            LoginError::Throttled(wait) => Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
                .kind("too-many-attempts", "Too many attempts")
                .retry_after(whole_seconds(wait)),
            LoginError::Random(_) => Self::internal(error),
        }
    }
}

fn unreadable_form(rejection: &FormRejection) -> Problem {
    let detail = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "That is far too long to be the password.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The login takes a form (application/x-www-form-urlencoded).",
        _ => "The login takes a form with one field named password.",
    };
    Problem::new(rejection.status(), detail)
}

/// The form once more with what went wrong, or the problem as it is for programs.
fn failed(problem: Problem, caller: &Caller, next: &ReturnPath) -> Response {
    if caller.wants_json {
        return problem.into_response();
    }
    let message = problem.detail.clone();
    let answer = problem.into_response();
    let mut page = page::login(answer.status(), next, Some(&message));
    if let Some(wait) = answer.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    page
}
