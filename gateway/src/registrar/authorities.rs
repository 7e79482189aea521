//! Authorities over the wire: entered by their national system, approved and granted areas by their coordinators.

use super::{
    Function, Objection, Situation, broken_rule, coordinates,
    documents::{AuthorityDecision, AuthorityDocument, AuthorityRetire, Competence, DirectoryDecision, texts},
    not_permitted,
};
use crate::directory::{AreaAccess, Authority, AuthorityStatus, Contact, Coordinators, union_code};
use schemas::wire::{AreaId, AuthorityId, Rejection, RejectionCode};

/// The record that an upsert or update makes.
pub(super) fn enter(situation: Situation<'_>, document: AuthorityDocument) -> Result<Authority, Objection> {
    let Situation { directory, sender, participant } = situation;
    let id = &document.authority_id;
    if union_code(&document.country) != sender.country {
        let reason =
            format!("{} is of {}; authorities of {} are entered there", sender.id, sender.country, document.country);
        return Err(not_permitted(reason));
    }
    let former = directory.authority(id);
    if let Some(former) = former {
        own_or_coordinated(situation, id)?;
        if document.version_number <= former.version {
            let reason =
                format!("version {} of {id} was entered before; the next is {}", former.version, former.version + 1);
            return Err(broken_rule(reason));
        }
    }
    let mut authority = record(situation, document);
    let (asked_status, asked_areas) = (authority.status, std::mem::take(&mut authority.areas));
    if let Some(former) = former {
        authority.participant = former.participant.clone();
        authority.mailbox.clone_from(&former.mailbox);
        authority.liaison.clone_from(&former.liaison);
        authority.coordinator.clone_from(&former.coordinator);
        // Nobody chooses another coordinator to get around the one it has.
        if !coordinates(sender, former, Function::Validating) && former.coordinators != Coordinators::default() {
            authority.coordinators = former.coordinators.clone();
        }
    } else {
        authority.participant = participant.clone();
    }
    authority.status = status(sender, former, &authority, asked_status)?;
    // Whoever comes back begins again: what it was once granted has to be granted anew.
    let takes_part = former.filter(|former| former.status != AuthorityStatus::Withdrawn);
    let held = takes_part.map_or(&[][..], |former| &former.areas);
    let has_access = coordinates(sender, &authority, Function::Access);
    let (granted, asked): (Vec<_>, Vec<_>) =
        asked_areas.into_iter().partition(|access| has_access && is_competent(sender, &access.area));
    (authority.areas, authority.requested) = shared_out(held, asked);
    authority.areas.extend(granted);
    Ok(authority)
}

/// What the document says, as a record; status and areas as asked.
fn record(situation: Situation<'_>, document: AuthorityDocument) -> Authority {
    let mut authority = Authority {
        id: document.authority_id,
        name: texts(document.official_name),
        title: texts(document.informal_title),
        country: union_code(&document.country).to_owned(),
        level: document.authority_level,
        // The code of the whole country says what no code says.
        regions: document.territorial_scope.into_iter().filter(|code| code.len() > 2).collect(),
        languages: document.language_understood,
        participant: situation.participant.clone(),
        mailbox: None,
        liaison: None,
        areas: document.area_membership.into_iter().map(AreaAccess::from).collect(),
        requested: Vec::new(),
        professions: Vec::new(),
        nace: Vec::new(),
        keywords: std::collections::BTreeMap::new(),
        contact: Contact {
            address: Some(document.address.line()),
            telephone: document.telephone.into_iter().next(),
            email: document.email.into_iter().next(),
            web: document.website.into_iter().next(),
        },
        coordinators: Coordinators { validating: document.validating_coordinator, access: document.access_coordinator },
        coordinator: None,
        status: document.authority_status,
        version: document.version_number,
    };
    for competence in document.competence {
        match competence {
            Competence::Keyword(keyword) => {
                authority.keywords.entry(keyword.language).or_default().push(keyword.text);
            }
            Competence::ProfessionCode(code) => authority.professions.push(code),
            Competence::Nace(code) => authority.nace.push(code),
        }
    }
    authority
}

/// The status that an entry gets: what its coordinator says; else pending for a new one, and unchanged or withdrawn for
/// one that is there.
fn status(
    sender: &Authority,
    former: Option<&Authority>,
    authority: &Authority,
    asked: AuthorityStatus,
) -> Result<AuthorityStatus, Objection> {
    use AuthorityStatus::{Active, Invited, Pending, Suspended, Withdrawn};
    if coordinates(sender, authority, Function::Validating) {
        return Ok(asked);
    }
    let whom = authority.coordinators.validating.as_ref().map_or("the national coordinator", AuthorityId::as_str);
    match (former.map(|former| former.status), asked) {
        (None | Some(Invited | Withdrawn), Invited | Pending) => Ok(Pending),
        (Some(former), asked) if former == asked => Ok(former),
        (Some(_), Withdrawn) => Ok(Withdrawn),
        (_, Active | Suspended | Invited | Pending | Withdrawn) => Err(not_permitted(format!(
            "{} may not make {} {}; its validating coordinator ({whom}) may",
            sender.id,
            authority.id,
            asked.as_str()
        ))),
    }
}

/// What of the areas asked for is held already, and what is only requested. What is no longer asked for is given up.
fn shared_out(held: &[AreaAccess], asked: Vec<AreaAccess>) -> (Vec<AreaAccess>, Vec<AreaAccess>) {
    let (mut areas, mut requested) = (Vec::new(), Vec::new());
    for access in asked {
        match held.iter().find(|held| held.area == access.area) {
            Some(held) if access.roles.iter().all(|role| held.roles.contains(role)) => {
                areas.push(AreaAccess { since: held.since, ..access });
            }
            Some(held) => {
                areas.push(held.clone());
                requested.push(access);
            }
            None => requested.push(access),
        }
    }
    (areas, requested)
}

/// An authority that the sender may speak for: itself, one of the same participant, or one that it coordinates.
pub(super) fn own_or_coordinated<'a>(situation: Situation<'a>, id: &AuthorityId) -> Result<&'a Authority, Objection> {
    let Situation { directory, sender, participant } = situation;
    let authority = directory.authority(id).ok_or_else(|| broken_rule(format!("there is no authority {id}")))?;
    if authority.participant == *participant || coordinates(sender, authority, Function::Validating) {
        return Ok(authority);
    }
    let reason = format!("{} speaks neither for {id} nor coordinates it", sender.id);
    Err(not_permitted(reason))
}

/// The record of an authority that takes part no longer.
pub(super) fn retire(situation: Situation<'_>, document: &AuthorityRetire) -> Result<Authority, Objection> {
    let authority = own_or_coordinated(situation, &document.authority_id)?;
    Ok(Authority { status: AuthorityStatus::Withdrawn, ..authority.clone() })
}

/// The record that a coordinator's decision makes.
pub(super) fn decide(situation: Situation<'_>, document: AuthorityDecision) -> Result<Authority, Objection> {
    use AuthorityStatus::{Active, Invited, Pending, Suspended, Withdrawn};
    let AuthorityDecision { authority_id: id, directory_decision: decision, area_membership, area } = document;
    let Situation { directory, sender, .. } = situation;
    let mut authority =
        directory.authority(&id).ok_or_else(|| broken_rule(format!("there is no authority {id}")))?.clone();
    let function = match decision {
        DirectoryDecision::Grant | DirectoryDecision::Deny => Function::Access,
        DirectoryDecision::Approve
        | DirectoryDecision::Refuse
        | DirectoryDecision::Suspend
        | DirectoryDecision::Resume
        | DirectoryDecision::Withdraw => Function::Validating,
    };
    if !coordinates(sender, &authority, function) {
        let what = if function == Function::Access { "access" } else { "validating" };
        return Err(not_permitted(format!("{} is not the {what} coordinator of {id}", sender.id)));
    }
    let from_to = |from: &[AuthorityStatus], to: AuthorityStatus| {
        if from.contains(&authority.status) {
            return Ok(to);
        }
        let reason = format!("{id} is {}; it cannot be made {} now", authority.status.as_str(), to.as_str());
        Err(Objection::Refused(Rejection::new(RejectionCode::WrongState, reason)))
    };
    match decision {
        DirectoryDecision::Approve => authority.status = from_to(&[Invited, Pending], Active)?,
        DirectoryDecision::Refuse => authority.status = from_to(&[Invited, Pending], Withdrawn)?,
        DirectoryDecision::Suspend => authority.status = from_to(&[Active], Suspended)?,
        DirectoryDecision::Resume => authority.status = from_to(&[Suspended], Active)?,
        DirectoryDecision::Withdraw => authority.status = from_to(&[Active, Suspended, Invited, Pending], Withdrawn)?,
        DirectoryDecision::Grant => {
            let granted: Vec<AreaAccess> = area_membership.into_iter().map(AreaAccess::from).collect();
            within_competence(sender, granted.iter().map(|access| &access.area))?;
            for access in granted {
                authority.requested.retain(|other| other.area != access.area);
                authority.areas.retain(|other| other.area != access.area);
                authority.areas.push(access);
            }
        }
        DirectoryDecision::Deny => {
            within_competence(sender, &area)?;
            authority.requested.retain(|access| !area.contains(&access.area));
            authority.areas.retain(|access| !area.contains(&access.area));
        }
    }
    Ok(authority)
}

/// A coordinator of some areas decides on those only.
fn is_competent(coordinator: &Authority, area: &AreaId) -> bool {
    let own = coordinator.coordinator.as_ref().map_or(&[][..], |own| &own.areas);
    own.is_empty() || own.contains(area)
}

fn within_competence<'a>(sender: &Authority, areas: impl IntoIterator<Item = &'a AreaId>) -> Result<(), Objection> {
    match areas.into_iter().find(|area| !is_competent(sender, area)) {
        Some(area) => Err(not_permitted(format!("{} does not coordinate the area {area}", sender.id))),
        None => Ok(()),
    }
}
