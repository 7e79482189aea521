//! Files in all three formats: there and back, and every fault of them.

use super::*;
use crate::directory::{Authority, Participant, Register, change::Key};
use std::fs;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    fn read(&self, name: &str, content: impl AsRef<[u8]>) -> Result<Entries, Faults> {
        read(&[self.file(name, content)], None)
    }

    /// The faults of a file, without the folder's name.
    fn faults(&self, name: &str, content: impl AsRef<[u8]>) -> Vec<String> {
        let shown = String::from_utf8_lossy(content.as_ref()).into_owned();
        let Err(faults) = self.read(name, content) else { panic!("{name} was accepted: {shown}") };
        assert_eq!(faults.total, faults.first.len());
        let folder = format!("{}/", self.folder.path().display());
        faults.first.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
    }

    /// Certificates of PL-BACKOFFICE, as files.
    fn certificates(&self) -> Vec<String> {
        certs::dev::init(self.folder.path(), &[]).expect("a PKI");
        let name = "PL-BACKOFFICE".parse().expect("a name");
        ["one", "two"]
            .map(|stem| {
                let options = certs::dev::IssueOptions {
                    name: Some(stem.parse().expect("a stem")),
                    ..certs::dev::IssueOptions::default()
                };
                certs::dev::issue(self.folder.path(), &name, &options).expect("issued");
                read_pem(&self.folder.path().join(format!("participants/{stem}.pem"))).expect("readable")
            })
            .to_vec()
    }
}

fn starts(faults: &[String], expected: &[&str]) {
    let same = faults.len() == expected.len() && faults.iter().zip(expected).all(|(one, other)| one.starts_with(other));
    assert!(same, "{faults:#?}\nexpected to begin with\n{expected:#?}");
}

/// Records that use every field.
fn everything(certificates: &[String]) -> Vec<Record> {
    let participant = serde_json::json!({
        "id": "PL-BACKOFFICE", "country": "PL", "name": "Krajowy \"system\", IMI; zażółć", "format": "json",
        "status": "suspended",
        "certificates": [
            { "pem": leaf(&certificates[0]).expect("a certificate") },
            { "pem": leaf(&certificates[1]).expect("a certificate"),
              "revoked": { "at": "2026-01-02T03:04:05Z", "reason": "lost | stolen; who knows" } },
        ],
    });
    let authority = serde_json::json!({
        "id": "PL-A", "name": { "pl": "Urząd\nMiasta", "en": "City 'hall'" }, "title": { "sr-Latn": "Grad" },
        "country": "PL", "level": "local", "regions": ["PL911", "PL912"], "languages": ["pl", "en"],
        "participant": "PL-BACKOFFICE", "mailbox": "PL-B", "liaison": "PL-B",
        "areas": [{ "area": "imi-pq", "roles": ["requester", "responder"], "since": "2008-02-18" },
                  { "area": "imi-services", "roles": ["coordinator"] }],
        "requested": [{ "area": "solvit", "roles": ["responder"] }],
        "professions": ["doctor"], "nace": ["41.20"], "keywords": { "pl": ["a;b", "c\\", "\\;"], "en": ["x"] },
        "contact": { "address": "ul. Długa 1, 00-001", "telephone": "+48 1", "email": "a@b.example", "web": "https://b.example" },
        "coordinators": { "validating": "PL-B", "access": "PL-B" },
        "coordinator": { "kind": "dimic", "areas": ["imi-pq"], "validating": false, "access": true },
        "status": "pending",
    });
    let other = serde_json::json!({
        "id": "PL-B", "name": { "en": "=1+1" }, "country": "PL", "participant": "PL-BACKOFFICE",
        "coordinator": { "kind": "nimic", "validating": true, "access": true },
    });
    let register = serde_json::json!({
        "id": "PL-REG-1", "country": "PL", "authority": "PL-A", "name": { "pl": "Rejestr" }, "kind": "professional",
        "professions": ["doctor"], "nace": ["86"], "regions": ["PL9"], "content": { "en": "Doctors" },
        "languages": ["pl"], "access": "public-fee", "conditions": { "en": "a fee; and \\ patience" },
        "electronic": true, "link": "https://r.example", "contact": { "email": "r@b.example" },
        "verified": "2010-12-31", "version": 7, "retired": true,
    });
    let as_authority = |value| Record::Authority(serde_json::from_value::<Authority>(value).expect("an authority"));
    vec![
        Record::Participant(serde_json::from_value::<Participant>(participant).expect("a participant")),
        as_authority(authority),
        as_authority(other),
        Record::Register(serde_json::from_value::<Register>(register).expect("a register")),
    ]
}

#[test]
fn every_format_says_the_same_and_reads_back_as_what_it_was() {
    let bench = Bench::new();
    let records = everything(&bench.certificates());
    let mut directory = Directory::default();
    records.iter().cloned().for_each(|record| directory.put(record));
    let sorted: Vec<Record> = directory.records().collect();
    let tables = Kind::ALL.map(|kind| (Format::Csv, vec![kind], format!("{}s.csv", kind.as_str())));
    let whole = [(Format::Toml, "all.toml"), (Format::Json, "all.json")]
        .map(|(format, name)| (format, Kind::ALL.to_vec(), name.to_owned()));
    for (format, kinds, name) in whole.into_iter().chain(tables) {
        let text = write(format, &kinds, &sorted).expect("written");
        let entries = bench.read(&name, &text).unwrap_or_else(|faults| panic!("{name}: {faults}\n{text}"));
        let wanted: Vec<Record> = sorted.iter().filter(|record| kinds.contains(&Kind::of(record))).cloned().collect();
        assert_eq!(entries.records(), wanted, "{name}:\n{text}");
        assert!(Kind::ALL.into_iter().all(|kind| entries.covers(kind) == kinds.contains(&kind)), "{name}");
        assert_eq!(write(format, &kinds, entries.records()).expect("written"), text, "{name} is stable to the byte");
    }
}

#[test]
fn a_file_without_records_says_that_there_are_none() {
    let bench = Bench::new();
    for (format, name) in [(Format::Toml, "none.toml"), (Format::Json, "none.json")] {
        let entries = bench.read(name, write(format, &Kind::ALL, &[]).expect("written")).expect("read");
        assert!(entries.records().is_empty() && Kind::ALL.into_iter().all(|kind| entries.covers(kind)));
    }
    assert!(write(Format::Csv, &Kind::ALL, &[]).is_err(), "a table holds one kind");
}

#[test]
fn toml_faults_are_all_told_with_line_and_column() {
    let text = r#"
[[authority]]
id = "PL-A"
country = "PL"
name = { pl = "x" }
participant = "PL-BACKOFFICE"
areas = [{ area = "imi-pq", roles = ["responder", "asker"] }]

[[authority]]
id = "pl-b"
naem = 3
status = "gone"
name = { pl = "" }
participant = "PL-BACKOFFICE"

[[register]]
id = "PL-REG-1"

[[authoritys]]
"#;
    let faults = Bench::new().faults("a.toml", text);
    starts(
        &faults[..6],
        &[
            "a.toml:7:51: authority PL-A: areas[0].roles[1]: unknown word `asker`, expected one of `requester`",
            "a.toml:13:15: authority pl-b: name.pl: is empty",
            "a.toml:10:6: authority pl-b: id: \"pl-b\" is not an authority id",
            "a.toml:9:1: authority pl-b: country: is missing; add it",
            "a.toml:12:10: authority pl-b: status: unknown word `gone`",
            "a.toml:11:8: authority pl-b: naem: there is no such key; remove it, or name it as one of id, name",
        ],
    );
    let others = |what: &str| faults.iter().filter(|fault| fault.contains(what)).count();
    assert_eq!(others("register PL-REG-1: "), 8, "each required key that is missing: {faults:#?}");
    assert_eq!(others("authoritys: there is no such section"), 1, "{faults:#?}");
    starts(&Bench::new().faults("b.toml", "[[authority]]\nid = \nname = \n"), &["b.toml:2:", "b.toml:3:"]);
}

#[test]
fn json_faults_are_all_told_with_line_and_column() {
    let text = "{\"authority\": [\n  {\"id\": \"PL-A\", \"country\": 5, \"participant\": \"PL-B\",\n   \"name\": {\"pl\": \"x\", \"pl\": \"y\"}},\n  7,\n  {\"id\": \"PL-Ä\", \"name\": {\"é\": [1]}, \"country\": null, \"participant\": \"PL-B\"}\n], \"others\": [], \"register\": {}}";
    starts(
        &Bench::new().faults("a.json", text),
        &[
            "a.json:3:12: authority: the key \"pl\" is there twice",
            "a.json:4:3: authority: a record is a table of keys and values",
            "a.json:5:10: authority PL-Ä: id: ",
            "a.json:5:32: authority PL-Ä: name.é: invalid type",
            "a.json:5:49: authority PL-Ä: country: invalid type",
            "a.json:6:14: others: there is no such section",
            "a.json:6:30: register: the section is no list",
        ],
    );
    starts(&Bench::new().faults("b.json", "{\n \"authority\": [}\n"), &["b.json:2:"]);
}

#[test]
fn csv_faults_are_all_told_with_their_row() {
    let text = "id;country;name.pl;participant;areas\r\n\r\nPL-A;PL;\"a\nb\";PL-X;imi-pq:asker\r\nPL-B;PL;b\r\n;;;;\r\nPL-C;PL;;PL-X;\"imi-pq:responder;imi-pq:responder:soon\"\r\n";
    starts(
        &Bench::new().faults("a.csv", text),
        &[
            "a.csv: row 3 (line 3): authority PL-A: areas[0].roles[0]: unknown word `asker`",
            "a.csv: row 4 (line 5): authority PL-B: the row has 3 cells, the header 5",
            "a.csv: row 6 (line 7): authority PL-C: name: is missing",
            "a.csv: row 6 (line 7): authority PL-C: areas[1].since: ",
        ],
    );
    let header = |header: &str| Bench::new().faults("a.csv", header);
    starts(&header(""), &["a.csv: row 1 (line 1): the table is empty"]);
    starts(&header("country,name\n"), &["a.csv: row 1 (line 1): the header has no column id"]);
    starts(
        &header("id,country,name,name,nmae\n"),
        &[
            "a.csv: row 1 (line 1): the column name is there twice",
            "a.csv: row 1 (line 1): a table of participants has no column \"nmae\"",
        ],
    );
    starts(&header("id,name\nPL-A,\"x\n"), &["a.csv: row 1 (line 1): a quotation mark of a cell is never closed"]);
}

#[test]
fn a_table_may_have_either_delimiter_and_a_byte_order_mark() {
    let bench = Bench::new();
    let comma = bench.read("a.csv", "\u{feff}id,country,name\nPL-A,PL,x\n").expect("read");
    let semicolon = bench.read("b.csv", "id;country;name\r\n PL-A ;PL; x \r\n").expect("read");
    assert_eq!(comma.records(), semicolon.records());
    assert!(comma.covers(Kind::Participant) && !comma.covers(Kind::Authority));
}

#[test]
fn files_that_are_none_are_named() {
    let bench = Bench::new();
    starts(&bench.faults("a.xml", ""), &["a.xml: its format is not known; name it .toml, .json or .csv"]);
    starts(&bench.faults("a.toml", b"# x\n\xff"), &["a.toml:2: it is not UTF-8"]);
    let large = bench.file("large.json", "");
    fs::OpenOptions::new().write(true).open(&large).and_then(|file| file.set_len(LARGEST_FILE + 1)).expect("sparse");
    let Err(faults) = read(&[large, bench.folder.path().join("nowhere.csv")], None) else { panic!("accepted") };
    let said = faults.to_string();
    assert!(said.contains("more than 67108864 bytes") && said.contains("nowhere.csv: No such file"), "{said}");
    assert!(said.ends_with("2 errors; nothing was changed"), "{said}");
}

#[test]
fn a_record_that_is_there_twice_is_named_with_both_places() {
    let bench = Bench::new();
    let one = bench.file("one.csv", "id,country,name\nPL-A,PL,x\n");
    let other = bench.file("two.json", "{\"participant\":[{\"id\":\"PL-A\",\"country\":\"PL\",\"name\":\"x\"}]}");
    let Err(faults) = read(&[one, other], None) else { panic!("accepted") };
    let said = faults.first[0].to_string();
    assert!(said.contains("two.json:1:17: participant PL-A: it is there already: "), "{said}");
    assert!(said.contains("one.csv: row 2 (line 2)"), "{said}");
}

#[test]
fn what_is_too_much_is_refused_with_its_number() {
    let participant =
        |name: &str| format!("{{\"participant\":[{{\"id\":\"PL-A\",\"country\":\"PL\",\"name\":{name}}}]}}");
    let faults = |name: &str| Bench::new().faults("a.json", participant(name));
    starts(
        &faults(&format!("\"{}\"", "ż".repeat(4_001))),
        &["a.json:1:52: participant PL-A: name: is longer than 4000"],
    );
    starts(&faults("\"\\u001b[2J\""), &["a.json:1:52: participant PL-A: name: contains a control character"]);
    starts(&faults(&"[".repeat(50_000)), &["a.json:1:"]);
    let deep = format!("{}{}", "[".repeat(50), "]".repeat(50));
    assert!(faults(&deep)[0].contains("is nested more than 8 deep"), "{:?}", faults(&deep));
    assert!(Bench::new().read("a.json", participant(&format!("\"{}\"", "ż".repeat(4_000)))).is_ok());
}

#[test]
fn a_hundred_faults_are_told_and_all_are_counted() {
    let rows: String = (0..250).map(|number| format!("pl-{number},PL,x\n")).collect();
    let Err(faults) = Bench::new().read("a.csv", format!("id,country,name\n{rows}")) else { panic!("accepted") };
    assert_eq!((faults.first.len(), faults.total), (MOST_FAULTS, 250));
    assert!(faults.to_string().ends_with("250 errors, of which the first 100; nothing was changed"));
}

#[test]
fn faults_of_the_whole_directory_are_told_at_the_record_they_concern() {
    let bench = Bench::new();
    let table = "id,country,name.en,participant\nPL-A,PL,a,PL-X\nPL-B,PL,b,PL-NOBODY\nEL-C,PL,c,PL-X\n";
    let files = [bench.file("p.csv", "id,country,name\nPL-X,PL,x\n"), bench.file("a.csv", table)];
    let Ok(entries) = read(&files, None) else { panic!("each record is good") };
    let Err(faults) = Directory::default().plan(entries.records().to_vec(), Timestamp::now()) else {
        panic!("together they are not")
    };
    let located: Vec<String> = entries.locate(faults).first.iter().map(ToString::to_string).collect();
    let holds = |end: &str| located.iter().any(|fault| fault.contains(end));
    assert!(
        holds("a.csv: row 3 (line 3): authority PL-B: its participant PL-NOBODY does not exist; add"),
        "{located:?}"
    );
    assert!(holds("a.csv: row 4 (line 4): authority EL-C: its id does not begin with its country PL"), "{located:?}");
    assert_eq!(located.len(), 2);
}

#[test]
fn certificates_are_texts_or_names_of_files_and_never_private_keys() {
    let bench = Bench::new();
    let pem = bench.certificates().remove(0);
    let inline = serde_json::to_string(&pem.replace('\n', "\r\n")).expect("JSON");
    let participant = |certificate: &str| {
        format!(
            "{{\"participant\":[{{\"id\":\"PL-BACKOFFICE\",\"country\":\"PL\",\"name\":\"x\",\"certificates\":[{certificate}]}}]}}"
        )
    };
    let certificate = |entries: &Entries| match &entries.records()[0] {
        Record::Participant(participant) => participant.certificates[0].pem.clone(),
        other => panic!("{other:?}"),
    };
    let by_name = bench.read("a.json", participant("\"participants/one.pem\"")).expect("beside the file");
    let by_text = bench.read("b.json", participant(&inline)).expect("within the file");
    let path = bench.file("c.json", participant("\"one.pem\""));
    let by_folder = read(&[path], Some(&bench.folder.path().join("participants"))).expect("in the folder named");
    assert_eq!(certificate(&by_name), certificate(&by_text), "one certificate, one spelling");
    assert_eq!(certificate(&by_name), certificate(&by_folder));
    let refused = |entry: &str| bench.faults("d.json", participant(entry)).remove(0);
    for (entry, said) in [
        ("\"../participants/one.pem\"", "leads out of the folder"),
        ("\"/etc/passwd\"", "leads out of the folder"),
        ("\"not-there.pem\"", "No such file"),
        ("\"participants/one.key\"", "a private key lies beside the certificate"),
        ("{\"pem\": \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}", "is not X.509"),
        ("{\"revoked\": null}", "missing field `pem`"),
        ("7", "is neither text nor table"),
    ] {
        let fault = refused(entry);
        assert!(
            fault.contains("participant PL-BACKOFFICE: certificates[0]") && fault.contains(said),
            "{entry}: {fault}"
        );
    }
}

#[test]
fn the_configurations_files_are_one_directory() {
    let bench = Bench::new();
    bench.certificates();
    let json = "{\"participant\":[{\"id\":\"PL-BACKOFFICE\",\"country\":\"PL\",\"name\":\"x\",\"certificates\":[\"one.pem\"]}]}";
    let settings = |table: &str| config::Directory {
        files: vec![bench.file("p.json", json), bench.file("a.csv", table)],
        certificates: bench.folder.path().join("participants"),
        ..config::Directory::default()
    };
    let records = load(&settings("id,country,name.en,participant\nPL-A,PL,a,PL-BACKOFFICE\n")).expect("loaded");
    let keys: Vec<String> = records.iter().map(|record| Key::to_string(&record.key())).collect();
    assert_eq!(keys, ["participant PL-BACKOFFICE", "authority PL-A"]);
    let error =
        load(&settings("id,country,name.en,participant\nPL-A,PL,a,PL-X\nPL-B,PL,a,PL-X\n")).expect_err("nobody");
    assert!(error.place.ends_with("a.csv: row 2 (line 2): authority PL-A"), "{error}");
    assert!(error.problem.contains("PL-X does not exist (and another error"), "{error}");
}
