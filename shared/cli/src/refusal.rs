//! What the API says instead of an answer, told to a person.

use std::io::{self, Write};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::show::clean;

/// Problem details (RFC 9457), or the message that API Gateway gives before the API is asked.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    problem: Problem,
    request: Option<String>,
    whole: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: Option<String>,
    detail: Option<String>,
    /// API Gateway's own word.
    message: Option<String>,
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    path: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, whole: Value, request: Option<&str>) -> Self {
        let problem = Problem::deserialize(&whole).unwrap_or_default();
        Self { status, problem, request: request.map(str::to_owned), whole }
    }

    pub(crate) fn tell(&self, is_json: bool, to: &mut dyn Write) -> io::Result<()> {
        if is_json {
            return writeln!(to, "{}", self.machine_readable());
        }
        let said = self.said();
        writeln!(to, "{said}")?;
        for fault in &self.problem.faults {
            let line = clean(&format!("{}: {}", fault.path, fault.message));
            if line != said {
                writeln!(to, "  {line}")?;
            }
        }
        let code = self.problem.code.as_deref().unwrap_or("none");
        let request = self.request.as_deref().unwrap_or("none");
        writeln!(to, "  code {}, status {}, request {}", clean(code), self.status, clean(request))?;
        self.remedy().map_or(Ok(()), |it| writeln!(to, "{it}"))
    }

    fn machine_readable(&self) -> Value {
        let mut whole = self.whole.clone();
        whole["status"] = json!(self.status);
        whole["request_id"] = json!(self.request);
        whole
    }

    fn said(&self) -> String {
        let said = self.problem.detail.as_ref().or(self.problem.message.as_ref());
        clean(said.map_or("The API gave no reason.", String::as_str))
    }

    /// What helps, where we know it.
    fn remedy(&self) -> Option<&'static str> {
        let by_code = match self.problem.code.as_deref() {
            Some("TENANT_REQUIRED") => Some("Name one with --tenant or DUPLEX_TENANT."),
            Some("UNAUTHENTICATED") => Some(KEY),
            Some("VERSION_MISMATCH" | "CONFLICT") => Some("Run the command again."),
            Some("IDEMPOTENCY_KEY_REUSED") => {
                Some("Use another --idempotency-key, or none, for another text.")
            }
            Some("INTEGRATION_NOT_ACTIVE") => Some("`duplex integrations test ID` says why."),
            _ => None,
        };
        // API Gateway answers without a code, and for a bad key with either status.
        let by_status = match (self.status, &self.problem.code) {
            (401 | 403, None) => Some(KEY),
            (404, None) => Some("There is no such route there: is the address that of the API?"),
            _ => None,
        };
        by_code.or(by_status)
    }
}

const KEY: &str = "The key is missing, unknown, expired or revoked: set DUPLEX_KEY to one that is \
    good.\n`duplex keys create` makes one; the operator's own is in the secret that the stack has \
    made.";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, whole: Value) -> String {
        let mut out = Vec::new();
        Refusal::new(status, whole, Some("req-1")).tell(false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_refusal_is_a_sentence_with_its_faults_code_and_request() {
        let faults = json!([{ "path": "/settings/a", "message": "it is missing" },
            { "path": "/settings/b", "message": "it is too long" }]);
        let whole = json!({ "code": "CONFIG_SCHEMA_INVALID", "detail": "Two settings do not fit.",
            "faults": faults });
        assert_eq!(
            told(400, whole),
            "Two settings do not fit.\n  /settings/a: it is missing\n  /settings/b: it is too long\n  \
             code CONFIG_SCHEMA_INVALID, status 400, request req-1\n"
        );
    }

    #[test]
    fn a_single_fault_is_not_told_twice() {
        let fault = json!({ "path": "/id", "message": "it is taken" });
        let whole = json!({ "code": "INVALID_REQUEST", "detail": "/id: it is taken",
            "faults": [fault] });
        assert_eq!(told(400, whole).matches("it is taken").count(), 1);
    }

    #[test]
    fn what_helps_is_said_where_it_is_known() {
        let bad_key = told(403, json!({ "message": "Forbidden" }));
        assert!(bad_key.starts_with("Forbidden\n") && bad_key.contains("DUPLEX_KEY"), "{bad_key}");
        let role = json!({ "code": "FORBIDDEN", "detail": "This needs the role admin." });
        assert!(!told(403, role).contains("DUPLEX_KEY"));
        let tenant = json!({ "code": "TENANT_REQUIRED", "detail": "Name the tenant." });
        assert!(told(400, tenant).contains("--tenant or DUPLEX_TENANT"));
        assert!(told(404, json!({ "message": "Not Found" })).contains("no such route"));
    }

    #[test]
    fn nothing_that_is_said_can_steer_the_terminal() {
        let whole = json!({ "detail": "\u{1b}]0;owned\u{7}\nsecond line" });
        assert!(!told(400, whole).contains('\u{1b}'));
    }

    #[test]
    fn a_machine_gets_the_problem_and_the_request() {
        let mut out = Vec::new();
        let whole = json!({ "code": "NOT_FOUND", "detail": "There is no such key." });
        Refusal::new(404, whole, Some("req-1")).tell(true, &mut out).unwrap();
        let told: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&told["code"], &told["request_id"]), (&json!("NOT_FOUND"), &json!("req-1")));
    }
}
