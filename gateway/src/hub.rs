//! The hub: everything assembled, started, supervised, and brought down in good order.
//!
//! Configuration is checked before any port opens. A broker session lives until its first fault; then the next one is
//! opened after a pause, and whatever was not acknowledged comes again.

use crate::{
    broker::{self, Management, Session, Topology},
    config::{Config, ConfigError, backoff},
    directory,
    http::{Desk, Listeners},
    metrics::Metrics,
    packs::{PacksError, PacksInForce},
    pipeline::{Pipeline, Rules, Unavailable},
    receipts::Notary,
    store::{self, StoreError},
};
use base64::Engine;
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use thiserror::Error;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A session that lasted this long was a good one: the next attempt begins with the shortest wait again.
const GOOD_SESSION: Duration = Duration::from_secs(30);

/// What keeps the hub from running.
#[derive(Debug, Error)]
pub enum HubError {
    /// The operator must change something (exit code 64).
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What [`check`] has proved to be usable.
pub struct Checked {
    /// The rules.
    pub rules: Arc<Rules>,
    /// The areas.
    pub packs: Arc<PacksInForce>,
    validator_threads: usize,
    notary: Notary,
    own_certificates: Vec<certs::inspect::Certificate>,
    broker_tls: Arc<rustls::ClientConfig>,
}

/// Loads and checks all that the configuration names, and opens nothing.
///
/// # Errors
/// The first thing that cannot work: its place, the problem, the remedy.
pub fn check(config: &Config) -> Result<Checked, ConfigError> {
    let validator_threads = match config.ingress.validators {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let packs = PacksInForce::load(&config.areas.path, config.limits.document(), validator_threads, Timestamp::now)
        .map_err(|error| match error {
            PacksError::Area(error) => ConfigError::new("areas", error.to_string(), "gateway areas check says more"),
            PacksError::Threads(error) => {
                ConfigError::new("ingress.validators", error.to_string(), "allow the process more threads")
            }
        })?;
    let rules = Rules {
        hub: config.gateway.id.clone(),
        directory: directory::load(&config.directory)?,
        limits: config.limits.clone(),
    };
    let mut own_certificates = Vec::new();
    for path in [&config.broker.certificate, &config.http.certificate] {
        let wrong = |problem: String| ConfigError::file(path, problem, "certs init makes a development PKI");
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        own_certificates
            .extend(certs::inspect::inspect_pem(&pem).map_err(|error| wrong(error.to_string()))?.into_iter().take(1));
    }
    own_certificates.dedup_by(|one, other| one.sha256 == other.sha256);
    Ok(Checked {
        rules: Arc::new(rules),
        packs: Arc::new(packs),
        validator_threads,
        notary: Notary::load(&config.gateway.id, &config.receipts.key)?,
        own_certificates,
        broker_tls: broker::tls(&config.broker)?,
    })
}

/// Runs the hub until `shutdown`, then finishes what is in hand.
///
/// # Errors
/// It could not start. Once it runs, faults of broker and store are waited out.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), HubError> {
    let clock = Timestamp::now;
    let Checked { rules, packs, validator_threads, notary, own_certificates, broker_tls } = check(&config)?;
    let store = store::open(&config.store).await?;
    let listeners = Listeners::bind(&config.http, &rules, clock).await?;
    let metrics = Arc::new(Metrics::default());
    let connected = Arc::new(AtomicBool::new(false));
    let management_secret = secret();
    let desk = Arc::new(Desk {
        rules: Arc::clone(&rules),
        packs: Arc::clone(&packs),
        store: Arc::clone(&store),
        metrics: Arc::clone(&metrics),
        management: Management::new(&config.broker, &config.gateway.id, &management_secret),
        management_secret,
        own_certificates,
        receipt_key: notary.jwk(),
        connected: Arc::clone(&connected),
        started_at: clock(),
        clock,
    });
    let (tasks, stop_http) = (TaskTracker::new(), CancellationToken::new());
    listeners.serve(&desk, &stop_http, &tasks);
    tracing::info!(participants = %config.http.participants, operators = %config.http.operators, "listening");
    let pipeline = Arc::new(Pipeline {
        rules,
        packs,
        validator_threads,
        store: Arc::clone(&store),
        notary,
        metrics,
        clock,
        config,
    });
    let interval = Duration::from_millis(pipeline.config.areas.watch_ms);
    tasks.spawn(Arc::clone(&pipeline.packs).watch(interval, shutdown.clone()));
    tasks.spawn(read_on_hangup(Arc::clone(&pipeline.packs), shutdown.clone()));
    supervise(&pipeline, &broker_tls, &connected, &shutdown).await;
    // The broker asks the hub about permissions until the last message is through: HTTP goes last.
    stop_http.cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// SIGHUP asks for the packs to be read again, as daemons do.
async fn read_on_hangup(packs: Arc<PacksInForce>, shutdown: CancellationToken) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        tracing::error!("SIGHUP cannot be listened for; changed packs are still found by their files");
        return;
    };
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = hangup.recv() => packs.ask(),
        }
    }
}

/// 256 random bits: proves the hub to the management plug-in, lives in memory only.
fn secret() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random generator works, or nothing here is safe");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

async fn supervise(
    pipeline: &Arc<Pipeline>,
    tls: &Arc<rustls::ClientConfig>,
    connected: &AtomicBool,
    shutdown: &CancellationToken,
) {
    let settings = &pipeline.config.broker;
    let mut attempt = 0;
    while !shutdown.is_cancelled() {
        let began = Instant::now();
        let ended = tokio::select! {
            biased;
            () = opening_was_cut_short(shutdown, connected) => return,
            ended = session(pipeline, tls, connected, shutdown) => ended,
        };
        connected.store(false, Ordering::Relaxed);
        pipeline.metrics.connected.set(0);
        let Err(error) = ended else { return };
        attempt = if began.elapsed() > GOOD_SESSION { 0 } else { attempt + 1 };
        let pause = backoff(settings.reconnect_first_ms, settings.reconnect_most_ms, attempt);
        tracing::warn!(%error, pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX), "no session with the broker; trying again");
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// A shutdown need not wait for a broker that does not answer; a session that works drains by itself.
async fn opening_was_cut_short(shutdown: &CancellationToken, connected: &AtomicBool) {
    shutdown.cancelled().await;
    if connected.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

/// One session: ends well on shutdown only.
async fn session(
    pipeline: &Arc<Pipeline>,
    tls: &Arc<rustls::ClientConfig>,
    connected: &AtomicBool,
    shutdown: &CancellationToken,
) -> Result<(), Unavailable> {
    let config = &pipeline.config;
    let session = Session::open(&config.broker, tls).await?;
    let mut changes = pipeline.packs.changes();
    let topology = Topology::new(config.ingress.lanes, &pipeline.packs.now().areas, &pipeline.rules.directory);
    session.declare(&topology).await?;
    let mut lanes = JoinSet::new();
    for lane in &topology.lanes {
        let ingress = session.ingress(&lane.queue(), config.ingress.prefetch).await?;
        let publisher = session.publisher(config.broker.confirm_timeout()).await?;
        let (pipeline, shutdown) = (Arc::clone(pipeline), shutdown.clone());
        lanes.spawn(async move { pipeline.run_lane(ingress, publisher, shutdown).await });
    }
    connected.store(true, Ordering::Relaxed);
    pipeline.metrics.connected.set(1);
    pipeline.metrics.sessions.inc();
    tracing::info!(lanes = topology.lanes.len(), queues = topology.outgoing.len(), "session with the broker");
    let patience = Duration::from_secs(config.gateway.shutdown_seconds);
    let ended = tokio::select! {
        ended = drain(&mut lanes, shutdown, patience) => ended,
        error = follow(pipeline, &session, &mut changes) => Err(error),
    };
    // Lanes still at work are cut off: what they have not acknowledged comes again.
    lanes.shutdown().await;
    session.close().await;
    ended
}

/// Declares anew whenever packs came into force; ends only with a fault of the session.
async fn follow(pipeline: &Pipeline, session: &Session, changes: &mut watch::Receiver<u64>) -> Unavailable {
    while changes.changed().await.is_ok() {
        let areas = Arc::clone(&pipeline.packs.now().areas);
        let topology = Topology::new(pipeline.config.ingress.lanes, &areas, &pipeline.rules.directory);
        if let Err(error) = session.declare(&topology).await {
            return error.into();
        }
    }
    std::future::pending().await
}

async fn drain(
    lanes: &mut JoinSet<Result<(), Unavailable>>,
    shutdown: &CancellationToken,
    patience: Duration,
) -> Result<(), Unavailable> {
    let too_late = async {
        shutdown.cancelled().await;
        tokio::time::sleep(patience).await;
    };
    let all = async {
        while let Some(lane) = lanes.join_next().await {
            match lane {
                Ok(ended) => ended?,
                Err(error) => return Err(Unavailable::Lane(error.to_string())),
            }
        }
        Ok(())
    };
    tokio::select! {
        () = too_late => {
            tracing::warn!("messages in hand were given back to the broker: the shutdown took too long");
            Ok(())
        }
        ended = all => ended,
    }
}
