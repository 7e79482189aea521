//! The wire beneath lapin: TLS to the broker with the hub's own certificate, and the sanitising filter on what comes in.

use super::sanitise::Sanitiser;
use async_rs::{Runtime, Tokio, traits::Reactor, util::RuntimeParts};
use futures_util::{
    Stream,
    io::{AsyncRead, AsyncWrite},
};
use rustls::pki_types::ServerName;
use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    os::fd::{AsFd, AsRawFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::{io::AsyncRead as _, io::AsyncWrite as _, io::ReadBuf, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// lapin's runtime with our stream in the place of a plain TCP stream.
pub(super) type Kit = RuntimeParts<Tokio, TlsReactor>;

/// The runtime that a connection runs on.
pub(super) fn runtime() -> Runtime<Kit> {
    Runtime::new(RuntimeParts::new(Tokio::current(), TlsReactor(Tokio::current())))
}

/// Connects to `host:port` within `timeout` and shakes hands.
pub(super) async fn connect(
    host: &str,
    port: u16,
    tls: Arc<rustls::ClientConfig>,
    timeout: Duration,
) -> io::Result<CleanStream> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let dial = async {
        let tcp = TcpStream::connect((host, port)).await?;
        tcp.set_nodelay(true)?;
        TlsConnector::from(tls).connect(name, tcp).await
    };
    let tls = tokio::time::timeout(timeout, dial).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    Ok(CleanStream { tls, sanitiser: Sanitiser::default(), clean: Vec::new(), read: 0, chunk: vec![0; CHUNK].into() })
}

/// Bytes read from TLS at a time.
const CHUNK: usize = 32 * 1024;

/// A TLS stream whose incoming content headers the AMQP parser can bear.
pub(super) struct CleanStream {
    tls: TlsStream<TcpStream>,
    sanitiser: Sanitiser,
    clean: Vec<u8>,
    read: usize,
    chunk: Box<[u8]>,
}

impl AsyncRead for CleanStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        while this.read == this.clean.len() {
            this.clean.clear();
            this.read = 0;
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.tls).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(0));
            }
            this.sanitiser.push(chunk.filled(), &mut this.clean);
        }
        let take = buffer.len().min(this.clean.len() - this.read);
        buffer[..take].copy_from_slice(&this.clean[this.read..this.read + take]);
        this.read += take;
        Poll::Ready(Ok(take))
    }
}

impl AsyncWrite for CleanStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tls).poll_write(context, buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tls).poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tls).poll_shutdown(context)
    }
}

/// Tokio's reactor, but for the kind of stream.
#[derive(Debug, Clone)]
pub(super) struct TlsReactor(Tokio);

impl Reactor for TlsReactor {
    type TcpStream = CleanStream;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.0.sleep(duration)
    }

    fn interval(&self, duration: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(duration)
    }

    /// lapin connects through [`connect`] only: a plain connection must not come about by accident.
    fn tcp_connect_addr(
        &self,
        _address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        std::future::ready(Err(io::Error::new(io::ErrorKind::Unsupported, "the broker is reached over TLS only")))
    }
}
