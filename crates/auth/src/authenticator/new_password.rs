//! Another password: made where there is none, set while ocweb does not run, or changed while it does.
//!
//! Only a hash is kept, on the volume. Where `AUTH_PASSWORD` is set that one holds, so that whoever has set it there is not
//! surprised; then nothing is kept, and nothing can be changed here.

use std::{
    io,
    sync::{Arc, PoisonError},
};

use argon2::password_hash;
use ocweb_service::private_file;

use super::{Authenticator, StartError, at};
use crate::{
    keys::Keys,
    password::{Password, PasswordError, PasswordHash},
    settings::Settings,
};

/// Makes a password where there is none, keeps its hash and returns it to be shown once. `None`
/// when `AUTH_PASSWORD` is set or a hash is kept already.
pub fn ensure_password(settings: &Settings) -> Result<Option<String>, StartError> {
    let path = settings.password_file();
    if settings.password.is_some() || PasswordHash::load(&path).map_err(at(path.clone()))?.is_some() {
        return Ok(None);
    }
    let (password, text) = Password::generate()?;
    private_file::create_folder(&settings.folder).map_err(at(settings.folder.clone()))?;
    PasswordHash::with_random_salt(&password)?.store(&path).map_err(at(path))?;
    Ok(Some(text))
}

/// Why there is no other password now. Its text is for whoever wants one.
#[derive(Debug, thiserror::Error)]
pub enum NewPasswordError {
    /// `AUTH_PASSWORD` is set.
    #[error("AUTH_PASSWORD is set, and it is the password. Change it where it is set, and restart ocweb")]
    Fixed,
    /// It cannot be anybody's password.
    #[error("That cannot be the password: {0}")]
    Unusable(PasswordError),
    /// It could not be hashed.
    #[error("The password could not be hashed")]
    Hash(#[from] password_hash::Error),
    /// Nothing has changed.
    #[error("The password is the old one: the new one cannot be written down")]
    NotWritten(#[from] io::Error),
}

/// Keeps the hash of another password while ocweb does not run. From the next start on nobody is logged in, and no token
/// is good for anything.
pub fn set_password(settings: &Settings, text: &str) -> Result<(), NewPasswordError> {
    if settings.password.is_some() {
        return Err(NewPasswordError::Fixed);
    }
    let password = Password::parse(text).map_err(NewPasswordError::Unusable)?;
    private_file::create_folder(&settings.folder)?;
    PasswordHash::with_random_salt(&password)?.store(&settings.password_file())?;
    Ok(())
}

impl Authenticator {
    /// Whether `AUTH_PASSWORD` is set, so that there is no other while this runs.
    pub(crate) fn password_is_fixed(&self) -> bool {
        self.password_file.is_none()
    }

    /// Changes the password, ends all sessions and revokes all tokens.
    pub(crate) async fn change_password(self: &Arc<Self>, text: &str) -> Result<(), NewPasswordError> {
        let password = Password::parse(text).map_err(NewPasswordError::Unusable)?;
        let this = Arc::clone(self);
        // Hashing and writing take a moment, and whoever waits for it may leave: it is done as a whole all the same.
        let change = tokio::task::spawn_blocking(move || this.keep_and_take_up(&password));
        change.await.map_err(io::Error::other)??;
        tracing::info!("the password was changed: everybody is logged out, and all tokens are revoked");
        self.flush().await;
        Ok(())
    }

    fn keep_and_take_up(&self, password: &Password) -> Result<(), NewPasswordError> {
        let path = self.password_file.as_ref().ok_or(NewPasswordError::Fixed)?;
        // One after the other, so that what is kept is what holds.
        let path = path.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = PasswordHash::with_random_salt(password)?;
        hash.store(&path)?;
        let changed = Keys::derive(&self.secret, hash);
        // While this is held nobody logs in, and no token is made. Only memory is touched: every check waits for it.
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        self.tokens.begin_anew(changed.name.clone());
        let era = self.sessions.begin_anew(changed.name.clone());
        *keys = changed;
        Ok(era?)
    }
}
