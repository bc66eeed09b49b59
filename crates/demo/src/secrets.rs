//! The two made-up credentials of a world. They are kept, so that a second start fits the clones and
//! the settings that the first one left behind.

use std::{fs, io, os::unix::fs::OpenOptionsExt, path::Path};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The file they are kept in, below the world's root.
const FILE: &str = "secrets";

/// What callers have to show.
#[derive(Clone)]
pub(crate) struct Secrets {
    /// Opens the API and every repository.
    pub(crate) github_token: String,
    /// Opens the model.
    pub(crate) model_key: String,
}

impl Secrets {
    /// Reads the secrets kept below `root`, or makes and keeps new ones (mode 0600).
    pub(crate) fn load_or_make(root: &Path) -> io::Result<Self> {
        let path = root.join(FILE);
        if let Ok(text) = fs::read_to_string(&path)
            && let [github_token, model_key] = text.lines().collect::<Vec<_>>()[..]
        {
            return Ok(Self { github_token: github_token.into(), model_key: model_key.into() });
        }
        let made = Self { github_token: random("demo_")?, model_key: random("key_")? };
        let _ = fs::remove_file(&path);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        io::Write::write_all(&mut file, format!("{}\n{}\n", made.github_token, made.model_key).as_bytes())?;
        Ok(made)
    }
}

pub(crate) fn random(prefix: &str) -> io::Result<String> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}
