//! The only pages this service has: the login, and a sentence for a person who cannot go on.
//!
//! No script, no file to fetch, and a policy that allows just the one style that is in the page.

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::return_path::ReturnPath;

const STYLE: &str = include_str!("page.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 and the text around it are ASCII")
});

/// The login page, with a sentence about what went wrong before.
pub(super) fn login(status: StatusCode, next: &ReturnPath, error: Option<&str>) -> Response {
    let next = escape(next.as_str());
    let (invalid, error) = match error {
        None => ("", String::new()),
        Some(error) => (
            r#" aria-invalid="true" aria-describedby="error""#,
            format!("<p class=\"error\" id=\"error\" role=\"alert\">{}</p>\n", escape(error)),
        ),
    };
    page(
        status,
        "log in",
        &format!(
            r#"<form method="post" action="/auth/login">
<input type="hidden" name="next" value="{next}">
<input class="for-password-managers" type="text" name="username" value="ocweb" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
<label for="password">password</label>
<input id="password" type="password" name="password" autocomplete="current-password" autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go" maxlength="1024" required autofocus{invalid}>
{error}<button type="submit">log in</button>
</form>"#
        ),
    )
}

/// A sentence for a person.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    page(status, &title.to_lowercase(), &format!("<p>{}</p>", escape(text)))
}

fn page(status: StatusCode, title: &str, content: &str) -> Response {
    let document = format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#000000">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>ocweb: {title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>ocweb</h1>
{content}
</main>
</body>
</html>
"##
    );
    // `no-referrer` would blank the form's Origin, which we check.
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, Html(document)).into_response()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_markup() {
        assert_eq!(escape(r#"/"><script a='b&c'>"#), "/&quot;&gt;&lt;script a=&#39;b&amp;c&#39;&gt;");
    }
}
