//! Who coordinates whom: the super-delegated coordinator of its region, else the coordinator of its only area, else the
//! national one; a delegated coordinator of its region decides on access.

use super::{
    WorldError,
    record::{Authority, Coordinator, CoordinatorKind},
};
use schemas::wire::AuthorityId;
use std::collections::BTreeSet;

/// A coordinator, as those that it coordinates see it.
struct Seat {
    id: AuthorityId,
    regions: Vec<String>,
    coordinator: Coordinator,
}

/// Gives every authority of a country its coordinators, and those of `liaisons` the region's as their liaison.
pub(super) fn assign(
    code: &str,
    authorities: &mut [Authority],
    liaisons: &BTreeSet<AuthorityId>,
) -> Result<(), WorldError> {
    let seats: Vec<Seat> = authorities
        .iter()
        .filter_map(|authority| {
            let coordinator = authority.coordinator.clone()?;
            Some(Seat { id: authority.id.clone(), regions: authority.regions.clone(), coordinator })
        })
        .collect();
    let nimic = seats.iter().find(|seat| seat.coordinator.kind == CoordinatorKind::Nimic).ok_or_else(|| {
        WorldError::Data { file: format!("{code}.toml"), reason: "no row is the national coordinator".into() }
    })?;
    for authority in authorities {
        let superior = superior(&seats, authority);
        let validating = superior.unwrap_or(nimic);
        let access = delegated(&seats, authority).unwrap_or(validating);
        authority.coordinators.validating = validating.id.clone();
        authority.coordinators.access = access.id.clone();
        if liaisons.contains(&authority.id) {
            authority.liaison = superior.map(|seat| seat.id.clone());
        }
    }
    Ok(())
}

/// A coordinator is registered by the national one, whatever its region.
fn superior<'a>(seats: &'a [Seat], authority: &Authority) -> Option<&'a Seat> {
    if authority.coordinator.is_some() {
        return None;
    }
    in_region(seats, authority, CoordinatorKind::Sdimic).or_else(|| {
        seats.iter().find(|seat| seat.coordinator.kind == CoordinatorKind::Limic && is_all_of(authority, seat))
    })
}

fn delegated<'a>(seats: &'a [Seat], authority: &Authority) -> Option<&'a Seat> {
    if authority.coordinator.is_some() {
        return None;
    }
    in_region(seats, authority, CoordinatorKind::Dimic).filter(|seat| is_all_of(authority, seat))
}

/// Of the coordinators whose region holds the authority's, the one with the smallest.
fn in_region<'a>(seats: &'a [Seat], authority: &Authority, kind: CoordinatorKind) -> Option<&'a Seat> {
    let region = authority.regions.first()?;
    seats
        .iter()
        .filter(|seat| seat.coordinator.kind == kind)
        .filter_map(|seat| {
            let own = seat.regions.iter().filter(|own| region.starts_with(own.as_str()));
            Some((own.map(String::len).max()?, seat))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, seat)| seat)
}

/// Whether what the authority does in the module areas is all within the coordinator's areas.
fn is_all_of(authority: &Authority, seat: &Seat) -> bool {
    let mut modules = authority.areas.iter().filter(|access| matches!(access.area.as_str(), "imi-pq" | "imi-services"));
    modules.all(|access| seat.coordinator.areas.contains(&access.area))
}
