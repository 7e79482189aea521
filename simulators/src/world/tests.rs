//! The world against what the annual report for 2010 says of the network, and against the rules of a directory.

use super::*;
use schemas::{area::Role, wire::AuthorityId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Figure 2, transcribed once more: professional qualifications only, services only, both, total.
const FIGURE_2: [(&str, [usize; 4]); 30] = [
    ("AT", [4, 46, 6, 56]),
    ("BE", [6, 63, 14, 83]),
    ("BG", [3, 9, 4, 16]),
    ("CY", [6, 72, 12, 90]),
    ("CZ", [4, 280, 7, 291]),
    ("DE", [184, 1455, 152, 1791]),
    ("DK", [9, 7, 14, 30]),
    ("EE", [3, 16, 5, 24]),
    ("ES", [17, 757, 68, 842]),
    ("FI", [3, 11, 2, 16]),
    ("FR", [8, 185, 94, 287]),
    ("EL", [65, 119, 5, 189]),
    ("HU", [4, 56, 8, 68]),
    ("IE", [9, 10, 9, 28]),
    ("IS", [7, 1, 1, 9]),
    ("IT", [1, 2, 27, 30]),
    ("LI", [1, 0, 6, 7]),
    ("LT", [2, 67, 5, 74]),
    ("LU", [2, 1, 3, 6]),
    ("LV", [7, 36, 4, 47]),
    ("MT", [8, 23, 6, 37]),
    ("NL", [5, 536, 3, 544]),
    ("NO", [5, 9, 3, 17]),
    ("PL", [76, 346, 34, 456]),
    ("PT", [8, 134, 7, 149]),
    ("RO", [11, 28, 4, 43]),
    ("SE", [3, 35, 3, 41]),
    ("SI", [3, 7, 5, 15]),
    ("SK", [5, 15, 1, 21]),
    ("UK", [19, 408, 3, 430]),
];

/// Countries whose LIMIC covers all professions (Figure 4).
const COVERED_BY_LIMIC: [&str; 6] = ["BG", "HU", "IE", "NL", "NO", "PT"];

/// The eighteen areas.
const AREAS: [&str; 18] = [
    "circabc",
    "cpcs",
    "ecris",
    "eessi",
    "erru",
    "eucaris",
    "eudamed",
    "imi-posting",
    "imi-pq",
    "imi-services",
    "rapex",
    "rasff",
    "registers",
    "resper",
    "solvit",
    "tachonet",
    "traces",
    "tris",
];

fn world() -> World {
    World::make(&WorldOptions::default()).expect("the data make a world")
}

fn of<'a>(world: &'a World, country: &'a str) -> impl Iterator<Item = &'a Authority> {
    world.authorities.iter().filter(move |authority| authority.country == country)
}

fn acts_in(authority: &Authority, area: &str) -> bool {
    authority.areas.iter().any(|access| access.area.as_str() == area)
}

fn is_kind(authority: &Authority, kind: CoordinatorKind) -> bool {
    authority.coordinator.as_ref().is_some_and(|own| own.kind == kind)
}

#[test]
fn every_row_and_the_totals_are_those_of_figure_2() {
    let world = world();
    let mut totals = [0; 4];
    for (country, expected) in FIGURE_2 {
        let count = |pq, services| {
            of(&world, country)
                .filter(|authority| {
                    acts_in(authority, "imi-pq") == pq && acts_in(authority, "imi-services") == services
                })
                .count()
        };
        let found = [count(true, false), count(false, true), count(true, true), of(&world, country).count()];
        assert_eq!(found, expected, "{country}");
        totals.iter_mut().zip(found).for_each(|(total, found)| *total += found);
    }
    assert_eq!(totals, [488, 4734, 515, 5737]);
    assert_eq!((world.participants.len(), world.authorities.len()), (30, 5737));
}

#[test]
fn ids_are_unique_and_begin_with_their_country() {
    let world = world();
    let mut seen = BTreeSet::new();
    for authority in &world.authorities {
        assert!(seen.insert(authority.id.as_str()), "{} is there twice", authority.id);
        assert!(authority.id.as_str().starts_with(&format!("{}-", authority.country)), "{}", authority.id);
        assert_eq!(authority.participant.as_str(), format!("{}-BACKOFFICE", authority.country));
    }
    let registers: BTreeSet<_> = world.registers.iter().map(|register| &register.id).collect();
    assert_eq!(registers.len(), world.registers.len());
}

#[test]
fn every_reference_exists_and_fits() {
    let world = world();
    let by_id: HashMap<&AuthorityId, &Authority> =
        world.authorities.iter().map(|authority| (&authority.id, authority)).collect();
    for authority in &world.authorities {
        let id = &authority.id;
        let validating = by_id[&authority.coordinators.validating];
        let access = by_id[&authority.coordinators.access];
        assert!(validating.coordinator.as_ref().is_some_and(|own| own.validating), "{id}");
        assert!(access.coordinator.as_ref().is_some_and(|own| own.access), "{id}");
        assert_eq!((&validating.country, &access.country), (&authority.country, &authority.country), "{id}");
        for other in authority.mailbox.iter().chain(&authority.liaison) {
            let other = by_id.get(other).unwrap_or_else(|| panic!("{id}: {other} does not exist"));
            assert_eq!(other.country, authority.country, "{id}");
            assert!(other.mailbox.is_none() && other.liaison.is_none(), "{id}: {} has no mailbox", other.id);
        }
    }
    for register in &world.registers {
        let keeper = by_id[&register.authority];
        assert_eq!(keeper.country, register.country, "{}", register.id);
        assert!(acts_in(keeper, "registers"), "{} keeps {}", keeper.id, register.id);
    }
}

#[test]
fn each_state_has_one_national_coordinator_and_thirteen_have_one_for_an_area() {
    let world = world();
    let mut with_limic = BTreeMap::new();
    for country in countries() {
        let nimics: Vec<_> = of(&world, country).filter(|one| is_kind(one, CoordinatorKind::Nimic)).collect();
        assert_eq!(nimics.len(), 1, "{country}");
        assert!(acts_in(nimics[0], "imi-pq") && acts_in(nimics[0], "imi-services"), "{country}");
        for limic in of(&world, country).filter(|one| is_kind(one, CoordinatorKind::Limic)) {
            let areas = &limic.coordinator.as_ref().expect("it is one").areas;
            assert!(with_limic.insert(country, areas[0].to_string()).is_none(), "{country} has two");
            assert!(limic.areas.iter().any(|own| own.area == areas[0] && own.roles.contains(&Role::Coordinator)));
        }
    }
    assert_eq!(with_limic.len(), 13);
    let for_professions: BTreeSet<_> =
        with_limic.iter().filter(|(_, area)| *area == "imi-pq").map(|(country, _)| *country).collect();
    assert_eq!(for_professions, BTreeSet::from(COVERED_BY_LIMIC));
}

#[test]
fn regions_of_federal_states_have_their_own_coordinators() {
    let world = world();
    let regional = |country| of(&world, country).filter(|one| is_kind(one, CoordinatorKind::Sdimic)).count();
    assert_eq!(["DE", "AT", "ES", "IT", "BE"].map(regional), [16, 9, 19, 21, 3]);
    let goslar = of(&world, "DE").find(|one| one.id.as_str() == "DE-KREIS-GOSLAR").expect("a district");
    assert_eq!(goslar.coordinators.validating.as_str(), "DE-LAND-LOWER-SAXONY");
}

#[test]
fn professions_without_an_authority_are_as_many_as_figure_4_says() {
    let world = world();
    let known: BTreeSet<String> = professions_of_the_area();
    assert_eq!(known.len(), 35);
    for country in countries() {
        let covered: BTreeSet<_> = of(&world, country)
            .filter(|authority| acts_in(authority, "imi-pq"))
            .flat_map(|authority| authority.professions.iter().cloned())
            .collect();
        assert!(covered.is_subset(&known), "{country}: {covered:?}");
        let missing = known.len() - covered.len();
        let fits = match country {
            "CY" | "CZ" | "DE" | "EE" | "IS" | "LT" | "LV" | "RO" | "ES" | "SE" | "UK" => missing == 0,
            "AT" | "DK" | "FI" | "FR" | "EL" | "LI" | "LU" | "MT" | "PL" | "SI" => (1..=10).contains(&missing),
            "BE" | "IT" => (11..=20).contains(&missing),
            "SK" => missing == 24,
            _ => covers_all_by_limic(&world, country, &known),
        };
        assert!(fits, "{country}: {missing} professions have no authority");
    }
}

fn covers_all_by_limic(world: &World, country: &str, known: &BTreeSet<String>) -> bool {
    of(world, country).any(|authority| {
        is_kind(authority, CoordinatorKind::Limic) && authority.professions.iter().cloned().eq(known.iter().cloned())
    })
}

/// The professions as the area's schema lists them, without `other`.
fn professions_of_the_area() -> BTreeSet<String> {
    let schema = include_str!("../../../schemas/areas/imi-pq/1/messages.xsd");
    let list = schema.split("<xs:simpleType name=\"Profession\">").nth(1).expect("the type");
    let list = list.split("</xs:simpleType>").next().expect("its text");
    let codes = list.split("<xs:enumeration value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    codes.filter(|code| *code != "other").map(str::to_owned).collect()
}

#[test]
fn whoever_acts_for_qualifications_has_professions_and_nobody_else() {
    for authority in world().authorities {
        let for_qualifications = acts_in(&authority, "imi-pq");
        if for_qualifications && authority.coordinator.is_none() {
            assert!(!authority.professions.is_empty(), "{}", authority.id);
        }
        assert!(for_qualifications || authority.professions.is_empty(), "{}", authority.id);
    }
}

#[test]
fn every_area_has_authorities_in_every_country_and_contact_points_are_single() {
    let world = world();
    for area in AREAS {
        for country in countries() {
            let count = of(&world, country).filter(|authority| acts_in(authority, area)).count();
            assert!(count > 0, "{area} has nobody in {country}");
            if ["solvit", "erru", "tachonet", "resper", "ecris", "tris", "eudamed"].contains(&area) {
                assert_eq!(count, 1, "{area} in {country}");
            }
        }
    }
    let known: BTreeSet<&str> = AREAS.into();
    let used = world.authorities.iter().flat_map(|authority| &authority.areas);
    assert!(used.clone().all(|access| known.contains(access.area.as_str()) && !access.roles.is_empty()));
    assert_eq!(used.filter(|access| access.area.as_str() == "rasff").count(), 109, "authorities of RASFF");
}

#[test]
fn no_name_is_empty_and_every_authority_has_one_in_its_language_and_in_english() {
    for authority in world().authorities {
        assert!(
            authority.name.values().all(|name| !name.trim().is_empty() && !name.contains("{}")),
            "{}",
            authority.id
        );
        let own = authority.languages.first().expect("a language");
        assert!(authority.name.contains_key(own) && authority.name.contains_key("en"), "{}", authority.id);
    }
}

#[test]
fn greek_and_bulgarian_names_are_in_their_own_letters() {
    let world = world();
    let is_in = |name: &str, letters: std::ops::RangeInclusive<char>| name.chars().any(|one| letters.contains(&one));
    for (country, language, letters) in [("EL", "el", 'Ͱ'..='Ͽ'), ("CY", "el", 'Ͱ'..='Ͽ'), ("BG", "bg", 'Ѐ'..='ӿ')]
    {
        for authority in of(&world, country) {
            assert!(is_in(&authority.name[language], letters.clone()), "{}", authority.id);
        }
        for register in world.registers.iter().filter(|register| register.country == country) {
            assert!(is_in(&register.name[language], letters.clone()), "{}", register.id);
        }
    }
}

#[test]
fn there_are_more_than_700_registers_and_all_countries_have_some() {
    let world = world();
    assert!((701..=750).contains(&world.registers.len()), "{}", world.registers.len());
    for country in countries() {
        assert!(world.registers.iter().filter(|register| register.country == country).count() >= 20, "{country}");
    }
    for register in &world.registers {
        assert!(register.verified.starts_with("2010-"), "{}", register.id);
        let needs_words = register.access != "public-free";
        assert_eq!(needs_words, !register.conditions.is_empty(), "{}", register.id);
        assert!(register.name.contains_key("en") && !register.content.is_empty(), "{}", register.id);
    }
}

#[test]
fn the_authorities_of_the_demo_are_all_in_the_world() {
    let world = world();
    let demo: crate::directory::Directory =
        toml::from_str(include_str!("../../../config/directory/demo.toml")).expect("the demo's directory");
    // The Commission is no country, and so not in the world of the thirty.
    for wanted in demo.authorities.into_iter().filter(|authority| authority.country != "EU") {
        let found = world.authorities.iter().find(|authority| authority.id == wanted.id);
        let found = found.unwrap_or_else(|| panic!("{} is missing", wanted.id));
        assert!(wanted.areas.iter().all(|access| acts_in(found, access.area.as_str())), "{}", wanted.id);
    }
}

#[test]
fn contacts_lead_nowhere() {
    for authority in world().authorities {
        let host = authority.contact.email.split('@').nth(1).expect("an address");
        assert!(host.ends_with(".example"), "{host}");
        assert!(host.split('.').all(|label| (1..=63).contains(&label.len())), "{host}");
        assert_eq!(authority.contact.web, format!("https://{host}/"));
    }
}

#[test]
fn municipalities_of_austria_have_a_liaison_and_offices_of_a_city_share_a_mailbox() {
    let world = world();
    let find = |id: &str| world.authorities.iter().find(|one| one.id.as_str() == id).expect("it is there").clone();
    assert_eq!(find("AT-GEM-LECH").liaison.expect("a liaison").as_str(), "AT-LAND-VORARLBERG");
    assert_eq!(find("DE-ORDNUNG-KIEL").mailbox.expect("a mailbox").as_str(), "DE-STADT-KIEL");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_the_same_authorities() {
    let bytes = |seed| {
        let world = World::make(&WorldOptions { seed, ..WorldOptions::default() }).expect("a world");
        let mut out = Vec::new();
        world.write(&mut out).expect("written");
        let ids: Vec<_> = world.authorities.into_iter().map(|authority| authority.id).collect();
        (out, ids)
    };
    let (first, other) = (bytes(1), bytes(2));
    assert_eq!(first, bytes(1));
    assert_ne!(first.0, other.0);
    assert_eq!(first.1, other.1);
    assert!(first.0.len() < 10_000_000, "{} bytes", first.0.len());
    let parsed: serde_json::Value = serde_json::from_slice(&first.0).expect("JSON");
    assert_eq!(parsed["authority"].as_array().map(Vec::len), Some(5737));
}

#[test]
fn a_part_of_the_world_is_as_in_the_whole() {
    let part = World::make(&WorldOptions { countries: vec!["PL".into(), "DE".into()], ..WorldOptions::default() });
    let part = part.expect("a world");
    assert_eq!(part.participants.iter().map(|one| one.country.as_str()).collect::<Vec<_>>(), ["DE", "PL"]);
    let whole = world();
    let of_part: Vec<_> = whole.authorities.iter().filter(|one| ["DE", "PL"].contains(&one.country.as_str())).collect();
    let text = |authorities: &[&Authority]| serde_json::to_string(authorities).expect("JSON");
    assert_eq!(text(&part.authorities.iter().collect::<Vec<_>>()), text(&of_part));
    let unknown = World::make(&WorldOptions { countries: vec!["GR".into()], ..WorldOptions::default() });
    assert!(matches!(unknown, Err(WorldError::UnknownCountry(code)) if code == "GR"));
}

#[test]
fn a_certificate_goes_in_and_its_key_stays_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let file = folder.path().join("LI-BACKOFFICE.pem");
    // Spelled in two parts, so that nobody who looks for keys in the sources finds one.
    let kind = ["PRIVATE", "KEY"].join(" ");
    std::fs::write(&file, format!("-----BEGIN {kind}-----\nBBBB\n-----END {kind}-----\n{one}{one}")).expect("written");
    let options = WorldOptions {
        countries: vec!["LI".into()],
        certificates: Some(folder.path().to_owned()),
        ..WorldOptions::default()
    };
    let world = World::make(&options).expect("a world");
    assert_eq!(world.participants[0].certificates[0].pem, one);
    std::fs::write(&file, "nothing").expect("written");
    let error = World::make(&options).expect_err("no certificate");
    assert!(error.to_string().contains("LI-BACKOFFICE.pem"), "{error}");
    let missing = WorldOptions { countries: vec!["LU".into()], ..options };
    assert!(matches!(World::make(&missing), Err(WorldError::Certificate { .. })));
}
