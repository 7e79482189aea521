//! A back office without people: answers every information request with an acceptance and a reply, so that integrators
//! have a counterpart to test against. Built on the client library, as any national system could be.

mod answer;
mod request;

use adapters::{Client, ClientConfig, ClientError, Incoming, Mailboxes, Outgoing, Receipts, SubmitError};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use schemas::wire::{AuthorityId, IdError, MessageId, MessageType, Receipt, XML};
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

/// Days within which an answer is promised where the request names no date.
const DAYS_TO_ANSWER: i64 = 14;
/// Length of an ISO 8601 date without a zone.
const DATE_LENGTH: usize = 10;

/// What a back office without people is told.
#[derive(Debug, Clone)]
pub struct BackofficeOptions {
    /// How it connects, and as whom.
    pub client: ClientConfig,
    /// The authorities that it answers for.
    pub authorities: Vec<AuthorityId>,
    /// Whether events are printed as JSON, one object per line.
    pub spelling: Spelling,
    /// How many requests it answers before it ends; without end where there is none.
    pub requests: Option<usize>,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// One readable line per event.
    Text,
    /// One JSON object per line.
    Json,
}

/// Why the back office ends.
#[derive(Debug, Error)]
pub enum BackofficeError {
    /// It cannot connect.
    #[error("cannot connect")]
    Client(#[from] ClientError),
    /// The broker does not take an answer.
    #[error("cannot answer")]
    Submit(#[from] SubmitError),
}

/// Answers until it is interrupted, or the requests it was asked for are answered.
///
/// # Errors
/// When it cannot connect, or the broker refuses an answer for good.
pub async fn run(options: BackofficeOptions) -> Result<(), BackofficeError> {
    let client = Client::connect(options.client).await?;
    let (mailboxes, receipts) = (client.mailboxes(&options.authorities), client.receipts());
    let office = Office { client: client.clone(), spelling: options.spelling };
    for authority in &options.authorities {
        office.tell("ready", &format!("answering for {authority}"), json!({ "authority": authority }));
    }
    let result = tokio::select! {
        result = office.answer(mailboxes, options.requests) => result,
        () = office.read(receipts) => Ok(()),
        () = crate::interrupted() => Ok(()),
    };
    client.close().await;
    result
}

struct Office {
    client: Client,
    spelling: Spelling,
}

impl Office {
    async fn answer(&self, mut mailboxes: Mailboxes, requests: Option<usize>) -> Result<(), BackofficeError> {
        let mut answered = 0;
        while requests.is_none_or(|most| answered < most) {
            let Some(incoming) = mailboxes.next().await else { break };
            let (from, kind) = (&incoming.from, &incoming.message_type);
            self.tell(
                "message",
                &format!("{kind} from {from} for {}, exchange {}", incoming.to, incoming.correlation_id),
                json!({ "message_id": incoming.message_id, "type": kind, "from": from, "to": incoming.to }),
            );
            // What comes again after a broken connection was answered before.
            if !incoming.seen_before {
                let answers = answers(&incoming, Timestamp::now());
                answered += usize::from(!answers.is_empty());
                // Answers first: should this process end here, the request comes again and is answered with the same
                // ids, which the hub takes for the repetition that it is.
                self.client.submit_all(&answers).await?;
            }
            incoming.stored().await?;
        }
        Ok(())
    }

    async fn read(&self, mut receipts: Receipts) {
        while let Some(incoming) = receipts.next().await {
            let text = receipt_text(&incoming.receipt);
            self.tell("receipt", &text, json!(incoming.receipt));
            if incoming.stored().await.is_err() {
                return;
            }
        }
    }

    fn tell(&self, event: &str, text: &str, object: serde_json::Value) {
        let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        match self.spelling {
            Spelling::Text => println!("{time}  {event:<8} {text}"),
            Spelling::Json => println!("{}", json!({ "time": time, "event": event, "detail": object })),
        }
    }
}

fn receipt_text(receipt: &Receipt) -> String {
    let message = receipt.message_id.as_deref().unwrap_or("a message without an id");
    let recipient = receipt.recipient.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let reason = receipt.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} {message}{recipient}{reason}", receipt.outcome.as_str())
}

/// The answers to a message, in order; none where it asks nothing.
fn answers(incoming: &Incoming, now: Timestamp) -> Vec<Outgoing> {
    let question = Question {
        kind: &incoming.message_type,
        to: &incoming.to,
        xml: (incoming.content_type == XML).then_some(incoming.body.as_slice()),
        due: incoming.deadline.as_deref(),
    };
    let documents = question.documents(now);
    let answer = |(name, document): (&str, String)| -> Result<Outgoing, IdError> {
        let kind = MessageType { message: name.parse()?, ..incoming.message_type.clone() };
        let answer = Outgoing::new(kind, incoming.to.clone(), Vec::new(), document.into_bytes());
        let message_id = MessageId(Uuid::new_v5(&incoming.message_id.0, name.as_bytes()));
        Ok(Outgoing { message_id, ..answer.in_exchange(incoming.correlation_id).language("en") })
    };
    documents.into_iter().filter_map(|document| answer(document).ok()).collect()
}

/// What decides about the answers.
struct Question<'a> {
    kind: &'a MessageType,
    to: &'a AuthorityId,
    xml: Option<&'a [u8]>,
    due: Option<&'a str>,
}

impl Question<'_> {
    fn documents(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let Some(asked) = self.xml.and_then(|document| request::read(document).ok()) else { return Vec::new() };
        let (area, version) = (self.kind.area.as_str(), self.kind.version);
        let accept = || ("information-request-accept", answer::acceptance(area, version, &self.date(now)));
        let reply = || ("information-request-reply", answer::reply(area, version, &asked.questions));
        match self.kind.message.as_str() {
            "information-request" => vec![accept(), reply()],
            // A forwarded request also reaches the one who asked, to be known and not to be answered.
            "information-request-forward" if asked.requested_by.as_deref() != Some(self.to.as_str()) => {
                vec![accept(), reply()]
            }
            "information-request-more" => vec![reply()],
            _ => Vec::new(),
        }
    }

    fn date(&self, now: Timestamp) -> String {
        let asked_for = self.due.and_then(|due| due.get(..DATE_LENGTH)).map(str::to_owned);
        asked_for.unwrap_or_else(|| {
            let today = now.to_zoned(TimeZone::UTC).date();
            today.saturating_add(DAYS_TO_ANSWER.days()).to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: &str, to: &str, document: &[u8]) -> Vec<&'static str> {
        let (kind, to) = (kind.parse().expect("a type"), to.parse().expect("an authority"));
        let question = Question { kind: &kind, to: &to, xml: Some(document), due: None };
        question.documents(Timestamp::UNIX_EPOCH).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_request_is_accepted_and_replied_to() {
        let request = include_bytes!("../../stories/a202-request.xml");
        assert_eq!(
            names("imi-pq/information-request@1", "DE-RP-DARMSTADT", request),
            ["information-request-accept", "information-request-reply"]
        );
        assert!(names("imi-pq/information-request-close@1", "DE-RP-DARMSTADT", request).is_empty());
    }

    #[test]
    fn whoever_asked_does_not_answer_its_own_forwarded_request() {
        let forward = include_bytes!("../../stories/a201-forward.xml");
        assert_eq!(names("imi-pq/information-request-forward@1", "RO-CMR", forward).len(), 2);
        assert!(names("imi-pq/information-request-forward@1", "AT-AEK-WIEN", forward).is_empty());
    }

    #[test]
    fn the_date_asked_for_is_agreed_to_and_otherwise_a_fortnight() {
        let (kind, to) = ("imi-pq/information-request@1".parse().expect("a type"), "DE-X".parse().expect("an id"));
        let question = Question { kind: &kind, to: &to, xml: None, due: Some("2011-03-18+01:00") };
        assert_eq!(question.date(Timestamp::UNIX_EPOCH), "2011-03-18");
        assert_eq!(Question { due: None, ..question }.date(Timestamp::UNIX_EPOCH), "1970-01-15");
    }
}
