//! Keeping a connection: one task that opens it, notices its end, tears it down and opens it anew, with back-off.
//!
//! The library's own recovery is not used: after an error nothing of a connection is trusted, and whoever used it
//! starts over on the next one.

use super::link::{Link, Opener};
use crate::config::Backoff;
use futures_util::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longest wait for the broker's farewell.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often a connection is looked at even when nobody has complained.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Clone)]
enum State {
    Down,
    Up(Arc<Link>),
    Closed,
}

/// The way to whatever connection is up.
#[derive(Clone)]
pub(crate) struct Keeper(watch::Receiver<State>);

impl Keeper {
    /// A keeper and its task, which ends soon after `stop`. `first` is a connection that is open already.
    pub(crate) fn start(
        opener: Opener,
        first: Option<Link>,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let first = first.map(Arc::new);
        let (states, receiver) = watch::channel(first.clone().map_or(State::Down, State::Up));
        (Self(receiver), async move {
            let keeping = keep(&opener, first, &states);
            let last = tokio::select! {
                () = stop.cancelled() => states.send_replace(State::Closed),
                () = keeping => State::Closed,
            };
            if let State::Up(link) = last {
                farewell(link).await;
            }
        })
    }

    /// Waits for a connection that is up; none when the client is closed.
    pub(crate) async fn link(&self) -> Option<Arc<Link>> {
        let mut states = self.0.clone();
        let state = states.wait_for(|state| match state {
            State::Down => false,
            State::Up(link) => link.usable(),
            State::Closed => true,
        });
        match state.await.ok().as_deref() {
            Some(State::Up(link)) => Some(Arc::clone(link)),
            Some(State::Down | State::Closed) | None => None,
        }
    }
}

async fn keep(opener: &Opener, mut first: Option<Arc<Link>>, states: &watch::Sender<State>) {
    loop {
        let link = match first.take() {
            Some(link) => link,
            None => Arc::new(open_patiently(opener).await),
        };
        states.send_replace(State::Up(Arc::clone(&link)));
        let cause = ended(&link).await;
        tracing::warn!(purpose = opener.purpose, cause, "connection to the broker lost");
        link.fail();
        states.send_replace(State::Down);
        // Whoever still holds it must find it dead; a broker that lives is told.
        tokio::spawn(farewell(link));
    }
}

async fn open_patiently(opener: &Opener) -> Link {
    let mut pause = Pause::new(opener.config.backoff);
    loop {
        match opener.open().await {
            Ok(link) => {
                tracing::info!(purpose = opener.purpose, attempts = pause.failures + 1, "connected to the broker");
                return link;
            }
            Err(error) => {
                let (actor, wait) = (error.actor(), pause.next());
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(purpose = opener.purpose, %error, ?actor, wait_ms, "no connection to the broker");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Returns, with the cause, when the connection is of no use any more.
async fn ended(link: &Link) -> String {
    let mut events = Box::pin(link.connection.events_listener());
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = link.failed() => return "given up by its user".to_owned(),
            event = events.next() => match event {
                // The library reports the end of a channel here too; that is its user's affair.
                Some(lapin::Event::Error(error)) if error.is_amqp_soft_error() => {}
                Some(lapin::Event::Error(error)) => return error.to_string(),
                Some(lapin::Event::ConnectionBlocked(reason)) => {
                    tracing::warn!(reason, "the broker takes no messages at present");
                }
                Some(_) => {}
                None => return "the connection is gone".to_owned(),
            },
            _ = look.tick() => if !link.connection.status().connected() {
                return "the connection is closed".to_owned();
            },
        }
    }
}

async fn farewell(link: Arc<Link>) {
    link.fail();
    let closing = link.connection.close(200, "bye".into());
    // The broker may be gone: then there is nobody to say farewell to.
    let _unanswered = timeout(FAREWELL, closing).await;
}

/// Waits that grow with every failure.
pub(crate) struct Pause {
    backoff: Backoff,
    pub(crate) failures: u32,
}

impl Pause {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self { backoff, failures: 0 }
    }

    /// Counts a failure and gives the wait that follows it.
    pub(crate) fn next(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.backoff.delay(self.failures, chance())
    }

    /// Something worked: the next failure is the first.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A random number from 0 to 1.
fn chance() -> f64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    (high >> 11) as f64 / (1u64 << 53) as f64
}
