//! What the hub itself says of a message, asked through the operators' port.

use super::DemoError;
use crate::network::Network;
use schemas::wire::MessageId;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The hub's word on one message, as far as the demo judges by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tracked {
    /// Where the message stands; one of the end states when nothing more will happen to it.
    pub state: String,
    /// State of its exchange now.
    pub exchange_state: Option<String>,
    /// Where it stands with each recipient.
    pub dispatches: BTreeMap<String, String>,
    /// Code of its rejection.
    pub rejection: Option<String>,
    /// SHA-256 of its document.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Answer {
    state: String,
    content_sha256: String,
    #[serde(default)]
    exchange: Option<Exchange>,
    #[serde(default)]
    recipients: Vec<Recipient>,
    #[serde(default)]
    rejection: Option<Rejection>,
}

#[derive(Deserialize)]
struct Exchange {
    state: String,
}

#[derive(Deserialize)]
struct Recipient {
    authority: String,
    state: String,
}

#[derive(Deserialize)]
struct Rejection {
    code: String,
}

/// Asks where the message is.
pub(super) async fn ask(network: &Network, message: MessageId) -> Result<Tracked, DemoError> {
    let path = format!("/v1/messages/{message}");
    let (status, body) = network.operators_get(&path).await.map_err(|error| DemoError::Track(error.to_string()))?;
    if status != 200 {
        return Err(DemoError::Track(format!("GET {path} was answered {status}: {}", body.trim())));
    }
    read(&body).map_err(|error| DemoError::Track(format!("GET {path} was answered with something else: {error}")))
}

fn read(body: &str) -> Result<Tracked, serde_json::Error> {
    let answer: Answer = serde_json::from_str(body)?;
    Ok(Tracked {
        state: answer.state,
        exchange_state: answer.exchange.map(|exchange| exchange.state),
        dispatches: answer.recipients.into_iter().map(|recipient| (recipient.authority, recipient.state)).collect(),
        rejection: answer.rejection.map(|rejection| rejection.code),
        sha256: answer.content_sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_answer_is_read() {
        let body = r#"{"message_id":"0195b7f0-0000-7000-8000-000000000001","state":"retrieved","ended":true,
            "content_sha256":"abab","size_bytes":7,"recipients":[{"authority":"UK-GPHC","state":"retrieved"}],
            "exchange":{"state":"SENT","awaits":["UK-GPHC"]},"stations":[]}"#;
        let tracked = read(body).expect("an answer");
        assert_eq!((tracked.state.as_str(), tracked.exchange_state.as_deref()), ("retrieved", Some("SENT")));
        assert_eq!(tracked.dispatches["UK-GPHC"], "retrieved");
        assert_eq!(tracked.rejection, None);
    }

    #[test]
    fn a_refusal_is_read() {
        let body = r#"{"state":"rejected","content_sha256":"abab","recipients":[],
            "rejection":{"code":"schema-violation","reason":"three things are wrong"}}"#;
        assert_eq!(read(body).expect("an answer").rejection.as_deref(), Some("schema-violation"));
    }
}
