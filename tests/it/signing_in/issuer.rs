//! An OIDC issuer: it publishes keys, and its signers write tokens.

use std::sync::{Arc, Mutex};

use authorizer::{Oidc, Settings};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

pub(super) const AUDIENCE: &str = "duplex";

/// Somebody with a key.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) kid: String,
    pub(super) jwk: Value,
    pub(super) public: Vec<u8>,
    algorithm: String,
    key: Arc<Key>,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    pub(super) fn ed25519(kid: &str) -> Self {
        let key = Ed25519KeyPair::generate().unwrap();
        let public = key.public_key().as_ref().to_vec();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&public) });
        Self::new(kid, "EdDSA", jwk, public, Key::Ed25519(key))
    }

    pub(super) fn es256(kid: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = key.public_key().as_ref().to_vec();
        // One byte that says "not compressed", and both coordinates.
        let (x, y) = public[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig" });
        Self::new(kid, "ES256", jwk, public, Key::Ecdsa(key))
    }

    pub(super) fn rs256(kid: &str) -> Self {
        let key = RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let public = key.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero();
        let exponent = public.exponent().big_endian_without_leading_zero();
        let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
        let jwk = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "n": n, "e": e });
        let public = public.as_ref().to_vec();
        Self::new(kid, "RS256", jwk, public, Key::Rsa(key))
    }

    fn new(kid: &str, algorithm: &str, mut jwk: Value, public: Vec<u8>, key: Key) -> Self {
        jwk["kid"] = kid.into();
        let algorithm = algorithm.to_owned();
        Self { kid: kid.to_owned(), jwk, public, algorithm, key: Arc::new(key) }
    }

    /// The same key, under another name.
    pub(super) fn named(&self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), ..self.clone() }
    }

    /// The same key, with another algorithm in the header.
    pub(super) fn calls_itself(&self, algorithm: &str) -> Self {
        Self { algorithm: algorithm.to_owned(), ..self.clone() }
    }

    pub(super) fn signs(&self, claims: &Value) -> String {
        let header = json!({ "typ": "JWT", "alg": self.algorithm, "kid": self.kid });
        token(&header, claims, |it| self.sign(it))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.key {
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Key::Ecdsa(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

pub(super) fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Publishes keys until it is dropped.
pub(super) struct Issuer {
    published: Arc<Mutex<Published>>,
    server: JoinHandle<()>,
}

struct Published {
    url: String,
    keys: Value,
    keys_are_at: String,
    is_down: bool,
    asked: u32,
}

type Shared = Arc<Mutex<Published>>;

impl Issuer {
    pub(super) async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys_are_at = format!("{url}/keys");
        let keys = Value::Null;
        let published = Published { url, keys, keys_are_at, is_down: false, asked: 0 };
        let published = Arc::new(Mutex::new(published));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .with_state(Arc::clone(&published));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let issuer = Self { published, server };
        issuer.publish(signers);
        issuer
    }

    pub(super) fn url(&self) -> String {
        self.published.lock().unwrap().url.clone()
    }

    /// What the authorizer has who trusts it.
    pub(super) fn trusted(&self) -> Oidc {
        let settings = Settings {
            issuer: Some(self.url()),
            audience: Some(AUDIENCE.to_owned()),
            tenant_claim: "duplex_tenant".to_owned(),
            role_claim: "duplex_role".to_owned(),
        };
        let http = egress::Client::new(authorizer::LIMITS).unwrap();
        Oidc::configured(settings, http).unwrap().unwrap()
    }

    pub(super) fn publish(&self, signers: &[&Signer]) {
        let encryption = json!({ "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "e" });
        let unheard_of = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "p", "pub": "AAAA" });
        let keys = signers.iter().map(|it| it.jwk.clone()).chain([encryption, unheard_of]);
        self.published.lock().unwrap().keys = keys.collect();
    }

    pub(super) fn breaks(&self) {
        self.published.lock().unwrap().is_down = true;
    }

    pub(super) fn says_its_keys_are_at(&self, address: &str) {
        address.clone_into(&mut self.published.lock().unwrap().keys_are_at);
    }

    /// How often somebody wanted to know where its keys are.
    pub(super) fn asked(&self) -> u32 {
        self.published.lock().unwrap().asked
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn discovery(State(issuer): State<Shared>) -> Result<Json<Value>, StatusCode> {
    let mut issuer = issuer.lock().unwrap();
    issuer.asked += 1;
    if issuer.is_down {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    Ok(Json(json!({ "issuer": issuer.url, "jwks_uri": issuer.keys_are_at })))
}

async fn keys_of(State(issuer): State<Shared>) -> Json<Value> {
    Json(json!({ "keys": issuer.lock().unwrap().keys }))
}
