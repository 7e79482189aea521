//! The envelope as AMQP spells it: properties and headers, written for what goes out and checked on what comes in.
//!
//! Owns the translation of the wire contract (design, section 3); knows nothing of connections.

use crate::{incoming::FaultReason, outgoing::Outgoing};
use jiff::Timestamp;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use schemas::wire::{
    AuthorityId, ExchangeId, HEADER_CONTENT_SHA256, HEADER_DEADLINE, HEADER_FROM, HEADER_LANGUAGE, HEADER_SEQUENCE,
    HEADER_TEST, HEADER_TO, HEADER_TRACEPARENT, HUB_AREA, JSON, MessageId, MessageType, ParticipantId, RECEIPTS_TYPE,
    RETRIEVED_TYPE, ReceiptBatch, SignedReceipt, content_sha256,
};
use std::{borrow::Cow, str::FromStr};

/// Persistent, as AMQP spells it.
const PERSISTENT: u8 = 2;

/// A message ready to be published, any number of times.
pub(crate) struct Letter<'a> {
    pub(crate) message_id: MessageId,
    pub(crate) routing_key: String,
    properties: BasicProperties,
    pub(crate) body: Cow<'a, [u8]>,
}

impl<'a> Letter<'a> {
    /// A participant's message. Its properties must have been found to fit ([`Outgoing::objection`]).
    pub(crate) fn of(message: &'a Outgoing, participant: &ParticipantId) -> Self {
        let properties = properties(message.message_id, &message.message_type.to_string(), participant)
            .with_content_type(message.content_type.as_str().into())
            .with_correlation_id(message.correlation_id.to_string().into())
            .with_headers(headers(message));
        let routing_key = message.message_type.routing_key();
        Self { message_id: message.message_id, routing_key, properties, body: Cow::Borrowed(&message.body) }
    }
}

impl Letter<'static> {
    /// A report of retrieval (`hub/retrieved@1`) to the hub itself.
    pub(crate) fn report(message_id: MessageId, participant: &ParticipantId, body: Vec<u8>) -> Self {
        let properties = properties(message_id, RETRIEVED_TYPE, participant).with_content_type(JSON.into());
        Self { message_id, routing_key: format!("{HUB_AREA}.retrieved"), properties, body: Cow::Owned(body) }
    }
}

impl Letter<'_> {
    /// The properties for a publication at this time.
    pub(crate) fn properties_at(&self, now: Timestamp) -> BasicProperties {
        self.properties.clone().with_timestamp(u64::try_from(now.as_second()).unwrap_or(0))
    }
}

fn properties(message_id: MessageId, message_type: &str, participant: &ParticipantId) -> BasicProperties {
    BasicProperties::default()
        .with_message_id(message_id.to_string().into())
        .with_type(message_type.into())
        .with_user_id(participant.as_str().into())
        .with_delivery_mode(PERSISTENT)
}

fn headers(message: &Outgoing) -> FieldTable {
    let text = |value: &str| AMQPValue::LongString(value.into());
    let mut headers = FieldTable::default();
    headers.insert(HEADER_FROM.into(), text(message.from.as_str()));
    let to = match &message.to[..] {
        [] => None,
        [one] => Some(text(one.as_str())),
        many => Some(AMQPValue::FieldArray(many.iter().map(|to| text(to.as_str())).collect::<Vec<_>>().into())),
    };
    if let Some(to) = to {
        headers.insert(HEADER_TO.into(), to);
    }
    if let Some(language) = &message.language {
        headers.insert(HEADER_LANGUAGE.into(), text(language));
    }
    if message.test {
        headers.insert(HEADER_TEST.into(), AMQPValue::Boolean(true));
    }
    if let Some(traceparent) = &message.traceparent {
        headers.insert(HEADER_TRACEPARENT.into(), text(traceparent));
    }
    headers
}

/// The envelope of a delivered message, checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) message_id: MessageId,
    pub(crate) correlation_id: ExchangeId,
    pub(crate) message_type: MessageType,
    pub(crate) content_type: String,
    pub(crate) from: AuthorityId,
    pub(crate) to: AuthorityId,
    pub(crate) sequence: u32,
    pub(crate) deadline: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) content_sha256: String,
}

impl Envelope {
    /// Checks that the hub sent it, that every part is there, and that the body is the one it speaks of.
    pub(crate) fn read(properties: &BasicProperties, body: &[u8], hub: &str) -> Result<Self, FaultReason> {
        check_sender(properties, hub)?;
        let headers = Headers(properties.headers().as_ref());
        let envelope = Self {
            message_id: property("message_id", properties.message_id())?,
            correlation_id: property("correlation_id", properties.correlation_id())?,
            message_type: property("type", properties.kind())?,
            content_type: property("content_type", properties.content_type())?,
            from: headers.parsed(HEADER_FROM)?,
            to: headers.recipient()?,
            sequence: headers.sequence()?,
            deadline: headers.text(HEADER_DEADLINE)?.map(str::to_owned),
            language: headers.text(HEADER_LANGUAGE)?.map(str::to_owned),
            traceparent: headers.text(HEADER_TRACEPARENT)?.map(str::to_owned),
            content_sha256: headers.parsed(HEADER_CONTENT_SHA256)?,
        };
        let actual = content_sha256(body);
        if actual == envelope.content_sha256 {
            return Ok(envelope);
        }
        let claimed = envelope.content_sha256.chars().take(80).collect();
        Err(FaultReason::OtherContent { claimed, actual })
    }
}

/// Reads the body of a `hub/receipts@1`: at least one receipt, from the hub.
pub(crate) fn read_receipts(
    properties: &BasicProperties,
    body: &[u8],
    hub: &str,
) -> Result<Vec<SignedReceipt>, FaultReason> {
    check_sender(properties, hub)?;
    let kind: String = property("type", properties.kind())?;
    if kind != RECEIPTS_TYPE {
        return Err(wrong("type", format!("it is {kind:?}, not {RECEIPTS_TYPE}")));
    }
    let unreadable = |problem: String| FaultReason::Receipts { problem };
    let batch: ReceiptBatch = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    if batch.receipts.is_empty() { Err(unreadable("there is none".to_owned())) } else { Ok(batch.receipts) }
}

/// The broker has checked `user_id` against the publisher's certificate, so it says who published.
fn check_sender(properties: &BasicProperties, hub: &str) -> Result<(), FaultReason> {
    let found = properties.user_id().as_ref().map(|user| user.as_str().to_owned());
    if found.as_deref() == Some(hub) {
        return Ok(());
    }
    Err(FaultReason::NotFromTheHub { found, hub: hub.to_owned() })
}

fn wrong(name: &'static str, problem: impl ToString) -> FaultReason {
    FaultReason::Metadata { name, problem: problem.to_string() }
}

fn property<T: FromStr<Err: ToString>>(name: &'static str, value: &Option<ShortString>) -> Result<T, FaultReason> {
    let value = value.as_ref().ok_or_else(|| wrong(name, "it is missing"))?;
    value.as_str().parse().map_err(|error: T::Err| wrong(name, error.to_string()))
}

struct Headers<'a>(Option<&'a FieldTable>);

impl<'a> Headers<'a> {
    fn value(&self, name: &str) -> Option<&'a AMQPValue> {
        self.0?.inner().get(name)
    }

    fn text(&self, name: &'static str) -> Result<Option<&'a str>, FaultReason> {
        self.value(name).map(|value| text_of(name, value)).transpose()
    }

    fn parsed<T: FromStr<Err: ToString>>(&self, name: &'static str) -> Result<T, FaultReason> {
        let text = self.text(name)?.ok_or_else(|| wrong(name, "it is missing"))?;
        text.parse().map_err(|error: T::Err| wrong(name, error.to_string()))
    }

    /// One authority, plain or as an array of one.
    fn recipient(&self) -> Result<AuthorityId, FaultReason> {
        match self.value(HEADER_TO) {
            Some(AMQPValue::FieldArray(all)) => match all.as_slice() {
                [one] => text_of(HEADER_TO, one)?.parse().map_err(|error| wrong(HEADER_TO, error)),
                all => Err(wrong(HEADER_TO, format!("it names {} authorities, not one", all.len()))),
            },
            _ => self.parsed(HEADER_TO),
        }
    }

    fn sequence(&self) -> Result<u32, FaultReason> {
        let value = self.value(HEADER_SEQUENCE).ok_or_else(|| wrong(HEADER_SEQUENCE, "it is missing"))?;
        let number = match value {
            AMQPValue::ShortShortInt(number) => i64::from(*number),
            AMQPValue::ShortShortUInt(number) => i64::from(*number),
            AMQPValue::ShortInt(number) => i64::from(*number),
            AMQPValue::ShortUInt(number) => i64::from(*number),
            AMQPValue::LongInt(number) => i64::from(*number),
            AMQPValue::LongUInt(number) => i64::from(*number),
            AMQPValue::LongLongInt(number) => *number,
            other => return Err(wrong(HEADER_SEQUENCE, format!("{:?} is no whole number", other.get_type()))),
        };
        u32::try_from(number).ok().filter(|it| *it > 0).ok_or_else(|| wrong(HEADER_SEQUENCE, "it is out of range"))
    }
}

fn text_of<'a>(name: &'static str, value: &'a AMQPValue) -> Result<&'a str, FaultReason> {
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).map_err(|_| wrong(name, "it is not UTF-8")),
        AMQPValue::ShortString(text) => Ok(text.as_str()),
        other => Err(wrong(name, format!("{:?} is no text", other.get_type()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUB: &str = "IMI-GATEWAY";

    fn outgoing() -> Outgoing {
        let id = |text: &str| text.parse().expect("an authority");
        let message_type = "imi-pq/information-request@1".parse().expect("a type");
        Outgoing::new(message_type, id("PL-NIA-PHARM"), vec![id("UK-GPHC")], b"<a/>".to_vec())
    }

    /// What the hub makes of it on its way to the recipient.
    fn delivered(change: impl FnOnce(&mut FieldTable)) -> BasicProperties {
        let (message, hub) = (outgoing(), HUB.parse().expect("a participant"));
        let properties = Letter::of(&message, &hub).properties_at(Timestamp::UNIX_EPOCH);
        let mut headers = properties.headers().clone().expect("headers");
        headers.insert(HEADER_SEQUENCE.into(), AMQPValue::LongInt(1));
        headers.insert(HEADER_CONTENT_SHA256.into(), AMQPValue::LongString(content_sha256(b"<a/>").into()));
        change(&mut headers);
        properties.with_headers(headers)
    }

    fn read(properties: &BasicProperties) -> Result<Envelope, FaultReason> {
        Envelope::read(properties, b"<a/>", HUB)
    }

    #[test]
    fn a_letter_carries_what_the_contract_asks_for() {
        let message = Outgoing { test: true, ..outgoing() }.language("pl");
        let letter = Letter::of(&message, &"PL-BACKOFFICE".parse().expect("a participant"));
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let properties = letter.properties_at(now);
        assert_eq!(letter.routing_key, "imi-pq.information-request");
        assert_eq!(properties.user_id().as_ref().map(ShortString::as_str), Some("PL-BACKOFFICE"));
        assert_eq!(properties.kind().as_ref().map(ShortString::as_str), Some("imi-pq/information-request@1"));
        assert_eq!((*properties.delivery_mode(), *properties.timestamp()), (Some(2), Some(1_700_000_000)));
        let headers = properties.headers().as_ref().expect("headers").inner();
        assert_eq!(headers.get(HEADER_TEST), Some(&AMQPValue::Boolean(true)));
        assert_eq!(headers.get(HEADER_TO), Some(&AMQPValue::LongString("UK-GPHC".into())));
        assert_eq!(headers.get(HEADER_LANGUAGE), Some(&AMQPValue::LongString("pl".into())));
    }

    #[test]
    fn several_recipients_are_an_array_and_none_is_absent() {
        let header = |to: Vec<AuthorityId>| headers(&Outgoing { to, ..outgoing() }).inner().get(HEADER_TO).cloned();
        let one = outgoing().to[0].clone();
        assert_eq!(header(vec![]), None);
        assert!(
            matches!(header(vec![one.clone(), one]), Some(AMQPValue::FieldArray(all)) if all.as_slice().len() == 2)
        );
    }

    #[test]
    fn a_delivery_of_the_hub_is_read() {
        let envelope = read(&delivered(|_| {})).expect("a good delivery");
        assert_eq!((envelope.from.as_str(), envelope.to.as_str()), ("PL-NIA-PHARM", "UK-GPHC"));
        assert_eq!((envelope.sequence, envelope.deadline), (1, None));
        let array = AMQPValue::FieldArray(vec![AMQPValue::LongString("UK-GPHC".into())].into());
        let in_array = delivered(|headers| {
            headers.insert(HEADER_TO.into(), array);
        });
        assert!(read(&in_array).is_ok());
    }

    #[test]
    fn what_does_not_come_from_the_hub_is_a_fault() {
        let forged = delivered(|_| {}).with_user_id("DE-BACKOFFICE".into());
        assert!(
            matches!(read(&forged), Err(FaultReason::NotFromTheHub { found: Some(found), .. }) if found == "DE-BACKOFFICE")
        );
        assert!(matches!(read(&BasicProperties::default()), Err(FaultReason::NotFromTheHub { found: None, .. })));
    }

    #[test]
    fn receipts_come_from_the_hub_and_are_at_least_one() {
        let properties = |kind: &str| BasicProperties::default().with_user_id(HUB.into()).with_type(kind.into());
        let read = |properties: &BasicProperties, body: &str| read_receipts(properties, body.as_bytes(), HUB);
        let one =
            r#"{"receipts":[{"hub":"IMI-GATEWAY","outcome":"accepted","time":"t","content_sha256":"","jws":"x"}]}"#;
        assert_eq!(read(&properties(RECEIPTS_TYPE), one).map(|receipts| receipts.len()), Ok(1));
        assert!(matches!(read(&properties("imi-pq/x@1"), one), Err(FaultReason::Metadata { name: "type", .. })));
        assert!(matches!(read(&BasicProperties::default(), one), Err(FaultReason::NotFromTheHub { .. })));
        for body in ["", "{}", "[]", r#"{"receipts":[]}"#, r#"{"receipts":[{}]}"#] {
            assert!(matches!(read(&properties(RECEIPTS_TYPE), body), Err(FaultReason::Receipts { .. })), "{body}");
        }
    }

    #[test]
    fn another_body_than_the_header_says_is_a_fault() {
        let properties = delivered(|_| {});
        let other = Envelope::read(&properties, b"<b/>", HUB);
        assert!(matches!(other, Err(FaultReason::OtherContent { .. })));
    }

    #[test]
    fn missing_and_garbage_metadata_is_a_fault_and_never_a_panic() {
        let set = |name: &'static str, value: AMQPValue| {
            delivered(move |headers| {
                headers.insert(name.into(), value);
            })
        };
        let wrong_name = |properties: &BasicProperties| match read(properties) {
            Err(FaultReason::Metadata { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong_name(&set(HEADER_FROM, AMQPValue::LongInt(7))), HEADER_FROM);
        assert_eq!(wrong_name(&set(HEADER_FROM, AMQPValue::LongString(b"\xff".to_vec().into()))), HEADER_FROM);
        assert_eq!(wrong_name(&set(HEADER_SEQUENCE, AMQPValue::LongInt(0))), HEADER_SEQUENCE);
        assert_eq!(wrong_name(&set(HEADER_SEQUENCE, AMQPValue::Boolean(true))), HEADER_SEQUENCE);
        assert_eq!(wrong_name(&set(HEADER_TO, AMQPValue::FieldArray(vec![].into()))), HEADER_TO);
        assert_eq!(wrong_name(&set(HEADER_DEADLINE, AMQPValue::Void)), HEADER_DEADLINE);
        let no_id = BasicProperties::default().with_user_id(HUB.into());
        assert_eq!(wrong_name(&no_id), "message_id");
    }
}
