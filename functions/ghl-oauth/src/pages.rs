//! What can come of it, and what to do about each.

use domain::ids::LocationId;
use lambda_http::{Body, Response, http::StatusCode};

use crate::page::Page;

const OPEN_ANEW: &str = "Ask whoever sent you the link for a new one, or make one in Duplex.";
const ALLOW: &str = "Choose the location, and allow what the app asks for.";

/// What somebody who has a link sees first: a link can be sent on, and whoever opens it should know
/// for whom they are about to consent.
pub(crate) fn ask(brand: &str, consent_url: &str) -> Response<Body> {
    let said = format!(
        "You are asked to connect a GoHighLevel location for {brand}. The texts and contacts of the \
         location that you choose are then read and written on their behalf. Go on only if you \
         expected this, and know who sent you the link."
    );
    let title = format!("Connect GoHighLevel with {brand}");
    let next = Some((consent_url, "Go on to GoHighLevel"));
    Page { status: StatusCode::OK, title: &title, said: &said, steps: &[], next }.answer()
}

pub(crate) fn tenant_gone() -> Response<Body> {
    let said = "The business that the link was made for is not served any more.";
    page(StatusCode::GONE, "Nobody to connect with", said, &["You may close this page."])
}

/// A provider beside the location's own (`is_beside`) is there without being chosen.
pub(crate) fn connected(
    location: &LocationId,
    brand: &str,
    (again, is_beside): (bool, bool),
) -> Response<Body> {
    let said = format!(
        "The location {location} is connected with {brand}. Texts are kept in step from now on."
    );
    let steps: &[&str] = if is_beside {
        &[]
    } else if again {
        &[
            "The app was installed here before, and GoHighLevel has forgotten which SMS provider \
             was chosen. In the location, open Settings > Phone Numbers > Advanced Settings > SMS \
             Provider.",
            "Choose the app's provider, and save. Until then replies do not reach Duplex.",
        ]
    } else {
        &[
            "In the location, open Settings > Phone Numbers > Advanced Settings > SMS Provider.",
            "Choose the app's provider, and save. Then replies go out through Duplex.",
        ]
    };
    page(StatusCode::OK, "Connected", &said, steps)
}

pub(crate) fn waiting(location: &LocationId) -> Response<Body> {
    let said = format!(
        "The app is installed in the location {location}. It does nothing yet: whoever runs Duplex \
         has to say which tenant the location belongs to."
    );
    page(StatusCode::OK, "Almost there", &said, &["Tell them the location's id."])
}

pub(crate) fn agency(locations: usize) -> Response<Body> {
    let said = format!(
        "The agency has installed the app, in {locations} locations so far as it has said. Those \
         that belong to a tenant work within a few minutes; whoever runs Duplex has to say whose \
         the others are."
    );
    page(StatusCode::OK, "The agency is connected", &said, &[])
}

/// A location that worked before (`kept`) goes on as it did.
pub(crate) fn scopes_missing(
    location: &LocationId,
    missing: &[String],
    kept: bool,
) -> Response<Body> {
    let so = if kept {
        "The connection from before is kept, and goes on working."
    } else {
        "Nothing is kept in step until it is."
    };
    let said = format!(
        "The app is installed in the location {location}, and was not allowed all that it needs: \
         {}. {so}",
        missing.join(", ")
    );
    let steps = [
        "In the developer portal, add these scopes to the app's version, and publish it.",
        "Open the link again, and allow them.",
    ];
    page(StatusCode::OK, "Something is not allowed", &said, &steps)
}

pub(crate) fn elsewhere() -> Response<Body> {
    let said = "This location is connected already, for somebody else. Nothing was changed.";
    let steps = ["Ask whoever runs Duplex to disconnect it there first."];
    page(StatusCode::CONFLICT, "The location is taken", said, &steps)
}

pub(crate) fn occupied() -> Response<Body> {
    let said =
        "The tenant is connected with another location, and has one only. Nothing was changed.";
    let steps = ["Disconnect the other location in Duplex.", "Open the link again."];
    page(StatusCode::CONFLICT, "Another location is connected", said, &steps)
}

pub(crate) fn not_allowed() -> Response<Body> {
    let said = "GoHighLevel sent you back without a code: the app was not allowed.";
    page(StatusCode::BAD_REQUEST, "Not connected", said, &["Open the link again.", ALLOW])
}

pub(crate) fn code_used() -> Response<Body> {
    let said = "The code from GoHighLevel is good for one use and a few minutes. If you have seen \
                \"Connected\" before, the location is connected; what is left to do was said there.";
    let steps = [
        "If you have, see to it that the app is chosen in the location: Settings > Phone Numbers > \
         Advanced Settings > SMS Provider.",
        "If not, open the link again.",
        ALLOW,
    ];
    page(StatusCode::BAD_REQUEST, "GoHighLevel does not take this code", said, &steps)
}

/// Somebody comes back with a link that this browser was not shown.
pub(crate) fn elsewhere_begun() -> Response<Body> {
    let said =
        "This browser has not been shown for whom the location is wanted. Nothing was changed.";
    let steps = [
        "Open the link from the beginning, and go on in the same browser.",
        "If your browser takes no cookies, allow it to keep this site's until you are done.",
    ];
    page(StatusCode::BAD_REQUEST, "Begin with the link", said, &steps)
}

pub(crate) fn link_expired() -> Response<Body> {
    let said = "The link was good for half an hour. Nothing was changed.";
    page(StatusCode::BAD_REQUEST, "The link has expired", said, &[OPEN_ANEW])
}

pub(crate) fn link_unknown() -> Response<Body> {
    let said = "The link is not one that Duplex made, or a part of it was lost.";
    let steps = ["Open it again, exactly as you got it.", OPEN_ANEW];
    page(StatusCode::BAD_REQUEST, "The link is not ours", said, &steps)
}

pub(crate) fn paused() -> Response<Body> {
    let said = "GoHighLevel says that the location is not active: it, or its agency, is paused.";
    let steps = ["Have it activated in GoHighLevel.", "Open the link again."];
    page(StatusCode::CONFLICT, "The location is paused", said, &steps)
}

pub(crate) fn refused_by_ghl() -> Response<Body> {
    let said = "GoHighLevel did not give Duplex access. Whoever runs Duplex finds the reason in \
                its log.";
    page(StatusCode::BAD_GATEWAY, "Not connected", said, &["Open the link again.", ALLOW])
}

pub(crate) fn try_again() -> Response<Body> {
    let said =
        "Something did not answer just now, and what was asked may yet come to be by itself.";
    let steps = [
        "Reload this page in a minute.",
        "If it says that the code is not taken, and the location does not work a few minutes later, \
         open the link again.",
    ];
    page(StatusCode::SERVICE_UNAVAILABLE, "Try again in a minute", said, &steps)
}

pub(crate) fn not_set_up() -> Response<Body> {
    let said = "This Duplex has no marketplace app yet.";
    let steps =
        ["Whoever runs it sets GhlClientId, and the secret GhlClientSecret, as the README says."];
    page(StatusCode::SERVICE_UNAVAILABLE, "Not set up", said, &steps)
}

fn page(status: StatusCode, title: &str, said: &str, steps: &[&str]) -> Response<Body> {
    Page { status, title, said, steps, next: None }.answer()
}
