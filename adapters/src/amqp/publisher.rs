//! Publishing with confirms, across connections: returns when the broker has confirmed, and says when it never will.
//!
//! Owns the window of what is under way and the question which message a broken channel was about. A confirm that did
//! not come is no answer: the message is published again with the same id, and the hub repeats its answer.

use super::{
    diagnosis::{code, reply},
    envelope::Letter,
    keeper::{Keeper, Pause},
    link::Link,
};
use crate::{config::ClientConfig, error::SubmitError};
use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;
use lapin::{
    Channel, Confirmation, PublisherConfirm,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use schemas::wire::{MessageId, SUBMIT_EXCHANGE};
use std::{
    collections::{BTreeSet, VecDeque},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Most messages of one call that are under way.
const WINDOW: usize = 512;
/// Most KiB of all calls that are under way.
const WINDOW_KIB: usize = 64 * 1024;

/// Publishes for one client.
#[derive(Clone)]
pub(crate) struct Publisher {
    keeper: Keeper,
    config: Arc<ClientConfig>,
    route: Arc<Mutex<Option<Route>>>,
    space: Arc<Semaphore>,
}

/// A channel with confirms.
#[derive(Clone)]
struct Route {
    link: Arc<Link>,
    channel: Channel,
}

impl Route {
    async fn open(link: Arc<Link>) -> lapin::Result<Self> {
        let channel = link.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { link, channel })
    }

    fn usable(&self) -> bool {
        self.link.usable() && self.channel.status().connected()
    }

    async fn publish(&self, letter: &Letter<'_>, now: Timestamp) -> lapin::Result<PublisherConfirm> {
        let key = letter.routing_key.as_str().into();
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        self.channel.basic_publish(SUBMIT_EXCHANGE.into(), key, options, &letter.body, letter.properties_at(now)).await
    }

    /// Waits for the broker, but not for one that is dead. One that says it is out of resources is waited for.
    async fn patiently<T>(&self, longest: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = pin!(answer);
        loop {
            let waited = tokio::select! {
                waited = timeout(longest, &mut answer) => waited,
                () = self.link.failed() => return None,
            };
            match waited {
                Ok(answer) => return Some(answer),
                Err(_) if self.link.connection.status().blocked() => {}
                Err(_) => {
                    self.link.fail();
                    return None;
                }
            }
        }
    }
}

/// Why a round ended before everything was confirmed; the later ones tell more.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Halt {
    /// The broker could not take a message now.
    Nacked,
    /// The channel or the connection ended, or nothing came any more.
    Broken,
    /// The broker ended it, and said why.
    Ended(u16, String),
    /// The broker had no queue for a message.
    Returned(MessageId, u16, String),
}

/// How much a round does.
#[derive(Clone, Copy)]
struct Pace {
    window: usize,
    most: usize,
}

impl Publisher {
    pub(crate) fn new(keeper: Keeper, config: Arc<ClientConfig>) -> Self {
        Self { keeper, config, route: Arc::default(), space: Arc::new(Semaphore::new(WINDOW_KIB)) }
    }

    /// Publishes all of them in their order; returns when every one is confirmed, or at the first that never will be.
    pub(crate) async fn publish_all(&self, letters: &[Letter<'_>], now: fn() -> Timestamp) -> Result<(), SubmitError> {
        let mut open: BTreeSet<usize> = (0..letters.len()).collect();
        let mut trial = Trial::new();
        let mut pause = Pause::new(self.config.backoff);
        while let Some(first) = open.first().copied() {
            let route = if trial.alone() { self.own_route().await? } else { self.shared_route().await? };
            let pace =
                Pace { window: if trial.alone() { 1 } else { WINDOW }, most: trial.suspects.unwrap_or(usize::MAX) };
            let halt = self.round(&route, letters, &mut open, pace, now).await;
            if open.first() != Some(&first) {
                trial.progress();
                pause.reset();
            }
            let Some(halt) = halt else {
                trial.suspects = None;
                continue;
            };
            if let Halt::Returned(message_id, code, text) = halt {
                return Err(SubmitError::Unroutable { message_id, code, text });
            }
            if let Halt::Ended(code, text) = halt {
                let accused = letters[open.first().copied().unwrap_or(first)].message_id;
                if trial.convicts(code, Instant::now(), self.config.refusal_patience) {
                    return Err(SubmitError::Refused { message_id: accused, code, text });
                }
                tracing::warn!(code, text, "the broker ended a channel; what was under way is sent again");
            }
            tokio::time::sleep(pause.next()).await;
        }
        Ok(())
    }

    /// Publishes what is open, in order, and takes the confirmed out; returns early when something is wrong.
    async fn round(
        &self,
        route: &Route,
        letters: &[Letter<'_>],
        open: &mut BTreeSet<usize>,
        pace: Pace,
        now: fn() -> Timestamp,
    ) -> Option<Halt> {
        let mut waiting = open.iter().copied().take(pace.most).collect::<VecDeque<_>>();
        let mut under_way = FuturesUnordered::new();
        let mut halt: Option<Halt> = None;
        loop {
            while halt.is_none() && under_way.len() < pace.window {
                let Some(index) = waiting.front().copied() else { break };
                let Some(permit) = self.permit(&letters[index], under_way.is_empty()).await else { break };
                waiting.pop_front();
                match route.patiently(self.config.confirm_timeout, route.publish(&letters[index], now())).await {
                    Some(Ok(confirm)) => under_way.push(async move {
                        let _held_until_confirmed = permit;
                        (index, confirm.await)
                    }),
                    Some(Err(error)) => halt = halt.max(Some(broken(&error))),
                    None => return halt.max(Some(Halt::Broken)),
                }
            }
            if under_way.is_empty() {
                return halt;
            }
            match route.patiently(self.config.confirm_timeout, under_way.next()).await.flatten() {
                None => return halt.max(Some(Halt::Broken)),
                Some((index, answer)) => match judge(letters[index].message_id, answer) {
                    None => drop(open.remove(&index)),
                    wrong => halt = halt.max(wrong),
                },
            }
        }
    }

    /// Room for a message; waits for it only when nothing of this call is under way that could give some back.
    async fn permit(&self, letter: &Letter<'_>, wait: bool) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from((letter.body.len() / 1024 + 1).min(WINDOW_KIB)).unwrap_or(u32::MAX);
        let space = Arc::clone(&self.space);
        if wait { space.acquire_many_owned(kib).await.ok() } else { space.try_acquire_many_owned(kib).ok() }
    }

    /// The channel that all calls share.
    async fn shared_route(&self) -> Result<Route, SubmitError> {
        let mut shared = self.route.lock().await;
        if let Some(route) = shared.as_ref().filter(|route| route.usable()) {
            return Ok(route.clone());
        }
        let route = self.own_route().await?;
        *shared = Some(route.clone());
        Ok(route)
    }

    /// A new channel.
    async fn own_route(&self) -> Result<Route, SubmitError> {
        let mut pause = Pause::new(self.config.backoff);
        loop {
            let link = self.keeper.link().await.ok_or(SubmitError::Closed)?;
            if let Ok(Ok(route)) = timeout(self.config.confirm_timeout, Route::open(Arc::clone(&link))).await {
                return Ok(route);
            }
            // A connection that gives no channel is of no use.
            link.fail();
            tokio::time::sleep(pause.next()).await;
        }
    }
}

fn broken(error: &lapin::Error) -> Halt {
    reply(error).map_or(Halt::Broken, |(code, text)| Halt::Ended(code, text))
}

/// What is wrong about an answer of the broker; nothing when it is a plain confirm. An unroutable message is
/// acknowledged too: only what came back with it tells.
fn judge(message_id: MessageId, answer: lapin::Result<Confirmation>) -> Option<Halt> {
    match answer {
        Ok(Confirmation::Ack(None)) => None,
        Ok(Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned))) => {
            Some(Halt::Returned(message_id, returned.reply_code, returned.reply_text.to_string()))
        }
        Ok(Confirmation::Nack(None)) => Some(Halt::Nacked),
        // The channel was opened with confirms, so this can only be a channel that has ended.
        Ok(Confirmation::NotRequested) => Some(Halt::Broken),
        Err(error) => Some(broken(&error)),
    }
}

/// Whether the broker means a message when it ends a channel or a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// No: it is going away, or has trouble of its own.
    Nobody,
    /// Yes, unless the hub is away: then the broker refuses everybody.
    AfterPatience,
    /// Yes.
    AtOnce,
    /// Yes, if it happens again and again.
    AfterRepetition,
}

fn blame(code: u16) -> Blame {
    match code {
        code::CONNECTION_FORCED | code::RESOURCE_ERROR | code::INTERNAL_ERROR => Blame::Nobody,
        code::ACCESS_REFUSED | code::NOT_FOUND | code::RESOURCE_LOCKED => Blame::AfterPatience,
        code::CONTENT_TOO_LARGE | code::PRECONDITION_FAILED => Blame::AtOnce,
        _ => Blame::AfterRepetition,
    }
}

/// Connections that one message may break before it is taken for the cause.
const MOST_BROKEN: u32 = 5;

/// Finding out which message the broker refuses: after a refusal, those that were under way go alone, each on a
/// channel that nobody else uses.
struct Trial {
    /// How many go alone.
    suspects: Option<usize>,
    refused_since: Option<Instant>,
    repetitions: u32,
}

impl Trial {
    fn new() -> Self {
        Self { suspects: None, refused_since: None, repetitions: 0 }
    }

    fn alone(&self) -> bool {
        self.suspects.is_some()
    }

    /// A message was confirmed: what is refused next is another one.
    fn progress(&mut self) {
        self.refused_since = None;
        self.repetitions = 0;
    }

    /// Takes a refusal down; says whether the first open message is refused for good.
    fn convicts(&mut self, code: u16, now: Instant, patience: Duration) -> bool {
        let (alone, blame) = (self.alone(), blame(code));
        if blame == Blame::Nobody {
            return false;
        }
        self.suspects.get_or_insert(WINDOW);
        if !alone {
            return false;
        }
        self.repetitions += 1;
        let since = *self.refused_since.get_or_insert(now);
        match blame {
            Blame::Nobody => false,
            Blame::AtOnce => true,
            Blame::AfterPatience => now.duration_since(since) >= patience,
            Blame::AfterRepetition => self.repetitions >= MOST_BROKEN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn nobody_is_convicted_while_others_share_the_channel() {
        let (mut trial, now) = (Trial::new(), Instant::now());
        assert!(!trial.convicts(406, now, PATIENCE));
        assert!(trial.alone());
        assert!(trial.convicts(406, now, PATIENCE));
    }

    #[test]
    fn a_refusal_of_access_is_believed_only_after_some_time() {
        let (mut trial, now) = (Trial::new(), Instant::now());
        assert!(!trial.convicts(403, now, PATIENCE));
        assert!(!trial.convicts(403, now, PATIENCE));
        assert!(!trial.convicts(403, now + PATIENCE / 2, PATIENCE));
        assert!(trial.convicts(403, now + PATIENCE, PATIENCE));
        trial.progress();
        assert!(!trial.convicts(403, now + PATIENCE, PATIENCE));
    }

    #[test]
    fn a_broker_that_goes_away_accuses_nobody() {
        let (mut trial, now) = (Trial::new(), Instant::now());
        for _ in 0..100 {
            assert!(!trial.convicts(320, now, PATIENCE));
        }
        assert!(!trial.alone());
    }

    #[test]
    fn a_message_that_breaks_every_connection_is_found() {
        let (mut trial, now) = (Trial::new(), Instant::now());
        let rounds = (1..100).find(|_| trial.convicts(502, now, PATIENCE));
        assert_eq!(rounds, Some(MOST_BROKEN as usize + 1));
    }

    #[test]
    fn of_two_reasons_to_halt_the_one_that_says_more_is_kept() {
        let ended = || Halt::Ended(403, String::new());
        assert_eq!(Some(Halt::Broken).max(Some(ended())), Some(ended()));
        assert_eq!(Some(ended()).max(Some(Halt::Nacked)), Some(ended()));
        assert_eq!(None.max(Some(Halt::Nacked)), Some(Halt::Nacked));
    }
}
