//! The domain's errors as problem documents.

use std::io;

use axum::http::StatusCode;
use ocweb_service::Problem;

use crate::notifier::ChangeError;

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Invalid(error) => invalid(error.to_string()),
            ChangeError::NotWritten(error) => not_written(&error),
        }
    }
}

/// Something in the request cannot be used.
pub(super) fn invalid(detail: String) -> Problem {
    Problem::bad_request(detail).kind("invalid-setting", "This setting cannot be used")
}

/// It could not be written down.
pub(super) fn not_written(error: &io::Error) -> Problem {
    if !matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return Problem::internal(error);
    }
    let detail = "The disk is full, so the change could not be written down. Delete worktrees or repositories, then try again.";
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail).kind("disk-full", "The disk is full")
}
