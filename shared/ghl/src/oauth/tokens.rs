//! The tokens that a code, a refresh token or an agency's token stands for.

use std::time::Duration;

use domain::ids::LocationId;
use egress::Answer;
use secrecy::{ExposeSecret, SecretString};

use super::{Agency, App, AuthorizationCode, Grant, Level, task};
use crate::{
    Client, Error, Kind,
    client::{Effect, Task},
    refusal::Refusal,
};

const EXCHANGE: Task = task("exchange an authorization code", Effect::Spends);
const REFRESH: Task = task("refresh a token", Effect::Spends);
const LOCATION_TOKEN: Task = task("get a location's token", Effect::Repeats);

impl Client {
    /// For how long a refresh token that was used gets the same answer again.
    pub const REFRESH_GRACE: Duration = Duration::from_secs(30);

    /// The tokens that a code stands for. Who installs decides whether they are an agency's or a
    /// location's, so `level` is for those who know.
    pub async fn exchange_code(
        &self,
        app: &App,
        code: &AuthorizationCode,
        level: Option<Level>,
    ) -> Result<Grant, Error> {
        let mut fields = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.0.expose_secret().to_owned()),
            ("redirect_uri", app.redirect_uri.clone()),
        ];
        fields.extend(level.map(|level| ("user_type", level.as_str().to_owned())));
        let answer = self.ask_for_tokens(app, EXCHANGE, Kind::CodeNotAccepted, fields).await?;
        Grant::read(EXCHANGE, &answer, level)
    }

    /// New tokens for a refresh token, which is used up by it.
    pub async fn refresh(
        &self,
        app: &App,
        refresh_token: &SecretString,
        level: Level,
    ) -> Result<Grant, Error> {
        let fields = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh_token.expose_secret().to_owned()),
            ("user_type", level.as_str().to_owned()),
        ];
        let answer = self.ask_for_tokens(app, REFRESH, Kind::NeedsReconnect, fields).await?;
        Grant::read(REFRESH, &answer, Some(level))
    }

    /// A location's token, by its agency's. It may come without a refresh token; it can be had
    /// again at any time.
    pub async fn location_token(
        &self,
        agency: &Agency,
        location: &LocationId,
    ) -> Result<Grant, Error> {
        let Agency { app, company, token, gate } = agency;
        let url = LOCATION_TOKEN.address_at(&app.base_url, &["oauth", "locationToken"])?;
        let fields = [("companyId", company.to_string()), ("locationId", location.to_string())];
        let call = self.http.post(url).form(&fields);
        let answer = self.send_through(gate.as_deref(), token, LOCATION_TOKEN, call).await?;
        let grant = Grant::read(LOCATION_TOKEN, &answer, Some(Level::Location))?;
        grant.of_location(company, location).ok_or_else(|| Error::another_location(LOCATION_TOKEN))
    }

    /// The token endpoint wants the client's secret instead of a token, and no version.
    async fn ask_for_tokens(
        &self,
        app: &App,
        task: Task,
        not_accepted: Kind,
        mut fields: Vec<(&'static str, String)>,
    ) -> Result<Answer, Error> {
        let url = task.address_at(&app.base_url, &["oauth", "token"])?;
        fields.push(("client_id", app.client_id.clone()));
        fields.push(("client_secret", app.client_secret.expose_secret().to_owned()));
        let call = self.http.post(url).header("Accept", "application/json").form(&fields);

        let answer = call.send().await.map_err(|silence| Error::silence(task, silence))?;
        if answer.is_success() { Ok(answer) } else { Err(refused(task, &answer, not_accepted)) }
    }
}

/// A refusal by an endpoint that asks for the client's secret. `not_accepted` is what an invalid
/// grant means there.
pub(super) fn refused(task: Task, answer: &Answer, not_accepted: Kind) -> Error {
    Error::refusal_meaning(task, answer, |it: &Refusal, _| it.kind_at_token_endpoint(not_accepted))
}
