//! The hub: everything assembled, started, supervised, and brought down in good order.
//!
//! Configuration is checked before any port opens. A broker session lives until its first fault; then the next one is
//! opened after a pause, and whatever was not acknowledged comes again.

use crate::{
    broker::{self, Management, Session},
    clock::Clock,
    config::{Config, ConfigError, backoff},
    crl::{Crls, Surroundings},
    directory::{
        self, InForce,
        change::{ChangeSet, Record, Snapshot},
    },
    enforcement::Enforcement,
    expiry,
    http::{Desk, Listeners},
    metrics::Metrics,
    packs::{PacksError, PacksInForce},
    pipeline::{Pipeline, Unavailable},
    receipts::Notary,
    store::{self, Recorded, Store, StoreError},
    upkeep::Upkeep,
};
use base64::Engine;
use jiff::Timestamp;
use schemas::wire::{IdError, ParticipantId};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use thiserror::Error;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
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
    /// What an empty directory is filled with.
    pub seed: Vec<Record>,
    /// The areas.
    pub packs: Arc<PacksInForce>,
    /// The certificate revocation lists that are followed.
    pub crls: Arc<Crls>,
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
    let mut own_certificates = Vec::new();
    for path in [&config.broker.certificate, &config.http.certificate] {
        let wrong = |problem: String| ConfigError::file(path, problem, "certs init makes a development PKI");
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        own_certificates
            .extend(certs::inspect::inspect_pem(&pem).map_err(|error| wrong(error.to_string()))?.into_iter().take(1));
    }
    own_certificates.dedup_by(|one, other| one.sha256 == other.sha256);
    Ok(Checked {
        seed: directory::load(&config.directory)?,
        packs: Arc::new(packs),
        crls: Arc::new(Crls::load(&config.directory)?),
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
    let Checked { seed, packs, crls, validator_threads, notary, own_certificates, broker_tls } = check(&config)?;
    let store = store::open(&config.store).await?;
    let directory = Arc::new(directory_in_force(store.as_ref(), seed, clock()).await?);
    let listeners = Listeners::bind(&config.http, &directory, clock).await?;
    let metrics = Arc::new(Metrics::default());
    let connected = Arc::new(AtomicBool::new(false));
    let management_secret = secret();
    let management = Arc::new(Management::new(&config.broker, &config.gateway.id, &management_secret));
    let desk = Arc::new(Desk {
        hub: config.gateway.id.clone(),
        directory: Arc::clone(&directory),
        crls,
        packs: Arc::clone(&packs),
        store: Arc::clone(&store),
        metrics: Arc::clone(&metrics),
        management,
        management_secret,
        own_certificates,
        receipt_key: notary.jwk(),
        connected: Arc::clone(&connected),
        started_at: clock(),
        clock,
    });
    let (tasks, stop_http) = (TaskTracker::new(), CancellationToken::new());
    listeners.serve(&desk, &stop_http, &tasks);
    watch_certificates(&desk, &tasks, &shutdown);
    tracing::info!(participants = %config.http.participants, operators = %config.http.operators, "listening");
    let upkeep = Upkeep {
        lanes: config.ingress.lanes,
        packs: Arc::clone(&packs),
        directory: Arc::clone(&directory),
        clear_every: Duration::from_secs(config.directory.clear_seconds),
        management: Arc::clone(&desk.management),
    };
    let pipeline = Arc::new(Pipeline {
        hub: hub_id(&config)?,
        directory,
        packs,
        validator_threads,
        store: Arc::clone(&store),
        outbox_filled: Notify::new(),
        clocks_wound: Notify::new(),
        idle_lanes: AtomicUsize::new(0),
        notary,
        metrics,
        clock: Clock::new(config.faults.clock_file.clone()),
        config,
    });
    let interval = Duration::from_millis(pipeline.config.areas.watch_ms);
    tasks.spawn(Arc::clone(&pipeline.packs).watch(interval, shutdown.clone()));
    let interval = Duration::from_millis(pipeline.config.directory.watch_ms);
    tasks.spawn(Arc::clone(&pipeline.directory).follow(Arc::clone(&store), interval, shutdown.clone()));
    tasks.spawn(read_on_hangup(Arc::clone(&pipeline.packs), shutdown.clone()));
    supervise(&pipeline, &upkeep, &broker_tls, &connected, &shutdown).await;
    // The broker asks the hub about permissions until the last message is through: HTTP goes last.
    stop_http.cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Whoever the directory no longer lets in is cut off, CAs' lists are followed, and ends are warned of.
fn watch_certificates(desk: &Arc<Desk>, tasks: &TaskTracker, shutdown: &CancellationToken) {
    let enforcement = Enforcement {
        hub: desk.hub.clone(),
        directory: Arc::clone(&desk.directory),
        management: Arc::clone(&desk.management),
        metrics: Arc::clone(&desk.metrics),
        clock: desk.clock,
    };
    tasks.spawn(enforcement.run(shutdown.clone()));
    let around =
        Surroundings { store: Arc::clone(&desk.store), directory: Arc::clone(&desk.directory), clock: desk.clock };
    for position in 0..desk.crls.count() {
        tasks.spawn(Arc::clone(&desk.crls).follow(position, around.clone(), shutdown.clone()));
    }
    let own = (desk.hub.clone(), desk.own_certificates.clone());
    tasks.spawn(expiry::remind(Arc::clone(&desk.directory), own, desk.clock, shutdown.clone()));
}

/// The store's directory; where it is empty, filled with what the configuration names.
async fn directory_in_force(store: &dyn Store, seed: Vec<Record>, now: Timestamp) -> Result<InForce, HubError> {
    loop {
        let Snapshot { version, directory } = store.directory().await?;
        if !directory.is_empty() || seed.is_empty() {
            return Ok(InForce::new(Snapshot { version, directory }));
        }
        let (_, changes) = directory.plan(seed.clone(), now).map_err(|faults| {
            let said = faults.first().map(ToString::to_string).unwrap_or_default();
            ConfigError::new("directory.files", said, "gateway check says more")
        })?;
        let actor = "directory.files of the configuration".into();
        let set = ChangeSet { based_on: version, at: now, actor, reason: None, changes };
        // Another hub may be filling it at the same time: then there is something there now.
        if store.change_directory(&set).await? == Recorded::Durable {
            tracing::info!(records = set.changes.len(), "the empty directory was filled");
        }
    }
}

fn hub_id(config: &Config) -> Result<ParticipantId, ConfigError> {
    config.gateway.id.parse().map_err(|error: IdError| {
        ConfigError::new("gateway.id", error.to_string(), "use A-Z, 0-9 and '-', as in a certificate's CN")
    })
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
    upkeep: &Upkeep,
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
            ended = session(pipeline, upkeep, tls, connected, shutdown) => ended,
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
    upkeep: &Upkeep,
    tls: &Arc<rustls::ClientConfig>,
    connected: &AtomicBool,
    shutdown: &CancellationToken,
) -> Result<(), Unavailable> {
    let config = &pipeline.config;
    let session = Session::open(&config.broker, tls).await?;
    let (changes, topology) = (upkeep.changes(), upkeep.topology());
    session.declare(&topology).await?;
    pipeline.idle_lanes.store(0, Ordering::Relaxed);
    let mut lanes = JoinSet::new();
    for lane in &topology.lanes {
        let ingress = session.ingress(&lane.queue(), config.ingress.prefetch).await?;
        let publisher = session.publisher(config.broker.confirm_timeout()).await?;
        let (pipeline, shutdown) = (Arc::clone(pipeline), shutdown.clone());
        lanes.spawn(async move { pipeline.run_lane(ingress, publisher, shutdown).await });
    }
    let publisher = session.publisher(config.broker.confirm_timeout()).await?;
    let (sender, until) = (Arc::clone(pipeline), shutdown.clone());
    lanes.spawn(async move { sender.run_outbox(publisher, until).await });
    let backlog = session.backlog(topology.lanes.iter().map(|lane| lane.queue()).collect()).await?;
    let (watcher, until) = (Arc::clone(pipeline), shutdown.clone());
    lanes.spawn(async move { watcher.run_deadlines(backlog, until).await });
    connected.store(true, Ordering::Relaxed);
    pipeline.metrics.connected.set(1);
    pipeline.metrics.sessions.inc();
    tracing::info!(lanes = topology.lanes.len(), queues = topology.outgoing.len(), "session with the broker");
    let patience = Duration::from_secs(config.gateway.shutdown_seconds);
    let ended = tokio::select! {
        ended = drain(&mut lanes, shutdown, patience) => ended,
        error = upkeep.run(&session, topology, changes) => Err(error.into()),
    };
    // Lanes still at work are cut off: what they have not acknowledged comes again.
    lanes.shutdown().await;
    session.close().await;
    ended
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
