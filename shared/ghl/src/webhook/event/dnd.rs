//! Who is not to be disturbed, and in which channel.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hidden;
use crate::fields::Fields;

/// What is set for each channel, by GoHighLevel's name for it: `SMS`, `Call`, `Email`, `RCS` …
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DndSettings(pub BTreeMap<String, DndSetting>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DndSetting {
    pub status: Option<String>,
    /// Who set it, and why.
    pub message: Option<Hidden>,
    pub code: Option<String>,
}

/// What a contact's settings say about texting them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "dnd", rename_all = "snake_case")]
pub enum SmsDnd {
    On {
        code: Option<String>,
        /// The person or the carrier said so, and only the person can take it back.
        permanent: bool,
    },
    Off,
    /// Nothing that could be acted on. It takes nothing back.
    Unknown,
}

impl DndSettings {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self(fields.each().map(|(name, it)| (name.to_owned(), DndSetting::read(it))).collect())
    }

    /// What is set for SMS decides. Without it `dnd` does: it is set for some channels at least, and
    /// a text too few is better than one too many.
    pub(super) fn sms(&self, dnd: bool) -> SmsDnd {
        // The next version of the API writes it in lower case.
        let sms = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case("SMS"));
        let code = || sms.and_then(|(_, it)| it.code.clone());
        match sms.and_then(|(_, it)| it.status.as_deref()) {
            // "Active" means that the person is not to be disturbed.
            Some("active") => SmsDnd::On { code: code(), permanent: false },
            Some("permanent") => SmsDnd::On { code: code(), permanent: true },
            Some("inactive") => SmsDnd::Off,
            _ if dnd => SmsDnd::On { code: code(), permanent: false },
            _ => SmsDnd::Unknown,
        }
    }
}

impl DndSetting {
    pub(super) fn read(value: &Value) -> Self {
        let fields = Fields::of(value);
        Self {
            status: fields.text("status"),
            message: fields.text("message"),
            code: fields.text("code"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_setting_for_sms_decides_and_without_it_the_general_one() {
        let on =
            |code: Option<&str>, permanent| SmsDnd::On { code: code.map(str::to_owned), permanent };
        for (settings, dnd, expected) in [
            (
                json!({ "SMS": { "status": "active", "code": "103" } }),
                false,
                on(Some("103"), false),
            ),
            (json!({ "SMS": { "status": "permanent" } }), true, on(None, true)),
            (json!({ "SMS": { "status": "inactive", "code": "101" } }), true, SmsDnd::Off),
            (json!({ "sms": { "status": "active" } }), false, on(None, false)),
            (json!({ "Email": { "status": "active" } }), false, SmsDnd::Unknown),
            (json!({ "Email": { "status": "inactive" } }), true, on(None, false)),
            (json!({ "SMS": { "status": "new", "code": "1" } }), true, on(Some("1"), false)),
            (json!({ "SMS": { "status": "new" } }), false, SmsDnd::Unknown),
            (json!({ "SMS": "active" }), false, SmsDnd::Unknown),
            (json!("SMS"), false, SmsDnd::Unknown),
            (json!(null), true, on(None, false)),
        ] {
            let read = DndSettings::read(Fields::of(&settings));
            assert_eq!(read.sms(dnd), expected, "{settings} {dnd}");
        }
    }
}
