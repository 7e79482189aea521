//! Who lives in the town: three countries and the Commission, with four authorities each that have every role everywhere.
//!
//! Everybody has every role, so that what is refused is refused for the state of the exchange and for nothing else.

use crate::support::root;
use std::fmt::Write as _;

/// The countries; the first opens exchanges, the last is the Commission.
pub(crate) const COUNTRIES: [&str; 4] = ["PL", "DE", "FR", "EU"];
/// The authorities of a country. The directory takes coordinators in the order of their ids.
const NAMES: [&str; 4] = ["COORD", "HEAD", "ONE", "TWO"];
/// Who is written to where several are.
pub(crate) const COORDINATED: [&str; 2] = ["DE-ONE", "FR-ONE"];
/// Who opens exchanges.
pub(crate) const OPENER: &str = "PL-ONE";

/// The country of an authority.
pub(crate) fn country_of(authority: &str) -> &str {
    &authority[..2]
}

/// The coordinator of an authority in every area.
pub(crate) fn coordinator_of(authority: &str) -> String {
    let name = if authority.ends_with("-COORD") { "HEAD" } else { "COORD" };
    format!("{}-{name}", country_of(authority))
}

/// Every authority.
pub(crate) fn authorities() -> impl Iterator<Item = String> {
    COUNTRIES.into_iter().flat_map(|country| NAMES.map(|name| format!("{country}-{name}")))
}

/// The participant of a country.
pub(crate) fn participant(country: &str) -> String {
    format!("{country}-BACKOFFICE")
}

/// The directory, as the hub reads it.
pub(crate) fn directory() -> String {
    let mut areas: Vec<String> = std::fs::read_dir(root().join("schemas/areas"))
        .expect("packs")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    areas.sort();
    let roles = areas
        .iter()
        .map(|area| format!("{{ area = {area:?}, roles = [\"requester\", \"responder\", \"coordinator\"] }}"));
    let roles = roles.collect::<Vec<_>>().join(", ");
    let mut directory = String::from("# Generated.\n");
    for country in COUNTRIES {
        let participant = participant(country);
        write!(
            directory,
            "[[participant]]\nid = {participant:?}\ncountry = {country:?}\nname = {country:?}\ncertificates = [\"{participant}.pem\"]\n"
        )
        .expect("a string takes everything");
        for name in NAMES {
            write!(
                directory,
                "[[authority]]\nid = \"{country}-{name}\"\nname = {{ en = \"{country} {name}\" }}\ncountry = {country:?}\n\
                 participant = {participant:?}\nareas = [{roles}]\n"
            )
            .expect("a string takes everything");
        }
    }
    directory
}
