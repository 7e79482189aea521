//! Thirty-one states for broadcast searches, each a participant with one authority, all within the process of the load. One
//! asks; of the others most answer at once, some are silent, some too late, and one sends what no schema knows.

use super::{
    LoadError,
    consumer::{Handful, Handfuls},
    reports,
    wire::{self, Login},
};
use lapin::{
    BasicProperties, Channel,
    message::Delivery,
    options::BasicPublishOptions,
    types::{AMQPValue, FieldTable, ShortString},
};
use schemas::wire::{AuthorityId, HEADER_FROM, ParticipantId, SUBMIT_EXCHANGE, XML, mailbox_queue, receipts_queue};
use std::{fmt::Write as _, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet};
use uuid::Uuid;

/// The states, as the Union spells them; the first one asks.
const STATES: [&str; 31] = [
    "DE", "AT", "BE", "BG", "CY", "CZ", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UK",
];
/// States that are asked.
pub(super) const ASKED: usize = STATES.len() - 1;
/// Of those, states that never answer.
pub(super) const SILENT: usize = 3;
/// And states that answer after the hub has waited long enough.
pub(super) const LATE: usize = 2;
/// And states whose answer breaks the schema.
pub(super) const GARBLED: usize = 1;
/// How late the late ones are; the hub waits for 18 s.
const TOO_LATE: Duration = Duration::from_secs(19);
/// Most message ids that wait to be reported.
const WAITING: usize = 10_000;
/// Every so many-th state has found somebody.
const FINDS: usize = 8;

const ANSWER: &str = "erru/check-good-repute-response@1";
const NOT_FOUND: &[u8] =
    include_bytes!("../../../schemas/areas/erru/1/samples/good/check-good-repute-response-not-found.xml");
const FOUND: &[u8] = include_bytes!("../../../schemas/areas/erru/1/samples/good/check-good-repute-response-unfit.xml");
const GARBAGE: &[u8] = b"<CheckGoodReputeResponse xmlns=\"urn:imi:area:erru:1\"/>";

/// How a state behaves when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    Answers(&'static [u8]),
    Silent,
    Late,
}

impl Habit {
    fn of(place: usize) -> Self {
        match place {
            place if place < SILENT => Self::Silent,
            place if place < SILENT + LATE => Self::Late,
            place if place < SILENT + LATE + GARBLED => Self::Answers(GARBAGE),
            place if place % FINDS == 0 => Self::Answers(FOUND),
            _ => Self::Answers(NOT_FOUND),
        }
    }
}

/// A state: who connects, and in whose name.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The participant.
    pub participant: ParticipantId,
    /// The authority.
    pub authority: AuthorityId,
}

impl State {
    fn of(country: &str) -> Result<Self, LoadError> {
        let wrong = |error: schemas::wire::IdError| LoadError::Unexpected(error.to_string());
        let participant = format!("{country}-BACKOFFICE").parse().map_err(wrong)?;
        Ok(Self { participant, authority: format!("{country}-CONTACT").parse().map_err(wrong)? })
    }

    /// Its identity for [`Login::of`].
    pub(super) fn identity(&self) -> String {
        format!("participants/{}", self.participant)
    }

    /// The properties of a message that it sends now, with an id of its own.
    pub(super) fn properties(&self, message_type: &str, exchange: &str) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(HEADER_FROM.into(), AMQPValue::LongString(self.authority.as_str().into()));
        BasicProperties::default()
            .with_message_id(Uuid::now_v7().to_string().into())
            .with_correlation_id(exchange.into())
            .with_type(message_type.into())
            .with_content_type(XML.into())
            .with_user_id(self.participant.as_str().into())
            .with_timestamp(u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default())
            .with_delivery_mode(2)
            .with_headers(headers)
    }
}

/// The directory of the thirty-one, as TOML.
pub(super) fn directory() -> String {
    STATES.iter().fold(String::new(), |mut text, country| {
        let _strings_take_everything = write!(
            text,
            "[[participant]]\nid = \"{country}-BACKOFFICE\"\ncountry = \"{country}\"\nname = \"{country}\"\n\
             certificates = [\"{country}-BACKOFFICE.pem\"]\n[[authority]]\nid = \"{country}-CONTACT\"\n\
             name = {{ en = \"{country}\" }}\ncountry = \"{country}\"\nparticipant = \"{country}-BACKOFFICE\"\n\
             areas = [{{ area = \"erru\", roles = [\"responder\"] }}]\n"
        );
        text
    })
}

/// The state that asks.
pub(super) fn requester() -> Result<State, LoadError> {
    State::of(STATES[0])
}

/// Starts all states that are asked. A task that ends has failed.
pub(super) async fn start(login: &Login, tasks: &mut JoinSet<LoadError>) -> Result<(), LoadError> {
    for (place, country) in STATES.iter().skip(1).enumerate() {
        live(login, State::of(country)?, Habit::of(place), tasks).await?;
    }
    Ok(())
}

/// One connection: mailbox, receipts, answers and reports of retrieval.
async fn live(login: &Login, state: State, habit: Habit, tasks: &mut JoinSet<LoadError>) -> Result<(), LoadError> {
    let connection = Arc::new(login.of(state.identity()).connect().await?);
    let mailbox = Handfuls::of(&connection, &mailbox_queue(&state.authority)).await?;
    let receipts = Handfuls::of(&connection, &receipts_queue(&state.participant)).await?;
    let reporting = wire::confirming_channel(&connection).await?;
    let answering = connection.create_channel().await?;
    let (stored, to_report) = mpsc::channel(WAITING);
    let (open, participant) = (Arc::clone(&connection), state.participant.clone());
    tasks.spawn(async move {
        let _open = open;
        ended(reports::report(&reporting, &participant, to_report).await)
    });
    tasks.spawn(async move { ended(forget(receipts).await) });
    tasks.spawn(async move {
        let _open = connection;
        ended(answer(mailbox, &Arc::new((state, answering)), habit, &stored).await)
    });
    Ok(())
}

fn ended(result: Result<(), LoadError>) -> LoadError {
    result.err().unwrap_or_else(|| LoadError::Unexpected("a state ended".to_owned()))
}

/// Reads receipts, and keeps nothing of them.
pub(super) async fn forget(mut receipts: Handfuls) -> Result<(), LoadError> {
    loop {
        let handful = receipts.next().await?;
        receipts.settle(handful).await?;
    }
}

async fn answer(
    mut mailbox: Handfuls,
    by: &Arc<(State, Channel)>,
    habit: Habit,
    stored: &mpsc::Sender<Uuid>,
) -> Result<(), LoadError> {
    loop {
        let handful: Handful = mailbox.next().await?;
        for delivery in &handful.deliveries {
            let exchange = exchange(delivery)?;
            match habit {
                Habit::Silent => {}
                Habit::Answers(document) => reply(by, &exchange, document).await?,
                Habit::Late => {
                    let by = Arc::clone(by);
                    tokio::spawn(async move {
                        tokio::time::sleep(TOO_LATE).await;
                        // The run may be over by then.
                        let _too_late_for_anything = reply(&by, &exchange, NOT_FOUND).await;
                    });
                }
            }
        }
        let ids = handful.ids();
        mailbox.settle(handful).await?;
        for id in ids {
            if stored.send(id).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The exchange that a message belongs to.
pub(super) fn exchange(delivery: &Delivery) -> Result<String, LoadError> {
    let id = delivery.properties.correlation_id().as_ref().map(ToString::to_string);
    id.ok_or_else(|| LoadError::Unexpected("a message without its exchange".to_owned()))
}

async fn reply((state, channel): &(State, Channel), exchange: &str, document: &[u8]) -> Result<(), LoadError> {
    let routing_key: ShortString = "erru.check-good-repute-response".into();
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let properties = state.properties(ANSWER, exchange);
    channel.basic_publish(SUBMIT_EXCHANGE.into(), routing_key, options, document, properties).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_thirty_states_most_answer() {
        let habits: Vec<Habit> = (0..ASKED).map(Habit::of).collect();
        let count = |habit: Habit| habits.iter().filter(|one| **one == habit).count();
        assert_eq!((count(Habit::Silent), count(Habit::Late)), (SILENT, LATE));
        assert_eq!(count(Habit::Answers(GARBAGE)), GARBLED);
        assert!(count(Habit::Answers(FOUND)) > 0 && count(Habit::Answers(NOT_FOUND)) > ASKED / 2);
    }

    #[test]
    fn the_directory_has_all_of_them() {
        let directory: crate::directory::Directory = toml::from_str(&directory()).expect("a directory");
        assert_eq!((directory.participants.len(), directory.authorities.len()), (STATES.len(), STATES.len()));
    }
}
