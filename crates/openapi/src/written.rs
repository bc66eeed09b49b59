//! What utoipa cannot know of the schemas: how a value looks that we write.
//!
//! A service writes every field of an answer, `null` where there is nothing; utoipa derives one description for
//! reading and writing, in which each `Option` may be absent. Who generates a client from the document would have to
//! ask for a third case that never comes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Describes the schemas as they are written: in those that no request has, a field that may be `null` or has a
/// default is always there. A field that is really left out at times is one that is not nullable.
pub(crate) fn as_written(paths: &Map<String, Value>, schemas: &mut BTreeMap<String, Value>) {
    let read = read_schemas(paths, schemas);
    for (name, schema) in schemas {
        collapse(schema);
        if !read.contains(name) {
            require(schema);
        }
    }
}

/// The names of the schemas that a request has, or has within.
fn read_schemas(paths: &Map<String, Value>, schemas: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let mut open = Vec::new();
    for operation in paths.values().filter_map(Value::as_object).flat_map(Map::values) {
        references(&operation["requestBody"], &mut open);
        references(&operation["parameters"], &mut open);
    }
    let mut read = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && read.insert(name)
        {
            references(schema, &mut open);
        }
    }
    read
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            found.extend(name.and_then(|name| name.strip_prefix("#/components/schemas/")).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn require(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(properties) = members.get("properties").and_then(Value::as_object) {
        let mut required: BTreeSet<&str> = members
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        required.extend(properties.iter().filter(|(_, it)| is_written(it)).map(|(name, _)| name.as_str()));
        // In the order of the properties, as utoipa has it.
        let required: Vec<Value> = properties
            .keys()
            .filter(|name| required.contains(name.as_str()))
            .cloned()
            .map(Value::from)
            .collect();
        if !required.is_empty() {
            members.insert("required".into(), required.into());
        }
    }
    members.values_mut().for_each(require_within);
}

fn require_within(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(require_within);
            require(value);
        }
        Value::Array(items) => items.iter_mut().for_each(require_within),
        _ => {}
    }
}

fn is_written(property: &Value) -> bool {
    let is_null = |schema: &Value| schema["type"] == "null";
    let has_null = |name: &str| property[name].as_array().is_some_and(|of| of.iter().any(is_null));
    let types = property["type"].as_array();
    property.get("default").is_some()
        || types.is_some_and(|types| types.iter().any(|name| name == "null"))
        || has_null("oneOf")
        || has_null("anyOf")
}

/// An inlined schema that has a description of its own too is written by utoipa as "this, and an object", which an
/// enumeration of strings never is.
fn collapse(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(collapse),
        Value::Array(items) => items.iter_mut().for_each(collapse),
        _ => return,
    }
    let Some([inlined, described]) = value["allOf"].as_array().map(Vec::as_slice) else { return };
    let says_nothing = described.as_object().is_some_and(|members| {
        members.iter().all(|(name, value)| name == "description" || (name == "type" && value == "object"))
    });
    if says_nothing && inlined.get("$ref").is_none() && inlined.is_object() {
        let mut inlined = inlined.clone();
        inlined["description"] = described["description"].clone();
        *value = inlined;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_only_answered_has_every_field() {
        let paths = json!({"/a": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Told"}}}}}
        }}});
        let thing = json!({
            "type": "object", "required": ["b"],
            "properties": {
                "a": {"type": ["string", "null"]},
                "b": {"type": "string"},
                "c": {"oneOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]},
                "d": {"type": "boolean", "default": true},
                "e": {"type": "string"}
            }
        });
        let mut schemas = BTreeMap::from([
            ("Asked".to_owned(), json!({"properties": {"inner": {"$ref": "#/components/schemas/Inner"}}})),
            ("Inner".to_owned(), thing.clone()),
            ("Told".to_owned(), thing.clone()),
        ]);
        as_written(paths.as_object().unwrap(), &mut schemas);
        assert_eq!(schemas["Told"]["required"], json!(["a", "b", "c", "d"]));
        assert_eq!(schemas["Inner"], thing, "a request has it too");
    }

    #[test]
    fn an_inlined_schema_keeps_its_kind_and_gets_the_fields_description() {
        let mut schema = json!({"properties": {"state": {"allOf": [
            {"type": "string", "enum": ["on"], "description": "Which."},
            {"type": "object", "description": "How it is."}
        ]}}});
        collapse(&mut schema);
        assert_eq!(
            schema["properties"]["state"],
            json!({"type": "string", "enum": ["on"], "description": "How it is."})
        );
    }
}
