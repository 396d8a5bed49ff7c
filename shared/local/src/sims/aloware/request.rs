//! What Aloware demands of a request.

use serde_json::{Map, Value, json};

use super::{SentText, usual_error};
use crate::sims::{
    carrier::checks::{is_absolute_url, is_e164},
    server::Answer,
};

/// The longest text that is documented.
const LONGEST: usize = 160;

pub(super) type Fields = Map<String, Value>;

pub(super) fn read(body: &[u8]) -> Result<Fields, Answer> {
    serde_json::from_slice(body).map_err(|_| usual_error(400))
}

pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

pub(super) fn phone(given: Option<&str>) -> Result<String, Answer> {
    let phone = given.filter(|it| is_e164(it)).map(str::to_owned);
    let refused = json!({ "error": "Phone number is empty or invalid." });
    phone.ok_or_else(|| Answer::new(400, refused))
}

/// The text that is to be sent.
pub(super) fn wanted(fields: &Fields) -> Result<SentText, Answer> {
    let from = match (text(fields, "from"), fields.get("line_id")) {
        (Some(number), None) if is_e164(number) => json!(number),
        (None, Some(line)) if line.is_number() || line.is_string() => line.clone(),
        _ => return Err(usual_error(400)),
    };
    let message = text(fields, "message").unwrap_or_default();
    let image_url = text(fields, "image_url");
    let is_empty = message.is_empty() && image_url.is_none();
    if is_empty || message.chars().count() > LONGEST {
        return Err(usual_error(400));
    }
    if image_url.is_some_and(|it| !is_absolute_url(it)) {
        return Err(usual_error(400));
    }
    Ok(SentText {
        from,
        to: phone(text(fields, "to"))?,
        message: message.to_owned(),
        image_url: image_url.map(str::to_owned),
    })
}
