//! Who is asking, for which tenant, and how far they may go.
//!
//! A handler takes one of [`Reader`], [`Agent`], [`Admin`], [`KeyHolder`] or [`Operator`], and has
//! with it what it needs to act: there is no way to a tenant's data but through one of them, and
//! nothing that a caller writes into a path or a body chooses the tenant. Operators, who belong to
//! none, name one in the header `Duplex-Tenant`.

use std::{ops::Deref, sync::Arc};

use aws::{Scope, Transaction};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use domain::{
    access::{Caller, KeyState, Role, Standing},
    audit::AuditEntry,
    ids::TenantId,
    tenant::TenantState,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Deps,
    problem::{Code, Problem, parsed},
};

/// The header in which an operator says for which tenant they act.
pub(crate) const TENANT_HEADER: &str = "duplex-tenant";

/// One request: who makes it, when, and what it is called. Put beside each request by the door.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
    pub(crate) request: String,
    /// The `Idempotency-Key` that the request came with.
    pub(crate) key: Option<String>,
    /// What every try of a request under such a key has in common.
    pub(crate) first: Option<First>,
}

/// The first try of a request under an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) at: Timestamp,
    /// What tells the request from any other.
    pub(crate) seed: String,
}

/// Somebody who acts for a tenant.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) asking: Asking,
    pub(crate) tenant: TenantId,
    pub(crate) deps: Arc<Deps>,
}

impl Member {
    pub(crate) fn scope(&self) -> Scope<'_> {
        self.deps.store.of(&self.tenant)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.asking.now
    }

    /// Refuses whoever asks with a key that is not good any more. API Gateway remembers them for a
    /// minute, in which they could make themselves another one.
    pub(crate) async fn holds_a_good_key(&self) -> Result<(), Problem> {
        let Some(id) = self.asking.caller.api_key() else { return Ok(()) };
        let found = self.deps.store.api_key(&id).await?;
        if found.is_some_and(|row| row.body.state(self.now()) == KeyState::Active) {
            return Ok(());
        }
        let detail = "The key that this was asked with is expired or revoked.";
        Err(Problem::new(Code::Unauthenticated, detail))
    }

    /// A line for the audit log. Secrets must not be in `before` or `after`.
    pub(crate) fn audit(&self, action: &str, subject: &impl ToString) -> AuditEntry {
        AuditEntry {
            at: self.asking.now,
            who: self.asking.caller.subject.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            request: self.asking.request.clone(),
            reason: None,
            before: Value::Null,
            after: Value::Null,
        }
    }

    /// The parts from which the id of what this request creates follows, if it is to be the same
    /// when the request is repeated.
    pub(crate) fn seed(&self) -> Result<String, Problem> {
        match &self.asking.first {
            Some(first) => Ok(first.seed.clone()),
            None => Ok(aws::random_id()?),
        }
    }

    /// When this was asked for the first time.
    pub(crate) fn first_asked(&self) -> Timestamp {
        self.asking.first.as_ref().map_or(self.asking.now, |it| it.at)
    }

    /// The transaction, done once however often this request is repeated: see [`aws::once::was_done`].
    pub(crate) fn once<'a>(&self, transaction: Transaction<'a>) -> Transaction<'a> {
        match &self.asking.first {
            Some(first) => transaction.marked(&first.seed, first.at),
            None => transaction,
        }
    }
}

/// Refuses whoever belongs to a tenant that is gone. An issuer may name one that never was, and a
/// key is remembered for a minute after its tenant was deleted, or is one that the deletion missed.
/// Who belongs to a suspended tenant may still look.
pub(crate) async fn belongs(deps: &Deps, caller: &Caller) -> Result<(), Problem> {
    let Some(tenant) = caller.standing.tenant() else { return Ok(()) };
    let found = deps.store.of(tenant).tenant_row().await?;
    match found.map(|row| row.body.state) {
        Some(TenantState::Active | TenantState::Suspended { .. }) => Ok(()),
        Some(TenantState::Deleted { .. }) | None => Err(Problem::not_found("tenant")),
    }
}

/// How it was and how it is, for a line of the audit log.
pub(crate) fn seen<T: Serialize>(thing: &T) -> Value {
    serde_json::to_value(thing).unwrap_or_default()
}

async fn member(
    parts: &mut Parts,
    deps: &Arc<Deps>,
    least: Role,
    without_tenant: Option<TenantId>,
) -> Result<Member, Problem> {
    let asking = asking(parts)?;
    let named = named(&parts.headers)?;
    let tenant = match &asking.caller.standing {
        Standing::Member { tenant, role } => {
            if named.is_some_and(|it| it != *tenant) {
                return Err(Problem::not_found("tenant"));
            }
            if *role < least {
                let detail = format!("This needs the role {least}; yours is {role}.");
                return Err(Problem::new(Code::Forbidden, detail));
            }
            tenant.clone()
        }
        Standing::Operator => match (named, without_tenant) {
            (Some(tenant), _) => existing(deps, tenant).await?,
            (None, Some(own)) => own,
            (None, None) => {
                let detail = "Name the tenant that you act for in the header Duplex-Tenant.";
                return Err(Problem::new(Code::TenantRequired, detail));
            }
        },
    };
    Ok(Member { asking, tenant, deps: Arc::clone(deps) })
}

fn asking(parts: &Parts) -> Result<Asking, Problem> {
    let asking = parts.extensions.get::<Asking>().cloned();
    asking.ok_or_else(|| Problem::new(Code::Unauthenticated, "Nobody has proven who is asking."))
}

fn named(headers: &HeaderMap) -> Result<Option<TenantId>, Problem> {
    let Some(value) = headers.get(TENANT_HEADER) else { return Ok(None) };
    let name = value.to_str().unwrap_or_default();
    parsed(TENANT_HEADER, TenantId::parse(name)).map(Some)
}

async fn existing(deps: &Deps, tenant: TenantId) -> Result<TenantId, Problem> {
    let is_there = !tenant.is_reserved() && deps.store.of(&tenant).tenant_row().await?.is_some();
    if is_there { Ok(tenant) } else { Err(Problem::not_found("tenant")) }
}

macro_rules! member_of_at_least {
    ($(#[$doc:meta])* $name:ident, $role:expr, $own:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(pub(crate) Member);

        impl Deref for $name {
            type Target = Member;

            fn deref(&self) -> &Member {
                &self.0
            }
        }

        impl FromRequestParts<Arc<Deps>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(
                parts: &mut Parts,
                deps: &Arc<Deps>,
            ) -> Result<Self, Problem> {
                member(parts, deps, $role, $own).await.map(Self)
            }
        }
    };
}

member_of_at_least! {
    /// Whoever may look at a tenant's things.
    Reader, Role::ReadOnly, None
}
member_of_at_least! {
    /// Whoever may talk with a tenant's customers.
    Agent, Role::Agent, None
}
member_of_at_least! {
    /// Whoever may change how a tenant is set up.
    Admin, Role::Admin, None
}
member_of_at_least! {
    /// Whoever may look after keys: those of their tenant, or as an operator who names none, the
    /// operators' own.
    KeyHolder, Role::Admin, Some(TenantId::platform())
}

/// Somebody who runs the installation.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) asking: Asking,
    pub(crate) deps: Arc<Deps>,
}

impl FromRequestParts<Arc<Deps>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, deps: &Arc<Deps>) -> Result<Self, Problem> {
        let asking = asking(parts)?;
        match asking.caller.standing {
            Standing::Operator => Ok(Self { asking, deps: Arc::clone(deps) }),
            Standing::Member { .. } => {
                Err(Problem::new(Code::Forbidden, "Only an operator may do this."))
            }
        }
    }
}

impl Operator {
    pub(crate) fn now(&self) -> Timestamp {
        self.asking.now
    }

    /// Acts for a tenant that an operator named in the path.
    pub(crate) fn of(&self, tenant: &str) -> Result<Member, Problem> {
        let tenant = TenantId::parse(tenant).ok().filter(|it| !it.is_reserved());
        let tenant = tenant.ok_or_else(|| Problem::not_found("tenant"))?;
        Ok(Member { asking: self.asking.clone(), tenant, deps: Arc::clone(&self.deps) })
    }
}

/// Whoever has proven who they are, whatever they may do.
#[derive(Debug)]
pub(crate) struct Anyone(pub(crate) Asking);

impl FromRequestParts<Arc<Deps>> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Deps>) -> Result<Self, Problem> {
        asking(parts).map(Self)
    }
}
