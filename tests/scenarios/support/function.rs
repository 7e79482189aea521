//! The two functions that ask every state: what is asked, what is answered. ERRU's good repute of transport managers, and
//! TACHOnet's issued cards.

use super::{Submission, contact, sample, states::participant};

/// A function of a national register that searches in all states.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    pub(crate) area: &'static str,
    pub(crate) request: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) consolidated: &'static str,
    /// Where the name stands that is searched for.
    pub(crate) name: &'static str,
}

pub(crate) const GOOD_REPUTE: Function = Function {
    area: "erru",
    request: "check-good-repute-request",
    answer: "check-good-repute-response",
    consolidated: "check-good-repute-consolidated-response",
    name: "TransportManager/Surname",
};

pub(crate) const ISSUED_CARDS: Function = Function {
    area: "tachonet",
    request: "check-issued-cards-request",
    answer: "check-issued-cards-response",
    consolidated: "check-issued-cards-consolidated-response",
    name: "Driver/Surname",
};

impl Function {
    /// The type of one of its messages.
    pub(crate) fn kind(self, message: &str) -> String {
        format!("{}/{message}@1", self.area)
    }

    /// A search by one state in all others.
    pub(crate) fn search(self, country: &str, case: &str, surname: &str) -> Submission {
        let person = format!(
            "<c:Surname>{surname}</c:Surname><c:Forenames>Jörg</c:Forenames><c:BirthDate>1969-11-00</c:BirthDate>"
        );
        let body = match self.area {
            "erru" => self.document(
                "CheckGoodReputeRequest",
                &format!(
                    "<BusinessCaseId>{case}</BusinessCaseId><RequestingAuthority>{country}</RequestingAuthority>\
                     <TransportManager>{person}</TransportManager>"
                ),
            ),
            _ => self.document(
                "CheckIssuedCardsRequest",
                &format!("<Reference>{case}</Reference><Driver>{person}</Driver>"),
            ),
        };
        let kind = self.kind(self.request);
        let mut search = Submission::new(&participant(country), &kind, &contact(country), "", body);
        search.to(&[]);
        search
    }

    /// What one state answers to a search: whether it has found somebody, and a remark by which the answer is known again.
    pub(crate) fn reply(self, country: &str, search: &Submission, status: &str, remark: &str) -> Submission {
        let found = if status == "Found" { self.found() } else { String::new() };
        let said = format!("<StatusCode>{status}</StatusCode><StatusMessage>{remark}</StatusMessage>{found}");
        let body = match self.area {
            "erru" => self.document(
                "CheckGoodReputeResponse",
                &format!(
                    "<BusinessCaseId>CASE</BusinessCaseId><RequestingAuthority>one</RequestingAuthority>\
                     <RespondingAuthority>{country}</RespondingAuthority>{said}"
                ),
            ),
            _ => self.document("CheckIssuedCardsResponse", &said),
        };
        let kind = self.kind(self.answer);
        let mut reply = Submission::new(&participant(country), &kind, &contact(country), "", body);
        reply.to(&[]);
        reply.correlation_id.clone_from(&search.correlation_id);
        reply
    }

    fn document(self, root: &str, content: &str) -> Vec<u8> {
        let namespaces = format!("xmlns=\"urn:imi:area:{}:1\" xmlns:c=\"urn:imi:common:1\"", self.area);
        format!("<{root} {namespaces}>{content}</{root}>").into_bytes()
    }

    /// What a register holds of who was found, as the area's sample has it.
    fn found(self) -> String {
        let (name, element) = match self.area {
            "erru" => ("check-good-repute-response-unfit", "FoundManager"),
            _ => ("check-issued-cards-response-one-card", "IssuedCard"),
        };
        let sample = String::from_utf8(sample(self.area, name)).expect("UTF-8");
        let begins = sample.find(&format!("<{element}>")).expect("the sample has found somebody");
        let end = format!("</{element}>");
        let ends = sample.find(&end).expect("the sample has found somebody") + end.len();
        sample[begins..ends].to_owned()
    }
}
