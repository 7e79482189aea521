//! The broker's management plug-in, asked over loopback HTTP: how deep the queues are, who consumes them, who is
//! connected; and told to close connections.

use crate::config;
use base64::Engine;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Method, StatusCode};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Largest answer that is read.
const LARGEST_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// Longest wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A queue as the broker sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueDepth {
    /// Its name.
    pub name: String,
    /// Messages ready for delivery.
    #[serde(default, rename(deserialize = "messages_ready"))]
    pub ready: u64,
    /// Messages delivered and not yet acknowledged.
    #[serde(default, rename(deserialize = "messages_unacknowledged"))]
    pub unacknowledged: u64,
    /// Consumers.
    #[serde(default)]
    pub consumers: u64,
}

/// A connection as the broker sees it.
#[derive(Debug, Clone, Deserialize)]
pub struct BrokerConnection {
    /// Its name, by which it is closed.
    pub name: String,
    /// Who opened it: the CN of the certificate. The broker may not tell while it is being opened.
    pub user: Option<String>,
    /// Begin and end of the certificate, as the broker spells them.
    pub peer_cert_validity: Option<String>,
    /// When it was opened, in milliseconds since 1970.
    pub connected_at: Option<i64>,
}

impl BrokerConnection {
    /// Begin and end of the certificate it was opened with, to the second; `None` where the broker does not tell, or
    /// spells them in a way that is not known (as RabbitMQ does with years from 2050).
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        let (begin, end) = self.peer_cert_validity.as_ref()?.split_once(" - ")?;
        Some((begin.parse().ok()?, end.parse().ok()?))
    }

    /// When it was opened, where the broker tells.
    pub fn connected_at(&self) -> Option<Timestamp> {
        self.connected_at.and_then(|at| Timestamp::from_millisecond(at).ok())
    }
}

/// The management plug-in.
pub struct Management {
    client: Client<HttpConnector, Empty<bytes::Bytes>>,
    base: String,
    authorization: String,
}

impl Management {
    /// Speaks as `user` with `secret`, which the hub itself will be asked to verify.
    pub fn new(settings: &config::Broker, user: &str, secret: &str) -> Self {
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}"));
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: settings.management_url.trim_end_matches('/').to_owned(),
            authorization: format!("Basic {credentials}"),
        }
    }

    /// Every queue of the hub's virtual host.
    ///
    /// # Errors
    /// The plug-in does not answer, or not as it should; a sentence says why.
    pub async fn queues(&self) -> Result<Vec<QueueDepth>, String> {
        let path = format!(
            "/api/queues/{}?disable_stats=false&enable_queue_totals=true&columns=name,messages_ready,messages_unacknowledged,consumers",
            schemas::wire::VIRTUAL_HOST
        );
        let body = self.ask(Method::GET, &path, "").await?.ok_or("there is no such virtual host")?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }

    /// Every connection of the broker that it has statistics of: one that was opened in the last seconds
    /// (`collect_statistics_interval`) may be missing.
    ///
    /// # Errors
    /// The plug-in does not answer, or not as it should; a sentence says why.
    pub async fn connections(&self) -> Result<Vec<BrokerConnection>, String> {
        let path = "/api/connections?columns=name,user,peer_cert_validity,connected_at";
        let body = self.ask(Method::GET, path, "").await?.ok_or("it lists no connections")?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }

    /// Closes all connections of a user, however young, telling their clients `reason`; says how many there were.
    ///
    /// # Errors
    /// The plug-in does not answer, or refuses; a sentence says why.
    pub async fn close_all_of(&self, user: &str, reason: &str) -> Result<usize, String> {
        let path = format!("/api/connections/username/{}", path_segment(user));
        let Some(body) = self.ask(Method::GET, &path, "").await? else { return Ok(0) };
        let open: Vec<serde::de::IgnoredAny> = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if !open.is_empty() {
            self.ask(Method::DELETE, &path, reason).await?;
        }
        Ok(open.len())
    }

    /// Closes a connection, telling its client `reason`. One that is gone already is closed too.
    ///
    /// # Errors
    /// The plug-in does not answer, or refuses; a sentence says why.
    pub async fn close(&self, connection: &BrokerConnection, reason: &str) -> Result<(), String> {
        let path = format!("/api/connections/{}", path_segment(&connection.name));
        self.ask(Method::DELETE, &path, reason).await.map(drop)
    }

    /// The answer's body; `None` where there is nothing of that name.
    async fn ask(&self, method: Method, path: &str, reason: &str) -> Result<Option<bytes::Bytes>, String> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(hyper::header::AUTHORIZATION, &self.authorization)
            .header("x-reason", reason)
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST_ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            match status {
                StatusCode::NOT_FOUND => Ok(None),
                _ if status.is_success() => Ok(Some(body.to_bytes())),
                _ => Err(format!("the management plug-in answered {status}")),
            }
        };
        tokio::time::timeout(ANSWER_TIMEOUT, answer)
            .await
            .map_err(|_| "the management plug-in did not answer in time".to_string())?
    }
}

/// A text as one segment of a path (RFC 3986): whatever is not a letter or digit, by its bytes.
fn path_segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 3), |mut segment, byte| {
        if byte.is_ascii_alphanumeric() {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
        segment
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_as_the_broker_tells_of_it() {
        let text = r#"{"name":"127.0.0.1:1 -> 127.0.0.1:2","user":"PL-BACKOFFICE","connected_at":1700000000123,
            "peer_cert_validity":"2026-01-02T03:04:05Z - 2027-01-02T03:04:05Z"}"#;
        let told: BrokerConnection = serde_json::from_str(text).expect("JSON");
        let (begin, end) = told.validity().expect("both times");
        assert_eq!(
            (begin.to_string(), end.to_string()),
            ("2026-01-02T03:04:05Z".into(), "2027-01-02T03:04:05Z".into())
        );
        assert_eq!(told.connected_at().map(Timestamp::as_millisecond), Some(1_700_000_000_123));
        let silent: BrokerConnection = serde_json::from_str(r#"{"name":"x","user":null}"#).expect("JSON");
        assert_eq!((&silent.user, silent.validity(), silent.connected_at()), (&None, None, None));
        assert_eq!(path_segment(&told.name), "127%2E0%2E0%2E1%3A1%20%2D%3E%20127%2E0%2E0%2E1%3A2");
        for other in ["", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z - {generalTime,\"20510102030405Z\"}"] {
            let told = BrokerConnection { peer_cert_validity: Some(other.into()), ..told.clone() };
            assert_eq!(told.validity(), None, "{other}");
        }
    }
}
