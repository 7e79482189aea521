//! The registers of a country: one of each kind, and of some kinds one in each region that has a coordinator of its own.

use super::{
    WorldError,
    chance::Chance,
    data::{Common, Country, RegisterKind},
    people::{host_name, parsed},
    record::{Access, Authority, CoordinatorKind, Level, Register, Texts},
};
use schemas::{area::Role, wire::AreaId};
use std::{cmp::Reverse, collections::BTreeSet};

/// The registers of a country, each kept by one of its `authorities`.
pub(super) fn of(
    code: &str,
    country: &Country,
    common: &Common,
    authorities: &[Authority],
    seed: u64,
) -> Result<Vec<Register>, WorldError> {
    let mut registers = Vec::new();
    for kind in &common.shared.register {
        for keeper in keepers(kind, common, authorities) {
            let id = format!("{code}-REG-{:06}", registers.len() + 1);
            registers.push(register(id, kind, keeper, country, common, seed)?);
        }
    }
    Ok(registers)
}

/// Lets those that keep a register act in the area of registers, where they write its entry.
pub(super) fn admit_keepers(registers: &[Register], authorities: &mut [Authority]) -> Result<(), WorldError> {
    let area: AreaId = parsed("shared", "registers")?;
    let keepers: BTreeSet<_> = registers.iter().map(|register| &register.authority).collect();
    for keeper in authorities.iter_mut().filter(|authority| keepers.contains(&authority.id)) {
        if keeper.areas.iter().all(|access| access.area != area) {
            let roles = vec![Role::Requester, Role::Responder];
            keeper.areas.push(Access { area: area.clone(), roles, since: None });
            keeper.areas.sort_by(|one, other| one.area.cmp(&other.area));
        }
    }
    Ok(())
}

fn keepers<'a>(kind: &RegisterKind, common: &Common, authorities: &'a [Authority]) -> Vec<&'a Authority> {
    let has_kind = |authority: &Authority, kind| authority.coordinator.as_ref().is_some_and(|own| own.kind == kind);
    let regional: Vec<_> =
        authorities.iter().filter(|authority| has_kind(authority, CoordinatorKind::Sdimic)).collect();
    if kind.regional && !regional.is_empty() {
        return regional;
    }
    let fallback = || authorities.iter().find(|authority| has_kind(authority, CoordinatorKind::Nimic));
    let of_profession = authorities.iter().find(|authority| authority.professions.contains(&kind.keeper));
    let of_sector = kind.keeper.strip_prefix('#').and_then(|sector| competent_for(sector, common, authorities));
    of_profession
        .or(of_sector)
        .or_else(|| contact_point(&kind.keeper, authorities))
        .or_else(fallback)
        .into_iter()
        .collect()
}

/// The first national authority that is competent for all activities of a sector.
fn competent_for<'a>(sector: &str, common: &Common, authorities: &'a [Authority]) -> Option<&'a Authority> {
    let codes = common.shared.sectors.get(sector)?;
    let mut national = authorities.iter().filter(|authority| authority.level == Level::National);
    national.find(|authority| codes.iter().all(|code| authority.nace.contains(code)))
}

/// Who has the most roles in an area; the first of several.
fn contact_point<'a>(area: &str, authorities: &'a [Authority]) -> Option<&'a Authority> {
    let roles = |authority: &Authority| {
        authority.areas.iter().find(|access| access.area.as_str() == area).map_or(0, |access| access.roles.len())
    };
    authorities.iter().filter(|authority| roles(authority) > 0).min_by_key(|authority| Reverse(roles(authority)))
}

fn register(
    id: String,
    kind: &RegisterKind,
    keeper: &Authority,
    country: &Country,
    common: &Common,
    seed: u64,
) -> Result<Register, WorldError> {
    let mut chance = Chance::about(seed, &id);
    let lacks = |what: &str| WorldError::Data { file: "languages.toml".into(), reason: format!("{what} is missing") };
    // Where a region's language comes first, its register is named in it.
    let language = keeper.languages.first().or(country.languages.first()).ok_or_else(|| lacks("a language"))?;
    let words = common.languages.get(language).ok_or_else(|| lacks(language))?;
    let native = words.registers.get(&kind.key).ok_or_else(|| lacks(&format!("{language}: {}", kind.key)))?;
    let access = ["public-free", "public-free", "public-free", "public-fee", "restricted", "on-request"]
        [chance.below(6) as usize];
    let english = |position: usize| common.languages.get("en").map(|english| english.conditions[position].clone());
    let condition = ["public-fee", "restricted", "on-request"].iter().position(|known| *known == access);
    let electronic = chance.below(10) > 0;
    let host = host_name(keeper.id.as_str().split_once('-').map_or("register", |(_, rest)| rest));
    let code = keeper.country.to_lowercase();
    Ok(Register {
        link: electronic.then(|| format!("https://{host}.{code}.example/{}", kind.key)),
        country: keeper.country.clone(),
        authority: keeper.id.clone(),
        name: two(language, native, &kind.en),
        kind: kind.kind.clone(),
        professions: kind.professions.clone(),
        nace: kind.nace.clone(),
        regions: if keeper.regions.is_empty() { vec![keeper.country.clone()] } else { keeper.regions.clone() },
        content: Texts::from([("en".to_owned(), kind.content.clone())]),
        languages: vec![language.clone()],
        access: access.to_owned(),
        conditions: condition
            .and_then(|position| Some(two(language, &words.conditions[position], &english(position)?)))
            .unwrap_or_default(),
        electronic,
        contact: keeper.contact.clone(),
        verified: chance.day(2010),
        version: 1 + chance.below(4),
        id,
    })
}

fn two(language: &str, native: &str, english: &str) -> Texts {
    Texts::from([("en".to_owned(), english.to_owned()), (language.to_owned(), native.to_owned())])
}
