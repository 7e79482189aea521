//! The envelope: what a message says about itself, read from properties and headers that may hold anything.
//!
//! Pure. Knows the wire contract (design, section 3); knows neither broker nor directory.

use bytes::Bytes;
use schemas::wire::{
    AuthorityId, ContentType, ExchangeId, HEADER_FROM, HEADER_LANGUAGE, HEADER_TEST, HEADER_TO, HEADER_TRACEPARENT,
    JSON, MessageId, MessageType, Rejection, RejectionCode, XML,
};
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// A message as it came from the broker, before anyone believes it.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Its properties and headers.
    pub properties: Properties,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The document.
    pub body: Bytes,
    /// Whether the broker has delivered it before.
    pub redelivered: bool,
}

/// Properties and headers as claimed. The broker has checked `user_id` only.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    /// `message_id`
    pub message_id: Option<String>,
    /// `correlation_id`
    pub correlation_id: Option<String>,
    /// `type`
    pub message_type: Option<String>,
    /// `content_type`
    pub content_type: Option<String>,
    /// `user_id`
    pub user_id: Option<String>,
    /// `timestamp`, seconds since 1970
    pub timestamp: Option<u64>,
    /// Headers, by name.
    pub headers: BTreeMap<String, HeaderValue>,
}

/// A header's value, as far as the contract knows kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// A text in UTF-8.
    Text(String),
    /// An array.
    List(Vec<HeaderValue>),
    /// A truth value.
    Flag(bool),
    /// Any other kind, by its name.
    Other(&'static str),
}

/// An envelope in which every field is what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Minted by the sender.
    pub message_id: MessageId,
    /// The exchange it belongs to.
    pub correlation_id: ExchangeId,
    /// What it is.
    pub message_type: MessageType,
    /// How it is spelled.
    pub content_type: ContentType,
    /// The sending authority.
    pub from: AuthorityId,
    /// The receiving authorities; empty where the workflow knows them.
    pub to: Vec<AuthorityId>,
    /// Language of free text.
    pub language: Option<String>,
    /// Test message: never delivered.
    pub test: bool,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// When it was sent, seconds since 1970.
    pub sent_at_seconds: u64,
}

/// A message type and version must be known before anything else can be judged.
pub fn message_type(properties: &Properties) -> Result<MessageType, Rejection> {
    property("type", properties.message_type.as_deref())
}

/// The message id, which every message must bear.
pub fn message_id(properties: &Properties) -> Result<MessageId, Rejection> {
    property("message_id", properties.message_id.as_deref())
}

/// The sending authority.
pub fn sender(properties: &Properties) -> Result<AuthorityId, Rejection> {
    match properties.headers.get(HEADER_FROM) {
        None => Err(malformed(format!("header {HEADER_FROM} is missing"))),
        Some(value) => authority(HEADER_FROM, value),
    }
}

/// How the document claims to be spelled. Parameters are refused except `charset=utf-8`.
pub fn content_type(properties: &Properties) -> Result<ContentType, Rejection> {
    let Some(text) = properties.content_type.as_deref() else {
        return Err(malformed("property content_type is missing"));
    };
    let (media_type, parameter) =
        text.split_once(';').map_or((text, ""), |(kind, parameter)| (kind.trim(), parameter.trim()));
    let plain = parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8");
    match media_type {
        XML if plain => Ok(ContentType::Xml),
        JSON if plain => Ok(ContentType::Json),
        _ => Err(malformed(format!("property content_type {} is neither {XML} nor {JSON}", quoted(text)))),
    }
}

impl Envelope {
    /// Reads an envelope. The first fault in the order of the contract's table is reported.
    ///
    /// # Errors
    /// `malformed-metadata`, naming the property or header.
    pub fn read(properties: &Properties, most_recipients: usize) -> Result<Self, Rejection> {
        Ok(Self {
            message_id: message_id(properties)?,
            correlation_id: property("correlation_id", properties.correlation_id.as_deref())?,
            message_type: message_type(properties)?,
            content_type: content_type(properties)?,
            sent_at_seconds: properties.timestamp.ok_or_else(|| malformed("property timestamp is missing"))?,
            from: sender(properties)?,
            to: recipients(properties, most_recipients)?,
            language: bounded_text(properties, HEADER_LANGUAGE, 35)?,
            test: flag(properties, HEADER_TEST)?,
            traceparent: bounded_text(properties, HEADER_TRACEPARENT, 128)?,
        })
    }
}

fn recipients(properties: &Properties, most: usize) -> Result<Vec<AuthorityId>, Rejection> {
    let listed = match properties.headers.get(HEADER_TO) {
        None => Vec::new(),
        Some(HeaderValue::List(values)) if values.is_empty() => {
            return Err(malformed(format!("header {HEADER_TO} is an empty array")));
        }
        Some(HeaderValue::List(values)) if values.len() > most => {
            return Err(malformed(format!("header {HEADER_TO} names {} recipients, more than {most}", values.len())));
        }
        Some(HeaderValue::List(values)) => {
            values.iter().map(|value| authority(HEADER_TO, value)).collect::<Result<_, _>>()?
        }
        Some(value) => vec![authority(HEADER_TO, value)?],
    };
    let mut seen = std::collections::HashSet::new();
    match listed.iter().find(|id| !seen.insert(*id)) {
        Some(twice) => Err(malformed(format!("header {HEADER_TO} names {twice} twice"))),
        None => Ok(listed),
    }
}

fn authority(header: &str, value: &HeaderValue) -> Result<AuthorityId, Rejection> {
    match value {
        HeaderValue::Text(text) => text.parse().map_err(|error| malformed(format!("header {header}: {error}"))),
        other => Err(malformed(format!("header {header} is {}, not a text", kind(other)))),
    }
}

fn bounded_text(properties: &Properties, header: &str, most_bytes: usize) -> Result<Option<String>, Rejection> {
    match properties.headers.get(header) {
        None => Ok(None),
        Some(HeaderValue::Text(text))
            if text.len() <= most_bytes && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(Some(text.clone()))
        }
        Some(HeaderValue::Text(text)) => Err(malformed(format!("header {header} {} is not valid", quoted(text)))),
        Some(other) => Err(malformed(format!("header {header} is {}, not a text", kind(other)))),
    }
}

/// `imi-test` is a truth value; clients that know texts only may write `true` or `false`.
fn flag(properties: &Properties, header: &str) -> Result<bool, Rejection> {
    match properties.headers.get(header) {
        None => Ok(false),
        Some(HeaderValue::Flag(value)) => Ok(*value),
        Some(HeaderValue::Text(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(HeaderValue::Text(text)) => {
            Err(malformed(format!("header {header} {} is neither true nor false", quoted(text))))
        }
        Some(other) => Err(malformed(format!("header {header} is {}, not a truth value", kind(other)))),
    }
}

fn property<T: FromStr<Err: Display>>(name: &str, value: Option<&str>) -> Result<T, Rejection> {
    match value {
        None => Err(malformed(format!("property {name} is missing"))),
        Some(text) => text.parse().map_err(|error| malformed(format!("property {name}: {error}"))),
    }
}

fn kind(value: &HeaderValue) -> &'static str {
    match value {
        HeaderValue::Text(_) => "a text",
        HeaderValue::List(_) => "an array",
        HeaderValue::Flag(_) => "a truth value",
        HeaderValue::Other(kind) => kind,
    }
}

fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}

fn malformed(reason: impl Into<String>) -> Rejection {
    Rejection::new(RejectionCode::MalformedMetadata, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid() -> Properties {
        Properties {
            message_id: Some("0195b7f0-0000-7000-8000-000000000001".into()),
            correlation_id: Some("0195b7f0-0000-7000-8000-000000000002".into()),
            message_type: Some("imi-pq/information-request@1".into()),
            content_type: Some("application/xml".into()),
            user_id: Some("PL-BACKOFFICE".into()),
            timestamp: Some(1_700_000_000),
            headers: BTreeMap::from([
                (HEADER_FROM.into(), HeaderValue::Text("PL-NIA-PHARM".into())),
                (HEADER_TO.into(), HeaderValue::Text("UK-GPHC".into())),
            ]),
        }
    }

    fn reason(change: impl FnOnce(&mut Properties)) -> String {
        let mut properties = valid();
        change(&mut properties);
        let rejection = Envelope::read(&properties, 3).expect_err("malformed");
        assert_eq!(rejection.code, RejectionCode::MalformedMetadata);
        rejection.reason
    }

    fn header(name: &'static str, value: HeaderValue) -> impl FnOnce(&mut Properties) {
        move |properties| {
            properties.headers.insert(name.into(), value);
        }
    }

    #[test]
    fn a_recipient_may_stand_alone_or_in_an_array() {
        let mut properties = valid();
        assert_eq!(Envelope::read(&properties, 3).expect("valid").to.len(), 1);
        let both = ["UK-GPHC", "DE-RP-DARMSTADT"].map(|id| HeaderValue::Text(id.into()));
        properties.headers.insert(HEADER_TO.into(), HeaderValue::List(both.to_vec()));
        assert_eq!(Envelope::read(&properties, 3).expect("valid").to.len(), 2);
    }

    #[test]
    fn every_fault_names_its_field() {
        assert!(reason(|p| p.message_id = None).contains("message_id is missing"));
        assert!(reason(|p| p.message_id = Some("x".into())).contains("message_id: \"x\" is not a message id"));
        assert!(reason(|p| p.correlation_id = None).contains("correlation_id"));
        assert!(reason(|p| p.message_type = Some("pq".into())).contains("property type"));
        assert!(reason(|p| p.content_type = Some("text/plain".into())).contains("content_type"));
        assert!(reason(|p| p.content_type = Some("application/xml; charset=latin1".into())).contains("content_type"));
        assert!(reason(|p| p.timestamp = None).contains("timestamp"));
        assert!(reason(|p| drop(p.headers.remove(HEADER_FROM))).contains(HEADER_FROM));
        assert!(reason(header(HEADER_FROM, HeaderValue::Other("a number"))).contains("is a number, not a text"));
        assert!(reason(header(HEADER_TO, HeaderValue::List(vec![]))).contains("empty array"));
        assert!(
            reason(header(HEADER_TO, HeaderValue::List(vec![HeaderValue::Text("UK-GPHC".into()); 4])))
                .contains("more than 3")
        );
        assert!(
            reason(header(HEADER_TO, HeaderValue::List(vec![HeaderValue::Text("UK-GPHC".into()); 2])))
                .contains("twice")
        );
        assert!(reason(header(HEADER_TEST, HeaderValue::Text("yes".into()))).contains(HEADER_TEST));
        assert!(reason(header(HEADER_LANGUAGE, HeaderValue::Text("x".repeat(36)))).contains(HEADER_LANGUAGE));
        assert!(reason(header(HEADER_TRACEPARENT, HeaderValue::Text("a\r\nb".into()))).contains(HEADER_TRACEPARENT));
    }
}
