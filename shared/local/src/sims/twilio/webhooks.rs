//! What Twilio posts to us, and how often it tries.

use std::time::Duration;

use jiff::Timestamp;

use super::{Twilio, resource, sign::sign};
use crate::sims::{
    carrier::{Text, ids::Ids, segments::segments},
    posting::{Again, Content, Courier, Dressed, Failure, Posted, Posting},
};

impl Twilio {
    pub(super) fn inbound_webhook(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        let count = segments(&text.body).count.to_string();
        let media_count = text.media.len().to_string();
        let mut form = fields(&[
            ("ToCountry", "US"),
            ("ToState", ""),
            ("SmsMessageSid", &text.id),
            ("NumMedia", &media_count),
            ("ToCity", ""),
            ("FromZip", ""),
            ("SmsSid", &text.id),
            ("FromState", ""),
            ("SmsStatus", "received"),
            ("FromCity", ""),
            ("Body", &text.body),
            ("FromCountry", "US"),
            ("To", &text.to),
            ("ToZip", ""),
            ("NumSegments", &count),
            ("MessageSid", &text.id),
            ("AccountSid", &self.options.account_sid),
            ("From", &text.from),
            ("ApiVersion", "2010-04-01"),
        ]);
        for (number, media) in text.media.iter().enumerate() {
            form.push((format!("MediaContentType{number}"), media.content_type.clone()));
            form.push((format!("MediaUrl{number}"), media.url.clone()));
        }
        if let Some(word) = text.opt_out {
            form.push(("OptOutType".into(), word.as_str().into()));
        }
        posting(text, "received", url, form, ids)
    }

    pub(super) fn status_callback(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        let (status, error_code) = resource::status(text);
        let mut form = fields(&[
            ("SmsSid", &text.id),
            ("SmsStatus", status),
            ("MessageStatus", status),
            ("To", &text.to),
            ("MessageSid", &text.id),
            ("AccountSid", &self.options.account_sid),
            ("From", &text.from),
            ("ApiVersion", "2010-04-01"),
        ]);
        if let Some(service) = text.particular("service") {
            form.push(("MessagingServiceSid".into(), service.into()));
        }
        if let Some(code) = error_code {
            form.push(("ErrorCode".into(), code));
        }
        if let ("delivered", Some((at, _))) = (status, text.steps.last()) {
            form.push(("RawDlrDoneDate".into(), at.strftime("%y%m%d%H%M").to_string()));
        }
        posting(text, status, url, form, ids)
    }
}

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn posting(
    text: &Text,
    event: &str,
    url: String,
    form: Vec<(String, String)>,
    ids: &Ids,
) -> Posting {
    Posting {
        id: ids.uuid(),
        event: event.to_owned(),
        about: text.id.clone(),
        url,
        failover: None,
        content: Content::Form(form),
        attempt: 1,
    }
}

impl Courier for Twilio {
    fn dress(&self, posting: &Posting, _now: Timestamp) -> Dressed {
        let form = match &posting.content {
            Content::Form(form) => form.as_slice(),
            Content::Json(_) => &[],
        };
        let url = without_fragment(&posting.url).to_owned();
        let signature = sign(&self.options.auth_token, &url, form);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("x-twilio-signature", signature),
            ("i-twilio-idempotency-token", posting.id.clone()),
        ];
        Dressed { url, headers, body: body.into_bytes() }
    }

    fn again(&self, posting: &Posting, answer: &Posted) -> Again {
        let overrides = Overrides::of(&posting.url);
        let trouble = match (answer.failure, answer.status) {
            (Some(Failure::Connect), _) => "ct",
            (Some(Failure::Read), _) => "rt",
            (None, Some(400..=499)) => "4xx",
            (None, Some(500..=599)) => "5xx",
            _ => return Again::Never,
        };
        if overrides.cover(trouble) && posting.attempt <= overrides.retries {
            Again::AtOnce
        } else {
            Again::Never
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(15)
    }
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

/// Connection overrides: what the fragment of a webhook's URL asks for, as in `#rp=5xx,ct&rc=3`.
struct Overrides {
    policies: String,
    retries: u32,
}

impl Overrides {
    fn of(url: &str) -> Self {
        let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
        let mut overrides = Self { policies: "ct".into(), retries: 1 };
        for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
            match &*name {
                "rp" => overrides.policies = value.into_owned(),
                "rc" => overrides.retries = value.parse().unwrap_or(1).min(5),
                _ => {}
            }
        }
        overrides
    }

    fn cover(&self, trouble: &str) -> bool {
        self.policies.split(',').any(|policy| policy == trouble || policy == "all")
    }
}
