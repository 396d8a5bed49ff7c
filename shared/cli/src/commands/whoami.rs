//! Whose key this is.

use crate::{failure::Failure, request::Request, session::Session};

pub(crate) async fn run(session: &mut Session<'_, '_>) -> Result<(), Failure> {
    session.show(&Request::get(&["me"])).await.map(drop)
}
