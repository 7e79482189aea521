//! What covers what: territories (NUTS) and economic activities (NACE Rev. 2) are hierarchies. Pure.

use crate::directory::union_code;
use serde::Serialize;

/// How the territory of an entry and the one that was asked for lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// It is the one asked for.
    Same,
    /// It acts in a larger region, which the one asked for is a part of.
    LargerRegion,
    /// It acts in the whole country.
    Country,
    /// It acts in a part of the one asked for only.
    Part,
}

/// How an entry of `country` that acts in `regions` (none: the whole country) covers the territory `asked` for, a NUTS
/// code or a country's; `None` where it does not. The best of its regions counts.
pub(super) fn coverage(country: &str, regions: &[String], asked: &str) -> Option<Coverage> {
    if regions.is_empty() {
        return region_coverage(country, asked);
    }
    regions.iter().filter_map(|region| region_coverage(region, asked)).min()
}

fn region_coverage(region: &str, asked: &str) -> Option<Coverage> {
    let (own_country, own) = split(region)?;
    let (country, asked) = split(asked)?;
    match () {
        () if union_code(own_country) != union_code(country) => None,
        () if own == asked => Some(Coverage::Same),
        () if own.is_empty() => Some(Coverage::Country),
        () if asked.starts_with(own) => Some(Coverage::LargerRegion),
        () if own.starts_with(asked) => Some(Coverage::Part),
        () => None,
    }
}

/// The country's code and what follows it.
fn split(nuts: &str) -> Option<(&str, &str)> {
    nuts.split_at_checked(2)
}

/// Whether who is competent for one of `own` activities is concerned by the one `asked` for: the same, a wider one that
/// holds it (a section its divisions, a division its groups, a group its classes), or a narrower one within it.
pub(super) fn concerns(own: &[String], asked: &str) -> bool {
    own.iter().any(|own| is_within(own, asked) || is_within(asked, own))
}

/// Whether the activity `narrow` is `wide` or a part of it.
fn is_within(narrow: &str, wide: &str) -> bool {
    if let [section @ b'A'..=b'U'] = wide.as_bytes() {
        return narrow == wide || section_of(narrow) == Some(*section);
    }
    let digits = |code: &str| code.bytes().filter(|byte| *byte != b'.').collect::<Vec<_>>();
    !wide.is_empty() && digits(narrow).starts_with(&digits(wide))
}

/// The section of a division, group or class (Regulation (EC) No 1893/2006, Annex I).
fn section_of(code: &str) -> Option<u8> {
    let division: u8 = code.get(..2)?.parse().ok()?;
    Some(match division {
        1..=3 => b'A',
        5..=9 => b'B',
        10..=33 => b'C',
        35 => b'D',
        36..=39 => b'E',
        41..=43 => b'F',
        45..=47 => b'G',
        49..=53 => b'H',
        55..=56 => b'I',
        58..=63 => b'J',
        64..=66 => b'K',
        68 => b'L',
        69..=75 => b'M',
        77..=82 => b'N',
        84 => b'O',
        85 => b'P',
        86..=88 => b'Q',
        90..=93 => b'R',
        94..=96 => b'S',
        97..=98 => b'T',
        99 => b'U',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_territory_covers_a_smaller_one() {
        let of = |regions: &[&str], asked| {
            coverage("EL", &regions.iter().map(|region| (*region).to_owned()).collect::<Vec<_>>(), asked)
        };
        assert_eq!(of(&[], "EL30"), Some(Coverage::Country));
        assert_eq!(of(&["EL"], "GR30"), Some(Coverage::Country), "GR and EL name one country");
        assert_eq!(of(&["EL3"], "EL30"), Some(Coverage::LargerRegion));
        assert_eq!(of(&["EL30"], "EL30"), Some(Coverage::Same));
        assert_eq!(of(&["EL305"], "EL30"), Some(Coverage::Part));
        assert_eq!(of(&["EL305", "EL3"], "EL30"), Some(Coverage::LargerRegion), "the best counts");
        assert_eq!(of(&["EL4"], "EL30"), None);
        assert_eq!(of(&[], "EL"), Some(Coverage::Same));
        assert_eq!(of(&["EL4"], "EL"), Some(Coverage::Part));
        assert_eq!(of(&[], "PL"), None);
        assert_eq!(of(&["é"], "EL"), None);
    }

    #[test]
    fn activities_concern_what_is_within_them_and_what_they_are_within() {
        let of = |own: &str, asked| concerns(&[own.to_owned()], asked);
        for (own, asked) in [("86.21", "86.21"), ("86.2", "86.21"), ("86", "86.21"), ("Q", "86.21"), ("Q", "Q")] {
            assert!(of(own, asked) && of(asked, own), "{own} {asked}");
        }
        for (own, asked) in [("86.1", "86.21"), ("85", "86"), ("P", "86"), ("Q", "R"), ("8", "96"), ("04", "A")] {
            assert!(!of(own, asked) && !of(asked, own), "{own} {asked}");
        }
    }
}
