//! Listening on a unix socket and stopping gracefully.

use std::{
    convert::Infallible,
    fs::DirBuilder,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode};
use tokio::{
    net::{UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Problem, body,
    connection::Connections,
    health,
    metrics::{self, Readings, Requests},
};

/// For how long a killed process's socket may seem alive: a child that it had just forked holds it
/// until it becomes another program.
const LINGER: Duration = Duration::from_secs(1);

/// How long open requests may go on after a stop was asked for.
const DRAIN: Duration = Duration::from_millis(1500);

/// A service that could not listen or went down.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another live process answers on the socket.
    #[error("{} is in use by another running process", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The socket could not be made or served.
    #[error("cannot listen on {}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A bound unix socket. Who may connect is decided by the folder that it is in.
pub struct Listener {
    path: PathBuf,
    inner: UnixListener,
    body_limit: usize,
    read_metrics: metrics::Read,
}

impl Listener {
    /// Binds `path`. A file left there by a dead process is replaced; a live one is an error.
    pub async fn bind(path: &Path) -> Result<Self, ServeError> {
        let io = |source| ServeError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            // One that is there has the mode that the supervisor gave it.
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        }
        let begun = Instant::now();
        while UnixStream::connect(path).await.is_ok() {
            if begun.elapsed() > LINGER {
                return Err(ServeError::InUse { path: path.to_owned() });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match std::fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        let inner = UnixListener::bind(path).map_err(io)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(io)?;
        Ok(Self { path: path.to_owned(), inner, body_limit: body::LIMIT, read_metrics: Box::new(|_| {}) })
    }

    /// Takes bodies of up to `bytes`, for those routes that raise axum's `DefaultBodyLimit` of 1 MiB.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Adds what the service knows to its metrics, each time that they are asked for.
    #[must_use]
    pub fn with_metrics(mut self, read: impl Fn(&mut Readings) + Send + Sync + 'static) -> Self {
        self.read_metrics = Box::new(read);
        self
    }
}

/// Adds what every service answers alike: `/health`, `/metrics`, a body limit, and problem documents for unknown
/// routes, wrong methods and panics.
pub fn with_fallbacks(service: &'static str, router: Router) -> Router {
    complete(service, router, body::LIMIT, Box::new(|_| {}))
}

fn complete(service: &'static str, router: Router, body_limit: usize, read_metrics: metrics::Read) -> Router {
    let requests = Requests::default();
    router
        .fallback(async || Problem::not_found("There is nothing at this address."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take that method.")
        })
        .merge(health::router(service))
        .merge(metrics::router(requests.clone(), read_metrics))
        // The outermost first, and together: one by one, each would cost every request a service of its own.
        .layer((
            CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                axum::response::IntoResponse::into_response(Problem::internal("a handler panicked"))
            }),
            axum::middleware::from_fn_with_state(body_limit, body::read_whole),
            axum::middleware::from_fn_with_state(requests, metrics::count),
            DefaultBodyLimit::max(body::LIMIT),
        ))
}

/// Serves `router` until TERM or INT, or until `stop` is cancelled.
///
/// On a signal `stop` is cancelled, so that handlers with open streams and background tasks that
/// hold a clone of it end by themselves; requests still open after 1.5 s are cut. Whoever reads nothing
/// of an answer for 30 s is cut too.
pub async fn serve(
    service: &'static str,
    listener: Listener,
    router: Router,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let io = |source| ServeError::Io { path: listener.path.clone(), source };
    let mut terminate = signal(SignalKind::terminate()).map_err(io)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io)?;
    let asked_to_stop = stop.clone();
    let on_signal = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        asked_to_stop.cancel();
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        result = serve_until(service, listener, router, stop) => result,
        never = on_signal => match never {},
    }
}

/// Serves `router` until `stop` is cancelled, as [`serve`] does, for a process that has its own idea
/// of what a signal means.
pub async fn serve_until(
    service: &'static str,
    listener: Listener,
    router: Router,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let Listener { path, inner, body_limit, read_metrics } = listener;
    tracing::info!(service, socket = %path.display(), "listening");
    let asked_to_stop = stop.clone();
    let server = axum::serve(Connections(inner), complete(service, router, body_limit, read_metrics))
        .with_graceful_shutdown(async move { asked_to_stop.cancelled().await });
    let too_long = async {
        stop.cancelled().await;
        tracing::info!(service, "stopping");
        tokio::time::sleep(DRAIN).await;
    };
    let result = tokio::select! {
        biased;
        () = too_long => {
            tracing::warn!(service, "requests were still open and were cut");
            Ok(())
        }
        result = server.into_future() => result,
    };
    // Whoever listens here next makes the file anew; a failure to remove it harms nobody.
    let _ = std::fs::remove_file(&path);
    result.map_err(|source| ServeError::Io { path, source })
}
