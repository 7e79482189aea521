//! Every transition of every workflow, taken at the real hub in every area that binds it; and every other step, refused
//! without a trace.

use crate::{
    support::{eventually, trial},
    workflow_support::{Case, Library, Move, Planner, Town, Wish, passings},
};
use futures_util::{FutureExt, StreamExt, stream};
use jiff::Span;
use libtest_mimic::Trial;
use schemas::{
    area::{Area, Deadline},
    wire::{Outcome, RejectionCode},
    workflow::{CLOSE, HUB, TIME_OUT, Transition, Workflow, step_on_miss},
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("transitions::every_step_is_taken_where_it_is_legal_and_refused_everywhere_else", transitions)]
}

/// Exchanges that are played at a time.
const AT_A_TIME: usize = 24;
/// What its messages do to the directory is the registration scenario's.
const ELSEWHERE: &str = "registers";
/// The state before the opening.
const NOWHERE: &str = "";

/// Workflow, state, action, party.
type Step = (String, String, String, String);

/// What came of the cases.
#[derive(Default)]
struct Findings {
    taken: BTreeMap<Step, usize>,
    refused: usize,
    posted: BTreeSet<(String, String)>,
    problems: Vec<String>,
}

impl Findings {
    fn add(&mut self, found: Result<Findings, String>) {
        match found {
            Ok(found) => {
                for (step, times) in found.taken {
                    *self.taken.entry(step).or_default() += times;
                }
                self.refused += found.refused;
                self.posted.extend(found.posted);
                self.problems.extend(found.problems);
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    fn assert_no_problem(&self) {
        let all = &self.problems;
        assert!(all.is_empty(), "{} problems:\n  {}", all.len(), all[..all.len().min(40)].join("\n  "));
    }
}

/// One thing to do.
enum Job<'a> {
    /// Take this step in this state.
    Take { area: &'a Area, workflow: &'a Workflow, state: &'a str, action: &'a str, party: &'a str },
    /// Have everything refused that this party may not do in this state.
    Refuse { area: &'a Area, workflow: &'a Workflow, state: &'a str, party: &'a str },
}

async fn transitions() {
    let town = Town::start("transitions").await;
    let mut findings = Findings::default();
    findings.posted.extend(town.posted.iter().cloned());
    let areas = || Library::areas().iter().filter(|area| area.id.as_str() != ELSEWHERE);
    let jobs: Vec<Job<'_>> = areas().flat_map(|area| workflows(area).flat_map(move |one| jobs(area, one))).collect();
    do_all(&town, &jobs, &mut findings).await;
    findings.assert_no_problem();
    everything_arrived_and_nothing_else(&town, &findings).await;
    findings.add(steps_of_the_hub(&town).await);
    findings.assert_no_problem();
    let missing: Vec<Step> = all_steps().filter(|step| !findings.taken.contains_key(step)).collect();
    assert_eq!(missing, Vec::<Step>::new(), "steps that no area can take");
    println!(
        "{} transitions taken, {} times in all; {} steps refused; {} deliveries",
        findings.taken.len(),
        findings.taken.values().sum::<usize>(),
        findings.refused,
        findings.posted.len()
    );
    town.stop().await;
}

async fn do_all(town: &Town, jobs: &[Job<'_>], findings: &mut Findings) {
    let doing: Vec<_> = jobs.iter().map(|job| job.done(town).boxed()).collect();
    let mut doing = stream::iter(doing).buffer_unordered(AT_A_TIME);
    while let Some(found) = doing.next().await {
        findings.add(found.transpose().unwrap_or_else(|| Ok(Findings::default())));
    }
}

fn workflows(area: &Area) -> impl Iterator<Item = &'static Workflow> {
    let ids: BTreeSet<_> = area.messages.iter().map(|message| message.workflow.clone()).collect();
    ids.into_iter().filter_map(|id| Library::areas().workflow(&id)).map(AsRef::as_ref)
}

/// Every step of every workflow.
fn all_steps() -> impl Iterator<Item = Step> {
    let ids: BTreeSet<_> = Library::areas().iter().flat_map(|area| workflows(area).map(|one| one.id.clone())).collect();
    let workflows = ids.into_iter().filter_map(|id| Library::areas().workflow(&id));
    let steps: BTreeSet<Step> = workflows
        .flat_map(|workflow| workflow.transitions.iter().map(move |transition| (workflow, transition)))
        .flat_map(|(workflow, transition)| {
            let from = states(transition);
            from.into_iter().flat_map(move |state| {
                transition.by.iter().map(move |party| step(workflow, state, transition.action.as_str(), party.as_str()))
            })
        })
        .collect();
    steps.into_iter()
}

fn states(transition: &Transition) -> Vec<&str> {
    if transition.from.is_empty() { vec![NOWHERE] } else { transition.from.iter().map(String::as_str).collect() }
}

fn step(workflow: &Workflow, state: &str, action: &str, party: &str) -> Step {
    (workflow.id.to_string(), state.to_owned(), action.to_owned(), party.to_owned())
}

fn jobs<'a>(area: &'a Area, workflow: &'a Workflow) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for transition in &workflow.transitions {
        for state in states(transition) {
            let parties = transition.by.iter().map(|party| party.as_str()).filter(|party| *party != HUB);
            let action = transition.action.as_str();
            jobs.extend(parties.map(|party| Job::Take { area, workflow, state, action, party }));
        }
    }
    for state in &workflow.order {
        let parties = workflow.parties.iter().map(|party| party.id.as_str());
        jobs.extend(parties.map(|party| Job::Refuse { area, workflow, state, party }));
    }
    jobs
}

impl Job<'_> {
    /// Does it; nothing where the area has no way to it.
    async fn done(&self, town: &Town) -> Result<Option<Findings>, String> {
        match self {
            Job::Take { area, workflow, state, action, party } => {
                let planner = Planner::new(area, workflow);
                let way = planner.way(|node| node.state == *state && planner.is_there(node, party));
                let (way, node) = match way {
                    _ if state.is_empty() => (Vec::new(), None),
                    Some((way, node)) => (way, Some(node)),
                    None => return Ok(None),
                };
                let moves = planner.moves(node.as_ref());
                let last = moves.iter().find(|one| one.definition.action.as_str() == *action && one.party == *party);
                let Some(last) = last else { return Ok(None) };
                let mut case = town.case(area, workflow);
                let place = format!("{} {} {state}", area.id, workflow.id);
                let taken = take(town, &mut case, &way, last).await;
                taken.map_err(|problem| format!("{place}: {problem}"))?;
                let taken = [(step(workflow, state, action, party), 1)].into();
                Ok(Some(Findings { taken, posted: case.posted, ..Findings::default() }))
            }
            Job::Refuse { area, workflow, state, party } => {
                let planner = Planner::new(area, workflow);
                let way = planner.way(|node| node.state == *state && planner.is_there(node, party));
                let Some((way, _)) = way else { return Ok(None) };
                let mut case = town.case(area, workflow);
                for one in &way {
                    case.take(one).await?;
                }
                let refused = refuse(town, &case, party).await;
                let refused = refused.map_err(|problem| format!("{} {} {state}: {problem}", area.id, workflow.id))?;
                Ok(Some(Findings { refused, posted: case.posted, ..Findings::default() }))
            }
        }
    }
}

/// Goes the way and takes the step; the exchange is then what it has to be.
async fn take(town: &Town, case: &mut Case<'_>, way: &[Move<'_>], last: &Move<'_>) -> Result<(), String> {
    for one in way {
        case.take(one).await?;
    }
    case.take(last).await?;
    let exchange = town.exchange(case.id).await.ok_or("there is no exchange")?;
    let members = |members: &mut dyn Iterator<Item = (String, String)>| members.collect::<BTreeSet<_>>();
    let found = members(&mut exchange.members.iter().map(|one| (one.authority.to_string(), one.party.to_string())));
    let told = town.state_for_operators(case.id).await;
    let is = (exchange.state.as_str(), told.as_str(), exchange.sequence, found);
    let wanted = (case.state.as_str(), case.state.as_str(), case.sequence, members(&mut case.members.iter().cloned()));
    if is == wanted { Ok(()) } else { Err(format!("{last}: {is:?} instead of {wanted:?}")) }
}

/// Everything that a party may not do now is refused with the right code and changes nothing. Returns how much it was.
async fn refuse(town: &Town, case: &Case<'_>, party: &str) -> Result<usize, String> {
    let from = case.first(party).ok_or_else(|| format!("nobody is the {party}"))?;
    let (before, log) = (town.exchange(case.id).await.ok_or("there is no exchange")?, town.log(case.id).await);
    let parties = case.parties_of(&from);
    let wish = Wish { relative: Some(case.id), ..Wish::default() };
    let (mut submissions, mut codes) = (Vec::new(), Vec::new());
    for definition in Planner::new(case.area, case.workflow).one_of_each_action() {
        let action = definition.action.as_str();
        let opens = case.workflow.opening(&definition.action).is_some();
        if !opens && parties.iter().any(|party| case.workflow.step(&before.state, party, action).is_some()) {
            continue;
        }
        let document = town.library.document(definition, &wish)?;
        submissions.push(case.submission(definition, &from, document));
        let is_late = before.ended_by.is_some() && !opens;
        codes.push(if is_late { RejectionCode::DeadlinePassed } else { RejectionCode::WrongState });
    }
    let receipts = case.send(&from, &submissions).await;
    for ((receipt, code), submission) in receipts.iter().zip(&codes).zip(&submissions) {
        if receipt.outcome != Outcome::Rejected || receipt.code != Some(*code) {
            return Err(format!(
                "{from}, the {party}, sent {:?}: {receipt:?} instead of {code}",
                submission.message_type
            ));
        }
    }
    let (after, log_after) = (town.exchange(case.id).await, town.log(case.id).await);
    if after.as_ref() != Some(&before) || log_after != log {
        return Err(format!("what was refused to the {party} has left a trace: {before:?}, then {after:?}"));
    }
    Ok(submissions.len())
}

/// Every message that was accepted lies in the mailboxes of its recipients, and nothing lies anywhere else.
async fn everything_arrived_and_nothing_else(town: &Town, findings: &Findings) {
    let arrived = || -> BTreeSet<(String, String)> {
        let arrived = town.post.arrived().into_iter();
        arrived.map(|arrival| (arrival.message_id, arrival.authority)).collect()
    };
    eventually("everything that was accepted arrives", async || findings.posted.is_subset(&arrived()).then_some(()))
        .await;
    let strays = town.post.arrived().into_iter();
    let strays = strays.filter(|one| !findings.posted.contains(&(one.message_id.clone(), one.authority.clone())));
    let strays: Vec<String> = strays.map(|one| format!("{} for {}", one.message_type, one.authority)).collect();
    assert!(strays.is_empty(), "{} came to whom they are not for: {:?}", strays.len(), &strays[..strays.len().min(40)]);
}

/// A step of the hub, and the case in which a deadline of the area brings it about.
struct Owed<'a> {
    transition: &'a Transition,
    state: &'a str,
    deadline: &'a Deadline,
    case: Case<'a>,
}

/// Every step of the hub that a deadline of any area brings about, each once; what participants try afterwards is too late.
async fn steps_of_the_hub(town: &Town) -> Result<Findings, String> {
    let mut findings = Findings::default();
    let mut owed = Vec::new();
    for id in all_steps().map(|(workflow, ..)| workflow).collect::<BTreeSet<_>>() {
        let workflow = Library::areas().workflow(&id.parse().expect("an id")).expect("a workflow");
        let of_hub = |one: &&Transition| one.by.iter().any(|party| party.as_str() == HUB);
        for transition in workflow.transitions.iter().filter(of_hub) {
            for state in states(transition) {
                owed.extend(arranged(town, workflow, transition, state).await?);
            }
        }
    }
    let mut last = town.clock.now();
    for one in &owed {
        let exchange = town.exchange(one.case.id).await.ok_or("there is no exchange")?;
        let clock = exchange.clocks.iter().find(|clock| clock.deadline == one.deadline.id);
        last = last.max(clock.ok_or_else(|| format!("{} does not run: {exchange:?}", one.deadline.id))?.due);
    }
    town.clock.move_to(last.checked_add(Span::new().seconds(2)).expect("a time"));
    for one in &owed {
        let action = one.transition.action.as_str();
        findings.refused +=
            passed(town, one).await.map_err(|problem| format!("{} {action}: {problem}", one.case.area.id))?;
        findings.taken.insert(step(one.case.workflow, one.state, action, HUB), 1);
    }
    Ok(findings)
}

/// A case that the hub will take this step in, where any area has a deadline for it.
async fn arranged<'a>(
    town: &'a Town,
    workflow: &'a Workflow,
    transition: &'a Transition,
    state: &'a str,
) -> Result<Option<Owed<'a>>, String> {
    for area in Library::areas().iter().filter(|area| area.id.as_str() != ELSEWHERE) {
        let action = Some(transition.action.as_str());
        for deadline in area.deadlines.iter().filter(|deadline| step_on_miss(deadline.on_miss) == action) {
            let planner = Planner::new(area, workflow).watching(deadline);
            let Some((way, _)) = planner.way(|node| node.state == state && node.runs) else { continue };
            let mut case = town.case(area, workflow);
            case.watched = Some(deadline);
            for one in &way {
                case.take(one).await?;
            }
            return Ok(Some(Owed { transition, state, deadline, case }));
        }
    }
    Ok(None)
}

/// The deadline has passed: the exchange is where the step leads, those concerned are told, and steps come too late.
async fn passed(town: &Town, owed: &Owed<'_>) -> Result<usize, String> {
    let Owed { transition, deadline, case, .. } = owed;
    let to = transition.to.as_deref().ok_or("the hub's steps lead somewhere")?;
    eventually(&format!("{} {} becomes {to}", case.area.id, deadline.id), async || {
        town.exchange(case.id).await.filter(|exchange| exchange.state == to)
    })
    .await;
    let times = passings(&town.log(case.id).await, &deadline.id);
    if times != 1 {
        return Err(format!("{} passed {times} times", deadline.id));
    }
    let told: BTreeSet<String> = case.receivers(transition).into_iter().collect();
    let id = case.id.to_string();
    eventually(&format!("{} {}: {told:?} are told", case.area.id, deadline.id), async || {
        let arrived = town.post.arrived().into_iter().filter(|arrival| arrival.exchange == id);
        let of_hub = arrived.filter(|arrival| is_told(case.area, transition, &arrival.message_type));
        (of_hub.map(|arrival| arrival.authority).collect::<BTreeSet<_>>() == told).then_some(())
    })
    .await;
    let mut refused = 0;
    for party in case.workflow.parties.iter().filter(|party| case.first(party.id.as_str()).is_some()) {
        refused += refuse(town, case, party.id.as_str()).await?;
    }
    Ok(refused)
}

/// Whether it is what the hub sends with its step: a notice, or the one answer that it makes of many.
fn is_told(area: &Area, transition: &Transition, message_type: &str) -> bool {
    let action = transition.action.as_str();
    let consolidated = |message: &str| area.consolidations.iter().any(|rule| rule.result.as_str() == message);
    match action {
        TIME_OUT => message_type == "hub/time-out@1",
        CLOSE => message_type == "hub/closure@1",
        _ => message_type.split(['/', '@']).nth(1).is_some_and(consolidated),
    }
}
