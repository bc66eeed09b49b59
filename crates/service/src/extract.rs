//! Extractors whose rejections are problem documents.
//!
//! Handlers use these in place of axum's own, so that a bad body, query or path is answered in the
//! same form as every other error.

use std::{fmt, marker::PhantomData};

use axum::{
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    response::IntoResponse,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{Problem, printable};

/// A JSON body, which is an object. 400 when it is not JSON, 413 when too large, 415 without the content type, 422 when
/// it is JSON of the wrong shape.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(Object(value)) =
            <axum::Json<Object<T>> as FromRequest<S>>::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// Where there need not be a body.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let body = <axum::Json<Object<T>> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(body.map(|axum::Json(Object(value))| Self(value)))
    }
}

/// What is read from an object alone. Left to itself, serde takes a list for an object whose fields have no names, and an
/// empty one for an object that says nothing.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// Parameters of the query string. 400 when they cannot be read.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// Parameters of the path. 400 when they cannot be read.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), printable(&rejection.body_text()))
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), printable(&rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), printable(&rejection.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::header};

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Wanted {
        dry_run: bool,
        names: Vec<String>,
    }

    fn request(body: &'static str) -> Request {
        Request::builder().header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    }

    #[tokio::test]
    async fn a_body_is_an_object() {
        let read = async |body| {
            let read = <Json<Wanted> as FromRequest<()>>::from_request(request(body), &()).await;
            read.map(|Json(wanted)| wanted).map_err(|problem| problem.status)
        };
        let wanted = Wanted { dry_run: true, names: vec!["a".into()] };
        assert_eq!(read(r#"{"dry_run":true,"names":["a"]}"#).await, Ok(wanted));
        assert_eq!(read("{}").await, Ok(Wanted::default()));
        for body in ["[]", "[true]", "7", "\"x\"", "null", r#"{"dry_run":[]}"#] {
            assert_eq!(read(body).await.unwrap_err(), 422, "{body}");
        }
        for body in ["", "{", "{}x"] {
            assert_eq!(read(body).await.unwrap_err(), 400, "{body}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_repeated_in_short_and_printable() {
        let body = format!(r#"{{"dry_run":"a\r\nb\u0000{}"}}"#, "x".repeat(5000));
        let request =
            Request::builder().header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
        let read = <Json<Wanted> as FromRequest<()>>::from_request(request.unwrap(), &()).await;
        let Problem { detail, .. } = read.unwrap_err();
        assert!(detail.contains("dry_run: invalid type") && detail.ends_with("x …"), "{detail}");
        assert!(detail.len() < 400 && !detail.contains(char::is_control), "{detail}");
    }

    #[tokio::test]
    async fn there_need_not_be_one() {
        let none = <Json<Wanted> as OptionalFromRequest<()>>::from_request(Request::default(), &()).await;
        assert!(none.is_ok_and(|none| none.is_none()));
        let list = <Json<Wanted> as OptionalFromRequest<()>>::from_request(request("[]"), &()).await;
        assert_eq!(list.unwrap_err().status, 422);
    }
}
