//! What can be connected.

use serde_json::{Value, json};

use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{self, Columns, column, plain},
};

const COLUMNS: Columns = &[
    column("NAME", "/name"),
    column("TITLE", "/title"),
    column("KIND", "/kind"),
    column("API", "/api_version"),
    column("AVAILABLE", "/available"),
];

const FIELDS: Columns = &[
    column("SETTING", "/name"),
    column("NEEDED", "/needed"),
    column("SECRET", "/secret"),
    column("WHAT", "/title"),
];

/// All templates, or one with what to do at the provider.
pub(crate) async fn show(session: &mut Session<'_, '_>, name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name else {
        let all = Request::get(&["integrations", "templates"]);
        return session.list(all, COLUMNS, None).await;
    };
    let template = session.ask(&Request::get(&["integrations", "templates", name])).await?;
    if session.is_json() {
        return session.tell(&template);
    }
    session.text(&described(&template))
}

/// The fields of its settings, and then the instructions.
fn described(template: &Value) -> String {
    let schema = &template["schema"];
    let is_needed =
        |name: &str| schema["required"].as_array().is_some_and(|it| it.iter().any(|it| it == name));
    let field = |(name, field): (&String, &Value)| {
        let is_secret = field["encrypted"] == true;
        json!({
            "name": name, "needed": is_needed(name), "secret": is_secret,
            "title": field["title"],
        })
    };
    let fields: Vec<_> =
        schema["properties"].as_object().into_iter().flatten().map(field).collect();
    // The instructions are Markdown with lines of their own.
    let setup = template["setup"].as_str().unwrap_or_default().lines().map(show::clean);
    let setup = setup.collect::<Vec<_>>().join("\n");
    let head = format!("{} ({})", plain(&template["title"]), plain(&template["name"]));
    format!("{head}\n\n{}\n{}\n", show::table(FIELDS, &fields), setup.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_shows_what_is_needed_and_what_is_secret() {
        let template = json!({
            "name": "twilio", "title": "Twilio", "setup": "1. Do this.\n2. Do that.\n",
            "schema": {
                "required": ["auth_token"],
                "properties": { "auth_token": { "title": "Auth token", "encrypted": true } },
            },
        });
        assert_eq!(
            described(&template),
            "Twilio (twilio)\n\n\
             SETTING     NEEDED  SECRET  WHAT\nauth_token  yes     yes     Auth token\n\n\
             1. Do this.\n2. Do that.\n"
        );
    }
}
