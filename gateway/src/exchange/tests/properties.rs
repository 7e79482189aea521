//! The invariants of B2 (domain) for every workflow, over random sequences of events: any message of anybody to anybody, and
//! time that passes.

use super::*;

/// Sequences per workflow, and events of each.
const SEQUENCES: u64 = 400;
const EVENTS: usize = 40;
const CAST: [&str; 9] = ["PL-A", "PL-B", "PL-COORD", "UK-A", "UK-B", "UK-COORD", "RO-A", "RO-B", "RO-COORD"];

/// A generator that gives the same numbers every time (xorshift64*).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// An area that uses the workflow, so that deadlines of the law run too.
const AREAS: [(&str, &str); 8] = [
    ("imi-pq", "information-request"),
    ("imi-pq", "alert"),
    ("imi-services", "alert"),
    ("rasff", "notification"),
    ("tris", "notification"),
    ("resper", "request-reply"),
    ("tachonet", "broadcast-search"),
    ("circabc", "repository"),
];

#[test]
fn every_workflow_of_the_house_is_under_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/workflows");
    for file in std::fs::read_dir(root).expect("readable") {
        let name = file.expect("an entry").path();
        let stem = name.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(AREAS.iter().any(|(_, workflow)| *workflow == stem), "{stem}");
    }
}

#[test]
fn the_invariants_hold_over_random_sequences_of_every_workflow() {
    for (area, workflow) in AREAS {
        let mut accepted = 0;
        let mut seen = std::collections::BTreeSet::new();
        for seed in 1..=SEQUENCES {
            let mut chance = Chance(seed * 7919 + workflow.len() as u64);
            let mut case = Case::new(area, workflow);
            for _ in 0..EVENTS {
                accepted += usize::from(happen(&mut case, &mut chance));
                if let Some(exchange) = case.known.get(&exchange_id(1)) {
                    seen.insert(exchange.state.clone());
                }
            }
        }
        let reachable = Case::new(area, workflow).workflow.states.len();
        assert!(accepted > 500, "{area} {workflow}: only {accepted} steps were legal");
        assert_eq!(seen.len(), reachable, "{area} {workflow}: {seen:?}");
    }
}

/// One event, and all that must be true after it; says whether it was legal.
fn happen(case: &mut Case, chance: &mut Chance) -> bool {
    let before = case.known.get(&exchange_id(1)).cloned();
    if chance.below(12) == 0 {
        let seconds = [1, 11, 21, 3 * DAY, 40 * DAY, 70 * DAY, 400 * DAY][chance.below(7)];
        case.wait(seconds);
        sound(case, before.as_ref());
        return false;
    }
    let workflow = Arc::clone(&case.workflow);
    // Mostly what is possible now, so that long sequences come about; sometimes anything at all.
    let state = before.as_ref().map(|exchange| exchange.state.as_str());
    let possible: Vec<&schemas::workflow::Transition> = workflow
        .transitions
        .iter()
        .filter(|step| state.map_or(step.from.is_empty(), |state| step.from.iter().any(|from| from == state)))
        .collect();
    let all: Vec<&schemas::workflow::Transition> = workflow.transitions.iter().collect();
    let step = if possible.is_empty() || chance.below(5) == 0 { chance.pick(&all) } else { chance.pick(&possible) };
    let from = sender(before.as_ref(), step, chance);
    let count = if step.addresses.is_some() { 1 + chance.below(2) } else { chance.below(6) / 5 };
    let to: Vec<&str> = (0..count).map(|_| chance.pick(&CAST)).collect();
    let action = step.action.as_str().to_owned();
    let was_former = before.as_ref().is_some_and(|exchange| exchange.former.contains(&id(&from)));
    let coordinates = from.ends_with("COORD");
    let outcome = case.send(&from, &action, &to);
    match &outcome {
        Ok(recipients) => {
            assert!(before.as_ref().is_none_or(|before| !before.has_ended()), "an end is an end");
            assert!(!recipients.contains(&id(&from)), "nobody receives what he sent");
            let exchange = case.exchange();
            let strangers: Vec<_> = recipients.iter().filter(|recipient| !exchange.involves(recipient)).collect();
            assert!(strangers.is_empty(), "{strangers:?} received {action} and take no part");
            assert!(!was_former || coordinates, "{from} handed it on and acts all the same");
            assert_eq!(exchange.sequence, before.as_ref().map_or(0, |before| before.sequence) + 1);
        }
        Err(code) => {
            assert_eq!(case.known.get(&exchange_id(1)), before.as_ref(), "a refusal ({code:?}) changes nothing");
            if before.as_ref().is_some_and(Exchange::has_ended) {
                let told = [RejectionCode::WrongState, RejectionCode::DeadlinePassed, RejectionCode::NotPermitted];
                assert!(told.contains(code), "{code:?}");
            }
        }
    }
    sound(case, before.as_ref());
    outcome.is_ok()
}

/// Somebody who may take the step, mostly.
fn sender(exchange: Option<&Exchange>, step: &schemas::workflow::Transition, chance: &mut Chance) -> String {
    let able: Vec<&str> = exchange
        .into_iter()
        .flat_map(|exchange| step.by.iter().flat_map(|party| exchange.authorities(party)))
        .map(AuthorityId::as_str)
        .collect();
    if able.is_empty() || chance.below(8) == 0 { chance.pick(&CAST).to_owned() } else { chance.pick(&able).to_owned() }
}

/// What is true of every exchange at any time.
fn sound(case: &Case, before: Option<&Exchange>) {
    let Some(exchange) = case.known.get(&exchange_id(1)) else { return };
    let log = &case.logs[&exchange_id(1)];
    let replayed = replay(log).expect("a whole log").expect("an exchange");
    assert_eq!(&replayed, exchange, "the log says everything");
    assert!(log.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence && pair[0].at <= pair[1].at));
    assert_eq!(exchange.sequence as usize, log.len());
    if before.is_some_and(|before| before.state != exchange.state) {
        assert!(log.last().is_some(), "no state without an entry");
    }
    let open = case.workflow.awaits(&exchange.state).is_some();
    assert_eq!(open, exchange.awaits.is_some());
    assert_eq!(
        open,
        !exchange.awaited().is_empty(),
        "somebody is awaited in {}, and nobody at the end",
        exchange.state
    );
    assert!(open || exchange.clocks.is_empty(), "nothing runs after the end");
    for party in &case.workflow.parties {
        assert!(party.many || exchange.authorities(&party.id).count() <= 1, "two are the {}", party.id);
    }
    assert!(exchange.former.iter().all(|authority| !exchange.involves(authority)));
    assert!(
        exchange
            .initiator()
            .is_some_and(|first| exchange.parties_of(first).any(|party| party == case.workflow.opener()))
    );
}
