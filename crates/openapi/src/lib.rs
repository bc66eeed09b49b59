//! One OpenAPI document for the whole of ocweb.
//!
//! Each service derives its own document from its own routes; this crate puts them together and
//! refuses what merging would hide: utoipa lets the later of two schemas of one name win silently.

mod written;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// Two services' documents that cannot be one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError {
    /// Two services describe different things under one schema name.
    #[error("the schema {name} of {service} differs from the one of another service: rename one of them")]
    Schema {
        /// Name of the schema.
        name: String,
        /// The service whose schema came second.
        service: &'static str,
    },
    /// Two services answer at one path.
    #[error("{service} has the path {path}, which another service has too")]
    Path {
        /// The path.
        path: String,
        /// The service whose path came second.
        service: &'static str,
    },
    /// Two operations have one id, which generated clients turn into one function.
    #[error("the operation id {id} of {service} is taken")]
    Operation {
        /// The id.
        id: String,
        /// The service whose operation came second.
        service: &'static str,
    },
}

/// Every service of ocweb with its document, in the order of the merged one.
pub fn services() -> Vec<(&'static str, OpenApi)> {
    vec![
        ("auth", ocweb_auth::openapi()),
        ("github-gateway", ocweb_github_gateway::openapi()),
        ("git-manager", ocweb_git_manager::openapi()),
        ("resource-monitor", ocweb_resource_monitor::openapi()),
        ("event-relay", ocweb_event_relay::openapi()),
        ("notifier", ocweb_notifier::openapi()),
        ("supervisor", ocweb_supervisor::openapi()),
    ]
}

/// The merged document as JSON.
pub fn merge(services: Vec<(&'static str, OpenApi)>) -> Result<Value, MergeError> {
    let mut paths = Map::new();
    let mut schemas = BTreeMap::new();
    let mut operations = BTreeMap::new();
    for (service, document) in services {
        // A document of utoipa's is always JSON.
        let document = serde_json::to_value(&document).unwrap_or_default();
        for (path, item) in members(&document, "/paths") {
            for id in operation_ids(item) {
                if operations.insert(id.clone(), service).is_some() {
                    return Err(MergeError::Operation { id, service });
                }
            }
            if paths.insert(path.clone(), with_problems(item)).is_some() {
                return Err(MergeError::Path { path: path.clone(), service });
            }
        }
        for (name, schema) in members(&document, "/components/schemas") {
            let known = schemas.entry(name.clone()).or_insert_with(|| schema.clone());
            if known != schema {
                return Err(MergeError::Schema { name: name.clone(), service });
            }
        }
    }
    written::as_written(&paths, &mut schemas);
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ocweb",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "ocweb's own API. opencode's is beside it on the same address; its document is at /doc. \
                            Log in at /auth/login: the cookie authorises everything but /admin/health. \
                            Errors are RFC 9457 problem documents."
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-ocweb" }
            }
        },
        "security": [{ "session": [] }]
    }))
}

fn members<'a>(document: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    document.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

/// The errors that every operation has alike: utoipa notes each body as JSON, and no handler lists what the
/// door (401, 403, 421, 503) or an extractor (400, 413, 415, 422) answers in its place.
fn with_problems(path_item: &Value) -> Value {
    let mut path_item = path_item.clone();
    let operations = path_item.as_object_mut().into_iter().flat_map(Map::values_mut);
    for responses in operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut()) {
        for content in
            responses.values_mut().filter_map(|response| response.get_mut("content")?.as_object_mut())
        {
            let is_problem = content.get("application/json").is_some_and(|body| body["schema"] == problem());
            if is_problem && let Some(body) = content.remove("application/json") {
                content.insert("application/problem+json".into(), body);
            }
        }
        responses.entry("default").or_insert_with(|| {
            json!({
                "description": "Any other problem, such as no login or a request that cannot be read",
                "content": { "application/problem+json": { "schema": problem() } }
            })
        });
    }
    path_item
}

fn problem() -> Value {
    json!({ "$ref": "#/components/schemas/Problem" })
}

fn operation_ids(path_item: &Value) -> Vec<String> {
    path_item
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, operation)| operation.get("operationId")?.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(value: Value) -> OpenApi {
        serde_json::from_value(value).unwrap()
    }

    fn with_schema(path: &str, operation: &str, schema: &Value) -> OpenApi {
        document(json!({
            "openapi": "3.1.0", "info": { "title": "x", "version": "1" },
            "paths": { path: { "get": { "operationId": operation, "responses": {} } } },
            "components": { "schemas": { "Thing": schema } }
        }))
    }

    #[test]
    fn two_different_schemas_of_one_name_are_refused() {
        let one = with_schema("/a", "a", &json!({ "type": "string" }));
        let other = with_schema("/b", "b", &json!({ "type": "integer" }));
        assert_eq!(
            merge(vec![("one", one), ("other", other)]),
            Err(MergeError::Schema { name: "Thing".into(), service: "other" })
        );
    }

    #[test]
    fn one_path_of_two_services_is_refused() {
        let schema = json!({ "type": "string" });
        let error =
            merge(vec![("one", with_schema("/a", "a", &schema)), ("other", with_schema("/a", "b", &schema))]);
        assert_eq!(error, Err(MergeError::Path { path: "/a".into(), service: "other" }));
    }

    #[test]
    fn one_operation_id_twice_is_refused() {
        let schema = json!({ "type": "string" });
        let error = merge(vec![
            ("one", with_schema("/a", "same", &schema)),
            ("other", with_schema("/b", "same", &schema)),
        ]);
        assert_eq!(error, Err(MergeError::Operation { id: "same".into(), service: "other" }));
    }

    #[test]
    fn the_committed_document_is_current() {
        let current = merge(services()).unwrap();
        let committed: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        assert!(
            current == committed,
            "crates/openapi/openapi.json is stale: cargo run -p ocweb-openapi > crates/openapi/openapi.json"
        );
    }

    /// The API that was promised (PRODUCT D6), route by route.
    #[test]
    fn every_promised_route_is_in_it() {
        let document = merge(services()).unwrap();
        for (method, path) in [
            ("post", "/admin/repos/clone"),
            ("delete", "/admin/repos/{owner}/{name}"),
            ("get", "/admin/repos"),
            ("get", "/admin/repos/github"),
            ("post", "/admin/worktrees"),
            ("delete", "/admin/worktrees/{owner}/{name}/{session_id}"),
            ("get", "/admin/worktrees"),
            ("post", "/admin/chats"),
            ("get", "/admin/chats"),
            ("get", "/admin/chats/{id}"),
            ("delete", "/admin/chats/{id}"),
            ("get", "/admin/disk"),
            ("post", "/admin/gc"),
            ("get", "/admin/processes"),
            ("post", "/admin/processes/{pid}/kill"),
            ("get", "/admin/health"),
            ("get", "/admin/services"),
            ("get", "/admin/instance"),
            ("get", "/auth/login"),
            ("post", "/auth/login"),
            ("post", "/auth/logout"),
            ("get", "/auth/check"),
            ("get", "/auth/sessions"),
            ("delete", "/auth/sessions"),
            ("delete", "/auth/sessions/{id}"),
        ] {
            assert!(document["paths"][path][method].is_object(), "{method} {path} is not documented");
        }
    }

    #[test]
    fn every_error_is_a_problem_document() {
        let document = merge(services()).unwrap();
        let mut problems = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                for response in operation["responses"].as_object().unwrap().values() {
                    assert_ne!(
                        response["content"]["application/json"]["schema"],
                        problem(),
                        "{method} {path}"
                    );
                    problems += usize::from(!response["content"]["application/problem+json"].is_null());
                }
            }
        }
        assert!(problems > 50, "only {problems} problem responses are documented");
    }

    /// Caddy decides by path: a route that it does not pass on cannot be reached by anybody.
    #[test]
    fn caddy_passes_every_route_on() {
        let caddyfile = include_str!("../../../caddy/Caddyfile");
        let document = merge(services()).unwrap();
        for path in document["paths"].as_object().unwrap().keys() {
            let exact = caddyfile.split(|c: char| c.is_whitespace() || c == '"').any(|word| word == path);
            let below = caddyfile
                .split_whitespace()
                .filter_map(|word| word.strip_suffix("/*"))
                .any(|prefix| prefix.starts_with("/admin/") && path.starts_with(&format!("{prefix}/")));
            let in_expression = ["/auth/sessions/", "/auth/tokens/"].into_iter().any(|prefix| {
                path.starts_with(prefix) && caddyfile.contains(&format!("startsWith(\"{prefix}\")"))
            });
            assert!(exact || below || in_expression, "caddy/Caddyfile has no route for {path}");
        }
    }
}
