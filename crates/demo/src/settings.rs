//! How a product is pointed at a world: environment variables, and a settings file for opencode.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};

use crate::{github, secrets::Secrets, sharing};

const NOTICE: &str = "Demo: GitHub and the model are played here.";

/// The variables to start the product with.
pub(crate) fn environment(url: &str, secrets: &Secrets, opencode_config: &Path) -> Vec<(String, String)> {
    [
        ("GITHUB_URL", url),
        ("GITHUB_API_URL", &format!("{url}/api")),
        ("GITHUB_USER", github::OWNER),
        ("GITHUB_TOKEN", &secrets.github_token),
        ("OPENCODE_CONFIG", &opencode_config.display().to_string()),
        // The rest keeps opencode from waiting for the internet, which a demo must not need.
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
        ("OCWEB_NOTICE", NOTICE),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Writes opencode's settings. opencode may run as another user, so everybody may read them: the model's key that they
/// hold was made up here.
pub(crate) fn write_opencode_config(path: &Path, url: &str, secrets: &Secrets) -> io::Result<()> {
    fs::write(path, format!("{:#}\n", opencode_config(url, &secrets.model_key)))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

/// A provider `demo` with three models, and permissions such that a newcomer meets a question:
/// removing and pushing ask first.
fn opencode_config(url: &str, model_key: &str) -> Value {
    let model = |name: &str, reasoning: bool| {
        json!({
            "name": name,
            "reasoning": reasoning,
            "tool_call": true,
            "limit": {"context": 200_000, "output": 32_000},
            "cost": {"input": 0.5, "output": 1.5},
        })
    };
    json!({
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": false,
        "share": "manual",
        "enterprise": {"url": format!("{url}{}", sharing::BASE)},
        "enabled_providers": ["demo"],
        "provider": {"demo": {
            "name": "Demo",
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": format!("{url}/v1"), "apiKey": model_key},
            "models": {
                "demo": model("Demo", false),
                "thinker": model("Demo that thinks first", true),
                "small": model("Demo, small", false),
            },
        }},
        "model": "demo/demo",
        "small_model": "demo/small",
        "permission": {
            "edit": "allow",
            "bash": {"*": "allow", "rm *": "ask", "git push*": "ask"},
        },
    })
}
