//! The API's document, as far as other rooms rely on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[test]
fn the_document_names_every_route() {
    let document = serde_json::to_value(ocweb_resource_monitor::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let paths: Vec<_> = paths.keys().map(String::as_str).collect();
    assert_eq!(paths, ["/admin/disk", "/admin/load", "/admin/processes", "/admin/processes/{pid}/kill"]);
    let kill = &document["paths"]["/admin/processes/{pid}/kill"]["post"];
    assert_eq!(kill["operationId"], "kill_process");
    for schema in ["DiskUsage", "LoadReport", "ProcessList", "KillRequest", "KillOutcome", "Problem"] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
}
