//! Every setting there is. The check of the config file, its schema, `ocweb config` and the environment of what is started
//! are all read from this one table.

/// What can be set.
#[derive(Debug)]
pub struct Setting {
    /// Where it stands in the config file: the names of the objects around it, with dots between.
    pub key: &'static str,
    /// The environment variable that says the same, and wins.
    pub variable: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What holds where nobody said anything.
    pub default: Option<&'static str>,
    /// What it is, for its person.
    pub about: &'static str,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// What is never printed, and may be given as a file: by the key or the variable with `_file` or `_FILE` after it.
    Secret,
    /// A path; `~/` is the home folder.
    Path,
    /// An http or https address.
    Address,
    /// A whole number within bounds.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// Yes or no: in the file `true` or `false`.
    YesOrNo,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of words: in the variable with this between them.
    Words(char),
}

/// All of them, in the order of the file.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "password",
        variable: "AUTH_PASSWORD",
        kind: Kind::Secret,
        default: None,
        about: "The login. Without, one is made at the first start and shown once.",
    },
    Setting {
        key: "cookie_secret",
        variable: "AUTH_SECRET",
        kind: Kind::Secret,
        default: None,
        about: "Signs the cookies, 32 characters or more; made at the first start. Changing it logs everybody out.",
    },
    Setting {
        key: "github.token",
        variable: "GITHUB_TOKEN",
        kind: Kind::Secret,
        default: None,
        about: "Lists, clones, fetches and pushes. One process alone gets it, and the agent is not that one.",
    },
    Setting {
        key: "github.user",
        variable: "GITHUB_USER",
        kind: Kind::Text,
        default: None,
        about: "Your name at GitHub.",
    },
    Setting {
        key: "github.url",
        variable: "GITHUB_URL",
        kind: Kind::Address,
        default: Some("https://github.com"),
        about: "Where GitHub is: another address for GitHub Enterprise.",
    },
    Setting {
        key: "github.api_url",
        variable: "GITHUB_API_URL",
        kind: Kind::Address,
        default: Some("https://api.github.com"),
        about: "Where its API is.",
    },
    Setting {
        key: "opencode.config",
        variable: "OPENCODE_CONFIG",
        kind: Kind::Path,
        default: None,
        about: "A config file of opencode's own.",
    },
    Setting {
        key: "opencode.environment",
        variable: "OCWEB_OPENCODE_ENV",
        kind: Kind::Words(','),
        default: None,
        about: "Names of further variables that the agent may see.",
    },
    Setting {
        key: "server.host",
        variable: "OCWEB_HOST",
        kind: Kind::Text,
        default: Some("127.0.0.1"),
        about: "The IP address to listen at; 0.0.0.0 is every IPv4 address of this machine. With TLS every address is the default.",
    },
    Setting {
        key: "server.port",
        variable: "OCWEB_PORT",
        kind: Kind::Number { least: 1, most: 65535 },
        default: Some("8080"),
        about: "The port of plain HTTP. With TLS it is 80 by default, and leads to TLS.",
    },
    Setting {
        key: "server.https_port",
        variable: "OCWEB_HTTPS_PORT",
        kind: Kind::Number { least: 1, most: 65535 },
        default: Some("443"),
        about: "The port of TLS, where there is a domain or a certificate.",
    },
    Setting {
        key: "server.domain",
        variable: "OCWEB_DOMAIN",
        kind: Kind::Words(','),
        default: None,
        about: "The domain names that lead to this machine. Caddy gets certificates for them and renews them.",
    },
    Setting {
        key: "server.certificate",
        variable: "OCWEB_TLS_CERTIFICATE",
        kind: Kind::Path,
        default: None,
        about: "A certificate of your own, with those that lead to its root, as a PEM file. Taken up again when it changes.",
    },
    Setting {
        key: "server.certificate_key",
        variable: "OCWEB_TLS_KEY",
        kind: Kind::Path,
        default: None,
        about: "The private key of that certificate, as a PEM file.",
    },
    Setting {
        key: "server.acme_email",
        variable: "OCWEB_ACME_EMAIL",
        kind: Kind::Text,
        default: None,
        about: "Where the authority that certifies your domain tells of problems.",
    },
    Setting {
        key: "server.acme_directory",
        variable: "OCWEB_ACME_DIRECTORY",
        kind: Kind::Address,
        default: Some("https://acme-v02.api.letsencrypt.org/directory"),
        about: "The ACME directory of that authority, if it is not Let's Encrypt.",
    },
    Setting {
        key: "server.acme_root",
        variable: "OCWEB_ACME_ROOT",
        kind: Kind::Path,
        default: None,
        about: "The root certificate of an authority that this machine does not know, as a PEM file.",
    },
    Setting {
        key: "server.plain_http",
        variable: "OCWEB_PLAIN_HTTP",
        kind: Kind::YesOrNo,
        default: Some("no"),
        about: "Whether plain HTTP is meant where others than this machine can come, without a proxy that speaks TLS.",
    },
    Setting {
        key: "server.host_names",
        variable: "OCWEB_HOSTS",
        kind: Kind::Words(','),
        default: None,
        about: "Host names it answers for, besides its domain, IP addresses and localhost.",
    },
    Setting {
        key: "server.trusted_proxies",
        variable: "OCWEB_TRUSTED_PROXIES",
        kind: Kind::Words(' '),
        default: None,
        about: "IP addresses or ranges of the proxies whose X-Forwarded-For and -Proto are believed.",
    },
    Setting {
        key: "server.client_ip_header",
        variable: "OCWEB_CLIENT_IP_HEADER",
        kind: Kind::Text,
        default: Some("X-Forwarded-For"),
        about: "In which header such a proxy tells the client's address.",
    },
    Setting {
        key: "data",
        variable: "OCWEB_DATA",
        kind: Kind::Path,
        default: None,
        about: "The folder of everything that is kept. Without, ocweb's folder among the user's data.",
    },
    Setting {
        key: "saved.days",
        variable: "OCWEB_SAVED_DAYS",
        kind: Kind::Number { least: 1, most: 3650 },
        default: Some("30"),
        about: "How many days work is kept that was saved before it was deleted.",
    },
    Setting {
        key: "saved.limit_mb",
        variable: "OCWEB_SAVED_LIMIT_MB",
        kind: Kind::Number { least: 1, most: 1_000_000 },
        default: Some("2048"),
        about: "How many megabytes the uncommitted files of one deletion may take; with more it is refused.",
    },
    Setting {
        key: "service.restart",
        variable: "OCWEB_SERVICE_RESTART",
        kind: Kind::Choice(&["on-failure", "always", "no"]),
        default: Some("on-failure"),
        about: "When the service is started again after it ended. Taken over by `ocweb service install`.",
    },
    Setting {
        key: "service.restart_seconds",
        variable: "OCWEB_SERVICE_RESTART_SECONDS",
        kind: Kind::Number { least: 1, most: 3600 },
        default: Some("5"),
        about: "How many seconds before it is started again.",
    },
    Setting {
        key: "backup.every_hours",
        variable: "OCWEB_BACKUP_EVERY_HOURS",
        kind: Kind::Number { least: 1, most: 8760 },
        default: None,
        about: "How many hours lie between two backups. Without, there is one when you say `ocweb backup`.",
    },
    Setting {
        key: "backup.limit_seconds",
        variable: "OCWEB_BACKUP_LIMIT_SECONDS",
        kind: Kind::Number { least: 1, most: 31_536_000 },
        default: Some("43200"),
        about: "How many seconds a backup by the clock may take before it is ended: the first one over a slow line may need more.",
    },
    Setting {
        key: "backup.to",
        variable: "OCWEB_BACKUP_TO",
        kind: Kind::Path,
        default: None,
        about: "The folder for backups. One on the same disk helps against mistakes, not against a broken disk.",
    },
    Setting {
        key: "backup.keep_days",
        variable: "OCWEB_BACKUP_KEEP_DAYS",
        kind: Kind::Number { least: 1, most: 3650 },
        default: Some("14"),
        about: "How many days a backup is kept. The last one stays whatever its age.",
    },
    Setting {
        key: "backup.repository",
        variable: "OCWEB_BACKUP_REPOSITORY",
        kind: Kind::Text,
        default: None,
        about: "A restic repository for backups: s3:https://host/bucket, or any that restic knows. restic must be installed.",
    },
    Setting {
        key: "backup.password",
        variable: "OCWEB_BACKUP_PASSWORD",
        kind: Kind::Secret,
        default: None,
        about: "What restic encrypts the repository with. Keep it elsewhere too: without it the backups are lost.",
    },
    Setting {
        key: "backup.s3_key_id",
        variable: "OCWEB_BACKUP_S3_KEY_ID",
        kind: Kind::Text,
        default: None,
        about: "The id of the key for the S3-like store. restic alone gets it, and the agent does not.",
    },
    Setting {
        key: "backup.s3_secret_key",
        variable: "OCWEB_BACKUP_S3_SECRET_KEY",
        kind: Kind::Secret,
        default: None,
        about: "The key for the S3-like store.",
    },
    Setting {
        key: "users.agent",
        variable: "OCWEB_AGENT_USER",
        kind: Kind::Text,
        default: None,
        about: "Started as root: the user as whom the agent runs.",
    },
    Setting {
        key: "users.keeper",
        variable: "OCWEB_USER",
        kind: Kind::Text,
        default: None,
        about: "Started as root: the user as whom what holds secrets runs.",
    },
    Setting {
        key: "notice",
        variable: "OCWEB_NOTICE",
        kind: Kind::Text,
        default: None,
        about: "A line at the top of the page.",
    },
    Setting {
        key: "log",
        variable: "OCWEB_LOG",
        kind: Kind::Text,
        default: Some("info"),
        about: "What is logged: error, warn, info, debug or trace, or a filter such as info,ocweb_auth=debug.",
    },
];

/// The object whose members are keys of model providers, by the variable that opencode knows them by.
pub const PROVIDERS: &str = "providers";

/// What the variables of providers' keys end in.
const PROVIDER_KEY: &str = "_API_KEY";

/// The variable of a model provider that a key of the file is for.
pub fn provider(key: &str) -> Option<&str> {
    key.strip_prefix(PROVIDERS)?.strip_prefix('.')
}

/// Whether a variable of the environment is a provider's key.
pub fn is_provider_key(variable: &str) -> bool {
    variable.ends_with(PROVIDER_KEY) && !variable.starts_with("OCWEB_") && !variable.starts_with("AUTH_")
}

/// The provider's key that a variable names a file of. A file of another kind is the provider's own affair.
pub fn provider_key_of_file(variable: &str) -> Option<&str> {
    variable.strip_suffix("_FILE").filter(|key| is_provider_key(key))
}

/// A secret is under its own key or, as a file, under this one; and the other way round.
pub fn other_key(key: &str) -> String {
    let of_a_file = if provider(key).is_some() { "_FILE" } else { "_file" };
    key.strip_suffix(of_a_file).map_or_else(|| format!("{key}{of_a_file}"), str::to_owned)
}

/// Whether what is under this key is never shown.
pub fn is_secret(key: &str) -> bool {
    match provider(key) {
        Some(variable) => provider_key_of_file(variable).is_none(),
        None => by_key(key).is_some_and(|setting| setting.kind == Kind::Secret),
    }
}

/// The setting with this key.
pub fn by_key(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The setting that this variable says.
pub fn by_variable(variable: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.variable == variable)
}

/// The secret whose file this key names: `github.token` for `github.token_file`.
pub fn by_file_key(key: &str) -> Option<&'static Setting> {
    by_key(key.strip_suffix("_file")?).filter(|setting| setting.kind == Kind::Secret)
}

/// Whether an object of the file has this name.
pub fn is_group(name: &str) -> bool {
    let belongs =
        |setting: &Setting| setting.key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    name == PROVIDERS || SETTINGS.iter().any(belongs)
}

impl Setting {
    /// Why a value cannot be, as the end of a sentence that begins with the setting's name.
    pub fn objection(&self, value: &str) -> Option<String> {
        match self.kind {
            Kind::Number { least, most } => {
                let fits = value.parse::<u64>().is_ok_and(|number| (least..=most).contains(&number));
                (!fits).then(|| format!("must be a whole number from {least} to {most}"))
            }
            Kind::Choice(words) => {
                (!words.contains(&value)).then(|| format!("must be one of {}", words.join(", ")))
            }
            Kind::Address => (!value.starts_with("https://") && !value.starts_with("http://"))
                .then(|| "must begin with https:// or http://".into()),
            Kind::Path => (!value.starts_with('/') && !value.starts_with("~/"))
                .then(|| "must be a whole path, or begin with ~/".into()),
            Kind::YesOrNo => (!matches!(value, "yes" | "no")).then(|| "must be yes or no".into()),
            Kind::Text | Kind::Secret | Kind::Words(_) => {
                value.contains(['\0', '\n']).then(|| "must be one line".into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_key_and_each_variable_is_there_once_and_none_is_a_group() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        let variables: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.variable).collect();
        assert_eq!((keys.len(), variables.len()), (SETTINGS.len(), SETTINGS.len()));
        assert!(keys.iter().all(|key| !is_group(key) && key.matches('.').count() <= 1));
        assert!(
            SETTINGS
                .iter()
                .all(|setting| setting.default.is_none_or(|value| setting.objection(value).is_none()))
        );
    }

    #[test]
    fn a_file_is_for_secrets_alone_and_its_path_is_none() {
        assert_eq!(by_file_key("github.token_file").unwrap().variable, "GITHUB_TOKEN");
        assert!(by_file_key("github.user_file").is_none() && by_file_key("github.token").is_none());
        for key in ["github.token", "providers.GROQ_API_KEY", "providers.AWS_WEB_IDENTITY_TOKEN_FILE"] {
            let other = other_key(key);
            assert!(is_secret(key) && other_key(&other) == key, "{key}, {other}");
        }
        assert!(!is_secret("github.token_file") && !is_secret("providers.GROQ_API_KEY_FILE"));
        assert_eq!(provider_key_of_file("GROQ_API_KEY_FILE"), Some("GROQ_API_KEY"));
        assert_eq!(provider_key_of_file("AWS_WEB_IDENTITY_TOKEN_FILE"), None);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let objection = |key, value| by_key(key).unwrap().objection(value);
        assert_eq!(objection("server.port", "0").unwrap(), "must be a whole number from 1 to 65535");
        assert!(objection("server.port", "8081").is_none());
        assert!(objection("github.url", "github.com").is_some() && objection("data", "here").is_some());
        assert!(
            objection("server.plain_http", "true").is_some()
                && objection("server.plain_http", "yes").is_none()
        );
        assert!(objection("data", "~/ocweb").is_none() && objection("notice", "a\nb").is_some());
    }
}
