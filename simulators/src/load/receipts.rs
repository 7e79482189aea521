//! The sender's side of the gateway under load: reads its receipts and counts them. Reads the plain fields only;
//! signatures are checked by the client library and its tests.

use super::{LoadError, consumer::Handfuls, tally::Tally, wire::Login};
use schemas::wire::{Outcome, ParticipantId, receipts_queue};
use serde::Deserialize;
use std::sync::Arc;
use tokio::task::JoinSet;
use uuid::Uuid;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    receipts: Vec<Line<'a>>,
}

#[derive(Deserialize)]
struct Line<'a> {
    message_id: Option<&'a str>,
    outcome: Outcome,
    reason: Option<String>,
    code: Option<String>,
}

/// Starts the consumer of the participant's receipts. A task that ends has failed, and told the tally.
pub(super) async fn start(
    login: &Login,
    participant: &ParticipantId,
    tally: &Arc<Tally>,
    tasks: &mut JoinSet<()>,
) -> Result<(), LoadError> {
    let connection = login.of(format!("participants/{participant}")).connect().await?;
    let mut handfuls = Handfuls::of(&connection, &receipts_queue(participant)).await?;
    let tally = Arc::clone(tally);
    tasks.spawn(async move {
        let _open = connection;
        if let Err(error) = count(&mut handfuls, &tally).await {
            tally.fail(error);
        }
    });
    Ok(())
}

async fn count(handfuls: &mut Handfuls, tally: &Tally) -> Result<(), LoadError> {
    loop {
        let handful = handfuls.next().await?;
        for delivery in &handful.deliveries {
            tally.receipts(read(&delivery.data)?);
        }
        handfuls.settle(handful).await?;
    }
}

fn read(body: &[u8]) -> Result<Vec<(Uuid, Outcome, Option<String>)>, LoadError> {
    let batch: Batch<'_> = serde_json::from_slice(body)
        .map_err(|error| LoadError::Unexpected(format!("a message of receipts that cannot be read: {error}")))?;
    let line = |line: Line<'_>| {
        let reason = [line.code, line.reason].into_iter().flatten().collect::<Vec<_>>().join(": ");
        line.message_id.and_then(|id| Uuid::parse_str(id).ok()).map(|id| (id, line.outcome, Some(reason)))
    };
    Ok(batch.receipts.into_iter().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_receipts_is_read_line_by_line() {
        let body = br#"{"receipts":[
            {"hub":"IMI-GATEWAY","message_id":"0195b7f0-0000-7000-8000-000000000001","outcome":"accepted","jws":"a.b.c"},
            {"hub":"IMI-GATEWAY","message_id":"garbage","outcome":"rejected","code":"malformed-metadata"},
            {"hub":"IMI-GATEWAY","message_id":"0195b7f0-0000-7000-8000-000000000001","outcome":"rejected",
             "code":"wrong-state","reason":"not now"}]}"#;
        let lines = read(body).expect("JSON");
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].1, Outcome::Accepted);
        assert_eq!(lines[1].2.as_deref(), Some("wrong-state: not now"));
    }
}
