//! What is set when it is deployed.

use egress::reach::Exceptions;
use local::template::Template;

use super::{Declared, root};

/// What is deployed without another word must reach the real ones.
#[test]
fn the_vendors_are_the_real_ones_unless_somebody_says_otherwise() {
    let template = Template::read_from(&root().join("template.yaml")).unwrap();
    let default = |name: &str| template.parameters[name].default.clone().unwrap();

    assert_eq!(default("GhlBaseUrl"), "https://services.leadconnectorhq.com");
    assert_eq!(default("TwilioBaseUrl"), "https://api.twilio.com");
    assert_eq!(default("TelnyxBaseUrl"), "https://api.telnyx.com");
    assert_eq!(default("AlowareBaseUrl"), "https://app.aloware.com/api/v1");
    // Nobody's: TP/1 is a contract, and who keeps it is for the operator to say.
    assert_eq!(default("TextingBaseUrl"), "https://texting.invalid");
}

/// What is excepted can be called in the name of every tenant.
#[test]
fn tenants_have_nothing_called_that_is_not_public_unless_somebody_says_otherwise() {
    let template = Template::read_from(&root().join("template.yaml")).unwrap();
    let default = template.parameters["TenantUrlAllow"].default.clone().unwrap();
    let exceptions = Exceptions::parse(default.as_str().unwrap()).unwrap();

    assert_eq!(exceptions, Exceptions::default());
    let told = Declared::read();
    let functions = told.functions();
    assert_eq!(functions["OutboundConsumerFunction"].environment["TENANT_URL_ALLOW"], "none");
}

#[test]
fn a_function_calls_whom_the_parameters_name() {
    let expected = [
        ("GHL_BASE_URL", "https://services.leadconnectorhq.com"),
        ("TWILIO_BASE_URL", "https://api.twilio.com"),
        ("TELNYX_BASE_URL", "https://api.telnyx.com"),
        ("TEXTING_BASE_URL", "https://texting.invalid"),
        ("ALOWARE_BASE_URL", "https://app.aloware.com/api/v1"),
    ];
    for (name, function) in Declared::read().functions() {
        for (variable, value) in &function.environment {
            if variable.ends_with("_BASE_URL") {
                assert!(expected.contains(&(variable, value)), "{name} {variable}");
            }
        }
    }
}

#[test]
fn gohighlevels_published_key_is_accepted_by_default() {
    let template = Template::read_from(&root().join("template.yaml")).unwrap();
    let key = template.parameters["GhlWebhookKeys"].default.clone().unwrap();
    let key = key.as_str().unwrap();

    assert!(ghl::webhook::GHL_PUBLIC_KEY.contains(key));
    assert!(ghl::webhook::Keys::parse(key).is_ok());
}

/// Whoever wants people to sign in elsewhere says so.
#[test]
fn nobody_s_tokens_are_believed_by_default() {
    let declared = Declared::read();
    let told = &declared.functions()["AuthorizerFunction"].environment;

    assert_eq!((told["OIDC_ISSUER"].as_str(), told["OIDC_AUDIENCE"].as_str()), ("", ""));
    assert_eq!(told["OIDC_TENANT_CLAIM"], "duplex_tenant");
    assert_eq!(told["OIDC_ROLE_CLAIM"], "duplex_role");
}

/// Only the origin has no value that could be right for two.
#[test]
fn one_parameter_must_be_given() {
    let template = Template::read_from(&root().join("template.yaml")).unwrap();
    let open = template.parameters.iter().filter(|(_, it)| it.default.is_none());

    assert_eq!(open.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["PublicOrigin"]);
}

/// Secrets are sealed in the table, and what the application itself has is in Secrets Manager, of
/// which a function is told the place. What the template knows, everybody who may look at the
/// stack knows as well.
#[test]
fn there_is_no_secret_in_the_parameters_or_in_the_environment() {
    const PUBLIC: [&str; 7] = [
        "APISECRET",
        "GHLCLIENTSECRET",
        "GHLLEGACYKEY", // GoHighLevel's public one
        "GHLWEBHOOKKEYS",
        "OPERATORKEYSECRET",
        "TABLEKEYARN",
        "VAULTKEY",
    ];
    let declared = Declared::read();
    let functions = declared.functions();
    let variables = functions.values().flat_map(|it| it.environment.keys());
    for name in variables.chain(declared.template.parameters.keys()) {
        let plain = name.to_uppercase().replace('_', "");
        let is_suspicious = ["SECRET", "TOKEN", "PASSWORD", "CREDENTIAL", "KEY", "AUTH"]
            .iter()
            .any(|word| plain.contains(word));
        assert!(!is_suspicious || PUBLIC.contains(&plain.as_str()), "{name}");
    }
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    assert!(!text.contains("{{resolve:") && !text.contains("NoEcho"));
}
