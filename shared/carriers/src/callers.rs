//! Who makes a call, by whose address it goes to.

use egress::{Client, Limits, Unusable, reach::Exceptions};

/// Who said where a carrier answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressOwner {
    /// Whoever runs the installation. The address may lead anywhere, inside as well.
    Operator,
    /// A tenant. The address may lead to the public internet and to nowhere else.
    Tenant,
}

/// One client for each owner of addresses. They cannot be mixed up from outside.
#[derive(Clone, Debug)]
pub struct Callers {
    operators: Client,
    tenants: Client,
}

impl Callers {
    pub fn new(limits: Limits, exceptions: Exceptions) -> Result<Self, Unusable> {
        let operators = Client::new(limits)?;
        let tenants = Client::for_tenants_addresses(limits, exceptions)?;
        Ok(Self { operators, tenants })
    }

    pub(crate) fn to(&self, owner: AddressOwner) -> &Client {
        match owner {
            AddressOwner::Operator => &self.operators,
            AddressOwner::Tenant => &self.tenants,
        }
    }
}
