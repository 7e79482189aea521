//! Operators' HTTP: how the hub is, and where a message is. Plain HTTP on loopback.

use super::{Desk, directory, problem::Problem};
use crate::{
    directory::{
        AuthorityStatus, Directory,
        change::Snapshot,
        statistics::{self, AuthorityCounts, ProfessionGaps},
    },
    expiry::{self, Expiry},
    store::Awaiting,
    track::Track,
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use schemas::wire::{AreaId, AuthorityId, ExchangeId};
use serde::Serialize;
use std::sync::{Arc, atomic::Ordering};
use uuid::Uuid;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .route("/v1/statistics/authorities", get(authorities))
        .route("/v1/statistics/professions", get(professions))
        .route("/v1/messages/{id}", get(message))
        .route("/v1/exchanges/{id}", get(exchange))
        .merge(directory::routes())
        .fallback(async || Problem::not_found("there is nothing at this address; / lists what there is"))
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .with_state(desk)
}

async fn index(State(desk): State<Arc<Desk>>) -> String {
    format!(
        "{} {}: operators' interface\n\n\
         /status               routing at a glance (JSON)\n\
         /metrics              for Prometheus\n\
         /health/live          the process runs\n\
         /health/ready         broker and store are there\n\
         /v1/authorities       who exists; /v1/registers: national registers\n\
         /v1/statistics/...    authorities, professions: figures of the annual report\n\
         /v1/messages/ID       where is this message?\n\
         /v1/exchanges/ID      every message of an exchange\n\
         /v1/authorities?q=    the authorities; /v1/authorities/ID\n\
         /v1/registers?q=      the national registers; /v1/registers/ID\n",
        desk.hub,
        env!("CARGO_PKG_VERSION")
    )
}

async fn ready(State(desk): State<Arc<Desk>>) -> (StatusCode, String) {
    if !desk.connected.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: no session with the broker\n".into());
    }
    match desk.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n".into()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")),
    }
}

async fn metrics(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let now = (desk.clock)();
    desk.metrics.certificate_days.set(expiry::days_left(&desk.expiries(now), now));
    desk.crls.overview(now).iter().for_each(|overview| desk.metrics.crl(overview));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], desk.metrics.text())
}

async fn status(State(desk): State<Arc<Desk>>) -> Result<Json<serde_json::Value>, Problem> {
    let overview = desk.store.overview().await.map_err(Problem::unavailable)?;
    let now = (desk.clock)();
    let queues = match desk.management.queues().await {
        Ok(queues) => serde_json::json!(queues),
        Err(problem) => serde_json::json!({ "unknown": problem }),
    };
    let Snapshot { version, directory } = desk.directory.now();
    let reading = desk.packs.reading();
    let areas: Vec<_> = desk
        .packs
        .now()
        .areas
        .iter()
        .map(|area| serde_json::json!({ "area": area.id, "status": area.status, "messages": area.messages.len() }))
        .collect();
    let certificates: Vec<_> = desk
        .expiries(now)
        .into_iter()
        .map(|expiry| {
            let (days, warning) = (expiry.days(now), expiry.warning(now));
            let Expiry { owner, serial, not_after, .. } = expiry;
            serde_json::json!({ "owner": owner, "serial": serial, "not_after": not_after, "days": days, "warning": warning })
        })
        .collect();
    Ok(Json(serde_json::json!({
        "hub": desk.hub,
        "version": env!("CARGO_PKG_VERSION"),
        "started_at": desk.started_at,
        "broker_connected": desk.connected.load(Ordering::Relaxed),
        "participants": directory.participants().count(),
        "authorities": directory.authorities().count(),
        "directory_version": version,
        "areas": areas,
        "packs_read_at": reading.at,
        "packs_refused": reading.refused,
        "messages": overview,
        "needs_coordinator": desk.needs_coordinator(&directory).await?,
        "queues": queues,
        "certificates": certificates,
        "crls": desk.crls.overview(now),
    })))
}

/// An exchange that waits for an authority that takes no part for now: only its coordinator can help.
#[derive(Serialize)]
struct NeedsCoordinator {
    exchange: ExchangeId,
    area: AreaId,
    state: String,
    /// Who is awaited.
    awaited: AuthorityId,
    /// Why it does not act: `suspended`, `withdrawn`.
    status: &'static str,
    /// Who validates it, where its record says so.
    coordinator: Option<AuthorityId>,
    /// When the exchange last moved.
    since: jiff::Timestamp,
}

impl Desk {
    /// What waits for authorities that are suspended or withdrawn (domain, A031: coordinators clear backlogs).
    async fn needs_coordinator(&self, directory: &Directory) -> Result<Vec<NeedsCoordinator>, Problem> {
        let idle = |id: &&AuthorityId| directory.authority(id).is_some_and(|one| one.status != AuthorityStatus::Active);
        let authorities: Vec<AuthorityId> =
            directory.authorities().map(|authority| &authority.id).filter(idle).cloned().collect();
        if authorities.is_empty() {
            return Ok(Vec::new());
        }
        let waiting = self.store.awaiting(&authorities).await.map_err(Problem::unavailable)?;
        let entries = waiting.into_iter().flat_map(|Awaiting { exchange, since }| {
            let awaited: Vec<AuthorityId> = exchange.awaited().into_iter().filter(idle).cloned().collect();
            awaited.into_iter().filter_map(move |awaited| {
                let authority = directory.authority(&awaited)?;
                Some(NeedsCoordinator {
                    exchange: exchange.correlation_id,
                    area: exchange.area.clone(),
                    state: exchange.state.clone(),
                    status: authority.status.as_str(),
                    coordinator: authority.coordinators.validating.clone(),
                    awaited,
                    since,
                })
            })
        });
        Ok(entries.collect())
    }

    fn expiries(&self, now: jiff::Timestamp) -> Vec<Expiry> {
        expiry::expiries(&self.directory.now().directory, &self.hub, &self.own_certificates, now)
    }
}

/// Figure 2 of the annual report of 2010, as of now (domain, A106).
async fn authorities(State(desk): State<Arc<Desk>>) -> Json<AuthorityCounts> {
    Json(statistics::authorities(&desk.directory.now().directory))
}

/// Figure 4: professions without an authority (domain, A108).
async fn professions(State(desk): State<Arc<Desk>>) -> Json<ProfessionGaps> {
    let professions = statistics::professions_of(&desk.packs.now().areas);
    Json(statistics::professions(&desk.directory.now().directory, professions))
}

async fn message(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Result<Json<Track>, Problem> {
    let tracks = tracks(&desk, &id).await?;
    let found = tracks.into_iter().find(|track| track.message_id.eq_ignore_ascii_case(&id));
    found.map(Json).ok_or_else(|| Problem::not_found(format!("no message {id:.40} was ever taken in")))
}

async fn exchange(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Result<Json<Vec<Track>>, Problem> {
    let mut tracks = tracks(&desk, &id).await?;
    tracks.retain(|track| track.correlation_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&id)));
    if tracks.is_empty() {
        return Err(Problem::not_found(format!("no exchange {id:.40} was ever opened")));
    }
    Ok(Json(tracks))
}

async fn tracks(desk: &Desk, id: &str) -> Result<Vec<Track>, Problem> {
    let id = Uuid::try_parse(id).map_err(|_| Problem::not_found(format!("{id:.40} is not a UUID")))?;
    let stories = desk.store.stories(id).await.map_err(Problem::unavailable)?;
    Ok(stories.iter().map(Track::new).collect())
}
