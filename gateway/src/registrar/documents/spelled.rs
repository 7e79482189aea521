//! Values whose spelling XML leaves open: the JSON of a document keeps an unusual one as text (`0` for false, a date with its
//! time zone), so that nothing of it is lost. Here both are read.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged)]
enum Either<T> {
    Plain(T),
    Spelled(String),
}

/// An `xs:boolean`.
pub(super) fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Either::deserialize(from)? {
        Either::Plain(truth) => Ok(truth),
        Either::Spelled(text) => match text.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(D::Error::custom(format!("{other:?} is neither true nor false"))),
        },
    }
}

/// A number without a sign.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match Either::deserialize(from)? {
        Either::Plain(number) => Ok(number),
        Either::Spelled(text) => text.trim().parse().map_err(D::Error::custom),
    }
}

/// The day of an `xs:date`; its time zone does not matter here.
pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    const DAY: usize = 10;
    let text = String::deserialize(from)?;
    let text = text.trim();
    text.get(..DAY).unwrap_or(text).parse().map_err(D::Error::custom)
}
