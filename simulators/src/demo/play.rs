//! Plays one story: sends its messages one after the other, waits until each is where it belongs, and judges it by
//! what both sides hold and what the hub says.

use super::{
    DemoError,
    checks::{self, Evidence},
    ledger::{Ledger, Record},
    narrator,
    offices::Offices,
    story::{Expect, Step, Story},
    summary::StoryResult,
    tracked,
};
use crate::network::Network;
use adapters::Outgoing;
use schemas::wire::{ExchangeId, Outcome, content_sha256};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Longest wait for everything that one message causes.
const STEP_WITHIN: Duration = Duration::from_secs(30);
/// Hexadecimal digits of a hash that are shown.
const HASH_SHOWN: usize = 12;

/// Where stories are played.
pub(super) struct Stage {
    /// The network.
    pub network: Network,
    /// The back offices.
    pub offices: Offices,
    /// What they see.
    pub ledger: Arc<Ledger>,
    /// The state that the exchange on the stage goes into next.
    pub state: Arc<Mutex<&'static str>>,
}

impl Stage {
    /// Plays a story to its end, or to the first step that does not go as told.
    pub(super) async fn play(&self, story: &Story) -> StoryResult {
        let (start, mut exchange) = (Instant::now(), None);
        let mut result = StoryResult { id: story.id, title: story.title, ..StoryResult::default() };
        for (index, step) in story.steps.iter().enumerate() {
            narrator::step(index + 1, story.steps.len(), step);
            let verdict = match self.take(story, step, &mut exchange, &mut result).await {
                Ok(verdict) => verdict,
                Err(error) => Err(crate::chain(&error)),
            };
            narrator::verdict(&verdict);
            if let Err(reason) = verdict {
                result.failure = Some(format!("step {}, {}", index + 1, reason));
                break;
            }
        }
        result.took = start.elapsed();
        result
    }

    async fn take(
        &self,
        story: &Story,
        step: &Step,
        exchange: &mut Option<ExchangeId>,
        result: &mut StoryResult,
    ) -> Result<Result<String, String>, DemoError> {
        let message = self.message(story, step, *exchange)?;
        exchange.get_or_insert(message.correlation_id);
        if let Expect::State(state) = step.expect {
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        }
        narrator::sends(country(step.from), &message);
        self.offices.submit(country(step.from), &message).await?;
        let enough = |record: &Record| checks::enough(record, step.reaches.len(), step.expect);
        let Some(record) = self.ledger.wait(message.message_id, STEP_WITHIN, enough).await else {
            let record = self.ledger.record(message.message_id);
            let missing = checks::missing(&record, step.reaches.len()).unwrap_or_else(|| "no receipt".to_owned());
            return Ok(Err(format!(
                "after {} s only {missing} (message {})",
                STEP_WITHIN.as_secs(),
                message.message_id
            )));
        };
        let tracked = tracked::ask(&self.network, message.message_id).await?;
        let sha256 = content_sha256(&message.body);
        let evidence = Evidence { record: &record, tracked: &tracked, sha256: &sha256, reaches: step.reaches };
        count(result, &evidence);
        Ok(match checks::objection(step.expect, &evidence) {
            Some(objection) => Err(format!("{objection} (message {})", message.message_id)),
            None => Ok(found(step, &message, &sha256)),
        })
    }

    fn message(&self, story: &Story, step: &Step, exchange: Option<ExchangeId>) -> Result<Outgoing, DemoError> {
        let wrong = |error: schemas::wire::IdError| DemoError::Story(error.to_string());
        let path = self.network.root().join(step.document.path(story.area));
        let body = std::fs::read(&path).map_err(DemoError::file(path))?;
        let message_type = format!("{}/{}@1", story.area, step.message).parse().map_err(wrong)?;
        let to = step.to.map(str::parse).transpose().map_err(wrong)?;
        let message = Outgoing::new(message_type, step.from.parse().map_err(wrong)?, to.into_iter().collect(), body);
        let message = message.language(step.language);
        Ok(match exchange {
            Some(exchange) => message.in_exchange(exchange),
            None => message,
        })
    }
}

/// An authority's id begins with its country's code.
fn country(authority: &str) -> &str {
    authority.split('-').next().unwrap_or(authority)
}

fn count(result: &mut StoryResult, evidence: &Evidence<'_>) {
    result.messages += 1;
    for (column, outcome) in [Outcome::Accepted, Outcome::Delivered, Outcome::Retrieved].into_iter().enumerate() {
        result.receipts[column] += evidence.record.count(outcome);
    }
    let same = evidence.record.arrivals.iter().filter(|arrival| arrival.sha256 == evidence.sha256).count();
    result.untouched.0 += evidence.record.arrivals.len();
    result.untouched.1 += same;
    result.end_state = match (&evidence.tracked.rejection, &evidence.tracked.exchange_state) {
        (Some(code), _) => code.clone(),
        (None, Some(state)) => state.clone(),
        (None, None) => "unknown".to_owned(),
    };
}

fn found(step: &Step, message: &Outgoing, sha256: &str) -> String {
    match step.expect {
        Expect::State(state) => {
            let hash: String = sha256.chars().take(HASH_SHOWN).collect();
            format!("{state}; arrived untouched (SHA-256 {hash}…); message {}", message.message_id)
        }
        Expect::Refusal(code) => {
            format!("refused with {code}, and nobody received it; message {}", message.message_id)
        }
    }
}
