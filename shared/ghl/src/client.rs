//! How a call to GoHighLevel is made and how its answer is read.

use egress::{Answer, Call};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{Error, Gate, Session};

/// Calls GoHighLevel, once per call: who tries again, and when, is the caller's business.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: egress::Client,
}

/// Something we ask of GoHighLevel. The names end the sentence "could not …".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) version: Version,
    pub(crate) effect: Effect,
}

/// Shapes differ between versions, so each resource is pinned to the one it is specified for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    Contacts,
    Conversations,
    OAuth,
}

/// What a second call would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Reads,
    /// The same again.
    Repeats,
    /// A second thing beside the first.
    Creates,
    /// It would fail: what the first one was given is used up.
    Spends,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Self::Contacts | Self::OAuth => "2021-07-28",
            Self::Conversations => "2021-04-15",
        }
    }
}

impl Client {
    pub fn new(http: egress::Client) -> Self {
        Self { http }
    }

    pub(crate) async fn send(
        &self,
        session: &Session,
        task: Task,
        call: Call<'_>,
    ) -> Result<Answer, Error> {
        self.send_through(session.gate.as_deref(), &session.token, task, call).await
    }

    pub(crate) async fn send_through(
        &self,
        gate: Option<&dyn Gate>,
        token: &SecretString,
        task: Task,
        call: Call<'_>,
    ) -> Result<Answer, Error> {
        let Some(gate) = gate else {
            return self.send_as(token, task, call).await;
        };
        let passed = gate.pass(Box::pin(self.send_as(token, task, call))).await;
        passed.unwrap_or_else(|held| Err(Error::held(task, held)))
    }

    async fn send_as(
        &self,
        token: &SecretString,
        task: Task,
        call: Call<'_>,
    ) -> Result<Answer, Error> {
        let answer = call
            .bearer(token)
            .header("Version", task.version.as_str())
            .send()
            .await
            .map_err(|silence| Error::silence(task, silence))?;
        if answer.is_success() { Ok(answer) } else { Err(Error::refusal(task, &answer)) }
    }
}

impl Task {
    /// The address of a resource.
    pub(crate) fn address(self, session: &Session, path: &[&str]) -> Result<Url, Error> {
        self.address_at(&session.base_url, path)
    }

    /// Ids are foreign, so they are escaped; those that would climb out of the path are refused.
    pub(crate) fn address_at(self, base_url: &str, path: &[&str]) -> Result<Url, Error> {
        let mut url = Url::parse(base_url).map_err(|_| Error::no_address(self))?;
        if path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(Error::no_address(self));
        }
        url.path_segments_mut().map_err(|()| Error::no_address(self))?.pop_if_empty().extend(path);
        Ok(url)
    }

    pub(crate) fn read<T: DeserializeOwned>(self, answer: &Answer) -> Result<T, Error> {
        answer.json().map_err(|_| Error::unreadable(self, answer))
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::LocationId;

    use super::*;
    use crate::{Kind, Provider};

    const TASK: Task = Task { name: "read", version: Version::Contacts, effect: Effect::Reads };

    fn session(base_url: &str) -> Session {
        Session {
            base_url: base_url.to_owned(),
            location: LocationId::parse("loc").unwrap(),
            token: "secret".into(),
            provider: Provider::Default,
            gate: None,
        }
    }

    #[test]
    fn an_id_cannot_lead_to_another_resource() {
        let at = |path: &[&str]| {
            TASK.address(&session("https://crm.example/prefix/"), path).map(String::from)
        };

        assert_eq!(
            at(&["contacts", "a/../b?c#d"]).unwrap(),
            "https://crm.example/prefix/contacts/a%2F..%2Fb%3Fc%23d"
        );
        assert_eq!(at(&["contacts", ".."]).unwrap_err().kind(), Kind::Configuration);
    }

    #[test]
    fn a_base_url_that_is_none_is_a_matter_of_configuration() {
        for bad in ["", "crm.example", "mailto:a@crm.example"] {
            let error = TASK.address(&session(bad), &["contacts"]).unwrap_err();
            assert_eq!(error.kind(), Kind::Configuration, "{bad}");
        }
    }
}
