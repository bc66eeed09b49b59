//! The body of a request while it is read by one after the other: by who judges it, by GitHub, and at last by nobody,
//! because git hears no answer before it has said all it has to say.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::Mutex, time::timeout};

/// For how long a git may say nothing in the middle of a request.
pub(crate) const QUIET: Duration = Duration::from_mins(2);

/// What is still to come of a body.
pub(crate) struct Rest(Arc<Mutex<BodyDataStream>>);

type Piece = Result<Bytes, axum::Error>;

impl Rest {
    pub(crate) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body.into_data_stream())))
    }

    /// The next piece.
    pub(crate) async fn next(&self) -> Option<Piece> {
        self.0.lock().await.next().await
    }

    /// All pieces, for as long as somebody takes them.
    pub(crate) fn pieces(&self) -> impl Stream<Item = Piece> + Send + 'static {
        stream::unfold(Arc::clone(&self.0), async |body| {
            let piece = body.lock().await.next().await?;
            Some((piece, body))
        })
    }

    /// The same as a body.
    pub(crate) fn whole(&self) -> Body {
        Body::from_stream(self.pieces())
    }

    /// Reads what nobody took.
    pub(crate) async fn drain(&self) {
        while let Ok(Some(Ok(_))) = timeout(QUIET, self.next()).await {}
    }
}
