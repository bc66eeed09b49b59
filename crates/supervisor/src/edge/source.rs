//! Where Caddy's certificates come from: the person's own files, or an authority that certifies a domain.

use std::{net::IpAddr, path::PathBuf};

use ocweb_service::{ConfigError, Environment};

use crate::settings::{file, invalid};

pub(super) const DOMAIN: &str = "OCWEB_DOMAIN";
pub(super) const CERTIFICATE: &str = "OCWEB_TLS_CERTIFICATE";
pub(super) const KEY: &str = "OCWEB_TLS_KEY";
pub(super) const EMAIL: &str = "OCWEB_ACME_EMAIL";
pub(super) const DIRECTORY: &str = "OCWEB_ACME_DIRECTORY";
pub(super) const ROOT: &str = "OCWEB_ACME_ROOT";

/// Whom certificates are asked of, if nobody else is named.
pub(super) const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where certificates come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The person's own files.
    Files {
        /// The certificate, and those that lead to its root.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// An authority that Caddy asks by ACME.
    Acme {
        /// Where problems are told; nowhere if empty.
        email: String,
        /// The authority's address.
        directory: String,
        /// The authority's own certificate, where the system does not know it.
        root: Option<PathBuf>,
    },
}

impl Source {
    /// Where certificates come from; nothing where there is to be no TLS.
    pub(super) fn from_environment(
        environment: &Environment,
        has_domain: bool,
    ) -> Result<Option<Self>, ConfigError> {
        let files = (environment.get(CERTIFICATE), environment.get(KEY));
        if files != (None, None) {
            let certificate = file(environment, CERTIFICATE, "give the certificate that the key is for")?;
            let key = file(environment, KEY, "give the private key of the certificate")?;
            return Ok(Some(Self::Files { certificate, key }));
        }
        if !has_domain {
            return Ok(None);
        }
        let email = environment.get(EMAIL).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.+-_".contains(&byte);
        if !email.bytes().all(is_plain) || (!email.is_empty() && !email.contains('@')) {
            return Err(invalid(EMAIL, "it must be one e-mail address"));
        }
        let directory = environment.get(DIRECTORY).unwrap_or(LETS_ENCRYPT);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_~%?=&[]".contains(&byte);
        if !directory.starts_with("https://") || !directory.bytes().all(is_plain) {
            return Err(invalid(DIRECTORY, "it must be the https address of an authority's ACME directory"));
        }
        let root = environment.get(ROOT).map(|_| file(environment, ROOT, "")).transpose()?;
        Ok(Some(Self::Acme { email: email.into(), directory: directory.into(), root }))
    }
}

/// The names that are to be certified.
pub(super) fn domains(environment: &Environment) -> Result<Vec<String>, ConfigError> {
    let list = environment.get(DOMAIN).unwrap_or_default();
    let names = list.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            if is_domain(name) {
                Ok(name.to_ascii_lowercase())
            } else {
                Err(invalid(DOMAIN, format!("`{name}` is no domain name such as code.example.org")))
            }
        })
        .collect()
}

/// True for a name with a dot in it that somebody can be asked to certify: no address, no `*`.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && name.parse::<IpAddr>().is_err()
}
