//! The broker's management plug-in, asked over loopback HTTP: how deep the queues are, and who consumes them.

use crate::config;
use base64::Engine;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
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
        let uri = format!(
            "{}/api/queues/{}?disable_stats=false&enable_queue_totals=true&columns=name,messages_ready,messages_unacknowledged,consumers",
            self.base,
            schemas::wire::VIRTUAL_HOST
        );
        let request = hyper::Request::get(uri)
            .header(hyper::header::AUTHORIZATION, &self.authorization)
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = async {
            let response = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST_ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            if !status.is_success() {
                return Err(format!("the management plug-in answered {status}"));
            }
            serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())
        };
        tokio::time::timeout(ANSWER_TIMEOUT, answer)
            .await
            .map_err(|_| "the management plug-in did not answer in time".to_string())?
    }
}
