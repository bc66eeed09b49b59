//! Who may come in: the password, the sessions, the tokens and the throttle, put together.

mod new_password;
mod tokens;

use std::{
    io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use argon2::password_hash;
use ocweb_service::{metrics::Readings, private_file};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    host::Hosts,
    keys::Keys,
    metrics::Counts,
    password::{Password, PasswordCheck, PasswordError, PasswordHash},
    secret::Secret,
    session::{Session, SessionId},
    session_cookie::Claim,
    session_store::{Era, SessionStore},
    settings::Settings,
    throttle::{Network, Throttle},
    token_store::TokenStore,
};

pub use new_password::{NewPasswordError, ensure_password, set_password};
pub(crate) use tokens::TokenError;

/// How often it is looked whether the sessions' file is due.
const FLUSH_INTERVAL: Duration = Duration::from_mins(1);

/// Why the service cannot start. One sentence for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no password to ask for.
    #[error(
        "there is no password yet: set AUTH_PASSWORD, or run `ocweb-auth ensure-password` to have one made"
    )]
    NoPassword,
    /// A file could not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The password could not be hashed.
    #[error("cannot hash the password")]
    Hash(#[from] password_hash::Error),
    /// The system gave no random bytes.
    #[error("cannot get random bytes")]
    Random(#[from] getrandom::Error),
}

/// Names the file in an error.
fn at(path: PathBuf) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::File { path, source }
}

/// An attempt to log in.
pub(crate) struct LoginAttempt<'a> {
    /// What was typed.
    pub(crate) password: &'a str,
    /// The client's address, as Caddy tells it.
    pub(crate) address: Option<IpAddr>,
    /// What the browser calls itself.
    pub(crate) user_agent: &'a str,
    /// The session that this browser has already, and which the new one replaces.
    pub(crate) replaces: Option<SessionId>,
}

/// Why nobody was let in. Its text is for the person at the form.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// It is not the password.
    #[error("That is not the password.")]
    WrongPassword,
    /// It cannot be anybody's password.
    #[error("That cannot be the password: {0}.")]
    NoPassword(#[from] PasswordError),
    /// Too many attempts.
    #[error("Too many attempts. Try again in {} s.", whole_seconds(*.0))]
    Throttled(Duration),
    /// The system gave no random bytes.
    #[error("no session could be made: {0}")]
    Random(#[from] getrandom::Error),
}

/// Why the local door does not do what was asked. Its text is for who asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unproven {
    /// The agent could have asked.
    #[error("Here the agent is the same user as you, so this takes the password of this ocweb as well.")]
    PasswordNeeded,
    /// It was not proven by the password.
    #[error(transparent)]
    Refused(#[from] LoginError),
}

/// A duration as `Retry-After` takes it: whole seconds, rounded up.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Which sessions to revoke.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Revocation {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}

/// Decides who is who.
pub struct Authenticator {
    hosts: Hosts,
    secret: Secret,
    /// Whether only the owner can open our socket.
    agent_is_apart: bool,
    /// Where another password would be kept; `None` where `AUTH_PASSWORD` says which it is.
    password_file: Option<Mutex<PathBuf>>,
    /// Written when the password changes, and read for as long as something is done that hangs on it.
    keys: RwLock<Keys>,
    sessions: Arc<SessionStore>,
    tokens: Arc<TokenStore>,
    throttle: Mutex<Throttle>,
    /// Apart from that of logins: a program with an old token must not keep its owner from the login.
    token_throttle: Mutex<Throttle>,
    clock: Clock,
    counts: Counts,
}

impl Authenticator {
    /// Takes the settings and opens what is kept. Hashes the password, which takes a moment.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        private_file::create_folder(&settings.folder).map_err(at(settings.folder.clone()))?;
        let (password_file, secret_file) = (settings.password_file(), settings.secret_file());
        let (sessions_file, tokens_file) = (settings.sessions_file(), settings.tokens_file());
        let secret = match settings.secret {
            Some(secret) => secret,
            None => Secret::load_or_generate(&secret_file).map_err(at(secret_file))?,
        };
        let (hash, password_file) = if let Some(password) = settings.password {
            // The salt is the same at each start, and so is the hash, which the keys hang on.
            (PasswordHash::of(&password, &first_half(secret.derive("password salt", "")))?, None)
        } else {
            let hash = PasswordHash::load(&password_file).map_err(at(password_file.clone()))?;
            (hash.ok_or(StartError::NoPassword)?, Some(Mutex::new(password_file)))
        };
        let keys = Keys::derive(&secret, hash);
        let now = clock.now().wall;
        let tokens = TokenStore::open(&tokens_file, keys.name.clone()).map_err(at(tokens_file))?;
        tokens.sweep(now);
        let sessions =
            SessionStore::open(&sessions_file, keys.name.clone(), now).map_err(at(sessions_file))?;
        let mut throttle = Throttle::default();
        for session in sessions.list(now).iter().rev() {
            throttle.familiarise(Network::of(session.address));
        }
        Ok(Self {
            hosts: settings.hosts,
            secret,
            agent_is_apart: settings.agent_is_apart,
            password_file,
            keys: RwLock::new(keys),
            sessions: Arc::new(sessions),
            tokens: Arc::new(tokens),
            throttle: Mutex::new(throttle),
            token_throttle: Mutex::default(),
            clock,
            counts: Counts::new(),
        })
    }

    /// The hosts that we answer for.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The session that a cookie's value proves: one HMAC and one look into memory.
    pub(crate) fn session_of(&self, cookie: &str) -> Option<SessionId> {
        let claim = self.keys().signer.verify(cookie)?;
        let now = self.clock.now().wall;
        (!claim.is_expired(now) && self.sessions.touch(claim.session, now)).then_some(claim.session)
    }

    /// Whether a session or a token still holds. Who has a stream open is here, so this counts as seeing it.
    pub(crate) fn holds(&self, id: SessionId) -> bool {
        let now = self.clock.now().wall;
        self.sessions.touch(id, now) || self.tokens.holds(id, now)
    }

    /// The era that it is: another one after everybody, or everybody else, was logged out, and with another password.
    pub(crate) fn era(&self) -> Era {
        self.sessions.era()
    }

    /// Checks the password and begins a session. Returns the cookie's value.
    pub(crate) async fn log_in(&self, attempt: LoginAttempt<'_>) -> Result<String, LoginError> {
        let outcome = self.begin_session(attempt).await;
        self.counts.note_login(&outcome);
        outcome
    }

    async fn begin_session(&self, attempt: LoginAttempt<'_>) -> Result<String, LoginError> {
        let check = self.check_password(attempt.password, attempt.address).await?;
        let session = Session::begin(
            SessionId::generate()?,
            self.clock.now().wall,
            attempt.user_agent,
            attempt.address,
        );
        let claim = Claim {
            session: session.id,
            // No clock shows a time before 1970, and one that did would end the session at once.
            expires: u64::try_from(session.expires_at.unix_timestamp()).unwrap_or(0),
        };
        let cookie = {
            let keys = self.keys();
            // It was changed while this was checked.
            if !keys.password.is_same(&check) {
                return Err(LoginError::WrongPassword);
            }
            tracing::info!(session = %session.id, address = attempt.address.map(tracing::field::display), "logged in");
            self.sessions.add(session);
            keys.signer.sign(claim)
        };
        if let Some(old) = attempt.replaces {
            self.sessions.remove(|id| id == old);
        }
        // The session holds in memory; a full disk is no reason to keep the owner out.
        self.flush().await;
        Ok(cookie)
    }

    /// Checks a password as often as it may be tried from there. Returns what it was checked against.
    async fn check_password(&self, text: &str, address: Option<IpAddr>) -> Result<PasswordCheck, LoginError> {
        let password = Password::parse(text)?;
        let admission = self
            .with_throttle(|throttle| throttle.admit(Network::of(address), self.clock.now().monotonic))
            .map_err(LoginError::Throttled)?;
        let check = self.keys().password.clone();
        if !check.matches(password).await {
            tracing::warn!(address = address.map(tracing::field::display), "a login failed");
            return Err(LoginError::WrongPassword);
        }
        self.with_throttle(|throttle| throttle.succeeded(&admission));
        Ok(check)
    }

    /// Whether who opened our socket is the owner. Where the agent is another user, being able to is the proof; else it may
    /// be the agent, and the password is.
    pub(crate) async fn prove_owner(&self, password: Option<&str>) -> Result<(), Unproven> {
        if self.agent_is_apart {
            return Ok(());
        }
        let password = password.ok_or(Unproven::PasswordNeeded)?;
        self.check_password(password, None).await?;
        Ok(())
    }

    /// The sessions, latest login first.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.sessions.list(self.clock.now().wall)
    }

    /// Adds what was counted, and how many may come in.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.counts.read_metrics(readings, self.sessions().len(), self.tokens.list().len());
    }

    /// Ends sessions, at once, and names those that there were. An error means that they are ended
    /// for now, but that it could not be written down.
    ///
    /// The streams that they still have open are cut by who holds them, who keeps asking ([`Self::holds`]).
    pub(crate) async fn revoke(&self, revocation: Revocation) -> io::Result<Vec<SessionId>> {
        let revoked = self.sessions.remove(|id| match revocation {
            Revocation::One(one) => id == one,
            Revocation::AllBut(kept) => id != kept,
            Revocation::All => true,
        });
        for session in &revoked {
            tracing::info!(%session, "session ended");
        }
        // Whoever ends them all has a reason that concerns what was given to none of them in particular as well.
        if !matches!(revocation, Revocation::One(_)) {
            self.sessions.begin_era()?;
        }
        self.sessions.flush().await?;
        Ok(revoked)
    }

    /// Forgets now and then what expired long ago and writes what is due; once more when `stop` is cancelled.
    pub async fn keep_lists(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FLUSH_INTERVAL)).await.is_some() {
            self.tokens.sweep(self.clock.now().wall);
            self.flush().await;
        }
        self.flush().await;
    }

    async fn flush(&self) {
        if let Err(error) = self.sessions.flush().await {
            tracing::error!(%error, "cannot write the list of sessions; it will be tried again");
        }
        if let Err(error) = self.tokens.flush().await {
            tracing::error!(%error, "cannot write the list of tokens; it will be tried again");
        }
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_throttle<T>(&self, act: impl FnOnce(&mut Throttle) -> T) -> T {
        act(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn first_half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}
