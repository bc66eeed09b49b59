//! Connections that are cut when the other side stops reading.
//!
//! An answer that nobody reads is held in memory, and a stream without an end is held for ever: a proxy whose client
//! fell silent keeps its own connection open and reads no more. So a write that makes no progress ends the connection.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{UnixListener, UnixStream, unix::SocketAddr},
    time::{Sleep, sleep},
};

/// How long a write may wait for the other side.
const PATIENCE: Duration = Duration::from_secs(30);

/// Accepts connections on a unix socket.
pub(crate) struct Connections(pub(crate) UnixListener);

impl axum::serve::Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        (Connection { stream, patience: PATIENCE, waiting: None }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection whose writes do not wait for ever.
pub(crate) struct Connection {
    stream: UnixStream,
    patience: Duration,
    /// Runs out when the write that waits has waited for too long.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut UnixStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.stream), context) {
            self.waiting = None;
            return Poll::Ready(written);
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        ready!(waiting.as_mut().poll(context));
        tracing::info!("a connection was cut: the other side stopped reading");
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream, context| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair(patience: Duration) -> (Connection, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Connection { stream: ours, patience, waiting: None }, theirs)
    }

    #[tokio::test]
    async fn who_does_not_read_is_cut() {
        let (mut ours, _theirs) = pair(Duration::from_millis(100));
        let written = ours.write_all(&vec![0; 16 << 20]).await;
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_reads_slowly_gets_everything() {
        const LENGTH: usize = 4 << 20;
        let (mut ours, mut theirs) = pair(Duration::from_secs(20));
        let reading = tokio::spawn(async move {
            let (mut all, mut buffer) = (0, vec![0; 256 << 10]);
            while all < LENGTH {
                sleep(Duration::from_millis(10)).await;
                all += theirs.read(&mut buffer).await.unwrap();
            }
            all
        });
        ours.write_all(&vec![0; LENGTH]).await.unwrap();
        assert_eq!(reading.await.unwrap(), LENGTH);
    }
}
