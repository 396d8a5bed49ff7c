//! Coming by a new code without a person, after a refresh token was lost.

use domain::ids::{CompanyId, LocationId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{App, AuthorizationCode, task, tokens::refused};
use crate::{
    Client, Error, Kind,
    client::{Effect, Task},
    fields::Fields,
};

const RECONNECT: Task = task("ask for a new authorization code", Effect::Repeats);

/// Who installed the app.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "level", content = "id", rename_all = "snake_case")]
pub enum Owner {
    Company(CompanyId),
    Location(LocationId),
}

impl Client {
    /// A code for somebody who has the app installed still. GoHighLevel once announced the end of
    /// this, so a refusal is to be expected: then a person has to connect again.
    pub async fn reconnect(&self, app: &App, whom: &Owner) -> Result<AuthorizationCode, Error> {
        let url = RECONNECT.address_at(&app.base_url, &["oauth", "reconnect"])?;
        let mut body = json!({
            "clientKey": app.client_id,
            "clientSecret": app.client_secret.expose_secret(),
        });
        match whom {
            Owner::Company(id) => body["companyId"] = json!(id),
            Owner::Location(id) => body["locationId"] = json!(id),
        }
        let call = self.http.post(url).header("Accept", "application/json").json(&body);

        let answer = call.send().await.map_err(|silence| Error::silence(RECONNECT, silence))?;
        if !answer.is_success() {
            return Err(refused(RECONNECT, &answer, Kind::NeedsReconnect));
        }
        let body: Value = RECONNECT.read(&answer)?;
        Fields::of(&body)
            .text::<String>("authorizationCode")
            .map(AuthorizationCode::new)
            .ok_or_else(|| Error::unreadable(RECONNECT, &answer))
    }
}
