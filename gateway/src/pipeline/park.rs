//! Park: documents that the hub cannot judge, where its operators find them.

use super::{Pipeline, Unavailable, decide::Decision, inspect::Inspected};
use crate::{
    broker::{Header, Outbound, PARKED_QUEUE, Publisher, Verdict},
    envelope,
};
use schemas::wire::{ContentType, XML};

impl Pipeline {
    /// Lays documents that the hub could not judge where its operators find them, before anyone is told.
    pub(super) async fn park(
        &self,
        inspected: &[Inspected],
        decisions: &[Decision],
        publisher: &Publisher,
    ) -> Result<(), Unavailable> {
        let parked: Vec<Outbound> = inspected
            .iter()
            .zip(decisions)
            .filter_map(|(inspected, decision)| self.parked(inspected, decision))
            .collect();
        for verdict in publisher.publish_all(&parked.iter().collect::<Vec<_>>()).await? {
            self.metrics.parked.inc();
            tracing::error!(queue = PARKED_QUEUE, "the hub could not judge a document: it is parked");
            if let Verdict::Refused(why) = verdict {
                return Err(Unavailable::Parking(why));
            }
        }
        Ok(())
    }

    fn parked(&self, inspected: &Inspected, decision: &Decision) -> Option<Outbound> {
        let (Decision::New(message) | Decision::Repeated(message)) = decision else { return None };
        let claim = &inspected.claim;
        message.record.failure.as_ref().map(|problem| Outbound {
            queue: PARKED_QUEUE.into(),
            message_id: claim.key.message_id.to_string(),
            correlation_id: message.record.position.map(|(exchange, _)| exchange.to_string()),
            message_type: claim.message_type.as_ref().map_or_else(String::new, ToString::to_string),
            content_type: envelope::content_type(&inspected.received.properties).map_or(XML, ContentType::as_str),
            user_id: self.config.gateway.id.clone(),
            timestamp: self.clock.now().as_second().unsigned_abs(),
            headers: vec![("imi-problem", Header::Text(problem.clone()))],
            body: inspected.received.body.clone(),
        })
    }
}
