//! A request that does not go on: the sentence, in the form in which the program that asked shows it to whoever waits.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::address::Service;

/// What is not let in, or did not get through: a status and one sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed(pub StatusCode, pub String);

impl Closed {
    /// As git or git-lfs shows it. A push is told by [`crate::push::refuse`], which knows its references.
    pub(crate) fn tell(self, service: Option<Service>) -> Response {
        let Self(status, sentence) = self;
        match service {
            // Whatever has another status than 200 git tells by its number alone, but for the first request.
            Some(Service::Reading) => {
                let line = format!("ERR {sentence}\n");
                let kind = [(header::CONTENT_TYPE, "application/x-git-upload-pack-result")];
                (kind, format!("{:04x}{line}", line.len() + 4)).into_response()
            }
            Some(service) if service.is_of_large_files() => {
                let kind = [(header::CONTENT_TYPE, "application/vnd.git-lfs+json")];
                (status, kind, json!({"message": sentence}).to_string()).into_response()
            }
            // git shows a text behind "remote:", and no other kind of body.
            _ => {
                let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
                (status, kind, sentence + "\n").into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(service: Option<Service>) -> (u16, String) {
        let response = Closed(StatusCode::FORBIDDEN, "ocweb: no.".into()).tell(service);
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_program_is_told_in_its_own_way() {
        assert_eq!(told(None).await, (403, "ocweb: no.\n".into()));
        assert_eq!(told(Some(Service::ReadingRefs)).await, (403, "ocweb: no.\n".into()));
        assert_eq!(told(Some(Service::Reading)).await, (200, "0013ERR ocweb: no.\n".into()));
        assert_eq!(told(Some(Service::Locking)).await, (403, r#"{"message":"ocweb: no."}"#.into()));
    }
}
