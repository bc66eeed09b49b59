//! The API's description.

#[test]
fn every_route_is_described() {
    let document = serde_json::to_value(ocweb_auth::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert_eq!(operation["tags"], serde_json::json!(["auth"]), "{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()),
                "{method} {path}"
            );
            operations.push(format!("{method} {path} {}", operation["operationId"].as_str().unwrap()));
        }
    }
    operations.sort();
    assert_eq!(
        operations,
        [
            "delete /auth/sessions revoke_sessions",
            "delete /auth/sessions/{id} revoke_session",
            "delete /auth/tokens/{id} revoke_token",
            "get /auth/check check_request",
            "get /auth/login show_login",
            "get /auth/sessions list_sessions",
            "get /auth/tokens list_tokens",
            "post /auth/login log_in",
            "post /auth/logout log_out",
            "post /auth/tokens make_token",
        ]
    );
    let schemas = document["components"]["schemas"].as_object().unwrap().keys().collect::<Vec<_>>();
    assert_eq!(
        schemas,
        [
            "AccessToken",
            "AccessTokenList",
            "LoginForm",
            "LoginSession",
            "LoginSessionList",
            "MadeAccessToken",
            "NewAccessToken",
            "Problem",
            "TokenScope"
        ]
    );
}
