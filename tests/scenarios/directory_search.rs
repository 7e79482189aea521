//! Everybody finds the authorities: operators, participants with their certificate, and the command line say the same.

use crate::support::{PATIENCE, binaries, shared, trial};
use libtest_mimic::Trial;
use serde_json::Value;
use simulators::network::Network;
use tokio::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("directory_search::operators_participants_and_the_command_line_find_the_same", everywhere),
        trial("directory_search::a_wrong_parameter_is_named_with_its_remedy", wrong_parameters),
        trial("directory_search::one_authority_shows_neither_participant_nor_certificates", details),
    ]
}

/// A GET with a participant's certificate, by Python's own HTTPS: status and body.
const GET: &str = "
import http.client, ssl, sys
pki, participant, port, path = sys.argv[1:]
context = ssl.create_default_context(cafile=f'{pki}/ca.pem')
context.load_cert_chain(f'{pki}/participants/{participant}.pem', f'{pki}/participants/{participant}.key')
connection = http.client.HTTPSConnection('localhost', int(port), context=context, timeout=60)
connection.request('GET', path)
answer = connection.getresponse()
sys.stdout.buffer.write(f'{answer.status}\\n'.encode() + answer.read())
";

async fn operators(network: &Network, path: &str) -> (u16, Value) {
    let (status, body) = network.operators_get(path).await.expect("an answer");
    (status, serde_json::from_str(&body).expect("JSON"))
}

async fn participant(network: &Network, path: &str) -> (u16, Value) {
    let mut python = Command::new("/usr/bin/python3");
    python.args(["-c", GET]).arg(network.pki()).args([
        "SE-BACKOFFICE",
        &network.ports().participants.to_string(),
        path,
    ]);
    let output = tokio::time::timeout(PATIENCE, python.output()).await.expect("in time").expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (status, body) = text.split_once('\n').expect("a status");
    (status.parse().expect("a number"), serde_json::from_str(body).expect("JSON"))
}

/// `gateway directory search` on the running hub's store: exit code, standard output, standard error.
async fn command_line(network: &Network, words: &[&str]) -> (Option<i32>, String, String) {
    let mut gateway = Command::new(binaries().join("gateway"));
    gateway.args(["directory", "search", "--config"]).arg(network.gateway_config()).args(words);
    gateway.current_dir(network.root());
    let output = tokio::time::timeout(PATIENCE, gateway.output()).await.expect("in time").expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn ids(page: &Value) -> Vec<&str> {
    let results = page["results"].as_array().unwrap_or_else(|| panic!("{page}"));
    results.iter().map(|found| found["id"].as_str().expect("an id")).collect()
}

async fn everywhere() {
    let network = shared().await;
    let path = "/v1/authorities?q=naczelna+APTEKARSK&country=PL&area=imi-pq&lang=en";
    let (status, page) = operators(&network, path).await;
    assert_eq!((status, ids(&page)), (200, vec!["PL-NIA-PHARM"]), "{page}");
    assert_eq!(page["results"][0]["name"]["text"], "Supreme Pharmaceutical Chamber");
    assert_eq!(page["results"][0]["matched_by"], "words");
    assert_eq!(participant(&network, path).await, (200, page.clone()));
    let words = ["naczelna", "APTEKARSK", "--country", "PL", "--area", "imi-pq", "--lang", "en", "--json"];
    let (code, said, _) = command_line(&network, &words).await;
    assert_eq!((code, serde_json::from_str::<Value>(&said).expect("JSON")), (Some(0), page));
    let (code, said, _) = command_line(&network, &["АПТЕКАРСКА"]).await;
    assert_eq!(code, Some(0), "in another alphabet");
    assert!(said.starts_with("PL-NIA-PHARM\tNaczelna Izba Aptekarska [pl]\tnational\tactive\twords\n"), "{said}");
    let (code, said, complaint) = command_line(&network, &["nobodyiscalledso"]).await;
    assert_eq!((code, said.as_str(), complaint.as_str()), (Some(1), "", "gateway: nothing was found\n"));
    let (status, page) = participant(&network, "/v1/registers?type=professional").await;
    assert_eq!((status, &page["total"]), (200, &0.into()), "the demo has no registers");
}

async fn wrong_parameters() {
    let network = shared().await;
    let bad = "/v1/authorities?country=POL";
    let (status, problem) = operators(&network, bad).await;
    assert_eq!((status, &problem["code"]), (400, &"invalid-parameter".into()), "{problem}");
    assert_eq!(problem["detail"], "parameter country: \"POL\" is no country; two letters, e.g. PL");
    assert_eq!(participant(&network, bad).await, (400, problem));
    for path in ["/v1/registers?color=red", "/v1/registers?limit=201", "/v1/authorities/PL-NIA-PHARM?q=x"] {
        assert_eq!(operators(&network, path).await.0, 400, "{path}");
    }
    let (code, said, complaint) = command_line(&network, &["--region", "Bavaria"]).await;
    assert_eq!((code, said.as_str()), (Some(2), ""));
    assert!(complaint.contains("region") && complaint.contains("e.g. DE21"), "{complaint}");
}

async fn details() {
    let network = shared().await;
    let (status, shown) = participant(&network, "/v1/authorities/PL-NIA-PHARM?lang=en").await;
    assert_eq!((status, &shown["name_shown"]["language"]), (200, &"en".into()));
    assert_eq!(shown["name"]["pl"], "Naczelna Izba Aptekarska");
    assert!(!shown.to_string().contains("BACKOFFICE") && !shown.to_string().contains("CERTIFICATE"), "{shown}");
    for path in ["/v1/authorities/PL-NOBODY", "/v1/authorities/no%20id", "/v1/registers/PL-REG-1"] {
        let (status, problem) = participant(&network, path).await;
        assert_eq!((status, &problem["code"]), (404, &"not-found".into()), "{path}");
    }
}
