//! The generator: publishes the messages of a run, persistent, mandatory and confirmed, many confirms in flight.
//! Either as fast as the broker takes them, or open-loop at a fixed rate whatever happens behind it.

use super::{LoadError, cargo::Cargo};
use lapin::{Channel, Confirmation, PublisherConfirm, options::BasicPublishOptions};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Most publishes that are not yet confirmed.
const IN_FLIGHT: usize = 1000;

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pace {
    /// As fast as the broker confirms.
    Flat,
    /// This many per second; a message that is late does not make the next one late.
    PerSecond(f64),
}

impl Pace {
    /// When message `index` is due, counted from the start.
    pub(super) fn due(self, index: usize) -> Duration {
        match self {
            Self::Flat => Duration::ZERO,
            Self::PerSecond(rate) => Duration::from_secs_f64(index as f64 / rate),
        }
    }
}

/// Publishes everything, beginning at `start`, and returns when all is confirmed.
///
/// # Errors
/// When the broker refuses or returns a message.
pub(super) async fn publish_all(channel: &Channel, cargo: &Cargo, pace: Pace, start: Instant) -> Result<(), LoadError> {
    let mut waiting: VecDeque<(usize, PublisherConfirm)> = VecDeque::with_capacity(IN_FLIGHT);
    for index in 0..cargo.ids.len() {
        if let Pace::PerSecond(_) = pace {
            tokio::time::sleep_until(start + pace.due(index)).await;
        }
        if waiting.len() >= IN_FLIGHT {
            confirmed(waiting.pop_front()).await?;
        }
        let timestamp = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
        let confirm = channel
            .basic_publish(
                cargo.address.exchange.clone(),
                cargo.address.routing_key.clone(),
                BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() },
                &cargo.document.numbered(index),
                cargo.properties(index, timestamp),
            )
            .await?;
        waiting.push_back((index, confirm));
    }
    while !waiting.is_empty() {
        confirmed(waiting.pop_front()).await?;
    }
    Ok(())
}

async fn confirmed(oldest: Option<(usize, PublisherConfirm)>) -> Result<(), LoadError> {
    let Some((index, confirm)) = oldest else { return Ok(()) };
    match confirm.await? {
        Confirmation::Ack(None) => Ok(()),
        // RabbitMQ acknowledges what it could not route, too: the returned message tells them apart.
        Confirmation::Ack(Some(back)) | Confirmation::Nack(Some(back)) => {
            Err(LoadError::NotTaken(index, format!("{} {}", back.reply_code, back.reply_text)))
        }
        Confirmation::Nack(None) => Err(LoadError::NotTaken(index, "it said no".to_owned())),
        Confirmation::NotRequested => Err(LoadError::NotTaken(index, "it was not asked to confirm".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_loop_knows_when_each_message_is_due() {
        assert_eq!(Pace::PerSecond(200.0).due(0), Duration::ZERO);
        assert_eq!(Pace::PerSecond(200.0).due(300), Duration::from_millis(1500));
        assert_eq!(Pace::Flat.due(300), Duration::ZERO);
    }
}
