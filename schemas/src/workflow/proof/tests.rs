//! Every flaw that a workflow can have is refused, with its line.

use crate::workflow::{workflows, workflows_each};
use std::fs;

const GOOD: &str = r#"id = "probe"
title = "Probe"

[[party]]
id = "asker"
title = "Asks"

[[party]]
id = "answerer"
title = "Answers"
many = true

[[state]]
id = "ASKED"
awaits = "answerer"

[[state]]
id = "DONE"

[[transition]]
action = "open"
by = ["asker"]
to = "ASKED"
addresses = "answerer"
deliver = ["addressed"]

[[transition]]
action = "answer"
by = ["answerer"]
from = ["ASKED"]
to = "DONE"
deliver = ["asker"]

[[transition]]
action = "time-out"
by = ["hub"]
from = ["ASKED"]
to = "DONE"
deliver = ["asker"]

[[deadline]]
id = "answered"
states = ["ASKED"]
within = "10 seconds"
on_miss = "time-out"
reference = "design"
"#;

fn refusal(old: &str, new: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(GOOD.contains(old), "{old}");
    fs::write(folder.path().join("probe.toml"), GOOD.replacen(old, new, 1)).expect("written");
    match workflows(folder.path()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_workflow_that_proves_itself_is_taken_and_every_flaw_is_named_with_its_line() {
    assert_eq!(refusal("Probe", "Probe"), "");
    for (old, new, says) in [
        ("id = \"probe\"", "id = \"other\"", "calls itself other"),
        ("id = \"DONE\"", "id = \"DONE\"\nawaits = \"asker\"", "toml:13: from the state ASKED no end can be reached"),
        (
            "id = \"ASKED\"\nawaits = \"answerer\"",
            "id = \"ASKED\"",
            "toml:13: the state ASKED awaits nobody, yet a step",
        ),
        (
            "id = \"ASKED\"\nawaits = \"answerer\"",
            "id = \"ASKED\"\nawaits = \"nobody\"",
            "toml:13: the state ASKED awaits nobody",
        ),
        (
            "id = \"ASKED\"\nawaits = \"answerer\"",
            "id = \"ASKED\"\nawaits = \"asker\"",
            "toml:13: the state ASKED awaits the asker, which",
        ),
        ("to = \"ASKED\"", "to = \"DONE\"", "toml:13: no step leads to the state ASKED"),
        ("id = \"DONE\"", "id = \"ASKED\"", "toml:17: the state ASKED is defined twice"),
        ("from = [\"ASKED\"]", "from = [\"LOST\"]", "toml:27: the transition answer names the state LOST"),
        ("by = [\"answerer\"]", "by = []", "toml:27: nobody may take"),
        ("by = [\"answerer\"]", "by = [\"answerer\", \"answerer\"]", "toml:27: in ASKED the answerer may"),
        ("by = [\"answerer\"]", "by = [\"stranger\"]", "toml:27: the transition answer is by stranger"),
        ("by = [\"answerer\"]", "by = [\"hub\"]", "toml:27: the hub does not take the step answer"),
        ("by = [\"asker\"]", "by = [\"answerer\"]", "toml:20: the opening step"),
        ("addresses = \"answerer\"\n", "", "toml:20: the transition open is delivered to addressed"),
        ("addresses = \"answerer\"", "addresses = \"stranger\"", "toml:20: the transition open addresses stranger"),
        (
            "deliver = [\"asker\"]",
            "deliver = [\"stranger\"]",
            "toml:27: the transition answer is delivered to stranger",
        ),
        ("deliver = [\"asker\"]", "within_country = true", "toml:27: the transition answer stays within"),
        ("deliver = [\"asker\"]", "deliver = [\"Asker!\"]", "is not a party"),
        ("id = \"answerer\"", "id = \"hub\"", "the party hub is defined twice"),
        ("many = true", "coordinates = \"stranger\"", "coordinates stranger"),
        ("title = \"Asks\"", "title = \"Asks\"\nmany = true", "the first party, asker"),
        ("states = [\"ASKED\"]", "states = [\"LOST\"]", "toml:41: the deadline answered names the state LOST"),
        ("states = [\"ASKED\"]", "states = [\"DONE\"]", "toml:41: the deadline answered runs in the state DONE"),
        ("states = [\"ASKED\"]", "states = []", "toml:41: the deadline answered runs in no state"),
        ("on_miss = \"time-out\"", "on_miss = \"close\"", "toml:41: when the deadline answered passes in ASKED"),
        ("on_miss = \"time-out\"", "on_miss = \"shout\"", "toml:45: unknown variant"),
        ("within = \"10 seconds\"", "within = \"soon\"", "toml:44: "),
        ("title = \"Probe\"", "colour = \"red\"", "toml:2: unknown field"),
    ] {
        let error = refusal(old, new);
        assert!(error.contains(says), "{new}: {error:?}");
    }
}

#[test]
fn a_workflow_that_nobody_could_survey_is_refused() {
    let states: String = (0..100).map(|number| format!("[[state]]\nid = \"S{number}\"\n\n")).collect();
    assert!(refusal("[[state]]", &format!("{states}[[state]]")).contains("it has 102 states, the limit is 100"));
}

#[test]
fn the_flaws_of_all_files_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("a", GOOD.replace("probe", "a").replace("\"DONE\"", "\"DONE")),
        ("b", GOOD.replace("probe", "b")),
        ("c", GOOD.replace("probe", "c").replace("by = [\"answerer\"]", "by = []")),
    ] {
        fs::write(folder.path().join(format!("{name}.toml")), text).expect("written");
    }
    let (found, refused) = workflows_each(folder.path()).expect("a folder");
    assert_eq!(found.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["b"]);
    let told: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert!(
        matches!(told.as_slice(), [a, c] if a.contains("a.toml:18") && c.contains("c.toml:27: nobody")),
        "{told:?}"
    );
    assert!(workflows(folder.path()).expect_err("the first").to_string().contains("a.toml"));
}
