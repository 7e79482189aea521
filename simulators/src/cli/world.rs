//! `simulator world`.

use super::{Failure, Outcome};
use simulators::world::{DEFAULT_SEED, World, WorldError, WorldOptions, countries};
use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
pub(super) struct Options {
    /// File that the directory is written to, as JSON; `gateway directory import` takes it. `-` is the standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder of the participants' certificates, XX-BACKOFFICE.pem; each file's first certificate goes into the
    /// directory [default: participants without certificates]
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// Only these countries, e.g. PL,DE (Greece is EL, the United Kingdom UK) [default: all thirty]
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = country)]
    countries: Vec<String>,
    /// What is left to chance follows from it: dates, telephone numbers, who may consult a register
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Prints what was written as JSON
    #[arg(long)]
    json: bool,
}

fn country(text: &str) -> Result<String, String> {
    match countries().find(|code| *code == text) {
        Some(code) => Ok(code.to_owned()),
        None => Err(WorldError::UnknownCountry(text.to_owned()).to_string()),
    }
}

pub(super) fn execute(options: Options) -> Outcome {
    let wanted = WorldOptions { countries: options.countries, seed: options.seed, certificates: options.certificates };
    let world = World::make(&wanted).map_err(|error| Failure::configuration(&error))?;
    if options.out == Path::new("-") {
        write(&world, &mut std::io::stdout().lock()).map_err(|error| Failure::other(&error))?;
        return Ok(true);
    }
    std::fs::File::create(&options.out)
        .and_then(|file| write(&world, &mut BufWriter::new(file)))
        .map_err(|error| Failure::Configuration(format!("cannot write {}: {error}", options.out.display())))?;
    let [participants, authorities, registers] =
        [world.participants.len(), world.authorities.len(), world.registers.len()];
    if options.json {
        let counts = serde_json::json!({
            "file": options.out, "participants": participants, "authorities": authorities, "registers": registers,
        });
        println!("{counts}");
    } else {
        let file = options.out.display();
        println!("{file}: {participants} participants, {authorities} authorities, {registers} registers");
    }
    Ok(true)
}

fn write(world: &World, out: &mut impl Write) -> std::io::Result<()> {
    world.write(out)?;
    out.flush()
}
