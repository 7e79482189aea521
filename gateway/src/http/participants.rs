//! Participants' HTTPS (mTLS): what a national system may ask about its own messages.

use super::{Desk, directory, problem::Problem, tls::Peer};
use crate::{directory::Directory, store::Story, track::Track};
use axum::{
    Extension, Json, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use schemas::wire::ParticipantId;
use std::sync::Arc;
use uuid::Uuid;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    let known = middleware::from_fn_with_state(Arc::clone(&desk), known_only);
    Router::new()
        .route("/v1/messages/{id}", get(message))
        .route("/v1/exchanges/{id}", get(exchange))
        .merge(directory::routes().route_layer(known))
        .route("/.well-known/jwks.json", get(keys))
        .fallback(async || Problem::not_found("there is nothing at this address"))
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .with_state(desk)
}

/// The public key that receipts verify with, as a JWK set.
async fn keys(State(desk): State<Arc<Desk>>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "keys": [desk.receipt_key] }))
}

async fn message(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
) -> Result<Json<Track>, Problem> {
    let tracks = visible(&desk, &peer, &id).await?;
    let found = tracks.into_iter().find(|track| track.message_id.eq_ignore_ascii_case(&id));
    found.map(Json).ok_or_else(|| Problem::not_found(format!("you have neither sent nor received a message {id}")))
}

async fn exchange(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
) -> Result<Json<Vec<Track>>, Problem> {
    let mut tracks = visible(&desk, &peer, &id).await?;
    tracks.retain(|track| track.correlation_id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&id)));
    if tracks.is_empty() {
        return Err(Problem::not_found(format!("you take part in no exchange {id}")));
    }
    Ok(Json(tracks))
}

/// Lets those pass whose certificate the directory still accepts.
async fn known_only(
    State(desk): State<Arc<Desk>>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    participant(&peer, &desk.directory.now().directory)?;
    Ok(next.run(request).await)
}

fn participant<'a>(peer: &Peer, directory: &'a Directory) -> Result<&'a ParticipantId, Problem> {
    peer.participant(directory).ok_or_else(|| {
        Problem::new(StatusCode::FORBIDDEN, "unidentified-sender", "the directory does not hold your certificate")
    })
}

/// The messages with this id, or in this exchange, that the caller sent or receives. Others do not exist for it.
async fn visible(desk: &Desk, peer: &Peer, id: &str) -> Result<Vec<Track>, Problem> {
    let directory = desk.directory.now().directory;
    let participant = participant(peer, &directory)?;
    let id = Uuid::try_parse(id).map_err(|_| Problem::not_found(format!("{id:.40} is not a UUID")))?;
    let stories = desk.store.stories(id).await.map_err(Problem::unavailable)?;
    Ok(stories.iter().filter(|story| concerns(&directory, participant, story)).map(Track::new).collect())
}

fn concerns(directory: &Directory, participant: &ParticipantId, story: &Story) -> bool {
    let sent = story.message.record.key.participant.as_ref() == Some(participant);
    sent || story.message.dispatches.iter().any(|dispatch| {
        directory.authority(&dispatch.recipient).is_some_and(|authority| &authority.participant == participant)
    })
}
