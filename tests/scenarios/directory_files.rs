//! The directory in files: what goes in comes out the same in every format, all of it or nothing, beside no hub.

use crate::support::{binaries, check, folder, root};
use libtest_mimic::Trial;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        check("directory_files::what_is_exported_imports_again_without_a_change", there_and_back),
        check("directory_files::an_import_with_errors_changes_nothing_and_names_each_with_its_row", all_or_nothing),
        check("directory_files::operators_change_single_records_and_the_trail_tells_it", single_changes),
        check("directory_files::figures_are_those_of_the_annual_report", figures),
    ]
}

/// A store of its own, and the command line on it.
struct Desk {
    folder: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        Self { folder: folder(name) }
    }

    /// A desk with the demo's world in its directory.
    fn with_the_demo(name: &str) -> Self {
        let desk = Self::new(name);
        let pki = desk.folder.join("pki");
        certs::dev::init(&pki, &[]).expect("a PKI");
        let demo = root().join("config/directory/demo.toml");
        let text = fs::read_to_string(&demo).expect("the demo's directory");
        for line in text.lines().filter_map(|line| line.strip_prefix("certificates = [\"")) {
            let participant = line.trim_end_matches(".pem\"]").parse().expect("a participant");
            certs::dev::issue(&pki, &participant, &certs::dev::IssueOptions::default()).expect("issued");
        }
        let certificates = pki.join("participants").display().to_string();
        let report = desk.json(&["directory", "import", "--certificates", &certificates, &demo.display().to_string()]);
        assert_eq!((count(&report, "changed"), count(&report, "unchanged")), (0, 0), "{report}");
        assert!(count(&report, "new") > 20, "{report}");
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.folder.join(name), text).expect("written");
        self.path(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(binaries().join("gateway"))
            .args(arguments)
            .args(["--database", &format!("sqlite:{}", self.path("store.db"))])
            .current_dir(root())
            .output()
            .expect("gateway runs")
    }

    /// What a command says that succeeds.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn version(&self) -> u64 {
        let trail = self.json(&["directory", "audit", "--last", "1"]);
        trail[0]["version"].as_u64().expect("a version")
    }

    fn import(&self, files: &[&str]) -> Value {
        self.json(&[&["directory", "import"], files].concat())
    }
}

fn count(report: &Value, what: &str) -> u64 {
    report[what].as_u64().unwrap_or_else(|| panic!("no {what} in {report}"))
}

fn there_and_back() {
    let desk = Desk::with_the_demo("files-there-and-back");
    let version = desk.version();
    let export = |name: &str, more: &[&str]| {
        let path = desk.path(name);
        desk.text(&[&["directory", "export", "--out", &path], more].concat());
        path
    };
    let json = export("all.json", &[]);
    let toml = export("all.toml", &["--format", "toml"]);
    let tables: Vec<String> =
        ["participant", "authority", "register"].map(|kind| export(&format!("{kind}.csv"), &["--kind", kind])).to_vec();
    let sets: [Vec<&str>; 3] = [vec![&json], vec![&toml], tables.iter().map(String::as_str).collect()];
    let elsewhere = Desk::new("files-elsewhere");
    for files in &sets {
        let report = desk.import(&[files.as_slice(), &["--remove-missing"]].concat());
        let numbers = ["new", "changed", "removed"].map(|what| count(&report, what));
        assert_eq!(numbers, [0, 0, 0], "{files:?}: {report}");
        assert_eq!(desk.version(), version, "nothing was recorded");
        // Into an empty directory everything, by whichever format; the second time nothing.
        let report = elsewhere.import(files);
        let is_first = files == &sets[0];
        assert_eq!(count(&report, "new") > 0, is_first, "{files:?}: {report}");
        assert_eq!(count(&report, "changed"), 0, "{files:?}: {report}");
    }
    for (format, file) in [("json", &json), ("toml", &toml)] {
        let again = elsewhere.text(&["directory", "export", "--format", format]);
        assert_eq!(again, fs::read_to_string(file).expect("readable"), "the same bytes, wherever it is exported");
    }
}

fn all_or_nothing() {
    let desk = Desk::with_the_demo("files-all-or-nothing");
    let version = desk.version();
    let table = desk.write(
        "bad.csv",
        "id;country;name.pl;participant;areas\n\
         PL-NEW-1;PL;Dobra;PL-BACKOFFICE;imi-pq:responder\n\
         PL-NEW-2;PL;Zła;PL-BACKOFFICE;imi-pq:asker\n\
         PL-NEW-3;PL;Zła\n\
         pl-new-4;PL;Zła;PL-BACKOFFICE;imi-pq:responder\n",
    );
    let output = desk.run(&["directory", "import", &table]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "a negative verdict: {said}");
    for place in ["row 3 (line 3): authority PL-NEW-2: areas[0].roles[0]", "row 4 (line 4)", "row 5 (line 5)"] {
        assert!(said.contains(place), "{place} in {said}");
    }
    assert!(said.contains("3 errors; nothing was changed") && !said.contains("PL-NEW-1"), "{said}");
    // Each record is good, and together they are not.
    let unfit = desk.write(
        "unfit.json",
        "{\"authority\": [\n  {\"id\": \"PL-NEW-1\", \"country\": \"PL\", \"name\": {\"pl\": \"Dobra\"}, \"participant\": \"PL-BACKOFFICE\"},\n  \
         {\"id\": \"PL-NEW-2\", \"country\": \"PL\", \"name\": {\"pl\": \"Zła\"}, \"participant\": \"PL-NOBODY\"}\n]}",
    );
    let output = desk.run(&["directory", "import", "--json", &unfit]);
    assert_eq!(output.status.code(), Some(1));
    let faults: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(faults["total"], 1, "{faults}");
    let fault = &faults["errors"][0];
    assert_eq!((&fault["line"], &fault["column"], &fault["of"]), (&3.into(), &3.into(), &"authority PL-NEW-2".into()));
    // Who would be missed cannot be removed: the authorities' participants.
    let nobody = desk.write("nobody.toml", "participant = []\n");
    let output = desk.run(&["directory", "import", "--remove-missing", &nobody]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("its participant PL-BACKOFFICE does not exist"));
    assert_eq!(desk.version(), version, "nothing of all this was recorded");
    let rehearsal = desk.write("good.csv", "id,country,name.pl,participant\nPL-NEW-1,PL,Dobra,PL-BACKOFFICE\n");
    let report = desk.import(&["--dry-run", &rehearsal]);
    assert_eq!((count(&report, "new"), desk.version()), (1, version), "a rehearsal changes nothing");
    assert_eq!((count(&desk.import(&[&rehearsal]), "new"), desk.version()), (1, version + 1));
    assert_eq!((count(&desk.import(&[&rehearsal]), "unchanged"), desk.version()), (1, version + 1));
}

fn single_changes() {
    let desk = Desk::with_the_demo("files-single-changes");
    let by = ["--actor", "Jan Kowalski"];
    let run = |arguments: &[&str]| desk.json(&[&["directory"], arguments, &by].concat());
    let status = |id: &str| desk.json(&["directory", "show", id])[0]["record"]["status"].clone();
    assert_eq!(count(&run(&["suspend", "PL-NIA-PHARM", "--reason", "its register is closed"]), "changed"), 1);
    assert_eq!(status("PL-NIA-PHARM"), "suspended");
    assert_eq!(count(&run(&["suspend", "PL-NIA-PHARM", "--reason", "again"]), "unchanged"), 1);
    run(&["resume", "PL-NIA-PHARM"]);
    run(&["grant", "PL-NIA-PHARM", "solvit", "requester,responder"]);
    run(&["deny", "PL-NIA-PHARM", "imi-pq"]);
    let trail = desk.json(&["directory", "audit", "PL-NIA-PHARM"]);
    let told: Vec<&Value> = trail.as_array().expect("events").iter().map(|event| &event["fields"][0]).collect();
    assert_eq!(told.len(), 5, "the import, and four changes: {trail}");
    assert_eq!(
        (&told[1]["field"], &told[1]["before"], &told[1]["after"]),
        (&"status".into(), &"active".into(), &"suspended".into())
    );
    assert_eq!((&trail[1]["actor"], &trail[1]["reason"]), (&"Jan Kowalski".into(), &"its register is closed".into()));
    let text = desk.text(&["directory", "audit", "PL-NIA-PHARM"]);
    assert!(text.contains("status: \"active\" → \"suspended\"") && text.contains("Jan Kowalski"), "{text}");
    certificates(&desk, &run);
    for (wrong, code) in [
        (vec!["suspend", "PL-NOBODY", "--reason", "x"], 1),
        (vec!["suspend", "PL-NIA-PHARM"], 2),
        (vec!["withdraw", "PL-BACKOFFICE"], 1),
        (vec!["grant", "PL-NIA-PHARM", "solvit", "asker"], 2),
        (vec!["export", "--format", "csv"], 1),
    ] {
        let output = desk.run(&[["directory"].as_slice(), &wrong].concat());
        assert_eq!(output.status.code(), Some(code), "{wrong:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A second certificate comes, the first is revoked, and then gone.
fn certificates(desk: &Desk, run: &dyn Fn(&[&str]) -> Value) {
    let pki = desk.folder.join("pki");
    let options = certs::dev::IssueOptions {
        name: Some("second".parse().expect("a file stem")),
        ..certs::dev::IssueOptions::default()
    };
    certs::dev::issue(&pki, &"PL-BACKOFFICE".parse().expect("a name"), &options).expect("issued");
    let second = pki.join("participants/second.pem").display().to_string();
    assert_eq!(count(&run(&["certificate", "add", "PL-BACKOFFICE", &second]), "changed"), 1);
    assert_eq!(count(&run(&["certificate", "add", "PL-BACKOFFICE", &second]), "unchanged"), 1);
    let held = || desk.json(&["directory", "show", "PL-BACKOFFICE"])[0]["certificates"].clone();
    let first = held()[0]["sha256"].as_str().expect("a fingerprint").to_owned();
    run(&["certificate", "revoke", "PL-BACKOFFICE", &first, "--reason", "the key was lost"]);
    assert_eq!(held()[0]["revoked"]["reason"], "the key was lost");
    assert!(held()[1]["revoked"].is_null());
    run(&["certificate", "remove", "PL-BACKOFFICE", &first]);
    assert_eq!(held().as_array().map(Vec::len), Some(1));
    let key = pki.join("participants/second.key");
    assert_eq!(desk.run(&["directory", "certificate", "add", "PL-BACKOFFICE", path(&key)]).status.code(), Some(1));
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn figures() {
    let desk = Desk::new("files-figures");
    let world = desk.write(
        "world.csv",
        "id,country,name.en,participant,areas,professions,status,coordinator.kind,coordinator.areas\n\
         EL-A,EL,a,EL-X,imi-pq:responder,doctor,active,,\n\
         EL-B,EL,b,EL-X,imi-pq:responder;imi-services:responder,nurse,active,,\n\
         HU-A,HU,a,HU-X,imi-services:responder,,suspended,,\n\
         HU-B,HU,b,HU-X,imi-services:responder,,pending,,\n\
         HU-C,HU,c,HU-X,solvit:responder,,active,limic,imi-pq\n",
    );
    let participants = desk.write("participants.csv", "id,country,name\nEL-X,EL,x\nHU-X,HU,x\nUK-X,UK,x\n");
    desk.import(&[&world, &participants]);
    let row = |country: &str, numbers: [u64; 4]| {
        let [pq_only, services_only, both, total] = numbers;
        serde_json::json!({ "country": country, "pq_only": pq_only, "services_only": services_only, "both": both, "total": total })
    };
    let counts = desk.json(&["stats", "authorities"]);
    assert_eq!(counts["rows"], serde_json::json!([row("GR", [1, 0, 1, 2]), row("HU", [0, 1, 0, 1])]));
    assert_eq!(counts["total"]["total"], 3);
    assert!(desk.text(&["stats", "authorities"]).lines().last().is_some_and(|line| line.ends_with('3')));
    let gaps = desk.json(&["stats", "professions"]);
    let missing: Vec<_> = gaps["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["country"].as_str(), row["count"].as_u64()))
        .collect();
    assert_eq!(missing, [(Some("GR"), Some(33)), (Some("HU"), Some(0)), (Some("UK"), Some(35))]);
    assert_eq!(gaps["rows"][1]["covered_by"], "HU-C");
}
