//! The one config file: JSON with comments. It is read with the place of everything in it, so that a mistake can be shown
//! where it is, and changed without losing a comment.

use std::{collections::BTreeMap, fmt, path::Path};

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Array, Object, ObjectPropName, Value},
    common::{Range, Ranged},
    cst::{CstInputValue, CstRootNode},
    parse_to_ast,
};

use crate::settings::{self, Kind, PROVIDERS, Setting};

/// The key under which an editor looks for the schema.
const SCHEMA: &str = "$schema";

/// What a file says: values as the variables would say them, by key. A provider's key is under `providers.NAME`.
pub type Said = BTreeMap<String, String>;

/// What is wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// A sentence.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.text)
    }
}

/// Reads what a file says, or all that is wrong with it.
pub fn read(text: &str) -> Result<Said, Vec<Mistake>> {
    let mut reader = Reader { text, said: Said::new(), mistakes: Vec::new() };
    match parse_to_ast(text, &CollectOptions::default(), &syntax()) {
        Err(error) => {
            let mistake = Mistake {
                line: error.line_display(),
                column: error.column_display(),
                text: format!("{}.", error.kind()),
            };
            return Err(vec![mistake]);
        }
        Ok(parsed) => match parsed.value {
            None => {}
            Some(Value::Object(object)) => reader.object("", &object),
            Some(other) => reader.object_wanted("The file", &other),
        },
    }
    if reader.mistakes.is_empty() { Ok(reader.said) } else { Err(reader.mistakes) }
}

/// JSON with comments and commas at the end, and nothing looser: what editors call JSONC.
fn syntax() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

struct Reader<'a> {
    text: &'a str,
    said: Said,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn object(&mut self, group: &str, object: &Object<'_>) {
        let mut seen = Vec::new();
        for property in &object.properties {
            let name = property.name.as_str();
            let at = match &property.name {
                ObjectPropName::String(name) => name.range,
                ObjectPropName::Word(name) => name.range,
            };
            if seen.contains(&name) {
                self.mistake(at, format!("“{name}” is there twice."));
                continue;
            }
            seen.push(name);
            let key = if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") };
            self.property(&key, at, &property.value);
        }
    }

    fn property(&mut self, key: &str, at: Range, value: &Value<'_>) {
        if key == SCHEMA {
            return;
        }
        if settings::is_group(key) {
            return match value {
                Value::Object(object) => self.object(key, object),
                other => self.object_wanted(&format!("“{key}”"), other),
            };
        }
        let written = if let Some(name) = key.strip_prefix("providers.") {
            self.provider(name, at, value)
        } else if let Some(setting) = settings::by_key(key) {
            self.value(setting, value)
        } else if settings::by_file_key(key).is_some() {
            self.text(key, value)
        } else {
            let hint = nearest(key).map(|known| format!(" Is “{known}” meant?")).unwrap_or_default();
            return self.mistake(at, format!("There is no setting “{key}”.{hint}"));
        };
        if let Some(written) = written {
            self.said.insert(key.to_owned(), written);
        }
    }

    /// A setting as its variable would say it.
    fn value(&mut self, setting: &Setting, value: &Value<'_>) -> Option<String> {
        let written = match (setting.kind, value) {
            (Kind::Words(between), Value::Array(words)) => self.words(setting.key, words, between)?,
            (Kind::Words(_), other) => {
                self.wrong(setting.key, other, "must be a list of texts");
                return None;
            }
            (Kind::YesOrNo, Value::BooleanLit(answer)) => if answer.value { "yes" } else { "no" }.into(),
            (Kind::YesOrNo, other) => {
                self.wrong(setting.key, other, "must be true or false");
                return None;
            }
            (Kind::Number { .. }, Value::NumberLit(number)) => number.value.to_owned(),
            (Kind::Number { .. }, other) => {
                self.wrong(setting.key, other, "must be a number");
                return None;
            }
            (_, value) => self.text(setting.key, value)?,
        };
        if let Some(objection) = setting.objection(&written) {
            self.wrong(setting.key, value, &objection);
            return None;
        }
        Some(written)
    }

    fn text(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        if let Value::StringLit(text) = value {
            return Some(text.value.clone().into_owned());
        }
        self.wrong(key, value, "must be a text");
        None
    }

    fn words(&mut self, key: &str, words: &Array<'_>, between: char) -> Option<String> {
        let mut all = Vec::new();
        for word in &words.elements {
            let text = self.text(key, word)?;
            if text.contains(between) || text.trim().is_empty() {
                self.wrong(key, word, "must have one word in each text");
                return None;
            }
            all.push(text);
        }
        Some(all.join(&between.to_string()))
    }

    fn provider(&mut self, name: &str, at: Range, value: &Value<'_>) -> Option<String> {
        let is_variable =
            name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_variable || settings::SETTINGS.iter().any(|setting| setting.variable == name) {
            self.mistake(at, format!("“{name}” is no provider's variable, such as OPENROUTER_API_KEY."));
            return None;
        }
        self.text(&format!("{PROVIDERS}.{name}"), value)
    }

    fn object_wanted(&mut self, what: &str, value: &Value<'_>) {
        self.mistake(value.range(), format!("{what} must be an object: {{ … }}."));
    }

    fn wrong(&mut self, key: &str, value: &Value<'_>, objection: &str) {
        self.mistake(value.range(), format!("“{key}” {objection}."));
    }

    fn mistake(&mut self, at: Range, text: String) {
        let before = &self.text[..at.start];
        let line = before.rsplit('\n').next().unwrap_or_default();
        self.mistakes.push(Mistake {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            text,
        });
    }
}

/// The key that somebody may have meant.
fn nearest(key: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().replace(['_', '-'], "").to_lowercase();
    let wanted = last(key);
    settings::SETTINGS.iter().map(|setting| setting.key).find(|known| last(known) == wanted).or_else(|| {
        let variable = |setting: &&Setting| setting.variable.eq_ignore_ascii_case(key);
        settings::SETTINGS.iter().find(variable).map(|setting| setting.key)
    })
}

/// The file with one value changed, or added; its comments and all else stay.
pub fn with(text: &str, key: &str, value: &serde_json::Value) -> Result<String, Mistake> {
    let root = tree(text)?;
    let mut object = root.object_value_or_set();
    let (groups, name) = key.rsplit_once('.').map_or((None, key), |(group, name)| (Some(group), name));
    if let Some(group) = groups {
        object = object.object_value_or_set(group);
    }
    match object.get(name) {
        Some(property) => property.set_value(input(value)),
        None => drop(object.append(name, input(value))),
    }
    Ok(root.to_string())
}

/// A value, given as its variable would say it, as it stands in the file.
pub fn written(key: &str, value: &str) -> serde_json::Value {
    match settings::by_key(key).map(|setting| setting.kind) {
        Some(Kind::Number { .. }) => value.parse::<u64>().map_or_else(|_| value.into(), Into::into),
        Some(Kind::YesOrNo) if matches!(value, "yes" | "no") => (value == "yes").into(),
        Some(Kind::Words(_)) => {
            let words = value.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
            words.map(serde_json::Value::from).collect()
        }
        _ => value.into(),
    }
}

/// The file without a value.
pub fn without(text: &str, key: &str) -> Result<String, Mistake> {
    let root = tree(text)?;
    let object = root.object_value();
    let (object, name) = match key.rsplit_once('.') {
        Some((group, name)) => (object.and_then(|object| object.object_value(group)), name),
        None => (object, key),
    };
    if let Some(property) = object.and_then(|object| object.get(name)) {
        property.remove();
    }
    Ok(root.to_string())
}

fn tree(text: &str) -> Result<CstRootNode, Mistake> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    CstRootNode::parse(text, &syntax()).map_err(|error| Mistake {
        line: error.line_display(),
        column: error.column_display(),
        text: format!("{}.", error.kind()),
    })
}

fn input(value: &serde_json::Value) -> CstInputValue {
    match value {
        serde_json::Value::Null => CstInputValue::Null,
        serde_json::Value::Bool(value) => CstInputValue::Bool(*value),
        serde_json::Value::Number(number) => CstInputValue::Number(number.to_string()),
        serde_json::Value::String(text) => CstInputValue::String(text.clone()),
        serde_json::Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        serde_json::Value::Object(members) => {
            CstInputValue::Object(members.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}

/// Where the file lies: `OCWEB_CONFIG`, else `ocweb/config.jsonc` among the user's configuration.
pub fn path(variable: impl Fn(&str) -> Option<String>) -> Option<std::path::PathBuf> {
    if let Some(path) = variable("OCWEB_CONFIG") {
        return Some(path.into());
    }
    let folder = variable("XDG_CONFIG_HOME").filter(|folder| Path::new(folder).is_absolute());
    let folder = folder.map(Into::into).or_else(|| Some(Path::new(&variable("HOME")?).join(".config")));
    folder.map(|folder: std::path::PathBuf| folder.join("ocweb/config.jsonc"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        read(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_says_what_the_variables_would() {
        let text = r#"{
            "$schema": "https://example.org/config.schema.json",
            // the login
            "password_file": "~/.secret",
            "server": { "port": 8081, "plain_http": true, "trusted_proxies": ["10.0.0.0/8", "::1"], },
            "providers": { "OPENROUTER_API_KEY": "sk-or-1" },
        }"#;
        let said = read(text).unwrap();
        let expected = [
            ("password_file", "~/.secret"),
            ("providers.OPENROUTER_API_KEY", "sk-or-1"),
            ("server.plain_http", "yes"),
            ("server.port", "8081"),
            ("server.trusted_proxies", "10.0.0.0/8 ::1"),
        ];
        assert_eq!(said, expected.into_iter().map(|(key, value)| (key.into(), value.into())).collect());
        assert!(read("").unwrap().is_empty() && read("// nothing\n").unwrap().is_empty());
    }

    #[test]
    fn the_files_that_clusters_are_given_have_no_mistakes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/kustomize");
        for file in ["base", "example"] {
            let text = std::fs::read_to_string(folder.join(file).join("config.jsonc")).unwrap();
            let said = read(&text).unwrap_or_else(|mistakes| panic!("{file}: {mistakes:?}"));
            // Else the pod would refuse to speak plain HTTP with the gateway.
            assert_eq!(said["server.trusted_proxies"], "private_ranges");
        }
    }

    #[test]
    fn each_mistake_is_shown_where_it_is() {
        let text = "{\n  \"prot\": 1,\n  \"server\": { \"port\": \"8080\", \"Port\": 1 },\n  \"data\": \"here\",\n  \"github\": [],\n  \"log\": \"a\", \"log\": \"b\"\n}";
        assert_eq!(
            mistakes(text),
            [
                "line 2, column 3: There is no setting “prot”.",
                "line 3, column 23: “server.port” must be a number.",
                "line 3, column 31: There is no setting “server.Port”. Is “server.port” meant?",
                "line 4, column 11: “data” must be a whole path, or begin with ~/.",
                "line 5, column 13: “github” must be an object: { … }.",
                "line 6, column 15: “log” is there twice.",
            ]
        );
        assert_eq!(
            mistakes("{\"OCWEB_PORT\": 1}"),
            ["line 1, column 2: There is no setting “OCWEB_PORT”. Is “server.port” meant?"]
        );
        assert!(mistakes("{\n  \"log\" \"info\"\n}")[0].starts_with("line 2, column "));
        assert!(mistakes("[]")[0].contains("must be an object"));
        assert!(mistakes(r#"{"providers": {"GITHUB_TOKEN": "x"}}"#)[0].contains("no provider's variable"));
    }

    #[test]
    fn a_change_keeps_the_comments() {
        let text = "{\n  // mine\n  \"log\": \"info\", // loud\n  \"server\": {\n    \"port\": 8080 // usual\n  }\n}\n";
        let changed = with(text, "server.port", &json!(9000)).unwrap();
        assert_eq!(changed, text.replace("8080", "9000"));
        let added = with(text, "github.user", &json!("ada")).unwrap();
        assert!(added.contains("// mine") && added.contains("// usual"), "{added}");
        assert_eq!(read(&added).unwrap()["github.user"], "ada");
        let removed = without(&added, "server.port").unwrap();
        assert!(
            removed.contains("// mine") && !read(&removed).unwrap().contains_key("server.port"),
            "{removed}"
        );
        let new = with("", "server.trusted_proxies", &json!(["10.0.0.0/8"])).unwrap();
        assert_eq!(read(&new).unwrap()["server.trusted_proxies"], "10.0.0.0/8");
    }
}
