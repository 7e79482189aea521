//! Every deadline of every area: met in one exchange, and missed in another, for what its pack says then.

use crate::{
    support::{eventually, trial},
    workflow_support::{Case, Library, Move, Node, Planner, Town, Wish, day, is_of, notices, passings},
};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use jiff::{SignedDuration, Span, Timestamp};
use libtest_mimic::Trial;
use schemas::{
    area::{Area, Awaited, Deadline, OnMiss, Period, Unit},
    wire::{ExchangeId, NoticeKind},
    workflow::{CONSOLIDATE, HUB, Workflow, step_on_miss},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("area_deadlines::each_of_every_area_is_met_and_missed", each_of_every_area)]
}

/// Exchanges that are played at a time.
const AT_A_TIME: usize = 24;
/// Deadlines that pass this close to each other are not told apart: the clock that stands still is a second off.
const TOGETHER: SignedDuration = SignedDuration::from_secs(4);
/// How often it is looked whether a deadline has passed, twenty times a second.
const MOST_LOOKS: usize = 400;

/// A deadline of an area, in the procedure that it belongs to.
#[derive(Clone, Copy)]
struct Subject {
    area: &'static Area,
    workflow: &'static Workflow,
    deadline: &'static Deadline,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: deadline {}", self.area.id, self.deadline.id)
    }
}

/// What has to happen in an exchange when a deadline of it passes.
struct Owed {
    subject: Subject,
    exchange: ExchangeId,
    due: Timestamp,
    awaited: BTreeSet<String>,
    on_miss: OnMiss,
    /// Which notices go to whom.
    told: BTreeSet<(NoticeKind, String)>,
    /// The state afterwards.
    state: String,
}

async fn each_of_every_area() {
    let mut town = Town::start("area-deadlines").await;
    let mut problems = Vec::new();
    let subjects: Vec<Subject> = Library::areas().iter().flat_map(subjects).collect();
    let (on_arrival, running): (Vec<Subject>, Vec<Subject>) =
        subjects.iter().partition(|subject| subject.deadline.on_arrival);
    let judging = on_arrival.iter().map(|one| (*one, judged_on_arrival(&town, *one).boxed())).collect();
    problems.extend(each(judging).await.1);
    let (met, more) = each(running.iter().map(|one| (*one, met(&town, *one).boxed())).collect()).await;
    problems.extend(more);
    let (mut owed, more) = each(running.iter().map(|one| (*one, started(&town, *one).boxed())).collect()).await;
    problems.extend(more);
    owed.sort_by_key(|one| one.due);
    let groups = groups(&owed);
    for (place, group) in groups.iter().enumerate() {
        problems.extend(too_early(&town, group).await);
        let then = group.iter().map(|one| one.due).max().expect("a group has one") + SignedDuration::from_secs(1);
        if place == groups.len() / 2 {
            let _status = town.network.terminate_gateway().await;
            town.clock.move_to(then);
            town.network.start_gateway().await.expect("started again");
            town.network.wait_ready().await.expect("ready again");
        }
        town.clock.move_to(then);
        for one in *group {
            problems.extend(passed(&town, one).await.err().map(|problem| format!("{}: {problem}", one.subject)));
        }
    }
    problems.extend(disturbed(&town, &met));
    println!(
        "{} deadlines: {} judged on arrival, {} met, {} missed at {} times",
        subjects.len(),
        on_arrival.len(),
        met.len(),
        owed.len(),
        groups.len()
    );
    assert!(problems.is_empty(), "{} problems:\n  {}", problems.len(), problems.join("\n  "));
    town.stop().await;
}

/// Does what is to be done for each, several at a time: what came of it, and what went wrong.
async fn each<T>(jobs: Vec<(Subject, BoxFuture<'_, Result<T, String>>)>) -> (Vec<T>, Vec<String>) {
    let (mut done, mut problems) = (Vec::new(), Vec::new());
    let jobs: Vec<_> = jobs.into_iter().map(|(subject, job)| job.map(move |result| (subject, result))).collect();
    let mut doing = stream::iter(jobs).buffer_unordered(AT_A_TIME);
    while let Some((subject, result)) = doing.next().await {
        match result {
            Ok(one) => done.push(one),
            Err(problem) => problems.push(format!("{subject}: {problem}")),
        }
    }
    (done, problems)
}

/// The deadlines of an area.
fn subjects(area: &'static Area) -> Vec<Subject> {
    let of = |deadline: &'static Deadline| {
        let definition = area.messages.iter().find(|one| one.message_type.message == deadline.after);
        let workflow = Library::areas().workflow(&definition.expect("proved at loading").workflow);
        Subject { area, workflow: workflow.expect("proved at loading"), deadline }
    };
    area.deadlines.iter().map(of).collect()
}

fn planner(subject: Subject) -> Planner<'static> {
    Planner::new(subject.area, subject.workflow).watching(subject.deadline)
}

/// A case in which the deadline runs, and where it stands.
async fn running<'a>(town: &'a Town, subject: Subject) -> Result<(Case<'a>, Node), String> {
    let planner = planner(subject);
    let way = planner.way(|node| node.runs_undisturbed(subject.deadline)).or_else(|| planner.way(|node| node.runs));
    let (way, node) = way.ok_or("no way leads to it")?;
    let mut case = town.case(subject.area, subject.workflow);
    case.watched = Some(subject.deadline);
    for step in &way {
        case.take(step).await?;
    }
    let exchange = town.exchange(case.id).await.ok_or("there is no exchange")?;
    match exchange.clocks.iter().filter(|clock| clock.deadline == subject.deadline.id).count() {
        1 => Ok((case, node)),
        count => Err(format!("{count} clocks of it run: {exchange:?}")),
    }
}

/// Meets the deadline, and goes on to the end of the exchange if one can be reached.
async fn met(town: &Town, subject: Subject) -> Result<(Subject, ExchangeId), String> {
    let (mut case, node) = running(town, subject).await?;
    let awaited = case.awaited(subject.deadline);
    let planner = planner(subject);
    // Where each has to meet it, one of them begins.
    let by_one = planner.moves(Some(&node)).into_iter().find(|step| {
        subject.deadline.awaits == Awaited::EachRecipient
            && subject.deadline.ended_by.contains(&step.definition.message_type.message)
            && case.first(step.party).is_some_and(|authority| awaited.contains(&authority))
    });
    let (way, node) = match by_one {
        Some(step) => (vec![step], planner.after(Some(&node), &step)),
        None => planner.way_from(Some(&node), |node| !node.runs).ok_or("nothing meets it")?,
    };
    for step in &way {
        let document = ending(town, &case, subject.deadline, step)?;
        match document {
            Some(document) => case.take_with(step, document).await?,
            None => case.take(step).await?,
        }
    }
    if subject.deadline.awaits == Awaited::EachRecipient {
        meet_for_all_others(&mut case, subject.deadline, &way, &awaited).await?;
    }
    if subject.workflow.step(&case.state, HUB, CONSOLIDATE).is_some() {
        eventually(&format!("{subject}: everybody has answered"), async || {
            town.exchange(case.id).await.filter(|exchange| exchange.has_ended())
        })
        .await;
        return Ok((subject, case.id));
    }
    let exchange = town.exchange(case.id).await.ok_or("there is no exchange")?;
    if exchange.clocks.iter().any(|clock| clock.deadline == subject.deadline.id && !clock.awaited.is_empty()) {
        return Err(format!("met, and yet it runs: {exchange:?}"));
    }
    let is_end = |node: &Node| subject.workflow.awaits(&node.state).is_none();
    if let Some((way, _)) = planner.way_from(Some(&node), is_end).filter(|_| !exchange.has_ended()) {
        for step in &way {
            case.take(step).await?;
        }
        let ended = town.exchange(case.id).await.is_some_and(|exchange| exchange.has_ended());
        return if ended { Ok((subject, case.id)) } else { Err("its exchange does not end".into()) };
    }
    Ok((subject, case.id))
}

/// The document that ends the deadline, where not every one does.
fn ending(town: &Town, case: &Case<'_>, deadline: &Deadline, step: &Move<'_>) -> Result<Option<Vec<u8>>, String> {
    let name = &step.definition.message_type.message;
    let Some(condition) = deadline.ended_if.iter().find(|condition| condition.message == *name) else {
        return Ok(None);
    };
    let text = Some((condition.field.clone(), condition.is.clone()));
    let document = town.library.document(step.definition, &Wish { text, ..Wish::default() })?;
    Ok(Some(case.at_home(step.definition, document)))
}

/// Each of several has to meet it.
async fn meet_for_all_others(
    case: &mut Case<'_>,
    deadline: &Deadline,
    way: &[Move<'_>],
    awaited: &BTreeSet<String>,
) -> Result<(), String> {
    let Some(last) = way.last().filter(|step| deadline.ended_by.contains(&step.definition.message_type.message)) else {
        return Ok(());
    };
    let first = case.last.0.clone();
    for authority in awaited.iter().filter(|authority| **authority != first) {
        if case.workflow.awaits(&case.state).is_none() || !awaited.contains(&first) {
            return Ok(());
        }
        let document = case.document(last.definition)?;
        case.take_from(last, authority, document).await?;
    }
    Ok(())
}

/// Starts a deadline that nobody will meet, and works out what follows.
async fn started(town: &Town, subject: Subject) -> Result<Owed, String> {
    let (case, _) = running(town, subject).await?;
    let deadline = subject.deadline;
    let exchange = town.exchange(case.id).await.ok_or("there is no exchange")?;
    let clock = exchange.clocks.iter().find(|clock| clock.deadline == deadline.id).ok_or("it does not run")?;
    let awaited = case.awaited(deadline);
    let action = step_on_miss(deadline.on_miss);
    let transition = action.and_then(|action| subject.workflow.step(&case.state, HUB, action));
    let told = town.told(&case, deadline);
    let state = transition.and_then(|transition| transition.to.clone()).unwrap_or(case.state);
    let on_miss = if action.is_some() && transition.is_none() { OnMiss::Record } else { deadline.on_miss };
    if on_miss != deadline.on_miss {
        return Err(format!("in {state} the hub has no step {action:?}: it would only be recorded"));
    }
    Ok(Owed { subject, exchange: case.id, due: clock.due, awaited, on_miss, told, state })
}

/// Deadlines in the order of time; those that pass together are one group.
fn groups(owed: &[Owed]) -> Vec<&[Owed]> {
    owed.chunk_by(|one, next| next.due.duration_since(one.due) < TOGETHER).collect()
}

/// None has passed before its time.
async fn too_early(town: &Town, group: &[Owed]) -> Vec<String> {
    let mut problems = Vec::new();
    for one in group {
        if passings(&town.log(one.exchange).await, &one.subject.deadline.id) > 0 {
            problems.push(format!("{}: it passed before {}", one.subject, one.due));
        }
    }
    problems
}

/// It passed, once, with what the pack says.
async fn passed(town: &Town, owed: &Owed) -> Result<(), String> {
    let id = &owed.subject.deadline.id;
    let log = soon(async || {
        let log = town.log(owed.exchange).await;
        (passings(&log, id) > 0).then_some(log)
    })
    .await;
    let Some(log) = log else {
        return Err(format!("it does not pass: {:?}", town.log(owed.exchange).await));
    };
    let found = log.iter().find_map(|entry| is_of(entry, id)).expect("it passed");
    let wanted = (owed.due, owed.on_miss, owed.awaited.clone());
    if passings(&log, id) != 1 || found != wanted {
        return Err(format!("the log says {found:?}, {} times, instead of {wanted:?}", passings(&log, id)));
    }
    let exchange = town.exchange(owed.exchange).await.ok_or("there is no exchange")?;
    if exchange.state != owed.state {
        return Err(format!("the exchange is {} instead of {}", exchange.state, owed.state));
    }
    let wanted: BTreeMap<(NoticeKind, String), usize> = owed.told.iter().map(|one| (one.clone(), 1)).collect();
    let told = async || (notices(town, owed.exchange, id).len() >= wanted.len()).then_some(());
    let _what_is_missing_is_told_below = soon(told).await;
    let found = notices(town, owed.exchange, id);
    if found == wanted { Ok(()) } else { Err(format!("notices {found:?} instead of {wanted:?}")) }
}

/// Asks again until there is an answer; in vain after a while: what is missing is told with all the rest.
async fn soon<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> Option<T> {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..MOST_LOOKS {
        pace.tick().await;
        if let Some(answer) = ask().await {
            return Some(answer);
        }
    }
    None
}

/// Notices about deadlines that were met: none.
fn disturbed(town: &Town, met: &[(Subject, ExchangeId)]) -> Vec<String> {
    let noticed = met.iter().map(|(subject, exchange)| (subject, notices(town, *exchange, &subject.deadline.id)));
    noticed
        .filter(|(_, notices)| !notices.is_empty())
        .map(|(subject, notices)| format!("{subject}: met, and yet {notices:?}"))
        .collect()
}

/// A message that must itself be in time: a late one is recorded as late, one that is in time is not.
async fn judged_on_arrival(town: &Town, subject: Subject) -> Result<(), String> {
    const LATER: i64 = 45;
    let path = subject.deadline.from_field.clone().ok_or("it counts from nothing")?;
    let (way, _) = Planner::new(subject.area, subject.workflow)
        .watching(subject.deadline)
        .way(|node| node.runs)
        .ok_or("no way leads to it")?;
    let (last, first) = way.split_last().expect("a way has a step");
    let today = day(town.clock.now());
    let long_ago = today.checked_sub(span(subject.deadline.within)).expect("a date");
    for (date, late) in [(long_ago.checked_sub(Span::new().days(LATER)).expect("a date"), true), (today, false)] {
        let mut case = town.case(subject.area, subject.workflow);
        for step in first {
            case.take(step).await?;
        }
        let wish = Wish { date: Some((path.clone(), date)), ..Wish::default() };
        case.take_with(last, town.library.document(last.definition, &wish)?).await?;
        let log = town.log(case.id).await;
        let found = log.iter().any(|entry| entry.change.late.contains(&subject.deadline.id));
        if found != late {
            return Err(format!("of {date}, late is {found}: {log:?}"));
        }
    }
    Ok(())
}

/// The longest that a period can be, in days; hours count as begun days.
fn span(period: Period) -> Span {
    let count = i64::from(period.count);
    let days = match period.unit {
        Unit::Seconds | Unit::Minutes | Unit::Hours => 2 + count / 24,
        Unit::Days => count,
        Unit::WorkingDays => 4 * count,
        Unit::Weeks => 7 * count,
        Unit::Months => 31 * count,
        Unit::Years => 366 * count,
    };
    Span::new().days(days)
}
