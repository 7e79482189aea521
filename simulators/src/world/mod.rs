//! A world to test with: a directory of the size that the network had at the end of 2010.
//!
//! Thirty countries, 5,737 authorities in the columns of Figure 2 of the annual report for 2010, their coordinators, and
//! about 700 registers, as one JSON file that `gateway directory import` takes. Places and institutions are real or
//! plausible for the time; who coordinates whom, contacts and dates are invented. Made from the lists in
//! `simulators/data/world`; the same options give the same bytes.

mod authorities;
mod chance;
mod coordination;
mod data;
mod people;
mod record;
mod registers;
mod spell;
#[cfg(test)]
mod tests;
mod words;

pub use data::countries;
pub use record::{
    Access, Authority, Certificate, Contact, Coordinator, CoordinatorKind, Coordinators, Level, Participant, Register,
    Texts,
};

use serde::Serialize;
use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The seed of a world that nobody gave one for.
pub const DEFAULT_SEED: u64 = 2010;

/// Largest certificate file that is read, in bytes.
const LARGEST_CERTIFICATE: u64 = 64 * 1024;

/// Why there is no world.
#[derive(Debug, Error)]
pub enum WorldError {
    /// A list does not have the form of one.
    #[error("{file} of the world's data: {reason}")]
    Data {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A word of a list means nothing.
    #[error("{place}: the word {word:?} of its list is unknown, or names a profession that its country lacks")]
    Word {
        /// Whose word.
        place: String,
        /// The word.
        word: String,
    },
    /// A country's list does not fill its row of the figure.
    #[error("{country}: the figure asks for {expected} authorities ({column}), its list gives {found}")]
    Count {
        /// The country.
        country: String,
        /// The column of the figure.
        column: String,
        /// How many there have to be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// No country of the world has this code.
    #[error("{0:?} is none of the world's countries; they are: {list}", list = countries().collect::<Vec<_>>().join(", "))]
    UnknownCountry(String),
    /// A participant's certificate is not usable.
    #[error("{path}: {reason}; `certs issue --participant {participant}` makes one")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Whose it should be.
        participant: String,
        /// What is wrong.
        reason: String,
    },
}

/// Which world.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Countries, by their codes; all thirty where none is named. Each comes once, in the order of the figure.
    pub countries: Vec<String>,
    /// What is left to chance follows from it: dates, telephone numbers, who may consult a register.
    pub seed: u64,
    /// Folder of `XX-BACKOFFICE.pem`; without one, participants have no certificates.
    pub certificates: Option<PathBuf>,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { countries: Vec::new(), seed: DEFAULT_SEED, certificates: None }
    }
}

/// A directory: everyone, in the order of the figure.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The back offices.
    pub participants: Vec<Participant>,
    /// The authorities, coordinators among them.
    pub authorities: Vec<Authority>,
    /// The registers.
    pub registers: Vec<Register>,
}

impl World {
    /// Makes a world.
    ///
    /// # Errors
    /// A country that does not exist, a certificate that is missing or none, or lists that contradict the figure.
    pub fn make(options: &WorldOptions) -> Result<Self, WorldError> {
        if let Some(unknown) = options.countries.iter().find(|code| countries().all(|known| known != *code)) {
            return Err(WorldError::UnknownCountry(unknown.clone()));
        }
        let common = data::Common::read()?;
        let mut world = Self::default();
        for code in countries().filter(|code| asked_for(options, code)) {
            let country = data::country(code)?;
            let participant = people::participant(code, &country, options.certificates.as_deref())?;
            let mut authorities = authorities::of(code, &country, &common, options.seed)?;
            let registers = registers::of(code, &country, &common, &authorities, options.seed)?;
            registers::admit_keepers(&registers, &mut authorities)?;
            world.registers.extend(registers);
            world.participants.push(participant);
            world.authorities.extend(authorities);
        }
        Ok(world)
    }

    /// Writes the world as a directory file: JSON, one record per line.
    ///
    /// # Errors
    /// When the writer refuses.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"participant\":[")?;
        lines(out, &self.participants)?;
        out.write_all(b"],\n\"authority\":[")?;
        lines(out, &self.authorities)?;
        out.write_all(b"],\n\"register\":[")?;
        lines(out, &self.registers)?;
        out.write_all(b"]}\n")
    }
}

fn asked_for(options: &WorldOptions, code: &str) -> bool {
    options.countries.is_empty() || options.countries.iter().any(|wanted| wanted == code)
}

fn lines<T: Serialize>(out: &mut impl Write, records: &[T]) -> io::Result<()> {
    for (position, record) in records.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, record)?;
    }
    Ok(())
}

/// The first certificate of a participant's file. Whatever else the file holds stays out of the directory.
fn certificate(folder: &Path, participant: &str) -> Result<Certificate, WorldError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let path = folder.join(format!("{participant}.pem"));
    let fault =
        |reason: String| WorldError::Certificate { path: path.clone(), participant: participant.to_owned(), reason };
    let mut text = String::new();
    let file = std::fs::File::open(&path).map_err(|error| fault(error.to_string()))?;
    file.take(LARGEST_CERTIFICATE).read_to_string(&mut text).map_err(|error| fault(error.to_string()))?;
    let block = text.find(BEGIN).and_then(|start| {
        let end = text[start..].find(END)?;
        Some(format!("{}\n", &text[start..start + end + END.len()]))
    });
    let pem = block.ok_or_else(|| fault("it holds no certificate in PEM".to_owned()))?;
    Ok(Certificate { pem })
}
