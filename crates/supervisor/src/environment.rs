//! Which of our variables go on to which process.
//!
//! A child's environment is built from nothing, out of these lists: a secret that no list names
//! reaches nobody. Names may begin or end with `*`.

use std::collections::BTreeMap;

use ocweb_service::Environment;

/// What any program needs to behave as it does in the person's own shell.
pub(crate) const SYSTEM: &[&str] = &["PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR"];

/// What a program needs that talks to the internet through the person's proxy and certificates.
pub(crate) const NETWORK: &[&str] = &[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
];

/// What Caddy needs to ask an authority for certificates. Not `HTTP_PROXY`, by which it would look for our services.
pub(crate) const AUTHORITY: &[&str] =
    &["HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// How our services write their logs.
pub(crate) const LOGS: &[&str] = &["OCWEB_LOG", "OCWEB_LOG_FORMAT", "NO_COLOR", "RUST_BACKTRACE"];

pub(crate) const AUTH: &[&str] = &["AUTH_*", "OCWEB_HOSTS", "FLY_APP_NAME"];

/// GitHub, as clones name it: without the token.
pub(crate) const GIT_MANAGER: &[&str] =
    &["GITHUB_USER", "GITHUB_URL", "OCWEB_REMOTE_STALL_SECONDS", "OCWEB_SAVED_DAYS", "OCWEB_SAVED_LIMIT_MB"];

/// GitHub, with the token. One process has it, and neither git nor the agent is started by that one.
pub(crate) const GITHUB: &[&str] = &["GITHUB_TOKEN", "GITHUB_USER", "GITHUB_URL", "GITHUB_API_URL"];

/// Keys of model providers, as opencode's own catalogue names them.
pub(crate) const PROVIDERS: &[&str] = &[
    "*_API_KEY",
    "ABLIT_KEY",
    "AICORE_*",
    "AWS_*",
    "AZURE_*",
    "BAILING_API_TOKEN",
    "CLARIFAI_PAT",
    "CLOUDFLARE_ACCOUNT_ID",
    "CLOUDFLARE_API_TOKEN",
    "CLOUDFLARE_GATEWAY_ID",
    "DATABRICKS_HOST",
    "DATABRICKS_TOKEN",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "FRIENDLI_TOKEN",
    "GOOGLE_*",
    "HF_TOKEN",
    "INFOMANIAK_PRODUCT_ID",
    "MODAL_PROXY_TOKEN",
    "NEON_AI_GATEWAY_*",
    "PRIVATEMODE_ENDPOINT",
    "RUNINFRA_GATEWAY_KEY",
    "SNOWFLAKE_*",
    "SUBMODEL_INSTAGEN_ACCESS_KEY",
    "VERTEX_LOCATION",
    "WATSONX_*",
];

/// What else opencode and the commands of its agent need.
pub(crate) const AGENT: &[&str] = &[
    "OPENCODE_*",
    "TERM",
    "COLORTERM",
    "SHELL",
    "EDITOR",
    // Who the author of the agent's commits is.
    "GIT_AUTHOR_*",
    "GIT_COMMITTER_*",
    // Where toolchains live that were not installed into opencode's own HOME.
    "ANDROID_HOME",
    "ASDF_DATA_DIR",
    "BUN_INSTALL",
    "CARGO_HOME",
    "DENO_DIR",
    "DOTNET_ROOT",
    "GEM_HOME",
    "GOMODCACHE",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "MISE_DATA_DIR",
    "NVM_DIR",
    "PNPM_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "RUSTUP_HOME",
    "SDKMAN_DIR",
    "UV_CACHE_DIR",
    "VIRTUAL_ENV",
    "VOLTA_HOME",
];

/// What opencode never gets, whatever another list says: its agent can print all it has.
const KEPT_FROM_OPENCODE: &[&str] = &[
    "AUTH_*",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "OCWEB_*",
    "FLY_API_TOKEN",
    "OPENCODE_SERVER_*",
    // Of the store for backups, as restic names them. No provider of models has these.
    "AZURE_ACCOUNT_*",
    "GOOGLE_ACCESS_TOKEN",
];

/// The variables of a child.
pub(crate) type Variables = BTreeMap<String, String>;

/// What the lists let through.
pub(crate) fn pick(environment: &Environment, lists: &[&[&str]]) -> Variables {
    environment
        .iter()
        .filter(|(name, value)| !value.is_empty() && lists.iter().any(|list| is_in(list, name)))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// True for what opencode must never get.
pub(crate) fn is_kept_from_opencode(name: &str) -> bool {
    is_in(KEPT_FROM_OPENCODE, name)
}

/// True if a key of some model provider is set.
pub(crate) fn has_provider_key(environment: &Environment) -> bool {
    environment
        .iter()
        .any(|(name, value)| !value.is_empty() && is_in(PROVIDERS, name) && !is_kept_from_opencode(name))
}

fn is_in(list: &[&str], name: &str) -> bool {
    list.iter().any(|pattern| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        (None, None) => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_list_names_goes_through() {
        let environment: Environment =
            [("PATH", "/bin"), ("LC_ALL", "C"), ("SECRET", "x"), ("TZ", "")].into_iter().collect();
        let names: Vec<_> = pick(&environment, &[SYSTEM]).into_keys().collect();
        assert_eq!(names, ["LC_ALL", "PATH"]);
    }

    #[test]
    fn provider_keys_are_known_by_their_names() {
        for name in ["OPENROUTER_API_KEY", "ANTHROPIC_API_KEY", "AWS_ACCESS_KEY_ID", "HF_TOKEN"] {
            assert!(has_provider_key(&[(name, "x")].into_iter().collect()), "{name}");
        }
        for name in [
            "GITHUB_TOKEN",
            "AUTH_API_KEY",
            "OCWEB_X_API_KEY",
            "PATH",
            "AZURE_ACCOUNT_KEY",
            "GOOGLE_ACCESS_TOKEN",
        ] {
            assert!(!has_provider_key(&[(name, "x")].into_iter().collect()), "{name}");
        }
    }
}
