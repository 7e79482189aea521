//! Plays one story: sends its messages one after the other, waits until each is where it belongs, and judges it by
//! what both sides hold and what the hub says.

use super::{
    DemoError,
    checks::{self, Evidence, Recipient},
    documents::{Letter, Library},
    eyes::{ReceiptsTold, Scene},
    ledger::{Ledger, Record},
    narrator,
    offices::Offices,
    story::{Expect, Step, Story},
    summary::StoryResult,
    tracked,
};
use crate::network::Network;
use adapters::Outgoing;
use schemas::wire::{AuthorityId, ContentType, ExchangeId, IdError, Outcome};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

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
    /// The stories' documents.
    pub library: Library,
    /// What the back offices see.
    pub ledger: Arc<Ledger>,
    /// What is on the stage now.
    pub scene: Arc<Mutex<Scene>>,
}

/// A story while it is played.
struct Performance<'a> {
    stage: &'a Stage,
    story: &'a Story,
    receipts: ReceiptsTold,
    /// The ids of the story's exchanges. They are ours to choose, so a document may name one before it is opened.
    exchanges: Vec<ExchangeId>,
    result: StoryResult,
}

impl Stage {
    /// Plays a story to its end, or to the first step that does not go as told.
    pub(super) async fn play(&self, story: &Story, receipts: ReceiptsTold) -> StoryResult {
        let start = Instant::now();
        let exchanges: Vec<_> = story.exchanges.iter().map(|_| ExchangeId(Uuid::now_v7())).collect();
        let end_states = vec![String::new(); exchanges.len()];
        let result = StoryResult { id: story.id, title: story.title, end_states, ..StoryResult::default() };
        let mut performance = Performance { stage: self, story, receipts, exchanges, result };
        for (index, step) in story.steps.iter().enumerate() {
            narrator::step(index + 1, story, step);
            let verdict = match performance.take(step).await {
                Ok(verdict) => verdict,
                Err(error) => Err(crate::chain(&error)),
            };
            narrator::verdict(&verdict);
            if let Err(reason) = verdict {
                performance.result.failure = Some(format!("step {}, {}", index + 1, reason));
                break;
            }
        }
        performance.result.took = start.elapsed();
        performance.result
    }

    /// A recipient, and the document that it must find.
    fn recipient<'a>(&self, id: &'a str, letter: &Letter) -> Result<Recipient<'a>, DemoError> {
        let preference = self.network.directory().format_of(&authority(id)?);
        Ok(Recipient { id, sha256: letter.sha256_for(preference).to_owned() })
    }
}

impl Performance<'_> {
    async fn take(&mut self, step: &Step) -> Result<Result<String, String>, DemoError> {
        let (stage, letter) = (self.stage, self.stage.library.letter(self.story, step, &self.exchanges)?);
        let reaches: Vec<Recipient<'_>> =
            step.reaches.iter().map(|id| stage.recipient(id, &letter)).collect::<Result<_, _>>()?;
        let message = self.message(step, &letter)?;
        let state = match step.expect {
            Expect::State(state) => state,
            Expect::Refusal(_) => "",
        };
        *stage.scene.lock().unwrap_or_else(PoisonError::into_inner) = Scene { state, receipts: self.receipts };
        narrator::sends(country(step.from), &message, letter.spelling, reaches.len());
        stage.offices.submit(country(step.from), &message).await?;
        let enough = |record: &Record| checks::enough(record, reaches.len(), step.expect);
        let Some(record) = stage.ledger.wait(message.message_id, STEP_WITHIN, enough).await else {
            let record = stage.ledger.record(message.message_id);
            let missing = checks::missing(&record, reaches.len()).unwrap_or_else(|| "no receipt".to_owned());
            let within = STEP_WITHIN.as_secs();
            return Ok(Err(format!("after {within} s only {missing} (message {})", message.message_id)));
        };
        let tracked = tracked::ask(&stage.network, message.message_id).await?;
        let evidence = Evidence { record: &record, tracked: &tracked, sha256: &letter.sha256, reaches: &reaches };
        self.count(step, &evidence);
        Ok(match checks::objection(step.expect, &evidence) {
            Some(objection) => Err(format!("{objection} (message {})", message.message_id)),
            None => Ok(found(step, &letter, &message, &evidence)),
        })
    }

    fn message(&self, step: &Step, letter: &Letter) -> Result<Outgoing, DemoError> {
        let nowhere = || DemoError::Story(format!("{} has no exchange {}", self.story.id, step.exchange));
        let exchange = self.exchanges.get(step.exchange).copied().ok_or_else(nowhere)?;
        let to = step.to.iter().map(|id| authority(id)).collect::<Result<_, _>>()?;
        let message = Outgoing::new(letter.message_type.clone(), authority(step.from)?, to, letter.body.clone());
        let message = message.language(step.language).in_exchange(exchange);
        Ok(Outgoing { content_type: letter.spelling.as_str().to_owned(), ..message })
    }

    fn count(&mut self, step: &Step, evidence: &Evidence<'_>) {
        let result = &mut self.result;
        result.messages += 1;
        for (column, outcome) in [Outcome::Accepted, Outcome::Delivered, Outcome::Retrieved].into_iter().enumerate() {
            result.receipts[column] += evidence.record.count(outcome);
        }
        let intact = evidence.reaches.iter().filter(|recipient| evidence.holds_its_document(recipient)).count();
        result.intact.0 += evidence.record.arrivals.len();
        result.intact.1 += intact;
        let end_state = match (&evidence.tracked.rejection, &evidence.tracked.exchange_state) {
            (Some(code), _) => code.clone(),
            (None, Some(state)) => state.clone(),
            (None, None) => "unknown".to_owned(),
        };
        if let Some(last) = result.end_states.get_mut(step.exchange) {
            *last = end_state;
        }
    }
}

fn authority(id: &str) -> Result<AuthorityId, DemoError> {
    id.parse().map_err(|error: IdError| DemoError::Story(error.to_string()))
}

/// An authority's id begins with its country's code.
fn country(authority: &str) -> &str {
    authority.split('-').next().unwrap_or(authority)
}

fn found(step: &Step, letter: &Letter, message: &Outgoing, evidence: &Evidence<'_>) -> String {
    let state = match step.expect {
        Expect::State(state) => state,
        Expect::Refusal(code) => {
            return format!("refused with {code}, and nobody received it; message {}", message.message_id);
        }
    };
    let converted = evidence.reaches.iter().any(|recipient| recipient.sha256 != letter.sha256);
    let how = match (converted, letter.spelling) {
        (false, _) => "untouched",
        (true, ContentType::Xml) => "XML sent, JSON received",
        (true, ContentType::Json) => "JSON sent, XML received",
    };
    let (receipts, hash) = (evidence.record.receipts.len(), letter.sha256.chars().take(HASH_SHOWN));
    let hash: String = hash.collect();
    format!("{state}; {receipts} receipts; {how} (SHA-256 {hash}…); message {}", message.message_id)
}
