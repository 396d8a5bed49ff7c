//! What the key service is told, and what becomes of its answers.

use aws_sdk_dynamodb::operation::{get_item::GetItemOutput, put_item::PutItemOutput};
use aws_sdk_kms::{
    operation::{decrypt::DecryptOutput, generate_data_key::GenerateDataKeyOutput},
    types::error::{InvalidCiphertextException, KmsInternalException},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::{item::encode, store::Store};

const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

fn twilio() -> IntegrationId {
    IntegrationId::parse("acme-twilio").unwrap()
}

fn is_bound_to(context: Option<&HashMap<String, String>>, tenant: &str) -> bool {
    context == Some(&[("tenant".to_owned(), tenant.to_owned())].into())
}

/// A table that is empty, or in which a wrapped key lies.
fn table(wrapped: Option<&str>) -> Store {
    let acme = tenant("acme");
    let item = wrapped.map(|it| {
        let key = WrappedKey { wrapped: STANDARD.encode(it) };
        encode(&acme, &Key::data_key(&acme, CURRENT), 1, &key).unwrap()
    });
    let get = mock!(aws_sdk_dynamodb::Client::get_item)
        .then_output(move || GetItemOutput::builder().set_item(item.clone()).build());
    let put =
        mock!(aws_sdk_dynamodb::Client::put_item).then_output(|| PutItemOutput::builder().build());
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get, &put]);
    Store::new(client, "state", "journal")
}

fn vault(rule: &Rule) -> Vault {
    Vault::new(mock_client!(aws_sdk_kms, RuleMode::MatchAny, [rule]), "arn:key")
}

fn sealed() -> Sealed {
    Sealed { key_version: CURRENT, nonce: STANDARD.encode([0; 12]), ciphertext: "AAAA".to_owned() }
}

async fn open(store: &Store, vault: &Vault) -> VaultError {
    let acme = tenant("acme");
    let opened = vault.open(store.of(&acme), &twilio(), "auth_token", &sealed(), NOON).await;
    opened.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn a_data_key_is_made_for_its_tenant() {
    let made = mock!(Client::generate_data_key)
        .match_requests(|request| {
            request.key_id() == Some("arn:key")
                && request.key_spec() == Some(&DataKeySpec::Aes256)
                && is_bound_to(request.encryption_context(), "acme")
        })
        .then_output(|| {
            GenerateDataKeyOutput::builder()
                .plaintext(Blob::new([7; 32]))
                .ciphertext_blob(Blob::new(*b"wrapped"))
                .build()
        });
    let (store, vault, acme) = (table(None), vault(&made), tenant("acme"));

    let scope = store.of(&acme);
    let sealed = vault.seal(scope, &twilio(), "auth_token", &"secret".into(), NOON).await.unwrap();
    let opened = vault.open(scope, &twilio(), "auth_token", &sealed, NOON).await.unwrap();
    assert_eq!(opened.expose_secret(), "secret");
    assert_eq!(made.num_calls(), 1);
}

#[tokio::test]
async fn a_data_key_is_opened_for_its_tenant_and_by_our_own_master_key() {
    let opened = mock!(Client::decrypt)
        .match_requests(|request| {
            request.key_id() == Some("arn:key")
                && request.ciphertext_blob().map(AsRef::as_ref) == Some(b"wrapped".as_slice())
                && is_bound_to(request.encryption_context(), "acme")
        })
        .then_output(|| DecryptOutput::builder().plaintext(Blob::new([7; 32])).build());
    let (store, vault) = (table(Some("wrapped")), vault(&opened));

    // The key is there; what was sealed under it is something else.
    assert!(matches!(open(&store, &vault).await, VaultError::DoesNotOpen));
    assert_eq!(opened.num_calls(), 1);
}

#[tokio::test]
async fn a_key_service_that_says_no_is_not_asked_to_think_again() {
    let refused = mock!(Client::decrypt).then_error(|| {
        let exception =
            InvalidCiphertextException::builder().meta(code("InvalidCiphertextException")).build();
        aws_sdk_kms::operation::decrypt::DecryptError::InvalidCiphertextException(exception)
    });
    let error = open(&table(Some("wrapped")), &vault(&refused)).await;
    assert!(matches!(error, VaultError::Refused(_)) && !error.is_transient(), "{error:?}");

    let broken = mock!(Client::decrypt).then_error(|| {
        let exception = KmsInternalException::builder().meta(code("KMSInternalException")).build();
        aws_sdk_kms::operation::decrypt::DecryptError::KmsInternalException(exception)
    });
    let error = open(&table(Some("wrapped")), &vault(&broken)).await;
    assert!(matches!(error, VaultError::Unavailable(_)) && error.is_transient(), "{error:?}");
}

fn code(code: &str) -> aws_sdk_kms::error::ErrorMetadata {
    aws_sdk_kms::error::ErrorMetadata::builder().code(code).build()
}

/// A new key would only hide that the old one is lost.
#[tokio::test]
async fn to_open_without_a_data_key_makes_none() {
    let made = mock!(Client::generate_data_key)
        .then_output(|| GenerateDataKeyOutput::builder().plaintext(Blob::new([7; 32])).build());
    let error = open(&table(None), &vault(&made)).await;

    assert!(matches!(error, VaultError::Store(StoreError::Missing(_))), "{error:?}");
    assert_eq!(made.num_calls(), 0);
}

#[tokio::test]
async fn a_vault_shows_none_of_its_keys() {
    let opened = mock!(Client::decrypt)
        .then_output(|| DecryptOutput::builder().plaintext(Blob::new([77; 32])).build());
    let vault = vault(&opened);
    open(&table(Some("wrapped")), &vault).await;

    assert!(!format!("{vault:?}").contains("77"));
}
