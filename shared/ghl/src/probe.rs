//! Trying a connection: a call that changes nothing.

use domain::integration::{Fault, FaultCode};

use crate::{
    Client, Kind, Session,
    client::{Effect, Task, Version},
};

const LOOK: Task =
    Task { name: "look at the location", version: Version::Conversations, effect: Effect::Reads };

impl Client {
    /// Whether GoHighLevel takes this token for this location. It asks for the newest conversation,
    /// which needs a scope that we need anyway (`conversations.readonly`).
    pub async fn probe(&self, session: &Session) -> Result<(), Fault> {
        let url = LOOK.address(session, &["conversations", "search"]).map_err(|_| Fault {
            code: FaultCode::ConfigSchemaInvalid,
            why: "GoHighLevel's address is not one".to_owned(),
        })?;
        let query = [("locationId", session.location.as_str()), ("limit", "1")];
        let call = self.http.get(url).query(&query);
        self.send(session, LOOK, call).await.map(drop).map_err(|error| {
            let code = match error.kind() {
                Kind::Unauthorized
                | Kind::NeedsReconnect
                | Kind::CodeNotAccepted
                | Kind::Forbidden
                // Nobody's token opens a location that is not active.
                | Kind::Suspended => FaultCode::InvalidCredentials,
                Kind::RateLimited { .. } | Kind::Held { .. } => FaultCode::RateLimitExceeded,
                Kind::Refused
                | Kind::OptedOut
                | Kind::NotFound
                | Kind::Configuration
                | Kind::NotReady => FaultCode::ConfigSchemaInvalid,
                Kind::Unavailable | Kind::InDoubt => FaultCode::ConnectionFailed,
            };
            Fault { code, why: error.to_string() }
        })
    }
}
