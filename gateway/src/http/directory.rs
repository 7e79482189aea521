//! The directory over HTTP: search, and one record by its id; the same for participants and operators.
//!
//! What may be seen of a record is [`crate::directory::search`]'s.

use super::{Desk, problem::Problem};
use crate::directory::search::{
    AuthorityCriteria, BadParameter, FoundAuthority, FoundRegister, Page, RegisterCriteria, authority_details,
    register_details, search_authorities, search_registers,
};
use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, request::Parts},
    routing::get,
};
use schemas::wire::AuthorityId;
use std::sync::Arc;

/// Searches and records; whoever serves them decides who may ask.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/v1/authorities", get(authorities))
        .route("/v1/authorities/{id}", get(authority))
        .route("/v1/registers", get(registers))
        .route("/v1/registers/{id}", get(register))
}

/// Names and values of the query, in their order.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The language asked for, where nothing else may be asked.
    fn language(&self) -> Result<Option<String>, BadParameter> {
        if let Some((name, _)) = self.iter().find(|(name, _)| *name != "lang") {
            return Err(BadParameter {
                parameter: name.chars().take(100).collect(),
                problem: "a record has no such parameter".into(),
                remedy: "give lang, or nothing".into(),
            });
        }
        let criteria = AuthorityCriteria::from_parameters(self.iter(), &Default::default())?;
        Ok(criteria.paging.language)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(invalid(format!("the query cannot be read: {error}; write it as name=value&name=value"))),
        }
    }
}

impl From<BadParameter> for Problem {
    fn from(bad: BadParameter) -> Self {
        invalid(format!("parameter {bad}"))
    }
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-parameter", detail)
}

async fn authorities(
    State(desk): State<Arc<Desk>>,
    parameters: Parameters,
) -> Result<Json<Page<FoundAuthority>>, Problem> {
    let packs = desk.packs.now();
    let criteria = AuthorityCriteria::from_parameters(parameters.iter(), &packs.professions)?;
    Ok(Json(search_authorities(&*desk.directory.index().await, &packs.professions, &criteria)))
}

async fn registers(
    State(desk): State<Arc<Desk>>,
    parameters: Parameters,
) -> Result<Json<Page<FoundRegister>>, Problem> {
    let packs = desk.packs.now();
    let criteria = RegisterCriteria::from_parameters(parameters.iter(), &packs.professions)?;
    Ok(Json(search_registers(&*desk.directory.index().await, &packs.professions, &criteria)))
}

async fn authority(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<serde_json::Value>, Problem> {
    let language = parameters.language()?;
    let directory = desk.directory.now().directory;
    let found = id.parse::<AuthorityId>().ok().and_then(|id| directory.authority(&id));
    let authority = found.ok_or_else(|| Problem::not_found(format!("the directory has no authority {id:.40}")))?;
    shown(&authority_details(authority, language.as_deref()))
}

async fn register(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<serde_json::Value>, Problem> {
    let language = parameters.language()?;
    let directory = desk.directory.now().directory;
    let found = directory.register(&id);
    let register = found.ok_or_else(|| Problem::not_found(format!("the directory has no register {id:.40}")))?;
    shown(&register_details(&directory, register, language.as_deref()))
}

/// Spelled while the directory that the record belongs to is there.
fn shown(details: &impl serde::Serialize) -> Result<Json<serde_json::Value>, Problem> {
    serde_json::to_value(details).map(Json).map_err(Problem::unavailable)
}
