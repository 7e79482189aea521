//! A recipient's side of the gateway under load: reads its authorities' mailboxes, reports retrieval in batches.

use super::{
    LoadError,
    consumer::Handfuls,
    tally::Tally,
    wire::{self, Login},
};
use lapin::{BasicProperties, Channel, Confirmation, options::BasicPublishOptions};
use schemas::wire::{
    AuthorityId, HUB_AREA, JSON, MessageId, ParticipantId, RETRIEVED_TYPE, Retrieved, RetrievedEntry, SUBMIT_EXCHANGE,
    mailbox_queue,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

/// Most ids in one report.
const IDS_TOGETHER: usize = 500;
/// Longest time that an id waits for company.
const WAIT: Duration = Duration::from_millis(200);
/// Most ids that wait to be reported.
const WAITING: usize = 10_000;

/// Starts the participant's consumers and its reporter. A task that ends has failed, and told the tally.
pub(super) async fn start(
    login: &Login,
    participant: &ParticipantId,
    authorities: &[AuthorityId],
    tally: &Arc<Tally>,
    tasks: &mut JoinSet<()>,
) -> Result<(), LoadError> {
    let connection = Arc::new(login.of(format!("participants/{participant}")).connect().await?);
    let (stored, to_report) = mpsc::channel(WAITING);
    for authority in authorities {
        let handfuls = Handfuls::of(&connection, &mailbox_queue(authority)).await?;
        let (tally, stored, open) = (Arc::clone(tally), stored.clone(), Arc::clone(&connection));
        tasks.spawn(async move {
            let _open = open;
            if let Err(error) = receive(handfuls, &tally, &stored).await {
                tally.fail(error);
            }
        });
    }
    let channel = wire::confirming_channel(&connection).await?;
    let (tally, participant) = (Arc::clone(tally), participant.clone());
    tasks.spawn(async move {
        if let Err(error) = report(&channel, &participant, to_report).await {
            tally.fail(error);
        }
    });
    Ok(())
}

async fn receive(mut handfuls: Handfuls, tally: &Tally, stored: &mpsc::Sender<Uuid>) -> Result<(), LoadError> {
    loop {
        let handful = handfuls.next().await?;
        let ids = handful.ids();
        tally.arrived(ids.iter().copied(), Instant::now());
        handfuls.settle(handful).await?;
        for id in ids {
            if stored.send(id).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Reports what comes over `stored`, as long as anything can.
///
/// # Errors
/// When the broker does not take a report.
pub(super) async fn report(
    channel: &Channel,
    participant: &ParticipantId,
    mut stored: mpsc::Receiver<Uuid>,
) -> Result<(), LoadError> {
    while let Some(first) = stored.recv().await {
        let (mut ids, until) = (vec![first], Instant::now() + WAIT);
        while ids.len() < IDS_TOGETHER {
            match timeout_at(until, stored.recv()).await {
                Ok(Some(id)) => ids.push(id),
                Ok(None) | Err(_) => break,
            }
        }
        send(channel, participant, ids).await?;
    }
    Ok(())
}

async fn send(channel: &Channel, participant: &ParticipantId, ids: Vec<Uuid>) -> Result<(), LoadError> {
    let messages = ids.into_iter().map(|id| RetrievedEntry::Id(MessageId(id))).collect();
    let body = serde_json::to_vec(&Retrieved { messages }).map_err(|error| LoadError::Unexpected(error.to_string()))?;
    let properties = BasicProperties::default()
        .with_message_id(Uuid::now_v7().to_string().into())
        .with_type(RETRIEVED_TYPE.into())
        .with_content_type(JSON.into())
        .with_user_id(participant.as_str().into())
        .with_timestamp(u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default())
        .with_delivery_mode(2);
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let key = format!("{HUB_AREA}.retrieved");
    let confirm = channel.basic_publish(SUBMIT_EXCHANGE.into(), key.into(), options, &body, properties).await?.await?;
    if confirm == Confirmation::Ack(None) {
        return Ok(());
    }
    Err(LoadError::Unexpected("the broker did not take a report of retrieval".to_owned()))
}
