//! The schema of the config file, for editors and for who checks it elsewhere.

use serde_json::{Map, Value, json};

use crate::settings::{Kind, PROVIDERS, SETTINGS, Setting};

/// JSON Schema, draft 2020-12.
pub fn schema() -> Value {
    let mut top = Map::new();
    top.insert("$schema".into(), json!({ "type": "string" }));
    for setting in SETTINGS {
        let members = match setting.key.split_once('.') {
            None => &mut top,
            Some((group, _)) => members_of(&mut top, group),
        };
        let name = setting.key.rsplit('.').next().unwrap_or_default();
        members.insert(name.into(), of(setting));
        if setting.kind == Kind::Secret {
            let about = format!("A file with it. {}", setting.about);
            members.insert(format!("{name}_file"), json!({ "type": "string", "description": about }));
        }
    }
    let providers = json!({
        "type": "object",
        "description": "Keys of model providers, by the variable that opencode knows them by, such as OPENROUTER_API_KEY; with _FILE after it: a file with the key.",
        "propertyNames": { "pattern": "^[A-Z0-9_]+$" },
        "additionalProperties": { "type": "string" },
    });
    top.insert(PROVIDERS.into(), providers);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ocweb",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn members_of<'a>(top: &'a mut Map<String, Value>, group: &str) -> &'a mut Map<String, Value> {
    let object = top
        .entry(group)
        .or_insert_with(|| json!({ "type": "object", "additionalProperties": false, "properties": {} }));
    match object.pointer_mut("/properties") {
        Some(Value::Object(members)) => members,
        _ => unreachable!("it was made just now"),
    }
}

fn of(setting: &Setting) -> Value {
    let mut one = match setting.kind {
        Kind::Number { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::YesOrNo => json!({ "type": "boolean" }),
        Kind::Words(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Address => json!({ "type": "string", "pattern": "^https?://" }),
        Kind::Path => json!({ "type": "string", "pattern": "^(/|~/)" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Text | Kind::Secret => json!({ "type": "string" }),
    };
    one["description"] = format!("{} ({})", setting.about, setting.variable).into();
    if let Some(default) = setting.default {
        one["default"] = match setting.kind {
            Kind::Number { .. } => default.parse::<u64>().map_or(Value::Null, Value::from),
            Kind::YesOrNo => (default == "yes").into(),
            _ => default.into(),
        };
    }
    one
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_published_one_is_this() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.schema.json");
        let published = std::fs::read_to_string(path).unwrap_or_default();
        let now = format!("{:#}\n", schema());
        assert!(published == now, "write it anew: ocweb config schema > docs/config.schema.json");
    }

    #[test]
    fn it_has_every_setting_with_its_default() {
        let schema = schema();
        let count = |members: &Value| members.as_object().map_or(0, Map::len);
        let top = &schema["properties"];
        let groups: BTreeSet<_> =
            SETTINGS.iter().filter_map(|setting| Some(setting.key.split_once('.')?.0)).collect();
        let inner: usize = groups.iter().map(|group| count(&top[group]["properties"])).sum();
        let secrets = SETTINGS.iter().filter(|setting| setting.kind == Kind::Secret).count();
        // Besides: `$schema`, `providers`, and the groups themselves.
        assert_eq!(count(top) + inner, SETTINGS.len() + secrets + 2 + groups.len());
        assert_eq!(top["server"]["properties"]["port"]["default"], 8080);
    }
}
