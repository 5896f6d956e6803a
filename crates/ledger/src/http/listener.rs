//! Connections of the mirror's listener. In: a listener on TCP. Out: at most so many connections at a time, none of them idle for long. Never: a connection for
//! which the mirror has no file left to write to; a request that takes for ever to arrive.

use crate::limits::{CONNECTION_IDLE_MAX, HTTP_CONNECTIONS_MAX, REQUEST_WAIT_MAX};
use axum::serve::Listener;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// How long a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Longest wait for the next byte.
    pub idle: Duration,
    /// Longest time from the last answer, or the beginning, to the end of the next request.
    pub request: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: CONNECTION_IDLE_MAX,
            request: REQUEST_WAIT_MAX,
        }
    }
}

/// A listener that lets others wait where [`HTTP_CONNECTIONS_MAX`] connections are open.
pub(super) struct Limited {
    listener: TcpListener,
    free: Arc<Semaphore>,
    patience: Patience,
}

impl Limited {
    pub(super) fn new(listener: TcpListener, patience: Patience) -> Self {
        Self {
            listener,
            free: Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX)),
            patience,
        }
    }
}

impl Listener for Limited {
    type Io = Held;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Held, SocketAddr) {
        // BOUND: only a closed semaphore has no permit to give, and nobody closes this one.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, from) = Listener::accept(&mut self.listener).await;
        (Held::new(stream, place, self.patience), from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection, the place that it takes until it is closed, and its time.
pub(super) struct Held {
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
    patience: Patience,
    idle: Pin<Box<Sleep>>,
    request: Pin<Box<Sleep>>,
}

impl Held {
    fn new(stream: TcpStream, place: Option<OwnedSemaphorePermit>, patience: Patience) -> Self {
        Self {
            stream,
            _place: place,
            patience,
            idle: Box::pin(sleep(patience.idle)),
            request: Box::pin(sleep(patience.request)),
        }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }

    /// An answer goes out: the time of the next request begins.
    fn answered<T>(&mut self, written: &Poll<io::Result<T>>) {
        if matches!(written, Poll::Ready(Ok(_))) {
            let now = Instant::now();
            self.idle.as_mut().reset(now + self.patience.idle);
            self.request.as_mut().reset(now + self.patience.request);
        }
    }
}

impl AsyncRead for Held {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let held = self.get_mut();
        // Before the bytes: one byte at a time does not make a request go on for ever.
        if held.request.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut held.stream).poll_read(cx, buf);
        match read {
            Poll::Ready(_) => held
                .idle
                .as_mut()
                .reset(Instant::now() + held.patience.idle),
            Poll::Pending if held.idle.as_mut().poll(cx).is_ready() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Pending => {}
        }
        read
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let held = self.get_mut();
        let written = Pin::new(&mut held.stream).poll_write(cx, buf);
        held.answered(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let held = self.get_mut();
        let written = Pin::new(&mut held.stream).poll_write_vectored(cx, bufs);
        held.answered(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
