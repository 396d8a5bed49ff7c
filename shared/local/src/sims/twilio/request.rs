//! What Twilio demands of a request to send.

use serde_json::json;

use super::errors::error;
use crate::sims::{
    carrier::{
        Media, Wanted,
        checks::{is_absolute_url, is_e164},
    },
    server::Answer,
};

/// The number that a Messaging Service picks when nobody names one.
const SENDER_OF_SERVICES: &str = "+15005550006";

/// The fields of a form, of which some come several times.
struct Form(Vec<(String, String)>);

impl Form {
    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(it, value)| it == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, value)| it == name && !value.is_empty()).map(|(_, it)| it.as_str())
    }
}

pub(super) fn read(body: &[u8]) -> Result<Wanted, Answer> {
    let form = Form(form_urlencoded::parse(body).into_owned().collect());
    let (from, to) = addresses(&form)?;
    let (body, media) = contents(&form)?;
    check_options(&form)?;
    Ok(Wanted {
        from,
        to,
        body,
        media,
        callback: form.one("StatusCallback").map(str::to_owned),
        failover: None,
        particulars: json!({
            "service": form.one("MessagingServiceSid"),
            "validity": form.one("ValidityPeriod"),
        }),
    })
}

fn addresses(form: &Form) -> Result<(String, String), Answer> {
    let to = form.one("To").ok_or_else(|| error(400, 21604, "A 'To' phone number is required."))?;
    if !is_e164(to) {
        return Err(error(400, 21211, "Invalid 'To' Phone Number"));
    }
    let from = match (form.one("From"), form.one("MessagingServiceSid")) {
        (Some(from), _) if is_e164(from) || is_short_code(from) => from,
        (Some(_), _) => return Err(error(400, 21212, "Invalid 'From' Phone Number")),
        (None, Some(_)) => SENDER_OF_SERVICES,
        (None, None) => return Err(error(400, 21603, "A 'From' phone number is required.")),
    };
    Ok((from.to_owned(), to.to_owned()))
}

fn is_short_code(number: &str) -> bool {
    matches!(number.len(), 5 | 6) && number.bytes().all(|it| it.is_ascii_digit())
}

fn contents(form: &Form) -> Result<(String, Vec<Media>), Answer> {
    let body = form.one("Body").unwrap_or_default();
    let media: Vec<_> = form.all("MediaUrl").collect();
    if body.is_empty() && media.is_empty() && form.one("ContentSid").is_none() {
        return Err(error(400, 21602, "Message body is required."));
    }
    if body.chars().count() > 1600 {
        let message = "The concatenated message body exceeds the 1600 character limit";
        return Err(error(400, 21617, message));
    }
    if media.len() > 10 {
        return Err(error(400, 21623, "Number of media files exceeds allowed limit"));
    }
    if !media.iter().all(|url| is_absolute_url(url)) {
        return Err(error(400, 21620, "Invalid media URL(s)"));
    }
    Ok((body.to_owned(), media.into_iter().map(Media::new).collect()))
}

fn check_options(form: &Form) -> Result<(), Answer> {
    if form.one("StatusCallback").is_some_and(|url| !is_absolute_url(url)) {
        return Err(error(400, 21609, "Invalid 'StatusCallback' URL"));
    }
    let is_allowed = |seconds: u32| (1..=36_000).contains(&seconds);
    match form.one("ValidityPeriod").map(str::parse) {
        None => Ok(()),
        Some(Ok(seconds)) if is_allowed(seconds) => Ok(()),
        Some(_) => Err(error(400, 21624, "Invalid validity period value")),
    }
}
