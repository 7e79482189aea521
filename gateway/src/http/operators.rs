//! Operators' HTTP: how the hub is, and where a message is. Plain HTTP on loopback.

use super::{Desk, problem::Problem};
use crate::track::Track;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use std::sync::{Arc, atomic::Ordering};
use uuid::Uuid;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/status", get(status))
        .route("/metrics", get(metrics))
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .route("/v1/messages/{id}", get(message))
        .route("/v1/exchanges/{id}", get(exchange))
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
         /v1/messages/ID       where is this message?\n\
         /v1/exchanges/ID      every message of an exchange\n",
        desk.rules.hub,
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
    let days = desk.expiries().map(|(_, _, not_after)| days_until(now, not_after)).min();
    desk.metrics.certificate_days.set(days.unwrap_or_default());
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
    let reading = desk.packs.reading();
    let areas: Vec<_> = desk
        .packs
        .now()
        .areas
        .iter()
        .map(|area| serde_json::json!({ "area": area.id, "status": area.status, "messages": area.messages.len() }))
        .collect();
    let mut certificates: Vec<_> = desk.expiries().collect();
    certificates.sort_by_key(|(_, _, not_after)| *not_after);
    let certificates: Vec<_> = certificates
        .into_iter()
        .map(|(owner, serial, not_after)| {
            let days = days_until(now, not_after);
            serde_json::json!({ "owner": owner, "serial": serial, "not_after": not_after, "days": days, "warning": warning(days) })
        })
        .collect();
    Ok(Json(serde_json::json!({
        "hub": desk.rules.hub,
        "version": env!("CARGO_PKG_VERSION"),
        "started_at": desk.started_at,
        "broker_connected": desk.connected.load(Ordering::Relaxed),
        "participants": desk.rules.directory.participants().count(),
        "authorities": desk.rules.directory.authorities().count(),
        "areas": areas,
        "packs_read_at": reading.at,
        "packs_refused": reading.refused,
        "messages": overview,
        "queues": queues,
        "certificates": certificates,
    })))
}

impl Desk {
    fn expiries(&self) -> impl Iterator<Item = (&str, &str, jiff::Timestamp)> {
        let participants = self.rules.directory.participants().flat_map(|participant| {
            participant.certificates.iter().map(|certificate| (participant.id.as_str(), certificate))
        });
        let own = self.own_certificates.iter().map(|certificate| (self.rules.hub.as_str(), certificate));
        participants.chain(own).map(|(owner, certificate)| (owner, certificate.serial.as_str(), certificate.not_after))
    }
}

fn days_until(now: jiff::Timestamp, then: jiff::Timestamp) -> i64 {
    (then.as_second() - now.as_second()).div_euclid(24 * 60 * 60)
}

/// Warnings at 60, 30 and 7 days (design, section 4).
fn warning(days: i64) -> Option<&'static str> {
    match days {
        ..0 => Some("expired"),
        0..=7 => Some("expires within 7 days"),
        8..=30 => Some("expires within 30 days"),
        31..=60 => Some("expires within 60 days"),
        61.. => None,
    }
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
