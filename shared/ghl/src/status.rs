//! Telling GoHighLevel what became of a message it asked us to send.

use domain::{crm_status::CrmStatus, failure::Failure, ids::CrmMessageId};
use serde::Serialize;

use crate::{
    Client, Error, Session,
    client::{Effect, Task, Version},
};

const SET_STATUS: Task = Task {
    name: "set a message's status",
    version: Version::Conversations,
    effect: Effect::Repeats,
};

impl Client {
    /// Works with a token of the app that owns the provider only. Within about ten seconds after
    /// the message was made it may fail with [`crate::Kind::NotReady`].
    pub async fn set_status(
        &self,
        session: &Session,
        message: &CrmMessageId,
        status: &CrmStatus,
    ) -> Result<(), Error> {
        let path = ["conversations", "messages", message.as_str(), "status"];
        let url = SET_STATUS.address(session, &path)?;
        let call = self.http.put(url).json(&Body::from(status));
        self.send(session, SET_STATUS, call).await.map(drop)
    }
}

#[derive(Serialize)]
struct Body {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Why>,
}

/// All three are needed, or the agent sees nothing.
#[derive(Serialize)]
struct Why {
    code: String,
    #[serde(rename = "type")]
    kind: String,
    message: &'static str,
}

impl From<&CrmStatus> for Body {
    fn from(status: &CrmStatus) -> Self {
        match status {
            CrmStatus::Pending => Self { status: "pending", error: None },
            CrmStatus::Delivered => Self { status: "delivered", error: None },
            CrmStatus::Read => Self { status: "read", error: None },
            CrmStatus::Failed { failure } => Self { status: "failed", error: Some(failure.into()) },
        }
    }
}

impl From<&Failure> for Why {
    fn from(failure: &Failure) -> Self {
        let kind = failure.reason.to_string();
        let code = if failure.code.is_empty() { kind.clone() } else { failure.code.clone() };
        Self { code, kind, message: failure.explanation() }
    }
}

#[cfg(test)]
mod tests {
    use domain::failure::Reason;

    use super::*;

    #[test]
    fn a_failure_always_has_a_code_a_type_and_a_message() {
        for code in ["30005", ""] {
            let failed = CrmStatus::Failed { failure: Failure::new(Reason::Unreachable, code) };
            let body = serde_json::to_value(Body::from(&failed)).unwrap();

            for part in ["code", "type", "message"] {
                assert_ne!(body["error"][part].as_str().unwrap(), "", "{part} for code {code:?}");
            }
        }
    }
}
