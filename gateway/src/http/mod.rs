//! HTTP: three listeners, each for one kind of caller. The only module that knows axum.
//!
//! Owns serving, its limits and its problem details. What is answered comes from the store, the directory and the rules.

mod callbacks;
mod directory;
mod operators;
mod participants;
mod problem;
mod tls;

use crate::{
    broker::Management,
    config::{self, ConfigError},
    crl::Crls,
    directory::InForce,
    metrics::Metrics,
    packs::PacksInForce,
    store::Store,
};
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use jiff::Timestamp;
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections that one listener serves at a time; more wait.
const MOST_CONNECTIONS: usize = 512;
/// Longest TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for requests in hand when the hub goes.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the listeners answer from.
pub struct Desk {
    /// Id of the hub.
    pub hub: String,
    /// Who exists.
    pub directory: Arc<InForce>,
    /// The certificate revocation lists that are followed.
    pub crls: Arc<Crls>,
    /// The areas.
    pub packs: Arc<PacksInForce>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// The broker's management plug-in.
    pub management: Arc<Management>,
    /// What the hub proves itself with to the management plug-in; made at start, never written.
    pub management_secret: String,
    /// The hub's own certificates, which the broker must accept.
    pub own_certificates: Vec<certs::inspect::Certificate>,
    /// The public key that receipts verify with.
    pub receipt_key: serde_json::Value,
    /// Whether the hub has a broker session.
    pub connected: Arc<AtomicBool>,
    /// When the hub started.
    pub started_at: Timestamp,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// Listeners that are bound and not yet served.
pub struct Listeners {
    participants: (TcpListener, TlsAcceptor),
    operators: TcpListener,
    callbacks: TcpListener,
}

impl Listeners {
    /// Binds all three.
    ///
    /// # Errors
    /// A port is taken, or the TLS identity cannot be used.
    pub async fn bind(
        settings: &config::Http,
        directory: &Arc<InForce>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        let acceptor = TlsAcceptor::from(tls::server_config(settings, Arc::clone(directory), clock)?);
        Ok(Self {
            participants: (bind("http.participants", settings.participants).await?, acceptor),
            operators: bind("http.operators", settings.operators).await?,
            callbacks: bind("http.broker_callbacks", settings.broker_callbacks).await?,
        })
    }

    /// Serves until `shutdown`, then lets requests in hand end.
    pub fn serve(self, desk: &Arc<Desk>, shutdown: &CancellationToken, tasks: &TaskTracker) {
        let (participants, acceptor) = self.participants;
        let gate = Gate { acceptor, desk: Arc::clone(desk) };
        tasks.spawn(serve(participants, Some(gate), participants::router(Arc::clone(desk)), shutdown.clone()));
        tasks.spawn(serve(self.operators, None, operators::router(Arc::clone(desk)), shutdown.clone()));
        tasks.spawn(serve(self.callbacks, None, callbacks::router(Arc::clone(desk)), shutdown.clone()));
    }
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|error| {
        ConfigError::new(key, format!("cannot listen on {address}: {error}"), "free the port or choose another")
    })
}

/// What lets participants in, and out again.
#[derive(Clone)]
struct Gate {
    acceptor: TlsAcceptor,
    desk: Arc<Desk>,
}

impl Gate {
    /// Ends when the directory no longer accepts the certificate; whatever is served beside it is to be dropped then.
    async fn closes(&self, peer: &tls::Peer) {
        let refusal = peer.refused(&self.desk.directory, self.desk.clock).await;
        self.desk.metrics.sessions_closed("https", refusal, 1);
        let directory = self.desk.directory.now().directory;
        tracing::info!(participant = peer.name(&directory), reason = refusal.as_str(), "an HTTPS session was closed");
    }
}

async fn serve(listener: TcpListener, gate: Option<Gate>, router: Router, shutdown: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(100).keep_alive_interval(Duration::from_secs(20));
    let (builder, connections) = (Arc::new(builder), Arc::new(GracefulShutdown::new()));
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = next(&listener, &places) => accepted,
        };
        let Some((place, stream)) = accepted else { continue };
        let (builder, connections, gate, router) =
            (Arc::clone(&builder), Arc::clone(&connections), gate.clone(), router.clone());
        tasks.spawn(async move {
            let _held_while_served = place;
            match gate {
                None => answer(&builder, &connections, stream, router).await,
                Some(gate) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, gate.acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let peer = tls::peer(&stream);
                        let router = router.layer(axum::Extension(peer.clone()));
                        tokio::select! {
                            biased;
                            () = gate.closes(&peer) => {}
                            () = answer(&builder, &connections, stream, router) => {}
                        }
                    }
                    Ok(Err(error)) => tracing::info!(%error, "a TLS handshake was refused"),
                    Err(_) => tracing::info!("a TLS handshake took too long"),
                },
            }
        });
    }
    drop(listener);
    tasks.close();
    if let Some(connections) = Arc::into_inner(connections) {
        let _whatever_is_left_is_cut = tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
    }
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::sync::OwnedSemaphorePermit, TcpStream)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((place, stream)),
        Err(error) => {
            // Out of file descriptors, most likely: give others time to close theirs.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn answer<S>(builder: &Builder<TokioExecutor>, connections: &GracefulShutdown, stream: S, router: Router)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = connections.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
