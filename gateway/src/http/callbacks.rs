//! The broker's questions (design, section 4): which certificates may connect, and who may do what.
//!
//! Speaks the protocols of `rabbitmq_trust_store` (http provider) and `rabbitmq_auth_backend_http`. Anything that is
//! not understood is answered `deny`.

use super::{Desk, problem::Problem};
use crate::directory::access::{Access, Operation, Principal, Resource};
use axum::{
    Form, Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use base64::Engine;
use certs::inspect::Certificate;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/auth/user", post(user))
        .route("/auth/vhost", post(virtual_host))
        .route("/auth/resource", post(resource))
        .route("/auth/topic", post(topic))
        .route("/trust", get(trusted))
        .route("/trust/{certificate}", get(certificate))
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .with_state(desk)
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    username: String,
    password: Option<String>,
    #[serde(default)]
    vhost: String,
    #[serde(default)]
    resource: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    permission: String,
    #[serde(default)]
    routing_key: String,
}

impl Question {
    fn resource(&self) -> Resource {
        match self.resource.as_str() {
            "exchange" => Resource::Exchange,
            "queue" => Resource::Queue,
            _ => Resource::Other,
        }
    }

    fn operation(&self) -> Operation {
        match self.permission.as_str() {
            "configure" => Operation::Configure,
            "write" => Operation::Write,
            "read" => Operation::Read,
            _ => Operation::Other,
        }
    }
}

impl Desk {
    fn access(&self) -> Access<'_> {
        let directory = self.directory.now().directory;
        Access { hub: &self.hub, directory, areas: Arc::clone(&self.packs.now().areas) }
    }

    /// What the broker shall accept: the hub's own certificates, and those of the directory that may connect now. The
    /// broker itself looks at no certificate's time once it is on the list.
    fn certificates(&self) -> Vec<Certificate> {
        let directory = self.directory.now().directory;
        let accepted = directory.admitted((self.clock)()).map(|known| known.certificate.clone());
        self.own_certificates.iter().cloned().chain(accepted).collect()
    }
}

fn verdict(allowed: bool) -> &'static str {
    if allowed { "allow" } else { "deny" }
}

/// Over AMQP the certificate has proved the name, and no password is sent. A password comes from the management
/// plug-in alone, where only the hub may log in, with the secret it made at start.
async fn user(State(desk): State<Arc<Desk>>, Form(question): Form<Question>) -> &'static str {
    let principal = desk.access().principal(&question.username);
    match (principal, &question.password) {
        (Principal::Hub, Some(password)) if same(password, &desk.management_secret) => "allow administrator",
        (Principal::Hub | Principal::Participant(_), None) => "allow",
        (Principal::Hub | Principal::Participant(_) | Principal::Stranger, _) => "deny",
    }
}

fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

async fn virtual_host(State(desk): State<Arc<Desk>>, Form(question): Form<Question>) -> &'static str {
    let access = desk.access();
    verdict(access.virtual_host(&access.principal(&question.username), &question.vhost))
}

async fn resource(State(desk): State<Arc<Desk>>, Form(question): Form<Question>) -> &'static str {
    let access = desk.access();
    let principal = access.principal(&question.username);
    let allowed = access.virtual_host(&principal, &question.vhost)
        && access.resource(&principal, question.resource(), &question.name, question.operation());
    verdict(allowed)
}

async fn topic(State(desk): State<Arc<Desk>>, Form(question): Form<Question>) -> &'static str {
    let access = desk.access();
    let principal = access.principal(&question.username);
    let allowed = access.virtual_host(&principal, &question.vhost)
        && access.routing_key(&principal, &question.name, question.operation(), &question.routing_key);
    verdict(allowed)
}

async fn trusted(State(desk): State<Arc<Desk>>) -> Json<serde_json::Value> {
    let entry = |certificate: &Certificate| serde_json::json!({ "id": certificate.sha256, "path": format!("{}.pem", certificate.sha256) });
    let entries: Vec<_> = desk.certificates().iter().map(entry).collect();
    Json(serde_json::json!({ "certificates": entries }))
}

async fn certificate(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Result<String, Problem> {
    let wanted = name.strip_suffix(".pem").unwrap_or(&name);
    let found = desk.certificates().into_iter().find(|certificate| certificate.sha256 == wanted);
    let certificate = found.ok_or_else(|| Problem::not_found("no such certificate"))?;
    let base64 = base64::engine::general_purpose::STANDARD.encode(&certificate.der);
    let lines = base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect::<String>();
    Ok(format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"))
}
