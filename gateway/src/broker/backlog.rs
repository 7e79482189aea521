//! What waits at the broker: whether any message has not been taken yet.

use super::BrokerError;
use lapin::{Channel, options::QueueDeclareOptions, types::FieldTable};

/// A look at the queues that messages come in by.
pub struct Backlog {
    channel: Channel,
    queues: Vec<String>,
}

impl Backlog {
    pub(super) fn new(channel: Channel, queues: Vec<String>) -> Self {
        Self { channel, queues }
    }

    /// Whether no message waits in any of them. What was taken and is not acknowledged does not wait.
    ///
    /// # Errors
    /// The session is over.
    pub async fn is_empty(&self) -> Result<bool, BrokerError> {
        for queue in &self.queues {
            let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let found = self.channel.queue_declare(queue.as_str().into(), look, FieldTable::default()).await?;
            if found.message_count() > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
