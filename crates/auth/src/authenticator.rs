//! Who may come in: the password, the sessions, the tokens and the throttle, put together.

use std::{
    io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use argon2::password_hash;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ocweb_service::private_file;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    host::Hosts,
    password::{Password, PasswordCheck, PasswordError, PasswordHash},
    secret::Secret,
    session::{Session, SessionId},
    session_cookie::{Claim, CookieSigner},
    session_store::{Era, SessionStore},
    settings::Settings,
    throttle::{Network, Throttle},
    token::{Token, TokenHasher, TokenName, TokenText},
    token_store::{TokenStore, TooManyTokens},
};

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

/// Why a token was not made or revoked. Its text is for the owner.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// As many as there may be.
    #[error(transparent)]
    TooMany(#[from] TooManyTokens),
    /// The system gave no random bytes.
    #[error("no token could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// Making: it was given up again. Revoking: it holds until the next start.
    #[error("This cannot be written down: the disk may be full. Free some space and try again.")]
    NotWritten(#[from] io::Error),
}

/// Decides who is who.
pub struct Authenticator {
    hosts: Hosts,
    password: PasswordCheck,
    signer: CookieSigner,
    sessions: Arc<SessionStore>,
    tokens: Arc<TokenStore>,
    token_hasher: TokenHasher,
    throttle: Mutex<Throttle>,
    /// Apart from that of logins: a program with an old token must not keep its owner from the login.
    token_throttle: Mutex<Throttle>,
    clock: Clock,
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
        let hash = match settings.password {
            // The salt is the same at each start, and so is the hash, which the keys below hang on.
            Some(password) => PasswordHash::of(&password, &first_half(secret.derive("password salt", "")))?,
            None => PasswordHash::load(&password_file)
                .map_err(at(password_file))?
                .ok_or(StartError::NoPassword)?,
        };
        // With another password, as with another secret, old cookies and tokens are out.
        let signer = CookieSigner::new(&secret.derive("session cookie", &hash.to_text()));
        let key_name = URL_SAFE_NO_PAD.encode(secret.derive("name of the session key", &hash.to_text()));

        let token_hasher = TokenHasher::new(&secret.derive("token", &hash.to_text()));
        let tokens = TokenStore::open(&tokens_file, key_name.clone()).map_err(at(tokens_file))?;

        let now = clock.now().wall;
        let sessions = SessionStore::open(&sessions_file, key_name, now).map_err(at(sessions_file))?;
        let mut throttle = Throttle::default();
        for session in sessions.list(now).iter().rev() {
            throttle.familiarise(Network::of(session.address));
        }
        Ok(Self {
            hosts: settings.hosts,
            password: PasswordCheck::new(hash),
            signer,
            sessions: Arc::new(sessions),
            tokens: Arc::new(tokens),
            token_hasher,
            throttle: Mutex::new(throttle),
            token_throttle: Mutex::default(),
            clock,
        })
    }

    /// The hosts that we answer for.
    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The session that a cookie's value proves: one HMAC and one look into memory.
    pub(crate) fn session_of(&self, cookie: &str) -> Option<SessionId> {
        let claim = self.signer.verify(cookie)?;
        let now = self.clock.now().wall;
        (!claim.is_expired(now) && self.sessions.touch(claim.session, now)).then_some(claim.session)
    }

    /// The id of a token that holds: one HMAC and one look into memory.
    pub(crate) fn token_of(&self, token: &TokenText) -> Option<SessionId> {
        self.tokens.touch(&self.token_hasher.hash(token), self.clock.now().wall)
    }

    /// Counts a token that was wrong, or says how long its network has to wait. 256 random bits are not guessed;
    /// this keeps what tries all the same, or comes with a revoked one for ever, from costing much.
    pub(crate) fn count_wrong_token(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        let mut throttle = self.token_throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.admit(Network::of(address), self.clock.now().monotonic).map(drop)?;
        tracing::warn!(address = address.map(tracing::field::display), "a token was wrong");
        Ok(())
    }

    /// Whether a session or a token still holds. Who has a stream open is here, so this counts as seeing it.
    pub(crate) fn holds(&self, id: SessionId) -> bool {
        self.sessions.touch(id, self.clock.now().wall) || self.tokens.holds(id)
    }

    /// The era that it is: another one after everybody, or everybody else, was logged out, and with another password.
    pub(crate) fn era(&self) -> Era {
        self.sessions.era()
    }

    /// Checks the password and begins a session. Returns the cookie's value.
    pub(crate) async fn log_in(&self, attempt: LoginAttempt<'_>) -> Result<String, LoginError> {
        let password = Password::parse(attempt.password)?;
        let admission = self
            .with_throttle(|throttle| {
                throttle.admit(Network::of(attempt.address), self.clock.now().monotonic)
            })
            .map_err(LoginError::Throttled)?;
        if !self.password.matches(password).await {
            tracing::warn!(address = attempt.address.map(tracing::field::display), "a login failed");
            return Err(LoginError::WrongPassword);
        }
        self.with_throttle(|throttle| throttle.succeeded(&admission));
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
        tracing::info!(session = %session.id, address = attempt.address.map(tracing::field::display), "logged in");
        self.sessions.add(session);
        if let Some(old) = attempt.replaces {
            self.sessions.remove(|id| id == old);
        }
        // The session holds in memory; a full disk is no reason to keep the owner out.
        self.flush().await;
        Ok(self.signer.sign(claim))
    }

    /// The sessions, latest login first.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.sessions.list(self.clock.now().wall)
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

    /// The tokens, the latest first.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        self.tokens.list()
    }

    /// Makes a token. One that cannot be written down would be gone after a restart, so it is not made.
    pub(crate) async fn make_token(&self, name: TokenName) -> Result<(SessionId, TokenText), TokenError> {
        let (id, text) = (SessionId::generate()?, TokenText::generate()?);
        let hash = self.token_hasher.hash(&text);
        self.tokens.add(Token::begin(id, name, hash, self.clock.now().wall))?;
        if let Err(error) = self.tokens.flush().await {
            self.tokens.remove(id);
            return Err(error.into());
        }
        tracing::info!(token = %id, "a token was made");
        Ok((id, text))
    }

    /// Revokes a token, at once; false when there is none. An error means that it is revoked for now, but that it
    /// could not be written down.
    pub(crate) async fn revoke_token(&self, id: SessionId) -> Result<bool, TokenError> {
        let was_there = self.tokens.remove(id);
        if was_there {
            tracing::info!(token = %id, "a token was revoked");
        }
        self.tokens.flush().await?;
        Ok(was_there)
    }

    /// Writes now and then what is due, and once more when `stop` is cancelled.
    pub async fn keep_sessions(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FLUSH_INTERVAL)).await.is_some() {
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

    fn with_throttle<T>(&self, act: impl FnOnce(&mut Throttle) -> T) -> T {
        act(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn first_half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}
