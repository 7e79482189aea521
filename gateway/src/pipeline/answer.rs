//! Answer: what senders are told, and what recipients reported.
//!
//! Owns who gets which receipt, and when: the decision together with the dispatches, their fate after it is recorded.

use super::{Pipeline, Unavailable, decide::Decision};
use crate::{
    broker::{Outbound, Publisher, Verdict},
    store::{DispatchRecord, Settlement, StoredMessage},
};
use schemas::{
    area::Areas,
    wire::{Explanation, JSON, ParticipantId, RECEIPTS_TYPE, Receipt, ReceiptBatch, SignedReceipt, receipts_queue},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most receipts in one message to a sender.
const RECEIPTS_PER_MESSAGE: usize = 200;

/// Receipts by the participant they are for.
pub(super) type Post = BTreeMap<ParticipantId, Vec<Receipt>>;

impl Pipeline {
    /// Tells senders how deliveries ended, and whose messages were retrieved.
    pub(super) async fn answer(
        &self,
        decisions: &[Decision],
        settlements: &[Settlement],
        publisher: &Publisher,
    ) -> Result<(), Unavailable> {
        let mut post = Post::new();
        for (message, dispatch) in settled(decisions, settlements) {
            self.post(&mut post, message, self.notary.dispatch(&message.record, &dispatch));
        }
        for message in self.retrieved(decisions).await? {
            let retrieved =
                message.dispatches.iter().filter_map(|dispatch| self.notary.dispatch(&message.record, dispatch).pop());
            self.post(&mut post, &message, retrieved.collect());
        }
        let receipts = self.outbound_receipts(post);
        let verdicts = publisher.publish_all(&receipts.iter().collect::<Vec<_>>()).await?;
        self.check_receipts(&verdicts);
        Ok(())
    }

    async fn retrieved(&self, decisions: &[Decision]) -> Result<Vec<StoredMessage>, Unavailable> {
        let mut retrieved = Vec::new();
        for decision in decisions {
            let Decision::Reported(report) = decision else { continue };
            let messages = self.store.retrieve(report).await?;
            let found: usize = messages.iter().map(|message| message.dispatches.len()).sum();
            self.metrics.retrieved.inc_by(found as u64);
            if found < report.messages.len() {
                tracing::warn!(
                    reported = report.messages.len(),
                    found,
                    "a report of retrieval names what was never delivered to its sender"
                );
            }
            retrieved.extend(messages);
        }
        Ok(retrieved)
    }

    pub(super) fn first_receipts(&self, decisions: &[Decision]) -> Post {
        let mut post = Post::new();
        for decision in decisions {
            match decision {
                Decision::New(message) => self.post(&mut post, message, vec![self.notary.decision(&message.record)]),
                Decision::Repeated(message) => self.post(&mut post, message, self.notary.everything(message)),
                Decision::Reused(refused) => {
                    let (record, rejection) = refused.as_ref();
                    if let Some(participant) = &record.key.participant {
                        post.entry(participant.clone()).or_default().push(self.notary.rejection(record, rejection));
                    }
                }
                Decision::Reported(_) => {}
            }
        }
        post
    }

    /// A message whose sender nobody proved has no one to be answered to: it is recorded, and shows in `track`.
    fn post(&self, post: &mut Post, message: &StoredMessage, receipts: Vec<Receipt>) {
        if let Some(participant) = &message.record.key.participant {
            post.entry(participant.clone()).or_default().extend(receipts);
        }
    }

    pub(super) fn outbound_receipts(&self, post: Post) -> Vec<Outbound> {
        let timestamp = self.clock.now();
        let packs = self.packs.now();
        let mut outbound = Vec::new();
        for (participant, receipts) in post {
            let explained = receipts.into_iter().map(|receipt| self.explained(receipt, &packs.areas));
            let mut receipts = explained.map(|receipt| self.notary.sign(receipt)).peekable();
            while receipts.peek().is_some() {
                let receipts: Vec<SignedReceipt> = receipts.by_ref().take(RECEIPTS_PER_MESSAGE).collect();
                let body = serde_json::to_vec(&ReceiptBatch { receipts })
                    .expect("receipts are plain data, which JSON can always spell");
                outbound.push(Outbound {
                    queue: receipts_queue(&participant),
                    message_id: Uuid::now_v7().to_string(),
                    correlation_id: None,
                    message_type: RECEIPTS_TYPE.into(),
                    content_type: JSON,
                    user_id: self.config.gateway.id.clone(),
                    timestamp: timestamp.as_second().unsigned_abs(),
                    headers: Vec::new(),
                    body: body.into(),
                });
            }
        }
        outbound
    }

    /// Adds to a refusal what its code means, in the first language of the sending authority that has the text.
    fn explained(&self, receipt: Receipt, areas: &Areas) -> Receipt {
        let Some(code) = receipt.code else { return receipt };
        let directory = self.directory.now().directory;
        let sender = receipt.from.as_ref().and_then(|from| directory.authority(from));
        let languages = sender.map_or(&[][..], |authority| &authority.languages);
        let explanation = languages.iter().map(String::as_str).chain(["en"]).find_map(|language| {
            let text = areas.rejection_text(language, code)?.to_owned();
            Some(Explanation { language: language.to_owned(), text })
        });
        Receipt { explanation, ..receipt }
    }

    /// A receipt queue that is gone keeps nobody from working: the message's story stays in the store.
    pub(super) fn check_receipts(&self, verdicts: &[Verdict]) {
        for verdict in verdicts {
            if let Verdict::Refused(why) = verdict {
                self.metrics.receipts_refused.inc();
                tracing::error!(why, "receipts could not be delivered to their participant");
            }
        }
    }
}

/// The messages that were settled, each with the dispatch as it stands now.
fn settled<'a>(
    decisions: &'a [Decision],
    settlements: &'a [Settlement],
) -> impl Iterator<Item = (&'a StoredMessage, DispatchRecord)> {
    let messages: std::collections::HashMap<_, _> = decisions
        .iter()
        .filter_map(|decision| match decision {
            Decision::New(message) | Decision::Repeated(message) => Some((&message.record.key, message)),
            Decision::Reused(_) | Decision::Reported(_) => None,
        })
        .collect();
    settlements.iter().filter_map(move |settlement| {
        let message = messages.get(&settlement.key)?;
        let mut dispatch = DispatchRecord::pending(settlement.key.clone(), settlement.recipient.clone());
        match &settlement.failure {
            None => dispatch.delivered_at = Some(settlement.at),
            Some(why) => dispatch.failed = Some((settlement.at, why.clone())),
        }
        Some((*message, dispatch))
    })
}
