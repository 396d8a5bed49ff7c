//! How a world is started. Everything has a default; the environment can say otherwise.

use clap::Args;
use secrecy::SecretString;

/// How a world is started.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// The API's port on this machine [default: 8787, or any if that is taken]
    #[arg(long, env = "DUPLEX_PORT", global = true, hide_env_values = true)]
    pub port: Option<u16>,
    /// Use the functions as they were built last
    #[arg(long, global = true)]
    pub no_build: bool,
    /// Build the functions as they would be deployed
    #[arg(long, global = true)]
    pub release: bool,
    /// Keep the logs when everything went well
    #[arg(long, global = true)]
    pub keep: bool,
    #[command(flatten)]
    pub elsewhere: Elsewhere,
    #[command(flatten)]
    pub identity: Identity,
}

/// Addresses of others. What is given replaces the simulator of the same name.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Instead of a simulator")]
pub struct Elsewhere {
    /// Where GoHighLevel answers
    #[arg(long, env = "DUPLEX_GHL_BASE_URL", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub ghl_base_url: Option<String>,
    /// Where Twilio answers
    #[arg(long, env = "DUPLEX_TWILIO_BASE_URL", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub twilio_base_url: Option<String>,
    /// Where Telnyx answers
    #[arg(long, env = "DUPLEX_TELNYX_BASE_URL", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub telnyx_base_url: Option<String>,
    /// Where the Texting provider answers
    #[arg(long, env = "DUPLEX_TEXTING_BASE_URL", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub texting_base_url: Option<String>,
    /// Where Aloware answers
    #[arg(long, env = "DUPLEX_ALOWARE_BASE_URL", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub aloware_base_url: Option<String>,
    /// Where others reach this world, if not at the API's own address
    #[arg(long, env = "DUPLEX_PUBLIC_ORIGIN", value_name = "URL", global = true)]
    #[arg(hide_env_values = true, value_parser = base_url)]
    pub public_origin: Option<String>,
}

/// What the demo tenant's providers know it by. Made up unless given.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "The demo tenant's accounts")]
pub struct Identity {
    #[arg(long, env = "DUPLEX_TWILIO_ACCOUNT_SID", value_name = "SID", global = true)]
    #[arg(hide_env_values = true)]
    pub twilio_account_sid: Option<String>,
    #[arg(long, env = "DUPLEX_TWILIO_AUTH_TOKEN", value_name = "TOKEN", global = true)]
    #[arg(hide_env_values = true)]
    pub twilio_auth_token: Option<SecretString>,
    #[arg(long, env = "DUPLEX_TELNYX_API_KEY", value_name = "KEY", global = true)]
    #[arg(hide_env_values = true)]
    pub telnyx_api_key: Option<SecretString>,
    /// Whose signature is accepted, in base64; the simulator's stays valid
    #[arg(long, env = "DUPLEX_TELNYX_PUBLIC_KEY", value_name = "KEY", global = true)]
    #[arg(hide_env_values = true)]
    pub telnyx_public_key: Option<String>,
    #[arg(long, env = "DUPLEX_TEXTING_API_KEY", value_name = "KEY", global = true)]
    #[arg(hide_env_values = true)]
    pub texting_api_key: Option<SecretString>,
    #[arg(long, env = "DUPLEX_TEXTING_WEBHOOK_SECRET", value_name = "SECRET", global = true)]
    #[arg(hide_env_values = true)]
    pub texting_webhook_secret: Option<SecretString>,
    #[arg(long, env = "DUPLEX_ALOWARE_API_TOKEN", value_name = "TOKEN", global = true)]
    #[arg(hide_env_values = true)]
    pub aloware_api_token: Option<SecretString>,
    #[arg(long, env = "DUPLEX_ALOWARE_WEBHOOK_SECRET", value_name = "SECRET", global = true)]
    #[arg(hide_env_values = true)]
    pub aloware_webhook_secret: Option<SecretString>,
    #[arg(long, env = "DUPLEX_GHL_LOCATION", value_name = "ID", global = true)]
    #[arg(hide_env_values = true)]
    pub ghl_location: Option<String>,
    #[arg(long, env = "DUPLEX_GHL_TOKEN", value_name = "TOKEN", global = true)]
    #[arg(hide_env_values = true)]
    pub ghl_token: Option<SecretString>,
    /// The app in GoHighLevel's marketplace, along with its secret
    #[arg(long, env = "DUPLEX_GHL_CLIENT_ID", value_name = "ID", global = true)]
    #[arg(hide_env_values = true, requires = "ghl_client_secret")]
    pub ghl_client_id: Option<String>,
    #[arg(long, env = "DUPLEX_GHL_CLIENT_SECRET", value_name = "SECRET", global = true)]
    #[arg(hide_env_values = true, requires = "ghl_client_id")]
    pub ghl_client_secret: Option<SecretString>,
    /// Whose signatures are accepted, separated by commas; the simulator's stays valid
    #[arg(long, env = "DUPLEX_GHL_WEBHOOK_KEYS", value_name = "KEYS", global = true)]
    #[arg(hide_env_values = true)]
    pub ghl_webhook_keys: Option<String>,
}

impl Elsewhere {
    /// Whoever is not simulated.
    pub fn replaced(&self) -> Vec<&'static str> {
        let sides = [
            ("GoHighLevel", &self.ghl_base_url),
            ("Twilio", &self.twilio_base_url),
            ("Telnyx", &self.telnyx_base_url),
            ("Texting", &self.texting_base_url),
            ("Aloware", &self.aloware_base_url),
        ];
        sides.into_iter().filter(|(_, url)| url.is_some()).map(|(name, _)| name).collect()
    }
}

/// An address without the slash at its end, so that a path can be put behind it.
fn base_url(given: &str) -> Result<String, String> {
    match url::Url::parse(given) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            Ok(given.trim_end_matches('/').to_owned())
        }
        _ => Err("not an http or https address".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_slash_at_its_end() {
        assert_eq!(base_url("http://127.0.0.1:9/").unwrap(), "http://127.0.0.1:9");
        assert!(base_url("127.0.0.1:9").is_err());
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let token = Some("very-secret".into());
        let identity = Identity { ghl_token: token, ..Identity::default() };
        assert!(!format!("{identity:?}").contains("very-secret"));
    }
}
